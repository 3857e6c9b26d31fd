"""What the documents show is what a reader gets."""

import gzip
import shlex
from importlib.resources import files
from itertools import chain
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from gateway.cli import main
from gateway.graphql.page.examples import EXAMPLES
from tests.demo import Demo
from tests.docs.markdown import DOCUMENTS, ROOT, Example, blocks, commands, examples

README = ROOT / "README.md"
QUERIES = ROOT / "docs" / "queries.md"
ALL_EXAMPLES = list(chain.from_iterable(map(examples, DOCUMENTS)))
ALL_COMMANDS = [(path.name, words) for path in DOCUMENTS for words in commands(path)]


@pytest.mark.parametrize("example", ALL_EXAMPLES, ids=str)
def test_every_operation_is_answered_by_the_demo_as_shown(example: Example, demo: Demo) -> None:
    answer = demo.ask(example.query, example.variables, example.role)

    assert example.role in {"anonymous", *demo.tokens}
    if example.answers:
        assert [answer] == example.answers
    else:
        assert "errors" not in answer


def test_readme_and_queries_show_an_answer_to_every_operation() -> None:
    shown = [*examples(README), *examples(QUERIES)]
    assert [example.query for example in shown if not example.answers] == []
    assert len(shown) > len(EXAMPLES)


def test_queries_are_the_examples_of_the_page_in_their_order() -> None:
    assert [example.query for example in examples(QUERIES)] == [one.query for one in EXAMPLES]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.title)
def test_every_example_of_the_page_is_answered_by_the_demo(example, demo: Demo) -> None:
    for role in demo.tokens:
        answer = demo.ask(example.query, example.variables, role)
        assert "errors" not in answer
        assert None not in answer["data"].values()


@pytest.mark.parametrize(
    ("document", "words"), ALL_COMMANDS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_every_command_exists_with_its_options(document: str, words: list[str]) -> None:
    command: click.Command = main
    context = click.Context(main)
    rest = list(words)
    while isinstance(command, click.Group) and rest:
        found = command.get_command(context, rest[0])
        assert found is not None, f"{document}: there is no stats-gateway {shlex.join(words)}"
        command, rest = found, rest[1:]
    command.make_context("stats-gateway", rest, resilient_parsing="--help" in rest)


def test_documents_with_commands_are_found() -> None:
    assert {document for document, _ in ALL_COMMANDS} >= {"README.md", "ingestion.md"}


def test_commands_of_the_readme_work_in_their_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    export = (files("gateway") / "demo" / "wildlife-watch-kenya.csv.gz").read_bytes()
    Path("my-classifications.csv").write_bytes(gzip.decompress(export))
    for block in blocks(README):
        if block.note.startswith("file="):
            Path(block.note.removeprefix("file=")).write_text(block.text)
    ran = []
    for words in commands(README):
        if words[0] not in ("explore", "serve"):
            result = CliRunner().invoke(main, words)
            new = "" if ran else "Created a new database at stats-gateway.db.\n"
            assert (result.exit_code, result.stderr) == (0, new), shlex.join(words)
            ran.append(words[0])
    assert ran == ["import", "directory", "groups", "keys", "token"]
