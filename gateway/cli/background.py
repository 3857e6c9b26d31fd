"""Commands that run beside a server, at the lowest priority, and end with it."""

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
#: How long a command that is to end may take before it is killed.
_TIMEOUT_SECONDS = 3


async def run_beside(
    *command: str, folder: Path, environment: Mapping[str, str], log: BinaryIO
) -> int:
    """Run a command with all that it starts; its exit status.

    What it says goes to ``log``. If this is cancelled, all of it ends. OSError if it is not there.
    """
    # A group of its own, so that all of it can be ended, and that Ctrl-C reaches it only that way.
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


async def said_by(*command: str, environment: Mapping[str, str]) -> str | None:
    """What a short command writes; None if it fails or is not there."""
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
