"""Everybody asks for every guarded field of groups and volunteers, in every way there is."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.db import Database
from gateway.directory.stats_visibility import StatsVisibility
from tests.asking import Asked, ask
from tests.authorization.entries import TO_GROUPS, TO_USERS, Entry, expected_errors
from tests.authorization.mission import GUARDED, SITE_ADMINS, exists, refusal
from tests.authorization.people import (
    ASKING,
    GROUPS,
    LEVELS,
    VOLUNTEERS,
    open_group,
    private_group,
)
from tests.authorization.walk import STYLES, Path, Step, Style, refused, steps_of
from tests.sampled import EXHAUSTIVE

GROUP_STEPS, USER_STEPS, ROOT_STEPS = map(steps_of, ("UserGroup", "User", "Query"))


def codes(asked: Asked) -> dict[Path, Any]:
    found = {tuple(error.path or ()): error.extensions["code"] for error in asked.errors}
    assert len(found) == len(asked.errors), "a refused field has one error"
    return found


async def assert_follows_the_mission(
    database: Database,
    asking: str,
    entry: Entry,
    ids: list[int],
    style: Style,
    kind: str,
    *,
    compare: bool = False,
) -> None:
    """One way to ask; ``compare`` it with graphql-core, which one of the ways is enough for."""
    steps = GROUP_STEPS if kind == "UserGroup" else USER_STEPS
    document = style.document(entry(ids, style.selection(kind, steps)))
    asked = await ask(database, document, viewer=ASKING[asking], compare=compare)
    groups = ids if kind == "UserGroup" else []
    assert asked.data, asked.errors
    assert codes(asked) == expected_errors(style, asking, steps, asked.data, groups)


@pytest.mark.parametrize("asking", ASKING)
@pytest.mark.parametrize("level", range(5), ids=LEVELS)
async def test_a_group_shows_what_its_level_says(filled: Database, level: int, asking: str) -> None:
    ids = [open_group(level), private_group(level)]
    # That graphql-core says the same does not depend on the level.
    compared = {"a list"} if EXHAUSTIVE or level == StatsVisibility.PUBLIC_AGG_ONLY else set()
    for name, entry in TO_GROUPS.items():
        await assert_follows_the_mission(
            filled, asking, entry, ids, Style(), "UserGroup", compare=name in compared
        )
    # Each other way to write a document at one of the levels, which do not depend on it.
    for place, style in enumerate(sorted(STYLES.keys() - {"plain"})):
        if place == level % 3:
            entry, written = TO_GROUPS["a list"], STYLES[style]()
            await assert_follows_the_mission(filled, asking, entry, ids, written, "UserGroup")


@pytest.mark.parametrize("asking", ASKING)
async def test_a_volunteer_shows_what_is_the_volunteers_own_to_no_one_else(
    filled: Database, asking: str
) -> None:
    ids = [*VOLUNTEERS]
    for name, entry in TO_USERS.items():
        await assert_follows_the_mission(
            filled, asking, entry, ids, Style(), "User", compare=name == "a list"
        )
    for style in STYLES.keys() - {"plain"}:
        entry, written = TO_USERS["a list"], STYLES[style]()
        await assert_follows_the_mission(filled, asking, entry, ids[:2], written, "User")


def below_root(*names: str) -> tuple[Step, ...]:
    return tuple(step for step in ROOT_STEPS if step.coordinate in names)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("asking", ASKING)
async def test_guarded_fields_of_the_root_are_for_whom_they_are_made(
    filled: Database, asking: str, style: str
) -> None:
    written = STYLES[style]()
    steps = below_root(*(name for name in GUARDED if name.startswith("Query.")))
    document = written.document(written.selection("Query", steps)[1:-1])
    asked = await ask(filled, document, viewer=ASKING[asking])
    missing = set(refused(written, asking, steps, asked.data))
    assert set(codes(asked)) == missing
    assert (missing == set()) is (asking in {"site admin", "API key with stats:read"})


@pytest.mark.parametrize("asking", ASKING)
async def test_volunteers_of_the_site_and_of_projects_are_for_site_admins(
    filled: Database, asking: str
) -> None:
    steps = below_root("Query.classifications", "Query.projectBySlug")
    style = Style()
    document = style.document(style.selection("Query", steps)[1:-1])
    asked = await ask(filled, document, viewer=ASKING[asking])
    missing = set(refused(style, asking, steps, asked.data))
    assert codes(asked) == dict.fromkeys(missing, refusal(asking))
    # Two fields of the site, the project, and its workflow in nodes and edges; each also compared.
    assert len(missing) == (0 if asking in SITE_ADMINS else 2 * 4 * 2)


def test_the_walk_comes_to_every_guarded_field() -> None:
    trees = (*GROUP_STEPS, *USER_STEPS, *ROOT_STEPS)
    assert set().union(*(step.coordinates() for step in trees)) >= set(GUARDED)
    # Also around corners: a volunteer among the members of a group, and a group of theirs.
    assert "User.memberships" in set().union(*(step.coordinates() for step in GROUP_STEPS))
    assert "GroupStats.topContributors" in set().union(*(s.coordinates() for s in USER_STEPS))


@pytest.mark.parametrize("asking", ASKING)
async def test_postgresql_decides_alike(postgres_filled: Database, asking: str) -> None:
    entry = TO_GROUPS["a list"]
    await assert_follows_the_mission(postgres_filled, asking, entry, GROUPS, Style(), "UserGroup")
    found = await ask(
        postgres_filled, f"{{ userGroupsByIds(ids: {GROUPS}) {{ id }} }}", viewer=ASKING[asking]
    )
    told = [None if one is None else int(one["id"]) for one in found.data["userGroupsByIds"]]
    assert told == [group if exists(asking, group) else None for group in GROUPS]
