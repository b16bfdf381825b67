"""A player is whom the credential proves, and a bot is no player."""

from __future__ import annotations

from datetime import datetime

import pytest

from stickercase.domain.players.profile import Profile
from stickercase.domain.refusal import Forbidden, Refused, Unauthenticated
from stickercase.domain.use_cases.identify_player import identify_player
from stickercase.ports.failures import NotAuthentic
from support.worlds import memory_world


class Passports:
    """Believes the credentials ``ann`` and ``bot``."""

    def profile(self, credential: str, now: datetime) -> Profile:
        if credential not in ("ann", "bot"):
            raise NotAuthentic("no passport")
        return Profile(7, credential, is_bot=credential == "bot")


def test_a_good_credential_names_its_player() -> None:
    assert identify_player(Passports(), memory_world().clock, "ann").telegram_id == 7


@pytest.mark.parametrize(
    ("credential", "refusal"),
    [("bot", Forbidden("a bot cannot be a player")), ("x", Unauthenticated("no passport"))],
)
def test_anything_else_is_refused(credential: str, refusal: object) -> None:
    with pytest.raises(Refused) as refused:
        identify_player(Passports(), memory_world().clock, credential)
    assert refused.value.refusal == refusal
