"""Files that hypothesis makes up: nearly what can be imported."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
import tarfile
import zipfile
from collections.abc import Callable

from hypothesis import strategies as st

from gateway.events.unpacking import MARKS
from tests.events.conftest import DEMO
from tests.events.parquet_bytes import parquet_bytes
from tests.events.parquet_bytes import table as parquet_table
from tests.events.test_stream import classification, comment

EXPORT = "classification_id,user_id,user_name,workflow_id,workflow_name,created_at,metadata\n"
CLASSIFICATIONS = "classification_id,event_time,project_id,workflow_id,user_id,user_group_ids\n"
COMMENTS = "comment_id,event_time,project_id,user_id\n"


def real(name: str, rows: int) -> str:
    with gzip.open(DEMO / f"{name}.csv.gz", "rt", encoding="utf-8", newline="") as file:
        return "".join(line for _, line in zip(range(rows + 1), file, strict=False))


#: Texts that can be imported as they are.
REAL = [real("wildcam-gorongosa", 5), real("cat-project", 2), real("wildlife-watch-kenya", 5)]


def zipped(content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("events", content)
    return packed.getvalue()


def tarred(content: bytes) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        member = tarfile.TarInfo("comments.json")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


ids = st.integers(-1, 50) | st.integers()
names = st.text(max_size=10) | st.sampled_from(["ada", "Renée", "Vögel", "名前", 'a "b"', "a\nb"])
instants = st.sampled_from(["2020-01-01 00:00:00 UTC", "2021-12-31T23:59:59.5Z", "never", ""])
metadata = st.sampled_from(["{}", "", '{"user_group_ids": [7]}', "{'a': None}", '{"a', "[" * 5_000])


def table(header: str, *columns: st.SearchStrategy[object]) -> st.SearchStrategy[str]:
    """Rows below a header, each of the columns' cells."""

    def text(rows: list[tuple[object, ...]]) -> str:
        written = io.StringIO()
        csv.writer(written, lineterminator="\n").writerows(rows)
        return header + written.getvalue()

    return st.lists(st.tuples(*columns), max_size=8).map(text)


def event(kind: Callable[..., dict[str, object]]) -> st.SearchStrategy[str]:
    return st.fixed_dictionaries({"id": ids, "created_at": instants | st.none()}).map(
        lambda changes: json.dumps(kind(**changes), ensure_ascii=False)
    )


talk_rows = st.fixed_dictionaries(
    {
        "comment_id": ids | st.none(),
        "comment_user_id": ids | st.none(),
        "comment_user_login": names,
        "comment_created_at": instants,
    }
)
texts = st.one_of(
    st.sampled_from(REAL),
    table(EXPORT, ids, ids | st.just(""), names, ids, names, instants, metadata),
    table(CLASSIFICATIONS, ids, instants, ids, ids, ids, st.sampled_from(["", "{1,2}", "[1", "x"])),
    table(COMMENTS, ids, instants, ids, ids),
    st.lists(event(classification) | event(comment) | names, max_size=8).map("\n".join),
    st.lists(talk_rows, max_size=8).map(json.dumps),
)
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "koi8-r"]
#: Put into a text, at any place.
PIECES = ['"', '""', ",", ";", "\t", "\n", "\r", "\r\n", "\0", "\ufeff", "7,", "\n7,", EXPORT, "é"]
COMPRESSIONS: list[Callable[[bytes], bytes]] = [
    bytes, bytes, gzip.compress, bz2.compress, lzma.compress, zipped, tarred,
]  # fmt: skip


@st.composite
def text_files(draw: st.DrawFn) -> bytes:
    """A text that is nearly one that can be imported."""
    text = draw(texts)
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(text)))
        text = text[:at] + draw(st.sampled_from(PIECES)) + text[at + draw(st.integers(0, 30)) :]
    if draw(st.booleans()):
        text = text.replace("\n", draw(st.sampled_from(["\r\n", "\r", "\n\n"])))
    if draw(st.booleans()):
        text = text.replace(",", draw(st.sampled_from([";", "\t"])))
    content = text.encode(draw(st.sampled_from(ENCODINGS)), "replace")
    content = draw(st.sampled_from(COMPRESSIONS))(content)
    return draw(damaged(content, 0))


@st.composite
def damaged(draw: st.DrawFn, content: bytes, first: int) -> bytes:
    """Some pieces of a file replaced by others, none before the byte ``first``."""
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 3]))):
        at = draw(st.integers(min(first, len(content)), len(content)))
        rest = content[at + draw(st.integers(0, 9)) :]
        content = content[:at] + draw(st.binary(max_size=5)) + rest
    return content


#: Tables in Parquet that can be imported as they are.
PARQUET = [
    parquet_bytes(f"{parquet_table()} UNION ALL {parquet_table(classification_id='6::BIGINT')}"),
    parquet_bytes(
        parquet_table(event_time="'2021-12-21T12:41:31Z'", user_group_ids="'[1]'"), "zstd"
    ),
    parquet_bytes(parquet_table(user_group_ids="[]::BIGINT[]", user_id="NULL"), "uncompressed"),
    parquet_bytes("SELECT 1 AS comment_id, now() AS event_time, 5 AS project_id, 7 AS user_id"),
    parquet_bytes("SELECT 1 AS one"),
]
#: A Parquet file ends with the length of its footer, and this mark.
MARK, END = b"PAR1", 8


@st.composite
def parquet_files(draw: st.DrawFn) -> bytes:
    """Parquet that was cut, or whose footer, if not its data, says what is not so."""
    content = draw(st.sampled_from(PARQUET))
    end = content[-END:]
    footer = len(content) - END - int.from_bytes(end[:4], "little")
    if draw(st.integers(0, 3)) == 0:
        content = content[: draw(st.integers(len(MARK), len(content)))]
    content = draw(damaged(content, draw(st.sampled_from([len(MARK), footer]))))
    if draw(st.integers(0, 3)) == 0:
        end = draw(st.integers(0, 2 * len(content))).to_bytes(4, "little") + MARK
    return content if draw(st.integers(0, 3)) == 0 else content[:-END] + end


#: What a compression begins with, and nothing of it behind.
marked = st.builds(
    bytes.__add__, st.sampled_from([MARK, *MARKS]), st.binary(max_size=200) | st.just(MARK)
)


def files() -> st.SearchStrategy[bytes]:
    """Files that are nearly ones that can be imported, and a few that are nothing at all."""
    return st.one_of(
        text_files(), text_files(), text_files(), parquet_files(), marked, st.binary(max_size=2_000)
    )


def whole_files() -> list[bytes]:
    """Files that can be imported, of every form and compression."""
    comments = json.dumps([TALK_ROW])
    events = "\n".join(json.dumps(one()) for one in (classification, comment))
    contents = [text.encode() for text in (*REAL, comments, events)]
    packed = [compress(contents[0]) for compress in COMPRESSIONS[2:]]
    recoded = [REAL[0].encode(encoding) for encoding in ("utf-16", "utf-32")]
    return [*contents, *packed, *recoded, tarred(comments.encode()), *PARQUET]


TALK_ROW = {
    "comment_id": 5,
    "comment_user_id": 7,
    "comment_user_login": "ada",
    "comment_created_at": "2015-06-01T12:00:00.250Z",
}
