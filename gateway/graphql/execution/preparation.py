"""Preparation: parses, validates and admits the operation of a request, or refuses it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple

from graphql import GraphQLSchema, OperationDefinitionNode, OperationType

from gateway.auth.viewer import Viewer
from gateway.graphql.admission.admission import Admission
from gateway.graphql.documents.document_cache import Documents, InvalidDocument, PreparedDocument
from gateway.graphql.documents.live_query import live_query
from gateway.graphql.documents.persisted import PersistedDocuments
from gateway.graphql.documents.request import GraphQLRequest
from gateway.graphql.documents.variables import OperationVariables, Variables
from gateway.graphql.execution.answer import Answer
from gateway.graphql.execution.production import WORK_OF_A_LETTER
from gateway.graphql.masking import ErrorMask
from gateway.graphql.refusals import OperationTypeRefused, RateLimited
from gateway.http.refusals import RequestRefused
from gateway.telemetry.record import RequestRecord
from gateway.yielding import Yielding


class PreparedOperation(NamedTuple):
    """An operation that may be executed."""

    prepared: PreparedDocument
    definition: OperationDefinitionNode
    variables: OperationVariables
    #: The request, with no other variables than the operation declares.
    request: GraphQLRequest
    #: The extensions of its answer.
    extensions: dict[str, Any]
    #: What was charged for it.
    cost: int
    #: Of the query of a subscription: the name under which its data are sent.
    live_key: str | None = None


@dataclass(frozen=True, slots=True)
class Preparation:
    """Reads, validates and admits the operations of one schema."""

    schema: GraphQLSchema
    documents: Documents
    persisted: PersistedDocuments
    admission: Admission | None
    mask: ErrorMask
    yielding: Yielding
    hide_suggestions: bool

    async def prepare(
        self,
        request: GraphQLRequest,
        viewer: Viewer,
        allowed: Collection[OperationType],
        record: RequestRecord,
    ) -> PreparedOperation | Answer:
        """Prepare the operation of a request, or return the errors that refuse it.

        A refused operation costs the viewer's budget, too: for parsing its document.
        """
        record.begin("parse")
        text = self.persisted.text(request)
        operation: PreparedOperation | Answer
        try:
            if not self.documents.knows(text):
                await self._before_parsing(text, viewer, record)
            operation = await self._admitted(text, request, viewer, allowed, record)
        except RateLimited:
            raise
        except InvalidDocument as refused:
            operation = Answer(errors=self.mask.document(refused.errors))
        except (RequestRefused, OperationTypeRefused):
            await self._charge_refused(text, viewer, record)
            raise
        if isinstance(operation, PreparedOperation):
            self.persisted.register(request)
        else:
            await self._charge_refused(text, viewer, record)
        return operation

    async def is_subscription(
        self, request: GraphQLRequest, viewer: Viewer, record: RequestRecord
    ) -> bool:
        """Whether the operation is a subscription; False if there is no operation.

        Raises as ``prepare`` does if the budget is used up.
        """
        text = self.persisted.text(request)
        if "subscription" not in text:
            return False
        if not self.documents.knows(text):
            await self._before_parsing(text, viewer, record)
        try:
            operation = self.documents.parse_ahead(text).operation(request.operation_name)
        except (InvalidDocument, RequestRefused):
            return False
        return operation.operation is OperationType.SUBSCRIPTION

    async def charge_refused(
        self, request: GraphQLRequest, viewer: Viewer, record: RequestRecord
    ) -> None:
        """Charge for a document that was parsed, for an operation that is not prepared."""
        await self._charge_refused(self.persisted.text(request), viewer, record)

    async def _before_parsing(self, text: str, viewer: Viewer, record: RequestRecord) -> None:
        if self.admission is not None:
            await self.admission.require_budget(viewer, record.client)
        # Parsing and validating are a call each, which the limits of documents bound.
        self.yielding.work(WORK_OF_A_LETTER * len(text))
        await self.yielding.yield_if_due()

    async def _charge_refused(self, text: str, viewer: Viewer, record: RequestRecord) -> None:
        if self.admission is not None:
            await self.admission.charge_refused(text, viewer, record.client)

    async def _admitted(
        self,
        text: str,
        request: GraphQLRequest,
        viewer: Viewer,
        allowed: Collection[OperationType],
        record: RequestRecord,
    ) -> PreparedOperation | Answer:
        prepared = self.documents.parse(text)
        operation = prepared.operation(request.operation_name)
        record.set_operation(operation.name.value if operation.name else None, prepared.digest)
        if operation.operation not in allowed:
            raise OperationTypeRefused(operation.operation.value)
        record.begin("validate")
        await self.yielding.yield_if_due()
        self.documents.validate(prepared)
        live_key = None
        if operation.operation is OperationType.SUBSCRIPTION:
            prepared, operation, live_key = live_query(prepared, operation)
        known = self._variables(prepared, operation)
        request = replace(request, variables=known.declared(request.variables))
        variables = known.coerce(request.variables or {}, hide_suggestions=self.hide_suggestions)
        if isinstance(variables, list):
            return Answer(errors=self.mask.variables(variables))
        cost, extensions = 0, {}
        if self.admission is not None:
            cost = await self.admission.admit(
                prepared, operation, variables.coerced, viewer, record.client
            )
            record.cost = cost
            if request.extensions and request.extensions.get("cost") is True:
                reported = {"value": cost, "limit": self.admission.cost_limit}
                extensions = {"extensions": {"cost": reported}}
        return PreparedOperation(
            prepared, operation, variables, request, extensions, cost, live_key
        )

    def _variables(
        self, prepared: PreparedDocument, operation: OperationDefinitionNode
    ) -> Variables:
        key = (Variables, id(operation))
        known: Variables | None = prepared.computed.get(key)
        if known is None:
            known = prepared.computed[key] = Variables(
                self.schema,
                operation,
                prepared.text.count("$"),
                partial(prepared.grow, "variables"),
            )
        return known
