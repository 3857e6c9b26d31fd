"""The fenced blocks of the project's documents: what a reader would copy."""

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])

#: Begins the note of what a gateway answers that decides about groups, which the demo's data is not
#: made for; ``tests/docs/own.py`` asks it.
OWN = "own"

_FENCED = re.compile(r"^```(\w*) ?([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SEPARATORS = "();<>|&\n"
_CONTINUATION_OR_COMMENT = re.compile(r"\\\n|(?:^|\s)#.*$", re.MULTILINE)
_ASSIGNMENT = re.compile(r"[A-Z_]+=.*")


class Block(NamedTuple):
    language: str
    #: What stands behind the language: "as=member", "variables", "answer" or "file=NAME".
    note: str
    text: str


@dataclass
class Example:
    """An operation, who sends it, and what a document shows of it."""

    document: str
    query: str
    role: str
    variables: dict[str, Any] | None = None
    answers: list[Any] = field(default_factory=list)

    def __str__(self) -> str:
        name = re.search(r"query (\w+)", self.query)
        return f"{self.document}:{name[1] if name else self.query.split()[1]}"


def blocks(document: Path) -> list[Block]:
    return [Block(*match.groups()) for match in _FENCED.finditer(document.read_text())]


def examples(document: Path) -> list[Example]:
    """The operations of a document, each with the JSON blocks that follow it."""
    found: list[Example] = []
    for block in blocks(document):
        if block.language == "graphql" and not block.note.startswith(("file=", OWN)):
            role = block.note.removeprefix("as=") or "anonymous"
            found.append(Example(document.name, block.text, role))
        elif block.note == "variables":
            found[-1].variables = json.loads(block.text)
        elif block.note == "answer":
            found[-1].answers.append(json.loads(block.text))
    return found


def commands(document: Path) -> Iterator[list[str]]:
    """The words behind each ``stats-gateway`` that a reader would type."""
    for block in blocks(document):
        if block.language == "sh":
            yield from _commands(_CONTINUATION_OR_COMMENT.sub(" ", block.text))


def _commands(script: str) -> Iterator[list[str]]:
    lexer = shlex.shlex(script, posix=True, punctuation_chars=_SEPARATORS)
    lexer.whitespace, lexer.whitespace_split, lexer.commenters = " \t", True, ""
    words: list[str] = []
    for word in [*lexer, "\n"]:
        if not set(word) <= set(_SEPARATORS):
            words.append(word)
            continue
        while words and _ASSIGNMENT.fullmatch(words[0]):
            words.pop(0)
        if words and Path(words[0]).name == "stats-gateway":
            yield words[1:]
        words = []
