"""Writing a file: its operations are executed, and their rows go into a spool."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from functools import partial
from typing import Any

import orjson

from gateway.auth.viewer import Viewer
from gateway.files.cells import csv_lines
from gateway.files.kinds import Ask, Columns, FileKind, Node, Variables
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

#: About as long does it take to read these again as to make a row.
_BYTES_A_ROW = 100
#: A page costs as if it were full, and most groups are small: the next page is so many times
#: larger. One that is too large for an operation is read in as many parts.
_FIRST, _PARTS = 100, 4
_TOO_LARGE = (AnswerTooLarge, CostTooHigh, TooManyValues)


class AnswerRefused(Exception):
    """The operation has no data, or not all; ``error`` is the first that it tells."""

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
    """Write all of a file into the spool, from one snapshot; nothing is held when it returns.

    Raises what refuses the operation, AnswerRefused for an error in its answer, and FileTooLarge.
    """
    async with executor.in_one_snapshot(viewer, record) as execute:
        ask = partial(_ask, execute)
        if media == CSV:
            columns = await kind.columns(ask, variables)
            await spool.write(csv_lines([columns.names]))
            async with aclosing(_pages(ask, kind, variables)) as pages:
                async for nodes in pages:
                    size = len(nodes) * len(columns.names)
                    await spool.write(await beside(size, partial(_lines, columns, nodes)))
            return
        before = b"["
        async with aclosing(_pages(ask, kind, variables)) as pages:
            async for nodes in pages:
                if nodes:
                    await spool.write(before + b",\n".join(map(orjson.dumps, nodes)))
                    before = b",\n"
        await spool.write(b"[]\n" if before == b"[" else b"]\n")


async def _pages(ask: Ask, kind: FileKind, variables: Variables) -> AsyncGenerator[Sequence[Node]]:
    """The rows, a page at a time."""
    if kind.page_size is None:
        yield _at(kind, await ask(kind.document, variables))
        return
    most, after = kind.page_size, None
    size = _FIRST
    while True:
        size = min(size, most)
        paged = {**variables, "first": size, "after": after}
        try:
            page = _at(kind, await ask(kind.document, paged))
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
    for name in kind.place:
        found = found[name]
    return found


def _lines(columns: Columns, nodes: Sequence[Node]) -> bytes:
    return csv_lines(map(columns.cells, nodes))


async def _ask(execute: ExecuteQuery, document: str, variables: Variables) -> Node:
    answer = await execute(GraphQLRequest(document, dict(variables)))
    # The parts of an answer are JSON already.
    text = orjson.dumps(answer)
    content = await beside(len(text) // _BYTES_A_ROW, partial(orjson.loads, text))
    if content.get("errors"):
        raise AnswerRefused(content["errors"][0])
    data: Node = content["data"]
    return data
