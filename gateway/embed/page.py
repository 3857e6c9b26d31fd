"""HTML documents of charts and counters, for frames of other pages; they have no script."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from importlib.resources import files
from typing import Any

from gateway.embed import wording
from gateway.embed.chart import draw_plain, subtitle
from gateway.embed.figures import Figures
from gateway.embed.markup import Element, add, as_html, make
from gateway.embed.palette import STYLED
from gateway.embed.parameters import Theme

_STYLE = (files("gateway.embed") / "embed.css").read_text("utf-8")
_DIGEST = b64encode(sha256(_STYLE.encode()).digest()).decode()

#: The sandbox gives the document an origin of its own, without storage, and no way to leave the
#: frame but a link that opens a tab.
POLICY = "; ".join(
    (
        "default-src 'none'",
        f"style-src 'sha256-{_DIGEST}'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors *",
        "sandbox allow-popups allow-popups-to-escape-sandbox",
    )
)


def chart_document(figures: Figures, theme: Theme, link: str | None) -> bytes:
    """Write a chart with its title and its table; ``link`` leads to the page of the subject."""
    root, body = _open(f"{figures.title}: {wording.heading(figures)}", theme, "chart")
    _add_title(body, figures.title, link)
    line = add(body, "p")
    add(
        line, "strong", wording.amount(figures.measure, figures.total)
    ).tail = f" {subtitle(figures)}"
    heading = wording.heading(figures)
    # With the focus, it can be scrolled by keys.
    container = add(body, "div", class_="scrolling", role="group", aria_label=heading, tabindex="0")
    container.append(draw_plain(figures, STYLED))
    if figures.highest is not None:
        _add_table(body, figures)
    return as_html(root)


def counter_document(figures: Figures, theme: Theme, link: str | None) -> bytes:
    """Write a counter: its title, its number, its unit and its range."""
    measure, total = figures.measure, figures.total
    of = f"{wording.unit(measure, total)}, {wording.days_of(figures.preset)}"
    amount = wording.amount(measure, total)
    root, body = _open(f"{figures.title}: {amount} {of}", theme, "counter")
    _add_title(body, figures.title, link)
    line = add(body, "p")
    add(line, "strong", amount).tail = f" {of}"
    return as_html(root)


def refusal_document(error: Mapping[str, Any]) -> bytes:
    """Write a refusal: the message of the error and its code."""
    root, body = _open("Nothing to show", Theme.AUTO, "refusal")
    add(body, "h1", "Nothing to show")
    add(body, "p", error["message"])
    add(add(body, "p"), "code", error["extensions"]["code"])
    return as_html(root)


def _open(title: str, theme: Theme, name: str) -> tuple[Element, Element]:
    """A document, and where its content goes; ``name`` is for the style sheet."""
    root = make("html", lang="en")
    if theme is not Theme.AUTO:
        root.set("data-theme", theme.value)
    head = add(root, "head")
    add(head, "meta", charset="utf-8")
    add(head, "meta", name="viewport", content="width=device-width, initial-scale=1")
    add(head, "title", title)
    add(head, "style", _STYLE)
    return root, add(add(root, "body"), "main", class_=name)


def _add_title(parent: Element, title: str, link: str | None) -> None:
    heading = add(parent, "h1", None if link else title, dir="auto")
    if link:
        add(heading, "a", title, href=link, target="_blank", rel="noopener noreferrer")


def _add_table(body: Element, figures: Figures) -> None:
    details = add(body, "details")
    add(details, "summary", "Show the numbers as a table")
    table = add(details, "table")
    add(table, "caption", wording.heading(figures))
    head = add(add(table, "thead"), "tr")
    add(head, "th", figures.period.value.title(), scope="col")
    add(head, "th", figures.measure.value.title(), scope="col")
    rows = add(table, "tbody")
    for bar in figures.bars:
        row = add(rows, "tr")
        add(row, "th", wording.bucket(bar.starts_on, figures.period), scope="row")
        add(row, "td", wording.amount(figures.measure, bar.value))
