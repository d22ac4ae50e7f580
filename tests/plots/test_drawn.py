"""A figure's table has the numbers that were drawn, under the words that stand on the figure."""

import io
import math

import numpy as np
import pandas as pd
import pytest
import torch
from IPython.core.formatters import DisplayFormatter
from IPython.display import SVG
from matplotlib.figure import Figure

from ddlib.dbn import LinearGaussianDBN
from ddlib.plots.claims import draw_passes, draw_settings, draw_shares, mark_words
from ddlib.plots.curves import plot_levels, plot_means, plot_medians, plot_references
from ddlib.plots.described import CSV, WithData, csv_text, describe, leave_out
from ddlib.plots.drawn import carry_data, drawn
from ddlib.plots.matrices import draw_matrix
from ddlib.plots.merging import draw_algorithm, draw_network, draw_rows
from ddlib.plots.motion import draw_decision
from ddlib.plots.words import plain
from ddlib.problem.rows import Layout

THIRDS = [1 / 3, math.pi, -2 / 7]


def read(figure):
    """The table as a reader has it: through the file."""
    return pd.read_csv(io.BytesIO(csv_text(drawn(figure)).encode("utf-8-sig")))


def test_lines_and_points_have_all_their_digits_and_the_labels_as_heads(axes):
    axes.plot([1, 2, 4], THIRDS, label="a $\\beta$")
    axes.scatter([0.1, 0.2], [3.0, 4.0], s=[5, 9], label="dots")
    axes.set(xlabel="rows $m$", ylabel="regret, nats", xscale="log")
    axes.legend()
    expected = pd.DataFrame(
        {
            "series": ["a β"] * 3 + ["dots"] * 2,
            "mark": ["line"] * 3 + ["points"] * 2,
            "rows m": [1, 2, 4, 0.1, 0.2],
            "regret, nats": [*THIRDS, 3, 4],
            "size": [math.nan] * 3 + [5, 9],
        }
    )
    pd.testing.assert_frame_equal(read(axes.figure), expected, check_exact=True)


def test_error_bars_and_bands_are_low_and_high(axes):
    low_end, high_end = np.array([0.1, 0.2]), np.array([0.3, 0.5])
    axes.errorbar([1, 2], [5.0, 6.0], [low_end, high_end], label="bars")
    axes.fill_between([3, 4], [1.0, 2.0], [7.0, 9.0], label="_band")
    axes.set(xlabel="x", ylabel="y")
    found = read(axes.figure)
    assert [*found["series"]] == ["bars", "bars", "band", "band"]
    np.testing.assert_array_equal(found["y"], [5, 6, math.nan, math.nan])
    np.testing.assert_array_equal(found["y, low"], [5.0 - 0.1, 6.0 - 0.2, 1, 2])
    np.testing.assert_array_equal(found["y, high"], [5.0 + 0.3, 6.0 + 0.5, 7, 9])
    assert "x, low" not in found


def test_horizontal_error_bars_stand_at_their_names_though_without_points(axes):
    axes.errorbar([1.0, 2.0], ["u", "v"], xerr=0.5, fmt="none")
    found = read(axes.figure)
    assert [*found["vertical"]] == ["u", "v"]
    assert [*found["horizontal low"]] == [0.5, 1.5]
    assert [*found["mark"]] == ["interval"] * 2


def test_an_error_bar_that_is_not_there_is_empty(axes):
    axes.errorbar([1.0, math.nan], [1, 2], xerr=[0.5, math.nan], fmt="o")
    found = read(axes.figure)
    np.testing.assert_array_equal(found["horizontal"], [1, math.nan])
    np.testing.assert_array_equal(found["horizontal high"], [1.5, math.nan])


def test_bars_have_their_heights(axes):
    axes.bar(["a", "b"], [3.0, 4.5])
    found = read(axes.figure)
    assert [*found["horizontal"]] == ["a", "b"]
    assert [*found["vertical"]] == [3, 4.5]
    wide = Figure().subplots()
    wide.barh([1, 2], [3.0, 4.5])
    assert [*read(wide.figure)["horizontal"]] == [3, 4.5]


def test_means_have_their_intervals_and_references_are_levels(axes):
    table = pd.DataFrame({"m": [1, 2] * 4, "F": THIRDS * 2 + [1, 0], "by": ["a", "b"] * 4})
    table = pd.concat([table.assign(m=1), table.assign(m=2, F=table["F"] * 2)])
    plot_medians(table, axes, x="m", y="F", by="by")
    plot_references(axes, {"all rows": 0.25})
    plot_levels(axes, {"law": -0.5})
    axes.axhline(0)
    axes.set(xlabel="m", ylabel="F")
    found = read(axes.figure).set_index("series")
    quartiles = table.groupby(["by", "m"])["F"].quantile([0.25, 0.5, 0.75]).unstack()
    for name in "ab":
        own = found.loc[name].set_index("m")
        np.testing.assert_allclose(own[["F, low", "F", "F, high"]], quartiles.loc[name])
    assert found.loc[["all rows", "law"], "F"].to_list() == [0.25, -0.5]
    assert len(found) == 6


def test_a_mean_is_drawn_as_it_is_computed(axes):
    table = pd.DataFrame({"m": [1, 1, 2, 2], "F": [1.0, 2.0, 5.0, 9.0], "by": "a"})
    plot_means(table, axes, x="m", y="F", by="by")
    assert [*read(axes.figure)["vertical"]] == [1.5, 7]


def test_matrices_have_a_line_a_cell_with_the_number_and_not_the_colour(axes):
    values = pd.DataFrame([[1 / 3, 700.0], [math.nan, 2.0]], index=["r", "s"], columns=[0.0, 0.5])
    verdicts = values.map(lambda v: "higher" if v > 1 else "other")
    image = draw_matrix(values, axes, verdicts=verdicts, limits=(0.0, 1.0))
    axes.figure.colorbar(image, label="gap closed")
    axes.set(xlabel="noise", ylabel="set")
    found = read(axes.figure)
    assert [*found["set"]] == ["r", "r", "s", "s"]
    assert [*found["noise"]] == [0, 0.5, 0, 0.5]
    np.testing.assert_array_equal(found["gap closed"], values.to_numpy().ravel())
    assert [*found["verdict"]] == ["other", "higher", "other", "higher"]


@pytest.mark.parametrize("words", [None, ["none", "all"]])
def test_a_colour_of_its_own_has_the_label_of_the_bar_if_that_shows_its_numbers(axes, words):
    values = pd.DataFrame([[10.0, 100.0]], index=["r"], columns=["a", "b"])
    image = draw_matrix(values, axes, shades=values / 200, limits=(0.0, 1.0))
    bar = axes.figure.colorbar(image, label="share", ticks=[0, 1])
    if words:
        bar.set_ticklabels(words)
    found = read(axes.figure)
    assert [*found["value"]] == [10, 100]
    assert found[["row", "column"]].to_numpy().tolist() == [["r", "a"], ["r", "b"]]
    assert [*found["colour" if words else "share"]] == [0.05, 0.5]


def test_a_mesh_and_a_contour_have_their_places():
    figure = Figure()
    left, right = figure.subplots(1, 2)
    left.pcolormesh([0.0, 1.0, 2.0], [5.0, 6.0], [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    x = np.linspace(-1, 1, 201)
    surface = x[None, :] + 0 * x[:, None]
    right.contourf(x, x, surface)
    right.contour(x, x, surface, levels=[0.25]).set_label("_edge")
    found = read(figure)
    mesh = found[found["panel"] == "panel 1"]
    assert mesh[["horizontal", "vertical", "value"]].to_numpy().tolist() == [
        [0, 5, 1], [1, 5, 2], [2, 5, 3], [0, 6, 4], [1, 6, 5], [2, 6, 6],
    ]  # fmt: skip
    edge = found[found["panel"] == "panel 2"]
    assert set(edge["series"]) == {"edge"}
    np.testing.assert_allclose(edge["horizontal"], 0.25)
    assert edge["vertical"].agg(["min", "max"]).to_list() == [-1, 1]


def test_panels_have_their_titles_and_share_a_label_at_the_edge():
    figure = Figure()
    grid = figure.subplots(2, 2)
    for k, axes in enumerate(grid.flat):
        axes.plot([k], [k], "o")
        axes.set_title(f"$m={k}$")
    grid[0, 0].set_ylabel("error")
    grid[1, 0].set_ylabel("error")
    grid[1, 1].set_xlabel("left or right")
    grid[1, 0].set_xlabel("rows")
    found = read(figure)
    assert [*found["panel"]] == ["m=0", "m=1", "m=2", "m=3"]
    assert [*found["error"]] == [0, 1, 2, 3]
    assert [*found["horizontal axis"]] == ["rows", "left or right"] * 2
    assert [*found["horizontal"]] == [0, 1, 2, 3]


def test_panels_without_labels_have_that_of_the_figure():
    figure = Figure()
    for axes in figure.subplots(1, 2):
        axes.plot([1, 2], [3, 4])
    figure.supxlabel("share that\npasses")
    assert "share that passes" in drawn(figure)


def test_a_panel_does_not_take_the_label_of_one_to_its_right():
    figure = Figure()
    left, right = figure.subplots(1, 2)
    left.plot([1], [2], "o")
    right.plot([1], [3], "o")
    right.set_ylabel("other")
    found = read(figure)
    assert [*found["vertical axis"].fillna("")] == ["", "other"]


def test_what_has_no_name_takes_that_of_its_look_or_a_number(axes):
    axes.plot([], [], "s", color="C1", label="fails")
    axes.plot([1], [1], "s", color="C1")
    axes.plot([2, 3], [1, 2], color="C2")
    axes.plot([3, 4], [1, 5], color="C2")
    axes.plot([3, 4], [2, 6], color="C3", label="_in no legend")
    axes.plot([3, 4], [3, 7], color="C3")
    names = read(axes.figure)["series"].unique()
    assert [*names] == ["fails", "line 1", "line 2", "in no legend", "line 3"]


def test_decoration_is_left_out(axes):
    axes.axhline(3)
    axes.axvspan(0, 1)
    axes.axline((0, 0), slope=1)
    axes.text(0, 0, "word")
    axes.grid(visible=True)
    axes.imshow(np.zeros((2, 2, 3)))  # a photograph has colours, no numbers
    leave_out(axes.hlines([1], 0, 2))
    axes.plot([7], [8], "o", visible=False)
    assert drawn(axes.figure).empty
    axes.axvspan(0, 2, label="_possible")
    found = read(axes.figure)
    assert found[["horizontal low", "horizontal high"]].to_numpy().tolist() == [[0, 2]]


def test_what_is_said_of_a_mark_stands_beside_or_in_place(axes):
    bars = axes.errorbar([2.08, 4.16], [1, 2], 0.5, label="moved aside")
    describe(bars[0], {"horizontal": [2, 4], "kind": "b"})
    found = read(axes.figure)
    assert [*found["horizontal"]] == [2, 4]
    assert [*found["kind"]] == ["b", "b"]
    assert [*found["vertical high"]] == [1.5, 2.5]


def test_words_of_another_length_than_the_mark_are_refused(axes):
    (line,) = axes.plot([1, 2], [3, 4])
    describe(line, {"α": [1, 2, 3]})
    with pytest.raises(ValueError, match=r"describe, 'α': 3 values; must be one, or 2, as many"):
        drawn(axes.figure)


SETTINGS = pd.DataFrame(
    [
        ("first", "IPC 10", 0.5, 0.2, 0.9, "18 of 20", 1, "holds"),
        ("second", "IPC 10", -2.0, -3.0, -1.0, "1 of 20", 0, "fails"),
    ],
    columns=["reading", "setting", "median", "low", "high", "passed", "tied", "word"],
)


def test_settings_of_a_claim_have_reading_word_and_interval(axes):
    draw_settings(SETTINGS, axes, threshold=0.3, ratio=False, label="nats")
    mark_words(axes)
    found = read(axes.figure)
    assert len(found) == 2
    assert [*found["series"]] == ["holds", "fails"]
    assert [*found["reading"]] == ["first", "second"]
    assert [*found["vertical"]] == ["IPC 10", "IPC 10"]
    ends = found[["nats, low", "nats", "nats, high"]]
    np.testing.assert_array_equal(ends, SETTINGS[["low", "median", "high"]])


def test_counts_and_shares_have_no_stems():
    left, right = Figure().subplots(1, 2)
    draw_passes(SETTINGS, left, seeds=20)
    columns = {"choice": ["IPC", "IPC"], "level": ["1", "2"], "passed": [1, 2], "worlds": [4, 4]}
    draw_shares(pd.DataFrame(columns), right, color="C0")
    found = read(left.figure)
    assert [*found["horizontal"]] == [18, 1, 0.25, 0.5]
    assert [*found["ties"].dropna()] == [1, 0]
    assert "horizontal low" not in found


def test_a_plane_has_rows_ways_and_the_boundary(axes, generator):
    data = torch.randn(6, 4, dtype=torch.float64, generator=generator)
    trail = torch.stack([data[:2], data[:2] + 1])
    classes = Layout(2, categorical=True).classes
    draw_decision(axes, lambda p: p[:, 0] + 0.5, data, trail[-1], classes, trail=trail)
    found = read(axes.figure).set_index("series")
    training = pd.concat([found.loc[[f"training rows of class {c}"]] for c in (0, 1)])
    places = {tuple(row) for row in training[["horizontal", "vertical"]].to_numpy()}
    assert places == {tuple(row) for row in data[:, :2].tolist()}
    np.testing.assert_allclose(found.loc["boundary", "horizontal"], 0, atol=1e-12)
    ways = found[found.index.str.startswith("way of row")]
    assert len(ways) == trail.shape[0] * trail.shape[1]


def test_diagrams_tell_their_arrows_and_tables_their_hidden_cells(generator):
    law = LinearGaussianDBN.random(3, generator=generator)
    network, loop, table = Figure().subplots(1, 3)
    draw_network(law, network)
    draw_algorithm(loop)
    draw_rows(torch.tensor([[[1.0, math.nan], [3.0, 4.0]]]), table)
    found = read(network.figure)
    _, arcs = law.structure
    arrows = found[found["panel"] == "panel 1"]
    assert len(arrows) == int(arcs.sum())
    assert arrows["from"].str.endswith("of the slice before").sum() == int(arcs[:3].sum())
    steps = found[found["panel"] == "panel 2"]
    assert steps["to"].iloc[-1] == "take part j"
    cells = found[found["panel"] == "panel 3"]
    np.testing.assert_array_equal(cells["value"], [1, math.nan, 3, 4])
    assert [*cells["slice"]] == [0, 0, 1, 1]
    assert [*cells["variable"]] == [0, 1, 0, 1]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nats\nper row", "nats per row"),
        (r"$\alpha$ and $D^{sub}$", "α and D^sub"),
        (r"$\log_{10}\,(F(S)-F_{true})$", "log_10(F(S)-F_true)"),
        (r"$\{D^T_i: i\neq j\}$, $\Delta x$", "{D^T_i: i≠j}, Δx"),
        ("5 $ a month", "5 $ a month"),
    ],
)
def test_formulas_are_letters(text, words):
    assert plain(text) == words


def test_a_notebook_has_the_table_beside_the_figure(axes):
    formatter = DisplayFormatter()
    carry_data(formatter)
    assert CSV not in formatter.format(axes.figure)[0]
    axes.plot([1], [0.1], "o")
    assert formatter.format(axes.figure)[0][CSV] == "mark,horizontal,vertical\npoints,1,0.1\n"


def test_a_picture_of_another_kind_comes_with_a_table():
    shown = WithData(SVG("<svg xmlns='http://www.w3.org/2000/svg'/>"), pd.DataFrame({"β": [0.1]}))
    formats, _ = DisplayFormatter().format(shown)
    assert formats[CSV] == "β\n0.1\n"
    assert formats["image/svg+xml"].startswith("<svg")
