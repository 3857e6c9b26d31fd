"""A gateway without HTTP: an executor over a database, with and without its caches."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any, Self

import orjson
from graphql import GraphQLSchema, OperationType

from gateway.auth.viewer import ANONYMOUS, Viewer
from gateway.changes.feed import ChangeFeed
from gateway.db import Database
from gateway.directory.erased_users import ErasedAccount, ErasedUsers
from gateway.directory.panoptes.live import LiveDirectory
from gateway.graphql.admission.admission import Admission
from gateway.graphql.documents.document_cache import Documents
from gateway.graphql.documents.request import GraphQLRequest
from gateway.graphql.execution.executor import Executor
from gateway.graphql.execution.response_cache import ResponseCache
from gateway.graphql.masking import ErrorMask
from gateway.groups.life import GroupLife
from gateway.groups.service import GroupService
from gateway.loaders.cache import ReadCache
from gateway.loaders.operation import Operation
from gateway.telemetry.record import RequestRecord
from resolvers.schema import graphql_schema
from tests.asking import NOW
from tests.valid import valid


@cache
def shared_documents(schema: GraphQLSchema) -> Documents:
    """For gateways that one test makes by the hundred: each document is validated once."""
    return Documents(schema)


class Gateway:
    """Knows the time, and what the last operation has read; to be entered for its change feed."""

    def __init__(
        self,
        database: Database,
        capacity: int = 1_000_000,
        *,
        caches: bool = True,
        schema: GraphQLSchema = graphql_schema,
        admission: Admission | None = None,
        live: LiveDirectory | None = None,
        changes: ChangeFeed | None = None,
        documents: Documents | None = None,
    ) -> None:
        self.database = database
        self.now: datetime = NOW
        self.changes = changes or ChangeFeed(database)
        self.cache = ReadCache(1_000_000) if caches else None
        self.erased = ErasedUsers(database, self.changes)
        self.responses = None
        if caches:
            self.responses = ResponseCache(database, self.changes, lambda: self.now, capacity)
        self.record = RequestRecord("", "POST")
        self._of = schema, admission, live
        group_life = GroupLife(GroupService(database).run, is_on=True)

        def open_operation(viewer: Viewer, record: RequestRecord) -> Operation:
            return Operation(
                database,
                viewer,
                self.now,
                live,
                cache=self.cache,
                record=record,
                feed=self.changes,
                group_life=group_life,
            )

        self.executor = Executor(
            schema,
            documents or Documents(schema),
            open_operation,
            ErrorMask(),
            60,
            admission,
            responses=self.responses,
            erased=self.erased,
        )

    async def answer(self, query: str, viewer: Viewer = ANONYMOUS, **variables: Any) -> bytes:
        return await self._answer(OperationType.QUERY, query, viewer, variables)

    async def change(self, mutation: str, viewer: Viewer, **variables: Any) -> bytes:
        return await self._answer(OperationType.MUTATION, mutation, viewer, variables)

    async def _answer(
        self, kind: OperationType, text: str, viewer: Viewer, variables: dict[str, Any]
    ) -> bytes:
        self.record = RequestRecord("", "POST")
        asked = GraphQLRequest(text, variables)
        try:
            answer = await self.executor.execute(asked, viewer, {kind}, self.record)
        except ErasedAccount as error:
            return orjson.dumps({"errors": [{"extensions": error.extensions}]})
        # The order of errors is nobody's: whose field is decided first depends on what is cached.
        written = valid(orjson.loads(orjson.dumps(answer)))
        errors = sorted(map(orjson.dumps, written.get("errors", ())))
        return orjson.dumps({**answer, "errors": list(map(orjson.Fragment, errors))})

    async def truth(self, query: str, viewer: Viewer = ANONYMOUS, **variables: Any) -> bytes:
        """The answer of a gateway that caches nothing."""
        schema, admission, live = self._of
        plain = Gateway(
            self.database,
            caches=False,
            schema=schema,
            admission=admission,
            live=live,
            documents=shared_documents(schema),
        )
        plain.now = self.now
        return await plain.answer(query, viewer, **variables)

    @property
    def hits(self) -> int:
        assert self.responses is not None
        return self.responses.hits

    async def __aenter__(self) -> Self:
        await self.changes.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.changes.__aexit__(None, None, None)
