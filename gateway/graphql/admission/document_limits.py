"""Document limits: depth, aliases and directives of a document, checked before validation.

Validation compares fields that share a response name in pairs, so a small document can keep it
busy for seconds; these limits come first. Nothing here recurses, and each fragment is followed
once, so that cycles, unknown names and fragments that double one another cost nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Self

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
)

from gateway.graphql.refusals import DocumentTooDeep, TooManyAliases, TooManyDirectives

#: The type of a subscription's own field; here no schema is known yet.
_SUBSCRIPTION = "Subscription"


@dataclass
class _Selected:
    """The response names of one selection set, and the fragments that add to them."""

    names: list[str] = field(default_factory=list)
    spreads: list[str] = field(default_factory=list)


@dataclass
class _Definition:
    """Measures of one operation or fragment, without the fragments that it spreads."""

    top: _Selected = field(default_factory=_Selected)
    below: list[_Selected] = field(default_factory=list)
    spreads: list[tuple[str, int]] = field(default_factory=list)
    depth: int = 0
    aliases: int = 0
    directives: int = 0

    @classmethod
    def of(cls, node: OperationDefinitionNode | FragmentDefinitionNode) -> Self:
        found = cls()
        variables = getattr(node, "variable_definitions", None) or ()
        found.directives = sum(len(one.directives or ()) for one in (node, *variables))
        is_live = _is_of_subscriptions(node)
        # The field of a subscription does not count: what is below it is the query.
        is_operation = isinstance(node, OperationDefinitionNode)
        first = 0 if is_live and is_operation else 1
        waiting: list[tuple[SelectionSetNode, int, _Selected]] = [
            (node.selection_set, first, found.top)
        ]
        while waiting:
            selected, depth, names = waiting.pop()
            found.depth = max(found.depth, depth)
            for one in selected.selections:
                found.directives += len(one.directives or ())
                if isinstance(one, FieldNode):
                    is_root = is_live and names is found.top
                    found._field(one, names, is_root=is_root)
                    if one.selection_set is not None:
                        below = max(depth, 1) if is_root else depth + 1
                        waiting.append((one.selection_set, below, _Selected()))
                        found.below.append(waiting[-1][2])
                elif isinstance(one, InlineFragmentNode):
                    waiting.append((one.selection_set, depth + 1, names))
                elif isinstance(one, FragmentSpreadNode):
                    found.spreads.append((one.name.value, depth))
                    names.spreads.append(one.name.value)
        return found

    def _field(self, node: FieldNode, names: _Selected, *, is_root: bool) -> None:
        # A subscription has one field: its alias is free, and selecting it again is not.
        if is_root or node.alias is None or node.alias.value == node.name.value:
            names.names.append(node.name.value)
        else:
            self.aliases += 1


class DocumentLimits:
    """Refuses documents beyond a depth, or with too many aliases or directives.

    *Depth* counts selection sets within one another, those of fragments included. *Aliases* are
    fields under another name, and fields that are selected again where they are selected already.
    A subscription has the depth and the aliases of the query below its field.
    """

    def __init__(self, depth: int, aliases: int, directives: int) -> None:
        self._depth = depth
        self._aliases = aliases
        self._directives = directives

    def __call__(self, document: DocumentNode) -> None:
        """Raise the first limit that the document exceeds."""
        operations: list[_Definition] = []
        fragments: dict[str, _Definition] = {}
        for node in document.definitions:
            if isinstance(node, OperationDefinitionNode):
                operations.append(_Definition.of(node))
            elif isinstance(node, FragmentDefinitionNode):
                fragments[node.name.value] = _Definition.of(node)
        definitions = [*operations, *fragments.values()]
        directives = sum(one.directives for one in definitions)
        if directives > self._directives:
            raise TooManyDirectives(self._directives, directives)
        depth = _deepest(operations, fragments)
        if depth > self._depth:
            raise DocumentTooDeep(self._depth, depth)
        aliases = sum(one.aliases for one in definitions)
        for selected in chain.from_iterable((one.top, *one.below) for one in definitions):
            if aliases > self._aliases:
                break
            aliases += _repeats(selected, fragments)
        if aliases > self._aliases:
            raise TooManyAliases(self._aliases, aliases)


def _is_of_subscriptions(node: OperationDefinitionNode | FragmentDefinitionNode) -> bool:
    """Whether the fields of an operation or fragment are those of a subscription."""
    if isinstance(node, OperationDefinitionNode):
        return node.operation is OperationType.SUBSCRIPTION
    return node.type_condition.name.value == _SUBSCRIPTION


def _repeats(selected: _Selected, fragments: Mapping[str, _Definition]) -> int:
    """How many fields of a selection set are there already, with the fragments that it spreads."""
    names = set(selected.names)
    repeats = len(selected.names) - len(names)
    followed: set[str] = set()
    waiting = list(selected.spreads)
    while waiting:
        name = waiting.pop()
        if name not in followed and name in fragments:
            followed.add(name)
            fragment = fragments[name].top
            repeats += sum(one in names for one in fragment.names)
            names.update(fragment.names)
            waiting.extend(fragment.spreads)
    return repeats


def _deepest(operations: Iterable[_Definition], fragments: Mapping[str, _Definition]) -> int:
    """The depth of the deepest operation; a fragment within itself counts as if it were empty."""
    depths: dict[str, int] = {}
    entered: set[str] = set()
    waiting = [name for one in operations for name, _ in one.spreads]
    while waiting:
        name = waiting[-1]
        if name in depths or name not in fragments:
            waiting.pop()
        elif name in entered:
            waiting.pop()
            depths[name] = _depth(fragments[name], depths)
        else:
            entered.add(name)
            waiting.extend(one for one, _ in fragments[name].spreads if one not in entered)
    return max((_depth(one, depths) for one in operations), default=0)


def _depth(definition: _Definition, depths: Mapping[str, int]) -> int:
    """The depth of a definition with the fragments whose depths are known."""
    spread = (depth + depths.get(name, 0) for name, depth in definition.spreads)
    return max(definition.depth, *spread, 0)
