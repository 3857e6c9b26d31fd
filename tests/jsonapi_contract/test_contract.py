"""Each case is answered as its server must, and a refusal has changed nothing."""

from __future__ import annotations

import pytest

from tests.jsonapi_contract import (
    cases_of_creating,
    cases_of_groups,
    cases_of_joining,
    cases_of_lists,
    cases_of_memberships,
    cases_of_people,
)
from tests.jsonapi_contract.case import Case, Expected
from tests.jsonapi_contract.checking import check, send
from tests.jsonapi_contract.conftest import SharedWorld
from tests.jsonapi_contract.forwarded import FORWARDED
from tests.jsonapi_contract.sides import Side
from tests.jsonapi_contract.worlds import make_world

MODULES = (
    cases_of_groups,
    cases_of_lists,
    cases_of_people,
    cases_of_creating,
    cases_of_joining,
    cases_of_memberships,
)
CASES = [case for module in MODULES for case in module.CASES]
#: Who may see the token of the world's group; a site admin in some cases only.
LEADERS = {"admin", "scopeless", "site"}
READS = [case for case in CASES if case.method in {"GET", "HEAD", "OPTIONS"}]
CHANGES = [case for case in CASES if case.method not in {"GET", "HEAD", "OPTIONS"}]


def expected_of(case: Case, side: Side) -> Expected:
    """What a server must answer."""
    if side.forwards and case.title in FORWARDED:
        return FORWARDED[case.title]
    return case.expected(is_ours=side.is_ours)


def test_what_is_forwarded_is_a_case() -> None:
    assert FORWARDED.keys() <= {case.title for case in CASES}


def test_no_two_cases_have_the_same_title() -> None:
    titles = [case.title for case in CASES]
    assert sorted(titles) == sorted(set(titles))


@pytest.mark.parametrize("case", READS, ids=lambda case: case.title)
def test_a_question(case: Case, side: Side, shared_world: SharedWorld) -> None:
    world = shared_world(case.world)
    names = world.names
    answer = send(case, world, names)
    check(expected_of(case, side), answer, world, names)
    assert case.who in LEADERS or world.join_token not in answer.text


@pytest.mark.parametrize("case", CHANGES, ids=lambda case: case.title)
def test_a_change(case: Case, side: Side, shared_world: SharedWorld) -> None:
    expected = expected_of(case, side)
    is_refused = isinstance(expected.status, tuple) or expected.status >= 400
    world = shared_world(case.world) if is_refused else make_world(side, case.world)
    world = world.newcomer()
    before = world.known_state() if is_refused else None
    names = world.names
    answer = send(case, world, names)
    check(expected, answer, world, names)
    assert case.who in LEADERS or world.join_token not in answer.text
    if is_refused:
        assert world.state() == before
