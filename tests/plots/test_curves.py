"""Curves and their bands show what the table says."""

from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from matplotlib import colors
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from scipy import stats

from ddlib.plots.curves import (
    panels,
    plot_levels,
    plot_means,
    plot_median_lines,
    plot_medians,
    plot_references,
    signed_log,
)
from ddlib.plots.methods import METHOD_COLORS
from ddlib.plots.style import GREY, WIDTH
from tests.shared.examples import examples


def labels(axes):
    return axes.get_legend_handles_labels()[1]


def same_color(first, second):
    return colors.to_rgb(first) == colors.to_rgb(second)


# Means and medians


@st.composite
def curve_tables(draw):
    """Seeds × groups × budgets in a random order, with the values as an array of these axes."""
    num_groups, num_x, num_seeds = (draw(st.integers(1, n)) for n in (4, 5, 6))
    random = np.random.default_rng(draw(st.integers(0, 10**6)))
    values = random.normal(size=(num_groups, num_x, num_seeds))
    budgets = np.sort(random.choice(100, num_x, replace=False))
    table = pd.DataFrame(
        [
            {"way": f"m{g}", "IPC": budgets[i], "seed": s, "nats": values[g, i, s]}
            for g in range(num_groups)
            for i in range(num_x)
            for s in range(num_seeds)
        ]
    )
    return table.sample(frac=1, random_state=draw(st.integers(0, 100))), budgets, values


@examples(15)
@given(curve_tables(), st.booleans())
def test_each_line_is_the_mean_of_its_group_in_order_of_appearance(drawn, markers):
    table, budgets, values = drawn
    axes = Figure().subplots()
    before = table.copy()
    plot_means(table, axes, x="IPC", y="nats", by="way", markers=markers)
    names = list(dict.fromkeys(table["way"]))
    assert labels(axes) == names
    assert len(axes.lines) == len(values)
    for line, name in zip(axes.lines, names, strict=True):
        np.testing.assert_array_equal(line.get_xdata(), budgets)
        means = values[int(name[1:])].mean(axis=1)
        np.testing.assert_allclose(line.get_ydata(), means, atol=1e-12)
        assert (line.get_marker() == "o") == markers
    pd.testing.assert_frame_equal(table, before)


@examples(15)
@given(curve_tables())
def test_each_band_is_the_students_t_interval_in_the_colour_of_its_line(drawn):
    table, _, values = drawn
    assume(values.shape[-1] > 1)  # one seed is tested below
    axes = Figure().subplots()
    axes.plot([0], [0])  # uses a colour of the lines, and none of the bands
    plot_means(table, axes, x="IPC", y="nats", by="way")
    assert len(axes.collections) == len(values)
    for line, band in zip(axes.lines[1:], axes.collections, strict=True):
        group = values[int(line.get_label()[1:])]
        low, high = stats.t.interval(
            0.95, group.shape[1] - 1, group.mean(1), stats.sem(group, axis=1)
        )
        vertices = band.get_paths()[0].vertices
        for x, bottom, top in zip(line.get_xdata(), low, high, strict=True):
            heights = vertices[vertices[:, 0] == x, 1]
            assert (heights.min(), heights.max()) == pytest.approx((bottom, top))
        assert same_color(band.get_facecolor()[0, :3], line.get_color())
        assert 0 < band.get_facecolor()[0, 3] < 1


def test_one_seed_has_a_line_and_no_band(axes):
    table = pd.DataFrame({"m": [1, 2], "F": [3.0, 4.0], "by": "a"})
    plot_means(table, axes, x="m", y="F", by="by")
    assert axes.lines[0].get_ydata().tolist() == [3, 4]
    FigureCanvasAgg(axes.figure).draw()
    vertices = [path.vertices for path in axes.collections[0].get_paths()]
    assert not np.isfinite(np.concatenate([np.empty((0, 2)), *vertices])[:, 1]).any()


def test_groups_have_colours_of_their_own(axes):
    table = pd.DataFrame({"m": [1, 1, 1], "F": [3.0, 4.0, 5.0], "by": ["a", "b", "c"]})
    plot_means(table, axes, x="m", y="F", by="by")
    assert len({line.get_color() for line in axes.lines}) == 3


def test_a_second_call_adds_to_what_is_there(axes):
    for name in ("b", "a"):
        table = pd.DataFrame({"m": [1, 2], "F": [3.0, 4.0], "by": name})
        plot_means(table, axes, x="m", y="F", by="by")
    assert labels(axes) == ["b", "a"]


def test_values_that_are_not_finite_are_refused(axes):
    table = pd.DataFrame({"m": [1, 2], "F": [3.0, np.nan], "by": "a"})
    with pytest.raises(
        ValueError, match="table: column F has NaN or infinite entries; must be finite"
    ):
        plot_means(table, axes, x="m", y="F", by="by")


def test_medians_and_quartiles_are_those_of_numpy_and_one_outlier_moves_neither(axes):
    values = np.random.default_rng(0).normal(size=(2, 21))
    values[0, np.argmin(values[0])] = -1e6
    table = pd.DataFrame(
        [
            {"IPC": ipc, "seed": seed, "nats": value, "way": "ours"}
            for ipc, row in zip((10, 20), values, strict=True)
            for seed, value in enumerate(row)
        ]
    )
    plot_medians(table, axes, x="IPC", y="nats", by="way")
    (line,) = axes.lines
    assert line.get_xdata().tolist() == [10, 20]
    np.testing.assert_allclose(line.get_ydata(), np.median(values, axis=1))
    corners = axes.collections[0].get_paths()[0].vertices
    low, high = np.quantile(values, [0.25, 0.75], axis=1)
    for ipc, bottom, top in zip((10, 20), low, high, strict=True):
        heights = corners[corners[:, 0] == ipc, 1]
        np.testing.assert_allclose([heights.min(), heights.max()], [bottom, top])


@pytest.mark.parametrize("draw", [plot_medians, plot_means])
def test_methods_have_the_colours_of_the_book_and_other_groups_those_of_the_style(axes, draw):
    table = pd.DataFrame({"m": [1, 1], "F": [3.0, 4.0], "method": ["k-means", "first-order"]})
    draw(table, axes, x="m", y="F", by="method")
    draw(table.rename(columns={"method": "by"}), axes, x="m", y="F", by="by")
    expected = [METHOD_COLORS["k-means"], METHOD_COLORS["first-order"], "C0", "C1"]
    for line, color in zip(axes.lines, expected, strict=True):
        assert same_color(line.get_color(), color)


def test_a_method_without_a_colour_is_refused(axes):
    table = pd.DataFrame({"m": [1], "F": [3.0], "method": ["ours"]})
    with pytest.raises(ValueError, match=r"method = 'ours': must be among those of ddlib/plots"):
        plot_medians(table, axes, x="m", y="F", by="method")


@pytest.mark.parametrize("draw", [plot_medians, plot_median_lines])
def test_groups_are_drawn_in_the_order_that_is_told_as_far_as_they_have_rows(axes, draw):
    table = pd.DataFrame({"m": [1, 1, 1], "F": [3.0, 4.0, 5.0], "by": ["a", "b", "c"]})
    draw(table, axes, x="m", y="F", by="by", order=["c", "none", "a"])
    assert labels(axes) == ["c", "a"]
    assert [line.get_ydata().tolist() for line in axes.lines] == [[5.0], [3.0]]


@pytest.mark.parametrize("named", [True, False])
def test_lines_of_medians_are_grey_without_bands_and_take_their_dashes_in_turn(axes, named):
    table = pd.DataFrame(
        {"m": [1, 1, 1, 2] * 3, "F": [3.0, 9.0, 4.0, 5.0] * 3, "by": list("aaaabbbbcccc")}
    )
    plot_median_lines(table, axes, x="m", y="F", by="by", dashes=["--", ":"], named=named)
    assert [line.get_linestyle() for line in axes.lines] == ["--", ":", "--"]
    assert labels(axes) == (["a", "b", "c"] if named else [])
    for line in axes.lines:
        assert line.get_xydata().tolist() == [[1, 4], [2, 5]]
        assert same_color(line.get_color(), GREY)
    assert not axes.collections


# References and levels


@examples(15)
@given(st.lists(st.floats(-5, 5), max_size=6))
def test_every_reference_is_a_level_line_with_its_name(values):
    axes = Figure().subplots()
    plot_references(axes, {f"reference {i}": value for i, value in enumerate(values)})
    assert labels(axes) == [f"reference {i}" for i in range(len(values))]
    assert [list(line.get_ydata()) for line in axes.lines] == [[value] * 2 for value in values]
    assert all(list(line.get_xdata()) == [0, 1] for line in axes.lines)  # from edge to edge
    styles = [line.get_linestyle() for line in axes.lines]
    assert "-" not in styles  # told from a curve
    assert len(set(styles)) == min(len(values), 3)


def test_levels_stand_at_their_values_and_their_names_do_not_overlap():
    figure = Figure(figsize=(WIDTH, 0.5 * WIDTH))  # lower than the figure of the book
    axes = figure.subplots()
    axes.set_ylim(-10, 0)
    values = {"far": -9.0, "near": -5.0, "nearer": -4.99, "nearest": -4.98}
    plot_levels(axes, values)
    assert [line.get_ydata()[0] for line in axes.lines] == sorted(values.values())
    heights = {text.get_text(): text.xyann[1] for text in axes.texts}
    assert list(heights) == sorted(values, key=values.get)
    FigureCanvasAgg(figure).draw()
    boxes = [Text.get_window_extent(text) for text in axes.texts]  # without their lines
    assert all(lower.y1 <= upper.y0 for lower, upper in pairwise(boxes))
    assert heights["far"] == pytest.approx(0.1)


def test_a_signed_logarithm_keeps_zero_and_shows_losses(axes):
    signed_log(axes, linear=0.1, ticks=[-10, -1, -0.1, 0])
    axes.set_ylim(-10, 0)
    heights = axes.transData.transform([(0, y) for y in (-10, -1, -0.1, 0)])[:, 1]
    decades = np.diff(heights)
    assert decades[0] == pytest.approx(decades[1])  # a decade is as high as the next
    assert 0 < decades[2] < decades[1]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["-10", "-1", "-0.1", "0"]


# Panels


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_panels_stand_in_two_columns_and_spare_ones_are_hidden(count):
    figure, shown = panels(count, height=2.0)
    assert len(shown) == count
    assert all(axes.get_visible() for axes in shown)
    assert sum(axes.get_visible() for axes in figure.axes) == count
    assert figure.get_size_inches().tolist() == [WIDTH, 2.0 * ((count + 1) // 2)]
    plt.close(figure)
