"""The threat model names tests that there are, and one in every row."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
MODEL = ROOT / "docs" / "security.md"
NAMED = re.compile(r"`(test_\w+)`")
ASSETS = [
    "Individual statistics of volunteers",
    "Group memberships, especially of minors",
    "Existence of hidden groups",
    "Groups and who leads them",
    "Join links",
    "Tokens and API keys",
    "Ingestion and integrity of counts",
    "Federation routers",
    "Availability",
    "Outage or compromise of Panoptes",
]
ATTACKERS = [
    "anonymous",
    "volunteer",
    "member",
    "group admin",
    "ex-member",
    "API key holder",
    "router",
    "network attacker",
    "Panoptes",
]


def sections() -> dict[str, str]:
    parts = MODEL.read_text(encoding="utf-8").split("\n## ")
    (assets,) = (part for part in parts if part.startswith("Assets\n"))
    return dict(part.split("\n", 1) for part in assets.split("\n### ")[1:])


def rows(section: str) -> list[list[str]]:
    """The threats of an asset: attacker, what is tried, what stands in the way, tests."""
    table = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table[2:]]


def tables() -> list[list[str]]:
    """The lines of each table of the document that names attackers."""
    blocks = re.findall(r"(?:^\|.*\n?)+", MODEL.read_text(encoding="utf-8"), re.MULTILINE)
    found = [block.splitlines() for block in blocks]
    return [lines for lines in found if len(lines) > 2 and not lines[0].startswith("| Level ")]


def existing_tests() -> set[str]:
    return {
        node.name
        for file in (ROOT / "tests").rglob("test_*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def test_every_test_that_the_threat_model_names_exists() -> None:
    named = set(NAMED.findall(MODEL.read_text(encoding="utf-8")))
    assert len(named) > 40
    assert named - existing_tests() == set()


def test_every_threat_has_an_attacker_a_defence_and_a_test() -> None:
    assert list(sections()) == ASSETS
    for name, section in sections().items():
        threats = rows(section)
        assert threats, name
        for attacker, attempt, defence, tests in threats:
            assert attacker, name
            assert attempt, name
            assert defence, name
            assert NAMED.findall(tests), f"{name}: {attempt}"


def test_every_table_of_threats_has_its_headings_and_every_row_a_test() -> None:
    """Also outside of the assets; a blank line within a table would cut off its last rows."""
    assert len(tables()) == len(ASSETS) + 2
    for heading, line, *threats in tables():
        assert heading == "| Attacker | Attempt | Defence | Test |"
        assert set(line) == set("| -")
        assert [threat for threat in threats if not NAMED.search(threat.split(" | ")[3])] == []


def test_every_attacker_stands_in_the_threat_model() -> None:
    named = " ".join(threat[0] for section in sections().values() for threat in rows(section))
    assert [attacker for attacker in ATTACKERS if attacker not in named] == []
