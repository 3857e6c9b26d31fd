"""Front ends' clients run the front end's operations, and cache what they are answered by id."""

from __future__ import annotations

from functools import partial
from itertools import starmap
from typing import Any, Protocol

import pytest

from tests.demo import Demo
from tests.docs.markdown import ROOT, examples
from tests.npm.client import CLIENTS, Got, Operation, run_client

PAGES = examples(ROOT / "docs" / "queries.md")
CARDS = Operation(next(page.query for page in PAGES if "query GroupCards" in page.query))
PRIVATE = Operation(
    next(page.query for page in examples(ROOT / "README.md") if "PrivateGroup" in page.query)
)


class Run(Protocol):
    def __call__(self, *operations: Operation, token: str | None = None) -> list[Got]: ...


@pytest.fixture(params=CLIENTS)
def run(request: pytest.FixtureRequest, demo: Demo) -> Run:
    """A fresh client of each kind that runs operations of the demo."""
    return partial(run_client, CLIENTS[request.param], demo.server.url)


def restricted(answer: Any, shown: Any) -> Any:
    """The answer without keys that are not shown: ids and type names, which clients add."""
    if isinstance(answer, dict) and isinstance(shown, dict):
        return {key: restricted(answer.get(key), value) for key, value in shown.items()}
    if isinstance(answer, list) and isinstance(shown, list) and len(answer) == len(shown):
        return list(starmap(restricted, zip(answer, shown, strict=True)))
    return answer


def test_every_page_of_a_front_end_is_answered_as_shown(run: Run, demo: Demo) -> None:
    got = run(
        *(Operation(page.query, page.variables) for page in PAGES), token=demo.tokens["member"]
    )

    for page, one in zip(PAGES, got, strict=True):
        (answer,) = page.answers
        assert one.errors == []
        assert restricted(one.data, answer["data"]) == answer["data"], page
    assert len(got) == 12


def test_the_same_operation_again_is_not_asked(run: Run, demo: Demo) -> None:
    first, second = run(CARDS, CARDS, token=demo.tokens["member"])

    assert (len(first.sent), len(second.sent)) == (1, 0)
    assert second.data == first.data


def test_an_entity_from_a_list_is_found_by_its_id(run: Run, demo: Demo) -> None:
    one_card = Operation(
        """query OneCard($id: ID!) {
            userGroup(id: $id) { displayName classifications { activeUsers } }
        }""",
        {"id": "1"},
    )
    _, group = run(CARDS, one_card, token=demo.tokens["member"])

    shown = {"displayName": "Demo classroom", "classifications": {"activeUsers": 53}}
    assert group.sent == []
    assert restricted(group.data["userGroup"], shown) == shown


def test_what_is_known_of_an_entity_is_put_together(run: Run) -> None:
    by_list = Operation('{ projectsByIds(ids: ["1", "3"]) { slug } }')
    by_id = Operation('{ project(id: "1") { displayName workflows { nodes { id } } } }')
    together = Operation('{ project(id: "1") { slug displayName workflows { nodes { id } } } }')
    asked_once, asked_again, not_asked = run(by_list, by_id, together)

    shown = {"slug": "demo/wildlife-watch-kenya", "displayName": "Wildlife Watch Kenya"}
    assert [len(got.sent) for got in (asked_once, asked_again, not_asked)] == [1, 1, 0]
    assert restricted(not_asked.data["project"], shown) == shown


def test_an_entity_that_was_not_asked_for_is_not_in_the_cache(run: Run) -> None:
    first, second = run(
        Operation('{ project(id: "1") { slug } }'), Operation('{ project(id: "2") { slug } }')
    )
    assert (len(first.sent), len(second.sent)) == (1, 1)
    assert second.data["project"]["slug"] == "demo/cat-project"


def test_a_refused_field_is_null_with_its_code_and_the_rest_is_there(run: Run, demo: Demo) -> None:
    (got,) = run(PRIVATE, token=demo.tokens["member"])
    shown = {"totalCount": 1888, "topContributors": None}

    assert restricted(got.data["userGroup"]["classifications"], shown) == shown
    assert got.errors == [(("userGroup", "classifications", "topContributors"), "FORBIDDEN")]


@pytest.mark.parametrize(
    ("query", "token", "code"),
    [
        ("{ me { login } }", "not.a.token", "UNAUTHENTICATED"),
        ("{ me { nickname } }", None, "GRAPHQL_VALIDATION_FAILED"),
        (
            "query A($day: Date) { comments(range: {start: $day}) { totalCount } }",
            None,
            "BAD_USER_INPUT",
        ),
    ],
)
def test_a_request_that_is_not_executed_has_its_code_and_no_data(
    run: Run, query: str, token: str | None, code: str
) -> None:
    (got,) = run(Operation(query, {"day": "yesterday"}), token=token)

    assert got.data is None
    assert got.errors == [(None, code)]
