"""File formats that can be imported, and detection of a format by the first lines."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from itertools import chain, islice

from gateway.errors import UnreadableFile
from gateway.events.exports import ExportRow
from gateway.events.header import first_line, read_header
from gateway.events.json_text import decode
from gateway.events.other_tables import other_kind
from gateway.events.quoted import quoted
from gateway.events.tables import ClassificationRow, CommentRow
from gateway.events.unpacking import MARKS

ACCEPTED = (
    "a classification export (CSV), Talk's comment export (JSON), stream events (one JSON object a "
    "line), or a table of classification_events or comment_events (Parquet or CSV)"
)

#: So many lines are looked at until one is a stream event: the first may be damaged.
_EVENTS_LOOKED_AT = 100


class Form(Enum):
    """Format of a file; the value is its name in messages."""

    EXPORT = "classification export"
    CLASSIFICATIONS = "table of classifications"
    COMMENTS = "table of comments"
    STREAM = "stream events"
    TALK = "Talk comment export"


#: The cells of a row by the form of its table. Fields without a default are required.
ROWS: dict[Form, type[ExportRow] | type[ClassificationRow] | type[CommentRow]] = {
    Form.EXPORT: ExportRow,
    Form.CLASSIFICATIONS: ClassificationRow,
    Form.COMMENTS: CommentRow,
}
#: Snapshots of one project on the day of the export; the importer may have to name the project.
EXPORTS = frozenset({Form.EXPORT, Form.TALK})
#: Columns by which a format is detected; the first match counts. The later entries of a format
#: match a table that lacks its most important column.
_TELLTALES = (
    (Form.EXPORT, {"classification_id", "created_at"}),
    (Form.CLASSIFICATIONS, {"classification_id", "event_time"}),
    (Form.COMMENTS, {"comment_id", "event_time"}),
    (Form.EXPORT, {"classification_id", "workflow_id"}),
    (Form.EXPORT, {"classification_id", "user_name"}),
    (Form.EXPORT, {"classification_id", "metadata"}),
    (Form.EXPORT, {"workflow_id", "user_name"}),
    (Form.EXPORT, {"workflow_id", "created_at", "user_id"}),
    (Form.EXPORT, {"workflow_id", "created_at", "annotations"}),
    (Form.CLASSIFICATIONS, {"event_time", "workflow_id"}),
    (Form.COMMENTS, {"event_time", "project_id", "user_id"}),
)
#: The columns of the ids and of the times in each of them.
KEY_COLUMNS = {
    Form.EXPORT: ("classification_id", "created_at"),
    Form.CLASSIFICATIONS: ("classification_id", "event_time"),
    Form.COMMENTS: ("comment_id", "event_time"),
}


def form_of_columns(columns: Iterable[str], name: str) -> Form | None:
    """Detect the format of a table by its columns; None if they are of no event.

    UnreadableFile for a known format that lacks a column, and for tables known to hold no events.
    """
    present = set(columns)
    if kind := other_kind(present):
        raise unlike(name, kind)
    for form, telltales in _TELLTALES:
        if telltales <= present:
            row = ROWS[form]
            needed = [field for field in row._fields if field not in row._field_defaults]
            if missing := [field for field in needed if field not in present]:
                raise UnreadableFile(
                    f"{name} looks like a {form.value} without the column {', '.join(missing)}."
                )
            return form
    return None


def form_of_text(lines: Iterable[bytes], name: str) -> Form:
    """Detect the format of a text by its first lines; UnreadableFile if it is unknown."""
    following = iter(lines)
    first = first_line(following)
    if first is None:
        raise UnreadableFile(
            f"{name} is empty or begins with blank lines only: it must be {ACCEPTED}."
        )
    if form := form_of_columns(read_header(first.text).columns, name):
        return form
    if first.text.startswith(b"{") and any(
        map(_is_event, chain([first.text], islice(following, _EVENTS_LOOKED_AT)))
    ):
        return Form.STREAM
    raise unlike(name, described(first.text))


def _is_event(line: bytes) -> bool:
    try:
        event = decode(line.decode(errors="replace"))
    except ValueError:
        return False
    return isinstance(event, dict) and "source" in event and "type" in event


def unlike(name: str, kind: str) -> UnreadableFile:
    """UnreadableFile for a file of another ``kind``, which cannot be imported."""
    return UnreadableFile(f"{name} looks like {kind}: it must be {ACCEPTED}.")


def described(first: bytes) -> str:
    """Description of an unknown file by its first line, for messages."""
    if first[:4] == b"PAR1":
        return "Parquet inside a compressed file"
    if first.startswith(tuple(MARKS)):
        return "compressed data"
    try:
        text = first[:200].decode(errors="strict" if len(first) <= 200 else "ignore")
    except UnicodeDecodeError:
        return "binary data"
    if not text.isprintable() and "\t" not in text:
        return "binary data"
    if text.startswith(("{", "[{")) or text == "[":
        return "JSON, but not with one stream event on each line"
    if text[:1] == "<":
        return "HTML or XML"
    return f"text that begins with {quoted(text)}"
