"""The pages that are asked for."""

from __future__ import annotations

from benchmarks.memory.data import MEMBERS, YEAR
from benchmarks.question import page

QUESTIONS = (
    page("group page", "group", {"id": "1", **YEAR}),
    page("twenty group cards", "group_cards"),
    page("contributors page", "contributors", {"id": "1"}),
    page("roster of 1,500", "contributors", {"id": "1", "first": MEMBERS, "projects": None}),
)
