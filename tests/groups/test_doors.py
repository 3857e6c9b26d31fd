"""The table of rules, cell by cell, through GraphQL, JSON:API, the service and the command line."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from click.testing import CliRunner

from gateway.cli import main
from gateway.cli.groups import groups as group_commands
from gateway.db import open_database
from gateway.db.tables import user_group
from gateway.directory.stats_visibility import StatsVisibility
from gateway.errors import GatewayError
from gateway.groups.commands import DeactivateGroup
from gateway.groups.refusals import GroupRefusal
from gateway.groups.rules import RULES, Action, Relationship, Verdict
from gateway.rest.jsonapi.routes import RESOURCES
from resolvers.schema import graphql_schema
from tests.conftest import made_database
from tests.groups.cells import COMMANDS, GOAL_COMMANDS, Cast, Cell
from tests.groups.through import by_mutation, by_reading, by_route, is_shown
from tests.groups.ways import OF_OPERATORS, READ, WAYS, status_of
from tests.jsonapi_contract.conftest import UNLIMITED
from tests.jsonapi_contract.sides import Side, our_side
from tests.sampled import EXHAUSTIVE

PUBLIC, HIDDEN = StatsVisibility.PUBLIC_AGG_ONLY, StatsVisibility.PRIVATE_AGG_ONLY
CELLS = [
    pytest.param(
        action,
        relationship,
        level,
        field,
        id=f"{action}-{relationship.name}-{level.name}"
        + (f"-{field}" if WAYS[action].others else ""),
    )
    for action in RULES
    if action not in OF_OPERATORS
    for field in WAYS[action].fields or (None,)
    for relationship in Relationship
    for level in (PUBLIC, HIDDEN)
    # Where the group is hidden only these are told something else, or might be.
    if level is PUBLIC
    or relationship in (Relationship.STRANGER, Relationship.FORMER, Relationship.INVITED)
]
#: What each command of operators does, and its words after the group's id.
OPERATED: dict[str, tuple[Action | None, Callable[[Cell], list[str]]]] = {
    "create": (Action.CREATE, lambda cell: ["--display-name=X", f"--admin={cell.ids['lead']}"]),
    "list": (None, lambda _: []),
    "admins": (Action.SET_ROLE, lambda cell: [f"{cell.group}", f"--add={cell.ids['member']}"]),
    "rotate-link": (Action.CHANGE_JOIN_LINK, lambda cell: [f"{cell.group}"]),
    "deactivate": (Action.DEACTIVATE, lambda cell: [f"{cell.group}"]),
    "reactivate": (Action.REACTIVATE, lambda cell: [f"{cell.group}"]),
    "backfill": (Action.BACKFILL, lambda cell: [f"--group={cell.group}"]),
    "goals": (
        Action.LEAD_GOALS,
        lambda cell: ["create", f"{cell.group}", "--metric=hours", "--target=5"],
    ),
}


class Hall:
    """A served gateway on one database, and the same database without it."""

    def __init__(self, side: Side, cast: Cast, url: str, runner: asyncio.Runner) -> None:
        self.side, self.cast, self.url, self.runner = side, cast, url, runner

    def cell(self, action: Action, relationship: Relationship, level: StatsVisibility) -> Cell:
        return self.runner.run(self.cast.cell(action, relationship, level))

    def everything(self, cell: Cell) -> Any:
        return self.runner.run(self.cast.everything(cell))

    def outline(self, cell: Cell, action: Action) -> Any:
        async def work() -> Any:
            ids = [row["id"] for row in await self.cast.town.rows(user_group)]
            group = max(ids) if action is Action.CREATE else cell.group
            return await self.cast.outline(cell, group)

        return self.runner.run(work())

    def by_service(self, cell: Cell, action: Action, field: str | None = None) -> str:
        made = GOAL_COMMANDS.get(field or "") or COMMANDS[action]
        try:
            outcome = self.runner.run(self.cast.town.run(made(cell), cell.viewer))
        except GroupRefusal as refusal:
            return refusal.refusal.value
        except GatewayError as error:
            return error.code
        return "changed" if outcome.changed else "unchanged"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def hall(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Hall]:
    """One served gateway for all cells, on each database in turn."""
    folder = tmp_path_factory.mktemp("hall")
    with ExitStack() as stack:
        url = f"sqlite:///{folder}/served.db"
        if request.param == "postgresql":
            server = request.getfixturevalue("postgres_server")
            url = stack.enter_context(made_database(server))
        side = stack.enter_context(our_side(folder, url, **UNLIMITED))
        runner = stack.enter_context(asyncio.Runner())
        database = open_database(url)
        yield Hall(side, Cast(side, database), url, runner)
        runner.run(database.close())


def expected(action: Action, relationship: Relationship, level: StatsVisibility) -> Verdict:
    """What the table says; whoever may not know of a group is told that there is none."""
    verdict = RULES[action][relationship]
    if verdict is Verdict.ADMINS_THEN:
        # Nobody led this group to its end; who did is another test.
        return Verdict.NOT_FOUND
    if verdict is Verdict.FORBIDDEN:
        # A membership of a group of which one is no member is hidden as well.
        if action is Action.ACTIVATE_OTHER and relationship < Relationship.MEMBER:
            return Verdict.NOT_FOUND
        if level is HIDDEN and relationship < Relationship.INVITED:
            return Verdict.NOT_FOUND
    return verdict


SAID = {Verdict.YES: "changed", Verdict.UNCHANGED: "unchanged"}


def changes_something(cell: Any) -> bool:
    action, relationship, level, _ = cell.values
    return expected(action, relationship, level) is Verdict.YES


@pytest.mark.parametrize("hall", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("action", "relationship", "level", "field"), CELLS)
def test_each_cell_is_the_same_at_every_door(
    hall: Hall,
    action: Action,
    relationship: Relationship,
    level: StatsVisibility,
    field: str | None,
) -> None:
    compare_doors(hall, action, relationship, level, field)


# Who may do what is not decided by the database: there are fewer cells on the other one.
@pytest.mark.parametrize("hall", ["postgresql"], indirect=True)
@pytest.mark.parametrize(
    ("action", "relationship", "level", "field"),
    [cell for cell in CELLS if EXHAUSTIVE or changes_something(cell)],
)
def test_each_cell_that_changes_something_is_the_same_on_postgresql(
    hall: Hall,
    action: Action,
    relationship: Relationship,
    level: StatsVisibility,
    field: str | None,
) -> None:
    compare_doors(hall, action, relationship, level, field)


def compare_doors(
    hall: Hall,
    action: Action,
    relationship: Relationship,
    level: StatsVisibility,
    field: str | None,
) -> None:
    """Do it through each door, and find the verdict of the table and one next state."""
    verdict, ways = expected(action, relationship, level), WAYS[action]
    doors: dict[str, tuple[Callable[[Cell], object], object]] = {}
    if action in READ:
        doors["GraphQL"] = (lambda cell: by_reading(hall.side, cell, action), verdict.value)
        if verdict is Verdict.YES:
            doors["GraphQL"] = (doors["GraphQL"][0], "shown")
        if ways.routes:
            doors["JSON:API"] = (
                lambda cell: is_shown(hall.side, cell, action),
                verdict is Verdict.YES,
            )
    else:
        said = SAID.get(verdict, verdict.value)
        doors["service"] = (lambda cell: hall.by_service(cell, action, field), said)
        if field is not None:
            doors["GraphQL"] = (lambda cell: by_mutation(hall.side, cell, action, field), said)
        for route in ways.routes:
            doors[f"JSON:API {route}"] = (
                lambda cell, route=route: by_route(hall.side, cell, action, route),  # type: ignore[misc]
                status_of(route, verdict),
            )

    told, after, cell = {}, {}, None
    for door, (go, _) in doors.items():
        # A group serves until something of it was changed.
        cell = cell or hall.cell(action, relationship, level)
        before = hall.everything(cell)
        told[door] = go(cell)
        if hall.everything(cell) == before:
            after[door] = "nothing changed"
        else:
            after[door] = hall.outline(cell, action)
            cell = None

    assert told == {door: right for door, (_, right) in doors.items()}
    does = verdict is Verdict.YES and action not in READ
    assert [one != "nothing changed" for one in after.values()] == [does] * len(doors)
    # One next state, whichever the door was.
    assert all(one == after["service"] for one in after.values() if does)


def test_who_led_a_group_to_its_end_lets_it_go_on(hall: Hall) -> None:
    cast = hall.cast
    for go in (
        lambda cell: hall.by_service(cell, Action.REACTIVATE),
        lambda cell: by_mutation(hall.side, cell, Action.REACTIVATE, "reactivateUserGroup"),
    ):
        cell = hall.cell(Action.LEAVE, Relationship.GROUP_ADMIN, HIDDEN)
        hall.runner.run(cast.town.run(DeactivateGroup(cell.group), cast.lead))
        member = Cell(cell.group, cast.member, cell.ids, cell.join_token, cell.memberships)
        assert go(member) == "NOT_FOUND"
        assert go(cell) == "changed"


def test_operators_act_as_site_admins_who_are_nobody(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATS_GATEWAY_DATABASE_URL", hall.url)
    monkeypatch.setenv("STATS_GATEWAY_GROUPS", "own")
    # In this order a group is ended before it goes on.
    cell = hall.cell(Action.LEAVE, Relationship.STRANGER, HIDDEN)
    for name, (action, words) in OPERATED.items():
        assert action is None or RULES[action][Relationship.SITE_ADMIN] is Verdict.YES
        done = CliRunner().invoke(main, ["groups", name, *words(cell)])
        assert done.exit_code == 0, done.output
    history = hall.runner.run(hall.cast.town.history(cell.group))
    assert [(kind, actor) for kind, actor, _ in history[-5:]] == [
        ("role_changed", None),
        ("link_rotated", None),
        ("deactivated", None),
        ("reactivated", None),
        ("goal_created", None),
    ]


def test_each_row_of_the_table_has_its_doors() -> None:
    assert WAYS.keys() == RULES.keys()
    assert COMMANDS.keys() == RULES.keys() - READ - OF_OPERATORS - {Action.LEAD_GOALS}
    assert GOAL_COMMANDS.keys() == {*WAYS[Action.LEAD_GOALS].fields}


def test_each_mutation_is_in_the_table() -> None:
    mutation = graphql_schema.mutation_type
    assert mutation is not None
    of_no_group = {"issueCertificate", "revokeCertificate"}
    assert {*mutation.fields} - of_no_group == {
        field for action, ways in WAYS.items() if action not in READ for field in ways.fields
    }


def test_each_route_that_changes_something_is_in_the_table() -> None:
    writing = {
        (method, resource.path)
        for resource in RESOURCES
        for method in resource.handlers
        if method != "GET"
    }
    ways = {route[:2] for way in WAYS.values() for route in way.routes if route.method != "GET"}
    assert writing == ways


def test_each_command_of_operators_is_in_the_table() -> None:
    assert group_commands.commands.keys() == OPERATED.keys()
