"""The garbage collector looks at few objects at once: nobody is answered meanwhile."""

from __future__ import annotations

import subprocess
import sys

LOOKED_AT = """
import gc
from gateway import collector

def look(phase, info):
    if phase == "start" and info["generation"]:
        most.append(sum(len(gc.get_objects(one)) for one in range(info["generation"] + 1)))

most = [0]
collector.freeze()
gc.callbacks.append(look)
kept = [[] for _ in range(600_000)]
print(len(most), max(most))
"""


def test_one_look_is_at_few_of_the_objects_of_an_answer() -> None:
    command = [sys.executable, "-c", LOOKED_AT]
    said = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    looks, most = map(int, said.split())
    assert looks > 5
    assert most <= 80_000


IDLE = """
import gc
from gateway.collector import FullCollections, freeze

freeze()
collections = FullCollections()
full = []
gc.callbacks.append(lambda phase, info: full.append(phase) if info["generation"] == 2 else None)
with collections.enabled():
    collections.began()
    collections.began()
    kept = [[] for _ in range(4_000_000)]
    collections.ended()
    print(len(full))
    collections.ended()
    print(len(full))
    collections.began()
    collections.ended()
    print(len(full))
"""


def test_all_objects_are_looked_at_between_requests_alone() -> None:
    command = [sys.executable, "-c", IDLE]
    said = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    assert said.split() == ["0", "2", "2"]  # the start of one collection, and its end
