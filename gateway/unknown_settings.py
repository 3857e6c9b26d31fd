"""Unknown settings: environment variables that are mistyped, or were removed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

#: What is more like one than this may be meant.
_ALIKE = 0.75


def warnings_of(environ: Mapping[str, str], prefix: str, known: Iterable[str]) -> list[str]:
    """A warning for each variable with the prefix that is no setting; never its value.

    ``known`` are the names of the settings, without the prefix. Capitals do not matter.
    """
    names = [name.upper() for name in known]
    sentences = []
    for variable in sorted(environ):
        name = variable.upper().removeprefix(prefix)
        if variable.upper() == name or name in names:
            continue
        near = get_close_matches(name, names, 1, _ALIKE)
        meant = f": did you mean {prefix}{near[0]}?" if near else ", so nothing reads it."
        sentences.append(f"There is no setting {variable}{meant}")
    return sentences
