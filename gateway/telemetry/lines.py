"""Log lines: JSON for machines, or columns for a terminal, and both for all that is logged.

What the gateway, Uvicorn and other libraries log through ``logging`` takes the same form as the
line of each request, which is written without that detour.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
import structlog
from structlog.typing import EventDict, Processor

from gateway.settings import LogFormat, LogLevel
from gateway.telemetry.record import RequestRecord

#: What probes ask for every few seconds is not worth a line each.
_PROBES = frozenset({"/livez", "/readyz"})
#: An instant in UTC as structlog writes it, ISO 8601 that ends with Z, and one line for each.
_AS_STRUCTLOG = orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE


def chosen_format(log_format: LogFormat) -> LogFormat:
    """``auto`` is ``console`` where standard error is a terminal, and ``json`` elsewhere."""
    if log_format != "auto":
        return log_format
    return "console" if sys.stderr.isatty() else "json"


def logging_config(log_format: LogFormat, level: LogLevel) -> dict[str, Any]:
    """What ``logging.config.dictConfig`` and Uvicorn take, also in worker processes.

    Of other libraries nothing below a warning is written.
    """
    number = _number(level)
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {"()": "gateway.telemetry.lines.line_formatter", "log_format": log_format}
        },
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": "line",
                "stream": "ext://sys.stderr",
            }
        },
        "root": {"handlers": ["stderr"], "level": max(number, logging.WARNING)},
        "loggers": {"gateway": {"level": number}, "uvicorn": {"level": number}},
    }


def line_formatter(log_format: LogFormat) -> logging.Formatter:
    """Write records of ``logging`` as lines of that format."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ExtraAdder(allow={"reference"}),
            _timestamp(),
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            *_rendering(log_format, _json_text),
        ],
    )


class RequestLog:
    """Writes one line for each request that is over."""

    def __init__(self, log_format: LogFormat, level: LogLevel) -> None:
        self._level = _number(level)
        self._write = _writing_columns() if log_format == "console" else _writing_json()

    def write(self, record: RequestRecord, seconds: float) -> None:
        """Write the line of a request that took so long; a probe's is of the level debug."""
        probe = record.route in _PROBES
        if self._level > (logging.DEBUG if probe else logging.INFO):
            return
        line: dict[str, Any] = {
            "request_id": record.request_id,
            "method": record.method,
            "route": record.route,
            "status": record.status,
            # Whole microseconds: rounding to three digits takes several times as long.
            "ms": round(seconds * 1_000_000) / 1000,
            "viewer": record.viewer,
            "statements": record.statements,
        }
        if record.errors:
            line["errors"] = record.errors
        if record.credentials is not None:
            line["credentials"] = record.credentials
        if record.open_after is not None:
            line["frames"] = record.frames
        if record.close_code is not None:
            line["close_code"] = record.close_code
        if record.result is not None:
            line["result"] = record.result.value
            line["operation"] = record.operation
            line["document"] = record.document
            line["cost"] = record.cost
            line["phases"] = {
                name: round((ended - started) * 1_000_000) / 1000
                for name, started, ended in record.phases
            }
        if record.trace_id is not None:
            line["trace_id"] = record.trace_id
        self._write("debug" if probe else "info", line)


def _writing_json() -> Callable[[str, dict[str, Any]], None]:
    """Write a line without structlog's processors, which cost more than a cached answer."""
    stream = sys.stderr.buffer
    write, flush = stream.write, stream.flush

    def write_json(level: str, line: dict[str, Any]) -> None:
        line["event"] = "request"
        line["level"] = level
        line["timestamp"] = datetime.now(UTC)
        write(orjson.dumps(line, option=_AS_STRUCTLOG))
        flush()

    return write_json


def _writing_columns() -> Callable[[str, dict[str, Any]], None]:
    render = _rendering("console", _json_text)
    stamp = _timestamp()
    write = structlog.PrintLogger(sys.stderr).msg

    def write_columns(level: str, line: dict[str, Any]) -> None:
        # What one looks for first comes first, and an id that is long and random last.
        request_id = line.pop("request_id")
        first = {name: line.pop(name) for name in ("route", "status")}
        ordered = {**first, **line, "request_id": request_id}
        event: Any = stamp(None, level, {**ordered, "event": "request", "level": level})
        for processor in render:
            event = processor(None, level, event)
        write(event)

    return write_columns


def _number(level: LogLevel) -> int:
    return logging.getLevelNamesMapping()[level.upper()]


def _timestamp() -> Processor:
    return structlog.processors.TimeStamper(fmt="iso", utc=True)


def _rendering(log_format: LogFormat, json: Processor) -> Sequence[Processor]:
    if log_format == "console":
        # Plain tracebacks: rich ones show local variables, and with them what people asked.
        plain = structlog.dev.plain_traceback
        colors = sys.stderr.isatty()
        return [
            structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=plain, sort_keys=False)
        ]
    return [structlog.processors.format_exc_info, json]


def _json_text(_: object, __: str, event: EventDict) -> str:
    return orjson.dumps(event, default=str).decode()
