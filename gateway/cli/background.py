"""Background commands: they run beside a server, at the lowest priority, and end with it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

_LOWEST = 19
#: How long a command may take to end before it is killed.
_TIMEOUT_SECONDS = 3


async def run_beside(
    *command: str, folder: Path, environment: Mapping[str, str], log: BinaryIO
) -> int:
    """Run a command and return its exit status; its output goes to ``log``.

    If this is cancelled, its whole process group ends. OSError if there is no such command.
    """
    # A process group of its own: all of it can be ended, and Ctrl-C does not reach it directly.
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        env=environment,
        stdin=DEVNULL,
        stdout=log,
        stderr=STDOUT,
        start_new_session=True,
    )
    if sys.platform != "win32":
        with suppress(OSError):
            os.setpriority(os.PRIO_PGRP, process.pid, _LOWEST)
    try:
        return await process.wait()
    except asyncio.CancelledError:
        await _end(process)
        raise


async def output_of(*command: str, environment: Mapping[str, str]) -> str | None:
    """Output of a short command; None if it fails or is not there."""
    try:
        process = await asyncio.create_subprocess_exec(
            *command, env=environment, stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL
        )
    except OSError:
        return None
    output, _ = await process.communicate()
    return None if process.returncode else output.decode(errors="replace").strip()


async def _end(process: Process) -> None:
    _signal(process, signal.SIGTERM)
    try:
        await asyncio.wait_for(process.wait(), _TIMEOUT_SECONDS)
    except TimeoutError:
        _signal(process, signal.SIGKILL)
        await process.wait()


def _signal(process: Process, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)
