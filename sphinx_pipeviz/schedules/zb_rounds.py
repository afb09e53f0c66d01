"""Zero-bubble orders round by round: some forwards, then the next I on every device."""

from __future__ import annotations

from typing import NamedTuple

from sphinx_pipeviz.ops import Kind
from sphinx_pipeviz.schedules.zb_case import Case, F, I, Row, Trial, W


def published(case: Case) -> list[list[int]]:
    """Return the heuristic's numbers of forwards that each device runs before its first I.

    As many as fit before the first I arrives, without and with the one that is under way
    then, and fewer from device to device.
    """
    return [_falling(case, _fitting(case, last_one=last), 1) for last in (False, True)]


def warm_ups(case: Case) -> list[list[int]]:
    """Return other such numbers too: as many on each device, and those of ZB-H1 and -H2."""
    found = published(case)
    found += [_falling(case, _fitting(case, last_one=last), 0) for last in (False, True)]
    for slope in (1, 2):
        counts = [1 + slope * later for later in reversed(range(case.devices))]
        found.append([min(case.limit, count) for count in counts])
    return [list(each) for each in dict.fromkeys(map(tuple, found))]


def _fitting(case: Case, *, last_one: bool) -> list[int]:
    """Return how many forwards fit before the first I arrives on each device."""
    counts = [1] * case.devices
    arrival = case.heads[-1] + case.costs[F][-1] + case.costs[I][-1] + case.latency
    for device in reversed(range(case.devices - 1)):
        cost = case.costs[F][device]
        end = case.heads[device] + cost
        while counts[device] < case.limit and (
            end < arrival if last_one else end + cost <= arrival
        ):
            counts[device] += 1
            end += cost
        arrival = max(end, arrival) + case.costs[I][device] + case.latency
    return counts


def _falling(case: Case, counts: list[int], least: int) -> list[int]:
    """Return the counts, each less than the one before by ``least`` unless all run."""
    falling = counts[:1]
    for count in counts[1:]:
        less = 0 if count == case.microbatches else least
        falling.append(max(1, min(count, falling[-1] - less)))
    return falling


class Rule(NamedTuple):
    """How one round is filled.

    Args:
        level: Leave a gap on a device that has waited less than the worst so far, if
            only part of a W fits.
        hold: Leave out a forward that the next device does not need yet and that would
            delay the next I.
    """

    level: bool
    hold: bool


def by_rounds(case: Case, warm_up: list[int], rule: Rule) -> Trial:
    """Return the order of one rule.

    With the ``published`` warm-ups these are the orders of sail-sg's heuristic, from Qi et
    al., Zero Bubble Pipeline Parallelism, 2023, arXiv:2401.10241.
    """
    rounds = _Rounds(case, rule)
    for number in range(case.microbatches):
        rounds.forwards(rounds.wanted() if number else warm_up)
        rounds.backwards(number)
    rounds.finish()
    return Trial(rounds.rows, rounds.ends)


class _Rounds:
    """The devices after some rounds."""

    def __init__(self, case: Case, rule: Rule) -> None:
        self._case, self._rule = case, rule
        self.rows: list[Row] = [[] for _ in range(case.devices)]
        self.ends = [0] * case.devices
        self._waited = [0] * case.devices
        self._longest = 0
        self._ran = {kind: [0] * case.devices for kind in (F, I, W)}
        self._sent: list[list[int]] = [[0] * case.microbatches] + [
            [] for _ in range(case.devices)
        ]

    def forwards(self, wanted: list[int]) -> None:
        """Run some forwards on each device."""
        for device, count in enumerate(wanted):
            for _ in range(count):
                arrival = self._sent[device][self._ran[F][device]]
                self._make_room(device)
                self._fill(device, arrival)
                self._run(device, F, arrival)
                self._sent[device + 1].append(self.ends[device] + self._case.latency)

    def backwards(self, number: int) -> None:
        """Run the next I on each device, from the last to the first."""
        arrival = 0
        for device in reversed(range(self._case.devices)):
            self._fill(device, arrival)
            if device == 0 and self._ran[F][0] == self._case.microbatches:
                self._weights(0, number - self._ran[W][0])  # nobody waits for this I
            self._run(device, I, arrival)
            arrival = self.ends[device] + self._case.latency

    def wanted(self) -> list[int]:
        """Return 1 for each device that runs a forward in this round, else 0."""
        ran, total = self._ran[F], self._case.microbatches
        wanted = [int(count < total) for count in ran]
        if self._rule.hold:
            for device in reversed(range(len(wanted) - 1)):
                wanted[device] *= wanted[device + 1] and not self._holds(device)
        return wanted

    def finish(self) -> None:
        """Run the W that are left."""
        for device, ran in enumerate(self._ran[W]):
            self._weights(device, self._case.microbatches - ran)

    def _holds(self, device: int) -> bool:
        if self._ran[F][device] < self._ran[F][device + 1] + 2:
            return False
        costs, end, after = self._case.costs, self.ends[device], device + 1
        arrival = self.ends[after] + costs[F][after] + costs[I][after] + self._case.latency
        forward = costs[F][device] + costs[W][device] * self._crowd(device)
        late = end + forward > arrival
        return end >= arrival or (late and arrival - end <= self._slack(device))

    def _slack(self, device: int) -> int:
        return self._longest - self._waited[device]

    def _crowd(self, device: int) -> int:
        """Return how many W have to run before the next forward."""
        return max(0, self._ran[F][device] - self._ran[W][device] + 1 - self._case.limit)

    def _make_room(self, device: int) -> None:
        self._weights(device, self._crowd(device))

    def _fill(self, device: int, arrival: int) -> None:
        """Run W until ``arrival``, and one beyond it unless the gap is left."""
        gap, cost = arrival - self.ends[device], self._case.costs[W][device]
        pending = self._ran[I][device] - self._ran[W][device]
        if gap <= 0 or not pending:
            return
        count = min(pending, gap // cost) if cost else pending
        rest = gap - count * cost
        leave = self._rule.level and rest <= self._slack(device)
        self._weights(device, count + (rest > 0 and count < pending and not leave))

    def _weights(self, device: int, count: int) -> None:
        self.rows[device] += [W] * count
        self._ran[W][device] += count
        self.ends[device] += count * self._case.costs[W][device]

    def _run(self, device: int, kind: Kind, arrival: int) -> None:
        if self._ran[F][device]:
            self._waited[device] += max(0, arrival - self.ends[device])
            self._longest = max(self._longest, self._waited[device])
        start = max(self.ends[device], arrival)
        self.ends[device] = start + self._case.costs[kind][device]
        self.rows[device].append(kind)
        self._ran[kind][device] += 1
