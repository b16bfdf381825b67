"""The hot wallet, signed for with ton-core (the extra `ton`), which lays out messages as wallet apps do.

Layouts: the published code of wallets v4r2 and v5r1; what an NFT is asked, TEP-62 (github.com/ton-blockchain/TEPs). In
words: docs/wallet.md.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from nacl.bindings import crypto_sign, crypto_sign_BYTES

from stickercase.domain.wallet.addresses import Address
from stickercase.domain.wallet.contracts import WALLET_ID, Network, v5_wallet_id, wallet_address
from stickercase.domain.wallet.payouts import NftTransfer, Order, Payment, PayoutMessage
from stickercase.ports.failures import BadKey, ExtraMissing

if TYPE_CHECKING:
    from ton_core import Cell

CONTRACTS = ("v4r2", "v5r1")
WORDS = 24
MODE = 1 | 2
"""Fees are paid besides the amount (1). What can't be paid is left out, and the counter goes on (2), as v5r1 wants."""
SIGNED_EXTERNAL = 0x7369676E
SIMPLE_SEND = 0
NFT_TRANSFER = 0x5FCC3D14


class TonCorePayouts:
    """Signs for the wallet of a mnemonic: 24 words, without a password, as wallet apps show them.

    Raises ``ExtraMissing`` without the extra, and ``BadKey``, which names ``key_setting`` and quotes nothing, when the
    words are no mnemonic.
    """

    def __init__(self, mnemonic: str, contract: str, network: Network, key_setting: str = "the mnemonic") -> None:
        if contract not in CONTRACTS:
            raise ValueError(f"a hot wallet is one of {', '.join(CONTRACTS)}")
        self._ton: Any = _library()
        words = mnemonic.lower().split()
        if len(words) != WORDS or not self._ton.ton_mnemonic_is_valid(words):
            raise BadKey(f"{key_setting} is no mnemonic of a TON wallet: {WORDS} words that fit together")
        public_key, self._secret_key = self._ton.mnemonic_to_private_key(words)
        self._contract, self._network = contract, network
        self._init = _state_init(self._ton, contract, public_key, network)
        # Two ways to the same address: ours, without any code, and that of the library.
        self._address = wallet_address(contract, public_key, network)
        assert self._address.hash == self._init.serialize().hash, "the wallet is not where it should be"

    def address(self) -> Address:
        return self._address

    def sign(self, order: Order, seqno: int, valid_until: datetime) -> PayoutMessage:
        ton = self._ton
        body = self._body(order, seqno, int(valid_until.timestamp()))
        init = self._init if seqno == 0 else None
        message = ton.ExternalMessage(dest=_foreign(ton, self._address), body=body, state_init=init)
        return PayoutMessage(message.normalized_hash, message.to_boc())

    def _body(self, order: Order, seqno: int, valid_until: int) -> Any:
        ton, is_v5 = self._ton, self._contract == "v5r1"
        unsigned = ton.begin_cell()
        if is_v5:
            unsigned.store_uint(SIGNED_EXTERNAL, 32).store_uint(v5_wallet_id(self._network), 32)
        else:
            unsigned.store_uint(WALLET_ID, 32)
        unsigned.store_uint(valid_until, 32).store_uint(seqno, 32)
        transfer = ton.WalletMessage(MODE, self._message(order))
        if is_v5:
            # A list of one action, and no others: the list is linked from its end.
            action = ton.begin_cell().store_ref(ton.Cell.empty())
            action.store_cell(_library_of_wallets().OutActionSendMsg(transfer).serialize())
            unsigned.store_uint(1, 1).store_ref(action.end_cell()).store_uint(0, 1)
        else:
            unsigned.store_uint(SIMPLE_SEND, 8).store_cell(transfer.serialize())
        return self._signed(unsigned.end_cell(), is_v5=is_v5)

    def _message(self, order: Order) -> Any:
        return self._transfer(order) if isinstance(order, NftTransfer) else self._payment(order)

    def _transfer(self, order: NftTransfer) -> Any:
        """It bounces, and what is left of its gas comes back: either way the NFT answers."""
        ton = self._ton
        body = ton.begin_cell().store_uint(NFT_TRANSFER, 32).store_uint(order.query_id, 64)
        body.store_address(_foreign(ton, order.new_owner)).store_address(_foreign(ton, self._address))
        # No payload for the NFT, and neither TON nor a payload for the new owner.
        body.store_uint(0, 1).store_coins(0).store_uint(0, 1)
        item = _foreign(ton, order.item)
        return ton.InternalMessage(dest=item, value=order.amount_nano, bounce=True, body=body.end_cell())

    def _payment(self, payment: Payment) -> Any:
        ton = self._ton
        comment = ton.TextCommentBody(payment.comment).serialize()
        recipient = _foreign(ton, payment.address)
        return ton.InternalMessage(dest=recipient, value=payment.amount_nano, bounce=False, body=comment)

    def _signed(self, unsigned: Cell, *, is_v5: bool) -> Any:
        signature: bytes = crypto_sign(unsigned.hash, self._secret_key)[:crypto_sign_BYTES]
        whole = self._ton.begin_cell()
        if is_v5:
            whole.store_cell(unsigned).store_bytes(signature)
        else:
            whole.store_bytes(signature).store_cell(unsigned)
        return whole.end_cell()


def hot_wallet(mnemonic: str, contract: str, network: Network, key_setting: str) -> TonCorePayouts | None:
    """Who signs for the house's wallet; nobody when there is no mnemonic. Raises what the class raises."""
    return TonCorePayouts(mnemonic, contract, network, key_setting) if mnemonic else None


def _library() -> Any:
    try:
        import ton_core
    except ImportError as error:
        raise ExtraMissing("Payouts need the extra `ton`: pip install 'stickercase[ton]'.") from error
    return ton_core


def _library_of_wallets() -> Any:
    from ton_core.contrib.contracts.wallet import tlb

    return tlb


def _foreign(ton: Any, address: Address) -> Any:
    return ton.Address((address.workchain, address.hash))


def _state_init(ton: Any, contract: str, public_key: bytes, network: Network) -> Any:
    """Code and first data, as wallet apps deploy them."""
    from ton_core.contrib.contracts.codes import CONTRACT_CODES
    from ton_core.contrib.contracts.versions import ContractVersion

    key = ton.PublicKey(public_key)
    if contract == "v5r1":
        version = ContractVersion.WalletV5R1
        wallet_id = ton.WalletV5SubwalletID(workchain=0, network=ton.NetworkGlobalID(network.value))
        data = ton.WalletV5Data(key, wallet_id)
    else:
        version = ContractVersion.WalletV4R2
        data = ton.WalletV4Data(key)
    return ton.StateInit(code=ton.Cell.one_from_boc(CONTRACT_CODES[version]), data=data.serialize())
