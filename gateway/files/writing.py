"""Write a file: execute its operations, and write their rows to a spool as CSV or JSON."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from functools import partial
from typing import Any

import orjson

from gateway.auth.viewer import Viewer
from gateway.files.cells import csv_lines
from gateway.files.kinds import Columns, FileKind, Node, RunQuery, Variables
from gateway.files.spool import Spool
from gateway.graphql.documents.request import GraphQLRequest
from gateway.graphql.execution.executor import Executor
from gateway.graphql.execution.series import ExecuteQuery
from gateway.graphql.refusals import (
    AnswerTooLarge,
    CostTooHigh,
    SeriesTooCostly,
    TooManyValues,
)
from gateway.telemetry.record import RequestRecord
from gateway.yielding import beside

CSV = "text/csv"

#: Parsing so many bytes takes about as long as making a row.
_BYTES_A_ROW = 100
#: A page costs as if it were full, and most groups are small: the next page is so many times
#: larger. One that is too large for an operation is read in as many parts.
_FIRST, _PARTS = 100, 4
_TOO_LARGE = (AnswerTooLarge, CostTooHigh, TooManyValues)


class AnswerRefused(Exception):
    """Error: the operation has no data, or not all; ``error`` is its first one."""

    def __init__(self, error: Mapping[str, Any]) -> None:
        super().__init__(error["message"])
        self.error = {"message": error["message"], "extensions": error["extensions"]}


async def write_file(
    executor: Executor,
    kind: FileKind,
    variables: Variables,
    media: str,
    viewer: Viewer,
    record: RequestRecord,
    spool: Spool,
) -> None:
    """Write a whole file to the spool, from one snapshot that is closed when this returns.

    Raises errors of the operation, AnswerRefused for an error in its response, and FileTooLarge.
    """
    async with executor.in_one_snapshot(viewer, record) as execute:
        run_query = partial(_run_query, execute)
        if media == CSV:
            columns = await kind.columns(run_query, variables)
            await spool.write(csv_lines([columns.names]))
            async with aclosing(_pages(run_query, kind, variables)) as pages:
                async for nodes in pages:
                    size = len(nodes) * len(columns.names)
                    await spool.write(await beside(size, partial(_lines, columns, nodes)))
            return
        before = b"["
        async with aclosing(_pages(run_query, kind, variables)) as pages:
            async for nodes in pages:
                if nodes:
                    await spool.write(before + b",\n".join(map(orjson.dumps, nodes)))
                    before = b",\n"
        await spool.write(b"[]\n" if before == b"[" else b"]\n")


async def _pages(
    run_query: RunQuery, kind: FileKind, variables: Variables
) -> AsyncGenerator[Sequence[Node]]:
    """The rows, a page at a time."""
    if kind.page_size is None:
        yield _at(kind, await run_query(kind.document, variables))
        return
    most, after = kind.page_size, None
    size = _FIRST
    while True:
        size = min(size, most)
        paged = {**variables, "first": size, "after": after}
        try:
            page = _at(kind, await run_query(kind.document, paged))
        except _TOO_LARGE as error:
            if isinstance(error, SeriesTooCostly) or size < _PARTS:
                raise
            most = size // _PARTS
            continue
        yield page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return
        after = page["pageInfo"]["endCursor"]
        size *= _PARTS


def _at(kind: FileKind, data: Node) -> Any:
    found: Any = data
    for name in kind.rows_path:
        found = found[name]
    return found


def _lines(columns: Columns, nodes: Sequence[Node]) -> bytes:
    return csv_lines(map(columns.cells, nodes))


async def _run_query(execute: ExecuteQuery, document: str, variables: Variables) -> Node:
    answer = await execute(GraphQLRequest(document, dict(variables)))
    # The parts of an answer are JSON already.
    text = orjson.dumps(answer)
    content = await beside(len(text) // _BYTES_A_ROW, partial(orjson.loads, text))
    if content.get("errors"):
        raise AnswerRefused(content["errors"][0])
    data: Node = content["data"]
    return data
