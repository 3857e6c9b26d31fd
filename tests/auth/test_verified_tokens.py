import pytest

from gateway.auth.token_keys import TokenKey
from gateway.auth.tokens import LEEWAY_SECONDS, TokenVerifier
from gateway.auth.unverified import UnknownKey, Unverified
from gateway.auth.verified_tokens import VerifiedTokens
from gateway.auth.viewer import Viewer
from tests.auth.conftest import Pair
from tests.auth.signing import payload, seconds_from_now, signed

ADA, BOB = Viewer(id=1), Viewer(id=2)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def viewer_of(known: VerifiedTokens, token: str, keys: list[TokenKey]) -> Viewer | None:
    grant = known.grant_of(token, keys)
    return None if grant is None else grant.viewer


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_token_is_known_until_it_expires(ours: Pair, clock: Clock) -> None:
    known = VerifiedTokens(clock)
    known.add("token", ADA, ours.key, until=1010)
    clock.now = 1009.9
    assert viewer_of(known, "token", [ours.key]) == ADA
    clock.now = 1010
    assert viewer_of(known, "token", [ours.key]) is None


def test_a_key_that_is_taken_away_takes_its_tokens_along(
    ours: Pair, older: Pair, clock: Clock
) -> None:
    known = VerifiedTokens(clock)
    known.add("token", ADA, older.key, until=1010)
    assert viewer_of(known, "token", [ours.key, older.key]) == ADA
    assert viewer_of(known, "token", [ours.key]) is None
    assert viewer_of(known, "token", [ours.key, older.key]) is None


def test_another_token_is_not_known(ours: Pair, clock: Clock) -> None:
    known = VerifiedTokens(clock)
    known.add("token", ADA, ours.key, until=1010)
    assert viewer_of(known, "Token", [ours.key]) is None


def test_the_one_unused_for_longest_makes_room(ours: Pair, clock: Clock) -> None:
    known = VerifiedTokens(clock, capacity=2)
    for token, viewer in (("a", ADA), ("b", BOB)):
        known.add(token, viewer, ours.key, until=1010)
    assert viewer_of(known, "a", [ours.key]) == ADA
    known.add("c", BOB, ours.key, until=1010)
    assert [viewer_of(known, one, [ours.key]) for one in "abc"] == [ADA, None, BOB]


def test_no_token_is_kept_itself(ours: Pair, clock: Clock) -> None:
    known = VerifiedTokens(clock)
    known.add("a secret", ADA, ours.key, until=1010)
    assert "a secret" not in repr(vars(known))


def test_a_verified_token_is_refused_once_it_has_expired(ours: Pair, clock: Clock) -> None:
    expires = seconds_from_now(600)
    token = signed(ours, payload(exp=expires))
    clock.now = expires + LEEWAY_SECONDS - 0.5
    verifier = TokenVerifier([ours.key], now=clock, leeway_seconds=LEEWAY_SECONDS)
    viewer = verifier.verify(token)
    assert verifier.verify(token) is viewer
    # PyJWT looks at the real clock, by which the token is still good: only ours has gone on.
    clock.now += 1
    assert verifier.verify(token) is not viewer


def test_a_verified_token_is_refused_once_its_key_is_gone(ours: Pair, older: Pair) -> None:
    keys = [older.key, ours.key]
    verifier = TokenVerifier(keys)
    token = signed(older, payload())
    viewer = verifier.verify(token)
    assert verifier.verify(token) is viewer
    keys.remove(older.key)
    with pytest.raises(UnknownKey):
        verifier.verify(token)


def test_a_token_with_one_letter_changed_is_refused_though_it_is_known(ours: Pair) -> None:
    verifier = TokenVerifier([ours.key])
    token = signed(ours, payload())
    verifier.verify(token)
    changed = token[:-10] + ("A" if token[-10] != "A" else "B") + token[-9:]
    with pytest.raises(Unverified):
        verifier.verify(changed)
