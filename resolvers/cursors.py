"""Cursors of lists (keyset pagination), as opaque text that only this service reads.

A cursor holds the sort key of one item and the name of the order. So it stays valid while items
are added and removed, and the page behind it is one range of the order.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence

import orjson

from gateway.errors import InvalidArgument

#: A value of a sort key: a number of 64 bits, or a text.
Value = int | str

_LARGEST = 2**63
#: No list is ordered by longer texts; a client may send any.
_LONGEST = 4096


def cursor(order: str, *values: Value) -> str:
    """The cursor of an item with these values in an order."""
    return base64.urlsafe_b64encode(orjson.dumps([order, *values])).decode()


def read_cursor(after: str, order: str, *kinds: type[Value]) -> Sequence[Value]:
    """The values of a cursor of this order, of these types.

    InvalidArgument for any other text, also for a cursor of another order.
    """
    read = _read(after)
    if read is None:
        raise InvalidArgument("after", "after must be a cursor that this list returned.")
    of, *values = read
    if of != order:
        raise InvalidArgument(
            "after",
            "after is a cursor of another list, orderBy or search: begin again without after.",
        )
    if [type(value) for value in values] != list(kinds):
        raise InvalidArgument("after", "after must be a cursor that this list returned.")
    return values


#: The name of the order by ascending, unique ids.
_BY_ID = "id"


def id_cursor(item_id: int) -> str:
    """The cursor of an item in a list ordered by ascending ids."""
    return cursor(_BY_ID, item_id)


def read_id_cursor(after: str | None) -> int:
    """The id in a cursor of :func:`id_cursor`, behind which a page begins; 0 without a cursor."""
    if after is None:
        return 0
    (item_id,) = read_cursor(after, _BY_ID, int)
    assert isinstance(item_id, int)  # noqa: S101 - read as one
    return item_id


def _read(after: str) -> list[Value] | None:
    if len(after) > _LONGEST:
        return None
    try:
        read = orjson.loads(base64.b64decode(after, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        return None
    if not (isinstance(read, list) and read and isinstance(read[0], str)):
        return None
    numbers = [value for value in read if not isinstance(value, str)]
    if any(type(one) is not int or not -_LARGEST <= one < _LARGEST for one in numbers):
        return None
    return read
