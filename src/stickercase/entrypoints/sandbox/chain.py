"""A chain that is small enough to keep in a notebook: accounts, wallets, messages that wait, transactions.

A message to a wallet is checked when it comes and again when its time is there, as validators do it. It then lands or
is forgotten without a word. Each rule names the exit code with which the real contract refuses.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence

import msgspec

from stickercase.domain.wallet.addresses import Address, parse_address
from stickercase.domain.wallet.cells import BadCells, Cell, cell_of, read_boc
from stickercase.domain.wallet.contracts import CODES, StateInit
from stickercase.entrypoints.sandbox.exchange import Now
from stickercase.entrypoints.sandbox.messages import (
    READ,
    ExternalMessage,
    Signed,
    Transfer,
    bag_of,
    read_external,
    read_signed,
)
from stickercase.entrypoints.sandbox.nfts import Bounces, NftNote, asked, bounced_body
from stickercase.entrypoints.sandbox.notebook import Notebook, Page

GAS_NANO = 3_000_000
FORWARD_NANO = 400_000
"""What landing costs a wallet, and what each payment costs on top. Real ones vary a little."""

PAY_FEES_APART, IGNORE_ERRORS, ALL_OF_IT = 1, 2, 128
MOST_TRANSFERS = {"v3r1": 4, "v3r2": 4, "v4r2": 4, "v5r1": 255}
V5_MUST_IGNORE_ERRORS = 137
EXIT_CODES = {
    # contract: expired, wrong seqno, wrong wallet id, wrong signature
    "v3r1": (35, 33, 34, 35),
    "v3r2": (35, 33, 34, 35),
    "v4r2": (36, 33, 34, 35),
    "v5r1": (136, 133, 134, 135),
}

Verify = Callable[[bytes, bytes, bytes], bool]


class NotAccepted(Exception):
    """A wallet refuses a message; ``exit_code`` is its contract's, None when no contract was asked."""

    def __init__(self, why: str, exit_code: int | None = None) -> None:
        super().__init__(why)
        self.exit_code = exit_code


class ChainNote(msgspec.Struct):
    """How long a message waits before it lands, and the chain's logical time."""

    confirm_seconds: float = 2.0
    lt: int = 1_000_000


class AccountNote(msgspec.Struct):
    """An account. A wallet is one with a ``contract``; ``is_active`` is so of others that bounce nothing back."""

    balance: int = 0
    is_active: bool = False
    contract: str = ""
    public_key: str = ""
    wallet_id: int = 0
    seqno: int = 0


class WaitingNote(msgspec.Struct):
    """A message that was accepted and has not landed."""

    boc: bytes
    lands_at: float
    order: int


class PaymentNote(msgspec.Struct):
    """A message within the chain; the addresses are raw, the value is in nanotons, the body is a bag of cells."""

    source: str
    destination: str
    value: int
    bounced: bool = False
    comment: str | None = None
    body_hash: str = ""
    body: bytes = b""


class TransactionNote(msgspec.Struct):
    """What a message did to an account. ``external_hash`` (hex) names the message from outside that caused it, and
    ``body`` is what that said, as a bag of cells.

    ``exit_code`` of an action phase that failed is 37 (not enough money), and then nothing but the fee was taken.
    """

    account: str
    lt: int
    utime: int
    fee: int
    incoming: PaymentNote | None = None
    external_hash: str = ""
    body_hash: str = ""
    body: bytes = b""
    payments: list[PaymentNote] = []
    exit_code: int = 0

    @property
    def hash(self) -> bytes:
        """What names it here; a real one's is that of its cell."""
        return hashlib.sha256(f"{self.account} {self.lt}".encode()).digest()


class Chain:
    """All of it. ``verify`` checks an Ed25519 signature: key, message, signature."""

    def __init__(self, notebook: Notebook, now: Now, verify: Verify) -> None:
        self._notebook, self._now, self._verify = notebook, now, verify

    def now(self) -> float:
        """The chain's time, in seconds."""
        return self._now().timestamp()

    def configure(self, confirm_seconds: float) -> None:
        """Let messages that come from now on wait so long."""
        with self._notebook.open() as page:
            page.put("", msgspec.structs.replace(_chain(page), confirm_seconds=confirm_seconds))

    def fund(self, address: Address, amount_nano: int, *, is_active: bool | None) -> AccountNote:
        """Give an account money out of nowhere, and let it be active or not."""
        with self._notebook.open() as page:
            note = _account(page, address.raw)
            active = note.is_active if is_active is None else is_active
            note = msgspec.structs.replace(note, balance=note.balance + amount_nano, is_active=active)
            page.put(address.raw, note)
        return note

    def endow(self, address: Address, amount_nano: int) -> None:
        """Give an account money to begin with: once, however often it is said."""
        with self._notebook.open() as page:
            if page.get(AccountNote, address.raw) is None:
                page.put(address.raw, AccountNote(balance=amount_nano))

    def mint(self, item: Address, owner: Address, collection: Address | None) -> NftNote:
        """Make an NFT, or make it somebody else's."""
        note = NftNote(owner.raw, collection.raw if collection else "")
        with self._notebook.open() as page:
            _mint(page, item, note)
        return note

    def endow_nfts(self, owners: Mapping[Address, Address]) -> None:
        """Make NFTs to begin with: each once, however often it is said."""
        with self._notebook.open() as page:
            for item, owner in owners.items():
                if page.get(NftNote, item.raw) is None:
                    _mint(page, item, NftNote(owner.raw))

    def nft(self, item: Address) -> NftNote | None:
        """The NFT as it is now; None where there is none."""
        with self._notebook.open() as page:
            self._advance(page)
            return page.get(NftNote, item.raw)

    def account(self, address: Address) -> AccountNote:
        """The account as it is now."""
        with self._notebook.open() as page:
            self._advance(page)
            return _account(page, address.raw)

    def transactions(self, address: Address, limit: int, until_lt: int | None, above_lt: int) -> list[TransactionNote]:
        """The account's newest transactions, those after ``until_lt`` left out and those up to ``above_lt`` too."""
        with self._notebook.open() as page:
            self._advance(page)
            newest = f"{address.raw}/{until_lt:020}~" if until_lt is not None else f"{address.raw}0"
            found = page.all(TransactionNote, after=f"{address.raw}/{above_lt:020}~", before=newest)
        return [note for _, note in reversed(found)][:limit]

    def tick(self) -> None:
        """Let land what is due."""
        with self._notebook.open() as page:
            self._advance(page)

    def send(self, boc: bytes) -> bytes:
        """Take a message in; its hash. Raises :class:`BadCells` or :class:`NotAccepted`."""
        message = read_external(boc)
        with self._notebook.open() as page:
            self._advance(page)
            self._checked(page, message, self.now())
            if page.get(WaitingNote, message.hash.hex()) is None:
                waiting = [note.order for _, note in page.all(WaitingNote)]
                lands_at = self.now() + _chain(page).confirm_seconds
                page.put(message.hash.hex(), WaitingNote(boc, lands_at, max(waiting, default=0) + 1))
        return message.hash

    def _advance(self, page: Page) -> None:
        now = self.now()
        due = [(note.lands_at, note.order, name) for name, note in page.all(WaitingNote) if note.lands_at <= now]
        for lands_at, _, name in sorted(due):
            note = page.get(WaitingNote, name)
            assert note is not None
            page.drop(WaitingNote, name)
            message = read_external(note.boc)
            try:
                account, signed = self._checked(page, message, lands_at)
            except (NotAccepted, BadCells):
                continue
            _land(page, message, account, signed, int(lands_at))

    def _checked(self, page: Page, message: ExternalMessage, now: float) -> tuple[AccountNote, Signed]:
        """The wallet, made if the message brings it along, and what it is told. Raises what :meth:`send` raises."""
        account = _wallet(_account(page, message.destination.raw), message)
        signed = read_signed(account.contract, message.body)
        expired, wrong_seqno, wrong_id, wrong_signature = EXIT_CODES[account.contract]
        if signed.valid_until <= now:
            raise NotAccepted("it has expired", expired)
        if signed.seqno != account.seqno:
            raise NotAccepted(f"its seqno is {signed.seqno} and the wallet's is {account.seqno}", wrong_seqno)
        if signed.wallet_id != account.wallet_id:
            raise NotAccepted("it is for another wallet id", wrong_id)
        if not self._verify(bytes.fromhex(account.public_key), signed.signed_hash, signed.signature):
            raise NotAccepted("its signature is wrong", wrong_signature)
        if account.contract == "v5r1" and not all(one.mode & IGNORE_ERRORS for one in signed.transfers):
            raise NotAccepted("a wallet v5 sends with mode 2 only", V5_MUST_IGNORE_ERRORS)
        if len(signed.transfers) > MOST_TRANSFERS[account.contract]:
            raise NotAccepted("it has too many payments")
        return account, signed


def _mint(page: Page, item: Address, note: NftNote) -> None:
    page.put(item.raw, note)
    page.put(item.raw, msgspec.structs.replace(_account(page, item.raw), is_active=True))


def waiting_hashes(page: Page) -> Sequence[str]:
    """The messages that have not landed, by their hashes in hexadecimal."""
    return [name for name, _ in page.all(WaitingNote)]


def _chain(page: Page) -> ChainNote:
    return page.get(ChainNote, "") or ChainNote()


def _account(page: Page, raw: str) -> AccountNote:
    return page.get(AccountNote, raw) or AccountNote()


def _wallet(account: AccountNote, message: ExternalMessage) -> AccountNote:
    """The account, as the wallet that it is or becomes. Raises :class:`NotAccepted`."""
    if account.balance < GAS_NANO:
        raise NotAccepted("the account has no money to pay for gas with")
    if account.contract:
        return account
    init = message.init
    if init is None or init.hash != message.destination.hash:
        raise NotAccepted("the account is not deployed, and the message does not bring its StateInit along")
    return _deployed(account, init)


def _deployed(account: AccountNote, init: StateInit) -> AccountNote:
    code, key = CODES.get(init.code_hash), init.public_key()
    if code is None or key is None or code.name not in READ:
        raise NotAccepted("the contract is none that the sandbox knows")
    id_bit, seqno_bit = (33, 1) if code.name == "v5r1" else (32, 0)
    return msgspec.structs.replace(
        account,
        is_active=True,
        contract=code.name,
        public_key=key.hex(),
        wallet_id=init.data.uint(id_bit, 32),
        seqno=init.data.uint(seqno_bit, 32),
    )


def _land(page: Page, message: ExternalMessage, account: AccountNote, signed: Signed, utime: int) -> None:
    """Carry a message out: count it, pay what can be paid, tell everybody."""
    source = message.destination.raw
    balance, fee, has_failed = account.balance - GAS_NANO, GAS_NANO, False
    payments: list[tuple[PaymentNote, bool]] = []
    for transfer in signed.transfers:
        cost, value = _cost(transfer, balance)
        if value > 0 and cost <= balance:
            balance, fee = balance - cost, fee + FORWARD_NANO
            payments.append((_payment(source, transfer, value), transfer.bounce))
        elif not transfer.mode & IGNORE_ERRORS:
            has_failed = True
    if has_failed:
        # The action phase failed: nothing of it happens, the counter stays, and only the gas is gone.
        balance, fee, payments = account.balance - GAS_NANO, GAS_NANO, []
    seqno = account.seqno if has_failed else account.seqno + 1
    page.put(source, msgspec.structs.replace(account, balance=balance, seqno=seqno))
    note = TransactionNote(
        source,
        _next_lt(page),
        utime,
        fee,
        external_hash=message.hash.hex(),
        body_hash=message.body.hash.hex(),
        body=bag_of(message.body),
        payments=[payment for payment, _ in payments],
        exit_code=37 if has_failed else 0,
    )
    _write(page, note)
    for payment, bounces in payments:
        _receive(page, payment, utime, bounces)


def _cost(transfer: Transfer, balance: int) -> tuple[int, int]:
    """What a payment takes from the wallet, and what of it arrives."""
    if transfer.mode & ALL_OF_IT:
        return balance, balance - FORWARD_NANO
    if transfer.mode & PAY_FEES_APART:
        return transfer.value_nano + FORWARD_NANO, transfer.value_nano
    return transfer.value_nano, transfer.value_nano - FORWARD_NANO


def _payment(source: str, transfer: Transfer, value: int) -> PaymentNote:
    note = _message(source, transfer.destination.raw, value, transfer.body)
    return msgspec.structs.replace(note, comment=transfer.comment)


def _message(source: str, destination: str, value: int, body: Cell, *, bounced: bool = False) -> PaymentNote:
    return PaymentNote(
        source, destination, value, bounced=bounced, body_hash=body.hash.hex(), body=bag_of(body) if body.bits else b""
    )


def _receive(page: Page, payment: PaymentNote, utime: int, bounces: bool) -> None:
    account = _account(page, payment.destination)
    if bounces and not account.is_active:
        _bounce(page, payment, utime)
        return
    if page.get(NftNote, payment.destination) is not None:
        _ask(page, payment, utime, bounces)
        return
    page.put(payment.destination, msgspec.structs.replace(account, balance=account.balance + payment.value))
    _write(page, TransactionNote(payment.destination, _next_lt(page), utime, 0, incoming=payment))


def _bounce(page: Page, payment: PaymentNote, utime: int) -> list[PaymentNote]:
    """Send back what is left of a message; what was sent."""
    value = payment.value - FORWARD_NANO
    if value <= 0:
        return []
    body = bounced_body(read_boc(payment.body)) if payment.body else bounced_body(cell_of())
    back = _message(payment.destination, payment.source, value, body, bounced=True)
    _receive(page, back, utime, bounces=False)
    return [back]


def _ask(page: Page, payment: PaymentNote, utime: int, bounces: bool) -> None:
    """Let an NFT do as it is asked, or throw. Its answers land right after its own transaction."""
    note = page.get(NftNote, payment.destination)
    assert note is not None
    body = read_boc(payment.body) if payment.body else cell_of()
    lt, exit_code, answers = _next_lt(page), 0, list[PaymentNote]()
    try:
        after, sent = asked(note, payment.source, payment.value, body)
        page.put(payment.destination, after)
        for one in sent:
            answers.append(_message(payment.destination, one.destination.raw, one.value_nano, one.body))
            _receive(page, answers[-1], utime, bounces=False)
    except Bounces as error:
        exit_code = error.exit_code
        answers = _bounce(page, payment, utime) if bounces else []
    _write(
        page,
        TransactionNote(payment.destination, lt, utime, 0, incoming=payment, payments=answers, exit_code=exit_code),
    )


def _next_lt(page: Page) -> int:
    chain = _chain(page)
    page.put("", msgspec.structs.replace(chain, lt=chain.lt + 1))
    return chain.lt + 1


def _write(page: Page, note: TransactionNote) -> None:
    page.put(f"{note.account}/{note.lt:020}", note)


def b64(data: bytes) -> str:
    """Base64, as the TON API writes hashes."""
    return base64.b64encode(data).decode()


def shown(raw: str) -> str:
    """A raw address as the TON API shows it."""
    return parse_address(raw).friendly(bounceable=True)
