"""All benchmarks, one after another, as one document in Markdown.

    python -m benchmarks [--quick] [--only PART,…]

With ``--quick`` each is short and over little data: it shows that everything runs, and its figures
mean little.
"""

from __future__ import annotations

import argparse
import platform
import subprocess
from collections.abc import Callable
from typing import NamedTuple

import psutil

from benchmarks import beside, bulk, bulk_load, footprint, groups, growth, ingestion, startup
from benchmarks.hot import __main__ as hot
from benchmarks.live import __main__ as live
from benchmarks.memory import __main__ as memory
from benchmarks.peers import node
from benchmarks.postgres import __main__ as postgres

_SHORT = ("--rounds", "1", "--seconds", "0.2", "--warm-up", "0.2")


class Part(NamedTuple):
    """One benchmark: its heading, what runs it, and the words it gets in full and in short."""

    module: str
    title: str
    run: Callable[[list[str]], None]
    full: tuple[str, ...] = ()
    quick: tuple[str, ...] = ()


PARTS = (
    Part("memory", "Execution and HTTP, data in memory", memory.main, (), _SHORT),
    Part("postgres", "Over PostgreSQL", postgres.main, (), ("100_000", *_SHORT)),
    Part("hot", "A page that everybody looks at", hot.main, (), ("100_000", *_SHORT)),
    Part("growth", "Growth, SQLite", growth.main, (), ("20_000", "40_000", *_SHORT)),
    Part(
        "growth",
        "Growth, PostgreSQL",
        growth.main,
        ("--postgres",),
        ("--postgres", "20_000", "40_000", *_SHORT),
    ),
    Part("ingestion", "The stream, SQLite", ingestion.main, (), ("20_000", "--batches", "2")),
    Part(
        "ingestion",
        "The stream, PostgreSQL",
        ingestion.main,
        ("--postgres",),
        ("--postgres", "20_000", "--batches", "2"),
    ),
    Part("live", "Live answers, SQLite", live.main, (), ("--quick",)),
    Part(
        "live",
        "Live answers, PostgreSQL",
        live.main,
        ("--postgres",),
        ("--postgres", "--quick"),
    ),
    Part("groups", "Groups by spans, SQLite", groups.main, (), ("10_000", "--repeats", "1")),
    Part(
        "groups",
        "Groups by spans, PostgreSQL",
        groups.main,
        ("--postgres",),
        ("--postgres", "10_000", "--repeats", "1"),
    ),
    Part("bulk", "Bringing in history", bulk.main, (), ("20_000",)),
    Part("bulk_load", "Bulk load, SQLite", bulk_load.main, (), ("5_000", "--rounds", "1")),
    Part(
        "bulk_load",
        "Bulk load, PostgreSQL",
        bulk_load.main,
        ("--postgres",),
        ("--postgres", "5_000", "--rounds", "1"),
    ),
    Part("startup", "Start and memory", startup.main, (), ("--rounds", "1")),
    Part("footprint", "Before and after the pages", footprint.main, (), ("--rounds", "1")),
    Part("beside", "Beside the heaviest operations", beside.main, (), ("--rounds", "1")),
)


def main(words: list[str] | None = None) -> None:
    """Run the parts and print what they print."""
    known = list(dict.fromkeys(part.module for part in PARTS))
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="short, over little data")
    parser.add_argument("--only", default=",".join(known), help="parts, comma-separated")
    given = parser.parse_args(words)
    wanted = given.only.split(",")
    if unknown := set(wanted) - set(known):
        parser.error(f"there is no part {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    print(f"{_machine()}\n")
    for part in PARTS:
        if part.module in wanted:
            arguments = part.quick if given.quick else part.full
            repeat = " ".join(["python -m benchmarks." + part.module, *arguments])
            print(f"### {part.title}\n\n`{repeat}`\n", flush=True)
            part.run([*arguments])
            print(flush=True)


def _machine() -> str:
    memory_gibibytes = psutil.virtual_memory().total / 1024**3
    words = [
        f"{psutil.cpu_count()} cores of {platform.machine()}",
        f"{memory_gibibytes:.0f} GiB",
        f"{platform.system()} {platform.release()}",
        f"Python {platform.python_version()}",
    ]
    if (found := node()) is not None:
        said = subprocess.run([found, "--version"], capture_output=True, text=True, check=True)
        words.append(f"Node {said.stdout.strip().removeprefix('v')}")
    return ", ".join(words)


if __name__ == "__main__":
    main()
