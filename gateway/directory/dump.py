"""Dump the directory: a document with all that ``stats-gateway directory load`` can store."""

from __future__ import annotations

from collections.abc import Callable

import orjson
from sqlalchemy import func, select

from gateway.db import Snapshot
from gateway.directory.dump_lists import DIRECTORY, JOIN_LINKS

#: Called with a list's name, the number of its entries written so far, and of all.
Progress = Callable[[str, int, int], None]


async def dump_directory(
    snapshot: Snapshot,
    write: Callable[[bytes], object],
    progress: Progress = lambda _name, _done, _total: None,
    *,
    with_join_tokens: bool = False,
) -> dict[str, int]:
    """Write the directory of one snapshot as JSON, a line for each entry; the entries of each list.

    Only some entries are in memory at a time. Join links are left out, unless they are requested
    with their tokens: whoever reads those can join.
    """
    lists = (*DIRECTORY, JOIN_LINKS) if with_join_tokens else DIRECTORY
    numbers: dict[str, int] = {}
    for index, (name, rows, entry) in enumerate(lists):
        counted = select(func.count()).select_from(rows.order_by(None).subquery())
        total, done = int((await snapshot.fetch(counted))[0][0]), 0
        write(b'{"' if index == 0 else b',\n"')
        write(name.encode() + b'": [')
        progress(name, done, total)
        async for part in snapshot.partitions(rows):
            lines = b",\n".join(orjson.dumps(entry(row)) for row in part)
            write((b",\n" if done else b"\n") + lines)
            done += len(part)
            progress(name, done, total)
        write(b"\n]" if done else b"]")
        numbers[name] = done
    write(b"}\n")
    return numbers
