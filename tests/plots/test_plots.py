"""Figures show what the table says, on the axes they are given, and never train."""

import ast
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from matplotlib import colormaps, colors
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch
from scipy import stats

import ddlib.plots
from ddlib.dbn import LinearGaussianCPDs, LinearGaussianDBN
from ddlib.plots.curves import (
    LABEL_GAP,
    panels,
    plot_levels,
    plot_means,
    plot_medians,
    plot_references,
    signed_log,
)
from ddlib.plots.merging import draw_algorithm, draw_counts, draw_network, draw_rows
from ddlib.plots.style import BLUE, GREY, ORANGE, WIDTH
from tests.shared.examples import examples


@pytest.fixture
def axes():
    return Figure().subplots()


def arrows(axes):
    return [patch for patch in axes.patches if isinstance(patch, FancyArrowPatch)]


def labels(axes):
    return axes.get_legend_handles_labels()[1]


def same_color(first, second):
    return colors.to_rgb(first) == colors.to_rgb(second)


# Curves


@st.composite
def curve_tables(draw):
    """Seeds × groups × budgets in a random order, with the values as an array of these axes."""
    num_groups, num_x, num_seeds = (draw(st.integers(1, n)) for n in (4, 5, 6))
    random = np.random.default_rng(draw(st.integers(0, 10**6)))
    values = random.normal(size=(num_groups, num_x, num_seeds))
    budgets = np.sort(random.choice(100, num_x, replace=False))
    table = pd.DataFrame(
        [
            {"method": f"m{g}", "IPC": budgets[i], "seed": s, "nats": values[g, i, s]}
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
    plot_means(table, axes, x="IPC", y="nats", by="method", markers=markers)
    names = list(dict.fromkeys(table["method"]))
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
    plot_means(table, axes, x="IPC", y="nats", by="method")
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
    with pytest.raises(ValueError, match="column F has NaN"):
        plot_means(table, axes, x="m", y="F", by="by")


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


# The network


def network(lagged, within):
    """A DBN with these arcs, (p, p) of zeros and ones, and none in its first slice."""
    lagged, within = (torch.tensor(arcs, dtype=torch.float64) for arcs in (lagged, within))
    zeros, ones = torch.zeros(len(lagged)), torch.ones(len(lagged))
    first = LinearGaussianCPDs(zeros, torch.zeros_like(within), ones)
    return LinearGaussianDBN(first, LinearGaussianCPDs(zeros, within, ones), lagged)


@examples(15)
@given(st.integers(1, 6), st.integers(0, 10**6), st.floats(0, 1))
def test_the_network_has_its_arcs_once_across_and_in_both_slices(num_variables, seed, share):
    generator = torch.Generator().manual_seed(seed)
    law = LinearGaussianDBN.random(num_variables, generator=generator, edge_probability=share)
    axes = Figure().subplots()
    draw_network(law, axes)
    across = int((law.lagged != 0).sum())
    within = int((law.transition.weights != 0).sum())
    drawn = [patch.get_edgecolor() for patch in arrows(axes)]
    assert len(drawn) == across + 2 * within
    assert sum(same_color(color[:3], BLUE) for color in drawn) == across
    assert sum(same_color(color[:3], GREY) for color in drawn) == 2 * within
    names = [text.get_text() for text in axes.texts]
    assert sorted(names) == sorted(
        [str(i) for i in range(num_variables)] * 2 + ["$x_{t-1}$", "$x_t$"]
    )
    for text in axes.texts:  # nothing stands outside of the picture
        x, y = text.get_position()
        assert axes.get_xlim()[0] < x < axes.get_xlim()[1]
        assert axes.get_ylim()[0] < y < axes.get_ylim()[1]


def test_arrows_lead_from_parent_to_child(axes):
    law = network([[0, 0, 1], [0, 0, 0], [0, 0, 0]], [[0, 0, 0], [0, 0, 0], [0, 1, 0]])
    draw_network(law, axes)
    place = {
        (text.get_position()[0], text.get_text()): np.array(text.get_position())
        for text in axes.texts
    }
    FigureCanvasAgg(axes.figure).draw()

    def ends(patch):
        """The nodes where the shaft begins and where the head lies."""
        begin = patch.get_path().vertices[0]
        middle_of_head = patch.get_path().vertices[-2]
        return tuple(
            min(place, key=lambda node: np.linalg.norm(place[node] - point))
            for point in (begin, middle_of_head)
        )

    drawn = {ends(patch) for patch in arrows(axes)}
    assert drawn == {
        ((0, "0"), (1, "2")),
        ((0, "2"), (0, "1")),
        ((1, "2"), (1, "1")),
    }


# Rows


def pixels(axes, row, column):
    """Return the inside of one cell as it is rendered, (height, width, 4)."""
    canvas = FigureCanvasAgg(axes.figure)
    canvas.draw()
    image = np.asarray(canvas.buffer_rgba())
    corners = axes.transData.transform(
        [(column - 0.4, row + 0.4), (column + 0.4, row - 0.4)]
    ).round()
    (left, top), (right, bottom) = corners.astype(int)
    height = len(image)
    low, high = sorted((height - top, height - bottom))
    return image[low:high, left:right]


@examples(15)
@given(st.integers(1, 4), st.integers(1, 3), st.integers(1, 4), st.integers(0, 10**6))
def test_the_colours_are_the_entries_and_hidden_ones_are_left_out(n, num_slices, p, seed):
    random = np.random.default_rng(seed)
    rows = random.normal(size=(n, num_slices, p))
    rows[random.random(rows.shape) < 0.3] = np.nan
    axes = Figure().subplots()
    draw_rows(torch.from_numpy(rows), axes, limit=2.5)
    (image,) = axes.images
    shown = image.get_array()
    flat = rows.reshape(n, -1)
    np.testing.assert_array_equal(np.ma.getmaskarray(shown), np.isnan(flat))
    np.testing.assert_array_equal(shown.filled(np.nan), flat)
    assert image.get_clim() == (-2.5, 2.5)
    lines = [line.get_xdata()[0] for line in axes.lines]
    assert lines == [t * p - 0.5 for t in range(1, num_slices)]
    ticks = dict(zip(axes.get_xticks(), axes.get_xticklabels(), strict=True))
    assert [tick.get_text() for tick in ticks.values()] == [f"$x_{t}$" for t in range(num_slices)]
    centres = np.arange(num_slices * p).reshape(num_slices, p).mean(axis=1)
    np.testing.assert_allclose(list(ticks), centres)


def test_hidden_entries_are_hatched_and_seen_ones_are_plain():
    rows = torch.tensor([[[-3.0, 0.0, torch.nan]], [[torch.nan, 3.0, 1.0]]], dtype=torch.float64)
    figure = Figure(figsize=(4, 4), dpi=100)
    axes = figure.subplots()
    draw_rows(rows, axes)
    for row, column in np.ndindex(2, 3):
        cell = pixels(axes, row, column)
        assert cell.size > 1000
        entry = rows[row, 0, column].item()
        if np.isnan(entry):
            assert cell[..., :3].std() > 5  # strokes on a ground
        else:
            expected = np.array(colormaps["PuOr"]((entry + 3) / 6)) * 255
            assert np.abs(cell - expected).max() < 4


# The algorithm


def test_the_algorithm_is_six_boxes_in_a_loop(axes):
    draw_algorithm(axes, num_sources=7)
    boxes = [text for text in axes.texts if text.get_bbox_patch() is not None]
    assert len(boxes) == 6
    (note,) = [text for text in axes.texts if text.get_bbox_patch() is None]
    assert "from 1 to 7" in note.get_text()
    assert len(arrows(axes)) == 6
    back = [patch for patch in arrows(axes) if same_color(patch.get_edgecolor()[:3], ORANGE)]
    assert len(back) == 1


# What holds for all


def test_figures_are_drawn_on_the_given_axes_alone():
    figure = Figure()
    given_axes, other = figure.subplots(1, 2)
    table = pd.DataFrame({"m": [1, 2], "F": [3.0, 4.0], "by": "a"})
    plot_means(table, given_axes, x="m", y="F", by="by")
    plot_references(given_axes, {"r": 1.0})
    draw_network(network([[1.0]], [[0.0]]), given_axes)
    draw_rows(torch.zeros(2, 1, 2), given_axes)
    draw_algorithm(given_axes, num_sources=2)
    assert not other.has_data()
    assert not other.texts
    assert not other.patches
    assert figure.axes == [given_axes, other]


def test_drawing_changes_no_data(axes):
    rows = torch.tensor([[[1.0, torch.nan]]])
    before = rows.clone()
    draw_rows(rows, axes)
    torch.testing.assert_close(rows, before, rtol=0, atol=0, equal_nan=True)


def imports(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def test_no_figure_can_train():
    """Of ours the plotting modules import only what is drawn, of torch nothing that learns."""
    drawn = {
        "ddlib.dbn.LinearGaussianDBN",
        "ddlib.pinn.problem.ParametricProblem",
        "ddlib.pinn.problem.Prior",
        "ddlib.pinn.problem.Tails",
        "ddlib.results.summarise",
    }
    modules = sorted(Path(ddlib.plots.__file__).parent.glob("*.py"))
    assert len(modules) >= 4
    for module in modules:
        tree = ast.parse(module.read_text(encoding="utf-8"))
        for name in imports(tree):
            if name.startswith("torch"):
                assert name in {"torch", "torch.Tensor"}, f"{module.name} imports {name}"
            elif name.startswith("ddlib") and not name.startswith("ddlib.plots."):
                assert name in drawn, f"{module.name} imports {name}"
        attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        assert not attributes & {"optim", "autograd", "backward"}, module.name


def test_levels_stand_at_their_values_and_their_names_do_not_overlap(axes):
    axes.set_ylim(-10, 0)
    values = {"far": -9.0, "near": -5.0, "nearer": -4.99, "nearest": -4.98}
    plot_levels(axes, values)
    assert [line.get_ydata()[0] for line in axes.lines] == sorted(values.values())
    heights = {text.get_text(): text.xyann[1] for text in axes.texts}
    assert list(heights) == sorted(values, key=values.get)
    assert min(np.diff(list(heights.values()))) >= LABEL_GAP - 1e-12
    assert heights["far"] == pytest.approx(0.1)


def test_a_signed_logarithm_keeps_zero_and_shows_losses(axes):
    signed_log(axes, linear=0.1, ticks=[-10, -1, -0.1, 0])
    axes.set_ylim(-10, 0)
    heights = axes.transData.transform([(0, y) for y in (-10, -1, -0.1, 0)])[:, 1]
    decades = np.diff(heights)
    assert decades[0] == pytest.approx(decades[1])  # a decade is as high as the next
    assert 0 < decades[2] < decades[1]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["-10", "-1", "-0.1", "0"]


def test_counts_show_a_cross_where_a_pair_is_never_seen(axes):
    names = ["age", "weight"]
    draw_counts(pd.DataFrame([[5, 0], [0, 7]], index=names, columns=names), axes)
    assert [text.get_text() for text in axes.texts] == ["5", "×", "×", "7"]
    assert [label.get_text() for label in axes.get_xticklabels()] == names


def test_medians_and_quartiles_are_those_of_numpy_and_one_outlier_moves_neither(axes):
    values = np.random.default_rng(0).normal(size=(2, 21))
    values[0, np.argmin(values[0])] = -1e6
    table = pd.DataFrame(
        [
            {"IPC": ipc, "seed": seed, "nats": value, "method": "ours"}
            for ipc, row in zip((10, 20), values, strict=True)
            for seed, value in enumerate(row)
        ]
    )
    plot_medians(table, axes, x="IPC", y="nats", by="method")
    (line,) = axes.lines
    assert line.get_xdata().tolist() == [10, 20]
    np.testing.assert_allclose(line.get_ydata(), np.median(values, axis=1))
    corners = axes.collections[0].get_paths()[0].vertices
    low, high = np.quantile(values, [0.25, 0.75], axis=1)
    for ipc, bottom, top in zip((10, 20), low, high, strict=True):
        heights = corners[corners[:, 0] == ipc, 1]
        np.testing.assert_allclose([heights.min(), heights.max()], [bottom, top])


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_panels_stand_in_two_columns_and_spare_ones_are_hidden(count):
    figure, shown = panels(count, height=2.0)
    assert len(shown) == count
    assert all(axes.get_visible() for axes in shown)
    assert sum(axes.get_visible() for axes in figure.axes) == count
    assert figure.get_size_inches().tolist() == [WIDTH, 2.0 * ((count + 1) // 2)]
    plt.close(figure)
