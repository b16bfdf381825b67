"""Wallets: nonces for one player, one time and one use; a wallet that is changed or forgotten."""

from __future__ import annotations

import pytest

from stickercase.domain.ledger.laws import all_held
from stickercase.domain.players.profile import Player
from stickercase.domain.refusal import NotFound, Refusal, Refused
from stickercase.domain.use_cases.challenge_wallet import challenge_wallet
from stickercase.domain.use_cases.connect_wallet import connect_wallet, disconnect_wallet
from stickercase.domain.wallet.challenges import LIFETIME
from stickercase.domain.wallet.ownership import Connected, SignedMessage, TonProof
from stickercase.domain.wallet.refusals import NonceExists, NonceUnknown
from support.ownership import KEY, OTHER, POLICY, SodiumSignatures, message
from support.races import at_once
from support.transactions import Interrupted, interrupted
from support.wallets import Wallet, raw
from support.worlds import World

SIGNATURES = SodiumSignatures()
MINE, ANOTHER = Wallet(KEY), Wallet(OTHER)


def nonce(world: World, player: Player) -> str:
    return challenge_wallet(world.transactions, world.clock, world.seeds, player.profile.telegram_id).nonce


def signed(world: World, player: Player, wallet: Wallet, given: str) -> SignedMessage:
    at = int(world.clock.now().timestamp())
    text = message(raw(wallet.address), telegram_id=player.profile.telegram_id, at=at, nonce=given)
    return wallet.message(text)


def proven(world: World, wallet: Wallet, given: str) -> TonProof:
    return wallet.proof(given, int(world.clock.now().timestamp()))


def connect(world: World, player: Player, proof: SignedMessage | TonProof) -> Connected | Refusal:
    try:
        telegram_id = player.profile.telegram_id
        return connect_wallet(world.transactions, world.clock, SIGNATURES, POLICY, telegram_id, proof)
    except Refused as refused:
        return refused.refusal


@pytest.mark.parametrize("kind", ["message", "proof"])
def test_a_wallet_is_connected_changed_and_forgotten(world: World, kind: str) -> None:
    player = world.new_player()
    for wallet in (MINE, ANOTHER, MINE):
        given = nonce(world, player)
        proof = signed(world, player, wallet, given) if kind == "message" else proven(world, wallet, given)
        connected = connect(world, player, proof)
        assert isinstance(connected, Connected)
        assert connected.address.raw == raw(wallet.address)
        assert world.reading.wallet(player.id) == connected
    for _ in range(2):
        disconnect_wallet(world.transactions, world.clock, player.profile.telegram_id)
        assert world.reading.wallet(player.id) is None
    assert all_held(world.audits.audit())


def test_one_nonce_lives_at_a_time(world: World) -> None:
    player = world.new_player()
    first = nonce(world, player)
    with pytest.raises(Refused) as refused:
        nonce(world, player)
    assert refused.value.refusal == NonceExists(300)
    world.clock.pass_time(seconds=LIFETIME.total_seconds())
    second = nonce(world, player)
    assert second != first
    assert isinstance(connect(world, player, proven(world, MINE, first)), Refusal)
    assert isinstance(connect(world, player, proven(world, MINE, second)), Connected)


def test_a_wrong_signature_costs_the_nonce(world: World) -> None:
    player = world.new_player()
    given = nonce(world, player)
    good = proven(world, MINE, given)
    refusal = connect(world, player, MINE.proof(given, good.timestamp, signature=ANOTHER.sign(b"x")))
    assert isinstance(refusal, Refusal)
    assert refusal.code == "bad_signature"
    again = connect(world, player, good)
    assert isinstance(again, Refusal)
    assert again.code == "nonce_used"
    assert world.reading.wallet(player.id) is None
    assert nonce(world, player) != given


def test_a_nonce_is_its_players(world: World) -> None:
    player, thief = world.new_player(), world.new_player()
    given = nonce(world, player)
    refusal = connect(world, thief, proven(world, MINE, given))
    assert isinstance(refusal, Refusal)
    assert refusal.code == "nonce_foreign"
    assert isinstance(connect(world, player, proven(world, MINE, given)), Connected)
    assert world.reading.wallet(thief.id) is None


def test_of_many_connects_with_one_nonce_one_succeeds(world: World) -> None:
    player = world.new_player()
    proof = proven(world, MINE, nonce(world, player))
    outcomes = at_once([lambda: connect(world, player, proof)] * 10)
    codes = [outcome.code if isinstance(outcome, Refusal) else "connected" for outcome in outcomes]
    assert sorted(codes) == ["connected"] + ["nonce_used"] * 9


def test_of_many_asks_for_a_nonce_one_succeeds(world: World) -> None:
    player = world.new_player()

    def ask() -> str:
        try:
            return nonce(world, player)
        except Refused as refused:
            return refused.refusal.code

    answers = at_once([ask] * 10)
    assert answers.count("nonce_exists") == 9
    assert [len(answer) for answer in answers if answer != "nonce_exists"] == [32]


def test_old_nonces_are_forgotten(world: World) -> None:
    player, other = world.new_player(), world.new_player()
    given, others = nonce(world, player), nonce(world, other)
    world.clock.pass_time(days=1)
    nonce(world, player)
    with world.transactions() as tx:
        assert tx.wallets.challenge(given) is not None, "a day is not over a day"
    world.clock.pass_time(hours=1)
    nonce(world, player)
    with world.transactions() as tx:
        assert tx.wallets.challenge(given) is None
        assert tx.wallets.challenge(others) is not None, "somebody else's"
    refusal = connect(world, player, proven(world, MINE, given))
    assert isinstance(refusal, NonceUnknown)


def test_several_players_may_share_a_wallet(world: World) -> None:
    for player in (world.new_player(), world.new_player()):
        assert isinstance(connect(world, player, proven(world, MINE, nonce(world, player))), Connected)


def test_what_is_interrupted_leaves_nothing(world: World) -> None:
    player = world.new_player()
    given = nonce(world, player)
    proof = proven(world, MINE, given)
    with pytest.raises(Interrupted):
        connect_wallet(
            interrupted(world.transactions), world.clock, SIGNATURES, POLICY, player.profile.telegram_id, proof
        )
    assert world.reading.wallet(player.id) is None
    assert isinstance(connect(world, player, proof), Connected)


def test_nobody_unknown_gets_a_nonce(world: World) -> None:
    with pytest.raises(Refused) as refused:
        challenge_wallet(world.transactions, world.clock, world.seeds, 5)
    assert refused.value.refusal == NotFound("player", "5")
