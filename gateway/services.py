"""Services: what one process of the server consists of, built from the settings."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass
from functools import partial

from gateway.auth.authenticator import Authenticator
from gateway.auth.configuration import configured_authenticator
from gateway.auth.owner import Owner
from gateway.auth.revocations import Revocations
from gateway.auth.viewer import Viewer
from gateway.changes.feed import ChangeFeed
from gateway.collector import FullCollections
from gateway.db import Database
from gateway.db.configuration import configured_databases
from gateway.db.instants import Clock, instant_of
from gateway.db.readiness import prepare_tables
from gateway.directory.erased_users import ErasedUsers
from gateway.directory.panoptes.configuration import configured_live_directory
from gateway.directory.panoptes.live import LiveDirectory
from gateway.errors import SettingsError
from gateway.graphql.admission.budget import Budget
from gateway.graphql.configuration import (
    configured_budget,
    configured_executor,
    configured_live_limits,
    configured_responses,
    documents_of_pages,
)
from gateway.graphql.execution.executor import Executor
from gateway.graphql.execution.response_cache import ResponseCache
from gateway.graphql.live.limits import LiveLimits
from gateway.graphql.live.live_answers import LiveAnswers
from gateway.graphql.masking import ErrorMask
from gateway.groups.configuration import configured_groups, configured_home
from gateway.groups.life import GroupLife
from gateway.groups.panoptes.not_supported import UNSUPPORTED_ACTIONS
from gateway.groups.panoptes.remote_groups import PanoptesGroups
from gateway.groups.service import GroupService
from gateway.http.compressed import CompressedBodies
from gateway.http.configuration import configured_connections
from gateway.http.connections import Connections
from gateway.http.consistent_reads import ConsistentReads
from gateway.http.draining import Draining
from gateway.http.starting import Starting
from gateway.ingestion.intake import Intake
from gateway.loaders.cache import ReadCache
from gateway.loaders.operation import Operation
from gateway.loaders.watched import watch_by
from gateway.settings import Settings
from gateway.telemetry.configuration import Telemetry
from gateway.telemetry.record import RequestRecord
from gateway.web import WebApplication, built_application
from gateway.web.pages import MakePages, Pages
from gateway.web.roles import RoleToken
from gateway.yielding import Yielding
from resolvers.schema import graphql_schema

logger = logging.getLogger(__name__)

#: The part of the memory for answers that compressed bodies have which are of no cached answer.
_COMPRESSED_PART = 4


@dataclass(frozen=True)
class Services:
    """Each is made once for a process; None is what the settings switch off."""

    settings: Settings
    clock: Clock
    telemetry: Telemetry
    mask: ErrorMask
    database: Database
    #: What live answers are evaluated again with, so that requests keep their connections.
    live_database: Database
    #: What looks which server the databases are to be read from.
    database_checks: AbstractAsyncContextManager[object]
    changes: ChangeFeed
    #: The same of the primary; another one only where answers are read from a standby.
    primary_changes: ChangeFeed
    consistent_reads: ConsistentReads
    erased: ErasedUsers
    authenticator: Authenticator
    live: LiveDirectory | None
    groups: GroupService
    #: Where groups are changed, if not here.
    home: PanoptesGroups | None
    #: What one operation of a viewer reads with.
    open_operation: Callable[[Viewer, RequestRecord], Operation]
    read_cache: ReadCache | None
    compressed_bodies: CompressedBodies
    responses: ResponseCache | None
    budget: Budget | None
    executor: Executor
    live_limits: LiveLimits
    live_answers: LiveAnswers
    pages: Pages
    #: As whom one may sign in without a password: in the demo alone.
    roles: Sequence[RoleToken]
    intake: Intake
    starting: Starting
    draining: Draining
    connections: Connections
    collections: FullCollections

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Open what has connections and tasks, and close it at the end."""
        async with AsyncExitStack() as stack:
            opened: tuple[AbstractAsyncContextManager[object], ...] = (
                self.database,
                self.live_database,
                self.database_checks,
                self.changes,
                self.primary_changes if self.primary_changes is not self.changes else nullcontext(),
                self.starting,
                self.authenticator,
                self.live or nullcontext(),
                self.home or nullcontext(),
                self.budget or nullcontext(),
                self.live_limits,
                self.live_answers,
                self.pages,
            )
            for one in opened:
                await stack.enter_async_context(one)
            with self.telemetry.running(), self.draining.delayed(), self.collections.enabled():
                yield


def pages_that_fit(settings: Settings) -> tuple[WebApplication | None, Mapping[str, str]]:
    """The pages for people, and the operations that they send; neither if they are not served.

    Pages that were built for another schema, or for wider limits, would show errors alone: they
    are left out, and the log says why.
    """
    web = built_application(settings) if settings.pages else None
    if web is None:
        return None, {}
    try:
        documents = documents_of_pages(
            settings, graphql_schema, web.manifest, built_for_schema=web.is_built_for()
        )
    except SettingsError as error:
        logger.warning("There are no pages for people. %s", error.message)
        return None, {}
    return web, documents


def build_services(
    settings: Settings,
    clock: Clock,
    telemetry: Telemetry,
    make_pages: MakePages | None = None,
    owner: Owner | None = None,
    roles: Sequence[RoleToken] = (),
) -> Services:
    """All services; SettingsError if the database's URL or the key file cannot be used."""
    database, live_database, checks = configured_databases(settings, clock)
    database.faults.logged = True
    changes = ChangeFeed(database)
    primary_changes = changes
    if database.read_servers is not None:
        primary_changes = ChangeFeed(database, chain=changes.chain, at_primary=True)
    watch, yielding = watch_by(telemetry), Yielding()
    mask = ErrorMask(closed=not settings.introspection)
    live = configured_live_directory(settings, database, clock)
    read_cache = ReadCache(settings.cache_bytes) if settings.cache_bytes else None
    bodies = CompressedBodies(settings.answer_cache_bytes // _COMPRESSED_PART)
    responses = configured_responses(
        settings, database, changes, primary_changes, clock, bodies.capacity, watch.around_statement
    )
    budget = configured_budget(settings, lambda: clock().timestamp())

    home = configured_home(settings, database, live, clock)
    groups = configured_groups(settings, database, telemetry.metrics, home)
    group_life = GroupLife(
        groups.run,
        settings.groups != "off",
        settings.group_page_url,
        unsupported=frozenset() if home is None else UNSUPPORTED_ACTIONS,
        read_tokens=None if home is None else home.read_tokens,
    )

    def open_operation(
        viewer: Viewer, record: RequestRecord, reading: Database = database
    ) -> Operation:
        return Operation(
            reading,
            viewer,
            clock(),
            live,
            read_cache,
            record,
            watch,
            yielding,
            changes,
            group_life,
            primary_changes,
        )

    erased, live_limits = ErasedUsers(database, changes), configured_live_limits(settings)
    authenticator = configured_authenticator(settings, database, lambda: instant_of(clock()), owner)
    web, own_documents = pages_that_fit(settings)
    executor = configured_executor(
        settings,
        graphql_schema,
        open_operation,
        mask,
        budget,
        telemetry.tracing.operation if telemetry.tracing else None,
        open_again=partial(open_operation, reading=live_database),
        responses=responses,
        erased=erased,
        clock=clock,
        yielding=yielding,
        own_documents=own_documents,
    )

    async def load_pages() -> WebApplication | None:
        web, documents = await asyncio.to_thread(pages_that_fit, settings)
        executor.persisted.trust(documents)
        return web

    live_answers = LiveAnswers(
        executor.live,
        changes,
        clock,
        settings.live_seconds,
        Revocations(authenticator, erased, changes),
        limits=live_limits,
        connections=settings.live_connections,
        share=settings.live_share,
        capacity=settings.live_bytes,
    )
    draining = Draining(settings.drain_seconds)
    draining.on_begin(live_answers.stop)
    return Services(
        settings=settings,
        clock=clock,
        telemetry=telemetry,
        mask=mask,
        database=database,
        live_database=live_database,
        database_checks=checks,
        changes=changes,
        primary_changes=primary_changes,
        consistent_reads=ConsistentReads(
            database,
            changes,
            primary_changes,
            settings.primary_reads_per_minute,
            lambda: clock().timestamp(),
        ),
        erased=erased,
        authenticator=authenticator,
        live=live,
        groups=groups,
        home=home,
        open_operation=open_operation,
        read_cache=read_cache,
        compressed_bodies=bodies,
        responses=responses,
        budget=budget,
        executor=executor,
        live_limits=live_limits,
        live_answers=live_answers,
        pages=Pages(web, load_pages, make_pages),
        roles=roles,
        intake=Intake(database, settings.database_timeout_seconds),
        starting=Starting(partial(prepare_tables, database)),
        draining=draining,
        connections=configured_connections(settings),
        collections=FullCollections(),
    )
