"""Strawberry as it comes: its own ASGI application and execution, over the same schema."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.routing import Route
from strawberry.asgi import GraphQL

from benchmarks.memory.operation import MemoryOperation, Store
from resolvers.schema import schema


class MemoryGraphQL(GraphQL[MemoryOperation, None]):
    """Hands each operation its loaders."""

    def __init__(self, store: Store) -> None:
        super().__init__(schema, graphql_ide=None)
        self._store = store

    async def get_context(self, request: Any, response: Any) -> MemoryOperation:
        return MemoryOperation(self._store)


def application() -> Starlette:
    """The application; the file with the data is named by ``DATA``."""
    return Starlette(routes=[Route("/graphql", MemoryGraphQL(Store(Path(os.environ["DATA"]))))])
