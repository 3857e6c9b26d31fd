"""The same commands here and at Panoptes: the same outcomes, and the same people in the group.

Where the two are meant to differ (invitations, who comes back, what follows on the end of a group)
nothing is compared; ``docs/groups.md`` lists it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from gateway.auth.viewer import Viewer
from gateway.db import Database, open_database
from gateway.db.group_tables import group_join_link
from gateway.db.tables import membership
from gateway.directory.load import load_directory
from gateway.directory.stats_visibility import StatsVisibility
from gateway.errors import GatewayError
from gateway.groups.commands import (
    Command,
    CreateGroup,
    DeactivateGroup,
    Join,
    Leave,
    Outcome,
    RemoveMembers,
    SetRole,
    UpdateGroup,
)
from gateway.groups.refusals import GroupRefusal
from gateway.groups.service import GroupService
from tests.directory.panoptes.local import LocalPanoptes
from tests.groups.panoptes.beside import ADA, PEOPLE, Beside, beside
from tests.groups.people import MovingClock

Run = Callable[[Command, Viewer], Awaitable[Outcome]]
Standings = dict[int, tuple[str, str]]
#: What somebody does with a group of this id and token.
Step = Callable[[int, str], Command]
_names = count()
IDS = [one.id for one in PEOPLE if one.id is not None]

person = st.sampled_from(IDS)
level = st.sampled_from(
    [
        StatsVisibility.PRIVATE_AGG_ONLY,
        StatsVisibility.PUBLIC_AGG_ONLY,
        StatsVisibility.PUBLIC_SHOW_ALL,
    ]
)
role = st.sampled_from(["group_admin", "group_member"])
steps = st.one_of(
    st.just(lambda group, token: Join(group, token)),
    st.just(lambda group, token: Join(group, token)),
    st.just(lambda group, _token: Join(group, "wrong")),
    st.just(lambda group, _token: Leave(group)),
    st.builds(lambda user: lambda group, _token: Leave(group, successor_id=user), person),
    st.builds(
        lambda users: lambda group, _token: RemoveMembers(group, tuple(users)),
        st.lists(person, min_size=1, max_size=3, unique=True),
    ),
    st.builds(lambda user, to: lambda group, _token: SetRole(group, user, to), person, role),
    st.builds(lambda to: lambda group, _token: UpdateGroup(group, stats_visibility=to), level),
    st.builds(
        lambda to: lambda group, _token: UpdateGroup(group, display_name=to),
        st.sampled_from(["Moths", "Bees"]),
    ),
    st.just(lambda group, _token: DeactivateGroup(group)),
)
lives = st.lists(st.tuples(steps, st.sampled_from(PEOPLE)), min_size=3, max_size=10)


@dataclass
class Side:
    """One of the two, the group of this example there, and its token."""

    run: Run
    group: int
    token: str
    relationships: Callable[[], Awaitable[Standings]]


async def told(side: Side, step: Step, viewer: Viewer) -> str:
    """What comes of a step, in one word, and whose memberships it was about."""
    try:
        outcome = await side.run(step(side.group, side.token), viewer)
    except GroupRefusal as refusal:
        return refusal.refusal
    except GatewayError as error:
        return error.code
    assert outcome.group_id == side.group
    return f"{'changed' if outcome.changed else 'unchanged'} {outcome.user_ids}"


def comes_back_as_admin(command: Command, viewer: Viewer, relationships: Standings) -> bool:
    """Whether Panoptes would give somebody the role of then, who is a plain member here."""
    is_admin = relationships.get(viewer.id or 0, ("", ""))[1] == '["group_admin"]'
    return isinstance(command, Join) and is_admin


async def compare(here: Side, there: Side, life: list[tuple[Step, Viewer]]) -> None:
    before = await here.relationships()
    for step, viewer in life:
        command = step(here.group, here.token)
        if comes_back_as_admin(command, viewer, before):
            continue
        outcomes = await told(here, step, viewer), await told(there, step, viewer)
        assert outcomes[0] == outcomes[1], (command, viewer.login)
        before = await here.relationships()
        if isinstance(command, DeactivateGroup) and outcomes[0].startswith("changed"):
            # Of Panoptes' group only those memberships are known that were heard of.
            assert (await there.relationships()).items() <= before.items()
            for one in (Join(here.group, here.token), Join(here.group, "wrong")):
                right = one.token == here.token
                then: Step = lambda group, token, right=right: Join(  # noqa: E731
                    group, token if right else "wrong"
                )
                assert await told(here, then, viewer) == await told(there, then, viewer)
            return
        assert before == await there.relationships(), (command, viewer.login)


async def standings_in(database: Database, group_id: int) -> Standings:
    statement = membership.select().where(membership.c.group_id == group_id)
    rows: list[Any] = await database.write(lambda each: [*each.execute(statement).mappings()])
    return {row["user_id"]: (row["state"], row["roles"]) for row in rows}


async def sides(
    service: GroupService, own: Database, town: Beside, to: StatsVisibility
) -> tuple[Side, Side]:
    """A group of Ada's on either side, each with the same name."""
    command = CreateGroup("Moths", f"moths-{next(_names)}", to)
    made = (await service.run(command, ADA)).group_id
    links = await own.write(
        lambda each: each.execute(
            group_join_link.select().where(group_join_link.c.group_id == made)
        ).first()
    )
    assert links is not None
    foreign = (await town.run(command, ADA)).group_id
    token = town.there.find("user_groups", foreign)["_join_token"]
    return (
        Side(service.run, made, links.token, lambda: standings_in(own, made)),
        Side(town.run, foreign, token, lambda: standings_in(town.database, foreign)),
    )


@settings(
    max_examples=12,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.too_slow],
)
@given(life=lives, to=level)
def agree(
    *,
    both: tuple[asyncio.Runner, MovingClock, Database, Beside],
    life: list[tuple[Step, Viewer]],
    to: StatsVisibility,
) -> None:
    runner, clock, own, town = both
    # Wrong tokens of the example before are forgotten.
    clock.jump(minutes=2)

    async def one_life() -> None:
        service = GroupService(own)
        await compare(*await sides(service, own, town, to), life)

    runner.run(one_life())


def test_both_authorities_agree(there: LocalPanoptes, tmp_path: Path) -> None:
    clock = MovingClock()
    people = [{"id": one.id, "login": one.login} for one in PEOPLE]

    with asyncio.Runner() as runner:
        stack = AsyncExitStack()

        async def begin() -> tuple[Database, Beside]:
            own = await stack.enter_async_context(
                open_database(f"sqlite:///{tmp_path}/own.db", clock=clock)
            )
            copied = await stack.enter_async_context(
                open_database(f"sqlite:///{tmp_path}/beside.db", clock=clock)
            )
            await own.migrate()
            await copied.migrate()
            await own.write(lambda each: load_directory(each, {"users": people}))
            return own, await stack.enter_async_context(beside(there, copied))

        own, town = runner.run(begin())
        try:
            agree(both=(runner, clock, own, town))
        finally:
            runner.run(stack.aclose())
