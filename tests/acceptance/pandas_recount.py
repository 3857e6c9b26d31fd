"""Counts an export with pandas alone: nothing here is taken from the service."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pandas as pd

#: What each period is called in pandas; weeks end on Sunday, so they start on Monday.
PERIODS = {"DAY": "D", "WEEK": "W-SUN", "MONTH": "M", "YEAR": "Y"}
LONGEST_SESSION_MS = 3 * 60 * 60 * 1000


def read_export(path: Path) -> pd.DataFrame:
    """A row for each classification: when, by whom (missing if anonymous), where, how long."""
    columns = ["created_at", "user_id", "workflow_id", "metadata"]
    export = pd.read_csv(path, usecols=columns, na_values=["NA"])
    metadata = pd.json_normalize(export["metadata"].map(orjson.loads).tolist(), max_level=0)
    session = instants(metadata["finished_at"]) - instants(metadata["started_at"])
    return pd.DataFrame(
        {
            "at": pd.to_datetime(export["created_at"], format="%Y-%m-%d %H:%M:%S UTC"),
            "user": export["user_id"].astype("Int64"),
            "workflow": export["workflow_id"],
            "ms": (session // pd.Timedelta(milliseconds=1)).clip(0, LONGEST_SESSION_MS),
        }
    )


def instants(texts: "pd.Series[Any]") -> "pd.Series[Any]":
    return pd.to_datetime(texts, format="%Y-%m-%dT%H:%M:%S.%fZ")


def statistics(events: pd.DataFrame) -> dict[str, Any]:
    """What a page shows of some events, as the service would write it."""
    found: dict[str, Any] = totals(events, "totalCount")
    for name, frequency in PERIODS.items():
        starts = events["at"].dt.to_period(frequency).dt.start_time.dt.strftime("%Y-%m-%d")
        found[name.lower()] = [
            {"startsOn": start, **totals(bucket, "count")}
            for start, bucket in events.groupby(starts)
        ]
    return found


def totals(events: pd.DataFrame, count: str) -> dict[str, Any]:
    return {count: len(events), "timeSpent": int(events["ms"].sum()) / 1000}


def contributions(events: pd.DataFrame, project: str) -> list[dict[str, Any]]:
    """An export is of one project: the only one that anybody in it contributed to."""
    if events.empty:
        return []
    last = events["at"].max().strftime("%Y-%m-%d")
    return [{"project": {"id": project}, **totals(events, "count"), "lastContributedOn": last}]


def ranked(events: pd.DataFrame, columns: Callable[[pd.DataFrame], Any]) -> list[dict[str, Any]]:
    """Each volunteer's sums: most classifications first, ties by ascending id."""
    members = [
        {"user": {"id": str(user)}, **columns(done)} for user, done in events.groupby("user")
    ]
    return sorted(members, key=lambda one: (-one["count"], int(one["user"]["id"])))
