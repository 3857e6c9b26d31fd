"""What the README says of the demo: new work of a member counts to the group that they join."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

from tests.demo import Demo, running_demo
from tests.docs.markdown import ROOT

README = (ROOT / "README.md").read_text()
CREATE = """mutation {
  createUserGroup(input: {displayName: "Newcomers"}) {
    userGroup { id joinLink { token } }
    userErrors { message }
  }
}"""
JOIN = """mutation ($id: ID!, $token: String!) {
  joinUserGroup(input: {id: $id, joinToken: $token}) { changed userErrors { message } }
}"""
TOTAL = """query ($id: ID!) { userGroup(id: $id) { classifications { totalCount } } }"""


def asked(demo: Demo, query: str, role: str, **variables: Any) -> Any:
    answer = demo.ask(query, variables, role)
    assert "errors" not in answer
    (field,) = answer["data"].values()
    return field


def test_a_newcomer_creates_a_group_joins_it_as_another_role_and_sees_new_work(
    tmp_path: Path,
) -> None:
    (shown,) = re.findall(r"make demo ARGS='(classify .*)'", README)
    words = shlex.split(shown)
    role = words[words.index("--as") + 1]
    assert f"create a group as `admin`, join it as `{role}`" in README
    with running_demo(tmp_path) as demo:
        group = asked(demo, CREATE, "admin")["userGroup"]
        token = group["joinLink"]["token"]
        assert asked(demo, JOIN, role, id=group["id"], token=token)["changed"]
        before = asked(demo, TOTAL, role, id=group["id"])["classifications"]["totalCount"]
        ran = demo.classify(*words[1:], "--count", "2")
        assert ran.returncode == 0, ran.stderr
        after = asked(demo, TOTAL, role, id=group["id"])["classifications"]["totalCount"]
        assert (before, after) == (0, 2)
        assert token not in demo.server.log.read_text()
