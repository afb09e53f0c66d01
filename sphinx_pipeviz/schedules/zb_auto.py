"""An automatic zero-bubble order for the costs of each stage and a memory limit."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, product

from sphinx_pipeviz.errors import PlanError
from sphinx_pipeviz.model import Plan
from sphinx_pipeviz.ops import Op
from sphinx_pipeviz.schedules.zb_case import Case, F, I, Row, Trial, W
from sphinx_pipeviz.schedules.zb_dispatch import Taste, by_events
from sphinx_pipeviz.schedules.zb_rounds import Rule, by_rounds, published, warm_ups
from sphinx_pipeviz.schedules.zb_search import improved
from sphinx_pipeviz.shape import Shape

#: Ops that may be placed in all after the orders by rounds; it bounds the time.
EFFORT = 1_000_000
#: Simulations of one search.
RUNS = 300


def zb_auto(shape: Shape) -> Plan:
    """Return the best zero-bubble order found for the costs and the memory limit.

    Tried are the orders of sail-sg's heuristic (Qi et al., Zero Bubble Pipeline
    Parallelism, 2023, arXiv:2401.10241), the same with other warm-ups, and those of devices
    that choose from what has arrived; small changes then improve the best. It has the
    shortest makespan, then the shortest device span, and neither is longer than the
    heuristic's. The limit is P unless one is given.

    Raises:
        PlanError: The memory limit is less than one microbatch.
    """
    limit = shape.devices if shape.memory_limit is None else shape.memory_limit
    if limit < 1:
        message = f"zb-auto needs a memory-limit of at least 1 microbatch, not {limit}"
        raise PlanError(message, hint="use 1", path=("memory-limit",))
    rows = _best(Case.of(shape, limit)).rows
    return shape.plan(_numbered(device, row) for device, row in enumerate(rows))


def _numbered(device: int, row: Row) -> Iterator[Op]:
    ran = dict.fromkeys((F, I, W), 0)
    for kind in row:
        yield Op(device, kind, ran[kind])
        ran[kind] += 1


def _best(case: Case) -> Trial:
    heuristic = []
    for trial in _rounds(case, published(case)):
        if case.is_best(trial.ends):
            return trial
        heuristic.append(trial)
    return _Choice(case, heuristic).improved()


def _rounds(case: Case, counts: list[list[int]]) -> Iterator[Trial]:
    for warm_up, level, hold in product(counts, (True, False), (True, False)):
        yield by_rounds(case, warm_up, Rule(level, hold))


class _Choice:
    """The best order so far, which is never longer than the heuristic's."""

    def __init__(self, case: Case, heuristic: list[Trial]) -> None:
        self._case = case
        spans = [(case.span(each.ends), case.makespan(each.ends)) for each in heuristic]
        self._span, self._makespan = min(spans)
        self._best = min(heuristic, key=lambda each: self._score(each.ends))

    def improved(self) -> Trial:
        """Return the best of other rounds, of devices that choose, and of a search."""
        left = EFFORT // self._case.ops
        for trial in islice(self._trials(), left):
            left -= 1
            self._take(trial)
            if self._case.is_best(self._best.ends):
                return self._best
        found = improved(self._case, self._best.rows, self._score, min(RUNS, left))
        self._take(found)
        return self._best

    def _trials(self) -> Iterator[Trial]:
        case, counts = self._case, warm_ups(self._case)
        yield from _rounds(case, counts)
        for patient, free, quarters, ahead in product(
            (False, True), (True, False), (0, 1, 2, 4), counts
        ):
            most = [case.limit] * case.devices if free else ahead
            yield by_events(case, Taste(ahead, most, self._idle(quarters), patient))

    def _idle(self, quarters: int) -> list[int]:
        """Return how long each device may wait in all.

        It still ends in time for an end between the bound (0) and the best so far (4).
        """
        case = self._case
        best, least = case.makespan(self._best.ends), case.least_makespan
        end = least + (best - least) * quarters // 4
        units = [sum(costs) for costs in zip(*case.costs.values(), strict=True)]
        pairs = zip(case.heads, units, strict=True)
        return [end - head - unit * case.microbatches for head, unit in pairs]

    def _take(self, trial: Trial) -> None:
        self._best = min(self._best, trial, key=lambda each: self._score(each.ends))

    def _score(self, ends: list[int]) -> tuple[int, ...]:
        """Return what is to be small; the last settles ties, and shows a search the way."""
        makespan, span = self._case.makespan(ends), self._case.span(ends)
        excess = max(0, makespan - self._makespan) + max(0, span - self._span)
        return excess, makespan, span, sum(end * end for end in ends)
