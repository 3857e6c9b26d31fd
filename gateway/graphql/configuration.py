"""Configuration of GraphQL: builds the executor, caches and limits from the settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from graphql import GraphQLSchema
from limits.aio.storage import RedisStorage

from gateway.calendar import today
from gateway.changes.feed import ChangeFeed
from gateway.db import Database
from gateway.directory.erased_users import ErasedUsers
from gateway.errors import SettingsError
from gateway.graphql.admission.admission import Admission
from gateway.graphql.admission.budget import Budget, open_storage
from gateway.graphql.admission.cost import CostModel
from gateway.graphql.admission.document_limits import DocumentLimits
from gateway.graphql.documents.document_cache import Documents
from gateway.graphql.documents.persisted import PersistedDocuments
from gateway.graphql.documents.trusted import read_trusted_documents
from gateway.graphql.execution.answering import AroundOperation, OpenOperation
from gateway.graphql.execution.executor import Executor
from gateway.graphql.execution.incremental import with_incremental_directives
from gateway.graphql.execution.response_cache import ResponseCache
from gateway.graphql.live.limits import LiveLimits
from gateway.graphql.masking import ErrorMask
from gateway.settings import PREFIX, Settings
from gateway.telemetry.around_statement import AroundStatement
from gateway.yielding import Yielding

_NONE: Mapping[str, str] = {}
#: The settings that limit a document by itself.
_OF_DOCUMENTS = (
    "document_limit_bytes",
    "token_limit",
    "depth_limit",
    "alias_limit",
    "directive_limit",
)


def configured_executor(
    settings: Settings,
    schema: GraphQLSchema,
    open_operation: OpenOperation,
    mask: ErrorMask,
    budget: Budget | None,
    around: AroundOperation | None = None,
    *,
    open_again: OpenOperation | None = None,
    responses: ResponseCache | None = None,
    erased: ErasedUsers | None = None,
    clock: Callable[[], datetime],
    yielding: Yielding,
    own_documents: Mapping[str, str] = _NONE,
) -> Executor:
    """The executor with all limits of the settings; ``clock`` returns the instant, with a zone.

    ``own_documents`` are trusted as those of the manifest are.
    """
    schema = _served(settings, schema)
    documents = _documents(settings, schema)
    admission = Admission(
        CostModel(schema, lambda: today(clock())),
        settings.cost_limit,
        budget,
        closed=not settings.introspection,
    )
    return Executor(
        schema,
        documents,
        open_operation,
        mask,
        settings.operation_timeout_seconds,
        admission,
        hide_suggestions=_hides_suggestions(settings),
        persisted=_persisted_documents(settings, documents, own_documents),
        around=around,
        value_limit=settings.value_limit,
        answer_limit=settings.answer_limit_bytes,
        yielding=yielding,
        responses=responses,
        erased=erased,
        open_again=open_again,
    )


def configured_responses(
    settings: Settings,
    database: Database,
    changes: ChangeFeed,
    primary_changes: ChangeFeed,
    clock: Callable[[], datetime],
    taken: int,
    around: AroundStatement | None,
) -> ResponseCache | None:
    """The response cache, if it has memory; ``taken`` bytes of that are another cache's."""
    capacity = settings.answer_cache_bytes - taken
    if capacity <= 0:
        return None
    return ResponseCache(database, changes, clock, capacity, around, primary_changes)


def configured_live_limits(settings: Settings) -> LiveLimits:
    """The limits of live operations; SettingsError for a wrong URL of a Redis."""
    return LiveLimits(settings.live_per_viewer, settings.live_operations, _shared(settings))


def check_trusted_documents(
    settings: Settings, schema: GraphQLSchema, own_documents: Mapping[str, str] = _NONE
) -> None:
    """Check the manifest of trusted documents: SettingsError if it cannot be used."""
    documents = _documents(settings, _served(settings, schema))
    _persisted_documents(settings, documents, own_documents)


def documents_of_pages(
    settings: Settings, schema: GraphQLSchema, manifest: Path, *, built_for_schema: bool
) -> Mapping[str, str]:
    """The operations that the pages send; SettingsError if one of them does not run here.

    Validating all of them takes half a second. Those that were built for the schema run within the
    default limits.
    """
    documents = None
    if not built_for_schema or _is_narrower_than_default(settings):
        documents = _documents(settings, _served(settings, schema))
    return read_trusted_documents("The pages", str(manifest), documents)


def _is_narrower_than_default(settings: Settings) -> bool:
    return any(
        getattr(settings, name) < Settings.model_fields[name].default for name in _OF_DOCUMENTS
    )


def _served(settings: Settings, schema: GraphQLSchema) -> GraphQLSchema:
    return with_incremental_directives(schema) if settings.incremental_delivery else schema


def _hides_suggestions(settings: Settings) -> bool:
    return not (settings.suggestions and settings.introspection)


def _documents(settings: Settings, schema: GraphQLSchema) -> Documents:
    return Documents(
        schema,
        DocumentLimits(settings.depth_limit, settings.alias_limit, settings.directive_limit),
        max_bytes=settings.document_limit_bytes,
        max_tokens=settings.token_limit,
        hide_suggestions=_hides_suggestions(settings),
        capacity_bytes=settings.document_cache_bytes,
    )


def _persisted_documents(
    settings: Settings, documents: Documents, own: Mapping[str, str]
) -> PersistedDocuments:
    trusted = own
    if settings.trusted_documents_file is not None:
        setting = f"{PREFIX}TRUSTED_DOCUMENTS_FILE"
        found = read_trusted_documents(setting, settings.trusted_documents_file, documents)
        trusted = {**own, **found}
    elif settings.trusted_documents_only and not own:
        raise SettingsError(
            f"{PREFIX}TRUSTED_DOCUMENTS_ONLY requires {PREFIX}TRUSTED_DOCUMENTS_FILE."
        )
    return PersistedDocuments(
        trusted,
        only_trusted=settings.trusted_documents_only,
        capacity=settings.persisted_queries,
    )


def configured_budget(settings: Settings, now: Callable[[], float]) -> Budget | None:
    """The budget of viewers, if there is one; SettingsError for a wrong URL."""
    if not settings.cost_per_minute:
        return None
    return Budget(settings.cost_per_minute, now, _shared(settings))


def _shared(settings: Settings) -> RedisStorage | None:
    if settings.budget_redis_url is None:
        return None
    return open_storage(f"{PREFIX}BUDGET_REDIS_URL", settings.budget_redis_url)
