"""Names are read right in the encodings that spreadsheets write, or what is known stays."""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable

import pytest

from gateway.events.event import Names
from gateway.events.exports import Origin
from gateway.events.opening import open_source
from tests.events.conftest import NOW
from tests.events.test_opening import pipe
from tests.events.test_stream import classification

Write = Callable[..., str]

HEADER = "classification_id,user_id,user_name,workflow_id,workflow_name,created_at,metadata\n"
#: A letter that takes two units of UTF-16.
BEYOND = "\N{MATHEMATICAL SCRIPT CAPITAL A}da"


def rows(*names: str, workflow: str = "Vögel") -> str:
    return HEADER + "".join(
        f"{number},{number},{name},7,{workflow},2020-01-01 00:00:00 UTC,{{}}\n"
        for number, name in enumerate(names, 1)
    )


def read(path: str) -> tuple[Names, list[str]]:
    """The names in a file, and what is remarked upon beside the project."""
    source = open_source(path, Origin(5))
    [batch] = source.batches(NOW)
    assert batch.rejects == []
    return batch.names, [remark.removeprefix(f"{path}: ") for remark in source.remarks]


def test_utf8_needs_no_word(write: Write) -> None:
    names, remarks = read(write(rows("Renée", "Ægir", "名前")))
    assert names.users == {1: "Renée", 2: "Ægir", 3: "名前"}
    assert remarks == []


@pytest.mark.parametrize(
    "name", ["Renée", "ÆØÅ", "O\u2019Šea", "Zoë “Z” \u2013 €", "Þórðr", "Ñandú…", "KOŠICE", "žena"]
)
def test_windows_1252_is_read_and_told(write: Write, name: str) -> None:
    names, remarks = read(write(rows("Renée", "ada", name).encode("windows-1252")))
    assert names.users == {1: "Renée", 2: "ada", 3: name}
    assert names.workflows[7][1] == "Vögel"
    assert remarks == ["3 lines are not UTF-8 and were read as Windows-1252."]


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-16-le", True),
        ("utf-16-le", False),
        ("utf-16-be", True),
        ("utf-16-be", False),
        ("utf-32-le", True),
        ("utf-32-be", True),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("delimiter", [",", "\t"])
@pytest.mark.parametrize("before", ["", "\n\n"])
def test_utf16_is_read_and_told(
    write: Write, encoding: str, mark: bool, end: str, delimiter: str, before: str
) -> None:
    text = before + rows("Renée", "名前", "\N{MATHEMATICAL SCRIPT CAPITAL A}da").replace(
        "\n", end
    ).replace(",", delimiter)
    path = write(("\ufeff" * mark + text).encode(encoding))
    names, remarks = read(path)
    assert names.users == {1: "Renée", 2: "名前", 3: BEYOND}
    assert names.workflows[7][1] == "Vögel"
    assert remarks == [f"the text was read as {encoding[:6].upper()}."]


@pytest.mark.parametrize("packed", [False, True])
def test_a_pipe_and_a_compressed_file_are_decoded_alike(write: Write, packed: bool) -> None:
    text = rows("Renée").encode("utf-16")
    assert read(write(text, packed=packed))[0].users == {1: "Renée"}
    for encoding in ("utf-16", "windows-1252"):
        [batch] = open_source("-", Origin(), pipe(rows("Renée").encode(encoding))).batches(NOW)
        assert batch.names.users == {1: "Renée"}


@pytest.mark.parametrize(
    "name",
    [
        b"Ren\x81e",  # means nothing in Windows-1252
        "Иван".encode("windows-1251"),
        "名前".encode("shift-jis"),
        "김철수".encode("euc-kr"),
        "Renée".encode("mac-roman"),
        "Vögel".encode("cp850"),
        "Łukasz".encode("windows-1250"),
        "Šárka".encode("iso8859-2"),
        "Straße".encode("mac-roman"),
    ],
)
def test_a_name_that_cannot_be_decided_is_left_out_and_told(write: Write, name: bytes) -> None:
    text = rows("ada", "NAME", "joan", workflow="Birds").encode().replace(b"NAME", name)
    names, remarks = read(write(text))
    assert names.users == {1: "ada", 2: None, 3: "joan"}
    assert names.workflows[7][1] == "Birds"
    assert remarks == [
        "1 line is in an unknown encoding: names with unreadable letters are left out, and "
        "names that are already stored stay."
    ]


@pytest.mark.parametrize("utf8_first", [True, False])
def test_where_a_file_holds_utf8_what_is_none_is_damaged_utf8(
    write: Write, utf8_first: bool
) -> None:
    whole, cut = "Zoë".encode(), "Renée".encode()[:4]
    first, second = (whole, cut) if utf8_first else (cut, whole)
    text = rows("FIRST", "SECOND", workflow="Birds").encode()
    text = text.replace(b"FIRST", first).replace(b"SECOND", second)
    names, remarks = read(write(text))
    assert sorted(map(str, names.users.values())) == ["None", "Zoë"]
    assert len(remarks) == 1
    assert remarks[0].startswith("1 line is in an unknown encoding")


def test_old_line_ends_are_read(write: Write) -> None:
    names, remarks = read(write(rows("ada", '"two\rlines"').replace("\n", "\r")))
    assert names.users == {1: "ada", 2: "two\nlines"}
    assert remarks == []


def test_old_macs_letters_are_not_taken_for_windows(write: Write) -> None:
    text = rows("ada", "Renée", workflow="Birds").replace("\n", "\r")
    names, remarks = read(write(text.encode("mac-roman")))
    assert names.users == {1: "ada", 2: None}
    assert len(remarks) == 1
    assert read(write(text))[0].users == {1: "ada", 2: "Renée"}


def test_a_column_with_letters_beyond_ascii_hides_no_other(write: Write) -> None:
    text = rows("Renée").replace("metadata\n", "metadata,größe\n").replace("{}\n", "{},1\n")
    assert read(write(text.encode("windows-1252")))[0].users == {1: "Renée"}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "windows-1252"])
def test_stream_events_are_decoded_alike(write: Write, encoding: str) -> None:
    linked = {"projects": [{"id": "12", "display_name": "Vögel"}]}
    event = classification() | {"linked": linked}
    line = json.dumps(event, ensure_ascii=False) + "\n"
    source = open_source(write((line * 2).encode(encoding)), Origin())
    [batch] = source.batches(NOW)
    assert (len(batch), batch.rejects) == (2, [])
    assert batch.names.projects[12] == "Vögel"


def test_marks_in_the_middle_are_no_letters(write: Write) -> None:
    text = rows("ada", "joan").replace("2,2", "\ufeff2,2")
    assert read(write(codecs.BOM_UTF8 + text.encode()))[0].users == {1: "ada", 2: "joan"}
