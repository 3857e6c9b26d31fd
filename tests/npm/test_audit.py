"""The audit that comes with npm's graphql-http: everything GraphQL over HTTP asks of a server."""

from __future__ import annotations

import json

from tests.demo import Demo
from tests.npm.project import run_script


def test_every_audit_of_graphql_over_http_is_passed(demo: Demo) -> None:
    audits = json.loads(run_script("audit.mjs", demo.server.url))

    assert [audit for audit in audits if audit["status"] != "ok"] == []
    assert len(audits) == 61
