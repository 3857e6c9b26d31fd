"""graphql-core's executor for one operation, made from what was prepared with its document."""

from __future__ import annotations

from graphql import GraphQLSchema, OperationDefinitionNode, default_field_resolver
from graphql.execution.executor import default_type_resolver
from graphql.execution.values import VariableValues
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from gateway.graphql.documents import PreparedDocument


class OperationExecutor(StrawberryGraphQLCoreExecutionContext):
    """Executes a prepared operation with variables that were coerced."""

    def __init__(
        self,
        schema: GraphQLSchema,
        prepared: PreparedDocument,
        operation: OperationDefinitionNode,
        variables: VariableValues,
        context: object,
    ) -> None:
        super().__init__(
            schema,
            prepared.fragments,
            prepared.fragment_details,
            None,
            context,
            operation,
            variables,
            default_field_resolver,
            default_type_resolver,
            default_field_resolver,
            is_awaitable=optimized_is_awaitable,
        )
