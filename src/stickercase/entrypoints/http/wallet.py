"""Wallets: showing that one is a player's, and connecting it."""

from __future__ import annotations

import msgspec
from litestar import Router, get, post

from stickercase.domain.refusal import InvalidRequest, Refused
from stickercase.domain.wallet.challenges import LIFETIME
from stickercase.domain.wallet.ownership import Connected, SignedMessage, TonProof
from stickercase.entrypoints.http.callers import PlayerCaller, player_only
from stickercase.entrypoints.http.lobby import meet
from stickercase.entrypoints.http.provided import FromLobby, FromMe, FromPeople, FromUseCase
from stickercase.entrypoints.http.requests import ApiRequest

MESSAGE = ("signature", "message", "public")
PROOF = ("telegram_id", "address", "network", "public_key", "proof")


class NonceWire(msgspec.Struct):
    """What the wallet's owner must sign, within ``expires_in`` seconds."""

    status: str
    nonce: str
    expires_in: int


class DomainWire(msgspec.Struct):
    """The domain that a proof was made for."""

    lengthBytes: int  # noqa: N815  # TON Connect's own spelling
    value: str


class ProofWire(msgspec.Struct):
    """TON Connect's `ton_proof`: signature and StateInit in base64, ``payload`` is the nonce."""

    timestamp: int | str
    domain: DomainWire
    payload: str
    signature: str
    state_init: str


class ConnectWire(msgspec.Struct):
    """Either a signed message (``signature``, ``message``, ``public``: key and signature in base64), or all the others.

    The message is `wallet=…&telegram_id=…&timestamp=…&nonce=…`. The others are what TON Connect gives:
    ``public_key`` in hexadecimal, ``network`` `-239` or `-3`.
    """

    signature: str | None = None
    message: str | None = None
    public: str | None = None
    telegram_id: int | str | None = None
    address: str | None = None
    network: str | None = None
    public_key: str | None = None
    proof: ProofWire | None = None


class ConnectedWire(msgspec.Struct):
    """The wallet is the player's now; ``address`` as people read it."""

    status: str
    message: str
    address: str
    wallet: str


class WalletWire(msgspec.Struct):
    """The player's wallet; null when there is none."""

    status: str
    address: str | None
    wallet: str | None


@post(
    "/{telegram_id:str}/get-nonce",
    guards=[player_only],
    status_code=200,
    sync_to_thread=True,
    summary="A nonce for a wallet's owner to sign",
)
def get_nonce(telegram_id: str, me: FromMe, lobby: FromLobby, challenge_wallet: FromUseCase) -> NonceWire:
    """Good for five minutes and one use; while it is, there is no second one."""
    meet(telegram_id, me, lobby)
    challenge = challenge_wallet(me.profile.telegram_id)
    return NonceWire("success", challenge.nonce, int(LIFETIME.total_seconds()))


@post("/connect-wallet", guards=[player_only], status_code=200, sync_to_thread=True, summary="Connect a wallet")
def post_connect_wallet(
    request: ApiRequest, data: ConnectWire, me: FromMe, lobby: FromLobby, connect_wallet: FromUseCase
) -> ConnectedWire:
    """Show by a signature that a wallet is the player's. The nonce is used up, whatever the answer is."""
    proof = _proof(data, me)
    lobby.met(me.profile)
    connected = connect_wallet(me.profile.telegram_id, proof)
    return ConnectedWire("success", "Wallet connected successfully", _shown(connected, request), connected.wallet)


@get("/{telegram_id:str}", guards=[player_only], sync_to_thread=True, summary="The player's wallet")
def get_wallet(request: ApiRequest, telegram_id: str, me: FromMe, lobby: FromLobby, people: FromPeople) -> WalletWire:
    """The wallet that withdrawals go to."""
    connected = people.wallet(meet(telegram_id, me, lobby))
    if connected is None:
        return WalletWire("success", None, None)
    return WalletWire("success", _shown(connected, request), connected.wallet)


@post(
    "/{telegram_id:str}/disconnect",
    guards=[player_only],
    status_code=200,
    sync_to_thread=True,
    summary="Disconnect the wallet",
)
def post_disconnect(telegram_id: str, me: FromMe, lobby: FromLobby, disconnect_wallet: FromUseCase) -> WalletWire:
    """Forget the wallet. A withdrawal that has begun keeps its address."""
    meet(telegram_id, me, lobby)
    disconnect_wallet(me.profile.telegram_id)
    return WalletWire("success", None, None)


def _proof(data: ConnectWire, me: PlayerCaller) -> SignedMessage | TonProof:
    """The one kind of proof that was given. Raises :class:`Refused` for none, both or a part."""
    kind = MESSAGE if data.message is not None else PROOF
    if kind is MESSAGE and data.proof is not None:
        raise Refused(InvalidRequest("proof", "a message was given too, and one kind of proof is wanted"))
    for name in kind:
        if getattr(data, name) is None:
            raise Refused(InvalidRequest(name, "is needed"))
    if data.telegram_id is not None:
        me.named(data.telegram_id)
    if kind is MESSAGE:
        return SignedMessage(data.message or "", data.signature or "", data.public or "")
    assert data.proof is not None
    return TonProof(
        address=data.address or "",
        network=data.network or "",
        public_key=data.public_key or "",
        timestamp=data.proof.timestamp,
        domain=data.proof.domain.value,
        domain_length=data.proof.domain.lengthBytes,
        payload=data.proof.payload,
        signature=data.proof.signature,
        state_init=data.proof.state_init,
    )


def _shown(connected: Connected, request: ApiRequest) -> str:
    testnet: bool = request.app.state.testnet
    return connected.address.friendly(testnet=testnet)


router = Router(
    "/api/wallet", route_handlers=[get_nonce, post_connect_wallet, get_wallet, post_disconnect], tags=["wallet"]
)
