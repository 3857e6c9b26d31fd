"""What operations cost: from the document and its variables, by what the schema declares."""

from datetime import date

import pytest
from graphql import GraphQLObjectType, get_named_type
from graphql.execution.values import get_variable_values
from strawberry.federation.schema_directives import ListSize

from gateway.calendar import day_number
from gateway.graphql.admission.cost import LARGEST, CostModel
from gateway.graphql.documents.document_cache import Documents
from gateway.graphql.page.examples import EXAMPLES
from gateway.settings import Settings
from resolvers.schema import graphql_schema

TODAY = day_number(date(2024, 3, 4))
MODEL = CostModel(graphql_schema, lambda: TODAY)
ROSTER = """query Roster($first: Int!, $projects: Int) {
  userGroup(id: 2) { classifications { memberBreakdown(first: $first) { nodes {
    user { login } count
    projectContributions(first: $projects) { project { displayName } count }
  } } } }
}"""
#: A group, its statistics, and the page of members by itself.
AROUND_THE_ROSTER = 1 + 1 + 10


def cost(text, variables=None, documents=None):
    documents = documents or Documents(graphql_schema)
    prepared = documents.parse(text)
    documents.validate(prepared)
    operation = prepared.operation(None)
    coerced = get_variable_values(
        graphql_schema, operation.variable_definitions or (), variables or {}
    )
    assert not isinstance(coerced, list), coerced
    return MODEL.cost(prepared, operation, coerced.coerced)


BY_DOCUMENT = {
    "nothing but names": ("{ __typename }", {}, 0),
    "the schema": ("{ __schema { types { name fields { name } } } }", {}, 0),
    "an object and a sum": ("{ classifications { totalCount } }", {}, 2),
    "a list of assumed length": ("{ classifications { buckets { count } } }", {}, 1 + 366),
    "a list of a length that is asked for": (
        "{ me { classifications { projectContributions(first: 3) { project { id } } } } }",
        {},
        2 + 3 * 2,
    ),
    "a length by a variable": (
        "query ($n: Int) { me { classifications { projectContributions(first: $n) { count } } } }",
        {"n": 7},
        2 + 7,
    ),
    "a length by a variable's default": (
        "query ($n: Int = 4) "
        "{ me { classifications { projectContributions(first: $n) { count } } } }",
        {},
        2 + 4,
    ),
    "a length of null is assumed": (
        "query ($n: Int) { me { classifications { projectContributions(first: $n) { count } } } }",
        {"n": None},
        2 + 50,
    ),
    "a length below zero is none": (
        "{ me { classifications { projectContributions(first: -3) { count } } } }",
        {},
        2,
    ),
    "the default of an argument": (
        "{ userGroup(id: 1) { classifications { topContributors { count } } } }",
        {},
        2 + 10,
    ),
    "a page, by its connection": (
        "{ userGroup(id: 1) { classifications { memberBreakdown(first: 5) "
        "{ totalCount nodes { count } edges { cursor node { count } } } } } }",
        {},
        AROUND_THE_ROSTER + 10 + 5 + 5 * 2,
    ),
    "a page through fragments": (
        "{ userGroup(id: 1) { classifications { memberBreakdown(first: 5) "
        "{ ...Page ... { ...Page } } other: memberBreakdown { ...Page } } } } "
        "fragment Page on MemberContributionConnection { nodes { count } }",
        {},
        AROUND_THE_ROSTER + 2 * 5 + 10 + 40,
    ),
    "as many as there are ids": ("{ usersByIds(ids: [1, 2, 3]) { id } }", {}, 3),
    "one id is a list": ("{ usersByIds(ids: 1) { id } }", {}, 1),
    "ids by a variable": (
        "query ($ids: [ID!]!) { usersByIds(ids: $ids) { comments { totalCount } } }",
        {"ids": ["1", "2"]},
        2 * (1 + 1 + 1),
    ),
    "as many as there are representations": (
        "query ($r: [_Any!]!) { _entities(representations: $r) "
        "{ ... on User { comments { totalCount } } ... on Project { id } } }",
        {"r": [{}, {}, {}]},
        3 * (1 + 2),
    ),
    "a list within a list": (
        "{ usersByIds(ids: [1, 2]) { comments { buckets { count } } } }",
        {},
        2 * (1 + 1 + 366),
    ),
    "what is selected twice": ("{ a: me { id } b: me { id } }", {}, 2),
    "what is skipped": (
        "query ($x: Boolean!) { a: me @skip(if: $x) { id } b: me @include(if: $x) { id } "
        "c: me @skip(if: true) { id } d: me @include(if: false) { id } ... @include(if: true) "
        "{ e: me { id } } }",
        {"x": True},
        2,
    ),
}


@pytest.mark.parametrize(("text", "variables", "expected"), BY_DOCUMENT.values(), ids=BY_DOCUMENT)
def test_cost_follows_from_the_document_and_its_variables(text, variables, expected):
    assert cost(text, variables) == expected


RANGED = """query ($f: DateRange, $p: Period, $fill: Boolean = false) {
  classifications(range: $f) { buckets(period: $p, fillGaps: $fill) { count } }
}"""
YEAR = {"start": "2023-01-01", "end": "2023-12-31"}
BY_RANGE = {
    "days": ({"f": YEAR, "p": "DAY"}, 365),
    "weeks that begin before the range": ({"f": YEAR, "p": "WEEK"}, 53),
    "months": ({"f": YEAR, "p": "MONTH"}, 12),
    "years": ({"f": YEAR, "p": "YEAR"}, 1),
    "the period that suits the range": ({"f": YEAR}, 12),
    "filled or not": ({"f": YEAR, "p": "DAY", "fill": True}, 365),
    "a day": ({"f": {"start": "2024-03-01", "end": "2024-03-01"}, "p": "DAY"}, 1),
    "no end is today": ({"f": {"start": "2024-03-01"}, "p": "DAY"}, 4),
    "no start is assumed": ({"f": {"end": "2024-03-01"}, "p": "DAY"}, 366),
    "no range is assumed": ({"p": "DAY", "fill": True}, 366),
    "nothing happens after today": (
        {"f": {"start": "2024-03-01", "end": "9999-12-31"}, "p": "DAY"},
        4,
    ),
    "gaps are filled after today": (
        {"f": {"start": "2024-03-01", "end": "2024-03-31"}, "p": "DAY", "fill": True},
        31,
    ),
    "no more are filled than may be": (
        {"f": {"start": "1996-01-01", "end": "9999-12-31"}, "p": "DAY", "fill": True},
        11_000,
    ),
    "nothing happened before 1970": (
        {"f": {"start": "1900-01-01", "end": "1970-01-02"}, "p": "DAY"},
        2,
    ),
    "a range in reverse has none": (
        {"f": {"start": "2024-03-02", "end": "2024-03-01"}, "p": "DAY"},
        0,
    ),
}


@pytest.mark.parametrize(("variables", "buckets"), BY_RANGE.values(), ids=BY_RANGE)
def test_buckets_cost_the_periods_of_their_range(variables, buckets):
    assert cost(RANGED, variables) == 1 + buckets


def test_buckets_cost_the_range_of_the_field_above_them():
    text = """query ($start: Date!) {
      user(id: 1) { comments(range: { start: $start, end: "2023-01-10" }) { ...Daily } }
      classifications(range: { start: "2023-01-01", end: "2023-01-02" }) {
        ...Buckets
        ... { comparedWith(range: { start: $start, end: "2023-01-31" }) { ...Buckets } }
        all: comparedWith { ...Buckets }
      }
    }
    fragment Daily on CommentStats { buckets(period: DAY) { count } }
    fragment Buckets on ClassificationStats { buckets(period: DAY) { count } }"""
    assert cost(text, {"start": "2023-01-01"}) == (1 + 1 + 10) + (1 + 2) + (1 + 31) + (1 + 366)
    counted = """{ userGroupCounts(range: { start: "2023-01-01", end: "2023-02-01" }) {
      buckets(period: DAY) { count }
    } }"""
    assert cost(counted) == 1 + 32


def test_buckets_of_members_cost_the_range_of_their_group():
    text = """query ($start: Date) { userGroup(id: 1) {
      week: classifications(range: { start: $start, end: "2023-01-07" }) { ...Members }
      all: classifications { ...Members }
    } }
    fragment Members on GroupStats {
      memberBreakdown(first: 40) { ...Page } topContributors(first: 3) { ...Daily }
    }
    fragment Page on MemberContributionConnection { nodes { ...Daily } edges { node { ...Daily } } }
    fragment Daily on MemberContribution { buckets(period: DAY) { count } }"""

    def below(days):
        return 1 + 10 + 40 * (1 + days) + 40 * (1 + 1 + days) + 3 * (1 + days)

    assert cost(text, {"start": "2023-01-01"}) == 1 + below(7) + below(366)


def test_many_ranges_filled_from_long_ago_are_too_much():
    filled = """query ($ids: [ID!]!) { usersByIds(ids: $ids) {
      classifications(range: { start: "1996-01-01" }) {
        buckets(period: DAY, fillGaps: true) { count }
      }
    } }"""
    days = TODAY - day_number(date(1996, 1, 1)) + 1
    assert cost(filled, {"ids": [*map(str, range(1, 601))]}) == 600 * (2 + days)


def test_a_kept_document_costs_what_its_variables_say_each_time():
    documents = Documents(graphql_schema)
    costs = [cost(ROSTER, {"first": first, "projects": 8}, documents) for first in (1, 10, 1)]
    assert costs == [AROUND_THE_ROSTER + first * (2 + 8 * 2) for first in (1, 10, 1)]
    skipping = "query ($x: Boolean!) { me @skip(if: $x) { id } }"
    assert [cost(skipping, {"x": x}, documents) for x in (True, False, True)] == [0, 1, 0]


def test_each_operation_of_a_document_has_its_own_cost():
    documents = Documents(graphql_schema)
    prepared = documents.parse("query A { me { id } } query B { a: me { id } b: me { id } }")
    documents.validate(prepared)
    assert [MODEL.cost(prepared, prepared.operation(name), {}) for name in "AB"] == [1, 2]


def test_fragments_that_double_one_another_are_added_up_once_each():
    doubling = " ".join(
        f"fragment F{n} on ClassificationStats "
        f"{{ a: comparedWith {{ ...F{n + 1} }} b: comparedWith {{ ...F{n + 1} }} }}"
        for n in range(40)
    )
    last = "fragment F40 on ClassificationStats { comparedWith @skip(if: $x) { timeSpent } }"
    text = f"query ($x: Boolean!) {{ classifications {{ ...F0 }} }} {doubling} {last}"
    prepared = Documents(graphql_schema).parse(text)
    expected = 1
    for _ in range(40):
        expected = 2 * (1 + expected)
    assert MODEL.cost(prepared, prepared.operation(None), {"x": False}) == 1 + expected


def test_a_cost_that_json_cannot_hold_is_told_as_the_largest():
    many = "project { workflows { nodes { " * 20 + "id" + " } } }" * 20
    assert cost(f"{{ workflow(id: 1) {{ {many} }} }}") == LARGEST


def listed_fields():
    return [
        (f"{kind.name}.{name}", field)
        for kind in graphql_schema.type_map.values()
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__")
        for name, field in kind.fields.items()
        if "[" in str(field.type)
    ]


def list_sizes(field):
    definition = field.extensions["strawberry-definition"]
    return [one for one in definition.directives if isinstance(one, ListSize)]


def test_every_list_says_how_long_it_is_or_is_told_by_what_leads_to_it():
    told = {
        f"{get_named_type(field.type).name}.{name}"
        for kind in graphql_schema.type_map.values()
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__")
        for field in kind.fields.values()
        for one in list_sizes(field)
        for name in one.sized_fields or ()
    }
    silent = {name for name, field in listed_fields() if not list_sizes(field)}
    # As long as the list of representations; a router's composition leaves it out.
    assert silent - {"Query._entities"} == told
    lists = (
        *("GroupChange", "GroupMember", "MemberContribution", "Membership"),
        *("Project", "UnusualVolunteer", "UserGroup", "Workflow"),
    )
    assert told == {f"{name}Connection.{items}" for name in lists for items in ("edges", "nodes")}


def test_every_argument_that_cuts_a_list_is_declared_to():
    for name, field in listed_fields():
        if "first" in field.args:
            assert [one.slicing_arguments for one in list_sizes(field)] == [["first"]], name


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.title)
def test_the_pages_of_a_front_end_cost_a_small_part_of_what_they_may(example):
    assert 0 < cost(example.query, example.variables) <= Settings().cost_limit / 20


def test_the_whole_roster_of_a_large_group_may_be_asked_for():
    limit = Settings().cost_limit
    assert cost(ROSTER, {"first": 1500, "projects": 8}) == AROUND_THE_ROSTER + 1500 * 18
    assert cost(ROSTER, {"first": 5000, "projects": None}) < limit


def test_what_would_fill_memory_may_not():
    daily = """query ($ids: [ID!]!) {
      userGroupsByIds(ids: $ids) { classifications { buckets { count } } }
    }"""
    assert cost(daily, {"ids": [str(n) for n in range(1, 1001)]}) > Settings().cost_limit
