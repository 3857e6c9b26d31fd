"""``demo classify``: made-up work counts to the groups of whoever is a member."""

import json
import signal
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.cli.demo import MEMBER, SITE_ADMIN
from tests.demo import Demo, running_demo
from tests.server import STATS_GATEWAY, environment

JOIN = (
    "mutation ($id: ID!, $token: String!) { joinUserGroup(input: {id: $id, joinToken: $token})"
    " { changed userErrors { code message } } }"
)
TOTALS = "{ userGroup(id: 1) { classifications { totalCount } } }"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with running_demo(tmp_path_factory.mktemp("demo")) as demo:
        yield demo


def total(demo: Demo) -> int:
    answer = demo.ask(TOTALS, role=SITE_ADMIN.name)
    count: int = answer["data"]["userGroup"]["classifications"]["totalCount"]
    return count


def test_new_work_of_a_member_counts_to_their_group(demo: Demo) -> None:
    before = total(demo)
    ran = demo.classify("--as", MEMBER.name, "--every", "1s", "--count", "2")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.splitlines() == [
        f"Sent classification {number} of member, user {MEMBER.user_id}." for number in (1, 2)
    ]
    assert total(demo) == before + 2


def test_whoever_joins_by_the_printed_link_counts_from_then_on(demo: Demo) -> None:
    (link,) = [one for one in demo.links() if "join_token" in one]
    before = total(demo)
    assert demo.classify("--as", SITE_ADMIN.name, "--count", "1").returncode == 0
    assert total(demo) == before

    path, token = link.removeprefix(demo.root).split("#join_token=")
    variables = {"id": path.removeprefix("/groups/"), "token": token}
    joined = [demo.ask(JOIN, variables, SITE_ADMIN.name) for _ in range(2)]
    assert [one["data"]["joinUserGroup"] for one in joined] == [
        {"changed": changed, "userErrors": []} for changed in (True, False)
    ]
    assert demo.classify("--as", SITE_ADMIN.name, "--count", "1").returncode == 0
    assert total(demo) == before + 1


def test_the_credentials_of_the_stream_are_in_a_private_file_and_nowhere_else(demo: Demo) -> None:
    file = demo.folder / "stream.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    password = json.loads(file.read_text())["password"]
    ran = demo.classify("--count", "1")
    assert password not in demo.server.log.read_text() + ran.stdout + ran.stderr


def test_ctrl_c_ends_it_and_tells_how_much_was_sent(demo: Demo) -> None:
    with subprocess.Popen(
        [STATS_GATEWAY, "demo", "classify", "--directory", str(demo.folder), "--every", "1h"],
        env=environment(demo.folder, {"PYTHONUNBUFFERED": "1"}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith("Sent classification 1 ")
        process.send_signal(signal.SIGINT)
        assert process.stdout.read() == "\nStopped after 1 classification.\n"
        assert process.stderr.read() == ""
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            {"password": "other"},
            "What runs at {url} is another demo, with another --directory.",
        ),
        (
            {"url": "http://127.0.0.1:1/kinesis"},
            "The demo does not answer at http://127.0.0.1:1/kinesis:",
        ),
        ({"more": 1}, "{file} is not what a demo has written."),
        (None, "{file} cannot be read: No such file or directory. Start the demo with make demo."),
    ],
)
def test_without_its_demo_it_says_why_it_sends_nothing(
    demo: Demo, tmp_path: Path, change: dict[str, object] | None, sentence: str
) -> None:
    file = tmp_path / "stream.json"
    stream = json.loads((demo.folder / "stream.json").read_text())
    if change is not None:
        file.write_text(json.dumps(stream | change))
    before = total(demo)
    ran = demo.classify("--count", "1", "--directory", str(tmp_path))
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith(f"Error: {sentence.format(url=stream['url'], file=file)}")
    assert stream["password"] not in ran.stderr
    assert total(demo) == before
