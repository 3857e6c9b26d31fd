"""No list of the schema produces more than is charged for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from graphql import (
    FieldNode,
    GraphQLObjectType,
    SelectionSetNode,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

from gateway.db import Database
from gateway.graphql.admission.cost import declared, is_list
from gateway.graphql.documents.variables import Variables
from gateway.graphql.execution.operation_executor import OperationExecutor
from gateway.graphql.execution.production import Production
from gateway.loaders.operation import Operation
from gateway.yielding import Yielding
from resolvers.schema import graphql_schema
from tests.asking import ADMIN, NOW
from tests.executing import prepared_for
from tests.graphql.charged import Gateway


def required(field: Any) -> str:
    """The arguments that a field needs, written out."""
    written = {
        "id": '"1"',
        "ids": '["1"]',
        "login": '"user-1"',
        "slug": '"zoo/1"',
        "name": '"group-1"',
        "code": f'"{"0" * 32}"',
        "range": '{ start: "2019-01-01", end: "2024-03-01" }',
        "representations": '[{__typename: "User", id: "1"}]',
    }
    given = [
        f"{name}: {written[name]}"
        for name, argument in field.args.items()
        if is_required_argument(argument)
    ]
    if "classificationsPerDay" in field.args:
        given.append("classificationsPerDay: 0")
    if "period" in field.args:
        given.append("period: DAY")
    # Elsewhere null, the default, stands for all there are.
    if "first" in field.args and isinstance(field.args["first"].default_value, int):
        given.append("first: 1")
    return f"({', '.join(given)})" if given else ""


def leaves(kind: Any) -> str:
    fields = kind.fields.items() if isinstance(kind, GraphQLObjectType) else ()
    chosen = [name for name, field in fields if is_leaf_type(get_named_type(field.type))]
    return f"{{ __typename {' '.join(chosen)} }}"


def lists_of_the_schema() -> Iterator[tuple[str, str]]:
    """For each list: its name, and an operation that asks for it where it is first reached."""
    waiting: list[tuple[Any, str, str]] = [(graphql_schema.query_type, "", "")]
    reached = {graphql_schema.query_type}
    while waiting:
        kind, path, after = waiting.pop(0)
        for name, field in kind.fields.items():
            below = get_named_type(field.type)
            asked = f"{name}{required(field)}"
            before = path
            if name == "unusualVolunteers":
                # Nobody is looked for in all days.
                year = 'classifications(range: { start: "2023-06-01" })'
                before = path.replace("classifications", year)
            if is_list(field.type):
                chosen = "" if is_leaf_type(below) else leaves(below)
                yield f"{kind.name}.{name}", f"{{ {before} {asked} {chosen} {after} }}"
            if isinstance(below, GraphQLObjectType) and below not in reached:
                reached.add(below)
                waiting.append((below, f"{before} {asked} {{", f"}} {after}"))


LISTS = dict(lists_of_the_schema())
#: Those whose length no argument tells; the documentation names them.
SETTLED = {
    "SiteStats.buckets",
    "ProjectStats.buckets",
    "ProjectStats.newUsers",
    "WorkflowStats.buckets",
    "SiteCommentStats.buckets",
    "ProjectCommentStats.buckets",
    "UserCommentStats.buckets",
    "MemberContribution.buckets",
    "GroupStats.buckets",
    "UserStats.buckets",
    "GroupStats.projectContributions",
    "MemberContribution.projectContributions",
    "UserStats.projectContributions",
}


def recount(kind: Any, selected: SelectionSetNode | None, value: Any) -> int:
    """What an object of the answer costs by the weights of its fields."""
    if selected is None or value is None:
        return 0
    total = 0
    for node in selected.selections:
        assert isinstance(node, FieldNode)
        if node.name.value.startswith("__") or not isinstance(kind, GraphQLObjectType):
            continue
        field = kind.fields[node.name.value]
        weight, found = declared(field)[0], value[node.name.value]
        for one in found if isinstance(found, list) else [found]:
            total += weight + recount(get_named_type(field.type), node.selection_set, one)
    return total


@pytest.mark.parametrize("name", LISTS)
async def test_nothing_produces_more_than_is_charged_or_settled(
    filled: Database, name: str
) -> None:
    gateway = Gateway(filled)
    answer = await gateway.ask(LISTS[name])
    assert "errors" not in answer
    prepared = prepared_for(graphql_schema, LISTS[name])
    operation = prepared.operation(None)
    charged = gateway.costs.cost(prepared, operation, {})
    produced = recount(graphql_schema.query_type, operation.selection_set, answer["data"])
    assert await gateway.spent() == gateway.record.cost >= max(charged, produced)
    assert (produced > charged) is (name in SETTLED)


@pytest.mark.parametrize("name", LISTS)
async def test_both_ways_of_execution_count_the_same(filled: Database, name: str) -> None:
    counts = []
    for way in (OperationExecutor.run, OperationExecutor._as_graphql_core):
        prepared = prepared_for(graphql_schema, LISTS[name])
        operation = prepared.operation(None)
        variables: Any = Variables(graphql_schema, operation).coerce({})
        async with Operation(filled, ADMIN, NOW) as context:
            production = Production(Yielding())
            arguments = (graphql_schema, prepared, operation, variables, context, production)
            result = await way(OperationExecutor(*arguments))
            assert not result.errors
        counts.append((production.cost, production.values))
    assert counts[0] == counts[1]
