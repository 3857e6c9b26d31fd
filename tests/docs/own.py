"""Operations of the documents that a gateway answers which decides about groups."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from tests.docs.markdown import OWN, Block, blocks
from tests.resolvers.mutations.village import Village

_TOKEN = re.compile(r"\b[0-9a-f]{32}\b")


def own_blocks(document: Path) -> list[Block]:
    """Operation, variables and answer of each, in their order."""
    return [one for one in blocks(document) if re.match(rf"{OWN}\b", one.note)]


def comparable(answer: Any) -> Any:
    """Without tokens, which nobody can know, and instants, which depend on how often one looks."""
    text = _TOKEN.sub("TOKEN", json.dumps(answer))
    return json.loads(re.sub(r"\d{4}-\d\d-\d\dT[^\"]*", "INSTANT", text))


async def answered_as_shown(people: Village, shown: list[Block], **real: str) -> Any:
    """The answer to an operation, with these variables in place of those that are shown."""
    operation, variables, answer = shown
    who = operation.note.removeprefix(f"{OWN}=")
    found = await people.answer(who, operation.text, **{**json.loads(variables.text), **real})
    assert comparable(found) == comparable(json.loads(answer.text))
    return found["data"]
