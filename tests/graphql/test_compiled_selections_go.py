"""A document that is evicted takes its compiled selections along, without the garbage collector."""

from __future__ import annotations

import gc
import sys
from types import FunctionType
from typing import Any

from gateway.db import Database
from gateway.graphql.documents.variables import Variables
from gateway.graphql.execution.operation_executor import OperationExecutor
from gateway.graphql.execution.production import Production
from gateway.loaders.operation import Operation
from gateway.yielding import Yielding
from resolvers.schema import graphql_schema
from tests.asking import ADMIN, NOW
from tests.executing import prepared_for
from tests.graphql.cached_gateway import Gateway


def compiled_functions() -> int:
    return sum(
        1
        for one in gc.get_objects()
        if type(one) is FunctionType and one.__code__.co_filename == "<selection>"
    )


async def test_an_evicted_document_leaves_no_compiled_selection(database: Database) -> None:
    async with Gateway(database, caches=False) as gateway:
        gc.collect()
        before = compiled_functions()
        gc.disable()
        try:
            for number in range(5):
                await gateway.answer(
                    f"{{ a{number}: usersByIds(ids: [{number + 1}]) {{ login }} }}"
                )
            assert compiled_functions() > before
            documents = gateway.executor.documents
            for text in list(documents._cache._values):
                prepared = documents._cache.drop(text)
                assert prepared is not None
                documents._evicted(prepared)
            del prepared
            assert compiled_functions() == before
        finally:
            gc.enable()


async def test_what_graphql_core_executed_keeps_no_compiled_selection(database: Database) -> None:
    prepared = prepared_for(graphql_schema, "{ classifications { __typename } }")
    operation = prepared.operation(None)
    values: Any = Variables(graphql_schema, operation).coerce({})
    gc.collect()
    before = compiled_functions()
    gc.disable()
    try:
        async with Operation(database, ADMIN, NOW) as context:
            executor = OperationExecutor(
                graphql_schema,
                prepared,
                operation,
                values,
                context,
                Production(Yielding(sys.maxsize)),
            )
            await executor._as_graphql_core()
        assert compiled_functions() > before
        prepared.plans.clear()
        # The executor is still there, as it is until the collector comes by.
        assert compiled_functions() == before
    finally:
        gc.enable()
