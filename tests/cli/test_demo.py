"""``demo`` as a process: what it prints is what one gets, and again when it is run again."""

import json
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from gateway.cli.demo import ADMIN, MEMBER, ROLES, SITE_ADMIN
from tests.demo import Demo, running_demo
from tests.server import STATS_GATEWAY, environment

CLASSROOM = (
    "{ userGroup(id: 1) { classifications { totalCount topContributors(first: 1) { count } } } }"
)
VOLUNTEERS = 53


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with running_demo(tmp_path_factory.mktemp("demo")) as demo:
        yield demo


def test_short_addresses_are_printed_and_no_tokens(demo: Demo) -> None:
    printed = demo.server.log.read_text()
    (join,) = re.findall(r"#join_token=(\w{32})$", printed, re.MULTILINE)

    assert list(demo.tokens) == [role.name for role in ROLES] == ["member", "admin", "site-admin"]
    assert demo.links() == [
        f"{demo.root}/",
        f"{demo.root}/groups/2",
        *(f"{demo.root}/demo/{role}" for role in demo.tokens),
        f"{demo.server.url}#role=member",
        f"{demo.root}/groups/1#join_token={join}",
        # Of the log, when it listens.
        demo.root,
    ]
    assert not any(token in printed for token in demo.tokens.values())


def test_tokens_are_for_their_owner_only(demo: Demo) -> None:
    files = list((demo.server.log.parent / ".demo").glob("*.token"))
    assert [file.stat().st_mode & 0o777 for file in files] == [0o600] * 3


@pytest.mark.parametrize(
    ("role", "total", "top", "codes"),
    [
        ("anonymous", None, None, ["UNAUTHENTICATED"]),
        (MEMBER.name, 1888, None, ["FORBIDDEN"]),
        (ADMIN.name, 1888, [{"count": 302}], []),
        (SITE_ADMIN.name, 1888, [{"count": 302}], []),
    ],
)
def test_each_role_sees_of_the_private_group_what_the_output_says(
    demo: Demo, role: str, total: int | None, top: object, codes: list[str]
) -> None:
    answer = demo.ask(CLASSROOM, role=role)
    statistics = answer["data"]["userGroup"]["classifications"]
    assert statistics == (total and {"totalCount": total, "topContributors": top})
    assert [error["extensions"]["code"] for error in answer.get("errors", [])] == codes


def test_the_query_to_paste_is_answered(demo: Demo) -> None:
    (query,) = re.findall(r"^  (\{ .* \})$", demo.server.log.read_text(), re.MULTILINE)
    answer = demo.ask(query, role=ADMIN.name)
    assert "errors" not in answer
    statistics = answer["data"]["userGroup"]["classifications"]
    assert (statistics["activeUsers"], len(statistics["topContributors"])) == (VOLUNTEERS, 5)
    assert sum(bucket["count"] for bucket in statistics["buckets"]) == statistics["totalCount"]


def test_anyone_sees_everything_of_the_public_group(demo: Demo) -> None:
    answer = demo.ask(CLASSROOM.replace("id: 1", "id: 2"))
    assert answer["data"]["userGroup"]["classifications"] == {
        "totalCount": 1888,
        "topContributors": [{"count": 302}],
    }


def test_each_group_has_goals_that_were_reached_go_on_and_repeat(demo: Demo) -> None:
    query = (
        "{ userGroup(id: %d) { goals { title status repeats milestones { value reachedOn }"
        " periods { reached } progress { value reachedOn } } } }"
    )
    for group_id in (1, 2):
        answer = demo.ask(query % group_id, role=MEMBER.name)
        first, second, weekly = answer["data"]["userGroup"]["goals"]
        assert [first["status"], second["status"], weekly["status"]] == [
            "REACHED",
            "RUNNING",
            "RUNNING",
        ]
        assert first["progress"]["reachedOn"] == "2017-06-20"
        assert [one["value"] for one in first["milestones"]] == [100, 250, 500, 1000]
        assert all(one["reachedOn"] for one in first["milestones"])
        assert second["progress"]["value"] == 1888
        assert len(weekly["periods"]) == 12


def test_it_answers_no_name_but_that_of_this_machine(demo: Demo) -> None:
    asked = {"query": "{ __typename }"}
    for host, status in (("rebound.example", 403), ("localhost:8000", 200)):
        answer = httpx.post(demo.server.url, json=asked, headers={"Host": host}, timeout=60)
        assert answer.status_code == status


def test_a_second_demo_in_the_same_place_answers_the_same(tmp_path: Path) -> None:
    answers, tokens = [], []
    for _ in range(2):
        with running_demo(tmp_path) as demo:
            answers.append(demo.ask(CLASSROOM, role=ADMIN.name))
            tokens.append(demo.tokens[ADMIN.name])
            demo.server.stop()
    assert answers[0] == answers[1]
    assert answers[0]["data"]["userGroup"]["classifications"]["totalCount"] == 1888
    assert tokens[0] != tokens[1]


def test_ctrl_c_ends_a_demo_without_a_complaint(tmp_path: Path) -> None:
    with running_demo(tmp_path) as demo:
        status = demo.server.stop(signal.SIGINT)
        last = demo.server.log.read_text().splitlines()[-1]
    assert status == 0
    assert json.loads(last)["event"].startswith("Finished server process")


def test_a_demo_whose_port_is_taken_leaves_the_running_one_as_it_is(tmp_path: Path) -> None:
    with running_demo(tmp_path) as demo:
        port = str(urlsplit(demo.server.url).port)
        second = subprocess.run(
            [STATS_GATEWAY, "demo", "--directory", str(tmp_path / ".demo"), "--port", port],
            env=environment(tmp_path, {}),
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert (second.returncode, second.stdout) == (2, "")
        assert second.stderr.startswith(f"Error: Cannot listen on port {port} of 127.0.0.1: ")
        answer = demo.ask(CLASSROOM, role=ADMIN.name)
    assert answer["data"]["userGroup"]["classifications"]["totalCount"] == 1888
