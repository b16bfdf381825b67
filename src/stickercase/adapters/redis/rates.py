"""Counts per second in Redis, shared by all processes; one script, and so one trip, for any number of keys."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from hashlib import sha1

from redis.asyncio.connection import AbstractConnection, ConnectionPool
from redis.exceptions import NoScriptError, RedisError

from stickercase.ports.failures import StoreUnavailable

SECONDS = 0.25
"""How long a trip may take, connecting included; who waits for it may lose patience earlier."""

KEY = b"rates"
# One hash a second: one command for each count, one expiry for all. The second is in the key's name, so no count
# outlives its window whatever becomes of clocks and expiries.
SCRIPT = b"""
local window, counts = KEYS[1] .. ':' .. redis.call('TIME')[1], {}
for i = 1, #ARGV, 2 do
    counts[#counts + 1] = redis.call('HINCRBY', window, ARGV[i], ARGV[i + 1])
end
redis.call('EXPIRE', window, 2)
return table.concat(counts, ' ')
"""
SHA = sha1(SCRIPT, usedforsecurity=False).hexdigest().encode()


class RedisRates:
    """Counts in the Redis at ``url``, over one connection; one trip at a time.

    A connection and not a client of redis-py: a client packs every argument and parses every element in Python, which
    for forty keys takes three times as long.
    """

    def __init__(self, url: str) -> None:
        # One connection is all that is used of it; what the pool is for is reading the address.
        self._pool = ConnectionPool.from_url(url, socket_timeout=None, socket_connect_timeout=SECONDS)
        self._connection: AbstractConnection | None = None
        self._busy = asyncio.Lock()

    async def count(self, asked: Mapping[str, int]) -> Mapping[str, int]:
        async with self._busy:
            try:
                async with asyncio.timeout(SECONDS):
                    counts = await self._persisted(asked)
            except (RedisError, OSError) as error:
                raise StoreUnavailable(f"Redis does not answer ({type(error).__name__})") from error
        return dict(zip(asked, counts, strict=True))

    async def close(self) -> None:
        async with self._busy:
            await self._drop()

    async def _persisted(self, asked: Mapping[str, int]) -> list[int]:
        """The counts; a connection that has gone stale while nobody asked is worth a second try on a new one."""
        was_connected = self._connection is not None
        try:
            return await self._trip(asked)
        except (RedisError, OSError):
            if not was_connected:
                raise
            return await self._trip(asked)

    async def _trip(self, asked: Mapping[str, int]) -> list[int]:
        arguments = [b"1", KEY]
        for key, count in asked.items():
            arguments += (key.encode(), b"%d" % count)
        try:
            try:
                answer = await self._ask(b"EVALSHA", SHA, *arguments)
            except NoScriptError:
                answer = await self._ask(b"EVAL", SCRIPT, *arguments)
        except BaseException:
            # Also when the time is up: an answer that comes later must not be taken for another trip's.
            await self._drop()
            raise
        return [int(count) for count in answer.split()]

    async def _ask(self, *command: bytes) -> bytes:
        if self._connection is None:
            self._connection = self._pool.make_connection()  # type: ignore[no-untyped-call]  # redis-py has no types there
            await self._connection.connect()
        await self._connection.send_packed_command(packed(command), check_health=False)
        answer: bytes = await self._connection.read_response(disable_decoding=True)
        return answer

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.disconnect(nowait=True)


def packed(command: Iterable[bytes]) -> bytes:
    """The command as Redis reads it: an array of strings, each with its length. Source: redis.io, RESP."""
    parts = [b"$%d\r\n%b\r\n" % (len(part), part) for part in command]
    return b"*%d\r\n%b" % (len(parts), b"".join(parts))
