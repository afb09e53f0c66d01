"""Pictures of very many tasks: few boxes, in the colours and places of the tasks."""

import pytest

import sphinx_pipeviz as pv
from sphinx_pipeviz.draw import thin
from sphinx_pipeviz.draw.layout import lay_out
from sphinx_pipeviz.draw.paint import text_width
from sphinx_pipeviz.draw.style import STYLES


def boxes(timeline):
    (panel,) = lay_out(timeline, STYLES["seed"], text_width).panels
    return panel, {found.fill: found.boxes for found in panel.tasks}


@pytest.fixture
def timeline():
    return pv.simulate(pv.plan("1f1b", devices=8, microbatches=512))


def test_a_timeline_within_the_limit_is_drawn_task_by_task(timeline):
    _, found = boxes(timeline)
    assert sum(map(len, found.values())) == 8 * 512 * 2


@pytest.mark.behaviour(32)
def test_a_large_one_has_few_boxes_and_each_colour_keeps_its_share(timeline, monkeypatch):
    _, whole = boxes(timeline)
    monkeypatch.setattr(thin, "LARGE", 1000)
    panel, found = boxes(timeline)
    columns = (panel.grid.right - panel.grid.left) / thin.COLUMN
    assert sum(map(len, found.values())) <= 8 * columns
    assert panel.labels == ()
    for fill, those in whole.items():
        area, before = (sum(width for _, _, width, _ in some) for some in (found[fill], those))
        assert area == pytest.approx(before, rel=0.1)
    for bottom in panel.grid.bottoms:
        row = sorted(box for some in found.values() for box in some if box[1] == bottom)
        ends = [x + width for x, _, width, _ in row]
        assert all(x >= end - 0.01 for (x, *_), end in zip(row[1:], ends, strict=False))


def test_tasks_wider_than_a_column_stay_where_they_are(monkeypatch):
    plan = pv.Plan.parse(["0F0 0F1 0B0 0B1", "1F0 1B0 1F1 1B1"])
    timeline = pv.simulate(plan)
    monkeypatch.setattr(thin, "LARGE", 1)
    panel, found = boxes(timeline)
    starts = [panel.grid.x(run.start) for row in timeline.rows for run in row]
    for x, *_ in (box for some in found.values() for box in some):
        assert min(abs(x - start) for start in starts) <= thin.COLUMN / 2 + 0.01
