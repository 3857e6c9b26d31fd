"""What finds a name, and what orders it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.name_keys import (
    LONGEST_KEY,
    LONGEST_SEARCH,
    beyond,
    fold,
    identifier_key,
    matches,
    order_key,
    search_key,
    word_keys,
)

NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ada", "ADA"),
        ("Straße", "STRASSE"),
        ("É", "e\u0301"),
        ("\N{LATIN SMALL LIGATURE FI}sh", "FISH"),
        ("Σίσυφος", "ΣΊΣΥΦΟΣ"),
        ("\N{FULLWIDTH LATIN CAPITAL LETTER A}", "a"),
    ],
)
def test_letter_case_and_ways_to_write_a_letter_make_no_difference(one: str, other: str) -> None:
    assert fold(one) == fold(other) == identifier_key(one) == order_key(other)


def test_accents_make_a_difference() -> None:
    assert fold("Ada") != fold("Áda")


def test_long_identifiers_keep_apart_and_fit_an_index() -> None:
    one, other = "a" * 5_000, "a" * 5_001
    assert identifier_key(one) != identifier_key(other)
    assert identifier_key(one) == identifier_key(one.upper())
    assert len(identifier_key(one)) == LONGEST_KEY
    assert order_key(one) == order_key(other)


@pytest.mark.parametrize(
    ("search", "name"),
    [
        ("gal", "Galaxy Zoo"),
        ("ZOO", "Galaxy Zoo"),
        ("galaxy z", "The Galaxy Zoo"),
        (" galaxy   zoo ", "Galaxy-Zoo: Clump Scout"),
        ("gorongosa", "WildCam Gorongosa"),
        ("100", "100% wild"),
        ("c++", "Learn C++"),
        ("\N{PENGUIN}", "Watch \N{PENGUIN}\N{PENGUIN}"),
        ("snap", "snapshot_serengeti"),
        ("serengeti", "snapshot_serengeti"),
        ("münch", "Zoo Mu\u0308nchen"),
    ],
)
def test_a_search_finds_names_and_words_that_begin_with_it(search: str, name: str) -> None:
    assert matches(name, search_key(search))


@pytest.mark.parametrize(
    ("search", "name"),
    [("axy", "Galaxy Zoo"), ("zoo galaxy", "Galaxy Zoo"), ("%", "Galaxy Zoo"), ("_alaxy", "Galaxy"),
     ("%axy", "Galaxy"), ("", "Galaxy"), ("!?", "!?")],
)  # fmt: skip
def test_a_search_finds_nothing_else(search: str, name: str) -> None:
    assert not matches(name, search_key(search))


def test_a_name_of_any_length_has_few_and_short_words() -> None:
    words = word_keys("a " * 100_000)
    assert len(words) <= LONGEST_KEY // 2
    assert max(map(len, words)) <= LONGEST_SEARCH


@given(NAMES, NAMES)
def test_what_begins_with_a_prefix_is_one_range_of_bytes(prefix: str, other: str) -> None:
    if not prefix:
        return
    for text in (other, prefix + other):
        inside = prefix.encode() <= text.encode() < beyond(prefix).encode()
        assert inside == text.startswith(prefix) or "\U0010ffff" in prefix


@given(NAMES)
def test_a_name_is_found_by_each_of_its_beginnings(name: str) -> None:
    key = search_key(name)
    for end in range(1, len(key) + 1):
        found = search_key(key[:end])
        assert not found or matches(name, found)


@given(NAMES | st.text(" .-_aAbB", max_size=8), st.text(" .-aB", min_size=1, max_size=3))
def test_what_is_told_at_once_is_what_the_words_tell(name: str, search: str) -> None:
    key = search_key(search)
    assert matches(name, key) == any(key and word.startswith(key) for word in word_keys(name))


@given(NAMES)
def test_a_key_is_its_own_key(name: str) -> None:
    key = search_key(name)
    assert key == " ".join(key.split())
