"""What documents show to clients keeps what they tell clients to do."""

from __future__ import annotations

from collections import Counter
from itertools import chain

import pytest
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLNamedType,
    Lexer,
    OperationDefinitionNode,
    SelectionSetNode,
    Source,
    TokenKind,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    parse,
    print_ast,
    visit,
)

from resolvers.schema import graphql_schema
from tests.docs.markdown import ROOT, Example, examples

ENTITIES = {"User", "UserGroup", "Project", "Workflow"}
QUERIES = list(examples(ROOT / "docs" / "queries.md"))


class Entities(Visitor):
    """Notes where an entity is selected, and whether its id is."""

    def __init__(self, types: TypeInfo) -> None:
        super().__init__()
        self._types = types
        self.found: list[tuple[str, bool]] = []

    def enter_selection_set(self, node: SelectionSetNode, *_: object) -> None:
        kind = get_named_type(self._types.get_type() or self._types.get_parent_type())
        if isinstance(kind, GraphQLNamedType) and kind.name in ENTITIES:
            fields = {one.name.value for one in node.selections if isinstance(one, FieldNode)}
            self.found.append((kind.name, "id" in fields))


@pytest.mark.parametrize("example", QUERIES, ids=str)
def test_every_entity_that_a_page_selects_comes_with_its_id(example: Example) -> None:
    types = TypeInfo(graphql_schema)
    entities = Entities(types)
    visit(parse(example.query), TypeInfoVisitor(types, entities))
    assert [name for name, has_id in entities.found if not has_id] == []


def test_entities_are_found() -> None:
    found = set(chain.from_iterable(_entities(example) for example in QUERIES))
    assert found == {"User", "UserGroup", "Project", "Workflow"}


def _entities(example: Example) -> set[str]:
    types = TypeInfo(graphql_schema)
    entities = Entities(types)
    visit(parse(example.query), TypeInfoVisitor(types, entities))
    return {name for name, _ in entities.found}


#: GraphQL tokens of the operations as of commit 3a2dd8b, before the schema was revised.
TOKENS_BEFORE = 699


def test_the_operations_are_at_most_as_long_as_before_and_share_their_figures() -> None:
    """Each shared fragment counts once, and is the same wherever it stands."""
    fragments: dict[str, str] = {}
    used: Counter[str] = Counter()
    tokens = 0
    for example in QUERIES:
        for definition in parse(example.query).definitions:
            text = print_ast(definition)
            if isinstance(definition, OperationDefinitionNode) and is_new(definition):
                continue
            if isinstance(definition, FragmentDefinitionNode):
                name = definition.name.value
                assert fragments.setdefault(name, text) == text
                used[name] += 1
            else:
                tokens += tokens_of(text)
    assert tokens + sum(map(tokens_of, fragments.values())) <= TOKENS_BEFORE
    assert [name for name, pages in used.items() if pages < 2] == []
    assert {"Chart", "GroupTotals", "Member", "MenuItem", "TopProject"} <= used.keys()


def is_new(operation: OperationDefinitionNode) -> bool:
    """Whether there was no such operation then."""
    return operation.name is not None and operation.name.value in {"MyGroups"}


def tokens_of(text: str) -> int:
    lexer, tokens = Lexer(Source(text)), 0
    while lexer.advance().kind is not TokenKind.EOF:
        tokens += 1
    return tokens
