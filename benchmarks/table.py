"""What was measured, as a table in Markdown."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from benchmarks.contest import CONCURRENCIES, Cost, Costs


class Table:
    """A column for each server; a cell is how many times the first one's cost is of its cost.

    ``2.0 (0.21 ms)`` under a server says: it takes 0.21 ms, and the first server takes twice that.
    """

    def __init__(self, title: str, names: Sequence[str], *, behind: str | None = None) -> None:
        self._names = names
        self._measures: list[tuple[str, int, Callable[[Cost], float]]] = [
            *((f"CPU at {n}", n, lambda cost: cost.cpu) for n in CONCURRENCIES),
            *((f"p50 at {n}", n, lambda cost: cost.latency) for n in CONCURRENCIES),
        ]
        if behind:
            self._measures += [
                (f"CPU of {behind} at {n}", n, lambda cost: cost.behind) for n in CONCURRENCIES
            ]
        self._lines = [
            f"| {title} | at n requests at once | {' | '.join(names)} |",
            "| --- | --- |" + " ---: |" * len(names),
        ]

    def add(self, question: str, costs: Costs) -> None:
        """One question's rows; a server without costs has empty cells."""
        for measure, concurrency, take in self._measures:
            values = [costs.get((name, concurrency)) for name in self._names]
            ours, *others = [None if cost is None else take(cost) for cost in values]
            cells = ["" if ours is None else _shown(ours)]
            cells += [_compared(ours, theirs) for theirs in others]
            self._lines.append(f"| {question} | {measure} | {' | '.join(cells)} |")

    def __str__(self) -> str:
        return "\n".join(self._lines)


def _compared(ours: float | None, theirs: float | None) -> str:
    if theirs is None:
        return ""
    # Nothing, as the kernel's clock counts, is no divisor.
    ratio = f"{ours / theirs:.2f} " if ours is not None and theirs else ""
    return f"{ratio}({_shown(theirs)})"


def _shown(milliseconds: float) -> str:
    return f"{milliseconds:.3g} ms" if milliseconds < 100 else f"{milliseconds:,.0f} ms"
