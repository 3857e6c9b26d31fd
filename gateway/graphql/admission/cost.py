"""Cost of an operation: computed from document and variables, before anything is read.

Fields declare it by federation's ``@cost`` and ``@listSize`` (``resolvers/costs.py``); the rules
are those of Apollo's router, which reads the same from the schema, with two additions: a list that
a field gives for a list of ids or representations is as long as that, and one by period has as many
items as its range has periods. Fields that are selected twice are counted twice, so a cost is at
least what will be read for that shape. Where no argument tells how long a list is, it may turn out
longer: what is produced is counted too (``production``).

Costs that do not depend on variables are added up once for each document.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from graphql import (
    BooleanValueNode,
    DirectiveNode,
    FieldNode,
    FragmentSpreadNode,
    GraphQLArgument,
    GraphQLError,
    GraphQLField,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    is_composite_type,
    is_list_type,
    is_non_null_type,
)
from graphql.execution.values import VariableValues, get_argument_values
from strawberry.federation.schema_directives import Cost, ListSize

from gateway.execution_hints import RANGE, ListLength, hints_of, strawberry_field
from gateway.graphql.documents.document_cache import PreparedDocument

#: Larger costs are reported as this: they are refused anyway, and JSON has to hold them.
LARGEST = 2**53

Variables = Mapping[str, Any]


class _Evaluation:
    """One evaluation: the variables, the day, and the costs of fragments with them."""

    def __init__(self, variables: Variables, today: int) -> None:
        self.variables = variables
        self.today = today
        self.fragments: dict[object, int] = {}
        self._values = VariableValues({}, dict(variables))
        self._arguments: dict[int, Mapping[str, Any]] = {}

    def arguments(self, selected: _SelectedField | None) -> Mapping[str, Any]:
        """The arguments of a field; none if they are wrong, which is an error of the field."""
        if selected is None:
            return {}
        key = id(selected.node)
        known = self._arguments.get(key)
        if known is None:
            try:
                known = get_argument_values(selected.field, selected.node, self._values)
            except GraphQLError:
                known = {}
            self._arguments[key] = known
        return known


class _SelectedField(NamedTuple):
    """A field with its node in a document."""

    field: GraphQLField
    node: FieldNode


class _Scope(NamedTuple):
    """What the selections of an object inherit from the fields that lead to it."""

    #: The lengths of lists in it.
    sized: Mapping[str, _Amount] = {}
    #: The field that leads to it, which has given these lengths.
    leading: _SelectedField | None = None
    #: The nearest field above with an argument ``RANGE``: its range holds at any depth below.
    ranged: _SelectedField | None = None

    @property
    def key(self) -> tuple[int | None, int | None]:
        """Scopes with the same key give the same costs."""
        return _node(self.leading), _node(self.ranged)


#: A number, or how it is found once the variables are known.
_Amount = int | Callable[[_Evaluation], int]


class CostModel:
    """Adds up costs for one schema; ``today`` returns the UTC day."""

    def __init__(self, schema: GraphQLSchema, today: Callable[[], int]) -> None:
        self._schema = schema
        self._today = today

    def cost(
        self, prepared: PreparedDocument, operation: OperationDefinitionNode, variables: Variables
    ) -> int:
        """The cost of a valid operation with variables that were coerced, up to ``LARGEST``."""
        key = ("cost", operation.name and operation.name.value)
        amount: _Amount | None = prepared.computed.get(key)
        if amount is None:
            root = self._schema.get_root_type(operation.operation)
            compiler = _Compiler(self._schema, prepared)
            amount = compiler.selection(root, operation.selection_set, _Scope())
            prepared.computed[key] = amount
        if isinstance(amount, int):
            return min(amount, LARGEST)
        return min(amount(_Evaluation(variables, self._today())), LARGEST)


class _Compiler:
    """Turns the selections of one document into amounts, each fragment once for each scope."""

    def __init__(self, schema: GraphQLSchema, prepared: PreparedDocument) -> None:
        self._schema = schema
        self._fragments = prepared.fragments
        self._known: dict[object, _Amount] = {}
        #: By a field, its type and the field with the range: what each item of it costs, however
        #: often it is reached.
        self._each: dict[object, _Amount] = {}

    def selection(self, parent: Any, selection_set: SelectionSetNode, scope: _Scope) -> _Amount:
        """What is selected of one object."""
        return _sum(self._conditional(parent, node, scope) for node in selection_set.selections)

    def _conditional(self, parent: Any, node: SelectionNode, scope: _Scope) -> _Amount:
        amount = self._selected(parent, node, scope)
        for directive in node.directives or ():
            if directive.name.value in ("skip", "include"):
                amount = _product(_condition(directive), amount)
        return amount

    def _selected(self, parent: Any, node: SelectionNode, scope: _Scope) -> _Amount:
        if isinstance(node, FieldNode):
            # The schema itself is in memory; access to it is checked elsewhere.
            name = node.name.value
            if name.startswith("__"):
                return 0
            return self._field(_SelectedField(parent.fields[name], node), scope)
        if isinstance(node, FragmentSpreadNode):
            return self._spread(node.name.value, scope)
        assert isinstance(node, InlineFragmentNode)  # noqa: S101 - there is no other selection
        condition = node.type_condition
        inside = self._schema.type_map[condition.name.value] if condition else parent
        return self.selection(inside, node.selection_set, scope)

    def _spread(self, name: str, scope: _Scope) -> _Amount:
        key = (name, *scope.key)
        known = self._known.get(key)
        if known is None:
            fragment = self._fragments[name]
            inside = self._schema.type_map[fragment.type_condition.name.value]
            known = self.selection(inside, fragment.selection_set, scope)
            known = self._known[key] = _once(key, known)
        return known

    def _field(self, selected: _SelectedField, scope: _Scope) -> _Amount:
        field, node = selected
        weight, list_size = declared(field)
        size = _size(field, node, list_size)
        key = (id(node), id(field), _node(scope.ranged))
        each = self._each.get(key)
        if each is None:
            given = {}
            if list_size is not None and list_size.sized_fields:
                given = dict.fromkeys(list_size.sized_fields, size)
            each = weight
            if node.selection_set is not None:
                named = get_named_type(field.type)
                ranged = selected if RANGE in field.args else scope.ranged
                below = _Scope(given, selected, ranged)
                each = _sum((weight, self.selection(named, node.selection_set, below)))
            self._each[key] = each
        if not is_list(field.type):
            return each
        length = hints_of(field).length
        if length is not None:
            size = _hinted(length, selected, scope.ranged, size)
        return _product(scope.sized.get(node.name.value, size), each)


def _node(selected: _SelectedField | None) -> int | None:
    return None if selected is None else id(selected.node)


def _hinted(
    length: ListLength, selected: _SelectedField, ranged: _SelectedField | None, otherwise: _Amount
) -> _Amount:
    def read(evaluation: _Evaluation) -> int:
        given = evaluation.arguments(selected), evaluation.arguments(ranged)
        size = length(*given, evaluation.today)
        return _value(otherwise, evaluation) if size is None else size

    return read


def declared(field: GraphQLField) -> tuple[int, ListSize | None]:
    """The weight of each value of a field, and how many there are if it is a list."""
    weight = 1 if is_composite_type(get_named_type(field.type)) else 0
    list_size = None
    made_from = strawberry_field(field)
    for directive in made_from.directives if made_from else ():
        if isinstance(directive, Cost):
            weight = directive.weight
        elif isinstance(directive, ListSize):
            list_size = directive
    return weight, list_size


def weight_of(field: GraphQLField) -> int:
    """What each value of a field costs; the schema itself costs nothing."""
    return 0 if get_named_type(field.type).name.startswith("__") else declared(field)[0]


def _size(field: GraphQLField, node: FieldNode, list_size: ListSize | None) -> _Amount:
    """How many items a field gives, or lets the object that it leads to give."""
    values = {argument.name.value: argument.value for argument in node.arguments or ()}
    for name, argument in field.args.items():
        if is_non_null_type(argument.type) and is_list_type(argument.type.of_type):
            return _length(values[name])
    if list_size is None:
        return 1
    assumed = list_size.assumed_size or 1
    # Absent ones are UNSET, which is false.
    for name in list_size.slicing_arguments or ():
        if name in field.args:
            return _number(values.get(name), field.args[name], assumed)
    return assumed


def _number(value: ValueNode | None, argument: GraphQLArgument, assumed: int) -> _Amount:
    """The value of a slicing argument; ``assumed`` where it is null."""
    if isinstance(value, IntValueNode):
        return max(int(value.value), 0)
    if isinstance(value, VariableNode):
        name = value.name.value
        default = _otherwise(argument.default_value, assumed)

        def read(evaluation: _Evaluation) -> int:
            if name not in evaluation.variables:
                return default
            return _otherwise(evaluation.variables[name], assumed)

        return read
    return (
        assumed if isinstance(value, NullValueNode) else _otherwise(argument.default_value, assumed)
    )


def _otherwise(value: Any, assumed: int) -> int:
    return max(value, 0) if isinstance(value, int) else assumed


def _length(value: ValueNode) -> _Amount:
    """How many items a required list has; one value stands for a list of one."""
    if isinstance(value, VariableNode):
        name = value.name.value
        return lambda evaluation: len(evaluation.variables[name])
    return len(value.values) if isinstance(value, ListValueNode) else 1


def _condition(directive: DirectiveNode) -> _Amount:
    """1 if a ``@skip`` or ``@include`` selects, else 0."""
    includes = directive.name.value == "include"
    (value,) = [argument.value for argument in directive.arguments or ()]
    if isinstance(value, VariableNode):
        name = value.name.value
        return lambda evaluation: int(bool(evaluation.variables.get(name)) is includes)
    return int((isinstance(value, BooleanValueNode) and value.value) is includes)


def is_list(type_: Any) -> bool:
    """Whether values of the type are lists, which may be null or not."""
    return is_list_type(type_.of_type if is_non_null_type(type_) else type_)


def _value(amount: _Amount, evaluation: _Evaluation) -> int:
    return amount if isinstance(amount, int) else amount(evaluation)


def _sum(amounts: Iterable[_Amount]) -> _Amount:
    fixed, varying = 0, []
    for amount in amounts:
        if isinstance(amount, int):
            fixed += amount
        else:
            varying.append(amount)
    if not varying:
        return fixed
    return lambda evaluation: fixed + sum([amount(evaluation) for amount in varying])


def _product(factor: _Amount, amount: _Amount) -> _Amount:
    if isinstance(factor, int) and isinstance(amount, int):
        return factor * amount
    return lambda evaluation: _value(factor, evaluation) * _value(amount, evaluation)


def _once(key: object, amount: _Amount) -> _Amount:
    """The amount, found once in an evaluation however often its fragment is spread."""
    if isinstance(amount, int):
        return amount

    def read(evaluation: _Evaluation) -> int:
        known = evaluation.fragments.get(key)
        if known is None:
            known = evaluation.fragments[key] = amount(evaluation)
        return known

    return read
