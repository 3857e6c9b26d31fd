"""The table of failures: what each answer of Panoptes to a change means, and what is true then."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest

from gateway.auth.viewer import Viewer
from gateway.errors import (
    Forbidden,
    GatewayError,
    InvalidArgument,
    NotFound,
    RateLimited,
    Unauthenticated,
)
from gateway.groups.commands import (
    Command,
    CreateGroup,
    DeactivateGroup,
    Join,
    Leave,
    RemoveMembers,
    SetRole,
    UpdateGroup,
)
from gateway.groups.panoptes.apply_change import UNKNOWN
from gateway.groups.panoptes.failures import PanoptesUnavailable, WrongRequest
from gateway.groups.refusals import GroupRefusal, RefusalCode
from tests.directory.panoptes import local_changes
from tests.directory.panoptes.local import LocalPanoptes
from tests.directory.panoptes.local_answers import Record
from tests.directory.panoptes.local_changes import unlink_users
from tests.groups.panoptes.beside import (
    ADA,
    BOB,
    CYD,
    DAN,
    GROUP,
    SHORT_SECONDS,
    TOKEN,
    Beside,
    beside,
)

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


class Change(NamedTuple):
    """A command, whose it is, and whether it is done at Panoptes."""

    command: Command
    viewer: Viewer
    is_done: Callable[[Beside], bool]


def _has(viewer: Viewer, state: str, *roles: str) -> Callable[[Beside], bool]:
    return lambda town: town.standing_there(GROUP, viewer) == (state, [*roles])


def _named(**wanted: str) -> Callable[[Beside], bool]:
    return lambda town: any(wanted.items() <= one.items() for one in town.there.has["user_groups"])


CHANGES = {
    "create": Change(CreateGroup("Moths", "moths"), DAN, _named(name="moths")),
    "create without a name": Change(CreateGroup("Bees"), DAN, _named(display_name="Bees")),
    "update": Change(
        UpdateGroup(GROUP, display_name="Renamed"), ADA, _named(display_name="Renamed")
    ),
    "deactivate": Change(
        DeactivateGroup(GROUP),
        ADA,
        lambda town: not town.there.find("user_groups", GROUP).get("_active", True),
    ),
    "join": Change(Join(GROUP, TOKEN), DAN, _has(DAN, "active", "group_member")),
    "leave": Change(Leave(GROUP), BOB, _has(BOB, "inactive", "group_member")),
    "remove one": Change(RemoveMembers(GROUP, (1002,)), ADA, _has(BOB, "inactive", "group_member")),
    "remove several": Change(
        RemoveMembers(GROUP, (1002, 1003)), ADA, _has(CYD, "inactive", "group_member")
    ),
    "set role": Change(
        SetRole(GROUP, 1002, "group_admin"), ADA, _has(BOB, "active", "group_admin")
    ),
}
LATER = "2026-01-01T00:00:00.000Z"
JOIN, ROLE = CHANGES["join"], CHANGES["set role"]
EACH = pytest.mark.parametrize("change", CHANGES.values(), ids=[*CHANGES])


async def failed(town: Beside, change: Change) -> Exception:
    """The error of a change; what is stored agrees with Panoptes then."""
    with pytest.raises(Exception) as caught:
        await town.run(change.command, change.viewer)
    await town.agrees()
    return caught.value


async def done(town: Beside, change: Change) -> None:
    assert (await town.run(change.command, change.viewer)).changed
    assert change.is_done(town)
    await town.agrees()


REFUSALS: dict[int | str, tuple[type[Exception], str]] = {
    401: (Unauthenticated, "Panoptes does not take this token."),
    403: (Forbidden, "Panoptes does not let this token change groups."),
    404: (NotFound, "There is no group"),
    422: (WrongRequest, "status 422"),
    428: (WrongRequest, "status 428"),
    415: (WrongRequest, "status 415"),
    429: (RateLimited, "try again in 7 seconds"),
    500: (PanoptesUnavailable, "has not done this so far"),
    503: (PanoptesUnavailable, "has not done this so far"),
    "redirect": (PanoptesUnavailable, "a redirect, which is not followed"),
    "cut off": (PanoptesUnavailable, "has not done this so far"),
    "nonsense": (PanoptesUnavailable, "has not done this so far"),
    "other": (PanoptesUnavailable, "has not done this so far"),
    "empty": (Forbidden, "answered and done nothing"),
    "400 Validation failed: it is Tuesday": (InvalidArgument, "does not take these values"),
}


@pytest.mark.parametrize("fault", REFUSALS)
async def test_a_change_that_is_refused(town: Beside, fault: int | str) -> None:
    """Of each kind of request: PUT, and DELETE, which is told without a record."""
    for change in (ROLE, CHANGES["update"]):
        town.there.before_commit.append(fault)
        error = await failed(town, change)
        kind, words = REFUSALS[fault]
        assert isinstance(error, kind), error
        assert words in str(error)
        assert not change.is_done(town)
        assert await town.history() == []
    # Nobody was told what it was that Panoptes said.
    assert "Tuesday" not in str(error)
    assert not town.there.before_commit


JOINS: dict[str, RefusalCode] = {
    "404 Couldn't find UserGroup": RefusalCode.JOIN_TOKEN_INVALID,
    "422 Group is inactive": RefusalCode.GROUP_INACTIVE,
    "422 Operation::Unauthorized": RefusalCode.JOIN_TOKEN_INVALID,
    "422 Links is required": RefusalCode.JOIN_TOKEN_INVALID,
}


@pytest.mark.parametrize("fault", JOINS)
async def test_a_join_that_is_refused(town: Beside, fault: str) -> None:
    town.there.before_commit.append(fault)
    error = await failed(town, JOIN)
    assert isinstance(error, GroupRefusal)
    assert error.refusal is JOINS[fault]
    assert await town.standing_here(GROUP, DAN) is None


NAMES: dict[str, tuple[RefusalCode, tuple[str, ...]]] = {
    "400 Validation failed: Name has already been taken": (RefusalCode.NAME_TAKEN, ("name",)),
    "400 Validation failed: Name is invalid": (RefusalCode.NAME_INVALID, ("name",)),
    "400 Validation failed: Name can't be blank, Name is invalid": (
        RefusalCode.NAME_INVALID,
        ("name",),
    ),
    "400 Validation failed: Display name can't be blank": (
        RefusalCode.DISPLAY_NAME_INVALID,
        ("displayName",),
    ),
}


@pytest.mark.parametrize("fault", NAMES)
async def test_a_name_that_is_refused(town: Beside, fault: str) -> None:
    town.there.before_commit.append(fault)
    error = await failed(town, CHANGES["create"])
    assert isinstance(error, GroupRefusal)
    assert (error.refusal, error.path) == NAMES[fault]
    assert fault.partition(": ")[2] not in error.message


@EACH
async def test_what_was_overtaken_is_tried_once_more(town: Beside, change: Change) -> None:
    town.there.before_commit.append(409 if change is JOIN else 412)
    await done(town, change)
    assert len(town.changes_sent()) == 2


@pytest.mark.parametrize("status", [409, 412])
async def test_what_is_overtaken_twice_is_a_conflict(town: Beside, status: int) -> None:
    town.there.before_commit.extend([status, status])
    error = await failed(town, ROLE)
    assert isinstance(error, GroupRefusal)
    assert error.refusal is RefusalCode.CONFLICT
    assert not ROLE.is_done(town)


async def test_what_is_expected_and_overtaken_is_a_conflict_at_once(town: Beside) -> None:
    await town.run(UpdateGroup(GROUP, display_name="Seen"), ADA)
    revision = (await town.group_here() or {})["revision"]
    expecting = UpdateGroup(GROUP, display_name="Mine", expected_revision=revision)
    town.there.before_commit.append(412)
    with pytest.raises(GroupRefusal) as caught:
        await town.run(expecting, ADA)
    assert caught.value.refusal is RefusalCode.CONFLICT
    assert len(town.changes_sent()) == 2
    town.there.find("user_groups", GROUP).update(display_name="Theirs", updated_at=LATER)
    with pytest.raises(GroupRefusal) as caught:
        await town.run(expecting, ADA)
    assert caught.value.refusal is RefusalCode.CONFLICT
    assert len(town.changes_sent()) == 2
    assert (await town.group_here() or {})["display_name"] == "Theirs"


async def test_what_somebody_else_changes_in_between_is_decided_anew(town: Beside) -> None:
    """Bob is removed while Ada makes him an admin: the ETag is another, and he is no member."""
    bob = next(one for one in town.there.has["memberships"] if one["links"]["user"] == "1002")
    town.there.meanwhile.append(lambda: bob.update(state="inactive", _updated_at=LATER))
    error = await failed(town, ROLE)
    assert isinstance(error, GroupRefusal)
    assert error.refusal is RefusalCode.NOT_A_MEMBER
    assert town.standing_there(GROUP, BOB) == ("inactive", ["group_member"])


@pytest.mark.parametrize("fault", [500, "cut off"])
@EACH
async def test_what_is_done_without_an_answer_is_done(
    town: Beside, change: Change, fault: int | str
) -> None:
    town.there.after_commit.append(fault)
    await done(town, change)
    assert len(town.changes_sent()) == 1


@pytest.mark.parametrize("fault", [503, "nonsense", "other", "empty"])
@pytest.mark.parametrize("change", [JOIN, CHANGES["update"]], ids=["join", "update"])
async def test_an_answer_that_tells_nothing_is_looked_after(
    town: Beside, change: Change, fault: int | str
) -> None:
    town.there.after_commit.append(fault)
    await done(town, change)
    assert len(town.changes_sent()) == 1


@pytest.mark.parametrize("change", [JOIN, ROLE, CHANGES["leave"]], ids=["join", "role", "leave"])
async def test_what_nobody_can_tell_is_said_so(town: Beside, change: Change) -> None:
    town.there.after_commit.append("cut off")
    # The questions before are answered: of the one that looks after it the answer is none.
    town.there.meanwhile.append(lambda: town.there.to_questions.extend([500] * 4))
    error = await failed(town, change)
    assert isinstance(error, PanoptesUnavailable)
    assert error.message == UNKNOWN
    assert error.extensions == {"code": "UNAVAILABLE", "retryAfter": 5}
    assert change.is_done(town)


@pytest.mark.parametrize("change", [CHANGES["create"], JOIN, CHANGES["leave"], ROLE])
async def test_who_is_banned_is_told_so(town: Beside, change: Change) -> None:
    assert change.viewer.id is not None
    town.there.banned.add(str(change.viewer.id))
    error = await failed(town, change)
    assert isinstance(error, Forbidden)
    assert not change.is_done(town)
    assert await town.history() == []


async def test_a_removal_that_is_done_by_half_says_who_was_left(
    town: Beside, monkeypatch: pytest.MonkeyPatch
) -> None:
    def end_the_first(there: LocalPanoptes, group: Record, user_ids: list[str]) -> None:
        unlink_users(there, group, user_ids[:1])

    monkeypatch.setattr(local_changes, "unlink_users", end_the_first)
    done = await town.run(RemoveMembers(GROUP, (1003, 1002)), ADA)
    assert (done.changed, done.user_ids) == (True, (1003,))
    (left,) = done.refusals
    assert (left.refusal, left.path) == (RefusalCode.CONFLICT, ("userIds", "1"))
    assert [one[1:] for one in await town.history()] == [("removed", ADA.id, CYD.id)]
    await town.agrees()


async def test_panoptes_is_left_alone_for_a_while_after_it_failed(town: Beside) -> None:
    town.there.before_commit.append(500)
    await failed(town, ROLE)
    sent = len(town.there.sent)
    error = await failed(town, ROLE)
    assert isinstance(error, PanoptesUnavailable)
    assert len(town.there.sent) == sent
    # What is of another kind is tried.
    await done(town, JOIN)


@pytest.mark.parametrize("fault", [401, 403, 429, 500, "redirect", "nonsense", "other", "cut off"])
async def test_what_cannot_be_asked_is_not_done(town: Beside, fault: int | str) -> None:
    for change in (ROLE, JOIN):
        town.there.to_questions.append(fault)
        error = await failed(town, change)
        assert isinstance(error, GatewayError)
        assert not isinstance(error, GroupRefusal)
        assert town.changes_sent() == []
        town.there.to_questions.clear()


async def test_what_is_never_answered_takes_its_time_and_no_more(
    there: LocalPanoptes, database_url: str, database: object
) -> None:
    async with beside(there, database, SHORT_SECONDS) as town:  # type: ignore[arg-type]
        there.after_commit.append("hang")
        await done(town, ROLE)
        there.hangs = False
        there.before_commit.append("hang")
        error = await failed(town, JOIN)
        assert isinstance(error, PanoptesUnavailable)
        assert "has not done this so far" in error.message
        there.hangs = False
        there.to_questions.extend(["hang", "hang"])
        error = await failed(town, CHANGES["update"])
        assert isinstance(error, PanoptesUnavailable)
        assert not CHANGES["update"].is_done(town)


async def test_nobody_at_home(there: LocalPanoptes, database: object) -> None:
    url, there.url = there.url, "http://127.0.0.1:9"
    try:
        async with beside(there, database) as town:  # type: ignore[arg-type]
            error = await failed(town, JOIN)
    finally:
        there.url = url
    assert isinstance(error, PanoptesUnavailable)
    assert "cannot be reached" in error.message
