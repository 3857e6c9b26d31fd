"""Serving a file: a slot for its spool, its operations, and sending it when it is whole."""

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
#: What a file can be written in; the first is for who likes all of them.
MEDIA = (CSV, JSON)


@dataclass(frozen=True)
class AskedFile:
    """A file that somebody asks for: what stands in its path, and its media type."""

    kind: FileKind
    path: Mapping[str, str]
    variables: Variables
    media: str


@dataclass(frozen=True)
class Files:
    """What serves files: each of up to ``limit`` bytes; ``now`` tells the day in their names."""

    executor: Executor
    slots: FileSlots
    describe: Describe
    now: Callable[[], datetime]
    limit: int

    async def serve(self, asked: AskedFile, viewer: Viewer, request: Request, send: Send) -> None:
        """Make the file and send it.

        Raises, before anything is sent, what refuses it; ClientDisconnect if nobody is left.
        """
        record = record_of(request.scope)
        record.viewer = viewer.kind
        with (
            self.slots.slot(spender_of(viewer, record.client)),
            Spool(self.limit) as spool,
        ):

            async def write() -> None:
                await spool.start_again()
                await write_file(
                    self.executor,
                    asked.kind,
                    asked.variables,
                    asked.media,
                    viewer,
                    record,
                    spool,
                )

            await while_connected(request.receive, read_anew_if_lost(record, write))
            record.end()
            record.result = Result.OK
            name = asked.kind.file_name(
                asked.path, self.now().date().isoformat(), _SUFFIXES[asked.media]
            )
            await FileResponse(spool, asked.media, name)(request.scope, request.receive, send)
