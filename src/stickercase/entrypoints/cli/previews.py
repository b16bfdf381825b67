"""What a case would be like: promise, fee, expected value and risk, before and after a change, and loud warnings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isfinite

from stickercase.domain.cases.catalogue import CaseStatus
from stickercase.domain.cases.pricing import expected_value
from stickercase.domain.cases.rebalancing import BAND, ROUNDING
from stickercase.domain.cases.risk import Risk
from stickercase.domain.money import ton
from stickercase.domain.stock.packs import Pack
from stickercase.entrypoints.cli.case_files import PricedCase
from stickercase.entrypoints.cli.tables import pack_words, table, tons

PROBABILITY = 0.01
NOTHING = "—"


def preview(before: PricedCase | None, after: PricedCase) -> str:
    """Figures and odds of a case, beside those that it has now where it has some."""
    then = _figures(after)
    if before is None:
        figures = table(then[0], then[1:], left=(0, 1))
    else:
        rows = [(name, now, value) for (name, now), (_, value) in zip(_figures(before), then, strict=True)]
        figures = table(("", "now", "then"), rows)
    return "\n\n".join([after.case.name, figures, _odds(before, after)])


def warnings(after: PricedCase) -> list[str]:
    """What an operator should know before they say yes. It is their promise: nothing of this is refused."""
    return list(_warnings(after))


def _warnings(after: PricedCase) -> Iterator[str]:
    value, price = _expected(after), ton(after.case.price_nano)
    if value >= price:
        yield (
            f"WARNING: {after.case.name} gives back {value:,.9g} TON on average and costs {price:,.9g} TON. "
            "AT THIS PRICE THE HOUSE LOSES IN THE LONG RUN, WHATEVER ITS BANKROLL."
        )
    promise, fee = after.case.base_fee, after.current_fee
    if abs(fee - promise) > promise * BAND + ROUNDING:
        yield f"The fee is {fee:.4g} %, and {promise:g} % are promised: a rebalance would change the odds or the price."
    if after.case.status is not CaseStatus.ACTIVE:
        yield f"{after.case.name} is {after.case.status.value}: nobody can open it."


def _expected(case: PricedCase) -> float:
    rows = zip(case.packs, case.case.odds.rows, strict=True)
    return expected_value((ton(pack.floor_nano), row.chance) for pack, row in rows)


def _figures(case: PricedCase) -> list[tuple[str, str]]:
    risk = case.risk
    return [
        ("status", case.case.status.value),
        ("price", f"{tons(case.case.price_nano)} TON"),
        ("promised fee", f"{case.case.base_fee:g} %"),
        ("current fee", f"{case.current_fee:.6g} %"),
        ("expected value", f"{_expected(case):,.6g} TON"),
        ("return to player", f"{risk.return_to_player:.4%}"),
        ("hit rate", f"{risk.hit_rate:.4%}"),
        ("standard deviation", f"{risk.standard_deviation:,.2f} TON"),
        ("largest liability", f"{risk.largest_liability:,.9g} TON"),
        ("verdict", risk.verdict.value),
        (f"bankroll for {PROBABILITY * 100:g} %", _bankroll(risk)),
    ]


def _bankroll(risk: Risk) -> str:
    bankroll = risk.bankroll_for(PROBABILITY)
    return f"{bankroll:,.0f} TON" if isfinite(bankroll) else "none is enough"


def _odds(before: PricedCase | None, after: PricedCase) -> str:
    """Every pack that is or will be in the case, in ascending id."""
    past = {} if before is None else {row.pack_id: row.chance for row in before.case.odds.rows}
    then = {row.pack_id: row.chance for row in after.case.odds.rows}
    packs = {pack.id: pack for case in (before, after) if case is not None for pack in case.packs}
    ordered = [packs[pack_id] for pack_id in sorted(packs)]
    if before is None:
        rows = _odds_rows(ordered, [f"{then[pack.id] * 100:.6g}" for pack in ordered])
        return table(("pack", "collection", "floor TON", "chance %"), rows, left=(0, 1))
    chances = [[f"{of[pack.id] * 100:.6g}" if pack.id in of else NOTHING for pack in ordered] for of in (past, then)]
    return table(("pack", "collection", "floor TON", "chance %", "then"), _odds_rows(ordered, *chances), left=(0, 1))


def _odds_rows(packs: Sequence[Pack], *chances: Sequence[str]) -> list[tuple[str, ...]]:
    return [
        (*pack_words(pack), tons(pack.floor_nano), *told)
        for pack, told in zip(packs, zip(*chances, strict=True), strict=True)
    ]
