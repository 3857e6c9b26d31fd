"""Operations that hypothesis makes up for a schema, and rewrites as people write them.

hypothesis-graphql makes valid queries with arguments; aliases, fragments, directives and their
variables are put in here, since it makes none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from graphql import (
    ArgumentNode,
    BooleanValueNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLID,
    GraphQLInputObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    NamedTypeNode,
    NameNode,
    NonNullTypeNode,
    NullValueNode,
    ObjectFieldNode,
    ObjectValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    SelectionSetNode,
    StringValueNode,
    TypeInfo,
    TypeInfoVisitor,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    get_named_type,
    parse,
    print_ast,
    visit,
)
from hypothesis import strategies as st
from hypothesis_graphql import nodes, queries

VARIABLES = ("b0", "b1", "b2")

SCALARS = {
    "SafeInt": st.integers(-(2**40), 2**40).map(nodes.Int),
    "Date": st.dates().map(str).map(nodes.String),
}


@st.composite
def operations(
    draw: st.DrawFn,
    schema: GraphQLSchema,
    fields: list[str] | None = None,
    ids: Sequence[str] = (),
) -> tuple[str, dict[str, bool]]:
    """A document and the variables to execute it with; ``ids`` stand for those made up."""
    document = parse(draw(queries(schema, fields=fields, custom_scalars=SCALARS)))
    rewriting = _Rewriting(draw, TypeInfo(schema), ids)
    rewritten = visit(document, TypeInfoVisitor(rewriting.types, rewriting))
    return _with_variables(rewritten, rewriting), {
        name: draw(st.booleans()) for name in rewriting.used
    }


class _Rewriting(Visitor):
    def __init__(self, draw: st.DrawFn, types: TypeInfo, ids: Sequence[str]) -> None:
        super().__init__()
        self._ids = ids
        self.types = types
        self.used: set[str] = set()
        self.fragments: list[FragmentDefinitionNode] = []
        self._draw = draw
        self._aliases = 0

    def leave_string_value(self, node: StringValueNode, *_: Any) -> StringValueNode:
        return self._known_id() or node

    def leave_int_value(self, node: IntValueNode, *_: Any) -> IntValueNode | StringValueNode:
        return self._known_id() or node

    def _known_id(self) -> StringValueNode | None:
        kind = self.types.get_input_type()
        if not self._ids or kind is None or get_named_type(kind) is not GraphQLID:
            return None
        return StringValueNode(value=self._draw(st.sampled_from(self._ids)))

    def leave_object_value(self, node: ObjectValueNode, *_: Any) -> ObjectValueNode | None:
        """Exactly one field, and not null, in an object that must have one."""
        kind = self.types.get_input_type()
        named = None if kind is None else get_named_type(kind)
        if not isinstance(named, GraphQLInputObjectType) or not named.is_one_of:
            return None
        given = [one for one in node.fields if not isinstance(one.value, NullValueNode)]
        if not given:
            name = NameNode(value=next(iter(named.fields)))
            given = [ObjectFieldNode(name=name, value=ListValueNode(values=()))]
        return ObjectValueNode(fields=tuple(given[:1]))

    def leave_selection_set(self, node: SelectionSetNode, *_: Any) -> SelectionSetNode:
        parent = self.types.get_parent_type()
        name = parent.name if parent is not None else "Query"
        chosen: list[SelectionNode] = []
        for selection in node.selections:
            if isinstance(selection, FieldNode):
                chosen += self._field(selection, name)
            else:
                chosen.append(selection)
        return SelectionSetNode(selections=tuple(chosen))

    def _field(self, node: FieldNode, parent: str) -> list[SelectionNode]:
        how = self._draw(
            st.sampled_from(
                ["as it is"] * 4
                + ["alias", "twice", "typename", "condition", "inline", "unnamed", "fragment"]
            )
        )
        if how == "alias":
            self._aliases += 1
            return [_like(node, alias=NameNode(value=f"alias{self._aliases}"))]
        if how == "twice":
            return [node, node]
        if how == "typename":
            return [FieldNode(name=NameNode(value="__typename"), arguments=(), directives=()), node]
        if how == "condition":
            return [_like(node, directives=self._conditions())]
        if how == "fragment":
            name = NameNode(value=f"Fragment{len(self.fragments)}")
            self.fragments.append(
                FragmentDefinitionNode(
                    name=name,
                    type_condition=NamedTypeNode(name=NameNode(value=parent)),
                    directives=(),
                    selection_set=SelectionSetNode(selections=(node,)),
                )
            )
            return [FragmentSpreadNode(name=name, directives=self._conditions())]
        if how in ("inline", "unnamed"):
            named = NamedTypeNode(name=NameNode(value=parent)) if how == "inline" else None
            return [
                InlineFragmentNode(
                    type_condition=named,
                    directives=self._conditions(),
                    selection_set=SelectionSetNode(selections=(node,)),
                )
            ]
        return [node]

    def _conditions(self) -> tuple[DirectiveNode, ...]:
        names = self._draw(st.lists(st.sampled_from(["skip", "include"]), unique=True))
        return tuple(
            DirectiveNode(
                name=NameNode(value=name),
                arguments=(ArgumentNode(name=NameNode(value="if"), value=self._condition()),),
            )
            for name in names
        )

    def _condition(self) -> BooleanValueNode | VariableNode:
        value = self._draw(st.sampled_from([True, False, *VARIABLES, *VARIABLES]))
        if isinstance(value, bool):
            return BooleanValueNode(value=value)
        self.used.add(value)
        return VariableNode(name=NameNode(value=value))


def _like(node: FieldNode, **changes: Any) -> FieldNode:
    kept = {key: getattr(node, key) for key in node.keys if key != "loc"}
    return FieldNode(**kept | changes)


def _with_variables(document: DocumentNode, rewriting: _Rewriting) -> str:
    (operation,) = document.definitions
    assert isinstance(operation, OperationDefinitionNode)
    boolean = NonNullTypeNode(type=NamedTypeNode(name=NameNode(value="Boolean")))
    declared = OperationDefinitionNode(
        operation=OperationType.QUERY,
        name=NameNode(value="MadeUp"),
        variable_definitions=tuple(
            VariableDefinitionNode(
                variable=VariableNode(name=NameNode(value=name)), type=boolean, directives=()
            )
            for name in sorted(rewriting.used)
        ),
        directives=(),
        selection_set=operation.selection_set,
    )
    return print_ast(DocumentNode(definitions=(declared, *rewriting.fragments)))
