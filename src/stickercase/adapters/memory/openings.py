"""The hot path in memory: nothing here takes longer than a heap's logarithm per draw."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from heapq import heappop, heappush

from stickercase.adapters.memory.answers import MemoryAnswers
from stickercase.adapters.memory.ledger import MemoryLedger
from stickercase.adapters.memory.store import MemoryStore, PlayerRow, UnitRow
from stickercase.domain.money import Asset
from stickercase.domain.stock.packs import Unit, UnitState
from stickercase.domain.use_cases.once import Remembered
from stickercase.domain.use_cases.open_cases import CaseOpened, OpenCase, Recorded, Seat, Situation
from stickercase.domain.use_cases.shelf import Shelf


class MemoryOpenings:
    """Openings within one transaction."""

    def __init__(self, store: MemoryStore, ledger: MemoryLedger) -> None:
        self._store = store
        self._ledger = ledger

    def situation(self, commands: Sequence[OpenCase]) -> Situation:
        """All that deciding ``commands`` needs."""
        shelf = self._store.shelf()
        return Situation(
            shelf=shelf,
            seats=self._seats({command.player_id for command in commands}),
            free=self._free(shelf, {command.case_name for command in commands}),
            remembered=self._remembered(commands),
            ids=self._store.fresh_ids(sum(command.count for command in commands)),
        )

    def take(self, wanted: Sequence[tuple[int, int, int]], at: datetime) -> list[Unit]:  # noqa: ARG002 - the opening says it
        """Give units, lowest number first; AssertionError when one is missing."""
        taken: list[UnitRow] = []
        self._store.journal.note(partial(self._give_back, taken))
        packs, players = self._store.packs, self._store.players
        for player_id, pack_id, item_id in wanted:
            pack = packs[pack_id]
            assert pack.free, f"pack {pack_id} has no free unit, although the situation promised one"
            unit = pack.units[heappop(pack.free)]
            taken.append(unit)
            unit.state, unit.owner_id, unit.item_id = UnitState.OWNED, player_id, item_id
            players[player_id].items[item_id] = unit
        return [row.unit for row in taken]

    def record(self, recorded: Sequence[Recorded]) -> None:
        """Write openings and remembered answers."""
        self._ledger.post_all([one.opened.transfer for one in recorded])
        self._store.journal.grows(self._store.openings)
        for player_id in {one.opened.command.player_id for one in recorded}:
            self._note(self._store.players[player_id])
        for one in recorded:
            self._write(one.opened)
            if one.opened.command.key is not None:
                self._remember(one.opened, one.opened.command.key, one.answer)

    def _seats(self, player_ids: set[int]) -> dict[int, Seat]:
        return {row.id: _seat(row) for row in map(self._store.players.get, player_ids) if row is not None}

    def _free(self, shelf: Shelf, case_names: set[str]) -> dict[int, int]:
        cases = [shelf.cases[name] for name in case_names if name in shelf.cases]
        return {
            pack_id: len(self._store.packs[pack_id].free)
            for case in cases
            for pack_id in case.odds.pack_ids_with_tickets
        }

    def _remembered(self, commands: Sequence[OpenCase]) -> dict[tuple[int, str], Remembered]:
        found = {}
        for command in commands:
            if command.key is not None:
                remembered = self._store.answers.get((_caller(command), command.key))
                if remembered is not None:
                    found[command.player_id, command.key] = remembered
        return found

    def _note(self, player: PlayerRow) -> None:
        pair, journal = player.pairs[-1], self._store.journal
        journal.changes(pair, "nonce")
        journal.grows(pair.draws)
        journal.grows(player.draws)

    def _write(self, opened: CaseOpened) -> None:
        player = self._store.players[opened.command.player_id]
        pair = player.pairs[-1]
        drawings = [(opened, drop) for drop in opened.drops]
        assert opened.drops[0].draw.nonce == pair.nonce
        pair.nonce += len(drawings)
        pair.draws.extend(drawings)
        player.draws.extend(drawings)
        self._store.openings.append(opened)

    def _remember(self, opened: CaseOpened, key: str, answer: bytes) -> None:
        command = opened.command
        remembered = Remembered(command.request_hash, answer)
        MemoryAnswers(self._store).remember(_caller(command), key, remembered, opened.at)

    def _give_back(self, taken: Sequence[UnitRow]) -> None:
        for unit in taken:
            assert unit.owner_id is not None
            assert unit.item_id is not None
            del self._store.players[unit.owner_id].items[unit.item_id]
            unit.state, unit.owner_id, unit.item_id = UnitState.FREE, None, None
            heappush(self._store.packs[unit.unit.pack_id].free, unit.unit.number)


def _seat(row: PlayerRow) -> Seat:
    pair = row.pairs[-1]
    balance = row.balances[Asset.TON]
    return Seat(row.id, balance, row.blocked, pair.number, pair.server_seed, pair.client_seed, pair.nonce)


def _caller(command: OpenCase) -> str:
    return f"player:{command.player_id}"
