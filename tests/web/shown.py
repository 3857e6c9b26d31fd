"""The figures that a page shows, and how the pages write numbers and days."""

from __future__ import annotations

import json
from datetime import date

from playwright.sync_api import Page
from playwright.sync_api import TimeoutError as NeverShown

from tests.browser import DEADLINE_MILLISECONDS

#: What has figures: rows of a kind, and the cells of a row; without any, the row itself.
_PLACES: dict[str, tuple[str, list[str]]] = {
    "title": ("h1", []),
    "lead": (".opening .lead", []),
    "missing": (".missing p", []),
    "figures": (".figures .figure", ["dt", ".value"]),
    "notes": (".figures .note", []),
    "chart": ("details.numbers tbody tr", ["th", "td"]),
    "rankings": (".ranking li", [".name", ".number", ".note"]),
    "found": (".found li", ["a", ".note"]),
    "cards": (".cards li", ["h2", ".note", ".totals dd"]),
    "workflows": ("table.workflows tbody tr", ["th", "td.number", ".completeness"]),
    "contributors": ("table.contributors tbody tr", ["bdi", "td.number", "li"]),
    "members": ("table tbody tr:has(.commands)", ["th", "td:nth-child(2)"]),
    "goals": (".goal", ["h3", ".value", "p.note", ".steps strong", ".steps .note"]),
    "milestones": (".milestones li", ["strong", ".note"]),
    "streaks": (".tiles li", ["strong", ".note"]),
    "sheet": (".sheet :is(h2, p)", []),
    "facts": (".sheet .facts div", ["dt", "dd"]),
    "certified": (".certified li", ["a", ".note"]),
    "told": ("[role=status], p.hint", []),
}
#: Choices of days and projects, and what is said of the chart, whose numbers are in its table.
_CHOICES = "svg, nav, select, .ranges, .below"
_READ = """([places, choices]) => {
    const main = document.querySelector("main");
    const said = (node) => node.textContent.replace(/\\s+/g, " ").trim();
    const shown = {}, seen = new Set();
    for (const [name, [rows, cells]] of Object.entries(places)) {
        const found = [];
        for (const row of main.querySelectorAll(rows)) {
            const all = cells.length
                ? cells.flatMap((cell) => [...row.querySelectorAll(cell)])
                : [row];
            all.forEach((one) => seen.add(one));
            const texts = all.map(said);
            if (/\\d/.test(texts.join())) found.push(texts);
        }
        if (found.length) shown[name] = found;
    }
    const texts = document.createTreeWalker(main, NodeFilter.SHOW_TEXT);
    for (let text; (text = texts.nextNode()); ) {
        let node = text.parentElement;
        if (!/\\d/.test(text.data) || node.closest(choices)) continue;
        while (node && !seen.has(node)) node = node.parentElement;
        if (!node) (shown.elsewhere ??= []).push(text.data);
    }
    return shown;
}"""

Shown = dict[str, list[list[str]]]


def figures_of(page: Page) -> Shown:
    """All texts with a digit, by where they stand; under ``elsewhere`` what no place has."""
    shown: Shown = page.evaluate(_READ, [_PLACES, _CHOICES])
    return shown


def expect_figures(page: Page, expected: Shown) -> None:
    """Wait until a page shows these figures and no others."""
    given = [[_PLACES, _CHOICES], ordered(expected)]
    same = f"([places, expected]) => JSON.stringify(({_READ})(places)) === expected"
    try:
        page.wait_for_function(same, arg=given, polling=100, timeout=DEADLINE_MILLISECONDS)
    except NeverShown:
        shown = figures_of(page)
        names = [*shown, *(name for name in expected if name not in shown)]
        pairs = {name: (shown.get(name, []), expected.get(name, [])) for name in names}
        differing = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
        assert not differing, f"Shown and expected differ: {differing}"


def ordered(expected: Shown) -> str:
    """As the page's script writes it."""
    places = [*_PLACES, "elsewhere"]
    kept = {name: expected[name] for name in places if expected.get(name)}
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":"))


def count(value: float) -> str:
    return f"{round(value):,}"


def hours(seconds: float) -> str:
    value = seconds / 3600
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}".removesuffix(".0")


def percent(share: float) -> str:
    return f"{share:.0%}" if share >= 0.1 else f"{share * 100:.1f}".removesuffix(".0") + "%"


def many(number: float, unit: str) -> str:
    """A number with its unit, such as "3 hours"."""
    return f"{count(number)} {unit}{'' if number == 1 else 's'}"


def day(text: str) -> str:
    of = date.fromisoformat(text[:10])
    return f"{of:%b} {of.day}, {of.year}"


def month(text: str) -> str:
    return f"{date.fromisoformat(text):%B %Y}"


def with_digits(rows: list[list[str]]) -> list[list[str]]:
    """Those that have a figure."""
    return [row for row in rows if any(one.isdigit() for text in row for one in text)]
