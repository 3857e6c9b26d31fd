"""Fragments within fragments: a short document that would be long if it were written out."""

from __future__ import annotations

from types import SimpleNamespace

from gateway.graphql.documents.document_cache import Documents, PreparedDocument
from gateway.graphql.documents.variables import Variables
from gateway.graphql.execution.compiled_selection import compiled
from gateway.graphql.execution.operation_executor import OperationExecutor
from gateway.graphql.execution.plans import plan_of
from gateway.graphql.execution.production import Production
from gateway.yielding import Yielding
from resolvers.schema import graphql_schema

#: What the plans of one of these documents may take, in bytes.
MOST = 4_000_000


def prepared(text: str) -> PreparedDocument:
    documents = Documents(graphql_schema)
    document = documents.parse(text)
    documents.validate(document)
    return document


def many(field: str, selected: str = "") -> str:
    return " ".join(f"{field}{number}: {field} {selected}" for number in range(30))


def test_a_compiled_selection_has_few_fields_however_often_fragments_are_spread() -> None:
    document = prepared(
        f"{{ projects {{ {many('edges', '{ ...A }')} }} }}"
        f"fragment A on ProjectEdge {{ {many('node', '{ ...B }')} }}"
        f"fragment B on Project {{ {many('displayName')} }}"
    )
    operation = document.operation(None)
    variables = Variables(graphql_schema, operation).coerce({})
    plan = plan_of(graphql_schema, document, operation, variables)
    assert graphql_schema.query_type is not None
    (field,) = plan.root(graphql_schema.query_type, variables).fields
    connection = graphql_schema.type_map["ProjectConnection"]
    compiled(plan, plan.below(connection, field.details, variables), variables)
    assert plan.size < MOST


async def test_statistics_compared_with_themselves_again_and_again_stay_small() -> None:
    levels = [
        f"fragment F{number} on SiteStats {{ "
        + " ".join(f"{name}: comparedWith {{ ...F{number + 1} }}" for name in "abcdefgh")
        + " }"
        for number in range(4)
    ]
    document = prepared(
        f"{{ classifications {{ ...F0 }} }} {' '.join(levels)} "
        "fragment F4 on SiteStats { __typename }"
    )
    operation = document.operation(None)
    variables = Variables(graphql_schema, operation).coerce({})
    production = Production(Yielding())
    context = SimpleNamespace(today=20_600)
    result = await OperationExecutor(
        graphql_schema, document, operation, variables, context, production
    ).run()
    assert not result.errors
    assert production.values > 8**4
    assert document.sizes["plans"] < MOST
