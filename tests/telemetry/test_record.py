"""A record's id, phases and names."""

from __future__ import annotations

import re
from itertools import count

import pytest

from gateway.auth.viewer import ANONYMOUS, Scope, Viewer
from gateway.telemetry.record import RequestRecord, attach, record_of, request_id_of


@pytest.mark.parametrize("sent", [b"a", b"5f0c-2b9a.7d_3e", b"x" * 128])
def test_a_short_plain_word_that_was_sent_is_the_id(sent: bytes) -> None:
    assert request_id_of(sent) == sent.decode()


@pytest.mark.parametrize(
    "sent", [None, b"", b"x" * 129, b"two words", b"line\nbreak", b'a"b', "é".encode(), b"a;b"]
)
def test_anything_else_is_replaced_by_a_random_id(sent: bytes | None) -> None:
    made = {request_id_of(sent) for _ in range(50)}
    assert len(made) == 50
    assert all(re.fullmatch("[0-9a-f]{16}", one) for one in made)


def test_a_phase_ends_when_the_next_begins() -> None:
    seconds = count()
    record = RequestRecord("a", "POST", lambda: float(next(seconds)))
    assert record.started == 0
    record.begin("parse")
    record.begin("execute")
    record.end()
    record.end()
    assert record.phases == [("parse", 1, 2), ("execute", 2, 3)]


def test_phases_without_work_stand_between_the_one_before_and_the_next() -> None:
    seconds = count()
    record = RequestRecord("a", "POST", lambda: float(next(seconds)))
    record.begin("read")
    record.begin("execute", passed_over=("parse", "validate"))
    record.end()
    assert record.phases == [
        ("read", 1, 2),
        ("parse", 2, 2),
        ("validate", 2, 2),
        ("execute", 2, 3),
    ]


def test_names_and_hashes_are_cut_to_what_a_line_holds() -> None:
    record = RequestRecord("a", "POST")
    record.set_operation("N" * 5000, "0123456789abcdef" * 4)
    assert record.operation == "N" * 64
    assert record.document == "0123456789ab"


def test_endpoints_find_the_record_of_their_request_and_any_other_without_one() -> None:
    record = RequestRecord("a", "POST")
    scope = {"method": "POST"}
    assert record_of(scope) is not record
    attach(record, scope)
    assert record_of(scope) is record


@pytest.mark.parametrize(
    ("viewer", "kind"),
    [
        (ANONYMOUS, "anonymous"),
        (Viewer(7, "ada", "Ada"), "user"),
        (Viewer(1, "root", "Root", is_site_admin=True), "site_admin"),
        (Viewer(api_key_id="c0ffee", scopes=frozenset({Scope.STATS_READ})), "api_key"),
        (Viewer(api_key_id="c0ffee", is_site_admin=True), "api_key"),
    ],
)
def test_a_viewer_is_logged_by_kind(viewer: Viewer, kind: str) -> None:
    assert viewer.kind == kind
