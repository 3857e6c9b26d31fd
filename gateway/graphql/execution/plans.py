"""What of an operation is the same at every execution, computed once and kept with its document.

A plan belongs to one operation and to the values of the variables in its ``@skip`` and
``@include``: with these, graphql-core's collection of fields gives the same result each time.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Any
from weakref import ref

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    OperationDefinitionNode,
    Undefined,
    VariableNode,
    Visitor,
    get_named_type,
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
from strawberry.types.field import StrawberryField

from gateway.graphql.admission.cost import declared
from gateway.graphql.definitions import DEFINITION
from gateway.graphql.documents.document_cache import PreparedDocument
from gateway.graphql.documents.variables import OperationVariables
from gateway.graphql.execution.compiled_selection import ReadyObject, completing_all
from gateway.graphql.execution.resolving import FieldResolver

#: Answers a field for sources, given the field's info, in their order.
Resolve = Callable[[Sequence[Any], Any], Coroutine[Any, Any, list[Any]]]

#: An operation with n conditional variables has up to 2^n plans; a client may not fill the memory.
_MAX_PLANS = 32
#: What a plan takes up in memory, and each field of its selections, with what completes it.
_PLAN_BYTES = 1_000
_FIELD_BYTES = 2_500


class Completion:
    """How values of one type are completed; its kind is looked up once.

    ``leaves`` completes values none of which is null and raises for all that is wrong.
    """

    __slots__ = ("item", "leaves", "object_type", "required")

    def __init__(self, kind: GraphQLOutputType) -> None:
        self.required = isinstance(kind, GraphQLNonNull)
        of: Any = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
        self.leaves = completing_all(of) if is_leaf_type(of) else None
        self.object_type = of if isinstance(of, GraphQLObjectType) else None
        self.item = Completion(of.of_type) if isinstance(of, GraphQLList) else None

    @property
    def is_abstract(self) -> bool:
        """Whether the kind of a value is known only once there is one."""
        if self.item is not None:
            return self.item.is_abstract
        return self.leaves is None and self.object_type is None


class Nodes(list[FieldNode]):
    """The nodes of a field, which live as long as their document.

    In ``found``, a resolver that looks ahead may keep what it has found out about them.
    """

    def __init__(self, nodes: Iterable[FieldNode]) -> None:
        super().__init__(nodes)
        self.found: dict[Any, Any] = {}


class FieldPlan:
    """One response key of a selection, on one object type.

    ``attribute`` names where a plain field's value stands in its source; ``shared`` says that
    other sources are likely to have the same object there (``metadata`` of the Strawberry field).
    ``resolver`` calls the field's resolver, where it has one that can be called directly, and
    ``column`` answers the field for many sources at once (also in the metadata).
    """

    __slots__ = (
        "_constant",
        "_varies",
        "attribute",
        "column",
        "completion",
        "definition",
        "details",
        "is_list",
        "key",
        "name",
        "nodes",
        "resolver",
        "shared",
        "weight",
    )

    def __init__(
        self, schema: GraphQLSchema, key: str, definition: GraphQLField, details: FieldDetailsList
    ) -> None:
        self.key = key
        self.name = details[0].node.name.value
        self.definition = definition
        self.details = details
        self.nodes = Nodes(one.node for one in details)
        self.completion = Completion(definition.type)
        # What the value costs; of a list, each of its items. The schema itself costs nothing.
        of_the_schema = get_named_type(definition.type).name.startswith("__")
        self.weight = 0 if of_the_schema else declared(definition)[0]
        self.is_list = self.completion.item is not None
        self.resolver = FieldResolver.of(schema, definition)
        made_from = definition.extensions.get(DEFINITION)
        self.attribute: str | None = None
        self.shared = False
        self.column: Resolve | None = None
        if isinstance(made_from, StrawberryField):
            if made_from.is_basic_field:
                self.attribute = made_from.python_name
                self.shared = bool(made_from.metadata.get("shared"))
            if self.resolver is not None and self.resolver.is_plain:
                self.column = made_from.metadata.get("column")
        self._varies = bool(_variables_in(self.nodes[0].arguments))
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
    """The fields to execute on one object type, in the order of the response."""

    def __init__(
        self,
        plan: OperationPlan,
        object_type: GraphQLObjectType,
        collected: CollectedFields,
        *,
        is_root: bool = False,
    ) -> None:
        self.object_type = object_type
        self.collected = collected
        self.is_root = is_root
        # Whoever executes has the plan. It has its selections, and is to go with its document.
        self._plan = ref(plan)
        self._ready: ReadyObject | None = None
        self.fields: list[FieldPlan] = []
        #: What the fields of one object cost, without the items of lists.
        self.cost = 0
        for key, details in collected.grouped_field_set.items():
            name = details[0].node.name.value
            definition = plan.schema.get_field(object_type, name)
            if definition is not None:
                field = FieldPlan(plan.schema, key, definition, details)
                self.fields.append(field)
                self.cost += 0 if field.is_list else field.weight
        plan.grow(_FIELD_BYTES * (1 + len(self.fields)))

    def ready(self, variables: OperationVariables) -> ReadyObject:
        """What completes all of it that stands ready; NotReady if its objects cannot be told."""
        if self._ready is None:
            plan = self._plan()
            assert plan is not None  # noqa: S101 - see above
            self._ready = ReadyObject.of(plan, self, variables)
            plan.grow(self._ready.size)
        return self._ready


class OperationPlan:
    """The selections of one operation, each made when it is first reached."""

    def __init__(
        self, schema: GraphQLSchema, prepared: PreparedDocument, operation: OperationDefinitionNode
    ) -> None:
        self.schema = schema
        self._prepared = prepared
        self._operation = operation
        self._root: Selection | None = None
        #: A list of details is kept by its selection, so that its id is never another's.
        self._selections: dict[tuple[str, int], Selection] = {}
        self.size = 0
        self.grow(_PLAN_BYTES)

    def grow(self, by: int) -> None:
        """Note that the plan takes so many bytes more."""
        self.size += by
        self._prepared.grow("plans", by)

    def root(self, object_type: GraphQLObjectType, variables: OperationVariables) -> Selection:
        """The selection of the operation itself."""
        if self._root is None:
            collected = collect_fields(
                self.schema,
                self._prepared.fragment_details,
                variables,
                object_type,
                self._operation,
            )
            self._root = Selection(self, object_type, collected, is_root=True)
        return self._root

    def below(
        self,
        object_type: GraphQLObjectType,
        details: FieldDetailsList,
        variables: OperationVariables,
    ) -> Selection:
        """What is selected of an object that a field with these ``details`` returned."""
        key = (object_type.name, id(details))
        known = self._selections.get(key)
        if known is None:
            collected = collect_subfields(
                self.schema,
                self._prepared.fragment_details,
                variables,
                self._operation,
                object_type,
                details,
            )
            known = self._selections[key] = Selection(self, object_type, collected)
        return known


def plan_of(
    schema: GraphQLSchema,
    prepared: PreparedDocument,
    operation: OperationDefinitionNode,
    variables: OperationVariables,
) -> OperationPlan:
    """The plan of an operation for these variables, from the document if it has one."""
    names: tuple[str, ...] | None = prepared.facts.get(_conditions)
    if names is None:
        names = prepared.facts[_conditions] = _conditions(prepared.document)
    coerced = variables.coerced
    key = (id(operation), *(coerced.get(name, Undefined) for name in names))
    plan: OperationPlan | None = prepared.plans.get(key)
    if plan is None:
        if len(prepared.plans) >= _MAX_PLANS:
            prepared.grow("plans", -sum(plan.size for plan in prepared.plans.values()))
            prepared.plans.clear()
        plan = prepared.plans[key] = OperationPlan(schema, prepared, operation)
    return plan


def _conditions(document: DocumentNode) -> tuple[str, ...]:
    """The variables in directives, which alone decide what is collected."""
    found = _Conditions()
    visit(document, found)
    return tuple(sorted(found.names))


class _Conditions(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_directive(self, node: DirectiveNode, *_: Any) -> None:
        self.names |= _variables_in(node.arguments)


def _variables_in(nodes: Any) -> set[str]:
    found: set[str] = set()

    class Names(Visitor):
        def enter_variable(self, node: VariableNode, *_: Any) -> None:
            found.add(node.name.value)

    for node in nodes or ():
        visit(node, Names())
    return found
