"""SVG and HTML elements, which escape their contents: the standard library writes both."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, SubElement, tostring

#: Characters that XML forbids, even escaped; names may contain them.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

__all__ = ["Element", "add", "as_html", "as_svg", "make"]


def make(tag: str, text: str | None = None, **attributes: str | float) -> Element:
    """Make an element. Underscores in attributes' names are hyphens; numbers have two digits."""
    element = Element(tag)
    _fill(element, text, attributes)
    return element


def add(parent: Element, tag: str, text: str | None = None, **attributes: str | float) -> Element:
    """Make an element as the last child of another."""
    element = SubElement(parent, tag)
    _fill(element, text, attributes)
    return element


def as_svg(root: Element) -> bytes:
    """Serialise an SVG image."""
    return tostring(root, encoding="unicode").encode()


def as_html(root: Element) -> bytes:
    """Serialise an HTML document."""
    return f"<!doctype html>\n{tostring(root, encoding='unicode', method='html')}".encode()


def _fill(element: Element, text: str | None, attributes: dict[str, str | float]) -> None:
    if text is not None:
        element.text = _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
    for name, value in attributes.items():
        written = value if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip(".")
        element.set(name.rstrip("_").replace("_", "-"), _NOT_XML.sub("", written))
