"""Open and detect a Talk export, in a file or a pipe."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from gateway.errors import UnreadableFile
from gateway.events.exports import Origin
from gateway.events.forms import described, unlike
from gateway.events.talk_export import TalkExport
from gateway.events.talk_file import TalkFile, begins_array
from gateway.events.tarball import is_tar
from gateway.events.unpacking import DAMAGE, unpacked
from gateway.reasons import reason_of

#: In bytes; enough to detect an array or a tar.
_HEAD = 1024

_COMMENTS = frozenset({"comment_id", "comment_created_at"})
_TAGS = frozenset({"taggable_id", "taggable_type", "comment_id"})


def talk_head(file: BinaryIO, name: str) -> bytes | None:
    """Head of the content if it is an array or a tar, else None; ``file`` is not advanced."""
    try:
        if file.seekable():
            start = file.tell()
            head = unpacked(file, name).read(_HEAD)
            file.seek(start)
        else:
            # Of a pipe only what is buffered can be read ahead.
            head = file.peek(_HEAD) if hasattr(file, "peek") else b""
    except DAMAGE as error:
        raise UnreadableFile(f"{name} is damaged: {reason_of(error)}.") from error
    return head if begins_array(head) or is_tar(head) else None


def open_talk(
    file: BinaryIO, head: bytes, name: str, again: Callable[[], BinaryIO] | None, origin: Origin
) -> TalkExport:
    """Open the export in ``file``, whose content begins with ``head``, or UnreadableFile.

    ``again`` opens the file once more to read it; None for a pipe, which is read on.
    """

    def opened(file: BinaryIO) -> TalkFile:
        content = unpacked(file, name) if file.seekable() else file
        return TalkFile(file, content, head, name)

    looked_at = opened(file)
    if not looked_at.is_array:
        raise unlike(name, "a tar file without Talk's comments: unpack it first")
    row = looked_at.first_row()
    file_name = f"{Path(name).name}/{looked_at.inner_name}"
    if row is None:
        if not (looked_at.is_empty and "-comments" in file_name):
            raise unlike(name, "a tar" if is_tar(head) else described(head.strip()))
    elif not row.keys() >= _COMMENTS:
        if row.keys() & _TAGS:
            raise unlike(name, "Talk's export of tags")
        raise unlike(name, "JSON, but not with one stream event on each line")
    return TalkExport(
        name,
        file_name,
        (lambda: looked_at) if again is None else (lambda: opened(again())),
        None if again is None else Path(name).stat().st_size,
        origin,
    )
