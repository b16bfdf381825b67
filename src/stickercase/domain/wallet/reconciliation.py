"""The ledger held against the chain: every confirmed withdrawal was paid there, and every payment there is one of ours.
And an invoice held against what the provider says of it.

In words: docs/wallet.md and docs/reconciliation.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from stickercase.domain.money import ton_text
from stickercase.domain.wallet.addresses import Address
from stickercase.domain.wallet.invoices import Invoice, Sighting, credited_total
from stickercase.domain.wallet.nft_transfers import answer_to
from stickercase.domain.wallet.payouts import Paid, WalletState, WalletTransaction, leaves
from stickercase.domain.wallet.withdrawals import IN_FLIGHT, Attempt, Stage, Withdrawal

Seen = Mapping[Address, Sequence[WalletTransaction]]
"""All transactions of every wallet that we ever signed for."""


@dataclass(frozen=True, slots=True)
class Total:
    """How many, and how much in all."""

    count: int
    amount_nano: int


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Both sides: what the ledger says was paid, and what left the wallets.

    ``under_way`` left a wallet for a withdrawal that the ledger had not confirmed when it was read first. ``gas`` went
    to NFTs along with their transfers: the ledger knows none of it, and most comes back. ``mismatches`` are sentences
    for a person; without any, ``confirmed`` and ``under_way`` together are ``paid``.
    """

    state: WalletState
    confirmed: Total
    paid: Total
    under_way: Total
    gas: Total
    mismatches: tuple[str, ...]

    @property
    def is_sound(self) -> bool:
        """Whether both sides agree."""
        return not self.mismatches


def reconcile(
    state: WalletState, before: Sequence[Withdrawal], seen: Seen, after: Sequence[Withdrawal]
) -> Reconciliation:
    """Hold the withdrawals against what was ``seen`` of the wallets; ``state`` is that of the hot wallet.

    They are read ``before`` and ``after`` the chain was: what was confirmed before must be there, and whatever is there
    must have been written by the time of the second reading.
    """
    confirmed = [one for one in before if one.stage is Stage.CONFIRMED]
    owners = {attempt.message_hash: (one, attempt) for one in after for attempt in one.attempts}
    mismatches = [*_unpaid(confirmed, seen), *_misjudged(after, seen)]
    early = {one.id for one in confirmed}
    paid: list[Paid] = []
    under_way: list[Paid] = []
    gas: list[Paid] = []
    for wallet, transactions in seen.items():
        for transaction in transactions:
            owner = owners.get(transaction.message_hash or "")
            if owner is None and wallet != state.address:
                continue  # A wallet of former days: what its owner does with it is not ours.
            if transaction.payments:
                mismatches += _unowned(transaction, owner)
            if owner is not None and owner[0].unit is not None:
                gas += transaction.payments
                continue
            paid += transaction.payments
            if owner is not None and owner[0].id not in early:
                under_way += transaction.payments
    confirmed_total = _total([leaves(one) for one in confirmed if one.unit is None])
    return Reconciliation(state, confirmed_total, _total(paid), _total(under_way), _total(gas), tuple(mismatches))


def _unpaid(confirmed: Sequence[Withdrawal], seen: Seen) -> Iterator[str]:
    """Confirmed withdrawals that were not paid exactly."""
    hashes = {wallet: {one.message_hash: one for one in transactions} for wallet, transactions in seen.items()}
    for one in confirmed:
        attempt = next(attempt for attempt in one.attempts if attempt.message_hash == one.paid_by)
        transaction = hashes[attempt.wallet].get(attempt.message_hash)
        if transaction is None:
            yield f"withdrawal {one.id} is confirmed, and its message {attempt.message_hash} is not on the chain"
        elif transaction.payments != (leaves(one),):
            found = ", ".join(map(_told, transaction.payments)) or "nothing"
            yield f"withdrawal {one.id} is {_told(leaves(one))}, and its message paid {found}"


def _misjudged(withdrawals: Sequence[Withdrawal], seen: Seen) -> Iterator[str]:
    """Units that are over otherwise than their NFTs say."""
    for one in withdrawals:
        for attempt in one.attempts if one.unit is not None else ():
            answer = answer_to(one, attempt, seen.get(attempt.wallet, ()))
            if answer is None or one.stage in IN_FLIGHT:
                continue
            if answer.bounced and one.paid_by == attempt.message_hash:
                yield f"withdrawal {one.id} is confirmed, and its NFT refused the transfer"
            elif not answer.bounced and one.stage is not Stage.CONFIRMED:
                yield f"withdrawal {one.id} is {one.stage.value}, and its NFT took the transfer"


def _unowned(transaction: WalletTransaction, owner: tuple[Withdrawal, Attempt] | None) -> Iterator[str]:
    """What is wrong with a payment that is on the chain."""
    what = ", ".join(map(_told, transaction.payments))
    if owner is None:
        when = f"{transaction.at:%Y-%m-%dT%H:%M:%SZ} (lt {transaction.lt})"
        yield f"{what} left the hot wallet at {when} for no withdrawal"
        return
    one, attempt = owner
    if one.stage is Stage.CONFIRMED and one.paid_by != attempt.message_hash:
        yield f"withdrawal {one.id} was paid twice: {what} besides what confirmed it"
    elif one.unit is not None and one.stage is Stage.FAILED and attempt == one.attempts[-1]:
        return  # It was asked, and refused: that is why it failed.
    elif one.stage is not Stage.CONFIRMED and one.stage not in IN_FLIGHT:
        yield f"withdrawal {one.id} is {one.stage.value}, and its message paid {what}"


def _told(paid: Paid) -> str:
    return f"{_ton(paid.amount_nano)} to {paid.address.friendly()}"


def _total(payments: Sequence[Paid]) -> Total:
    return Total(len(payments), sum(paid.amount_nano for paid in payments))


def invoice_mismatch(known: Invoice, seen: Sighting | None) -> str | None:
    """What does not fit between an invoice and what the provider said of it after ``known`` was read; None: all fits.

    More at the provider than was credited is no mismatch: it is money that has to be credited.
    """
    if seen is None:
        return f"invoice {known.id} is unknown at the provider"
    if seen.amount_nano != known.amount_nano:
        ours, theirs = _ton(known.amount_nano), _ton(seen.amount_nano)
        return f"invoice {known.id} was made for {ours}, and the provider says {theirs}"
    if credited_total(seen) < known.credited_nano:
        ours, theirs = _ton(known.credited_nano), _ton(credited_total(seen))
        return f"invoice {known.id} was credited {ours}, and the provider received {theirs}"
    return None


def late_money(invoice: Invoice, credit_nano: int) -> str:
    """That money came in for an invoice after the last look at it."""
    return f"invoice {invoice.id} was paid {_ton(credit_nano)} more when nobody watched it; that is credited now"


def _ton(amount_nano: int) -> str:
    return f"{ton_text(amount_nano, 9)} TON"
