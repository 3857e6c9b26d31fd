"""An argument that cannot be used: a stable code, its name, and null in that field alone."""

from base64 import b64encode
from collections.abc import Sequence
from typing import Any

import pytest
from graphql import SourceLocation
from sqlalchemy import Connection

from gateway.db import Database
from gateway.directory.load import load_directory
from gateway.graphql.documents.document_cache import InvalidDocument
from resolvers.cursors import cursor
from tests.asking import ask
from tests.events_of import classification, store

#: On one database alone: what is wrong is found out before a statement is made of it.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

DIRECTORY = {
    "users": [{"id": 1, "login": "ada"}],
    "user_groups": [{"id": 501, "name": "g", "stats_visibility": "public_show_all"}],
    "memberships": [],
    "projects": [{"id": 11, "slug": "zoo/cats"}],
    "workflows": [{"id": 101, "project_id": 11}],
}


async def fill(database: Database) -> None:
    def load(connection: Connection) -> None:
        load_directory(connection, DIRECTORY)

    await database.write(load)
    await store(database, classification(1, groups=(501,)))


#: A field, and the code and the argument of its error.
BAD = [
    (
        'classifications(range: {start: "2024-03-01", end: "2024-02-29"}) { totalCount }',
        "INVALID_RANGE",
        "start",
    ),
    (
        'comments(range: {start: "2024-03-01", end: "2024-02-29"}) { totalCount }',
        "INVALID_RANGE",
        "start",
    ),
    (
        'classifications(within: {projectIds: ["x"]}) { totalCount }',
        "INVALID_ARGUMENT",
        "projectIds",
    ),
    (
        'classifications(within: {workflowIds: ["-1"]}) { totalCount }',
        "INVALID_ARGUMENT",
        "workflowIds",
    ),
    ('comments(userIds: ["1.0"]) { totalCount }', "INVALID_ARGUMENT", "userIds"),
    *(
        (f'{entity}(id: "{text}") {{ id }}', "INVALID_ARGUMENT", "id")
        for entity in ("user", "userGroup", "project", "workflow")
        for text in ("", "0", "-1", "01", "1.5", " 1", "9223372036854775808", "\\u0661", "ada")
    ),
    *(
        (f"{entity}(id: 999) {{ id }}", "NOT_FOUND", None)
        for entity in ("user", "userGroup", "project", "workflow")
    ),
    (
        'classifications(range: {start: "1939-11-20", end: "1970-01-01"})'
        " { buckets(period: DAY, fillGaps: true) { count } }",
        "OUT_OF_BOUNDS",
        "fillGaps",
    ),
    (
        'classifications(range: {start: "1970-01-01", end: "2024-01-01"})'
        " { buckets(period: DAY, fillGaps: true) { count } }",
        "OUT_OF_BOUNDS",
        "fillGaps",
    ),
    (
        'classifications(range: {end: "9999-12-31"})'
        " { buckets(period: DAY, fillGaps: true) { count } }",
        "OUT_OF_BOUNDS",
        "fillGaps",
    ),
]


@pytest.mark.parametrize(("field", "code", "argument"), BAD)
async def test_a_bad_argument_nulls_its_field_alone(
    database: Database, field: str, code: str, argument: str | None
) -> None:
    await fill(database)
    document = f"{{ bad: {field} project(id: 11) {{ slug }} classifications {{ totalCount }} }}"
    asked = await ask(database, document)
    assert asked.data == {
        "bad": None,
        "project": {"slug": "zoo/cats"},
        "classifications": {"totalCount": 1},
    }
    assert [error.path and error.path[0] for error in asked.errors] == ["bad"]
    assert told(asked.errors) == [extensions(code, argument)]


#: What a number out of bounds comes with, beside its argument.
BOUNDS = ("minimum", "limit", "value")


def told(errors: Sequence[Any]) -> list[dict[str, Any]]:
    """The extensions of errors without the bounds, which those have that are about bounds."""
    for error in errors:
        about_bounds = error.extensions["code"] == "OUT_OF_BOUNDS"
        assert all((name in error.extensions) is about_bounds for name in BOUNDS)
    return [
        {name: value for name, value in error.extensions.items() if name not in BOUNDS}
        for error in errors
    ]


def extensions(code: str, argument: str | None) -> dict[str, Any]:
    return {"code": code} if argument is None else {"code": code, "argument": argument}


#: Not base64, no JSON, no list, a value too many, of another type, and beyond 64 bits.
NO_CURSORS = [
    "",
    "?",
    "eA==",
    "MQ==",
    "W10=",
    cursor("count", 1),
    cursor("count", 1, 1, 1),
    cursor("count", 1, "1"),
    cursor("count", 1, 2**63),
    b64encode(b'["count",true,1]').decode(),
    b64encode(b'["count",1.0,1]').decode(),
    b64encode(b'["count",[1],1]').decode(),
    "A" * 5000,
]

GROUP_BAD = [
    ("topContributors(first: 0) { count }", "OUT_OF_BOUNDS", "first"),
    ("topContributors(first: -1) { count }", "OUT_OF_BOUNDS", "first"),
    ("topContributors(first: 5001) { count }", "OUT_OF_BOUNDS", "first"),
    ("memberBreakdown(first: 0) { pageInfo { hasNextPage } }", "OUT_OF_BOUNDS", "first"),
    ("memberBreakdown(first: 0, orderBy: ID) { totalCount }", "OUT_OF_BOUNDS", "first"),
    ("memberBreakdown(first: -1) { totalCount }", "OUT_OF_BOUNDS", "first"),
    ("memberBreakdown(first: 5001) { totalCount }", "OUT_OF_BOUNDS", "first"),
    *(
        (f'memberBreakdown(after: "{text}") {{ totalCount }}', "INVALID_ARGUMENT", "after")
        for text in NO_CURSORS
    ),
    # A cursor of the other order.
    (
        f'memberBreakdown(after: "{cursor("count", 1, 1)}", orderBy: ID) {{ totalCount }}',
        "INVALID_ARGUMENT",
        "after",
    ),
    (
        f'memberBreakdown(after: "{cursor("id", 1)}") {{ totalCount }}',
        "INVALID_ARGUMENT",
        "after",
    ),
    (
        'comparedWith(range: { start: "2024-03-01", end: "2024-02-29" }) { totalCount }',
        "INVALID_RANGE",
        "start",
    ),
]


@pytest.mark.parametrize(("field", "code", "argument"), GROUP_BAD)
async def test_a_bad_argument_below_a_group_leaves_the_group_its_total(
    database: Database, field: str, code: str, argument: str
) -> None:
    await fill(database)
    asked = await ask(
        database, f"{{ userGroup(id: 501) {{ classifications {{ bad: {field} totalCount }} }} }}"
    )
    assert asked.data == {"userGroup": {"classifications": {"bad": None, "totalCount": 1}}}
    assert told(asked.errors) == [extensions(code, argument)]


@pytest.mark.parametrize(
    ("field", "code", "argument"),
    [
        *(
            (f'{field}(after: "{text}") {{ totalCount }}', "INVALID_ARGUMENT", "after")
            for field in ("members", "memberships")
            for text in ("x", "19", cursor("count", 1, 1), cursor("id", "1"))
        ),
        ("members(first: 0) { nodes { id } }", "OUT_OF_BOUNDS", "first"),
        ("memberships(first: 0) { nodes { state } }", "OUT_OF_BOUNDS", "first"),
        ("classifications { projectContributions(first: 0) { count } }", "OUT_OF_BOUNDS", "first"),
        ("members(first: -1) { nodes { id } }", "OUT_OF_BOUNDS", "first"),
        ("members(first: 5001) { nodes { id } }", "OUT_OF_BOUNDS", "first"),
        ('members(after: "x") { nodes { id } }', "INVALID_ARGUMENT", "after"),
        ("memberships(first: 5001) { nodes { state } }", "OUT_OF_BOUNDS", "first"),
        ('memberships(after: "x") { nodes { state } }', "INVALID_ARGUMENT", "after"),
        (
            "classifications { projectContributions(first: -1) { count } }",
            "OUT_OF_BOUNDS",
            "first",
        ),
        (
            "classifications { projectContributions(first: 5001) { count } }",
            "OUT_OF_BOUNDS",
            "first",
        ),
    ],
)
async def test_a_bad_argument_of_a_group_leaves_the_group_its_name(
    database: Database, field: str, code: str, argument: str
) -> None:
    await fill(database)
    asked = await ask(database, f"{{ userGroup(id: 501) {{ bad: {field} name }} }}")
    assert asked.data == {"userGroup": {"bad": None, "name": "g"}}
    assert told(asked.errors) == [extensions(code, argument)]


@pytest.mark.parametrize(
    ("many", "code"), [(1000, None), (1001, "OUT_OF_BOUNDS")], ids=["most", "too many"]
)
async def test_an_argument_holds_at_most_a_thousand_ids(
    database: Database, many: int, code: str | None
) -> None:
    await fill(database)
    asked = await ask(
        database,
        "query ($ids: [ID!]!) { classifications(within: {projectIds: $ids}) { totalCount } }",
        {"ids": [str(one) for one in range(1, many + 1)]},
    )
    assert asked.data == {"classifications": None if code else {"totalCount": 1}}
    expected = {"argument": "projectIds", "minimum": 0, "limit": 1000, "value": many}
    assert [error.extensions for error in asked.errors] == (
        [{"code": code, **expected}] if code else []
    )


@pytest.mark.parametrize(
    "entities", ["usersByIds", "userGroupsByIds", "projectsByIds", "workflowsByIds"]
)
async def test_a_list_is_of_at_most_a_thousand_ids(database: Database, entities: str) -> None:
    document = f"query ($ids: [ID!]!) {{ {entities}(ids: $ids) {{ id }} }}"
    most = await ask(database, document, {"ids": [str(one) for one in range(1, 1001)]})
    assert most.data == {entities: [None] * 1000}
    asked = await ask(database, document, {"ids": ["1"] * 1001})
    assert [error.extensions for error in asked.errors] == [
        {"code": "OUT_OF_BOUNDS", "argument": "ids", "minimum": 0, "limit": 1000, "value": 1001}
    ]
    assert asked.errors[0].message == "ids has 1,001 ids: at most 1,000 are allowed."


NO_DATES = pytest.mark.parametrize(
    "text", ["20240229", "2024-W09-4", "2024-2-29", "2023-02-29", "today"]
)


@NO_DATES
async def test_a_malformed_date_is_no_part_of_a_valid_document(
    database: Database, text: str
) -> None:
    with pytest.raises(InvalidDocument) as refused:
        await ask(database, f'{{ classifications(range: {{start: "{text}"}}) {{ totalCount }} }}')
    (error,) = refused.value.errors
    assert error.message == (
        f"Argument 'range' has invalid value at .start: '{text}' is not a valid date (YYYY-MM-DD)."
    )
    assert error.locations == [SourceLocation(1, 34)]


@NO_DATES
async def test_a_malformed_date_is_refused_before_anything_runs(
    database: Database, text: str
) -> None:
    document = "query ($d: Date) { classifications(range: {start: $d}) { totalCount } }"
    asked = await ask(database, document, {"d": text})
    assert asked.data == {}
    assert asked.statements == 0
    (error,) = asked.errors
    assert error.message == (
        f"Variable '$d' has invalid value: '{text}' is not a valid date (YYYY-MM-DD)."
    )
    assert error.locations == [SourceLocation(1, 8)]


async def test_a_bad_date_within_a_range_names_its_key(database: Database) -> None:
    document = "query ($f: DateRange!) { classifications(range: $f) { totalCount } }"
    asked = await ask(database, document, {"f": {"end": "2023-02-29"}})
    assert [error.message for error in asked.errors] == [
        "Variable '$f' has invalid value at .end: '2023-02-29' is not a valid date (YYYY-MM-DD)."
    ]


@pytest.mark.parametrize(
    ("document", "message", "column"),
    [
        (
            'query ($d: Date = "x") { classifications(range: {start: $d}) { totalCount } }',
            "Variable '$d' has invalid default value: 'x' is not a valid date (YYYY-MM-DD).",
            19,
        ),
        (
            "{ classifications(range: {end: 20240229}) { totalCount } }",
            "Argument 'range' has invalid value at .end: 20240229 is not a valid date "
            "(YYYY-MM-DD).",
            32,
        ),
        (
            '{ userGroupCounts(range: { start: "2024-02-30", end: "2024-03-01" }) { totalCount } }',
            "Argument 'range' has invalid value at .start: '2024-02-30' is not a valid date "
            "(YYYY-MM-DD).",
            35,
        ),
        (
            "{ classifications(within: {projectIds: [1, 1.5]}) { totalCount } }",
            "Argument 'within' has invalid value at .projectIds[1]: ID cannot represent a "
            "non-string and non-integer value: 1.5",
            44,
        ),
        (
            "{ me @include(if: 3) { id } }",
            "Argument 'if' has invalid value: Boolean cannot represent a non boolean value: 3",
            19,
        ),
    ],
)
async def test_a_literal_of_the_wrong_type_names_argument_value_and_place(
    database: Database, document: str, message: str, column: int
) -> None:
    with pytest.raises(InvalidDocument) as refused:
        await ask(database, document)
    (error,) = refused.value.errors
    assert error.message == message
    assert error.locations == [SourceLocation(1, column)]


async def test_a_long_text_that_is_no_date_is_shown_in_part(database: Database) -> None:
    with pytest.raises(InvalidDocument) as refused:
        await ask(
            database, f'{{ classifications(range: {{ start: "{"9" * 5000}" }}) {{ totalCount }} }}'
        )
    assert refused.value.errors[0].message == (
        f"Argument 'range' has invalid value at .start: '{'9' * 40}…' is not a valid date "
        "(YYYY-MM-DD)."
    )
