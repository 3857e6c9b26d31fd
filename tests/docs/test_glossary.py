"""The glossary names modules that exist, and each term once."""

import re

from tests.docs.markdown import ROOT

ROW = re.compile(r"^\| (?P<term>[^|`]+) \| (?P<meaning>[^|]+) \| `(?P<module>[^|`]+)` \|$", re.M)


def glossary() -> list[re.Match[str]]:
    text = (ROOT / "docs" / "architecture.md").read_text()
    (section,) = re.findall(r"^## Glossary\n(.*?)^## ", text, re.M | re.S)
    rows = list(ROW.finditer(section))
    # A header, a line under it, and nothing that the pattern misses.
    assert len(rows) == section.count("\n|") - 2
    return rows


def test_each_module_of_the_glossary_exists() -> None:
    modules = [row["module"] for row in glossary()]
    assert len(modules) > 30
    assert [module for module in modules if not (ROOT / module).is_file()] == []


def test_each_term_of_the_glossary_is_there_once_and_in_order() -> None:
    terms = [row["term"] for row in glossary()]
    assert terms == sorted(set(terms))
