"""Reconcile the hot wallet: hold what the ledger says was paid against what left it on the chain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stickercase.domain.use_cases.reports import Section, section_of
from stickercase.domain.wallet.reconciliation import Reconciliation, reconcile
from stickercase.ports.failures import VendorUnavailable

if TYPE_CHECKING:
    from stickercase.ports.chain import Chain
    from stickercase.ports.outflows import Outflows
    from stickercase.ports.payouts import Payouts

HOT_WALLET = "hot_wallet"
"""The section's name."""


def reconcile_wallet(outflows: Outflows, payouts: Payouts, chain: Chain) -> Reconciliation:
    """Both sides, also while payouts go on. Changes nothing. Raises what the chain raises, and ``StoreUnavailable``."""
    before = outflows.signed()
    wallets = {payouts.address(), *(attempt.wallet for one in before for attempt in one.attempts)}
    states = {wallet: chain.wallet(wallet) for wallet in sorted(wallets)}
    seen = {wallet: chain.transactions(state, None) for wallet, state in states.items()}
    return reconcile(states[payouts.address()], before, seen, outflows.signed())


def reconcile_hot_wallet(outflows: Outflows, payouts: Payouts | None, chain: Chain) -> list[Section]:
    """The same as a section of a report; none where there is no hot wallet. Raises ``StoreUnavailable``."""
    if payouts is None:
        return []
    try:
        found = reconcile_wallet(outflows, payouts, chain)
    except VendorUnavailable as error:
        return [section_of(HOT_WALLET, 0, (), str(error))]
    return [section_of(HOT_WALLET, found.confirmed.count + found.under_way.count, found.mismatches)]
