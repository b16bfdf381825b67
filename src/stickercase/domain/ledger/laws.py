"""The laws that hold always, under any concurrency and after any crash, and the report of an audit over them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

LAWS = {
    "zero_sum": "the balances of all accounts sum to zero in every asset",
    "balance_is_sum": "a player's balance is the sum of its transfers",
    "no_negative_balance": "no player's balance is below zero",
    "one_transfer_per_cause": "one reason and cause make at most one transfer",
    "transfers_known": "every transfer is between the accounts that its reason joins",
    "openings_paid": "every opening is paid by exactly one transfer of the price of its draws",
    "sales_paid": "every sale is paid by exactly one transfer of what it says",
    "deposits_credited": "every deposit is one transfer, and an invoice was credited the sum of its deposits",
    "withdrawals_held": "a withdrawal of TON is held, and then paid with its fee or released, by one transfer each",
    "stock_counted": "in_stock_count is the number of free units of the pack",
    "units_placed": "a unit is free, a player's item or delivered, in one place, and every item was won by some draw",
    "items_accounted": "every unit that was won is still its player's, or left in exactly one way",
    "deliveries_kept": "an item leaves for the one delivery or withdrawal of it, and is gone if that arrived",
    "upgrades_staked": "every upgrade's bet is the sum of the floors of its units, and makes the recorded quote",
    "nonces_gapless": "the draws of a seed pair have the nonces 0, 1, 2 … up to its counter",
    "draws_replay": "every draw replays to the roll and the row that were recorded",
    "tables_sound": "every odds table has 2^53 tickets and hashes to its id",
}
"""Every law by its name, in words."""


@dataclass(frozen=True, slots=True)
class LawReport:
    """How one law fared: ``checked`` things were looked at, ``breaches`` of them broke it."""

    law: str
    checked: int
    breaches: int

    def __post_init__(self) -> None:
        if self.law not in LAWS:
            raise ValueError(f"{self.law} is not a law")


def all_held(reports: Sequence[LawReport]) -> bool:
    """Whether every law was looked at and none was broken."""
    return {report.law for report in reports} == set(LAWS) and not any(report.breaches for report in reports)
