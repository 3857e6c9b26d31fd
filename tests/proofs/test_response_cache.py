"""No answer is older than its question, or for other permissions: every interleaving is checked.

The model is ``proofs/response_cache.pml``; spin writes its verifier in C, gcc compiles it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

MODEL = Path(__file__).parents[2] / "proofs" / "response_cache.pml"
MISTAKES = {
    "READ_BEFORE_QUESTION",
    "FAILED_READ_TAKEN",
    "PERMISSIONS_NOT_AGAIN",
    "MARKS_IGNORED",
    "KEPT_ACROSS_FORK",
    "NEWER_THAN_SNAPSHOT",
    "OPEN_BREAKER_TAKEN",
}
TWO_VIEWERS, TWO_PROCESSES = 1, 2
#: Commits of the writers, and questions of each who asks, that a minute is enough for.
SMALL = ((2, 1), (1, 2))
#: ``make proofs`` sees the states of these as well, which takes about a quarter of an hour.
LARGE = ((2, 2), (3, 1)) if os.environ.get("PROOFS") == "large" else ()


@pytest.fixture(autouse=True)
def _spin() -> None:
    if missing := [name for name in ("spin", "gcc") if shutil.which(name) is None]:
        sentence = f"{' and '.join(missing)}, which check the model, are not installed."
        (pytest.fail if os.environ.get("CI") else pytest.skip)(sentence)


def verify(directory: Path, **macros: int | str) -> str:
    """What the verifier says of the model with these macros, after all states were seen."""
    defined = [f"-D{name}={value}" for name, value in macros.items()]
    run(directory, "spin", "-a", *defined, str(MODEL))
    compiled = ("-DSAFETY", "-DCOLLAPSE", "-DNOFAIR", "-DMEMLIM=6000")
    run(directory, "gcc", "-w", "-O2", *compiled, "-o", "verifier", "pan.c")
    said = run(directory, "./verifier", "-m10000", "-n")
    assert "max search depth too small" not in said
    assert "Search not completed" not in said or "errors: 1" in said, said
    return said


def run(directory: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def errors_of(said: str) -> int:
    (errors,) = re.findall(r"errors: (\d+)", said)
    return int(errors)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("other", [TWO_VIEWERS, TWO_PROCESSES], ids=["viewers", "processes"])
@pytest.mark.parametrize(("commits", "questions"), [*SMALL, *LARGE])
def test_every_answer_is_true_at_an_instant_since_its_question(
    tmp_path: Path, other: int, commits: int, questions: int
) -> None:
    said = verify(tmp_path, OTHER=other, COMMITS=commits, QUESTIONS=questions)

    assert errors_of(said) == 0, said


@pytest.mark.parametrize("mistake", sorted(MISTAKES))
def test_a_mistake_is_found(tmp_path: Path, mistake: str) -> None:
    said = verify(tmp_path, OTHER=TWO_VIEWERS, COMMITS=2, QUESTIONS=2, **{mistake: ""})

    assert errors_of(said) == 1, said
    assert "assertion violated" in said


def test_all_mistakes_that_the_model_names_are_tried() -> None:
    assert set(re.findall(r"#if(?:n?def) ([A-Z_]+)", MODEL.read_text())) - MISTAKES == {
        "COMMITS",
        "QUESTIONS",
        "OTHER",
    }
