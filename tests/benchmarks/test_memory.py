"""The benchmark itself: it measures servers that say the same, and refuses others."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path

import orjson
import pytest

from benchmarks.client import UnexpectedResponse, ask, http_request, load
from benchmarks.contest import DifferentAnswers, Entry, Pace, measure
from benchmarks.memory.__main__ import IN_NODE, IN_PYTHON, compete
from benchmarks.memory.data import write_data
from benchmarks.memory.questions import QUESTIONS
from benchmarks.peers import missing
from benchmarks.servers import asgi_server

#: One request on each connection, and nothing to warm up for.
BRIEFLY = Pace(rounds=1, seconds=0, warm_up_seconds=0)
#: The small ones.
PAGES = [question.name for question in QUESTIONS if "page" in question.name]


def rows(table: object) -> list[list[str]]:
    return [line.strip("| ").split(" | ") for line in str(table).splitlines()[2:]]


def test_each_question_is_measured_at_each_server_in_python() -> None:
    table = rows(compete(list(IN_PYTHON), BRIEFLY, "page"))
    assert [row[0] for row in table[::4]] == PAGES
    assert [row[1] for row in table[:4]] == ["CPU at 1", "CPU at 16", "p50 at 1", "p50 at 16"]
    assert all(cell.endswith("ms") for cell in (row[2] for row in table))
    assert all(cell.endswith("ms)") for row in table for cell in row[3:])
    assert {len(row) for row in table} == {2 + len(IN_PYTHON)}


def test_the_servers_in_node_answer_the_same_as_we_do() -> None:
    reason = missing()
    if reason:
        assert not os.environ.get("CI"), reason
        pytest.skip(reason)
    table = rows(compete(["us", *IN_NODE], BRIEFLY, "page"))
    assert len(table) == 4 * len(PAGES)
    assert all(cell.endswith("ms)") for row in table for cell in row[3:])


def test_servers_whose_answers_differ_are_not_measured(tmp_path: Path) -> None:
    write_data(tmp_path / "data.json")
    data = orjson.loads((tmp_path / "data.json").read_bytes())
    data["stats"][0]["members"][1]["projects"][2][1] += 1
    (tmp_path / "other.json").write_bytes(orjson.dumps(data))
    request = http_request("/graphql", QUESTIONS[2].body)
    with ExitStack() as stack:
        entries = [
            Entry(
                name,
                stack.enter_context(
                    asgi_server(IN_PYTHON["the floor"], {"DATA": str(tmp_path / file)})
                ),
                request,
            )
            for name, file in (("one", "data.json"), ("other", "other.json"))
        ]
        with pytest.raises(DifferentAnswers, match=r"nodes\[1\]\.projectContributions\[2\]\.count"):
            measure(entries, BRIEFLY)


def test_an_error_is_no_answer(tmp_path: Path) -> None:
    write_data(tmp_path / "data.json")
    with asgi_server(IN_PYTHON["us"], {"DATA": str(tmp_path / "data.json")}) as server:
        request = http_request(
            "/graphql", orjson.dumps({"query": '{ userGroup(id: "77") { id } }'})
        )
        with pytest.raises(DifferentAnswers, match="us answers with an error"):
            measure([Entry("us", server, request)], BRIEFLY)
        with pytest.raises(UnexpectedResponse, match="404"):
            ask(server.port, http_request("/elsewhere"))
        done = load(
            server.port, http_request("/graphql", QUESTIONS[1].body), concurrency=3, seconds=0
        )
        assert len(done.latencies) == 3
        assert len(orjson.loads(done.body)["data"]["me"]["memberships"]["nodes"]) == 20
