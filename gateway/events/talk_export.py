"""Talk comment export, which a project owner requests from Talk.

One JSON array in a ``.tar.gz``, an object a row (talk-api, ``CommentExportWorker``): every board of
a project with its discussions with their comments, so that a board or a discussion without any is a
row whose ``comment_id`` is null. Of which project it is, only the file's name says.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from datetime import datetime
from typing import Any

from gateway.errors import InvalidEvent, UnreadableFile
from gateway.events.bounds import MOST_GROUPS, Bounds, bounds_at
from gateway.events.event import Batch, Comment, Reject
from gateway.events.exports import Origin
from gateway.events.forms import Form
from gateway.events.ids import LARGEST_ID, read_cell_id
from gateway.events.instants import check_not_future, read_instant
from gateway.events.json_text import decode
from gateway.events.missing import not_blank
from gateway.events.names import collect_names, name_project, name_user
from gateway.events.quoted import quoted, written_id
from gateway.events.source import BATCH_SIZE, ConsecutiveRejects, Source
from gateway.events.talk_file import LONGEST_ROW, TalkFile
from gateway.reasons import reason_of

_PROJECT = re.compile(r"project-([0-9]{1,19})-comments")
#: The talk of the whole site, which is of no project.
_SITE = "zooniverse-comments"


class TalkExport(Source):
    """Source of one project's comments; ``start`` opens the file. Positions count rows from 1."""

    def __init__(
        self,
        name: str,
        file_name: str,
        start: Callable[[], TalkFile],
        total_bytes: int | None,
        origin: Origin,
    ) -> None:
        super().__init__(Form.TALK, name)
        self._start = start
        self._total_bytes = total_bytes
        self._origin = origin
        match = _PROJECT.search(file_name)
        self._named_project = int(match[1]) if match and 0 < int(match[1]) <= LARGEST_ID else None
        self._of_site = _SITE in file_name
        self._file: TalkFile | None = None
        self._bytes_read = 0
        self._without_project = 0
        self._empty = 0
        self._has_more = False

    @property
    def total_bytes(self) -> int | None:
        """The size of the file; None for a pipe."""
        return self._total_bytes

    @property
    def bytes_read(self) -> int:
        """Bytes read of the file."""
        return self._bytes_read if self._file is None else self._file.bytes_read

    @property
    def project_id(self) -> int:
        """Project in the file's name, else the one of the origin; 0 if there is neither."""
        return self._named_project or (0 if self._of_site else self._origin.project_id or 0)

    @property
    def remarks(self) -> list[str]:
        """Remarks on the file, a sentence each."""
        remarks = []
        if self._empty:
            remarks.append(f"{self._empty:,} are boards or discussions without comments.")
        if self._without_project and not self._of_site:
            remarks.append(
                f"{self._without_project:,} counted to no project, because their project is "
                "unknown: import the file again with --project-id to set it."
            )
        given = self._origin.project_id
        if given and given != self.project_id:
            whose = f"project {self._named_project}" if self._named_project else "no project"
            remarks.append(f"its name says that it is of {whose}, so --project-id was not applied.")
        if self._has_more:
            remarks.append("the tar file contains several files; only the first was read.")
        return [f"{self.name}: {remark}" for remark in remarks]

    def batches(
        self,
        now: datetime,
        size: int | None = None,
        most_groups: int = MOST_GROUPS,
    ) -> Generator[Batch, None, None]:
        """The comments in their order."""
        size = BATCH_SIZE if size is None else size
        bounds = bounds_at(now, most_groups)
        file = self._file = self._start()
        batch, rows = Batch(), 0
        refused = ConsecutiveRejects(self.name, "object")
        try:
            for position, text in enumerate(file, 1):
                self._add(batch, position, text, bounds)
                rows += 1
                if rows == size:
                    yield batch
                    rejects = len(batch.rejects)
                    batch, rows = Batch(), 0
                    refused.add(rejects, size, position)
            self._has_more = file.has_more()
        except UnreadableFile:
            if rows:
                yield batch
            raise
        finally:
            self._bytes_read, self._file = file.bytes_read, None
            file.close()
        if rows:
            yield batch

    def _add(self, batch: Batch, position: int, text: bytes | None, bounds: Bounds) -> None:
        row: Any = None
        try:
            row = _decode(text)
            if "comment_id" in row and row["comment_id"] is None:
                batch.ignored += 1
                self._empty += 1
                return
            read = read_comment(row, self.project_id, bounds)
        except InvalidEvent as error:
            event_id = written_id(row.get("comment_id")) if row else None
            batch.rejects.append(Reject(position, event_id, error.message))
            return
        batch.comments.append(read)
        collect_names(batch.names, read)
        if read.user_id is not None:
            name_user(batch.names, read.user_id, row.get("comment_user_login"))
        if read.project_id and read.project_id == self._origin.project_id:
            name_project(batch.names, read.project_id, self._origin.project_name)
        self._without_project += not read.project_id


def read_comment(row: dict[str, Any], project_id: int, bounds: Bounds) -> Comment:
    """Parse one row; InvalidEvent if it cannot be counted.

    An export does not contain when a comment was last changed.
    """
    event_id = read_cell_id(row.get("comment_id"), "comment_id")
    event_time = read_instant(row.get("comment_created_at"), "comment_created_at")
    check_not_future(event_time, bounds.latest, "comment_created_at")
    user = not_blank(row.get("comment_user_id"))
    user_id = None if user is None else read_cell_id(user, "comment_user_id")
    return Comment(event_id, event_time, None, user_id, project_id)


def _decode(text: bytes | None) -> dict[str, Any]:
    if text is None:
        raise InvalidEvent(f"The row is longer than {LONGEST_ROW:,} bytes.")
    try:
        row = decode(text)
    except ValueError as error:
        raise InvalidEvent(f"The row is not JSON: {reason_of(error)}.") from error
    if not isinstance(row, dict):
        raise InvalidEvent(f"The row is {quoted(row)}: not a JSON object.")
    return row
