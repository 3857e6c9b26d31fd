"""What fields cost and how long lists are, declared on the fields with federation's directives.

A field that leads to an object costs 1, any other nothing, unless ``@cost`` says otherwise; a list
costs that for each of its items. ``gateway.graphql.admission.cost`` adds them up. Where the
arguments tell how long a list is, ``hints(length=…)`` has the function that says so.
"""

from __future__ import annotations

from collections.abc import Sequence

from strawberry import UNSET
from strawberry.federation.schema_directives import Cost, ListSize


def costs(weight: int) -> Cost:
    """A field that reads more than its type suggests; 1 is about one row."""
    return Cost(weight=weight)


def about(items: int) -> ListSize:
    """A list of as many items as the data has, usually about so many."""
    return _list_size(items, None, None)


def up_to(argument: str, otherwise: int, sized: Sequence[str] = ()) -> ListSize:
    """As many items as the argument says, or ``otherwise`` where it is null.

    With ``sized`` the items stand in these fields of the object that the field leads to.
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
