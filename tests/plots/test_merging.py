"""The network, the sources and the algorithm of case study 1 are drawn as they are."""

import numpy as np
import pandas as pd
import torch
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import colormaps, colors
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch

from ddlib.dbn import LinearGaussianCPDs, LinearGaussianDBN
from ddlib.plots.merging import (
    draw_algorithm,
    draw_counts,
    draw_network,
    draw_rows,
    draw_sources,
)
from ddlib.plots.style import BLUE, GREY, ORANGE, WIDTH
from tests.shared.examples import examples


def arrows(axes):
    return [patch for patch in axes.patches if isinstance(patch, FancyArrowPatch)]


def same_color(first, second):
    return colors.to_rgb(first) == colors.to_rgb(second)


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


def test_sources_stand_beside_the_clean_rows_that_they_show():
    law = network([[1, 0], [0, 1]], [[0, 0], [1, 0]])
    clean = law.sample(9, 2, generator=torch.Generator().manual_seed(0))
    sources = [part.clone() for part in clean.tensor_split(3)]
    for source in sources:
        source[..., 0] = torch.nan
    figure = Figure()
    draw_sources(law, clean, sources, figure, rows=2)
    graph, middle, *panels = figure.axes
    assert arrows(graph)
    (image,) = middle.images
    np.testing.assert_array_equal(image.get_array(), clean[[0, 1, 3, 4, 6, 7]].flatten(1))
    for panel, source in zip(panels, sources, strict=True):
        shown = panel.images[0].get_array().filled(np.nan)
        np.testing.assert_array_equal(shown, source[:2].flatten(1))
    assert [panel.get_ylabel() for panel in panels] == [f"$D^T_{i}$" for i in (1, 2, 3)]
    assert [panel.get_title() for panel in panels] == ["sources", "", ""]
    assert [len(panel.get_xticks()) for panel in panels] == [0, 0, 2]


# The algorithm


def test_the_algorithm_is_six_boxes_in_a_loop(axes):
    draw_algorithm(axes)
    boxes = [text for text in axes.texts if text.get_bbox_patch() is not None]
    assert len(boxes) == 6
    (note,) = [text for text in axes.texts if text.get_bbox_patch() is None]
    assert len(arrows(axes)) == 6
    back = [patch for patch in arrows(axes) if same_color(patch.get_edgecolor()[:3], ORANGE)]
    assert len(back) == 1
    FigureCanvasAgg(axes.figure)
    axes.figure.set_size_inches(WIDTH, 0.42 * WIDTH)  # as in the chapter
    axes.figure.draw_without_rendering()
    path = back[0].get_transform().transform_path(back[0].get_path())
    assert not path.intersects_bbox(note.get_window_extent(), filled=False)


def test_counts_show_a_cross_where_a_pair_is_never_seen(axes):
    names = ["age", "weight"]
    draw_counts(pd.DataFrame([[5, 0], [0, 7]], index=names, columns=names), axes)
    assert [text.get_text() for text in axes.texts] == ["5", "×", "×", "7"]
    assert [label.get_text() for label in axes.get_xticklabels()] == names
