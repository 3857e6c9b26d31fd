"""The schema as it is served pleases a linter of schemas."""

from __future__ import annotations

import json
from pathlib import Path

from graphql import get_introspection_query

from tests.demo import Demo
from tests.npm.project import run_script


def test_the_introspected_schema_has_no_fault(demo: Demo, tmp_path: Path) -> None:
    """Which rules are off, and why, stands in the script."""
    query = get_introspection_query(input_value_deprecation=True, specified_by_url=True)
    introspected, printed = tmp_path / "introspected.json", tmp_path / "schema.graphql"
    introspected.write_text(json.dumps(demo.ask(query)))
    found = json.loads(run_script("lint_schema.mjs", str(introspected), str(printed)))
    lines = printed.read_text().splitlines()
    assert [f"{one['ruleId']}: {one['message']} {lines[one['line'] - 1]}" for one in found] == []
    assert "type UserGroup" in printed.read_text()
