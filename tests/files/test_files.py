"""Files show what GraphQL shows, to each viewer, and nothing else."""

from __future__ import annotations

import csv
import io
import re
import socket
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from gateway.files.catalogue import KINDS
from tests.authorization.mission import Rule, exists, refusal, sees
from tests.authorization.people import ASKING, GROUPS, UNKNOWN, VOLUNTEERS
from tests.files.conftest import CONTRIBUTORS, LARGE, PROJECTS
from tests.files.gateway import Gateway
from tests.files.hostile import HOSTILE, NAMES
from tests.server import serving

RULES = {
    "contributors": Rule.INDIVIDUALS,
    "members": Rule.INDIVIDUALS,
    "projects": Rule.AGGREGATES,
    "buckets": Rule.AGGREGATES,
}
#: What the files of a group have, as one query asks for it.
WHOLE = """query ($id: ID!) {
  userGroup(id: $id) {
    members(first: 5000) { nodes { id login displayName } }
    classifications {
      memberBreakdown(first: 5000) {
        nodes {
          user { id login displayName }
          count
          timeSpent
          projectContributions { project { id displayName } count timeSpent }
        }
      }
      projectContributions {
        project { id slug displayName } count timeSpent lastContributedOn
      }
      buckets { startsOn count timeSpent activeUsers }
    }
  }
}"""
OF_USER = """query ($id: ID!) {
  user(id: $id) {
    classifications {
      projectContributions {
        project { id slug displayName } count timeSpent lastContributedOn
      }
      buckets { startsOn count timeSpent }
    }
  }
}"""
#: First letters that make a formula of a cell, for a comma and for a semicolon between cells.
FORMULA = re.compile(r"^\s*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]")


def nodes(data: dict[str, Any], name: str) -> Any:
    """What a file of a group has, of the answer to ``WHOLE``."""
    group = data["userGroup"]
    if name == "members":
        return group["members"]["nodes"]
    stats = group["classifications"]
    if name == "contributors":
        return stats["memberBreakdown"]["nodes"]
    return stats["projectContributions" if name == "projects" else name]


@pytest.mark.parametrize("asking", ASKING)
def test_a_file_of_a_group_is_what_its_field_shows_the_viewer(
    gateway: Gateway, asking: str
) -> None:
    for group in (*GROUPS, UNKNOWN):
        answer = gateway.query(WHOLE, asking, id=str(group))
        for name, rule in RULES.items():
            path = f"/files/groups/{group}/{name}"
            found = gateway.get(path, asking, accept="application/json")
            if group == UNKNOWN or not exists(asking, group):
                assert found.status_code == 404, path
                assert found.json()["errors"][0]["extensions"] == {"code": "NOT_FOUND"}
            elif sees(asking, rule, group=group, user=None):
                assert found.status_code == 200, found.text
                assert found.json() == nodes(answer["data"], name) != [], path
            else:
                expected = {"UNAUTHENTICATED": 401, "FORBIDDEN": 403}[refusal(asking)]
                assert found.status_code == expected, path
                (error,) = found.json()["errors"]
                assert error["extensions"]["code"] == refusal(asking)
                assert "locations" not in error
                assert "content-disposition" not in found.headers


@pytest.mark.parametrize("asking", ASKING)
def test_a_file_of_a_volunteer_is_for_the_volunteer(gateway: Gateway, asking: str) -> None:
    for user in VOLUNTEERS:
        allowed = sees(asking, Rule.OWN, group=None, user=user)
        for name in ("projects", "buckets"):
            found = gateway.get(f"/files/users/{user}/{name}", asking, accept="application/json")
            if not allowed:
                assert found.status_code == (401 if asking == "anonymous" else 403)
                continue
            data = gateway.query(OF_USER, asking, id=str(user))["data"]
            field = "projectContributions" if name == "projects" else name
            assert found.json() == data["user"]["classifications"][field]


def test_files_of_all_are_public(gateway: Gateway) -> None:
    buckets = "classifications { buckets(period: DAY) { startsOn count timeSpent activeUsers } }"
    document = f"{{ {buckets} project(id: 11) {{ {buckets} }} workflow(id: 101) {{ {buckets} }} }}"
    data = gateway.query(document)["data"]
    for path, of in (
        ("site", data),
        ("projects/11", data["project"]),
        ("workflows/101", data["workflow"]),
    ):
        found = gateway.get(f"/files/{path}/buckets?period=day", accept="application/json")
        assert found.json() == of["classifications"]["buckets"]


def test_contributors_have_the_columns_of_todays_export(gateway: Gateway) -> None:
    header, first, *rest = gateway.rows("/files/groups/10/contributors", "group admin")

    assert header[:4] == ["Display Name", "Username", "Total Classifications", "Total Hours"]
    assert header[4:] == ["zoo/cats Classifications", "zoo/cats Hours"] or header[4:] == [
        "Project 11 Classifications",
        "Project 11 Hours",
    ]
    assert first == ["user-1001", "user-1001", "1", "1.0", "1", "1.0"]
    assert len(rest) == len(VOLUNTEERS) - 1


def test_a_large_file_has_everybody_once_from_one_snapshot(gateway: Gateway) -> None:
    found = gateway.get(f"/files/groups/{LARGE}/contributors")
    header, *rows = csv.reader(io.StringIO(found.text, newline=""))

    assert len(rows) == CONTRIBUTORS
    assert len({row[1] for row in rows}) == CONTRIBUTORS
    # Projects of the same name have columns of their own.
    assert len(header) == len({*header}) == 4 + 2 * PROJECTS
    assert {len(row) for row in rows} == {len(header)}
    counts = [int(row[2]) for row in rows]
    assert counts == sorted(counts, reverse=True)
    for row in rows[:: CONTRIBUTORS // 20]:
        assert sum(int(cell) for cell in row[4::2]) == int(row[2])
        assert sum(float(cell) for cell in row[5::2]) == pytest.approx(float(row[3]))
    listed = gateway.get(f"/files/groups/{LARGE}/contributors", accept="application/json").json()
    assert [one["user"]["login"] for one in listed] == [row[1] for row in rows]


def test_days_and_places_are_chosen_as_in_the_rest_api(gateway: Gateway) -> None:
    path = f"/files/groups/{HOSTILE}/contributors"

    assert len(gateway.rows(f"{path}?project_id=400,401")) == 3
    assert len(gateway.rows(f"{path}?workflow_id=900")) == 2
    assert len(gateway.rows(f"{path}?start_date=2024-03-01")) == 1
    assert gateway.get(f"{path}?start_date=2024-03-01", accept="application/json").json() == []
    for query, code in (
        ("start=2024-03-01", "INVALID_ARGUMENT"),
        ("start_date=yesterday", "INVALID_ARGUMENT"),
        ("start_date=2024-03-01&end_date=2024-02-01", "INVALID_RANGE"),
        ("project_id=1&workflow_id=1", "EXCLUSIVE_ARGUMENTS"),
        ("project_id=1&project_id=2", "INVALID_ARGUMENT"),
        ("project_id[]=1", "INVALID_ARGUMENT"),
        ("project_id=x", "INVALID_ARGUMENT"),
        ("period=day", "INVALID_ARGUMENT"),
    ):
        refused = gateway.get(f"{path}?{query}")
        assert refused.status_code == 400, query
        assert refused.json()["errors"][0]["extensions"]["code"] == code, query
    assert gateway.get("/files/groups/x/members").status_code == 400


def test_hostile_names_are_no_formulas_and_no_pages(gateway: Gateway) -> None:
    for name in RULES:
        response = gateway.get(f"/files/groups/{HOSTILE}/{name}")
        for delimiter in ",;":
            read = csv.reader(io.StringIO(response.text, newline=""), delimiter=delimiter)
            for row in read:
                assert [cell for cell in row if FORMULA.match(cell)] == [], (name, delimiter)
    rows = gateway.rows(f"/files/groups/{HOSTILE}/contributors")
    # What is no formula is as it was.
    assert [row[0] for row in rows[1:]] == [
        "'" + NAMES[0],
        "'" + NAMES[1],
        "'" + NAMES[2],
        "'" + NAMES[3],
        "' =1+1",
        "Ada;'=1+1;",
        "'" + NAMES[6],
        *NAMES[7:],
    ]
    listed = gateway.get(f"/files/groups/{HOSTILE}/members", accept="application/json").json()
    assert [one["displayName"] for one in listed] == [*NAMES]


def test_a_file_is_saved_and_neither_shown_nor_kept(gateway: Gateway) -> None:
    for accept, media, suffix in (
        ("text/csv", "text/csv; charset=utf-8; header=present", "csv"),
        (
            "text/html,application/xhtml+xml,*/*;q=0.8",
            "text/csv; charset=utf-8; header=present",
            "csv",
        ),
        ("application/json", "application/json", "json"),
    ):
        found = gateway.get(f"/files/groups/{HOSTILE}/members", accept=accept)
        assert found.headers["content-type"] == media
        name = re.fullmatch(
            r'attachment; filename="(groups-60-members-\d{4}-\d\d-\d\d\.(\w+))"',
            found.headers["content-disposition"],
        )
        assert name is not None
        assert name[2] == suffix
        assert found.headers["cache-control"] == "private, no-store"
        assert found.headers["x-content-type-options"] == "nosniff"
        assert found.headers["cross-origin-resource-policy"] == "same-origin"
        assert found.headers["content-security-policy"] == "default-src 'none'; sandbox"
        assert int(found.headers["content-length"]) == len(found.content)
    # As today's export: no byte order mark. Lines end as RFC 4180 has it.
    text = gateway.get(f"/files/groups/{HOSTILE}/members").content
    assert text.startswith(b"Display Name,Username,User ID\r\n")
    assert text.count(b"\n") == text.count(b"\r\n") == len(NAMES) + 1


def test_methods_and_media_types(gateway: Gateway) -> None:
    address = f"{gateway.base}/files/groups/{HOSTILE}/members"
    head = httpx.head(address)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == httpx.get(address).headers["content-length"]
    preflight = httpx.options(
        address,
        headers={
            "origin": "https://a.example",
            "access-control-request-method": "GET",
            "access-control-request-headers": "authorization",
        },
    )
    assert preflight.status_code == 200
    for method, path, status, allow in (
        ("POST", address, 405, "GET, HEAD"),
        ("DELETE", address, 405, "GET, HEAD"),
        ("GET", f"{gateway.base}/files/tickets", 405, "POST"),
        ("HEAD", f"{gateway.base}/files/downloads?ticket=x", 405, "GET"),
    ):
        refused = httpx.request(method, path)
        assert (refused.status_code, refused.headers["allow"]) == (status, allow)
    unacceptable = gateway.get(f"/files/groups/{HOSTILE}/members", accept="text/html")
    assert unacceptable.status_code == 406
    assert unacceptable.json()["errors"][0]["extensions"]["code"] == "NOT_ACCEPTABLE"
    for path in ("/files", "/files/groups/60", "/files/groups/60/nothing", "/files/%2e%2e/etc"):
        assert gateway.get(path).status_code == 404, path
    broken = gateway.get(f"/files/groups/{HOSTILE}/members", authorization="Bearer x")
    assert broken.status_code == 401
    assert broken.headers["www-authenticate"] == "Bearer"


def test_each_kind_has_its_own_path() -> None:
    assert len({kind.path for kind in KINDS}) == len(KINDS)


def test_a_slow_reader_holds_neither_a_connection_nor_a_snapshot(gateway: Gateway) -> None:
    path = f"/files/groups/{LARGE}/contributors"
    readers = [Reader(gateway, path) for _ in range(2)]
    try:
        # The gateway has one connection to its database.
        assert gateway.query("{ classifications { totalCount } }")["data"] is not None
        # As long as they read, there is no third one from the same address.
        third = gateway.get(path)
        assert third.status_code == 429
        assert third.json()["errors"][0]["extensions"]["code"] == "TOO_MANY_FILES"
        assert third.headers["retry-after"] == "1"
        for one in readers:
            assert one.rest() == one.length
    finally:
        for one in readers:
            one.close()


def test_a_ticket_of_one_gateway_is_used_at_another(gateway: Gateway, tmp_path: Path) -> None:
    with serving(tmp_path, **gateway.settings) as other:
        base = other.url.removesuffix("/graphql")
        answer = gateway.ticket("/files/groups/13/members", "member")
        assert answer.status_code == 201
        address = answer.json()["path"]
        assert gateway.client.get(base + address).status_code == 200
        assert gateway.client.get(gateway.base + address).status_code == 404
        ticket = address.partition("=")[2]
        for log in (gateway.server.log, other.log):
            said = log.read_text()
            assert "/files/" in said
            assert ticket not in said
            assert "ticket=" not in said


class Reader:
    """Whoever has read the head of a file, and nothing else yet."""

    def __init__(self, gateway: Gateway, path: str) -> None:
        parts = urlsplit(gateway.base)
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self._socket.connect((parts.hostname, parts.port))
        self._socket.sendall(
            f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n\r\n".encode()
        )
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._socket.recv(1024)
        head, _, self._body = received.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        length = re.search(rb"content-length: (\d+)", head.lower())
        assert length is not None
        self.length = int(length[1])

    def rest(self) -> int:
        """How long the whole body is."""
        length = len(self._body)
        while chunk := self._socket.recv(1_000_000):
            length += len(chunk)
        return length

    def close(self) -> None:
        self._socket.close()
