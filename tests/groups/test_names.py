"""Names of groups: their rules, and names that are made."""

from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.auth.viewer import Viewer
from gateway.db.tables import user_group
from gateway.groups.commands import CreateGroup, DeactivateGroup, UpdateGroup
from gateway.groups.names import checked_display_name, checked_name, derived_name
from gateway.groups.refusals import GroupRefusal, RefusalCode
from tests.groups.people import ADA, BEN, Town


@pytest.mark.parametrize(
    "name", ["", "a b", "ä", "a\n", "a" * 101, "a/b", "\u0667", "=cmd|", "a\u202eb", "🦋"]
)
def test_a_name_has_only_its_own_characters(name: str) -> None:
    with pytest.raises(GroupRefusal) as caught:
        checked_name(name)
    assert (caught.value.refusal, caught.value.path) == (RefusalCode.NAME_INVALID, ("name",))


@pytest.mark.parametrize("name", ["a", "7", "A_b.c-9", "x" * 100])
def test_a_name_may_be_short_or_all_digits(name: str) -> None:
    assert checked_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        *("", "   ", "a\nb", "a\rb", "a\u2028b", "a\u2029b", "a\tb", "a\0b", "a\x7fb", "\u200b"),
        *(f"a{chr(code)}b" for code in (0x202A, 0x202E, 0x2066, 0x2069, 0xD800)),
        *("x" * 121, "x" * 1_000_000, " " * 1_000_000),
    ],
)
def test_a_display_name_is_one_line_that_shows_something(name: str) -> None:
    with pytest.raises(GroupRefusal) as caught:
        checked_display_name(name)
    assert caught.value.refusal is RefusalCode.DISPLAY_NAME_INVALID
    assert caught.value.path == ("displayName",)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("  Moths \n", "Moths"),
        ("Cafe\u0301", "Café"),
        ("🦋 <b>=cmd</b>", "🦋 <b>=cmd</b>"),
        ("e\u0301" * 120, "é" * 120),
        ("ليلى", "ليلى"),
    ],
)
def test_a_display_name_is_kept_in_one_form(said: str, kept: str) -> None:
    assert checked_display_name(said) == kept


@pytest.mark.parametrize(
    ("display_name", "name"),
    [
        ("Moths of the North", "moths_of_the_north"),
        ("Café  Noir!", "cafe_noir"),
        ("x" * 120, "x" * 91 + "-00000001"),
        ("ليلى", "group-00000001"),
        ("taken", "taken-00000002"),
    ],
)
def test_a_name_is_made_from_the_display_name(display_name: str, name: str) -> None:
    taken = {"taken", "taken-00000001"}
    numbers = iter(range(1, 9))
    assert derived_name(display_name, taken.__contains__, lambda: f"{next(numbers):08}") == name


@given(st.text())
def test_a_made_name_always_fits_the_rule(text: str) -> None:
    made = derived_name(text, lambda _: False)

    assert checked_name(made) == made
    assert made == made.lower()


@given(st.text(max_size=200))
def test_a_display_name_that_is_kept_would_be_kept_again(text: str) -> None:
    try:
        kept = checked_display_name(text)
    except GroupRefusal:
        return
    assert checked_display_name(kept) == kept == normalize("NFC", kept)
    assert 1 <= len(kept) <= 120


async def test_groups_and_logins_share_one_namespace(town: Town) -> None:
    group_id = await town.group(ADA, name="Moths")
    ended = await town.group(ADA, name="Bees")
    await town.run(DeactivateGroup(ended), ADA)

    for name in ("mOTHS", "Moths", "BEES", "ben", "Ada"):
        refusal = await town.refused(RefusalCode.NAME_TAKEN, CreateGroup("X", name), BEN)
        assert refusal.path == ("name",)
    await town.refused(RefusalCode.NAME_TAKEN, UpdateGroup(group_id, name="bees"), ADA)
    assert (await town.run(UpdateGroup(group_id, name="moths"), ADA)).changed


async def test_a_token_s_own_login_is_known_though_nobody_has_learned_it(town: Town) -> None:
    await town.refused(RefusalCode.NAME_TAKEN, CreateGroup("X", "Zoe"), Viewer(77, "zoe"))


async def test_names_are_made_from_each_other(town: Town) -> None:
    await town.group(ADA, display_name="Moths")
    await town.group(ADA, display_name="Moths")
    await town.group(ADA, display_name=None, name="Bees")
    await town.refused(RefusalCode.DISPLAY_NAME_INVALID, CreateGroup(None), ADA)

    rows = await town.rows(user_group)
    names = [(row["name"], row["display_name"]) for row in sorted(rows, key=lambda row: row["id"])]
    assert names[0] == ("moths", "Moths")
    assert names[1][0].startswith("moths-")
    assert len(names[1][0]) == 14
    assert names[2] == ("Bees", "Bees")
