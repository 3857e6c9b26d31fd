"""What docs/group-counts.md shows is what a reader gets who follows it."""

import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from gateway.stats.group_counts import GroupField, Operator
from tests.docs.markdown import ROOT, blocks, commands, examples
from tests.server import environment, run_command, serving

DOCUMENT = ROOT / "docs" / "group-counts.md"
BASE = "http://127.0.0.1:8000"


class Followed(NamedTuple):
    """A server over what the commands made, and the key that they printed."""

    url: str
    key: str


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Followed]:
    folder = tmp_path_factory.mktemp("counted")
    (file,) = (block for block in blocks(DOCUMENT) if block.note.startswith("file="))
    (folder / file.note.removeprefix("file=")).write_text(file.text)
    *_, key = [run(folder, *words) for words in commands(DOCUMENT)]
    with serving(folder) as server:
        yield Followed(server.url.removesuffix("/graphql"), key.strip())


def run(folder: Path, *words: str) -> str:
    done = run_command(words, environment(folder, {}), folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_request_is_answered_as_shown(followed: Followed) -> None:
    shown = blocks(DOCUMENT)
    requests = [at for at, block in enumerate(shown) if block.text.startswith("curl")]
    statuses = []
    for at in requests:
        words = shown[at].text.replace("\\\n", " ").replace("$KEY", followed.key)
        _, url, *rest = shlex.split(words)
        given = list(zip(rest[::2], rest[1::2], strict=True))
        headers = dict(value.split(": ", 1) for option, value in given if option == "-H")
        (body,) = (value for option, value in given if option == "-d")
        response = httpx.post(url.replace(BASE, followed.url), content=body, headers=headers)

        answer = response.text.replace(followed.url, BASE)
        assert json.loads(answer) == json.loads(shown[at + 1].text)
        statuses.append(response.status_code)
    assert statuses == [200, 409, 403]


def test_the_operation_is_answered_as_shown(followed: Followed) -> None:
    (example,) = examples(DOCUMENT)
    (answer,) = (block for block in blocks(DOCUMENT) if block.note == "counted")
    response = httpx.post(
        f"{followed.url}/graphql",
        json={"query": example.query},
        headers={"Authorization": followed.key},
    )

    assert response.json() == json.loads(answer.text)


def test_every_field_and_operator_is_named() -> None:
    text = DOCUMENT.read_text()
    assert [field for field in GroupField if f"`{field.value}`" not in text] == []
    assert [one for one in Operator if f"`{one.value}`" not in text] == []
