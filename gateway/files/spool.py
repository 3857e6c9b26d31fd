"""Spool: a file that is written first and read then, in memory while it is small."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Self

from gateway.files.refusals import FileTooLarge

#: Beyond this it is a file of the disk, without a name there.
_IN_MEMORY = 1_048_576
_CHUNK = 65_536


class Spool:
    """At most ``limit`` bytes; gone when it is closed."""

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

    async def start_again(self) -> None:
        """Forget what was written."""
        if self.size:
            self.size = 0
            await asyncio.to_thread(self._empty)

    def _empty(self) -> None:
        self._file.seek(0)
        self._file.truncate()

    async def chunks(self) -> AsyncIterator[bytes]:
        """All that was written, from the beginning."""
        self._file.seek(0)
        while chunk := await self._read():
            yield chunk

    async def _read(self) -> bytes:
        if self.size <= _IN_MEMORY:
            return self._file.read(_CHUNK)
        return await asyncio.to_thread(self._file.read, _CHUNK)

    def close(self) -> None:
        """Forget it."""
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
