"""Join links: who gets in, who does not, and what they learn."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event

from gateway.db.group_tables import wrong_join
from gateway.directory.stats_visibility import StatsVisibility
from gateway.errors import GatewayError, InvalidArgument, RateLimited
from gateway.groups.commands import CreateGroup, DeactivateGroup, Join, Outcome, UpdateJoinLink
from gateway.groups.links import JoinLink, opens
from gateway.groups.refusals import RefusalCode
from tests.groups.people import ADA, BEN, CLEO, START, MovingClock, Town

HOUR = 3_600_000_000
NOW = int(START.timestamp()) * 1_000_000


@pytest.mark.parametrize(
    ("link", "token", "right"),
    [
        (JoinLink(1, "abc", True, None, 0, None, 1), "abc", True),
        (JoinLink(1, "abc", True, 6, 0, None, 1), "abc", True),
        (JoinLink(1, "abc", True, 5, 0, None, 1), "abc", False),
        (JoinLink(1, "abc", False, None, 0, None, 1), "abc", False),
        (JoinLink(1, "abc", True, None, 0, None, 1), "abd", False),
        (JoinLink(1, "abc", True, None, 0, None, 1), "", False),
        (JoinLink(1, "", True, None, 0, None, 1), "", False),
        (JoinLink(1, "ünï", True, None, 0, None, 1), "ünï", True),
        (None, "", False),
        (None, "\ud800", False),
    ],
)
def test_a_token_opens_its_own_link_alone(link: JoinLink | None, token: str, right: bool) -> None:
    assert opens(link, token, 5) is right


async def test_a_link_is_switched_off_and_expires(town: Town, clock: MovingClock) -> None:
    group_id = await town.group(ADA)
    token = await town.token(group_id)

    await town.run(UpdateJoinLink(group_id, enabled=False), ADA)
    await town.refused(RefusalCode.JOIN_TOKEN_INVALID, Join(group_id, token), BEN)
    await town.run(UpdateJoinLink(group_id, enabled=True, expires_at=NOW + HOUR), ADA)
    assert (await town.run(Join(group_id, token), BEN)).changed
    clock.jump(hours=1)
    await town.refused(RefusalCode.JOIN_TOKEN_INVALID, Join(group_id, token), CLEO)
    await town.run(UpdateJoinLink(group_id, rotate=True), ADA)
    assert (await town.join(group_id, CLEO)).changed

    same = await town.run(UpdateJoinLink(group_id, enabled=True, clear_expiry=True), ADA)
    assert not same.changed
    assert [kind for kind, _, _ in await town.history(group_id)] == [
        *("created", "link_changed", "link_changed", "joined", "link_rotated", "joined")
    ]


async def test_an_expiry_lies_in_the_future_and_excludes_none(town: Town) -> None:
    group_id = await town.group(ADA)

    with pytest.raises(InvalidArgument):
        await town.run(UpdateJoinLink(group_id, expires_at=NOW - 1), ADA)
    with pytest.raises(GatewayError) as caught:
        await town.run(UpdateJoinLink(group_id, expires_at=NOW + HOUR, clear_expiry=True), ADA)
    assert caught.value.code == "EXCLUSIVE_ARGUMENTS"


@contextmanager
def statements() -> Iterator[list[str]]:
    """The statements that any engine runs meanwhile."""
    ran: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        ran.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield ran
    finally:
        event.remove(Engine, "before_cursor_execute", note)


async def test_nothing_tells_a_wrong_token_from_a_group_that_is_not_there(town: Town) -> None:
    hidden = await town.group(ADA)
    public = await town.group(ADA, stats_visibility=StatsVisibility.PUBLIC_SHOW_ALL)
    ended = await town.group(ADA)
    await town.run(DeactivateGroup(ended), ADA)
    off = await town.group(ADA)
    await town.run(UpdateJoinLink(off, enabled=False), ADA)
    commands = [Join(group_id, "0" * 32) for group_id in (hidden, public, ended, 4711)]
    commands += [Join(off, await town.token(off)), Join(2**62, "")]

    told, ran = [], []
    for command in commands:
        with statements() as these:
            error = await town.refused(RefusalCode.JOIN_TOKEN_INVALID, command, BEN)
        told.append((error.message, error.path, error.extensions))
        ran.append([one for one in these if "change_log" not in one])

    assert len({str(one) for one in told}) == 1
    # From the second on a count is there to be replaced; all else is the same.
    assert ran[1:] == [ran[1]] * (len(commands) - 1)


async def test_ten_wrong_tokens_a_minute_and_no_more(town: Town, clock: MovingClock) -> None:
    group_id = await town.group(ADA)
    right = await town.token(group_id)
    for wrong in range(10):
        await town.refused(RefusalCode.JOIN_TOKEN_INVALID, Join(wrong, f"wrong {wrong}"), BEN)

    for token in ("wrong", right):
        with pytest.raises(RateLimited) as caught:
            await town.run(Join(group_id, token), BEN)
        assert 1 <= caught.value.retry_after <= 60
        assert caught.value.extensions["retryAfter"] == caught.value.retry_after
    assert (await town.run(Join(group_id, right), CLEO)).changed
    (row,) = await town.rows(wrong_join)
    assert (row["user_id"], row["number"]) == (BEN.id, 10)

    clock.jump(seconds=caught.value.retry_after)
    assert (await town.run(Join(group_id, right), BEN)).changed


async def test_a_member_s_wrong_tokens_are_not_looked_at(town: Town) -> None:
    group_id = await town.group(ADA, BEN)

    for _ in range(12):
        assert await town.run(Join(group_id, "old"), BEN) == Outcome(group_id, False, (BEN.id,))
    assert await town.rows(wrong_join) == []


async def test_several_joins_are_all_made_or_none(town: Town) -> None:
    one, two = await town.group(ADA), await town.group(ADA)
    joins = [Join(group_id, await town.token(group_id)) for group_id in (one, two)]

    with pytest.raises(GatewayError):
        await town.service.run_all([joins[0], Join(two, "wrong"), joins[1]], BEN)
    assert await town.spans(one, BEN) == []
    assert [row["number"] for row in await town.rows(wrong_join)] == [1]

    outcomes = await town.service.run_all(joins, BEN)
    assert [outcome.changed for outcome in outcomes] == [True, True]
    assert await town.spans(one, BEN) == await town.spans(two, BEN) == [True]


async def test_a_clock_that_goes_back_locks_nobody_out(town: Town, clock: MovingClock) -> None:
    group_id = (await town.run(CreateGroup("Moths"), ADA)).group_id
    for _ in range(10):
        await town.refused(RefusalCode.JOIN_TOKEN_INVALID, Join(group_id, "wrong"), BEN)

    clock.jump(days=-1)

    assert (await town.join(group_id, BEN)).changed
