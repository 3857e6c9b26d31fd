"""A process that reads files made up by atheris, guided by the code that they reach: run with -m.

The arguments are libFuzzer's. Only reading is guided: it is ten times as fast as an import,
and all that depends on a file's bytes. Files that reach something new are kept in the first
directory that is named; whoever runs this imports them.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["gateway.events"]):
    import gateway.events

    for _module in pkgutil.walk_packages(gateway.events.__path__, "gateway.events."):
        importlib.import_module(_module.name)

from gateway.errors import UnreadableFile
from gateway.events.exports import Origin
from gateway.events.opening import open_source
from tests.cli.import_check import is_sentence
from tests.events.conftest import NOW

#: It is written where the process runs.
FILE = Path("file")


def read(content: bytes) -> None:
    """Read a file to its end; it must be readable, or unreadable in one sentence."""
    FILE.write_bytes(content)
    try:
        for _ in open_source(str(FILE), Origin(project_id=5)).batches(NOW):
            pass
    except UnreadableFile as error:
        if not is_sentence(error.message):
            raise AssertionError(error.message) from error


if __name__ == "__main__":
    atheris.Setup(sys.argv, read)
    atheris.Fuzz()
