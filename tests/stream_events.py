"""Events as Panoptes and Talk publish them, and what they say.

All is read from the published JSON: nothing here is shared with the gateway.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

Event = dict[str, Any]


def classification(event_id: int, created_at: str, **said: Any) -> Event:
    """A classification; ``seconds`` is how long it took, the rest is named as in the event."""
    created = instant(created_at)
    started = created - timedelta(seconds=said.pop("seconds", 0))
    linked = said.pop("linked", {})
    links = {name: str(said.pop(name)) for name in ("project", "user", "workflow") if name in said}
    metadata = {
        "started_at": started.isoformat(),
        "finished_at": created.isoformat(),
        "user_group_ids": said.pop("groups", []),
    }
    data = {"id": str(event_id), "created_at": created_at, "metadata": metadata, "links": links}
    return {
        "source": "panoptes",
        "type": "classification",
        "data": data | said,
        "linked": linked,
    }


def comment(event_id: int, created_at: str, **said: Any) -> Event:
    """A post on Talk."""
    return {
        "source": "talk",
        "type": "comment",
        "data": {"id": event_id, "created_at": created_at, **said},
    }


def instant(text: str) -> datetime:
    """A published time; one without a zone is UTC."""
    there = datetime.fromisoformat(text.replace(" UTC", "+00:00"))
    return there if there.tzinfo else there.replace(tzinfo=UTC)


def held(events: Iterable[Event]) -> list[Event]:
    """The copies that hold once all events arrived in this order."""
    copies: dict[Hashable, Event] = {}
    for event in events:
        if event["type"] not in ("classification", "comment"):
            continue
        key = (event["type"], int(event["data"]["id"]))
        before = copies[key]["data"].get("updated_at") if key in copies else None
        after = event["data"].get("updated_at")
        if before is None or after is None or instant(after) >= instant(before):
            copies[key] = event
    return list(copies.values())


def user_of(event: Event) -> str | None:
    """The id of who classified or wrote; None if anonymous."""
    return _id(event["data"].get("user_id") or event["data"].get("links", {}).get("user"))


def project_of(event: Event) -> str | None:
    """The id of the project; None outside of all."""
    return _id(event["data"].get("project_id") or event["data"].get("links", {}).get("project"))


def workflow_of(event: Event) -> str | None:
    """The id of a classification's workflow."""
    return _id(event["data"]["links"]["workflow"])


def groups_of(event: Event) -> set[str]:
    """The ids of the groups that a classification counts to."""
    groups = event["data"]["metadata"].get("user_group_ids") or []
    return {str(group) for group in groups} if user_of(event) else set()


def seconds_of(event: Event) -> float:
    """How long a classification took: no time if that cannot be read, at most three hours."""
    metadata = event["data"].get("metadata", {})
    try:
        took = instant(metadata["finished_at"]) - instant(metadata["started_at"])
    except (KeyError, AttributeError, ValueError):
        return 0.0
    return min(max(took.total_seconds(), 0.0), 10_800.0)


def _id(value: Any) -> str | None:
    return None if value is None else str(value)
