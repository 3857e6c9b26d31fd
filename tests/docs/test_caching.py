"""``docs/caching.md`` shows the header lines that answers have."""

import httpx

from tests.demo import Demo
from tests.docs.markdown import ROOT, blocks

SHOWN = {
    block.note: block.text
    for block in blocks(ROOT / "docs" / "caching.md")
    if block.language == "http"
}


def lines(response: httpx.Response, shown: str) -> str:
    """The status line, if that is shown, and the header lines that are."""
    found = []
    for line in shown.splitlines():
        name, colon, _ = line.partition(": ")
        if not colon:
            found.append(f"HTTP/1.1 {response.status_code} {response.reason_phrase}")
        elif name == "ETag":
            assert response.headers[name].strip('"').isalnum()
            found.append('ETag: "…"')
        else:
            found.append(f"{name}: {response.headers[name]}")
    return "".join(f"{line}\n" for line in found)


def test_answers_have_the_header_lines_that_are_shown(demo: Demo) -> None:
    url, parts = demo.server.url, {"query": "{ classifications { totalCount } }"}
    token = {"Authorization": f"Bearer {demo.tokens['member']}"}
    public = httpx.get(url, params=parts)
    condition = {"If-None-Match": public.headers["etag"]}
    found = {
        "public": public,
        "unchanged": httpx.get(url, params=parts, headers=condition),
        "private": httpx.get(url, params=parts, headers={**condition, **token}),
    }
    assert found.keys() == SHOWN.keys()
    assert {note: lines(found[note], SHOWN[note]) for note in SHOWN} == SHOWN
