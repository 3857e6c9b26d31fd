"""What the settings say about executing operations, put together."""

from __future__ import annotations

from collections.abc import Callable

from graphql import GraphQLSchema

from gateway.graphql.admission import Admission
from gateway.graphql.budget import Budget, open_storage
from gateway.graphql.cost import CostModel
from gateway.graphql.documents import Documents
from gateway.graphql.execute import Executor, OpenOperation
from gateway.graphql.incremental import with_incremental_directives
from gateway.graphql.limits import DocumentLimits
from gateway.graphql.masking import ErrorMask
from gateway.http.client_address import Network, read_networks
from gateway.settings import PREFIX, Settings


def configured_executor(
    settings: Settings,
    schema: GraphQLSchema,
    open_operation: OpenOperation,
    mask: ErrorMask,
    budget: Budget | None,
) -> Executor:
    """The executor with all limits of the settings."""
    if settings.incremental_delivery:
        schema = with_incremental_directives(schema)
    hide_suggestions = not (settings.suggestions and settings.introspection)
    documents = Documents(
        schema,
        DocumentLimits(settings.depth_limit, settings.alias_limit, settings.directive_limit),
        max_tokens=settings.token_limit,
        hide_suggestions=hide_suggestions,
    )
    admission = Admission(
        CostModel(schema), settings.cost_limit, budget, closed=not settings.introspection
    )
    return Executor(
        schema,
        documents,
        open_operation,
        mask,
        settings.operation_timeout_seconds,
        admission,
        hide_suggestions=hide_suggestions,
    )


def configured_budget(settings: Settings, now: Callable[[], float]) -> Budget | None:
    """What viewers may spend in a minute, if that is limited; SettingsError for a wrong URL."""
    if not settings.cost_per_minute:
        return None
    shared = None
    if settings.budget_redis_url is not None:
        shared = open_storage(f"{PREFIX}BUDGET_REDIS_URL", settings.budget_redis_url)
    return Budget(settings.cost_per_minute, now, shared)


def configured_proxies(settings: Settings) -> tuple[Network, ...]:
    """The proxies that are believed; SettingsError for what is no network."""
    return read_networks(f"{PREFIX}TRUSTED_PROXIES", settings.trusted_proxies or "")
