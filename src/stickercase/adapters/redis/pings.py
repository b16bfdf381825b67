"""Whether Redis answers."""

from __future__ import annotations

from redis import Redis, RedisError

SECONDS = 1.0


class RedisPings:
    """Asks the Redis at ``url`` for a sign of life."""

    def __init__(self, url: str) -> None:
        self._redis: Redis = Redis.from_url(url, socket_timeout=SECONDS, socket_connect_timeout=SECONDS)

    def alive(self) -> bool:
        """Whether it answers within a second."""
        try:
            return bool(self._redis.ping())
        except RedisError:
            return False
