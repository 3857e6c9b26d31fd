"""Operation plans: the selections of an operation for all executions, cached with its document.

A plan belongs to one operation and to the values of the variables in its ``@skip`` and
``@include``: with these, graphql-core's collection of fields gives the same result each time.
"""

from __future__ import annotations

from typing import Any

from graphql import (
    DirectiveNode,
    GraphQLAbstractType,
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    Node,
    OperationDefinitionNode,
    Undefined,
    VariableNode,
    Visitor,
    is_abstract_type,
    is_leaf_type,
    visit,
)
from graphql.execution.collect_fields import (
    CollectedFields,
    FieldDetailsList,
    collect_fields,
    collect_subfields,
)
from graphql.execution.values import get_argument_values

from gateway.execution_hints import FieldNodes, exact_class, hints_of, strawberry_field
from gateway.graphql.admission.cost import weight_of
from gateway.graphql.documents.document_cache import PreparedDocument
from gateway.graphql.documents.variables import OperationVariables
from gateway.graphql.execution.leaves import completing_all
from gateway.graphql.execution.resolving import FieldResolver

#: Introspection fields of the root; graphql-core resolves them.
INTROSPECTION = frozenset({"__schema", "__type"})

#: An operation with n conditional variables has up to 2^n plans; a client may not fill the memory.
_MAX_PLANS = 32
#: What a plan takes up in memory, and each field of its selections, with what completes it.
_PLAN_BYTES = 1_000
_FIELD_BYTES = 2_500


class Completion:
    """Completion of the values of one type: one of the kinds is not None.

    ``leaves`` completes values none of which is null, and raises for a wrong one.
    """

    __slots__ = ("abstract_type", "item", "leaves", "object_type", "required")

    def __init__(self, kind: GraphQLOutputType) -> None:
        self.required = isinstance(kind, GraphQLNonNull)
        of: Any = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
        self.leaves = completing_all(of) if is_leaf_type(of) else None
        self.object_type = of if isinstance(of, GraphQLObjectType) else None
        self.abstract_type: GraphQLAbstractType | None = of if is_abstract_type(of) else None
        self.item = Completion(of.of_type) if isinstance(of, GraphQLList) else None


class FieldPlan:
    """One response key of a selection, on one object type.

    ``attribute`` is the attribute of a plain field's value, and is empty for others.
    ``resolver`` calls the field's resolver, where it has one that can be called directly.
    ``streams`` tells whether items of its list may come later.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        parent: GraphQLObjectType,
        key: str,
        definition: GraphQLField,
        details: FieldDetailsList,
    ) -> None:
        self.parent = parent
        self.key = key
        self.name = details[0].node.name.value
        self.definition = definition
        self.details = details
        self.nodes = FieldNodes(one.node for one in details)
        self.hints = hints_of(definition)
        self.streams = any(
            one.name.value == "stream" for node in self.nodes for one in node.directives or ()
        )
        self.completion = Completion(definition.type)
        self.is_list = self.completion.item is not None
        # Of a list, of each of its items.
        self.weight = weight_of(definition)
        self.resolver = FieldResolver.of(schema, definition)
        self.attribute = ""
        made_from = strawberry_field(definition)
        if made_from and made_from.is_basic_field and made_from.default_resolver is getattr:
            self.attribute = made_from.python_name
        self._varies = bool(_Variables.of(*(self.nodes[0].arguments or ())).names)
        self._constant: dict[str, Any] | None = None
        if not definition.args and not self.nodes[0].arguments:
            self._constant = {}

    def arguments(self, variables: OperationVariables) -> dict[str, Any]:
        """What the field is resolved with in this execution, as its resolver takes it.

        GraphQLError if an argument is wrong.
        """
        if self._constant is not None:
            return self._constant
        known = variables.arguments.get(self)
        if known is not None:
            return known
        arguments = get_argument_values(self.definition, self.nodes[0], variables)
        if self.resolver is not None:
            arguments = self.resolver.keywords(arguments)
        if self._varies:
            variables.arguments[self] = arguments
        else:
            self._constant = arguments
        return arguments


class Selection:
    """The fields to execute on one object type, in the order of the response.

    ``object_class`` is the class of the type's objects, None if the type has ``is_type_of``.
    ``is_supported`` says whether all of its fields can be executed breadth-first, ``defers``
    whether some come later. ``compiled`` is the compiled selection, once there is one.
    """

    __slots__ = ("compiled", "defers", "fields", "is_supported", "object_class", "object_type")

    def __init__(
        self, plan: OperationPlan, object_type: GraphQLObjectType, collected: CollectedFields
    ) -> None:
        self.object_type = object_type
        self.defers = bool(collected.new_defer_usages)
        self.object_class = exact_class(object_type)
        self.compiled: object = None
        self.fields: list[FieldPlan] = []
        for key, details in collected.grouped_field_set.items():
            definition = plan.schema.get_field(object_type, details[0].node.name.value)
            if definition is not None:
                self.fields.append(FieldPlan(plan.schema, object_type, key, definition, details))
        self.is_supported = all(
            field.attribute
            or field.resolver
            or field.name == "__typename"
            or field.name in INTROSPECTION
            for field in self.fields
        )
        plan.grow(_FIELD_BYTES * (1 + len(self.fields)))


class OperationPlan:
    """The selections of one operation, each made when it is first reached."""

    def __init__(
        self, schema: GraphQLSchema, prepared: PreparedDocument, operation: OperationDefinitionNode
    ) -> None:
        self.schema = schema
        self._prepared = prepared
        self._operation = operation
        self._root: Selection | None = None
        #: By type and the ids of the fields' nodes, which the document holds.
        self._selections: dict[tuple[object, ...], Selection] = {}
        self.size = 0
        self.grow(_PLAN_BYTES)

    def grow(self, by: int) -> None:
        """Add so many bytes to the size of the plan."""
        self.size += by
        self._prepared.grow("plans", by)

    def root(self, object_type: GraphQLObjectType, variables: OperationVariables) -> Selection:
        """The selection of the operation itself."""
        if self._root is None:
            fragments = self._prepared.fragment_details
            args = (fragments, variables, object_type, self._operation)
            self._root = Selection(self, object_type, collect_fields(self.schema, *args))
        return self._root

    def below(
        self,
        object_type: GraphQLObjectType,
        details: FieldDetailsList,
        variables: OperationVariables,
    ) -> Selection:
        """What is selected of an object that a field with these ``details`` returned."""
        key = (object_type.name, *[id(one.node) for one in details])
        known = self._selections.get(key)
        if known is None:
            fragments = self._prepared.fragment_details
            args = (fragments, variables, self._operation, object_type, details)
            collected = collect_subfields(self.schema, *args)
            known = self._selections[key] = Selection(self, object_type, collected)
        return known


def plan_of(
    schema: GraphQLSchema,
    prepared: PreparedDocument,
    operation: OperationDefinitionNode,
    variables: OperationVariables,
) -> OperationPlan:
    """The plan of an operation for these variables, cached with the document."""
    names: tuple[str, ...] | None = prepared.computed.get(plan_of)
    if names is None:
        # Variables in directives alone decide what is collected.
        found = _Variables.of(prepared.document).in_directives
        names = prepared.computed[plan_of] = tuple(sorted(found))
    coerced = variables.coerced
    key = (id(operation), *(coerced.get(name, Undefined) for name in names))
    plan: OperationPlan | None = prepared.plans.get(key)
    if plan is None:
        if len(prepared.plans) >= _MAX_PLANS:
            prepared.grow("plans", -sum(plan.size for plan in prepared.plans.values()))
            prepared.plans.clear()
        plan = prepared.plans[key] = OperationPlan(schema, prepared, operation)
    return plan


class _Variables(Visitor):
    """The names of the variables in parts of a document."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.in_directives: set[str] = set()

    @classmethod
    def of(cls, *nodes: Node) -> _Variables:
        found = cls()
        for node in nodes:
            visit(node, found)
        return found

    def enter_variable(self, node: VariableNode, *args: Any) -> None:
        self.names.add(node.name.value)
        *_, ancestors = args
        if any(isinstance(one, DirectiveNode) for one in ancestors):
            self.in_directives.add(node.name.value)
