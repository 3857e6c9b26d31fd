"""Cost and list size of fields, declared on them with federation's directives.

A field that leads to an object costs 1, any other nothing, unless ``@cost`` says otherwise; a list
costs that for each of its items. ``gateway.graphql.admission.cost`` adds them up. Where the
arguments tell how long a list is, ``hints(length=…)`` has the function that says so.
"""

from __future__ import annotations

from collections.abc import Sequence

from strawberry import UNSET
from strawberry.federation.schema_directives import Cost, ListSize


def costs(weight: int) -> Cost:
    """The cost of a field that reads more than its type suggests; 1 is about one row."""
    return Cost(weight=weight)


def about(items: int) -> ListSize:
    """The size of a list whose length depends on the data: usually about so many items."""
    return _list_size(items, None, None)


def up_to(argument: str, otherwise: int, sized: Sequence[str] = ()) -> ListSize:
    """The size of a list with as many items as the argument says; ``otherwise`` if it is null.

    With ``sized`` the items are in these fields of the object that the field leads to.
    """
    return _list_size(otherwise, [argument], list(sized))


def _list_size(items: int, arguments: list[str] | None, sized: list[str] | None) -> ListSize:
    # Strawberry prints what is None; UNSET is left out.
    return ListSize(
        assumed_size=items,
        slicing_arguments=arguments or UNSET,
        sized_fields=sized or UNSET,
        require_one_slicing_argument=False,
    )
