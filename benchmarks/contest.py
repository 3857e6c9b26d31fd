"""Servers beside each other: first their answers are compared, then they take turns.

Every round asks each server for a while, at each concurrency, before the next round begins; what
else the machine does meanwhile falls on all of them. Shown are medians over the rounds.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any, NamedTuple

import orjson

from benchmarks.client import Requests, ask, load
from benchmarks.servers import Server, Usage

CONCURRENCIES = (1, 16)


class DifferentAnswers(Exception):
    """Two servers do not say the same: there is nothing to compare."""


class Entry(NamedTuple):
    """A server, what is sent to it, and how its answer is brought to the form of the others'."""

    name: str
    server: Server
    request: Requests
    shape: Callable[[Any], Any] = lambda answer: answer
    #: What undoes the content coding that the request asks for.
    decode: Callable[[bytes], bytes] = lambda body: body


class Pace(NamedTuple):
    """How much is measured."""

    rounds: int = 7
    #: Of each server at each concurrency in each round.
    seconds: float = 1.0
    #: Before the first round, while just-in-time compilers and caches warm up.
    warm_up_seconds: float = 2.0

    @classmethod
    def add_options(cls, parser: ArgumentParser) -> None:
        """What a command takes about it."""
        pace = cls()
        parser.add_argument("--rounds", type=int, default=pace.rounds)
        parser.add_argument("--seconds", type=float, default=pace.seconds, help="of each measure")
        parser.add_argument("--warm-up", type=float, default=pace.warm_up_seconds, help="seconds")

    @classmethod
    def given(cls, options: Namespace) -> Pace:
        """What was passed for these options."""
        return cls(options.rounds, options.seconds, options.warm_up)


class Cost(NamedTuple):
    """What a request costs at one concurrency; milliseconds."""

    cpu: float
    latency: float
    #: CPU of what the server asks, such as a database.
    behind: float


#: By name of the entry and concurrency.
Costs = dict[tuple[str, int], Cost]


def measure(entries: Sequence[Entry], pace: Pace, behind: Usage | None = None) -> Costs:
    """Medians over the rounds; DifferentAnswers if the entries do not answer the same."""
    compare_answers(entries)
    return take_turns(entries, pace, behind)


def take_turns(entries: Sequence[Entry], pace: Pace, behind: Usage | None = None) -> Costs:
    """The same where the answers differ, as they do over different data; none may be an error."""
    for entry in entries:
        _answer(entry)
        load(entry.server.port, entry.request, concurrency=4, seconds=pace.warm_up_seconds)
    measured: dict[tuple[str, int], list[Cost]] = {}
    for turn in range(pace.rounds):
        for concurrency in CONCURRENCIES:
            # Nobody is always first, or always behind the same.
            for entry in [*entries[turn % len(entries) :], *entries[: turn % len(entries)]]:
                cost = _measure_once(entry, concurrency, pace.seconds, behind)
                measured.setdefault((entry.name, concurrency), []).append(cost)
    return {
        key: Cost(*(median(values) for values in zip(*costs, strict=True)))
        for key, costs in measured.items()
    }


def _measure_once(entry: Entry, concurrency: int, seconds: float, behind: Usage | None) -> Cost:
    used = entry.server.cpu_seconds()
    used_behind = behind.cpu_seconds() if behind else 0.0
    done = load(entry.server.port, entry.request, concurrency=concurrency, seconds=seconds)
    count = len(done.latencies) / 1000
    return Cost(
        (entry.server.cpu_seconds() - used) / count,
        median(done.latencies) * 1000,
        ((behind.cpu_seconds() if behind else 0.0) - used_behind) / count,
    )


def compare_answers(entries: Sequence[Entry]) -> None:
    """Ask each once; raise DifferentAnswers, saying where, unless all say the same as the first."""
    first, *others = entries
    expected = _answer(first)
    for other in others:
        where = _difference(expected, _answer(other))
        if where is not None:
            raise DifferentAnswers(f"{first.name} and {other.name} differ at {where}")


def _answer(entry: Entry) -> Any:
    answer = orjson.loads(entry.decode(ask(entry.server.port, entry.request)))
    if isinstance(answer, dict) and answer.get("errors"):
        raise DifferentAnswers(f"{entry.name} answers with an error: {answer['errors'][0]}")
    return entry.shape(answer)


def _difference(one: Any, other: Any, path: str = "$") -> str | None:
    """Where two JSON values first differ; 1 and 1.0 are the same number."""
    if isinstance(one, dict) and isinstance(other, dict):
        if one.keys() != other.keys():
            return f"{path}: one has {sorted(one)}, the other {sorted(other)}"
        pairs = [(f"{path}.{key}", one[key], other[key]) for key in one]
    elif isinstance(one, list) and isinstance(other, list):
        if len(one) != len(other):
            return f"{path}: one has {len(one)} items, the other {len(other)}"
        pairs = [(f"{path}[{i}]", *both) for i, both in enumerate(zip(one, other, strict=True))]
    else:
        same = one == other and isinstance(one, bool) == isinstance(other, bool)
        return None if same else f"{path}: one has {one!r:.200}, the other {other!r:.200}"
    return next(filter(None, (_difference(a, b, where) for where, a, b in pairs)), None)
