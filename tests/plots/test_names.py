"""Names beside lines stand near the ends of these, in their order, and never on each other."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from scipy.optimize import minimize

from ddlib.plots.names import name_lines, spread
from ddlib.plots.style import ORANGE, WIDTH
from tests.shared.examples import examples

HEIGHTS = st.lists(st.floats(0, 1), max_size=8).map(sorted)


@given(HEIGHTS, st.floats(0.01, 0.1))
@examples(50)
def test_boxes_that_are_spread_stay_in_order_apart_and_within(heights, size):
    found = spread(heights, [size] * len(heights))
    assert len(found) == len(heights)
    assert all(lower + size <= upper + 1e-9 for lower, upper in pairwise(found))
    assert all(size / 2 - 1e-9 <= y <= 1 - size / 2 + 1e-9 for y in found)


def test_boxes_that_are_apart_stay_where_they_are():
    assert spread([0.2, 0.5, 0.9], [0.1, 0.1, 0.1]) == pytest.approx([0.2, 0.5, 0.9])


def test_boxes_are_moved_as_little_as_possible():
    heights, sizes = np.array([0.3, 0.31, 0.32, 0.7, 0.99]), np.array([0.1, 0.2, 0.1, 0.1, 0.1])
    gaps = (sizes[1:] + sizes[:-1]) / 2
    best = minimize(
        lambda y: ((y - heights) ** 2).sum(),
        heights,
        constraints={"type": "ineq", "fun": lambda y: np.diff(y) - gaps},
        bounds=list(zip(sizes / 2, 1 - sizes / 2, strict=True)),
        method="SLSQP",
    )
    assert spread(heights.tolist(), sizes.tolist()) == pytest.approx(best.x.tolist(), abs=1e-4)


def test_boxes_without_room_stand_on_each_other_from_the_bottom():
    assert spread([0.9, 0.9, 0.9], [0.5, 0.5, 0.5]) == pytest.approx([0.25, 0.75, 1.25])


def figure_of(ends):
    """A figure of lines from 0 to these heights, named by them."""
    figure = Figure(figsize=(WIDTH, 0.5 * WIDTH), layout="constrained")
    axes = figure.subplots()
    for end in ends:
        axes.plot([0, 1], [0, end], color=ORANGE, ls="--", label=f"to {end}")
    axes.plot([0, 1], [0, 0.5])
    axes.axhline(0.2, label="level")
    axes.set(xlim=(0, 1), ylim=(0, 1))
    return figure, axes


def test_each_line_with_a_label_is_named_and_no_two_names_touch():
    figure, axes = figure_of([0.6, 0.61, 0.62, 0.1])
    name_lines(axes, {"to 0.1": "to\n0.1"})
    names = {text.get_text(): text for text in axes.texts}
    assert set(names) == {"to 0.6", "to 0.61", "to 0.62", "to\n0.1", "level"}
    FigureCanvasAgg(figure).draw()
    boxes = sorted((Text.get_window_extent(text) for text in axes.texts), key=lambda b: b.y0)
    assert all(lower.y1 <= upper.y0 for lower, upper in pairwise(boxes))
    assert all(box.x1 <= figure.bbox.x1 for box in boxes)


def test_a_stroke_in_the_look_of_the_line_leads_to_its_name():
    _, axes = figure_of([0.6])
    name_lines(axes)
    text = next(text for text in axes.texts if text.get_text() == "to 0.6")
    assert text.xy == pytest.approx((1.0, 0.6))
    assert text.get_color() == "black"
    assert text.arrow_patch.get_linestyle() == "--"


def test_what_a_line_lacks_at_its_end_is_passed_over():
    axes = Figure().subplots()
    axes.plot([0, 1, 2], [0.0, 1.0, np.nan], label="short")
    axes.set(xlim=(0, 2), ylim=(0, 1))
    name_lines(axes)
    (text,) = axes.texts
    assert text.xy == pytest.approx((0.5, 1.0))
