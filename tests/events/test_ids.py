from __future__ import annotations

from collections import Counter
from typing import NoReturn

import pytest

from gateway.errors import InvalidEvent
from gateway.events.ids import LARGEST_ID, read_cell_id, read_group_ids, read_id
from gateway.events.left_out import LeftOut


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (1, 1),
        ("1", 1),
        ("0012", 12),
        (LARGEST_ID, 9_223_372_036_854_775_807),
        ("9223372036854775807", 9_223_372_036_854_775_807),
    ],
)
def test_an_id_is_a_positive_64_bit_number(value: object, number: int) -> None:
    assert read_id(value, "id") == number


@pytest.mark.parametrize(
    "value",
    [
        0,
        -1,
        2**63,
        pytest.param(10**5000, id="5001 digits"),
        True,
        False,
        1.0,
        "",
        "0",
        "-1",
        "+1",
        " 1",
        "1_0",
        "1.0",
        "12abc",
        "9223372036854775808",
        "9" * 5000,
        "١٢",
        "²",
        [],
        {},
    ],
)
def test_anything_else_is_refused_by_name(value: object) -> None:
    with pytest.raises(InvalidEvent, match=r"^links\.user is .{1,60}: an id is a whole number"):
        read_id(value, "links.user")


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("1021", 1021),
        ("1021.0", 1021),
        ("999999999999999999", 999_999_999_999_999_999),
        ("9223372036854775807", LARGEST_ID),
        ("9223372036854775807.0", LARGEST_ID),
    ],
)
def test_an_id_of_a_table_is_exact_with_any_digits(cell: str, number: int) -> None:
    assert read_cell_id(cell, "user_id") == number


@pytest.mark.parametrize("cell", ["0", "0.0", "\u00b2", "\u0661\u0662", "9223372036854775808"])
def test_digits_that_are_no_id_are_refused_in_a_table_too(cell: str) -> None:
    with pytest.raises(InvalidEvent, match=r"^user_id is .{1,60}: an id is a whole number"):
        read_cell_id(cell, "user_id")


def test_a_missing_id_is_called_missing() -> None:
    with pytest.raises(InvalidEvent, match=r"^links\.workflow is missing\.$"):
        read_id(None, "links.workflow")


@pytest.mark.parametrize("value", ["1021", "1021.0", 1021, 1021.0])
def test_a_table_may_write_whole_numbers_as_floats(value: object) -> None:
    assert read_cell_id(value, "user_id") == 1021


@pytest.mark.parametrize("value", ["1021.5", ".0", 1021.5, 2.0**53, float("nan"), float("inf")])
def test_a_float_that_is_no_exact_whole_number_is_refused(value: object) -> None:
    with pytest.raises(InvalidEvent, match="user_id is"):
        read_cell_id(value, "user_id")


@pytest.mark.parametrize(
    ("values", "ids"),
    [(None, ()), ([], ()), ([9, "3", 9, 3], (3, 9)), (["5"], (5,))],
)
def test_groups_are_ascending_and_each_once(values: object, ids: tuple[int, ...]) -> None:
    left_out = Counter[LeftOut]()
    assert (read_group_ids(values, 4, left_out), left_out) == (ids, {})


@pytest.mark.parametrize(
    ("values", "ids"),
    [
        ("12", ()),
        (501, ()),
        ({"a": 1}, ()),
        ({}, ()),
        (0, ()),
        (False, ()),
        ([501, None], (501,)),
        (["abc"], ()),
        ([1, [2], {}, True, 2.0, -3, 0, "x", 2**63, "9" * 5_000, 10**5_000], (1,)),
    ],
)
def test_what_is_no_id_is_left_out_and_noted_once(values: object, ids: tuple[int, ...]) -> None:
    left_out = Counter[LeftOut]()
    assert read_group_ids(values, 1_000, left_out) == ids
    assert left_out == {LeftOut.GROUPS: 1}


class Unread(list[int]):
    """A list that must not be looked at."""

    def __iter__(self) -> NoReturn:
        raise AssertionError


def test_a_list_that_is_too_long_is_not_looked_at() -> None:
    left_out = Counter[LeftOut]()
    assert read_group_ids(Unread([1, 2, 3]), 2, left_out) == ()
    assert left_out == {LeftOut.TOO_MANY_GROUPS: 1}
