"""An automatic zero-bubble order for the costs of each stage and a memory limit."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, product

from sphinx_pipeviz.errors import PlanError
from sphinx_pipeviz.model import Plan
from sphinx_pipeviz.ops import Op
from sphinx_pipeviz.schedules.greedy import zb_h2
from sphinx_pipeviz.schedules.zb_case import Case, F, I, Row, Trial, W
from sphinx_pipeviz.schedules.zb_dispatch import Taste, by_events
from sphinx_pipeviz.schedules.zb_rounds import Rule, by_rounds, published, warm_ups
from sphinx_pipeviz.schedules.zb_search import can_run, improved, timed
from sphinx_pipeviz.schedules.zero_bubble import zb_h1
from sphinx_pipeviz.shape import Shape

#: Ops that may be placed by the heuristic, unless one order has more; it bounds the time.
ROUNDS = 2_000_000
#: Ops that may be placed in all after that.
EFFORT = 1_000_000
#: Simulations of one search.
RUNS = 300


def zb_auto(shape: Shape) -> Plan:
    """Return the best zero-bubble order found for the costs and the memory limit.

    Tried are the orders of sail-sg's heuristic (Qi et al., Zero Bubble Pipeline
    Parallelism, 2023, arXiv:2401.10241), the same with other warm-ups, those of devices
    that choose from what has arrived, and those of 1F1B, ZB-H1 and ZB-H2 that keep the
    limit; small changes then improve the best. It has the shortest makespan, then the
    shortest device span. The makespan is not longer than that of any of these; nor is the
    span than the heuristic's, unless that costs time. The limit is P unless one is given.

    Raises:
        PlanError: The memory limit is less than one microbatch.
    """
    limit = shape.devices if shape.memory_limit is None else shape.memory_limit
    if limit < 1:
        message = f"zb-auto needs a memory-limit of at least 1 microbatch, not {limit}"
        raise PlanError(message, hint="use 1", path=("memory-limit",))
    rows = _best(Case.of(shape, limit), shape).rows
    return shape.plan(_numbered(device, row) for device, row in enumerate(rows))


def _numbered(device: int, row: Row) -> Iterator[Op]:
    ran = dict.fromkeys((F, I, W), 0)
    for kind in row:
        yield Op(device, kind, ran[kind])
        ran[kind] += 1


def _best(case: Case, shape: Shape) -> Trial:
    heuristic = []
    for trial in islice(_rounds(case, published(case)), max(1, ROUNDS // case.ops)):
        if case.is_best(trial.ends):
            return trial
        heuristic.append(trial)
    return _Choice(case, heuristic, list(_fixed(case, shape))).improved()


def _fixed(case: Case, shape: Shape) -> Iterator[Trial]:
    """Yield the orders of 1F1B, ZB-H1 and ZB-H2, as far as they keep the limit."""
    last = case.devices - 1
    if case.limit >= min(case.microbatches, last + 1):
        yield timed(case, [_row_of_1f1b(case, last - device) for device in range(last + 1)])
    for ahead, build in ((last, zb_h1), (2 * last, zb_h2)):
        if case.limit < min(case.microbatches, ahead + 1):
            continue
        rows = [[op.ops[0].kind for op in row] for row in build(shape).orders]
        if all(can_run(row, case.limit) for row in rows):
            yield timed(case, rows)


def _row_of_1f1b(case: Case, ahead: int) -> Row:
    """Return a row of 1F1B whose W follow their I, as in a full backward."""
    ahead = min(ahead, case.microbatches)
    return [F] * ahead + [F, I, W] * (case.microbatches - ahead) + [I, W] * ahead


def _rounds(case: Case, counts: list[list[int]]) -> Iterator[Trial]:
    for warm_up, level, hold in product(counts, (True, False), (True, False)):
        yield by_rounds(case, warm_up, Rule(level, hold))


class _Choice:
    """The best order so far, which is never longer than any of the given ones."""

    def __init__(self, case: Case, heuristic: list[Trial], fixed: list[Trial]) -> None:
        self._case = case
        spans = [(case.span(each.ends), case.makespan(each.ends)) for each in heuristic]
        self._span, makespan = min(spans)
        self._makespan = min([makespan, *(case.makespan(each.ends) for each in fixed)])
        self._best = min(heuristic + fixed, key=lambda each: self._score(each.ends))

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
        late, long = max(0, makespan - self._makespan), max(0, span - self._span)
        return late, long, makespan, span, sum(end * end for end in ends)
