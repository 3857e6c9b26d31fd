"""Spool: a temporary file that is written first and then read, in memory while it is small."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Self

from gateway.files.refusals import FileTooLarge

#: In bytes; a larger spool is an unnamed file on the disk.
_IN_MEMORY = 1_048_576
_CHUNK = 65_536


class Spool:
    """Temporary file of at most ``limit`` bytes; closing it deletes it."""

    def __init__(self, limit: int) -> None:
        self.size = 0
        self._limit = limit
        self._file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115

    async def write(self, data: bytes) -> None:
        """Write more; FileTooLarge, with nothing written, beyond the limit."""
        if self.size + len(data) > self._limit:
            raise FileTooLarge(self._limit)
        self.size += len(data)
        if self.size <= _IN_MEMORY:
            self._file.write(data)
        else:
            await asyncio.to_thread(self._file.write, data)

    async def reset(self) -> None:
        """Discard what was written."""
        if self.size:
            self.size = 0
            await asyncio.to_thread(self._empty)

    def _empty(self) -> None:
        self._file.seek(0)
        self._file.truncate()

    async def chunks(self) -> AsyncIterator[bytes]:
        """Chunks of all that was written, from the beginning."""
        self._file.seek(0)
        while chunk := await self._read():
            yield chunk

    async def _read(self) -> bytes:
        if self.size <= _IN_MEMORY:
            return self._file.read(_CHUNK)
        return await asyncio.to_thread(self._file.read, _CHUNK)

    def close(self) -> None:
        """Close and delete the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
