"""The inbox in memory."""

from __future__ import annotations

from datetime import datetime

from stickercase.adapters.memory.store import LetterRow, MemoryStore
from stickercase.ports.failures import BrokenLaw
from stickercase.ports.inbox import MAX_LETTER


class MemoryInbox:
    """The letters within one transaction."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def keep(self, source: str, body: bytes, at: datetime) -> int:
        """Keep a letter."""
        if len(body) > MAX_LETTER:
            self._store.journal.broken = BrokenLaw(f"a letter has at most {MAX_LETTER} bytes")
            raise self._store.journal.broken
        self._store.journal.changes(self._store, "last_letter_id")
        self._store.last_letter_id += 1
        self._store.journal.sets(self._store.letters, self._store.last_letter_id)
        self._store.letters[self._store.last_letter_id] = LetterRow(source, body, at)
        return self._store.last_letter_id

    def letter(self, letter_id: int) -> bytes | None:
        """The letter's body."""
        found = self._store.letters.get(letter_id)
        return None if found is None else found.body

    def handled(self, letter_id: int, at: datetime) -> None:
        """The letter has been dealt with."""
        found = self._store.letters.get(letter_id)
        if found is not None and found.handled_at is None:
            self._store.journal.changes(found, "handled_at")
            found.handled_at = at

    def forget(self, before: datetime, limit: int) -> int:
        """Delete what was dealt with long ago."""
        handled = {letter_id: row.handled_at for letter_id, row in self._store.letters.items()}
        old = [letter_id for letter_id, at in handled.items() if at is not None and at < before][:limit]
        for letter_id in old:
            self._store.journal.sets(self._store.letters, letter_id)
            del self._store.letters[letter_id]
        return len(old)
