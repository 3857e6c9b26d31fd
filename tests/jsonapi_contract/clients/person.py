"""Somebody with a client of Panoptes: a process of their own, told what to do line by line."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any


class ClientError(Exception):
    """What the client raised, by its kind, with what it tells its caller."""

    def __init__(self, kind: str, message: str, status: int | None) -> None:
        super().__init__(message)
        self.kind = kind
        self.status = status


class Person:
    """A process that calls its client as it is told."""

    def __init__(self, process: subprocess.Popen[str], user_id: int) -> None:
        self._process = process
        self.user_id = user_id

    def call(self, action: str, *arguments: Any) -> Any:
        """What comes of an action, or what the client raises."""
        wanted, told = _pipes(self._process)
        wanted.write(json.dumps({"call": action, "arguments": arguments}) + "\n")
        wanted.flush()
        answer = json.loads(told.readline() or self._end())
        if "error" in answer:
            raise ClientError(answer["kind"], answer["error"], answer.get("status"))
        return answer["value"]

    def _end(self) -> str:
        raise AssertionError(f"The client ended with {self._process.wait(10)}.")


def _pipes(process: subprocess.Popen[str]) -> tuple[IO[str], IO[str]]:
    assert process.stdin is not None
    assert process.stdout is not None
    return process.stdin, process.stdout


@contextmanager
def person(
    command: Sequence[str | Path], variables: Mapping[str, str], user_id: int
) -> Iterator[Person]:
    """A person until the end; whatever the client prints goes to the tests' own output."""
    process = subprocess.Popen(
        [str(word) for word in command],
        env=dict(variables),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    wanted, told = _pipes(process)
    try:
        yield Person(process, user_id)
    finally:
        wanted.close()
        told.close()
        try:
            process.wait(10)
        finally:
            process.kill()
