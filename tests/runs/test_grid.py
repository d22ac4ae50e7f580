"""A grid is the right points in the right order, or one line that says which line is wrong."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddlib.experiments.registry import EXPERIMENTS
from ddlib.runs.grid import read_grid
from ddlib.settings import SettingsError
from tests.shared.tiny import TINY, TinyConfig

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def tiny_is_registered(monkeypatch):
    monkeypatch.setitem(EXPERIMENTS, "tiny", TINY)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "some.yml"


def points(path, parameters, combine="product"):
    path.write_text(f"experiment: tiny\ncombine: {combine}\nparameters: {parameters}\n")
    return [dict(point) for point in read_grid(path).points]


# Points


def test_the_product_varies_the_last_parameter_first(path):
    found = points(path, "{seed: [2, 1], scale: [0.5, 3.0]}")
    assert found == [
        {"seed": 2, "scale": 0.5},
        {"seed": 2, "scale": 3.0},
        {"seed": 1, "scale": 0.5},
        {"seed": 1, "scale": 3.0},
    ]


def test_zip_goes_through_the_lists_together(path):
    found = points(path, "{seed: [2, 1], label: b, scale: [0.5, 3.0]}", "zip")
    assert found == [
        {"seed": 2, "label": "b", "scale": 0.5},
        {"seed": 1, "label": "b", "scale": 3.0},
    ]


def test_product_unless_told(path):
    path.write_text("parameters:\n  seed: [0, 1]\n  label: [a, b]\nexperiment: tiny\n")
    assert len(read_grid(path).points) == 4


@pytest.mark.parametrize(
    ("bounds", "seeds"),
    [("[0, 3]", [0, 1, 2]), ("[2, 9, 3]", [2, 5, 8]), ("[2, -1, -1]", [2, 1, 0])],
)
def test_a_range_leaves_out_its_stop(path, bounds, seeds):
    assert [point["seed"] for point in points(path, f"{{seed: {{range: {bounds}}}}}")] == seeds


@pytest.mark.parametrize("combine", ["product", "zip"])
def test_single_values_are_one_point(path, combine):
    assert points(path, "{seed: 4, label: b}", combine) == [{"seed": 4, "label": "b"}]


def test_a_value_may_be_a_list_of_lists(path):
    found = points(path, "{seed: 0, weights: [[], [[1, 2], []]]}")
    assert [point["weights"] for point in found] == [[], [[1, 2], []]]


def test_configs_are_the_points_checked(path):
    points(path, "{seed: [1, 0], scale: 2}")
    experiment, configs = read_grid(path).configs()
    assert experiment is TINY
    assert configs == [TinyConfig(seed=1, scale=2.0), TinyConfig(seed=0, scale=2.0)]


@given(counts=st.tuples(*[st.integers(1, 3)] * 3))
def test_the_product_has_all_combinations_once(counts, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "product.yml"
    seeds, scales, labels = (list(range(count)) for count in counts)
    labels = [f"l{label}" for label in labels]
    found = points(path, f"{{seed: {seeds}, scale: {scales}, label: {labels}}}")
    assert [tuple(point.values()) for point in found] == [
        (seed, scale, label) for seed in seeds for scale in scales for label in labels
    ]


def test_a_grid_is_called_like_its_file(path):
    points(path, "{seed: 0}")
    assert read_grid(path).name == "some"


def test_a_grid_over_a_notebook_has_points_that_the_notebook_checks(path, tmp_path):
    notebook = tmp_path / "x.py"
    notebook.write_text("")
    path.write_text(f"notebook: {notebook}\nparameters: {{anything: [1, two]}}\n")
    grid = read_grid(path)
    assert (grid.experiment, grid.notebook) == (None, notebook)
    assert grid.points == ({"anything": 1}, {"anything": "two"})


def test_a_grid_over_a_notebook_names_the_line_of_a_wrong_parameter(path, tmp_path):
    notebook = tmp_path / "x.py"
    notebook.write_text('# %% tags=["parameters"]\nnum_rows = 2  # rows\n', encoding="utf-8")
    path.write_text(f"notebook: {notebook}\nparameters:\n  num_rows: 1\n  num_row: 3\n")
    with pytest.raises(SettingsError) as caught:
        read_grid(path)
    assert str(caught.value).startswith(f"{path}:4: num_row = 3: unknown; perhaps num_rows?")


@pytest.mark.parametrize("combine", ["product", "zip"])
def test_a_notebook_without_parameters_is_one_point(path, tmp_path, combine):
    (tmp_path / "x.py").write_text("")
    path.write_text(f"notebook: {tmp_path / 'x.py'}\ncombine: {combine}\nparameters: {{}}\n")
    assert read_grid(path).points == ({},)


@pytest.mark.parametrize("path", sorted((ROOT / "grids").glob("*.yml")), ids=lambda p: p.stem)
def test_the_grids_of_the_book_can_be_run(path):
    experiment, configs = read_grid(path).configs()
    assert len(set(configs)) == len(configs) > 1
    assert experiment.name in EXPERIMENTS


# Faults

LINES = "experiment: tiny\nparameters:\n  seed: [0, 1]\n"
FAULTS = {
    "empty file": ("", 1, "is empty"),
    "only a comment": ("# Nothing.\n", 1, "is empty"),
    "no YAML": (LINES + "  label: [a, b\n", 5, "is not YAML: expected ',' or ']'"),
    "tabs": (LINES + "\tlabel: a\n", 4, "is not YAML: found character '\\t'"),
    "two documents": (LINES + "---\na: 1\n", 4, "is not YAML: but found another document"),
    "control character": (LINES + "  label: \x00\n", 1, "is not YAML: has characters"),
    "unknown tag": (LINES + "  label: !a b\n", 4, "is not YAML: could not determine a construct"),
    "impossible number": (LINES + "  label: !!int 1x\n", 4, "is not YAML: invalid literal for int"),
    "a date": (LINES.replace("0, 1", "2024-01-01"), 3, "seed = '2024-01-01': must be a"),
    "a time": (LINES.replace("0, 1", "1:30"), 3, "seed = '1:30': must be a"),
    "a list": ("- tiny\n", 1, "a grid: must be a mapping of names to values"),
    "a key that is a list": ("? [a]\n: 1\n", 1, "a grid: must be a mapping of names to values"),
    "unknown key": ("experiment: tiny\n" + LINES.replace("experiment", "grid"), 2, "grid: unknown"),
    "duplicate key": (LINES + "experiment: tiny\n", 4, "experiment: stands twice"),
    "duplicate parameter": (LINES + "  seed: 3\n", 4, "seed: stands twice"),
    "unknown experiment": (
        "# A comment.\n" + LINES.replace("tiny", "tyni"),
        2,
        f"experiment = 'tyni': unknown; must be one of {', '.join(EXPERIMENTS)}, tiny",
    ),
    "experiment no name": (LINES.replace("tiny", "[tiny]"), 1, "experiment = \"['tiny']\": "),
    "neither": ("parameters: {}\n", 1, "must name an experiment or a notebook, one of the two"),
    "both": (LINES + "notebook: x.py\n", 1, "must name an experiment or a notebook"),
    "missing notebook": (
        "parameters: {}\nnotebook: none.py\n", 2, "notebook = none.py: no such file; must"
    ),
    "notebook no name": ("notebook: 3\nparameters: {}\n", 1, "notebook = 3: no such file"),
    "no parameters": ("experiment: tiny\n", 1, "parameters: missing"),
    "parameters no mapping": ("experiment: tiny\nparameters: [seed]\n", 2, "parameters: must be a"),
    "unknown combine": (LINES + "combine: sum\n", 4, "combine = 'sum': must be product or zip"),
    "combine no name": (LINES + "combine: [zip]\n", 4, "combine = ['zip']: must be product or zip"),
    "unknown parameter": (LINES + "  scales: 1\n", 4, "scales = 1: unknown; perhaps scale?"),
    "misspelt required": (
        "experiment: tiny\nparameters:\n  sede: 0\n", 2, "seed: missing; must be given"
    ),
    "self": (LINES + "  self: 1\n", 4, "self = 1: unknown; must be one of seed, scale"),
    "empty list": (LINES + "  scale: []\n", 4, "scale: is empty; must have at least one value"),
    "empty range": (LINES + "  scale: {range: [3, 3]}\n", 4, "scale: is empty"),
    "value out of range": (LINES.replace("1]", "-1]"), 3, "seed = -1: must be greater"),
    "value on a later line": (
        "experiment: tiny\nparameters:\n  seed:\n    - 0\n    - zero\n", 4, "seed = 'zero': must"
    ),
    "zip of unequal lengths": (
        LINES + "  scale: [1, 2, 3]\n  label: b\ncombine: zip\n",
        2,
        "parameters: lengths seed 2, scale 3, label 1; must be 1 or the same for all to zip them",
    ),
    "zip of nothing": ("experiment: tiny\ncombine: zip\nparameters: {}\n", 3, "seed: missing"),
    **{
        f"range {bounds}": (
            f"experiment: tiny\nparameters:\n  scale: 1\n  seed: {{range: {bounds}}}\n",
            4,
            "seed: must be {range: [start, stop]} of whole numbers",
        )
        for bounds in ("[0]", "5", "[0, 2.5]", "[0, 4, 0]", "[0, 4, 1, 1]", "[a, b]", "[no, yes]")
    },
    **{
        f"far too long range {bounds}": (
            LINES.replace("[0, 1]", f"{{range: {bounds}}}") + combine,
            3,
            "seed: has more than 100000 values; must have at most 100000",
        )
        for bounds in ("[0, 100001]", "[0, 1000000000000]", f"[0, {-(10**30)}, -1]")
        for combine in ("", "combine: zip\n")
    },
    "too many points": (
        LINES.replace("[0, 1]", "{range: [0, 50000]}") + "  scale: [1, 2, 3]\n",
        2,
        "parameters: make 150000 points; must make at most 100000",
    ),
    "range with more": (
        LINES.replace("[0, 1]", "{range: [0, 2], step: 1}"), 3, "seed: must be {range"
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "line", "message"), FAULTS.values(), ids=FAULTS)
def test_each_fault_is_one_line_with_file_and_line(path, text, line, message):
    path.write_text(text)
    with pytest.raises(SettingsError) as caught:
        read_grid(path)
    assert str(caught.value).startswith(f"{path}:{line}: {message}")
    assert "\n" not in str(caught.value)


def test_what_only_some_points_violate_is_found_at_its_line(path):
    """Ten rows per source are possible at the first point alone."""
    path.write_text(
        "experiment: descents\nparameters:\n  seed: 0\n"
        "  rows_per_source: [10, 20]\n  training_rows: [20, 15]\n"
    )
    with pytest.raises(SettingsError) as caught:
        read_grid(path)
    message = "rows_per_source = 20: must be at most the training_rows of a source, 15"
    assert str(caught.value) == f"{path}:4: {message}"


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SettingsError) as caught:
        read_grid(tmp_path / "none.yml")
    assert (
        str(caught.value) == f"{tmp_path / 'none.yml'}: cannot be read: No such file or directory"
    )


def test_a_file_that_is_no_text_is_named(path):
    path.write_bytes(b"\xff\xfe\xfa")
    with pytest.raises(SettingsError) as caught:
        read_grid(path)
    assert str(caught.value) == f"{path}:1: is not YAML: has characters that are no text"
