"""Request record: what logs, metrics and traces need of one request.

Nothing in it tells who asked or for what: no argument, no variable, no id, no name of a person.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from enum import StrEnum
from time import perf_counter
from typing import Any

from gateway.errors import Unauthenticated

#: The method of a WebSocket, and of each operation on it.
WEBSOCKET = "WEBSOCKET"

_KEY = "stats_gateway.record"
_SANE_ID = re.compile(rb"[A-Za-z0-9._-]{1,128}")
#: A client's name of an operation is shown to people: a page of text is none.
_LONGEST_NAME = 64
_SHORT_DIGEST = 12


class Result(StrEnum):
    """The result of an operation."""

    #: Executed without an error.
    OK = "ok"
    #: Executed; some fields are null with an error.
    PARTIAL = "partial"
    #: Not executed, for what the client sent.
    REFUSED = "refused"
    #: Not executed, or not to its end, through no fault of the client's.
    FAILED = "failed"


#: A part of the work: its name, and when it started and ended by the clock of its record, in
#: seconds. A plain tuple, since each request makes four.
Phase = tuple[str, float, float]


class RequestRecord:
    """The record of one request; what is unknown stays None.

    ``clock`` counts seconds. ``statements`` are those that were read with.
    """

    __slots__ = (
        "_phase",
        "_phase_started",
        "at_least",
        "at_primary",
        "client",
        "clock",
        "close_code",
        "cost",
        "credentials",
        "document",
        "errors",
        "fell_back",
        "frames",
        "has_written",
        "method",
        "oldest_read_at",
        "open_after",
        "operation",
        "phases",
        "read_at",
        "request_id",
        "result",
        "route",
        "shows_timing",
        "span",
        "started",
        "statements",
        "status",
        "trace_id",
        "viewer",
        "when_opened",
    )

    def __init__(
        self, request_id: str, method: str, clock: Callable[[], float] = perf_counter
    ) -> None:
        self.clock = clock
        self.started = clock()
        self.request_id = request_id
        self.method = method
        #: The template of the path, such as ``/users/{id}``: never the path itself.
        self.route: str | None = None
        #: None when the client went away first.
        self.status: int | None = None
        self.viewer: str | None = None
        #: The address that limits count by; never written anywhere.
        self.client = ""
        #: Whether the viewer may know what the answer took: it tells of what was read.
        self.shows_timing = False
        #: Whether it is to be read from the primary, and whether a standby was read all the same.
        self.at_primary = False
        self.fell_back = False
        #: The state that whoever asks has seen, if the standby that is read from had it.
        self.at_least: tuple[int, int] | None = None
        #: Whether it may have changed something.
        self.has_written = False
        #: The newest and the oldest state that its answer was read in: a version and its mark.
        self.read_at: tuple[int, int] | None = None
        self.oldest_read_at: tuple[int, int] | None = None
        self.operation: str | None = None
        self.document: str | None = None
        self.cost: int | None = None
        self.statements = 0
        self.result: Result | None = None
        #: The codes of the errors that the answer has, each once.
        self.errors: list[str] = []
        #: What is wrong with the credentials, if they were refused: a word, never what was sent.
        self.credentials: str | None = None
        self.phases: list[Phase] = []
        #: Of an answer that is a stream: the seconds until it was open, and the frames sent since.
        self.open_after: float | None = None
        self.frames = 0
        #: Of a WebSocket: why it was closed, by whichever side.
        self.close_code: int | None = None
        #: Called when it is open.
        self.when_opened: Callable[[], object] | None = None
        #: When there are traces: the id of the request's, and the operation's span.
        self.trace_id: str | None = None
        self.span: Any = None
        self._phase: str | None = None
        self._phase_started = 0.0

    def begin(self, phase: str, passed_over: Iterable[str] = ()) -> None:
        """Begin a phase, which ends the one before.

        ``passed_over`` are phases between the two that there was nothing to do in.
        """
        now = self.clock()
        if self._phase is not None:
            self.phases.append((self._phase, self._phase_started, now))
        for name in passed_over:
            self.phases.append((name, now, now))
        self._phase = phase
        self._phase_started = now

    def end(self) -> None:
        """End the phase under way, if there is one."""
        if self._phase is not None:
            self.phases.append((self._phase, self._phase_started, self.clock()))
            self._phase = None

    def note_error(self, code: str, cause: Exception | None = None) -> None:
        """Note the code of an error that the client receives, and why credentials are refused."""
        if code not in self.errors:
            self.errors.append(code)
        if isinstance(cause, Unauthenticated) and cause.reason is not None:
            self.credentials = cause.reason

    def note_errors(self, formatted: Iterable[Mapping[str, Any]]) -> None:
        """Note the codes of formatted errors, as the client receives them."""
        for code in sorted({error["extensions"]["code"] for error in formatted}):
            self.note_error(code)

    def opened(self) -> None:
        """The answer is a stream and begins: what is measured of a request ends here."""
        self.end()
        self.open_after = self.clock() - self.started
        if self.when_opened is not None:
            self.when_opened()

    def read(self, position: tuple[int, int] | None) -> None:
        """Note the state that something was read in, if that is known."""
        if position is None:
            return
        if self.read_at is None or position > self.read_at:
            self.read_at = position
        if self.oldest_read_at is None or position < self.oldest_read_at:
            self.oldest_read_at = position

    def is_behind(self, position: tuple[int, int] | None) -> bool:
        """Whether a state is older than what was seen, which the primary may have.

        Reads may have moved to another standby since that was looked at.
        """
        if position is None or self.at_least is None or self.at_primary:
            return False
        return position[0] < self.at_least[0]

    def set_operation(self, operation: str | None, digest: str) -> None:
        """Note the requested operation, and the SHA-256 of its document in hexadecimal."""
        self.operation = operation and operation[:_LONGEST_NAME]
        self.document = digest[:_SHORT_DIGEST]


def request_id_of(sent: bytes | None) -> str:
    """The id that a client or a proxy sent, if it is a short plain word; a random one if not."""
    if sent is not None and _SANE_ID.fullmatch(sent):
        return sent.decode("ascii")
    return os.urandom(8).hex()


def attach(record: RequestRecord, scope: MutableMapping[str, Any]) -> None:
    """Let the endpoints of this ASGI scope find the record."""
    scope[_KEY] = record


def record_of(scope: MutableMapping[str, Any]) -> RequestRecord:
    """The record of the request; one that nobody reads where requests are not recorded."""
    record = scope.get(_KEY)
    return record if record is not None else RequestRecord("", scope.get("method", WEBSOCKET))
