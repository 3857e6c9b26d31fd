"""The ways by which an operation comes to groups and volunteers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from tests.authorization.mission import exists, refusal
from tests.authorization.walk import Path, Step, Style, refused

#: Writes the root fields that ask for these ids with that selection.
Entry = Callable[[Iterable[int], str], str]


def _entities(type_name: str) -> Entry:
    def write(ids: Iterable[int], selection: str) -> str:
        one = '{{ __typename: "{}", id: "{}" }}'.format
        asked = ", ".join(one(type_name, each) for each in ids)
        return f"_entities(representations: [{asked}]) {{ ... on {type_name} {selection} }}"

    return write


def _each(field: str) -> Entry:
    return lambda ids, selection: " ".join(
        f"one{each}: {field}(id: {each}) {selection}" for each in ids
    )


def _list(field: str) -> Entry:
    return lambda ids, selection: f"many: {field}(ids: {[*ids]}) {selection}"


TO_ENTITIES = {kind: _entities(kind) for kind in ("Project", "User", "UserGroup", "Workflow")}
TO_GROUPS: dict[str, Entry] = {
    "one by one": _each("userGroup"),
    "a list": _list("userGroupsByIds"),
    "_entities": TO_ENTITIES["UserGroup"],
}
TO_USERS: dict[str, Entry] = {
    "me": lambda _, selection: f"me {selection}",
    "one by one": _each("user"),
    "a list": _list("usersByIds"),
    "_entities": TO_ENTITIES["User"],
}


def expected_errors(
    style: Style, asking: str, steps: Iterable[Step], data: dict[str, Any], groups: list[int]
) -> dict[Path, str]:
    """Codes by path for an answer; ``groups`` are those it was asked for, if it was for groups."""
    steps, code, found = tuple(steps), refusal(asking), {}
    for name, root in data.items():
        values = root if isinstance(root, list) else [root]
        for index, one in enumerate(values):
            path: Path = (name, index) if isinstance(root, list) else (name,)
            if one is not None:
                found |= dict.fromkeys(refused(style, asking, steps, one, path), code)
            elif groups:
                group = groups[index] if isinstance(root, list) else int(name.removeprefix("one"))
                assert not exists(asking, group), f"{asking} is not told of {group}"
                if name != "many":
                    found[path] = "NOT_FOUND"
    return found
