"""What the served gateway of these tests counts: today, and on days that are always the same."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from gateway.directory.load import load_directory
from gateway.events.event import Batch, Classification, Comment
from gateway.rollups.apply_batch import apply_batch
from tests.events_of import HOUR_MS, comment, instant

ADA, BERT, CARA = 77, 78, 79
GALAXIES, WHALES = 5, 6
SHAPES, SPIRALS, SONGS = 51, 52, 61
OWLS = 3

#: Of January 2024, when all is older than today: classifications by day.
JANUARY = {1: 4, 2: 1, 10: 6, 31: 2}
#: And of the 31 days before.
DECEMBER = {5: 3, 31: 1}

DIRECTORY = {
    "users": [
        {"id": ADA, "login": "ada", "display_name": "Ada"},
        {"id": BERT, "login": "bert", "display_name": "Bert"},
        {"id": CARA, "login": "cara", "display_name": "Cara"},
    ],
    "projects": [
        {"id": GALAXIES, "slug": "zoo/galaxies", "display_name": "Galaxies"},
        {"id": WHALES, "slug": "zoo/whales", "display_name": "<b>Whales</b> & wild songs"},
    ],
    "workflows": [
        {
            "id": SHAPES,
            "project_id": GALAXIES,
            "display_name": "Shapes",
            "active": True,
            "subjects_count": 100,
            "retirement_count": 20,
            "completeness": 0.25,
        },
        {
            "id": SPIRALS,
            "project_id": GALAXIES,
            "display_name": "Spirals",
            "active": False,
            "completeness": 1,
        },
        {"id": SONGS, "project_id": WHALES, "display_name": "Songs"},
    ],
    "user_groups": [
        {
            "id": OWLS,
            "name": "wild-owls",
            "display_name": "Wild owls",
            "stats_visibility": "public_show_all",
        }
    ],
}


def now() -> int:
    """Microseconds since 1970."""
    return (datetime.now(UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def classified(
    event_id: int,
    at: int,
    user: int | None = ADA,
    workflow: int = SHAPES,
    groups: tuple[int, ...] = (),
) -> Classification:
    """A classification of half an hour; the workflow tells its project."""
    project = WHALES if workflow == SONGS else GALAXIES
    return Classification(event_id, at, None, user, project, workflow, HOUR_MS // 2, groups)


def write_history(connection: Connection) -> None:
    """All that these tests find when they begin."""
    load_directory(connection, DIRECTORY)
    apply_batch(connection, Batch(classifications=_classifications(), comments=_comments()))


def _classifications() -> list[Classification]:
    days = [
        instant(f"{month}-{day:02}T12:00")
        for month, counts in (("2023-12", DECEMBER), ("2024-01", JANUARY))
        for day, count in counts.items()
        for _ in range(count)
    ]
    users = (ADA, BERT, None)
    rows = [classified(n, at, users[n % 3]) for n, at in enumerate(days, 1)]
    whales = [instant("2023-11-05T08:00"), instant("2024-03-09T08:00")]
    rows += [classified(100 + n, at, CARA, SONGS, (OWLS,)) for n, at in enumerate(whales)]
    return rows


def _comments() -> list[Comment]:
    return [
        comment(1, "2024-01-10T12:00", user=ADA, project=GALAXIES),
        comment(2, "2024-01-10T13:00", user=BERT, project=GALAXIES),
    ]
