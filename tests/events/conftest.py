from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

import gateway
from gateway.events.event import Batch
from gateway.events.exports import Origin
from gateway.events.opening import open_source

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DEMO = Path(gateway.__file__).parent / "demo"


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., str]:
    """Writes a file and returns its path; ``packed`` compresses it."""

    def write(content: str | bytes, name: str = "events.txt", *, packed: bool = False) -> str:
        data = content.encode() if isinstance(content, str) else content
        path = tmp_path / name
        path.write_bytes(gzip.compress(data) if packed else data)
        return str(path)

    return write


def read_all(path: str, origin: Origin | None = None, size: int = 10_000) -> Batch:
    """All that a file gives, as one batch."""
    whole = Batch()
    for batch in open_source(path, origin or Origin()).batches(NOW, size):
        whole.classifications += batch.classifications
        whole.comments += batch.comments
        whole.rejects += batch.rejects
        whole.ignored += batch.ignored
        whole.left_out.update(batch.left_out)
        whole.names.users |= batch.names.users
        whole.names.projects |= batch.names.projects
        whole.names.workflows |= batch.names.workflows
    return whole
