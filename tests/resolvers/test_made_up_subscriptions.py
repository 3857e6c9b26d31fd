"""Operations that hypothesis makes up for our schema, as queries and below ``live``."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import orjson
import pytest
from graphql import OperationDefinitionNode, OperationType, parse, print_ast
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.auth.viewer import Viewer
from gateway.db import open_database
from gateway.graphql.documents.request import GraphQLRequest
from gateway.telemetry.record import RequestRecord
from resolvers.schema import graphql_schema
from tests.graphql.cached_gateway import Gateway
from tests.graphql.live.framing import below, decoded, frame
from tests.graphql.made_up_operations import operations
from tests.resolvers.test_made_up_operations import FIELDS, IDS, VIEWERS
from tests.resolvers.test_statements import fill
from tests.sampled import examples

#: Ways to write a subscription to a selection set; in each of them every field is at a place of
#: its own, which errors name.
WRITTEN = (
    "subscription MadeUp{variables} {{ live {fields} }}",
    "subscription MadeUp{variables} {{ key: live {fields} }}",
    "subscription MadeUp{variables} {{ ...{{ live {fields} }} }}",
    "subscription MadeUp{variables} {{ ...S }} fragment S on Subscription {{ live {fields} }}",
    "subscription MadeUp{variables} {{ live {{ ...Q }} }} fragment Q on Query {fields}",
)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    path: Path = tmp_path_factory.mktemp("made-up")
    url = f"sqlite:///{path}/stats.db"

    async def filled() -> None:
        async with open_database(url) as database:
            await database.migrate()
            await fill(database)

    asyncio.run(filled())
    return url


def subscription(text: str, written: str) -> str:
    """The subscription to the fields of a query."""
    document = parse(text)
    operation, *fragments = document.definitions
    assert isinstance(operation, OperationDefinitionNode)
    declared = ", ".join(map(print_ast, operation.variable_definitions or ()))
    fields = print_ast(operation.selection_set)
    root = written.format(variables=f"({declared})" if declared else "", fields=fields)
    return " ".join([root, *map(print_ast, fragments)])


def without_places(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer, whose errors do not say where in the text their fields stand."""
    for error in answer.get("errors", ()):
        error.pop("locations", None)
    return decoded(orjson.dumps(answer))


@given(
    made_up=operations(graphql_schema, FIELDS, IDS),
    viewer=st.sampled_from(VIEWERS),
    written=st.sampled_from(WRITTEN),
)
@settings(
    max_examples=examples(60),
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)
def test_a_frame_is_the_answer_of_the_query(
    url: str, made_up: tuple[str, dict[str, Any]], viewer: Viewer, written: str
) -> None:
    text, variables = made_up
    key = "key" if "key:" in written else "live"

    async def both() -> None:
        async with open_database(url) as database, Gateway(database) as gateway:
            answer = await gateway.executor.execute(
                GraphQLRequest(text, variables),
                viewer,
                {OperationType.QUERY},
                RequestRecord("", "POST"),
            )
            asked = subscription(text, written)
            found = await frame(gateway, asked, viewer, variables)
            expected = below(key, orjson.loads(orjson.dumps(answer)))
            assert without_places(found) == without_places(expected), asked

    asyncio.run(both())
