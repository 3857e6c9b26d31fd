"""Serve a file: take a slot, run its operations into a spool, and send it when it is complete."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.types import Send

from gateway.auth.spender import spender_of
from gateway.auth.viewer import Viewer
from gateway.files.file_slots import FileSlots
from gateway.files.kinds import FileKind, Variables
from gateway.files.response import Describe, FileResponse
from gateway.files.spool import Spool
from gateway.files.writing import CSV, write_file
from gateway.graphql.execution.executor import Executor
from gateway.http.connection import while_connected
from gateway.http.media import JSON
from gateway.loaders.reading_anew import read_anew_if_lost
from gateway.telemetry.record import Result, record_of

_SUFFIXES = {CSV: "csv", JSON: "json"}
#: Media types of files; the first is the default.
MEDIA = (CSV, JSON)


@dataclass(frozen=True)
class RequestedFile:
    """Requested file: its kind, the parameters of its path, its variables and media type."""

    kind: FileKind
    path: Mapping[str, str]
    variables: Variables
    media: str


@dataclass(frozen=True)
class Files:
    """Service of files of up to ``limit`` bytes each; ``now`` gives the day in their names."""

    executor: Executor
    slots: FileSlots
    describe: Describe
    now: Callable[[], datetime]
    limit: int

    async def serve(
        self, file: RequestedFile, viewer: Viewer, request: Request, send: Send
    ) -> None:
        """Make the file and send it.

        Errors are raised before anything is sent; ClientDisconnect if the client is gone.
        """
        record = record_of(request.scope)
        record.viewer = viewer.kind
        with (
            self.slots.slot(spender_of(viewer, record.client)),
            Spool(self.limit) as spool,
        ):

            async def write() -> None:
                await spool.reset()
                await write_file(
                    self.executor, file.kind, file.variables, file.media, viewer, record, spool
                )

            await while_connected(request.receive, read_anew_if_lost(record, write))
            record.end()
            record.result = Result.OK
            name = file.kind.file_name(
                file.path, self.now().date().isoformat(), _SUFFIXES[file.media]
            )
            await FileResponse(spool, file.media, name)(request.scope, request.receive, send)
