"""HTML pages of the endpoint: their examples and relative links."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import orjson

_PLACEHOLDER = "{{ examples }}"
#: A link to a file below the endpoint.
_LINK = re.compile(rb'\b(href|src)="(?:\./)?graphql/')


class Subject(StrEnum):
    """Subject that an example needs; pages display the value."""

    SITE = "site"
    PROJECT = "project"
    GROUP = "group"
    VIEWER = "token"


@dataclass(frozen=True)
class Example:
    """An operation that the page offers to load.

    ``days`` is how many days its range has, None for all there are. ``missing`` is the subject
    that does not exist.
    """

    title: str
    query: str
    variables: dict[str, Any] = field(default_factory=dict)
    subject: Subject = Subject.SITE
    days: int | None = None
    missing: Subject | None = None


def with_examples(html: str, examples: Sequence[Example]) -> bytes:
    """The page with its block of examples filled in."""
    # A data block is no script to the browser; "<" is escaped so that nothing can end it.
    entries = [
        {"title": one.title, "query": one.query, "variables": one.variables} for one in examples
    ]
    block = orjson.dumps(entries).replace(b"<", b"\\u003c")
    return html.replace(_PLACEHOLDER, block.decode()).encode()


def with_relative_links(html: bytes, *, inside: bool) -> bytes:
    """The page, whose links are relative: ``graphql/…`` at ``/graphql``, and ``…`` inside of it."""
    return _LINK.sub(rb'\1="', html) if inside else html
