"""What was released stays, is deprecated before it goes, and goes with a word in the changelog."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import (
    BreakingChangeType,
    DangerousChangeType,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    find_schema_changes,
    resolve_schema_coordinate,
)

from resolvers.schema import schema

ROOT = Path(__file__).parents[2]
RELEASED = (ROOT / "docs" / "schema" / "released.graphql").read_text(encoding="utf-8")
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
#: Another default answers the same operation in another way.
BREAKING = {*BreakingChangeType, DangerousChangeType.ARG_DEFAULT_VALUE_CHANGE}


def built(sdl: str) -> GraphQLSchema:
    return build_schema(sdl, assume_valid_sdl=True)


def exists(coordinate: str, *schemas: GraphQLSchema) -> bool:
    try:
        return any(resolve_schema_coordinate(one, coordinate) is not None for one in schemas)
    except ValueError:
        return False


def broken(old: str, new: str) -> set[str]:
    """The coordinates of what breaks clients of the old schema."""
    before, after = built(old), built(new)
    return {
        # The sentence about a change names first what has changed.
        next(
            word
            for word in re.findall(r"@?\w+(?:\.\w+)?(?:\(\w+:\))?", change.description)
            if exists(word, before, after)
        )
        for change in find_schema_changes(before, after)
        if change.type in BREAKING
    }


def named(changelog: str) -> set[str]:
    """What stands in backticks under the newest version."""
    _, newest, *_ = changelog.split("\n## ")
    return set(re.findall(r"`([^`\n]+)`", newest))


def test_the_changelog_names_all_that_breaks_clients_of_the_last_release() -> None:
    assert broken(RELEASED, schema.as_str()) - named(CHANGELOG) == set()


def test_only_the_newest_version_of_the_changelog_counts() -> None:
    changelog = "# Changelog\n\n## 2.0\n\n- `User.login` is gone.\n\n## 1.0\n\n- `Period.DAY`.\n"
    assert named(changelog) == {"User.login"}


SAMPLE = """
    directive @guard(rule: Period!) on FIELD_DEFINITION
    type Query { user(id: ID!, first: Int! = 40): User answer: Answer }
    type User { login: String name: String! }
    type Project { id: ID! }
    union Answer = User | Project
    input Filter { ids: [ID!] = null }
    enum Period { DAY WEEK }
"""


@pytest.mark.parametrize(
    ("released", "served", "coordinates"),
    [
        ("login: String", "", {"User.login"}),
        ("login: String", "login: Int", {"User.login"}),
        ("name: String!", "name: String", {"User.name"}),
        ("id: ID!,", "id: Int!,", {"Query.user(id:)"}),
        ("id: ID!,", "ids: [ID!]!,", {"Query.user(id:)", "Query.user(ids:)"}),
        ("first: Int! = 40", "first: Int! = 20", {"Query.user(first:)"}),
        ("ids: [ID!] = null", "ids: [ID!]!", {"Filter.ids"}),
        ("DAY WEEK", "DAY", {"Period.WEEK"}),
        ("User | Project", "User", {"Project"}),
        ("(rule: Period!)", "(rule: String!)", {"@guard(rule:)"}),
        ("type Project", "interface Project", {"Project"}),
        ("login: String", "login: String!", set()),
        ("login: String", "login: String nickname: String", set()),
        ("login: String", 'login: String @deprecated(reason: "Use `User.name`.")', set()),
        ("id: ID!,", "id: ID!, also: ID,", set()),
        ("DAY WEEK", "DAY WEEK MONTH", set()),
    ],
)
def test_what_breaks_clients(released: str, served: str, coordinates: set[str]) -> None:
    assert SAMPLE.count(released) == 1
    assert broken(SAMPLE, SAMPLE.replace(released, served)) == coordinates


def test_a_field_of_the_last_release_that_is_gone_is_found() -> None:
    without = re.sub(r"^  lastContributedOn: Date$", "  other: Date", RELEASED, flags=re.MULTILINE)
    assert broken(RELEASED, without) == {"ProjectContribution.lastContributedOn"}


def deprecated(one: GraphQLSchema) -> Iterator[tuple[str, str]]:
    """Whatever is deprecated, and why."""
    for name, kind in one.type_map.items():
        parts: dict[str, str | None] = {}
        if isinstance(kind, GraphQLEnumType):
            parts = {value: shown.deprecation_reason for value, shown in kind.values.items()}
        elif isinstance(kind, GraphQLInputObjectType | GraphQLObjectType):
            parts = {field: shown.deprecation_reason for field, shown in kind.fields.items()}
        if isinstance(kind, GraphQLObjectType):
            for field, shown in kind.fields.items():
                taken = shown.args.items()
                parts |= {f"{field}({arg}:)": given.deprecation_reason for arg, given in taken}
        yield from ((f"{name}.{part}", why) for part, why in parts.items() if why is not None)


def reasons_without_a_way_out(one: GraphQLSchema) -> list[str]:
    """Deprecations that do not say what to use, by a coordinate that there is."""
    return [
        coordinate
        for coordinate, why in deprecated(one)
        if not any(exists(other, one) for other in re.findall(r"Use `([^`]+)`", why))
    ]


def test_a_deprecation_says_what_to_use_instead() -> None:
    assert reasons_without_a_way_out(built(schema.as_str())) == []


def test_a_deprecation_that_does_not_is_found() -> None:
    sample = """
        type Query {
          good(old: Int @deprecated(reason: "Use `Query.good(new:)`."), new: Int): Int
          better: Int @deprecated(reason: "Use `Query.good`.")
          silent: Int @deprecated
          wrong: Int @deprecated(reason: "Use `Query.nothing`.")
          argument(old: Int @deprecated(reason: "Old.")): Level
        }
        enum Level { LOW HIGH @deprecated(reason: "Too high.") }
        input Filter { id: ID @deprecated(reason: "See elsewhere.") }
    """
    assert reasons_without_a_way_out(built(sample)) == [
        "Query.silent",
        "Query.wrong",
        "Query.argument(old:)",
        "Level.HIGH",
        "Filter.id",
    ]
