"""What routers compose a graph from."""

from __future__ import annotations

import re

from graphql import DirectiveDefinitionNode, parse
from strawberry.printer import print_schema

from resolvers.schema import schema

COMPOSED = schema.execute_sync("{ _service { sdl } }").data["_service"]["sdl"]
PRINTED = print_schema(schema)


def names(text: str) -> set[str]:
    return {
        definition.name.value
        for definition in parse(text).definitions
        if getattr(definition, "name", None) is not None
    }


def test_it_is_the_printed_schema_without_guards() -> None:
    assert names(PRINTED) - names(COMPOSED) == {"guard", "GuardRule", "oneOf"}
    assert names(COMPOSED) <= names(PRINTED)
    assert PRINTED.count("@guard(rule:") >= 10
    assert "@guard(" not in COMPOSED


def test_who_may_see_a_field_stands_in_its_description() -> None:
    assert "Only for the volunteer and site admins." in COMPOSED


def test_it_defines_no_directive_that_composition_would_drop() -> None:
    assert [
        definition.name.value
        for definition in parse(COMPOSED).definitions
        if isinstance(definition, DirectiveDefinitionNode)
    ] == []


def test_entities_and_the_federation_they_need_are_declared() -> None:
    (link,) = re.findall(r'@link\(url: "(.*?)", import: \[(.*?)\]\)', COMPOSED)
    url, imported = link
    assert url == "https://specs.apollo.dev/federation/v2.11"
    assert '"@key"' in imported.split(", ")
    for name in ("User", "UserGroup", "Project", "Workflow"):
        assert f'type {name} @key(fields: "id") {{' in COMPOSED
