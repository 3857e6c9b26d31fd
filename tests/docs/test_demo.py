"""What the README says of the demo: new work of a member counts to the group that they join."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

from tests.demo import Demo, running_demo
from tests.docs.markdown import ROOT
from tests.docs.own import own_blocks

README = ROOT / "README.md"
OPERATIONS = own_blocks(README)


def asked(demo: Demo, query: str, role: str, **variables: Any) -> Any:
    answer = demo.ask(query, variables, role)
    assert "errors" not in answer
    (field,) = answer["data"].values()
    return field


def test_a_newcomer_creates_a_group_joins_it_as_another_role_and_sees_new_work(
    tmp_path: Path,
) -> None:
    (shown,) = re.findall(r"make demo ARGS='(classify .*)'", README.read_text())
    words = shlex.split(shown)
    (admin, create), (member, join), (again, total) = (
        (block.note.removeprefix("own="), block.text) for block in OPERATIONS
    )
    assert member == again == words[words.index("--as") + 1] != admin
    with running_demo(tmp_path) as demo:
        group = asked(demo, create, admin)["userGroup"]
        token = group["joinLink"]["token"]
        assert asked(demo, join, member, id=group["id"], joinToken=token)["changed"]
        before = asked(demo, total, member, id=group["id"])
        ran = demo.classify(*words[1:], "--count", "2")
        assert ran.returncode == 0, ran.stderr
        after = [asked(demo, total, role, id=group["id"]) for role in (member, admin)]
        group_now = {"displayName": "Newcomers", "memberCount": 2}
        assert before == {**group_now, "classifications": {"totalCount": 0}}
        assert after == [{**group_now, "classifications": {"totalCount": 2}}] * 2
        assert token not in demo.server.log.read_text()
