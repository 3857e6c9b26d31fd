"""Projects of explored files, by option or by file name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import count
from pathlib import Path

from gateway.events.exports import Origin
from gateway.events.forms import Form
from gateway.events.opening import STANDARD_INPUT, open_source

_SUFFIXES = re.compile(r"(\.[A-Za-z0-9]{1,4})+$")
#: What the Project Builder appends to the project's name.
_KIND = re.compile(r"[-_ ]*classifications?[-_ ]*$", re.IGNORECASE)


def is_export(file: str) -> bool:
    """Whether a file is a classification export, which does not name its project.

    UnreadableFile if it cannot be imported. A pipe can be read only once: it counts as one.
    """
    if file == STANDARD_INPUT or Path(file).is_fifo():
        return True
    return open_source(file, Origin()).form is Form.EXPORT


def origins_of(
    files: Mapping[str, bool], project_id: int | None, name: str | None, known: Mapping[str, int]
) -> list[Origin]:
    """Origins of files; ``files`` maps each to whether it is a classification export.

    Without an id an export is of the project ``known`` by the file's name, or of a new one. All
    other files name their projects themselves.
    """
    if project_id is not None:
        return [Origin(project_id, name)] * len(files)
    ids, new = dict(known), count(max(known.values(), default=0) + 1)
    origins = []
    for file, is_one in files.items():
        if not is_one:
            origins.append(Origin())
            continue
        called = name or name_of(file)
        if called not in ids:
            ids[called] = next(new)
        origins.append(Origin(ids[called], called))
    return origins


def name_of(file: str) -> str:
    """Name of a project by its export, such as ``wildlife-watch-classifications.csv``."""
    if file == STANDARD_INPUT:
        return "Standard input"
    bare = _SUFFIXES.sub("", Path(file).name)
    words = re.split(r"[-_\s]+", _KIND.sub("", bare) or bare)
    return " ".join(word[:1].upper() + word[1:] for word in words if word) or "Project"
