"""Selections of all guarded fields, found by walking the schema, and what came of them.

A path enters no type twice, but for fields that lead from a type to itself, which it takes once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import count
from typing import Any, NamedTuple

from graphql import (
    DirectiveNode,
    GraphQLEnumType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    ObjectTypeDefinitionNode,
    get_named_type,
    is_required_argument,
    parse,
)

from resolvers.schema import schema
from tests.authorization.mission import GUARDED, Rule, exists, sees

SERVED: GraphQLSchema = schema._schema

_RANGE = '(range: { start: "2024-01-01", end: "2024-12-31" })'
#: What fields with required arguments are asked with.
ARGUMENTS = {
    "Query.userGroupCounts": _RANGE,
    **{f"{kind}.classifications": _RANGE for kind in ("Query", "Project", "Workflow")},
    **{f"{kind}Stats.comparedWith": _RANGE for kind in ("Site", "Project", "Workflow")},
    **{
        f"{kind}Stats.unusualVolunteers": "(classificationsPerDay: 0)"
        for kind in ("Site", "Project", "Workflow")
    },
    # None that there is: whoever has the code of one sees what others may not.
    "Query.certificate": '(code: "ffffffffffffffffffffffffffffffff")',
    "Query.userByLogin": '(login: "USER-1")',
    "Query.projectBySlug": '(slug: "Zoo/Cats")',
    "Query.userGroupByName": '(name: "HIDDEN")',
}


def declared_guards() -> dict[str, str]:
    """The rule of each field that carries a guard in the printed schema."""
    return {
        f"{kind.name.value}.{field.name.value}": _rule(directive)
        for kind in parse(schema.as_str()).definitions
        if isinstance(kind, ObjectTypeDefinitionNode)
        for field in kind.fields or ()
        for directive in field.directives or ()
        if directive.name.value == "guard"
    }


def _rule(directive: DirectiveNode) -> str:
    (argument,) = directive.arguments or ()
    rule: str = argument.value.to_dict()["value"]
    return rule


class Step(NamedTuple):
    """A field, and what is selected below it."""

    name: str
    coordinate: str
    type_name: str
    below: tuple[Step, ...]

    def coordinates(self) -> set[str]:
        """The fields on and below this one."""
        return {self.coordinate}.union(*(step.coordinates() for step in self.below))


def steps_of(type_name: str, entered: tuple[str, ...] = ()) -> tuple[Step, ...]:
    """The plain fields of a type, and all ways from it to guarded fields.

    Whoever sees what site admins alone may see is refused nothing below it: no way leads on there.
    Projects and workflows decide alike wherever they stand: ways to them begin at the root.
    """
    kind = SERVED.type_map[type_name]
    assert isinstance(kind, GraphQLObjectType)
    found = []
    for name, field in kind.fields.items():
        coordinate, given = f"{type_name}.{name}", get_named_type(field.type)
        asked_for = coordinate in GUARDED
        if any(map(is_required_argument, field.args.values())) and coordinate not in ARGUMENTS:
            assert not asked_for, f"{coordinate} is guarded: give the walk arguments for it"
            continue
        below: tuple[Step, ...] = ()
        if isinstance(given, GraphQLObjectType) and not name.startswith("_"):
            path = (*entered, type_name)
            if GUARDED.get(coordinate) is Rule.SITE_ADMINS:
                below = plain_fields(given)
            elif given.name in {"Project", "Workflow"} and {"User", "UserGroup"} & {*path}:
                below = ()
            elif given.name not in path or (given.name == type_name and path.count(type_name) == 1):
                below = steps_of(given.name, path)
        if asked_for or is_plain(given) or any(step.coordinates() & set(GUARDED) for step in below):
            found.append(Step(name, coordinate, given.name, below))
    return tuple(found)


def plain_fields(kind: GraphQLObjectType) -> tuple[Step, ...]:
    """The fields of a type that lead to no other."""
    return tuple(
        Step(name, f"{kind.name}.{name}", get_named_type(field.type).name, ())
        for name, field in kind.fields.items()
        if is_plain(get_named_type(field.type))
    )


def is_plain(kind: GraphQLNamedType) -> bool:
    """Whether a type has no fields."""
    return isinstance(kind, GraphQLScalarType | GraphQLEnumType)


class Style:
    """One way to write the same selection; ``key`` is under what a field's value is answered."""

    def __init__(self, key: Callable[[str], str] = str) -> None:
        self.key = key

    def selection(self, type_name: str, steps: Iterable[Step]) -> str:
        """What is selected of a type, in braces."""
        return f"{{ {self._fields(type_name, steps)} }}"

    def document(self, fields: str) -> str:
        """A whole operation with these fields."""
        return f"query {{ {fields} }}"

    def _fields(self, type_name: str, steps: Iterable[Step]) -> str:
        return " ".join(["__typename", *map(self._field, steps)])

    def _field(self, step: Step) -> str:
        given = SERVED.type_map[step.type_name]
        below = (
            self.selection(step.type_name, step.below)
            if isinstance(given, GraphQLObjectType)
            else ""
        )
        alias = "" if self.key(step.name) == step.name else f"{self.key(step.name)}: "
        return f"{alias}{step.name}{ARGUMENTS.get(step.coordinate, '')} {below}"


class InlineFragments(Style):
    """Each field in fragments of its own."""

    def _fields(self, type_name: str, steps: Iterable[Step]) -> str:
        return " ".join(
            f"... on {type_name} {{ ... @include(if: true) {{ {field} }} }}"
            for field in ["__typename", *map(self._field, steps)]
        )


class NamedFragments(Style):
    """Each selection in a fragment with a name."""

    def __init__(self) -> None:
        super().__init__()
        self._fragments: list[str] = []
        self._numbers = count()

    def selection(self, type_name: str, steps: Iterable[Step]) -> str:
        inner = super().selection(type_name, steps)
        name = f"F{next(self._numbers)}"
        self._fragments.append(f"fragment {name} on {type_name} {inner}")
        return f"{{ ...{name} }}"

    def document(self, fields: str) -> str:
        return f"{super().document(fields)} {' '.join(self._fragments)}"


STYLES: dict[str, Callable[[], Style]] = {
    "plain": Style,
    "aliases": lambda: Style(lambda name: f"users_{name}"),
    "inline fragments": InlineFragments,
    "named fragments": NamedFragments,
}

Path = tuple[str | int, ...]


def refused(
    style: Style,
    asking: str,
    steps: Iterable[Step],
    data: dict[str, Any],
    path: Path = (),
    group: int | None = None,
    user: int | None = None,
) -> Iterator[Path]:
    """Where below ``data`` somebody has to be refused; checks that nothing else is missing."""
    entity = data.get(style.key("id"))
    if entity is not None and data["__typename"] == "UserGroup":
        group = int(entity)
        assert exists(asking, group), f"{asking} is told of {group} at {path}"
    if entity is not None and data["__typename"] == "User":
        user = int(entity)
    for step in steps:
        value, where = data[style.key(step.name)], (*path, style.key(step.name))
        rule = GUARDED.get(step.coordinate)
        if rule is not None and not sees(asking, rule, group=group, user=user):
            assert value is None, f"{asking} sees {where}: {value}"
            yield where
            continue
        of_nobody = step.coordinate == "Goal.contributors" and group is None
        assert value is not None or rule is None or of_nobody, f"{asking} does not see {where}"
        # Goals of a volunteer are of no group, though a group may have led to the volunteer.
        of = None if step.coordinate == "User.goals" else group
        for place, one in _objects(value, where):
            yield from refused(style, asking, step.below, one, place, of, user)


def _objects(value: Any, path: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    if isinstance(value, dict):
        yield path, value
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from _objects(one, (*path, index))
