"""Look-ahead: what an operation selects below a field, to load details with their list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLResolveInfo,
    InlineFragmentNode,
    SelectionSetNode,
)
from strawberry import Info

from gateway.execution_hints import lookahead_of


def selects(info: Info[Any, Any], *path: str, beyond: Iterable[str] = ()) -> bool:
    """Whether a field at this path below the current one is selected, other than ``beyond``.

    With the path ``("user",)`` it answers whether any field of ``user`` is selected. Fragments
    are followed whatever their condition, and ``@skip`` and ``@include`` are not looked at:
    loading too much is allowed here, too little is not.
    """
    raw = info._raw_info
    found = lookahead_of(raw.field_nodes)
    key = (path, frozenset(beyond))
    if key not in found:
        found[key] = _selects(raw, path, key[1])
    return found[key]


def reaches(info: Info[Any, Any], *path: str) -> bool:
    """Whether the operation selects the field at this path below the current one."""
    raw = info._raw_info
    found = lookahead_of(raw.field_nodes)
    if path not in found:
        *above, name = path
        found[path] = any(
            field.name.value == name
            for chosen in _below(raw, above)
            for field in _fields(chosen, raw.fragments)
        )
    return found[path]


def has_argument(info: Info[Any, Any], *path: str, argument: str) -> bool:
    """Whether the field at this path below the current one has an argument of this name.

    Its value makes no difference: loading too much is allowed.
    """
    raw = info._raw_info
    found = lookahead_of(raw.field_nodes)
    key = (path, argument)
    if key not in found:
        *above, name = path
        found[key] = any(
            field.name.value == name
            and any(one.name.value == argument for one in field.arguments or ())
            for chosen in _below(raw, above)
            for field in _fields(chosen, raw.fragments)
        )
    return found[key]


def _selects(raw: GraphQLResolveInfo[Any], path: tuple[str, ...], beyond: frozenset[str]) -> bool:
    passed = {"__typename", *beyond}
    return any(
        field.name.value not in passed
        for chosen in _below(raw, path)
        for field in _fields(chosen, raw.fragments)
    )


def _below(raw: GraphQLResolveInfo[Any], path: Sequence[str]) -> list[SelectionSetNode | None]:
    sets = [node.selection_set for node in raw.field_nodes]
    for name in path:
        sets = [
            field.selection_set
            for chosen in sets
            for field in _fields(chosen, raw.fragments)
            if field.name.value == name
        ]
    return sets


def _fields(
    chosen: SelectionSetNode | None, fragments: dict[str, FragmentDefinitionNode]
) -> Iterator[FieldNode]:
    for node in chosen.selections if chosen else ():
        if isinstance(node, FieldNode):
            yield node
        elif isinstance(node, InlineFragmentNode):
            yield from _fields(node.selection_set, fragments)
        elif isinstance(node, FragmentSpreadNode) and node.name.value in fragments:
            yield from _fields(fragments[node.name.value].selection_set, fragments)
