"""The schema as it is shown: printed, described, and null where it refuses."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import strawberry
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    is_introspection_type,
    is_specified_scalar_type,
)
from strawberry.schema.config import StrawberryConfig
from strawberry.types.base import StrawberryObjectDefinition

from resolvers.guards import Guard
from resolvers.query import Query
from resolvers.scalars import SCALARS
from resolvers.schema import schema

PRINTED = Path(__file__).parent.parent.parent / "schema.graphql"
SERVED: GraphQLSchema = schema._schema
#: What federation brings along; it describes itself in its specification.
FEDERATION = {"_Any", "_Entity", "_FieldSet", "link__Purpose", "link__Import"}
FEDERATION_FIELDS = {"Query._entities"}


def test_the_printed_schema_is_the_one_that_is_served() -> None:
    assert PRINTED.read_text(encoding="utf-8") == schema.as_str().rstrip() + "\n", (
        "schema.graphql has drifted from resolvers/: "
        "run `stats-gateway schema print --output schema.graphql` and commit it."
    )


def described() -> Iterator[tuple[str, str | None]]:
    """Everything that can carry a description: its name and what it says."""
    for name, kind in SERVED.type_map.items():
        if name in FEDERATION or is_introspection_type(kind) or is_specified_scalar_type(kind):
            continue
        yield name, kind.description
        yield from parts(name, kind)
    for directive in SERVED.directives:
        if directive.name not in {"cost", "key", "link", "listSize"}:
            yield f"@{directive.name}", directive.description


def parts(name: str, kind: GraphQLNamedType) -> Iterator[tuple[str, str | None]]:
    if isinstance(kind, GraphQLEnumType):
        for value, definition in kind.values.items():
            yield f"{name}.{value}", definition.description
    elif isinstance(kind, GraphQLInputObjectType):
        for field, given in kind.fields.items():
            yield f"{name}.{field}", given.description
    elif isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
        for field, shown in kind.fields.items():
            if f"{name}.{field}" not in FEDERATION_FIELDS:
                yield f"{name}.{field}", shown.description
                for argument, taken in shown.args.items():
                    yield f"{name}.{field}({argument})", taken.description


def test_everything_is_described() -> None:
    descriptions = dict(described())
    assert [name for name, text in descriptions.items() if not text] == []
    # A walk that sees nothing would find nothing to complain about.
    assert {
        "SafeInt",
        "Period.WEEK",
        "StatsScope.projectIds",
        "UserGroup.classifications(range)",
        "GroupStats.topContributors(first)",
        "@guard",
    } <= descriptions.keys()


def test_every_description_is_a_sentence() -> None:
    ours = ((name, text) for name, text in described() if name != "DateTime")  # Strawberry's own
    broken = [name for name, text in ours if text and not text.rstrip("`").endswith(".")]
    assert broken == []


#: Words that say nothing by themselves.
FILLERS = frozenset(
    "a an and are as at by for from how in is it its many of on or that the to".split()  # noqa: SIM905
)


def words_of(text: str) -> set[str]:
    apart = re.sub(r"([a-z])([A-Z])", r"\1 \2", text)
    # A plural tells no more than its singular.
    return {word.lower().removesuffix("s") for word in re.findall(r"[A-Za-z]+", apart)}


def test_every_description_tells_something_that_the_name_does_not() -> None:
    told = {
        name: words_of(text or "") - words_of(name.replace("_", " ")) - FILLERS
        for name, text in described()
    }
    assert [name for name, words in told.items() if not words] == []


GUARDED = {
    "Query.gatewayStats": "site_admin",
    "Query.userGroupCounts": "groups_count",
    "Goal.contributors": "group_individuals",
    "User.classifications": "own_stats",
    "User.certificates": "own_stats",
    "User.goals": "own_stats",
    "User.memberships": "own_stats",
    "User.milestones": "own_stats",
    "UserGroup.classifications": "group_aggregates",
    "UserGroup.goals": "group_aggregates",
    "UserGroup.members": "group_individuals",
    "UserGroup.memberships": "group_admins",
    "User.invitations": "own_stats",
    "UserGroup.hasAdmin": "group_aggregates",
    "UserGroup.memberCount": "group_aggregates",
    "UserGroup.history": "group_admins",
    "UserGroup.joinLink": "group_leaders",
    "UserGroup.membershipCounts": "group_admins",
    "UserGroup.revision": "group_admins",
    "UserGroup.milestones": "group_aggregates",
    "GroupStats.topContributors": "group_individuals",
    "GroupStats.memberBreakdown": "group_individuals",
    "SiteStats.topContributors": "site_admin",
    "SiteStats.unusualVolunteers": "site_admin",
    "ProjectStats.topContributors": "site_admin",
    "ProjectStats.unusualVolunteers": "site_admin",
    "WorkflowStats.topContributors": "site_admin",
    "WorkflowStats.unusualVolunteers": "site_admin",
}


def guarded() -> dict[str, str]:
    """The rule of each guarded field."""
    return {
        f"{name}.{schema.config.name_converter.get_graphql_name(field)}": extension.rule.value
        for name, kind in schema.schema_converter.type_map.items()
        if isinstance(kind.definition, StrawberryObjectDefinition)
        for field in kind.definition.fields
        for extension in field.extensions
        if isinstance(extension, Guard)
    }


def test_what_is_guarded() -> None:
    assert guarded() == GUARDED


@pytest.mark.parametrize(("path", "rule"), GUARDED.items())
def test_a_guarded_field_is_nullable_and_shows_its_rule(path: str, rule: str) -> None:
    type_name, field_name = path.split(".")
    kind = SERVED.type_map[type_name]
    assert isinstance(kind, GraphQLObjectType)
    assert not isinstance(kind.fields[field_name].type, GraphQLNonNull)
    block = PRINTED.read_text(encoding="utf-8").split(f"type {type_name} ")[1].split("\n}\n")[0]
    printed = block.split(f"\n  {field_name}")[1].split('\n\n  """')[0]
    assert f"@guard(rule: {rule.upper()})" in printed


@pytest.mark.parametrize(
    "path",
    [
        "Query.classifications",
        "Query.comments",
        "User.comments",
        "Project.classifications",
        "Project.comments",
        "Workflow.classifications",
        "SiteStats.comparedWith",
        "ProjectStats.comparedWith",
        "WorkflowStats.comparedWith",
        "GroupStats.comparedWith",
        "UserStats.comparedWith",
        "SiteCommentStats.comparedWith",
        "ProjectCommentStats.comparedWith",
        "UserCommentStats.comparedWith",
    ],
)
def test_a_statistic_is_nullable(path: str) -> None:
    type_name, field_name = path.split(".")
    kind = SERVED.type_map[type_name]
    assert isinstance(kind, GraphQLObjectType)
    assert not isinstance(kind.fields[field_name].type, GraphQLNonNull)


def test_every_scalar_of_ours_says_where_it_is_specified() -> None:
    ours = {
        name: kind.specified_by_url
        for name, kind in SERVED.type_map.items()
        if isinstance(kind, GraphQLScalarType)
        and not is_specified_scalar_type(kind)
        and name not in FEDERATION
    }
    assert ours.keys() >= {"SafeInt", "Date"}
    assert [name for name, url in ours.items() if not (url or "").startswith("https://")] == []


def test_a_second_schema_of_the_same_types_leaves_the_first_as_it_is() -> None:
    before = schema.as_str()
    strawberry.federation.Schema(query=Query, config=StrawberryConfig(scalar_map=SCALARS))
    assert schema.as_str() == before
