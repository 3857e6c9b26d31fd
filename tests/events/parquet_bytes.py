"""Parquet files as DuckDB writes them."""

from __future__ import annotations

import tempfile
from pathlib import Path

import duckdb


def parquet_bytes(select: str, compression: str = "snappy") -> bytes:
    """The rows of a SELECT as a Parquet file."""
    with tempfile.TemporaryDirectory() as directory, duckdb.connect() as connection:
        path = Path(directory) / "written"
        connection.execute(
            f"COPY ({select}) TO '{path}' (FORMAT parquet, COMPRESSION {compression})"
        )
        return path.read_bytes()


def table(**cells: str) -> str:
    """A SELECT of one classification; ``cells`` are other values for its columns."""
    columns = {
        "classification_id": "5::BIGINT",
        "event_time": "TIMESTAMPTZ '2021-12-21 11:41:31.238+00'",
        "classification_updated_at": "TIMESTAMP '2021-12-21 11:41:31.238'",
        "started_at": "TIMESTAMP '2021-12-21 11:41:00'",
        "finished_at": "TIMESTAMP '2021-12-21 11:41:30.5'",
        "project_id": "12::INTEGER",
        "workflow_id": "105::BIGINT",
        "user_id": "1021::BIGINT",
        "user_group_ids": "[9, 3, 9]::BIGINT[]",
        "session_time": "1::DOUBLE",
        "already_seen": "true",
    } | cells
    return "SELECT " + ", ".join(f"{value} AS {name}" for name, value in columns.items())
