"""Everything that clients of the API were told, and what they proved themselves with."""

from __future__ import annotations

import re
from collections import Counter

import httpx

HASH = re.compile(r"hash=([0-9a-f]{64})")


class Recorder:
    """Writes down what passes through a client: answers whole, of requests the credentials only."""

    def __init__(self, client: httpx.Client) -> None:
        self._told: list[str] = []
        self.credentials: set[str] = set()
        self.statuses: Counter[int] = Counter()
        client.event_hooks = {"request": [self._asked], "response": [self._answered]}

    @property
    def text(self) -> str:
        """All answers, with their headers."""
        return "\n".join(self._told)

    @property
    def hashes(self) -> set[str]:
        """The signatures of every initData that was shown."""
        return {found for credential in self.credentials for found in HASH.findall(credential)}

    def _asked(self, request: httpx.Request) -> None:
        names = ("authorization", "x-telegram-init-data")
        self.credentials |= {request.headers[name] for name in names if name in request.headers}

    def _answered(self, response: httpx.Response) -> None:
        response.read()
        self.statuses[response.status_code] += 1
        headers = "\n".join(f"{name}: {value}" for name, value in response.headers.items())
        self._told.append(f"{response.status_code}\n{headers}\n\n{response.text}")
