"""Improvement of a zero-bubble order by moving one op at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sphinx_pipeviz.schedules.zb_case import Case, F, I, Row, Trial, W

#: For how many steps a row that was left is not taken again.
MEMORY = 30
#: The most places that a W is moved back.
REACH = 5

Score = Callable[[list[int]], tuple[int, ...]]
#: A device and another row for it.
Change = tuple[int, Row]


def improved(case: Case, rows: list[Row], score: Score, runs: int) -> Trial:
    """Return the best order found near ``rows`` in about ``runs`` simulations.

    A tabu search: each step takes the best small change of what the end waits for, even
    if that is a step back, but no row that was left a short time ago.
    """
    best = now = timed(case, rows)
    left: dict[tuple[int, str], int] = {}
    step = 0
    while runs > 0 and not case.is_best(best.ends):
        step += 1
        found: list[tuple[Trial, int]] = []
        for device, row in _changes(case, now.rows):
            runs -= 1
            trial = _changed(case, now.rows, device, row)
            if trial and (
                left.get((device, "".join(row)), 0) < step
                or score(trial.ends) < score(best.ends)
            ):
                found.append((trial, device))
        if not found:
            break
        before = now
        now, device = min(found, key=lambda pair: score(pair[0].ends))
        left[device, "".join(before.rows[device])] = step + MEMORY
        best = min(best, now, key=lambda trial: score(trial.ends))
    return best


def timed(case: Case, rows: list[Row]) -> Trial:
    """Return an order, in which no devices wait in a circle, with its times."""
    return Trial(rows, _ends(_times(case, rows)))


def _changed(case: Case, rows: list[Row], device: int, row: Row) -> Trial | None:
    """Return the order with another row, or None if devices would wait in a circle."""
    rows = [*rows[:device], row, *rows[device + 1 :]]
    times = _times(case, rows)
    done = all(len(ends) == len(each) for ends, each in zip(times, rows, strict=True))
    return Trial(rows, _ends(times)) if done else None


def _ends(times: list[list[int]]) -> list[int]:
    return [ends[-1] for ends in times if ends]


def _times(case: Case, rows: list[Row]) -> list[list[int]]:
    """Return when each op ends, as far as the devices get."""
    times: list[list[int]] = [[] for _ in rows]
    forwards: list[list[int]] = [[0] * case.microbatches, *([] for _ in rows)]
    backs: list[list[int]] = [[] for _ in rows] + [[0] * case.microbatches]
    movable = list(reversed(range(len(rows))))
    while movable:
        device = movable.pop()
        sent = [len(forwards[device + 1]), len(backs[device])]
        _advance(case, device, rows[device], times[device], (forwards, backs))
        if len(forwards[device + 1]) > sent[0] and device + 1 < len(rows):
            movable.append(device + 1)
        if len(backs[device]) > sent[1] and device:
            movable.append(device - 1)
    return times


def _advance(
    case: Case,
    device: int,
    row: Row,
    ends: list[int],
    sent: tuple[list[list[int]], list[list[int]]],
) -> None:
    """Run a device until it waits for something that nobody has run yet."""
    costs = {kind: case.costs[kind][device] for kind in (F, I, W)}
    forwards, backs = sent
    time = ends[-1] if ends else 0
    for place in range(len(ends), len(row)):
        kind = row[place]
        if kind is not W:
            made, sends = (
                (forwards[device], forwards[device + 1])
                if kind is F
                else (backs[device + 1], backs[device])
            )
            if len(sends) == len(made):
                return
            time = max(time, made[len(sends)])
            sends.append(time + costs[kind] + case.latency)
        time += costs[kind]
        ends.append(time)


def _changes(case: Case, rows: list[Row]) -> Iterator[Change]:
    """Yield rows in which one op moves back past others that it makes wait."""
    for device, place in sorted(_critical(case, rows)):
        row = rows[device]
        kind = row[place]
        for to in range(place + 1, min(len(row), place + (REACH if kind is W else 1) + 1)):
            if row[to] is kind:
                break
            changed = [*row[:place], *row[place + 1 : to + 1], kind, *row[to + 1 :]]
            if can_run(changed, case.limit):
                yield device, changed


def _critical(case: Case, rows: list[Row]) -> set[tuple[int, int]]:
    """Return the places whose op holds up the next, on the way to the latest ends."""
    times = _times(case, rows)
    ends = _ends(times)
    spans = [end - head for end, head in zip(ends, case.heads, strict=True)]
    found: set[tuple[int, int]] = set()
    for device in {ends.index(max(ends)), spans.index(max(spans))}:
        found |= _path(case, rows, times, device)
    return found


def _path(
    case: Case, rows: list[Row], times: list[list[int]], device: int
) -> set[tuple[int, int]]:
    """Walk back from a device's last op to the start, along what each op waited for."""
    found = set()
    place = len(rows[device]) - 1
    while place:
        kind = rows[device][place]
        if times[device][place - 1] == times[device][place] - case.costs[kind][device]:
            place -= 1
            found.add((device, place))
            continue
        number = rows[device][:place].count(kind)
        device += -1 if kind is F else 1
        place = [at for at, other in enumerate(rows[device]) if other is kind][number]
    return found


def can_run(row: Row, limit: int) -> bool:
    """Tell whether inputs come first and the limit is kept, as far as one row shows."""
    forwards = backs = weights = 0
    for kind in row:
        forwards += kind is F
        backs += kind is I
        weights += kind is W
        if not forwards - limit <= weights <= backs <= forwards:
            return False
    return True
