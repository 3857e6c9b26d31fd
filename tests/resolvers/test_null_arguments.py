"""Null for an argument that has a default is the default: every argument of the schema."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from graphql import (
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLObjectType,
    Undefined,
    get_named_type,
    is_leaf_type,
    is_non_null_type,
    is_required_argument,
)

from gateway.db import Database
from gateway.directory.load import load_directory
from gateway.period import Period
from resolvers.schema import graphql_schema
from tests.asking import answer
from tests.events_of import classification, comment, store
from tests.goals_of import made_goal, store_goals

#: Of more than a year, nobody is looked for who is unusual.
YEAR = 'classifications(range: {{ start: "2024-01-01", end: "2024-12-31" }}) {{ {} }}'
#: Where a type is reached.
PATHS = {
    "Query": "{{ {} }}",
    "SiteStats": f"{{{{ {YEAR} }}}}",
    "ProjectStats": f"{{{{ project(id: 11) {{{{ {YEAR} }}}} }}}}",
    "WorkflowStats": f"{{{{ workflow(id: 101) {{{{ {YEAR} }}}} }}}}",
    "SiteCommentStats": "{{ comments {{ {} }} }}",
    "ProjectCommentStats": "{{ project(id: 11) {{ comments {{ {} }} }} }}",
    "UserCommentStats": "{{ user(id: 1) {{ comments {{ {} }} }} }}",
    "Project": "{{ project(id: 11) {{ {} }} }}",
    "User": "{{ user(id: 1) {{ {} }} }}",
    "UserStats": "{{ user(id: 1) {{ classifications {{ {} }} }} }}",
    "UserGroup": "{{ userGroup(id: 501) {{ {} }} }}",
    "Goal": "{{ userGroup(id: 501) {{ goals {{ {} }} }} }}",
    "Workflow": "{{ workflow(id: 101) {{ {} }} }}",
    "GroupStats": "{{ userGroup(id: 501) {{ classifications {{ {} }} }} }}",
    "MemberContribution": (
        "{{ userGroup(id: 501) {{ classifications {{ topContributors {{ {} }} }} }} }}"
    ),
    "GroupCounts": (
        '{{ userGroupCounts(range: {{ start: "2024-01-01", end: "2024-12-31" }}) {{ {} }} }}'
    ),
}
#: What arguments without a default are given.
REQUIRED = {
    "id": "1",
    "ids": "[]",
    "range": '{ start: "2024-01-01", end: "2024-12-31" }',
    "representations": "[]",
}


#: Fields that need one of several arguments, and which they are given here.
ONE_OF = {"unusualVolunteers": {"classificationsPerDay": "0", "hoursPerDay": "0"}}


def with_defaults() -> Iterator[tuple[str, str, str]]:
    """Type, field and argument of each that has a default, null included."""
    for name, type_ in graphql_schema.type_map.items():
        if isinstance(type_, GraphQLObjectType) and not name.startswith("__"):
            for field_name, field in type_.fields.items():
                for argument, definition in field.args.items():
                    if definition.default_value is not Undefined:
                        yield name, field_name, argument


def selection(field: GraphQLField) -> str:
    """All leaves of what a field leads to, and of what these lead to."""

    def leaves(type_: object, depth: int) -> str:
        if is_leaf_type(type_) or not isinstance(type_, GraphQLObjectType):
            return ""
        names = []
        for name, below in type_.fields.items():
            named = get_named_type(below.type)
            if name in ONE_OF or any(map(is_required_argument, below.args.values())):
                continue
            if is_leaf_type(named):
                names.append(name)
            elif depth and (chosen := leaves(named, depth - 1)):
                names.append(f"{name} {chosen}")
        return f"{{ {' '.join(names)} }}" if names else ""

    return leaves(get_named_type(field.type), 2)


async def fill(database: Database) -> None:
    groups = [
        {"id": 501, "name": "g", "stats_visibility": 4, "created_at": "2024-02-01T00:00:00Z"},
        {"id": 502, "name": "h", "stats_visibility": 4, "updated_at": "2024-02-01T00:00:00Z"},
    ]
    members = [
        {"user_id": one, "user_group_id": 501, "state": "active", "roles": ["group_member"]}
        for one in range(1, 4)
    ]
    document = {
        "users": [{"id": one, "login": f"user-{one}"} for one in range(1, 4)],
        "user_groups": groups,
        "memberships": members,
        "projects": [{"id": 11, "slug": "zoo/cats"}, {"id": 12, "slug": "zoo/dogs"}],
        "workflows": [{"id": 101, "project_id": 11}],
    }
    await database.write(lambda connection: load_directory(connection, document))
    days = ("2024-02-26T12:00", "2024-02-26T13:00", "2024-02-29T12:00")
    await store(
        database,
        *(
            classification(10 * user + n, when, user=user, project=11 + n // 2, groups=(501,))
            for user in range(1, 4)
            for n, when in enumerate(days[: 1 + user % 3])
        ),
        comment(1),
    )
    await store_goals(
        database,
        made_goal(1, group=501, repeats=Period.WEEK),
        made_goal(2, group=501, archived=True),
        made_goal(3, user=1),
        made_goal(4, user=1, archived=True),
    )


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_null_for_an_argument_with_a_default_is_the_default(database: Database) -> None:
    await fill(database)
    found = list(with_defaults())
    for name, field_name, argument in found:
        type_ = graphql_schema.type_map[name]
        assert isinstance(type_, GraphQLObjectType)
        field = type_.fields[field_name]
        where = f"{name}.{field_name}({argument})"
        assert not is_non_null_type(field.args[argument].type), where
        required = [
            f"{one}: {REQUIRED[one]}"
            for one, definition in field.args.items()
            if is_required_argument(definition)
        ]
        choices = ONE_OF.get(field_name, {})
        required += [f"{one}: {value}" for one, value in choices.items() if one != argument][:1]
        absent = f"({', '.join(required)})" if required else ""
        null = f"({', '.join([*required, f'{argument}: null'])})"
        chosen = selection(field)
        asked = {
            given: await answer(database, PATHS[name].format(f"{field_name}{given} {chosen}"))
            for given in (absent, null)
        }
        assert asked[null] == asked[absent], where
    assert {argument for _, _, argument in found} >= {"first", "orderBy", "fillGaps", "dateField"}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_null_for_a_key_of_an_input_with_a_default_is_the_default(
    database: Database,
) -> None:
    await fill(database)
    with_default = {
        f"{name}.{key}": is_non_null_type(definition.type)
        for name, type_ in graphql_schema.type_map.items()
        if isinstance(type_, GraphQLInputObjectType)
        for key, definition in type_.fields.items()
        if definition.default_value not in (Undefined, None)
    }
    # Those of mutations are in tests/resolvers/mutations.
    assert set(with_default.values()) == {False}
    assert "GroupCondition.operator" in with_default
    document = """query ($operator: GroupOperator) { userGroupCounts(
        range: { start: "2024-01-01", end: "2024-12-31" }
        where: [{ any: [{ field: NAME, operator: $operator, value: "g" }] }]
    ) { totalCount } }"""
    for operator in ("EQUAL", None):
        counted = await answer(database, document, {"operator": operator})
        assert counted == {"userGroupCounts": {"totalCount": 1}}
