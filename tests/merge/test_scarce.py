"""Columns that few rows show: left out of `.`, used with a warning where they are named."""

import numpy as np
import pandas as pd
import pytest

from ddlib.merge.formula import TaskError, parse_tasks
from ddlib.merge.held_out import COLUMNS, held_out
from ddlib.merge.merged import merge
from ddlib.merge.scarce import scarce_columns
from ddlib.tables import Column, Schema, read_sources

SCHEMA = Schema((Column("id", "key"), *(Column(name, "number") for name in ("age", "bmi", "crp"))))


def sources():
    drawn = np.random.default_rng(0)
    table = pd.DataFrame(drawn.standard_normal((100, 3)).round(2), columns=["age", "bmi", "crp"])
    table["died"] = (table["age"] + drawn.logistic(size=100) > 0).astype(int)
    table.loc[19:, "crp"] = np.nan
    table.loc[20:, "bmi"] = np.nan
    return read_sources({"a": table})


def told(*tasks):
    found = merge(sources(), tasks, num_rows=40, num_draws=2)
    (line,) = (note for note in found.notes if "rows show it" in note.text)
    return found, line


def test_a_column_is_scarce_below_a_fifth_of_the_rows():
    found = sources()
    assert scarce_columns(found.schema, found.codes()[0]) == ("crp",)


@pytest.mark.parametrize(
    ("text", "inputs"),
    [
        ("age ~ .", ("bmi",)),
        ("age ~ . + crp", ("bmi", "crp")),
        ("age ~ . - bmi + crp", ("crp",)),
        ("age ~ crp", ("crp",)),
        ("crp ~ .", ("age", "bmi")),
        ("density", ("age", "bmi", "crp")),
    ],
)
def test_the_point_takes_no_scarce_column_unless_it_is_named(text, inputs):
    (task,) = parse_tasks([text], SCHEMA, ("crp",))
    assert task.inputs == inputs


def test_a_point_that_takes_nothing_is_refused():
    with pytest.raises(TaskError, match="names no input"):
        parse_tasks(["age ~ . - bmi"], SCHEMA, ("crp",))


def test_a_note_says_what_was_left_out_and_how_to_ask_for_it():
    found, line = told("died ~ .")
    assert found.tasks[0].inputs == ("age", "bmi")
    assert "crp" in found.rows
    assert line.level == "note"
    assert line.text.startswith("column 'crp': 19 of 100 rows show it, the rest is filled in")
    assert "died ~ . + crp asks for it" in line.text


def test_a_warning_says_what_rests_on_few_rows():
    found, line = told("died ~ . + crp", "age ~ bmi")
    assert found.tasks[0].inputs == ("age", "bmi", "crp")
    assert (line.level, line.columns) == ("warning", ("crp",))
    assert "what died ~ . + crp tells of it" in line.text
    assert found.notes[0].level == "warning"


def test_rows_kept_aside_are_predicted_from_the_same_columns(monkeypatch):
    inputs = []

    def look(rivalry, task, test):
        inputs.append(task.inputs)
        return pd.DataFrame(columns=COLUMNS)

    monkeypatch.setattr("ddlib.merge.held_out.score", look)
    held_out(sources(), ["died ~ ."], num_splits=1, num_draws=2)
    assert inputs == [("age", "bmi")]
