"""Recomputing every law over the memory store, from transfers, units, draws and odds versions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from stickercase.adapters.memory.store import Drawing, MemoryStore, PackRow, PairRow, PlayerRow, UnitRow
from stickercase.domain.fairness import GRID, commitment, replay, roll, row_of, table_id
from stickercase.domain.gifts.deliveries import Stage as DeliveryStage
from stickercase.domain.gifts.deliveries import UnitGift
from stickercase.domain.ledger.accounts import (
    EXTERNAL_TON,
    FEES,
    OPENINGS,
    SELLBACK,
    Account,
    AccountKind,
    held_account,
    player_account,
)
from stickercase.domain.ledger.laws import LawReport
from stickercase.domain.ledger.transfers import Reason, Transfer
from stickercase.domain.money import Asset
from stickercase.domain.stock.packs import Exit, Unit, UnitState, Way
from stickercase.domain.upgrades.quotes import quote
from stickercase.domain.use_cases.open_cases import GAME, CaseOpened
from stickercase.domain.use_cases.upgrade_unit import UnitUpgraded
from stickercase.domain.wallet.withdrawals import RELEASED, Stage, Withdrawal

Sums = Counter[tuple[Account, Asset]]


class MemoryAudits:
    """Checks every law while no transaction is in flight."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def audit(self) -> Sequence[LawReport]:
        """One report per law."""
        with self._store.alone():
            return [_report(law, check(self._store)) for law, check in _CHECKS.items()]


def _report(law: str, held: Iterable[bool]) -> LawReport:
    counts = Counter(held)
    return LawReport(law, counts.total(), counts[False])


def _zero_sum(store: MemoryStore) -> Iterator[bool]:
    """Players' balances as they are kept, and the house's side from the transfers, sum to zero per asset."""
    totals = Counter[Asset]()
    for (account, asset), amount in _sums(store.transfers).items():
        totals[asset] += amount if account.player_id is None else 0
    for (_, asset), amount in _kept(store):
        totals[asset] += amount
    return (total == 0 for total in totals.values())


def _balance_is_sum(store: MemoryStore) -> Iterator[bool]:
    sums = _sums(store.transfers)
    kept = dict(_kept(store))
    moved = {name for name in sums if name[0].player_id is not None}
    return (kept.get(name) == sums[name] for name in kept.keys() | moved)


def _no_negative_balance(store: MemoryStore) -> Iterator[bool]:
    return (amount >= 0 for _, amount in _kept(store))


def _one_transfer_per_cause(store: MemoryStore) -> Iterator[bool]:
    causes = Counter((transfer.reason, transfer.cause) for transfer in store.transfers)
    return (count == 1 for count in causes.values())


KNOWN = {
    (Reason.OPENING, AccountKind.PLAYER, AccountKind.OPENINGS),
    (Reason.SALE, AccountKind.SELLBACK, AccountKind.PLAYER),
    (Reason.DEPOSIT, AccountKind.EXTERNAL_TON, AccountKind.PLAYER),
    (Reason.HOLD, AccountKind.PLAYER, AccountKind.HELD),
    (Reason.RELEASE, AccountKind.HELD, AccountKind.PLAYER),
    (Reason.WITHDRAWAL, AccountKind.HELD, AccountKind.EXTERNAL_TON),
    (Reason.WITHDRAWAL_FEE, AccountKind.HELD, AccountKind.FEES),
    (Reason.ADJUSTMENT, AccountKind.ADJUSTMENTS, AccountKind.PLAYER),
    (Reason.ADJUSTMENT, AccountKind.PLAYER, AccountKind.ADJUSTMENTS),
}
"""What each reason may move, from where to where."""


def _transfers_known(store: MemoryStore) -> Iterator[bool]:
    """Between the accounts of its reason; in TON alone, but for adjustments."""
    for t in store.transfers:
        is_ton = t.asset is Asset.TON or t.reason is Reason.ADJUSTMENT
        yield is_ton and (t.reason, t.debit.kind, t.credit.kind) in KNOWN


def _openings_paid(store: MemoryStore) -> Iterator[bool]:
    """Every opening has its transfer, and every transfer for an opening has its opening."""
    paid: dict[int, list[Transfer]] = {}
    for transfer in store.transfers:
        if transfer.reason is Reason.OPENING:
            paid.setdefault(transfer.cause, []).append(transfer)
    for opened in store.openings:
        yield _pays(paid.pop(opened.opening_id, []), opened)
    yield from (False for _ in paid)


def _pays(transfers: Sequence[Transfer], opened: CaseOpened) -> bool:
    amount = opened.case.price_nano * len(opened.drops)
    wanted = (player_account(opened.command.player_id), OPENINGS, amount, Asset.TON)
    return [(t.debit, t.credit, t.amount, t.asset) for t in transfers] == [wanted]


def _sales_paid(store: MemoryStore) -> Iterator[bool]:
    """Every sale has its transfer, and every transfer for a sale has its sale."""
    paid: dict[int, list[Transfer]] = {}
    for transfer in store.transfers:
        if transfer.reason is Reason.SALE:
            paid.setdefault(transfer.cause, []).append(transfer)
    for player in store.players.values():
        for sold in player.sales:
            wanted = (SELLBACK, player_account(sold.player_id), sold.transfer.amount, Asset.TON)
            found = [(t.debit, t.credit, t.amount, t.asset) for t in paid.pop(sold.sale_id, [])]
            yield found == [wanted] and sold.transfer.amount <= sold.floor_nano
    yield from (False for _ in paid)


def _deposits_credited(store: MemoryStore) -> Iterator[bool]:
    """Every deposit has its transfer and the other way round; an invoice was credited what its deposits say."""
    paid: dict[int, list[Transfer]] = {}
    for transfer in store.transfers:
        if transfer.reason is Reason.DEPOSIT:
            paid.setdefault(transfer.cause, []).append(transfer)
    credited = Counter[str]()
    for player in store.players.values():
        for one in player.deposits:
            credited[one.invoice.id] += one.transfer.amount
            wanted = (EXTERNAL_TON, player_account(player.id), one.transfer.amount, Asset.TON)
            yield [(t.debit, t.credit, t.amount, t.asset) for t in paid.pop(one.deposit_id, [])] == [wanted]
    yield from (False for _ in paid)
    yield from (one.invoice.credited_nano == credited[one.invoice.id] for one in store.invoices.values())


def _withdrawals_held(store: MemoryStore) -> Iterator[bool]:
    """A withdrawal is held, and then paid with its fee or released; its stage says which. A unit moves no money."""
    reasons = {Reason.HOLD, Reason.RELEASE, Reason.WITHDRAWAL, Reason.WITHDRAWAL_FEE}
    moved: dict[int, set[tuple[Reason, Account, Account, int]]] = {}
    for t in store.transfers:
        if t.reason in reasons:
            moved.setdefault(t.cause, set()).add((t.reason, t.debit, t.credit, t.amount))
    for one in store.withdrawals.values():
        yield moved.pop(one.id, set()) == _movements(one)
    yield from (False for _ in moved)


def _movements(one: Withdrawal) -> set[tuple[Reason, Account, Account, int]]:
    if one.unit is not None:
        return set()
    spent, held = player_account(one.player_id), held_account(one.player_id)
    due = {(Reason.HOLD, spent, held, one.amount_nano)}
    if one.stage in RELEASED:
        due.add((Reason.RELEASE, held, spent, one.amount_nano))
    if one.stage is Stage.CONFIRMED:
        due.add((Reason.WITHDRAWAL, held, EXTERNAL_TON, one.paid_nano))
        due |= {(Reason.WITHDRAWAL_FEE, held, FEES, one.fee_nano)} if one.fee_nano else set()
    return due


def _stock_counted(store: MemoryStore) -> Iterator[bool]:
    return (len(row.free) == sum(_is_free(row)) for row in store.packs.values())


def _is_free(row: PackRow) -> Iterator[bool]:
    return (unit.state is UnitState.FREE for unit in row.units.values())


def _units_placed(store: MemoryStore) -> Iterator[bool]:
    """Units agree with their owners' inventories, and every possession began with a draw of that very unit."""
    drops, gone = _won(store), {departure.unit.id: departure for departure in store.departures}
    for departure in store.departures:
        yield drops.get(departure.item_id) == (departure.player_id, departure.unit)
    for pack in store.packs.values():
        free = set(pack.free)
        for number, unit in pack.units.items():
            yield _is_placed(unit, number in free, unit.unit.id in gone)
            if unit.item_id is not None:
                yield drops.get(unit.item_id) == (unit.owner_id, unit.unit)
    for player in store.players.values():
        for item_id, unit in player.items.items():
            known = store.packs[unit.unit.pack_id].units.get(unit.unit.number) is unit
            yield known and (unit.owner_id, unit.item_id) == (player.id, item_id)


def _won(store: MemoryStore) -> dict[int, tuple[int, Unit]]:
    """What every player was ever given, by item id: a drop of a case, or the target of an upgrade that was won."""
    won = {drop.item_id: (opened.command.player_id, drop.unit) for opened, drop in _drawings(store)}
    for upgraded in _upgrades(store):
        if upgraded.drawn.win:
            target = upgraded.drawn.target
            unit = Unit(target.unit_id, target.pack_id, target.number)
            won[upgraded.upgrade_id] = (upgraded.drawn.bet.player_id, unit)
    return won


def _items_accounted(store: MemoryStore) -> Iterator[bool]:
    """Every item is where it can be: its player's, or gone by one sale, bet or delivery, as the unit that was won."""
    ends: dict[int, list[tuple[int, int]]] = {}
    for player in store.players.values():
        for item_id, row in player.items.items():
            ends.setdefault(item_id, []).append((player.id, row.unit.id))
        for sold in player.sales:
            ends.setdefault(sold.item_id, []).append((sold.player_id, sold.unit.id))
    for departure in store.departures:
        ends.setdefault(departure.item_id, []).append((departure.player_id, departure.unit.id))
    for upgraded in _upgrades(store):
        for item_id, unit in upgraded.stakes:
            ends.setdefault(item_id, []).append((upgraded.drawn.bet.player_id, unit.unit_id))
    won = {item_id: (player_id, unit.id) for item_id, (player_id, unit) in _won(store).items()}
    return (ends.get(item_id) == [won.get(item_id)] for item_id in won.keys() | ends.keys())


def _deliveries_kept(store: MemoryStore) -> Iterator[bool]:
    """What is under way and what has arrived, by deliveries and withdrawals, leaves and is gone, by the units."""
    due = {delivery_id: [wanted] for delivery_id, wanted in _inward(store)}
    out: dict[int, list[tuple[Way, int, int, int, bool]]] = {}
    for way_out, player_id, item_id, unit, is_gone in _outward(store):
        out.setdefault(way_out.delivery_id, []).append((way_out.way, player_id, item_id, unit.id, is_gone))
    return (due.get(delivery_id) == out.get(delivery_id) for delivery_id in due.keys() | out.keys())


def _inward(store: MemoryStore) -> Iterator[tuple[int, tuple[Way, int, int, int, bool]]]:
    """The gifts and the NFTs that are under way, and those that have arrived: way, player, item, unit, arrived."""
    for delivery in store.deliveries.values():
        goods, stage = delivery.goods, delivery.stage
        if isinstance(goods, UnitGift) and stage is not DeliveryStage.RETURNED:
            has_arrived = stage is DeliveryStage.DELIVERED
            yield delivery.id, (Way.GIFT, goods.player_id, goods.item_id, goods.unit_id, has_arrived)
    for one in store.withdrawals.values():
        if one.unit is not None and one.stage not in RELEASED:
            named = one.player_id, one.unit.item_id, one.unit.unit_id
            yield one.id, (Way.NFT, *named, one.stage is Stage.CONFIRMED)


def _outward(store: MemoryStore) -> Iterator[tuple[Exit, int, int, Unit, bool]]:
    """The items that are leaving, and those that are gone."""
    for gone in store.departures:
        yield gone.way_out, gone.player_id, gone.item_id, gone.unit, True
    for player in store.players.values():
        for item_id, row in player.items.items():
            if row.state is UnitState.LEAVING:
                yield row.way_out or Exit(Way.GIFT, 0), player.id, item_id, row.unit, False


def _upgrades_staked(store: MemoryStore) -> Iterator[bool]:
    """A bet is what was staked, and makes the quote that was recorded."""
    for upgraded in _upgrades(store):
        drawn = upgraded.drawn
        staked = sum(unit.floor_nano for unit in drawn.units)
        yield quote(staked, drawn.target.floor_nano, drawn.quote.fee) == drawn.quote


def _is_placed(unit: UnitRow, is_in_stock: bool, is_gone: bool) -> bool:
    if (is_in_stock, is_gone) != (unit.state is UnitState.FREE, unit.state is UnitState.DELIVERED):
        return False
    is_somebodys = unit.state in (UnitState.OWNED, UnitState.LEAVING)
    return is_somebodys == (unit.owner_id is not None) == (unit.item_id is not None)


def _nonces_gapless(store: MemoryStore) -> Iterator[bool]:
    return (
        [_nonce(drawing) for drawing in pair.draws] == list(range(pair.nonce))
        for player in store.players.values()
        for pair in player.pairs
    )


def _nonce(drawing: Drawing | UnitUpgraded) -> int:
    return drawing.drawn.draw.nonce if isinstance(drawing, UnitUpgraded) else drawing[1].draw.nonce


def _draws_replay(store: MemoryStore) -> Iterator[bool]:
    """Every draw of every opening, with its pair's server seed, whether it is revealed or not."""
    hashes = {seed_hash: commitment(pair.server_seed) for seed_hash, pair in store.pairs.items()}
    for opened, drop in _drawings(store):
        seed_hash = drop.draw.server_seed_hash
        yield hashes.get(seed_hash) == seed_hash and _replays(store, store.pairs[seed_hash], (opened, drop))
    for upgraded in _upgrades(store):
        draw = upgraded.drawn.draw
        pair = store.pairs.get(draw.server_seed_hash)
        yield pair is not None and all(check.held for check in replay(replace(draw, server_seed=pair.server_seed)))


def _replays(store: MemoryStore, pair: PairRow, drawing: Drawing) -> bool:
    opened, drop = drawing
    draw, odds = drop.draw, store.odds[opened.case.odds_id].table
    rolled = roll(pair.server_seed, GAME, odds.table_id, draw.client_seed, draw.nonce)
    row = row_of(odds.cumulative, rolled)
    named = (pair.player_id, pair.number, pair.client_seed) == (
        opened.command.player_id,
        draw.seed_number,
        draw.client_seed,
    )
    found = (rolled, row, odds.rows[row].pack_id if row < len(odds.rows) else None)
    return named and found == (draw.roll, draw.row, drop.unit.pack_id)


def _tables_sound(store: MemoryStore) -> Iterator[bool]:
    for version in store.odds.values():
        widths = [row.tickets for row in version.table.rows]
        found = table_id((row.pack_id, row.tickets) for row in version.table.rows)
        yield sum(widths) == GRID and min(widths) >= 0 and found == version.table.table_id


def _sums(transfers: Iterable[Transfer]) -> Sums:
    sums = Sums()
    for transfer in transfers:
        sums[transfer.debit, transfer.asset] -= transfer.amount
        sums[transfer.credit, transfer.asset] += transfer.amount
    return sums


def _kept(store: MemoryStore) -> list[tuple[tuple[Account, Asset], int]]:
    return [balance for player in store.players.values() for balance in _balances(player)]


def _balances(player: PlayerRow) -> Iterator[tuple[tuple[Account, Asset], int]]:
    for kind, amounts in ((AccountKind.PLAYER, player.balances), (AccountKind.HELD, player.held)):
        for asset, amount in amounts.items():
            yield (Account(kind, player.id), asset), amount


def _upgrades(store: MemoryStore) -> Iterator[UnitUpgraded]:
    return (upgraded for player in store.players.values() for upgraded in player.upgrades)


def _drawings(store: MemoryStore) -> Iterator[Drawing]:
    return ((opened, drop) for opened in store.openings for drop in opened.drops)


_CHECKS: dict[str, Callable[[MemoryStore], Iterable[bool]]] = {
    "zero_sum": _zero_sum,
    "balance_is_sum": _balance_is_sum,
    "no_negative_balance": _no_negative_balance,
    "one_transfer_per_cause": _one_transfer_per_cause,
    "transfers_known": _transfers_known,
    "openings_paid": _openings_paid,
    "sales_paid": _sales_paid,
    "deposits_credited": _deposits_credited,
    "withdrawals_held": _withdrawals_held,
    "stock_counted": _stock_counted,
    "units_placed": _units_placed,
    "items_accounted": _items_accounted,
    "deliveries_kept": _deliveries_kept,
    "upgrades_staked": _upgrades_staked,
    "nonces_gapless": _nonces_gapless,
    "draws_replay": _draws_replay,
    "tables_sound": _tables_sound,
}
