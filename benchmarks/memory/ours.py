"""The gateway's executor and endpoint, over data in memory.

The one place that builds them: what their constructors take is written here and in
``gateway.app``.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import Route

from benchmarks.memory.operation import MemoryOperation, Store
from gateway import collector
from gateway.auth.viewer import Viewer
from gateway.graphql.documents.document_cache import Documents
from gateway.graphql.endpoint.graphql_endpoint import GraphQLEndpoint
from gateway.graphql.endpoint.pages import Pages
from gateway.graphql.execution.executor import Executor
from gateway.graphql.masking import ErrorMask
from gateway.graphql.page import Page
from gateway.telemetry.record import RequestRecord
from resolvers.schema import graphql_schema


def application() -> Starlette:
    """The application; the file with the data is named by ``DATA``."""
    store = Store(Path(os.environ["DATA"]))

    def open_operation(_: Viewer, __: RequestRecord) -> MemoryOperation:
        return MemoryOperation(store)

    async def identify(_: Sequence[tuple[str, str]]) -> Viewer:
        return store.viewer

    mask = ErrorMask()
    executor = Executor(graphql_schema, Documents(graphql_schema), open_operation, mask, 60)
    endpoint = GraphQLEndpoint(executor, identify, mask, Pages(Page(), None), 1_048_576)
    collector.freeze()
    return Starlette(routes=[Route("/graphql", endpoint)])
