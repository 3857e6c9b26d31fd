"""Traces by OpenTelemetry, exported by OTLP over HTTP; the standard OTEL_* variables configure it.

Spans: the request, its operation, the phases of that, each batch of a loader, each statement.
Nothing here is imported, and nothing costs anything, unless traces are switched on.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.semconv.attributes import (
    db_attributes,
    error_attributes,
    http_attributes,
    service_attributes,
)
from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from sqlalchemy import Dialect

from gateway.telemetry.record import RequestRecord

_W3C = TraceContextTextMapPropagator()


class Tracing:
    """Opens spans; each is the child of the one that is open around it."""

    def __init__(self, processor: SpanProcessor, version: str) -> None:
        resource = Resource.create({service_attributes.SERVICE_VERSION: version})
        if str(resource.attributes["service.name"]).startswith("unknown_service"):
            resource = resource.merge(Resource({service_attributes.SERVICE_NAME: "stats-gateway"}))
        self._provider = TracerProvider(resource=resource)
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("stats-gateway", version)

    def close(self) -> None:
        """Send what was not sent yet; it blocks."""
        self._provider.shutdown()

    @contextmanager
    def request(self, record: RequestRecord, carried: dict[str, str]) -> Iterator[None]:
        """The span of a request whose W3C headers, if any, are ``carried``."""
        with self._tracer.start_as_current_span(
            record.method, _W3C.extract(carried), kind=SpanKind.SERVER, record_exception=False
        ) as span:
            record.trace_id = trace.format_trace_id(span.get_span_context().trace_id)
            try:
                yield
            finally:
                _describe_request(span, record)
                self._phases(record)

    @contextmanager
    def operation(self, record: RequestRecord) -> Iterator[None]:
        """The span of an operation, with what its record tells at the end."""
        # Errors that clients see are no exceptions of ours, and their words may quote values.
        with self._tracer.start_as_current_span(
            "GraphQL operation", record_exception=False, set_status_on_exception=False
        ) as span:
            record.span = span if span.is_recording() else None
            try:
                yield
            finally:
                _describe_operation(span, record)

    @contextmanager
    def batch(self, size: int) -> Iterator[None]:
        """The span of a batch: so many keys that loaders look up together."""
        with self._tracer.start_as_current_span(
            "load",
            attributes={"stats_gateway.wave_size": size},
            record_exception=False,
            set_status_on_exception=False,
        ):
            yield

    @contextmanager
    def statement(self, text: str, dialect: Dialect) -> Iterator[None]:
        """The span of a statement: its text, with placeholders and never values."""
        with self._tracer.start_as_current_span(
            "SQL",
            kind=SpanKind.CLIENT,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            if span.is_recording():
                span.set_attribute(db_attributes.DB_SYSTEM_NAME, dialect.name)
                span.set_attribute(db_attributes.DB_QUERY_TEXT, text)
            try:
                yield
            except BaseException as error:
                span.set_status(Status(StatusCode.ERROR))
                span.set_attribute(error_attributes.ERROR_TYPE, type(error).__qualname__)
                raise

    def _phases(self, record: RequestRecord) -> None:
        """Spans of the operation's phases, which are known when they are over."""
        if record.span is None:
            return
        parent = trace.set_span_in_context(record.span)
        # The record's clock counts from anywhere; spans count from the epoch.
        epoch = time.time_ns() - int(record.clock() * 1e9)
        for name, started, ended in record.phases:
            span = self._tracer.start_span(name, parent, start_time=epoch + int(started * 1e9))
            span.end(epoch + int(ended * 1e9))


def _describe_request(span: Span, record: RequestRecord) -> None:
    span.update_name(f"{record.method} {record.route}" if record.route else record.method)
    span.set_attribute(http_attributes.HTTP_REQUEST_METHOD, record.method)
    span.set_attribute("stats_gateway.request_id", record.request_id)
    if record.route is not None:
        span.set_attribute(http_attributes.HTTP_ROUTE, record.route)
    if record.status is not None:
        span.set_attribute(http_attributes.HTTP_RESPONSE_STATUS_CODE, record.status)
        if record.status >= 500:
            span.set_status(Status(StatusCode.ERROR))


def _describe_operation(span: Span, record: RequestRecord) -> None:
    for name, value in (
        ("graphql.operation.name", record.operation),
        ("graphql.document.id", record.document),
        ("stats_gateway.viewer", record.viewer),
        ("stats_gateway.cost", record.cost),
        ("stats_gateway.statements", record.statements),
    ):
        if value is not None:
            span.set_attribute(name, value)


def exporting(version: str) -> Tracing:
    """Send spans in batches, from a thread, to where OTEL_EXPORTER_OTLP_ENDPOINT says."""
    return Tracing(BatchSpanProcessor(OTLPSpanExporter()), version)
