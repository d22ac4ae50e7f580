"""The playback of a run: its lines lie where the models put them, and it plays once, in 5 s."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pytest
import torch

from ddlib.plots.playback import DELAY, MARGIN, SECONDS, SIDE, Panel, playback, ways

SVG = "{http://www.w3.org/2000/svg}"
POINTS = torch.tensor([[0.0, 0.0], [4.0, 2.0], [1.0, 2.0]], dtype=torch.float64)
PATH = torch.tensor([[[1.0, 1.0], [2.0, 0.5]], [[3.0, 1.5], [2.0, 1.0]]], dtype=torch.float64)
LINES = torch.tensor([[1.0, -1.0, 0.0], [1.0, -2.0, 0.4]], dtype=torch.float64)
PANEL = Panel(POINTS, torch.tensor([0, 1, 1]), PATH, torch.tensor([0, 1]), LINES, LINES[-1])


def drawn(*panels):
    return ET.fromstring(playback(list(panels), label="Two rows move."))


def pixels(places):
    """Where the panel has places: its frame holds all points with a margin around."""
    extent = np.array([4.0, 2.0])
    x, y = ((np.asarray(places) + MARGIN * extent) / (extent * (1 + 2 * MARGIN)) * SIDE).T
    return np.stack([x, SIDE - y], axis=1)


def ends(move):
    """Two points of the line onto which a transform lays the level line."""
    x, y, angle = map(float, re.findall(r"-?\d+\.\d", move))
    way = 50 * np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
    return np.stack([np.array([x, y]) - way, np.array([x, y]) + way])


def test_lines_lie_where_the_model_puts_them_at_each_step():
    style = drawn(PANEL).find(f"{SVG}style").text
    moves = re.findall(r"translate\(\S+\) rotate\(\S+deg\)", style)
    assert len(moves) == len(LINES)
    for move, (a, b, c) in zip(moves, LINES.tolist(), strict=True):
        on_line = pixels([[x, -(a * x + c) / b] for x in (0.0, 4.0)])
        (x0, y0), (x1, y1) = on_line
        for x, y in ends(move):
            off = ((x1 - x0) * (y - y0) - (y1 - y0) * (x - x0)) / np.hypot(x1 - x0, y1 - y0)
            assert abs(off) < 0.3


def test_rows_start_and_end_where_the_run_does():
    root = drawn(PANEL)
    style = root.find(f"{SVG}style").text
    for row in range(2):
        rule = style.partition(f"@keyframes p0r{row}{{")[2].partition("}}")[0]
        places = re.findall(r"translate\(([\d.-]+)px,([\d.-]+)px\)", rule)
        wanted = pixels(PATH[:, row].numpy())
        assert np.array(places, dtype=float) == pytest.approx(wanted, abs=0.06)
        (mark,) = (node for node in root.iter() if node.get("class") == f"p0r{row}")
        assert mark.get("style") == f"transform:translate({places[-1][0]}px,{places[-1][1]}px)"


def test_it_plays_once_within_five_seconds_and_only_for_those_who_want_motion():
    root = drawn(PANEL, replace(PANEL, path_kinds=None))
    style = root.find(f"{SVG}style").text
    assert style.startswith("@media (prefers-reduced-motion:no-preference){")
    animations = re.findall(r"animation:(\w+) (\S+)s ease-in-out (\S+)s 1 backwards", style)
    assert len(animations) == len(re.findall("animation:", style)) == 6
    assert len({name for name, *_ in animations}) == 6
    assert {float(a) + float(b) for _, a, b in animations} == {DELAY + SECONDS}
    assert DELAY + SECONDS <= 5
    assert root.get("aria-label") == "Two rows move."
    assert not root.findall(f".//{SVG}text")


def test_a_line_turns_the_short_way_across_the_vertical():
    lines = torch.tensor([[1.0, 0.05, -2.0], [1.0, -0.05, -2.0]], dtype=torch.float64)
    style = drawn(replace(PANEL, lines=lines)).find(f"{SVG}style").text
    first, last = map(float, re.findall(r"rotate\((\S+)deg\)", style))
    assert abs(first - last) < 10


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("points", POINTS[:, :1], r"points: shape \(3, 1\); must be \(3, 2\)"),
        ("kinds", torch.tensor([0]), r"kinds: shape \(1,\); must be \(3,\)"),
        ("path_kinds", torch.tensor([0]), r"path_kinds: shape \(1,\); must be \(2,\)"),
        ("lines", LINES[:1], r"lines: shape \(1, 3\); must be \(2, 3\)"),
        ("goal", LINES, r"goal: shape \(2, 3\); must be \(3,\)"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(name, value, message):
    with pytest.raises(ValueError, match=message):
        replace(PANEL, **{name: value})


def test_the_table_has_all_that_is_drawn():
    found = ways([PANEL, replace(PANEL, path_kinds=None)])
    assert found["panel"].to_list() == [1] * 10 + [2] * 10
    one = found[found["panel"] == 1].set_index("mark")
    where = ["horizontal", "vertical"]
    np.testing.assert_array_equal(one.loc["point", where], POINTS)
    assert [*one.loc["point", "kind"]] == [0, 1, 1]
    rows = one.loc["synthetic row"].set_index(["step", "row"])
    assert rows.loc[(1, 2), where].to_list() == PATH[1, 1].tolist()
    line = ["a of ax+by+c=0", "b", "c"]
    np.testing.assert_array_equal(one.loc["line of the synthetic rows", line], LINES)
    np.testing.assert_array_equal(one.loc["line of all rows", line], LINES[-1])
