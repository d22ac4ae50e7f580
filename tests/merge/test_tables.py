"""Merging tables in one call: what the command does, inputs that people have, and refusals."""

import re
import warnings
from functools import cache

import numpy as np
import pandas as pd
import pytest

from ddlib import merge_tables
from ddlib.merge.merged import merge
from ddlib.tables import Settings, TablesError, read_sources

DIED = "died ~ ."


def quiet(*arguments, **settings):
    """Merged tables with two draws, as that is fast, and without warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return merge_tables(*arguments, **({"num_draws": 2} | settings))


def mixed(n, seed):
    """A 0/1 column, a count, a number that is never negative, words and a date."""
    random = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "age": random.integers(30, 90, n),
            "female": random.integers(0, 2, n),
            "visits": random.poisson(1.5, n),
            "crp": random.lognormal(0.0, 1.5, n).round(1),
            "ward": random.choice(["east", "north", "west"], n),
            "admitted": pd.date_range("2024-01-01", periods=n).to_series().sample(n).to_numpy(),
            "died": random.integers(0, 2, n),
        }
    )


@cache
def circles(extra=0):
    """Two tables of which u, w and v, w have the correlations 0.5 and 0.7 exactly."""
    angle = 2 * np.pi * np.arange(200) / 200
    c, s = 2**0.5 * np.cos(angle), 2**0.5 * np.sin(angle)
    first = pd.DataFrame({"u": 0.5 * c + 0.75**0.5 * s, "w": c})
    nothing = pd.DataFrame({"u": [np.nan] * extra, "w": [np.nan] * extra})
    second = pd.DataFrame({"v": 0.7 * c + 0.51**0.5 * s, "w": c})
    return {"A": pd.concat([first, nothing], ignore_index=True), "B": second}


def test_it_is_what_the_command_does_on_files_and_on_data_frames(tmp_path):
    files = {}
    for seed, name in enumerate(("north", "south")):
        files[name] = tmp_path / f"{name}.csv"
        mixed(60, seed).drop(columns=["ward", "crp"][seed]).to_csv(files[name], index=False)
    frames = [pd.read_csv(path) for path in files.values()]
    wanted = merge(read_sources(files), [DIED], num_draws=2)
    for tables in (files, dict(zip(files, frames, strict=True)).values()):
        found = quiet(tables, DIED)
        pd.testing.assert_frame_equal(found.rows, wanted.rows)
        assert found.worth == wanted.worth


def test_one_table_alone_is_a_source_and_the_density_is_for_all_questions():
    frame = mixed(60, 0)
    alone = quiet(frame, num_rows=30)
    assert [task.text for task in alone.tasks] == ["density"]
    pd.testing.assert_frame_equal(alone.rows, quiet([frame], "density", num_rows=30).rows)


def test_what_two_columns_share_joins_them_and_nothing_else_does():
    """Of pairs never seen together: the latent correlation is the product, and rows come near."""
    found = quiet(circles(), num_draws=4)
    latent = found.copula.correlation
    assert latent[0, 2] == pytest.approx(latent[0, 1] * latent[1, 2], abs=1e-6)
    rows = found.rows[["u", "w", "v"]].corr().to_numpy()
    precision = np.linalg.inv(rows)
    assert abs(precision[0, 2]) / np.sqrt(precision[0, 0] * precision[2, 2]) < 0.1
    assert 0.2 < rows[0, 2] < 0.5


def test_of_normal_columns_the_correlation_of_a_pair_never_seen_is_the_product():
    random = np.random.default_rng(1)
    w, noise = random.normal(size=(2, 2, 1500))
    tables = {
        "A": pd.DataFrame({"u": 0.5 * w[0] + 0.75**0.5 * noise[0], "w": w[0]}),
        "B": pd.DataFrame({"v": 0.7 * w[1] + 0.51**0.5 * noise[1], "w": w[1]}),
    }
    found = quiet(tables, num_rows=300)
    assert not [note for note in found.notes if "towards 0" in note.text]
    rows = found.rows[["u", "w", "v"]].corr().to_numpy()
    seen = [np.corrcoef(table.to_numpy().T)[0, 1] for table in tables.values()]
    np.testing.assert_allclose([rows[0, 1], rows[1, 2]], seen, atol=0.03)
    assert rows[0, 2] == pytest.approx(seen[0] * seen[1], abs=0.04)


def test_rows_that_show_nothing_change_nothing():
    pd.testing.assert_frame_equal(quiet(circles(7)).rows, quiet(circles()).rows)


def test_columns_keep_their_types_levels_and_ranges():
    tables = {
        "north": mixed(80, 0).drop(columns="crp"),
        "south": mixed(70, 1).drop(columns="visits"),
    }
    for tasks in ("density", [DIED, "crp ~ age + ward"]):
        found = quiet(tables, tasks)
        rows = found.rows.drop(columns=found.weight_column or [])
        both = pd.concat(tables.values())
        assert set(rows) == set(both)
        for name in ("age", "female", "visits", "died"):
            assert rows[name].dtype == "int64"
        for name in ("female", "ward", "died"):
            assert set(rows[name]) <= set(both[name])
        assert rows["visits"].min() >= 0
        assert rows["crp"].between(both["crp"].min(), both["crp"].max()).all()
        assert (rows["crp"].round(1) == rows["crp"]).all()
        assert rows["admitted"].between(both["admitted"].min(), both["admitted"].max()).all()


def test_a_site_without_an_event_is_accepted():
    found = quiet({"north": mixed(80, 0), "south": mixed(70, 1).assign(died=0)}, DIED)
    assert set(found.rows["died"]) == {0, 1}


def test_a_table_of_two_rows_is_refused_or_not_protected_with_a_warning():
    few = pd.DataFrame({"age": [50, 61], "crp": [0.5, 40.0]})
    tables = {"A": mixed(200, 0)[["age", "visits"]], "B": few}
    with pytest.raises(TablesError, match="B: has 2 rows; must have at least 10, so that they"):
        merge_tables(tables)
    more = pd.DataFrame({"age": [50, 61, 70], "crp": [0.5, 40.0, 7.0]})
    found = quiet(tables | {"B": more}, min_count=1)
    assert any("SMALL CELLS ARE NOT PROTECTED" in note.text for note in found.notes)
    assert found.rows["crp"].between(0.5, 40.0).all()


def test_the_shrinkage_of_few_rows_is_told_as_it_is():
    x = np.array([0.3, -1.2, 0.8, 2.0, -0.4])
    nearly = pd.DataFrame({"x": x, "y": x + 1e-6 * x**2, "z": 2 * x})
    with pytest.raises(TablesError, match="table 1: has 5 rows"):
        merge_tables(nearly)
    found = quiet(nearly, min_count=1, num_rows=40)
    (text,) = [note.text for note in found.notes if "towards 0" in note.text]
    (told,) = map(float, re.findall(r"by the factor (\S+)", text))
    assert told == pytest.approx(5 / (5 + found.copula.prior_rows), abs=0.01)
    assert 0.5 < found.copula.correlation[0, 1] < told + 0.01


def test_what_asks_for_a_decision_is_warned_of_and_noted():
    with pytest.warns(UserWarning, match="never seen together: u and v") as warned:
        found = merge_tables(circles(), num_draws=2)
    told = [note.text for note in found.notes if note.level == "warning"]
    assert [str(each.message) for each in warned] == told
    assert {each.filename for each in warned} == {__file__}
    assert [note.level for note in found.notes] == sorted(
        (note.level for note in found.notes), key=lambda level: level != "warning"
    )
    assert repr(found).splitlines()[-1] == f"warning: {told[-1]}"


def test_arguments_stand_in_place_of_settings_that_may_be_a_file(tmp_path):
    path = tmp_path / "settings.yml"
    path.write_text("min_count: 90\nleave_out: [crp]\n")
    tables = {"north": mixed(80, 0), "south": mixed(70, 1)}
    with pytest.raises(TablesError, match="south: has 70 rows; must have at least 90"):
        merge_tables(tables, settings=path)
    found = quiet(tables, settings=path, min_count=20, source_column="site")
    assert "crp" not in found.rows
    assert set(found.rows["site"]) == {"north", "south"}
    same = Settings(min_count=20, leave_out=("crp",), source_column="site")
    pd.testing.assert_frame_equal(found.rows, quiet(tables, settings=same).rows)


A = mixed(40, 0)
TABLES_OF = "must be a list or mapping of data frames or paths"
SETTINGS_OF = "must be Settings, the path of a YAML file, or None"


@pytest.mark.parametrize(
    ("settings", "lines"),
    [
        ({"tables": []}, ["tables: none given; must be at least one"]),
        ({"tables": None}, [f"tables = None: {TABLES_OF}"]),
        ({"tables": [A, 3]}, ["table 2: a int; must be a path or a data frame"]),
        ({"tables": "no.csv"}, ["no.csv: "]),
        ({"tasks": 60}, ["tasks = 60: must be a text, such as 'died ~ .', or a list of texts"]),
        ({"tasks": []}, ["tasks: none; must be at least one, such as 'died ~ .'"]),
        ({"tasks": "deid ~ ."}, ["task = 'deid ~ .': 'deid' is no column; perhaps 'died'?"]),
        ({"num_rows": 0}, ["num_rows = 0: must be a whole number, at least 1"]),
        ({"num_draws": 1}, ["num_draws = 1: must be a whole number, at least 2"]),
        ({"weights": 1}, ["weights = 1: must be True or False"]),
        ({"seed": None}, ["seed = None: must be a whole number, at least 0"]),
        ({"min_count": 0}, ["min_count = 0: must be a whole number, at least 1"]),
        ({"settings": {"min_count": 5}}, [f"settings: a dict; {SETTINGS_OF}"]),
        (
            {"source_column": "age"},
            ["source_column = 'age': is a column of table 1; must be a new name"],
        ),
        (
            {"num_rows": 0, "min_count": -1, "tables": [A, A.assign(age=np.inf)], "tasks": "x"},
            ["num_rows = 0", "min_count = -1", "table 2: column 'age', row 0: 'inf'; must be"],
        ),
    ],
)
def test_impossible_arguments_are_refused_together_before_any_work(settings, lines):
    given = {"tables": [A], "tasks": DIED} | settings
    with pytest.raises(TablesError) as caught:
        merge_tables(**given)
    assert len(caught.value.faults) == len(lines)
    for fault, line in zip(caught.value.faults, lines, strict=True):
        assert fault.startswith(line)


@pytest.mark.parametrize("of", [iter, tuple, dict.fromkeys])
def test_tasks_are_read_once_so_that_an_iterator_does(of):
    texts, table = [DIED, "crp ~ age"], mixed(60, 0)
    found = quiet(table, of(texts), num_rows=60)
    assert found.rows.equals(quiet(table, texts, num_rows=60).rows)


def test_a_task_on_a_column_that_was_left_out_is_told_why():
    table = mixed(60, 0).assign(died=0, empty=np.nan)
    with pytest.raises(TablesError) as caught:
        quiet(table, [DIED, "crp ~ age + empty"])
    told = caught.value.faults
    assert told[0].startswith("task = 'died ~ .': 'died' is no column")
    assert [line for line in told if "left out" in line] == [
        "column 'died': is 0 wherever it is seen: left out",
        "column 'empty': is empty wherever it is seen: left out",
    ]
