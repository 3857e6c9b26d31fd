"""Clients send no more consistency tokens than are looked at, and keep the others."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.demo import Demo
from tests.docs.markdown import ROOT
from tests.npm.page_project import write_page
from tests.npm.project import run_script

ASKS = """
import asyncio, sys
import httpx
from consistent import Consistent

sent, got = [], []


async def note_sent(request):
    sent.append(set(filter(None, request.headers["consistency-token"].split(","))))


async def note_got(response):
    got.append(response.headers["consistency-token"])


async def main(url):
    hooks = {"request": [note_sent], "response": [note_got]}
    body = {"query": "{ classifications { totalCount } }"}
    async with httpx.AsyncClient(auth=Consistent(), event_hooks=hooks, timeout=60) as client:
        await asyncio.gather(*(client.post(url, json=body) for _ in range(12)))
        await client.post(url, json=body)
        await client.post(url, json=body)
    assert sent[:12] == [set()] * 12
    assert len(sent[12]) == 10
    assert sent[13] == set(got[:13]) - sent[12], (sent, got)


asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.parametrize("where", ["pages", "documentation"])
def test_no_token_of_many_is_lost(demo: Demo, tmp_path: Path, where: str) -> None:
    file = ROOT / "web/src/graphql/consistent.ts"
    if where == "documentation":
        file = write_page(tmp_path) / "src" / "consistent.ts"
    assert run_script("many_tokens.mjs", str(file), demo.server.url).splitlines() == ["done"]


def test_pythons_clients_lose_no_token_of_many(demo: Demo, tmp_path: Path) -> None:
    folder = write_page(tmp_path)
    command = [sys.executable, "-c", ASKS, demo.server.url]
    subprocess.run(command, cwd=folder, check=True, timeout=120)
