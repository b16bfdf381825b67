"""Reconcile the hot wallet: hold what the ledger says was paid against what left it on the chain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stickercase.domain.wallet.reconciliation import Reconciliation, reconcile

if TYPE_CHECKING:
    from stickercase.ports.chain import Chain
    from stickercase.ports.outflows import Outflows
    from stickercase.ports.payouts import Payouts


def reconcile_wallet(outflows: Outflows, payouts: Payouts, chain: Chain) -> Reconciliation:
    """Both sides, also while payouts go on. Changes nothing. Raises what the chain raises, and ``StoreUnavailable``."""
    before = outflows.signed()
    wallets = {payouts.address(), *(attempt.wallet for one in before for attempt in one.attempts)}
    states = {wallet: chain.wallet(wallet) for wallet in sorted(wallets)}
    seen = {wallet: chain.transactions(state, None) for wallet, state in states.items()}
    return reconcile(states[payouts.address()], before, seen, outflows.signed())
