"""Routes of file downloads: one for each kind, and those of tickets."""

from __future__ import annotations

from starlette.routing import Route

from gateway.auth.authenticator import Authenticator
from gateway.auth.viewer import Viewer
from gateway.db import Database
from gateway.db.instants import Clock
from gateway.directory.erased_users import ErasedUsers
from gateway.errors import Unauthenticated
from gateway.files.catalogue import KINDS
from gateway.files.endpoint import FileEndpoint, Identify
from gateway.files.file_slots import FileSlots
from gateway.files.response import Describe
from gateway.files.serving import Files
from gateway.files.ticket_endpoint import (
    DOWNLOAD_PATH,
    TICKETS_PATH,
    DownloadEndpoint,
    Spend,
    TicketEndpoint,
)
from gateway.files.tickets import Tickets
from gateway.graphql.execution.executor import Executor
from gateway.http.consistency_headers import CONSISTENCY_HEADERS
from gateway.http.consistent_reads import ConsistentReads
from gateway.http.cors import with_cors
from gateway.settings import Settings

#: CORS: response headers that pages of other origins may read.
_EXPOSED = (*CONSISTENCY_HEADERS, "Content-Disposition", "Retry-After", "X-Request-Id")


def file_routes(
    settings: Settings,
    database: Database,
    executor: Executor,
    identify: Identify,
    authenticator: Authenticator,
    erased: ErasedUsers,
    describe: Describe,
    clock: Clock,
    spend: Spend | None,
    reads: ConsistentReads,
) -> list[Route]:
    """Routes below ``/files``; ``identify`` refuses erased users."""
    files = Files(
        executor, FileSlots(settings.files_at_once), describe, clock, settings.file_limit_bytes
    )
    tickets = Tickets(database)

    async def check(viewer: Viewer) -> None:
        # From the database itself: a key that was revoked at another gateway is revoked here.
        await erased.check(viewer.id)
        key = viewer.api_key_id
        if key is not None and key not in await authenticator.api_keys_in_use():
            raise Unauthenticated("The credentials of this ticket are not valid any more.")

    def route(path: str, endpoint: FileEndpoint | TicketEndpoint | DownloadEndpoint) -> Route:
        methods = (*endpoint.methods, "OPTIONS")
        return Route(path, with_cors(endpoint, settings.allowed_origins, methods, _EXPOSED))

    return [
        route(TICKETS_PATH, TicketEndpoint(KINDS, files, identify, authenticator, tickets, spend)),
        route(DOWNLOAD_PATH, DownloadEndpoint(KINDS, files, check, tickets, reads)),
        *(route(kind.path, FileEndpoint(kind, files, identify)) for kind in KINDS),
    ]
