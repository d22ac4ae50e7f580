"""Figures of claims show each setting once, at its place, in the colour of its word."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from ddlib.plots.claims import (
    COLORS,
    draw_passes,
    draw_settings,
    draw_shares,
    height_of,
    mark_words,
)

COLUMNS = ["reading", "setting", "median", "low", "high", "passed", "tied", "word"]
TABLE = pd.DataFrame(
    [
        ("first", "IPC 10", 0.5, 0.2, 0.9, "18 of 20", 0, "holds"),
        ("first", "IPC 20", -2.0, -3.0, -1.0, "1 of 20", 0, "fails"),
        ("second", "IPC 10", 0.1, -0.1, 0.2, "9 of 20", 4, "not told apart"),
    ],
    columns=COLUMNS,
)


def points(axes):
    """Return (x, colour) of each single point, from the top to the bottom."""
    marks = [line for line in axes.lines if line.get_marker() != "None" and len(line.get_xdata())]
    marks.sort(key=lambda line: -line.get_ydata()[0])
    return [(float(line.get_xdata()[0]), to_hex(line.get_color())) for line in marks]


def test_settings_stand_at_their_medians_with_their_intervals(axes):
    draw_settings(TABLE, axes, threshold=0.3, ratio=False, label="nats")
    colors = [to_hex(COLORS[word]) for word in TABLE["word"]]
    assert points(axes) == list(zip(TABLE["median"], colors, strict=True))
    ends = [tuple(line.get_xdata()) for line in axes.lines if len(line.get_xdata()) == 2]
    assert {(0.2, 0.9), (-3.0, -1.0), (-0.1, 0.2), (0.3, 0.3), (0.0, 0.0)} <= set(ends)
    assert [tick.get_text() for tick in axes.get_yticklabels()] == list(TABLE["setting"])
    assert [text.get_text() for text in axes.texts] == ["first", "second"]


def test_ratios_stand_on_a_logarithmic_axis_with_a_line_at_one(axes):
    table = TABLE.assign(median=[0.1, 2.0, 1.0], low=[0.05, 1.5, 0.9], high=[0.2, 3.0, 1.1])
    draw_settings(table, axes, threshold=1.0, ratio=True, label="ratio")
    assert axes.get_xscale() == "log"
    assert any(set(line.get_xdata()) == {1.0} for line in axes.lines)


def test_passes_stand_at_their_counts(axes):
    draw_passes(TABLE, axes, seeds=20)
    assert [x for x, _ in points(axes)] == [18.0, 1.0, 9.0]
    ends = [tuple(line.get_xdata()) for line in axes.lines if len(line.get_xdata()) == 2]
    assert (9, 13) in ends, "four ties"


def test_words_are_told_apart_without_colour(axes):
    draw_settings(TABLE, axes, threshold=0.3, ratio=False, label="nats")
    mark_words(axes)
    handles, labels = axes.get_legend_handles_labels()
    assert labels == list(COLORS)
    assert len({handle.get_marker() for handle in handles}) == len(COLORS)


def test_a_figure_grows_with_its_settings():
    assert height_of(TABLE) > height_of(TABLE[:2])


def test_shares_are_drawn_for_each_level_of_each_choice(axes):
    shares = pd.DataFrame(
        [("all", "", 3, 4), ("noise", "0.3", 2, 2)],
        columns=["choice", "level", "passed", "worlds"],
    )
    draw_shares(shares, axes, color="#111111")
    (line,) = axes.lines
    assert np.allclose(line.get_xdata(), [0.75, 1.0])
    assert np.allclose(line.get_ydata(), [0, -1])
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["all", "noise 0.3"]


@pytest.mark.parametrize("word", COLORS)
def test_every_word_can_be_drawn(axes, word):
    draw_passes(TABLE[:1].assign(word=word), axes, seeds=20)
    assert points(axes)[0][1] == to_hex(COLORS[word])
