"""The tables of ``docs/groups.md``, printed from the code: ``make rules`` puts them there."""

from __future__ import annotations

import re
from collections.abc import Iterable

from gateway.groups.rules import RULES, Action, Relationship, Verdict
from tests.docs.markdown import ROOT
from tests.groups.ways import OF_OPERATORS, READ, WAYS, status_of

DOCUMENT = ROOT / "docs" / "groups.md"
_BEGIN, _END = (
    f"<!-- {word}: printed by `make rules` from gateway/groups/rules.py -->"
    for word in ("begin", "end")
)
_MARKED = re.compile(f"{re.escape(_BEGIN)}\n.*?{re.escape(_END)}\n", re.DOTALL)
_HEADINGS = [relationship.name.replace("_", " ").lower() for relationship in Relationship]
_NONE = "—"


def with_tables(text: str) -> str:
    """The document with the tables as they are now."""
    tables = f"{_BEGIN}\n\n{_rules()}\n\n{_doors()}\n\n{_END}\n"
    changed, number = _MARKED.subn(lambda _: tables, text)
    assert number == 1
    return changed


def _rules() -> str:
    rows = (
        [action, *(_cell(action, relationship) for relationship in Relationship)]
        for action in Action
    )
    return _table(["action", *_HEADINGS], rows)


def _cell(action: Action, relationship: Relationship) -> str:
    verdict = RULES[action][relationship]
    if action in OF_OPERATORS:
        return "by command" if verdict is Verdict.YES else _NONE
    if verdict in (Verdict.YES, Verdict.UNCHANGED):
        said = verdict.value
    elif verdict is Verdict.ADMINS_THEN:
        said = "admins of then: yes; others `NOT_FOUND`"
    else:
        said = f"`{verdict.value}`"
    routes = WAYS[action].routes
    if action in READ:
        return said if verdict is Verdict.YES or not routes else f"{said}, left out"
    statuses = dict.fromkeys(str(status_of(route, verdict)) for route in routes)
    return f"{said}, {' or '.join(statuses)}" if statuses else said


def _doors() -> str:
    rows = (
        [
            action,
            ", ".join(f"`{field}`" for field in ways.fields) or _NONE,
            ", ".join(map(str, ways.routes)) or _NONE,
        ]
        for action, ways in WAYS.items()
    )
    return _table(["action", "GraphQL", "JSON:API"], rows)


def _table(headings: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [list(headings), *map(list, rows)]
    lines.insert(1, ["---"] * len(lines[0]))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    DOCUMENT.write_text(with_tables(DOCUMENT.read_text()))
