"""Write classifications as a site would have them, the same for the same arguments.

    python -m benchmarks.generate 10_000_000 events.parquet

Parquet in the columns of ERAS's ``classification_events``. Volunteers come in sessions: some
twelve classifications of one workflow on one day. A seventh of the sessions is anonymous; a few
volunteers do most of the rest. Group 1 has 1,500 dense members, group 2 has 300, and further
groups have 30 each; every tenth volunteer is in a second group.
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

FIRST_ID = 100_000_000
FIRST_DAY = "2022-01-01"
DAYS = 4 * 365
SESSION = 12
PROJECTS = 120
#: The members of group 1 are the volunteers up to this id, of group 2 those up to the next.
LARGE, MEDIUM, SMALL = 1_500, 1_800, 30

_EVENTS = """
CREATE MACRO chance(seed, salt) AS (hash(seed, salt) % 1000000) / 1000000.0;
COPY (
  WITH session AS (
    SELECT
      s,
      CASE WHEN chance(s, 1) >= 0.142
        THEN 1 + floor($users * pow(chance(s, 2), 3))::BIGINT END AS user_id,
      1 + floor($projects * pow(chance(s, 3), 2))::BIGINT AS project_id,
      floor(3 * chance(s, 4))::BIGINT AS task,
      TIMESTAMP '{first_day}'
        + to_microseconds((s * ($days * 86400000000.0 / $sessions))::BIGINT) AS began,
      chance(s, 5) < 0.6 AS for_groups
    FROM range($sessions) AS sessions(s)
  ),
  event AS (
    SELECT
      i,
      session.*,
      -- Multiples of an eighth of a second: sums are exact however they are added up.
      began + to_microseconds((i % $session) * 61000000) AS started_at,
      125000 * (1 + hash(i, 6) % 480)::BIGINT AS took
    FROM range($events) AS events(i) JOIN session ON session.s = i // $session
  )
  SELECT
    $first_id + i AS classification_id,
    started_at + to_microseconds(took + 40000) AS event_time,
    started_at + to_microseconds(took + 90000) AS classification_updated_at,
    started_at,
    started_at + to_microseconds(took) AS finished_at,
    project_id,
    project_id * 10 + task AS workflow_id,
    user_id,
    CASE WHEN user_id IS NULL OR NOT for_groups THEN []::BIGINT[] ELSE list_concat(
      [CASE WHEN user_id <= $large THEN 1 WHEN user_id <= $medium THEN 2
        ELSE 3 + (user_id - $medium) // $small END],
      CASE WHEN user_id % 10 = 0 THEN [100000 + user_id // 300] ELSE [] END
    ) END AS user_group_ids,
    took / 1000000.0 AS session_time,
    false AS already_seen
  FROM event ORDER BY i
) TO '{file}' (FORMAT parquet, ROW_GROUP_SIZE 122880)
"""


def generate(events: int, file: Path) -> None:
    """Write that many events; a file that is there is overwritten."""
    with duckdb.connect(config={"memory_limit": "2GB"}) as connection:
        connection.execute("SET enable_progress_bar = false")
        connection.execute(
            _EVENTS.format(first_day=FIRST_DAY, file=str(file).replace("'", "''")),
            {
                "events": events,
                "sessions": -(-events // SESSION),
                "session": SESSION,
                "users": max(2 * MEDIUM, events // 50),
                "projects": PROJECTS,
                "days": DAYS,
                "first_id": FIRST_ID,
                "large": LARGE,
                "medium": MEDIUM,
                "small": SMALL,
            },
        )


if __name__ == "__main__":
    generate(int(sys.argv[1]), Path(sys.argv[2]))
