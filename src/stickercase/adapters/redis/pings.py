"""Whether Redis answers."""

from __future__ import annotations

from redis import Redis, RedisError

from stickercase.ports.failures import QueueUnavailable

SECONDS = 1.0


class RedisPings:
    """Asks the Redis at ``url`` for a sign of life. Raises ``QueueUnavailable`` for an address that is none."""

    def __init__(self, url: str) -> None:
        try:
            self._redis: Redis = Redis.from_url(url, socket_timeout=SECONDS, socket_connect_timeout=SECONDS)
            self._redis.connection_pool.make_connection()  # contacts nobody, and looks at the options
        except (ValueError, TypeError):
            # Without the words of the error: they may quote the address, and it holds a password.
            raise QueueUnavailable("The address of Redis cannot be used: see STICKERCASE_REDIS_URL.") from None

    def alive(self) -> bool:
        """Whether it answers within a second."""
        try:
            return bool(self._redis.ping())
        except RedisError:
            return False
