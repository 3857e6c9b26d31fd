"""What an image or a document of ``/embed`` shows, as a person reads it."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from xml.etree.ElementTree import Element, fromstring

_SVG = "{http://www.w3.org/2000/svg}"


class Image:
    """An image: it is well-formed, or the test has failed."""

    def __init__(self, content: bytes) -> None:
        self.root: Element = fromstring(content)

    def all(self, tag: str) -> list[Element]:
        return list(self.root.iter(_SVG + tag))

    @property
    def tags(self) -> set[str]:
        return {element.tag.removeprefix(_SVG) for element in self.root.iter()}

    @property
    def title(self) -> str:
        (title,) = self.all("title")
        return title.text or ""

    @property
    def description(self) -> str:
        (description,) = self.all("desc")
        return description.text or ""

    @property
    def texts(self) -> list[str]:
        return ["".join(element.itertext()) for element in self.all("text")]

    @property
    def heights(self) -> list[float]:
        """Of the bars: from the floor to the top, by what is drawn."""
        found = []
        for path in self.all("path"):
            numbers = [float(one) for one in re.findall(r"-?\d+\.\d+", path.get("d", ""))]
            ys = [numbers[1], numbers[4]]
            found.append(ys[0] - ys[1])
        return found


class Document(HTMLParser):
    """A document: its elements, what links there are, its table and its lines."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str | None] = []
        self.rows: list[list[str]] = []
        self.texts: dict[str, str] = {}
        self._open: list[str] = []
        self.feed(content)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._open.append(tag)
        if tag == "a":
            self.links.append(dict(attributes)["href"])
        if tag == "tr":
            self.rows.append([])
        if tag in ("th", "td"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        for tag in ("h1", "p", "title", "code", "strong"):
            if tag in self._open:
                self.texts[tag] = self.texts.get(tag, "") + data
        if self._open and self._open[-1] in ("th", "td"):
            self.rows[-1][-1] += data
