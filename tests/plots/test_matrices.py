"""A heat map says what the table says, in numbers and in colours."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from matplotlib import colors
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ddlib.plots.matrices import CELL_OPACITY, brief, draw_matrix
from ddlib.plots.style import GREY
from tests.shared.examples import examples

NUMBERS = st.floats(-3, 3) | st.just(float("nan"))
TABLES = st.tuples(st.integers(1, 4), st.integers(1, 5)).flatmap(
    lambda shape: arrays(float, shape, elements=NUMBERS)
)


def luminance(color):
    """Relative luminance as in WCAG 2."""
    channels = np.array(colors.to_rgb(color))
    light = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(light @ [0.2126, 0.7152, 0.0722])


@examples(15)
@given(TABLES)
def test_cells_and_ticks_say_what_the_table_says(numbers):
    table = pd.DataFrame(numbers).rename(index="row {}".format, columns="c{}".format)
    before, axes = table.copy(), Figure().subplots()
    image = draw_matrix(table, axes, fmt="{:+.1f}")
    shown = {text.get_position(): text.get_text() for text in axes.texts}
    assert shown == {
        (j, i): "–" if np.isnan(number) else f"{number:+.1f}"
        for (i, j), number in np.ndenumerate(numbers)
    }
    assert [label.get_text() for label in axes.get_xticklabels()] == list(table.columns)
    assert [label.get_text() for label in axes.get_yticklabels()] == list(table.index)
    drawn = image.get_array()
    np.testing.assert_array_equal(np.ma.getmaskarray(drawn), np.isnan(numbers))
    np.testing.assert_array_equal(drawn.filled(np.nan), numbers.clip(-1, 1))
    pd.testing.assert_frame_equal(table, before)


def test_colours_go_from_red_to_blue_and_stop_at_the_limits(axes):
    numbers = np.linspace(-4, 8, 25)
    image = draw_matrix(pd.DataFrame([numbers]), axes, limits=(-2.0, 6.0))
    assert image.get_clim() == (-2, 6)
    cells = image.to_rgba(image.get_array(), alpha=1)[0]
    np.testing.assert_array_equal(cells[numbers < -2], cells[[4] * 4])
    np.testing.assert_array_equal(cells[numbers > 6], cells[[20] * 4])
    assert len(np.unique(cells, axis=0)) == 17
    blue_over_red = cells[:, 2] - cells[:, 0]
    assert (blue_over_red[numbers < 2] < 0).all()
    assert (blue_over_red[numbers > 2] > 0).all()
    # Either side is darker the farther it is from the middle.
    assert (np.diff(cells[4:13, :3].sum(1)) > 0).all()
    assert (np.diff(cells[12:21, :3].sum(1)) < 0).all()


def test_an_empty_cell_shows_the_page_and_a_grey_dash(axes):
    draw_matrix(pd.DataFrame([[1.0, np.nan]]), axes)
    full, empty = axes.texts
    assert empty.get_text() == "–"
    assert full.get_color() != GREY
    assert empty.get_color() == GREY
    figure = axes.figure
    figure.set_facecolor("none")
    axes.set_facecolor("none")
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())
    for column, alpha in ((0, round(255 * CELL_OPACITY)), (1, 0)):
        x, y = axes.transData.transform((column - 0.3, 0.3)).astype(int)
        assert pixels[len(pixels) - y, x, 3] == pytest.approx(alpha, abs=1)


def test_verdicts_are_bold_and_italic(axes):
    values = pd.DataFrame([[0.1, 0.2, 0.3, np.nan]])
    verdicts = pd.DataFrame([["higher", "lower", "not told apart", "higher"]])
    draw_matrix(values, axes, verdicts=verdicts)
    assert [text.get_weight() for text in axes.texts] == ["bold", "normal", "normal", "normal"]
    assert [text.get_style() for text in axes.texts] == ["normal", "italic", "normal", "normal"]


def test_numbers_as_labels_and_values_beyond_the_limits(axes):
    values = pd.DataFrame([[0.9, -3.0]], index=[0.1], columns=[1, 2])
    verdicts = pd.DataFrame([["higher", "lower"]], index=[0.1], columns=[1, 2])
    image = draw_matrix(values, axes, verdicts=verdicts)
    assert image.get_array().tolist() == [[0.9, -1.0]]  # the colour is clipped, the number not
    first, second = axes.texts
    assert (first.get_text(), second.get_text()) == ("0.90", "-3.00")
    assert first.get_weight() == "bold"
    assert second.get_style() == "italic"


def test_shades_are_what_colours_show_and_numbers_stay(axes):
    values = pd.DataFrame([[5.0, 0.001, np.nan, 7.0]])
    shades = pd.DataFrame([[-0.5, 3.0, 1.0, np.nan]])
    image = draw_matrix(values, axes, shades=shades, fmt="{:.3g}")
    assert [text.get_text() for text in axes.texts] == ["5", "0.001", "–", "7"]
    drawn = image.get_array()
    assert drawn.mask.tolist() == [[False, False, True, True]]
    assert drawn.compressed().tolist() == [-0.5, 1.0]
    assert axes.texts[3].get_color() == "black"


def test_a_function_can_say_what_stands_in_a_cell(axes):
    draw_matrix(pd.DataFrame([[1.0, np.nan]]), axes, fmt=lambda number: f"{number:.0f} row")
    assert [text.get_text() for text in axes.texts] == ["1 row", "–"]


def test_every_number_is_readable_on_its_cell(axes):
    image = draw_matrix(pd.DataFrame([np.linspace(-1.5, 1.5, 61)]), axes)
    cells = image.to_rgba(image.get_array(), alpha=1)[0, :, :3]
    for text, cell in zip(axes.texts, cells, strict=True):
        on_page = luminance(CELL_OPACITY * cell + 1 - CELL_OPACITY)
        dark, light = sorted((luminance(text.get_color()), on_page))
        assert (light + 0.05) / (dark + 0.05) >= 4.5  # WCAG 2, AA


@pytest.mark.parametrize(
    ("number", "text"),
    [
        *((0.0, "0"), (0.0044, ".004"), (0.0996, ".10"), (-0.5, "−.50"), (0.996, "1.0")),
        *((9.94, "9.9"), (9.96, "10"), (-31.1, "−31"), (999.4, "999")),
        *((999.6, ">999"), (-2000.0, "<−999"), (7.7e13, ">999")),
    ],
)
def test_a_brief_number_has_two_or_three_digits(number, text):
    assert brief(number) == text


@given(st.floats(-1e6, 1e6))
@examples(50)
def test_a_brief_number_is_near_the_number_and_narrow(number):
    text = brief(number)
    assert len(text.strip("<>−")) <= 4
    if text[0] not in "<>":
        told = float(text.replace("−", "-"))
        assert abs(told - number) <= max(0.0005, 0.051 * abs(number)) + 1e-12


@pytest.mark.parametrize("count", [1, 3, 8])
def test_long_column_labels_are_turned_and_short_ones_are_not(count):
    turned = []
    for name in ("m", "trajectory matching with a long name and some more"):
        axes = Figure().subplots()
        draw_matrix(pd.DataFrame(np.zeros((1, count))).rename(columns=f"{name}{{}}".format), axes)
        turned.append({label.get_rotation() for label in axes.get_xticklabels()})
    assert turned[0] == {0}
    assert turned[1] == ({0} if count == 1 else {40})


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"values": pd.DataFrame()}, r"values: shape \(0, 0\); must have a row and a column"),
        (
            {"verdicts": pd.DataFrame([["higher"]])},
            r"verdicts: shape \(1, 1\); must have the rows and columns of values, \(1, 2\), in "
            "their order",
        ),
        (
            {"shades": pd.DataFrame([[1.0, 2.0]], columns=["a", "b"])},
            r"shades: shape \(1, 2\); must have the rows and columns of values",
        ),
        ({"limits": (1.0, 1.0)}, r"limits = \(1.0, 1.0\): must be two numbers in ascending order"),
    ],
)
def test_what_cannot_be_drawn_is_refused(axes, settings, message):
    with pytest.raises(ValueError, match=message):
        draw_matrix(**{"values": pd.DataFrame([[1.0, 2.0]]), "axes": axes, **settings})
