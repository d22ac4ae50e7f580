"""Tasks over time are read as they are meant, and outcomes are what a loop finds."""

import numpy as np
import pandas as pd
import pytest

from ddlib.merge.formula import TaskError
from ddlib.visits.tasks import read_tasks
from tests.visits.tables import long_table, notes, read

WITHIN = "within(died, end, 90) ~ ."


def followed(seed: int = 0, people: int = 80) -> pd.DataFrame:
    """Visits of people who are followed up to an end, at which half of them die."""
    drawn = np.random.default_rng(seed)
    table = long_table(seed, people)
    last = table.groupby("id").day.max().to_numpy()
    end = last + drawn.integers(1, 200, people)
    died = drawn.integers(0, 2, people)
    return table.assign(end=end[table.id - 1], died=died[table.id - 1])


@pytest.fixture(scope="module")
def visits():
    return read(followed())


def faults(visits, *texts, min_count=2):
    with pytest.raises(TaskError) as caught:
        read_tasks(texts, visits, min_count)
    return caught.value.faults


def test_all_other_columns_of_this_visit_are_inputs(visits):
    asked = read_tasks(["next(x) ~ .", "next( sign ) ~ x+age"], visits, 2)
    first, second = asked.tasks
    assert (first.text, first.target, first.learned) == ("next(x) ~ .", "next(x)", "linear")
    assert first.inputs == ("age", "sex", "x", "y", "sign", "end", "died")
    assert (second.text, second.inputs) == ("next(sign) ~ x+age", ("age", "x"))
    assert second.learned == "logistic"
    assert all(asked.is_of_next(task) for task in asked.tasks)
    assert asked.schema.names == (*visits.schema.names, "next(x)", "next(sign)")
    assert asked.later == (2, 4)


def test_a_name_that_may_be_several_columns_is_refused_unless_it_is_in_backquotes():
    table = followed()
    table = table.assign(X=table.x + table.day, Died=table.died)
    twins = read(table)
    told = "'x' may be 'x' or 'X'; must be in backquotes, as it stands in the table: `x` or `X`"
    assert faults(twins, "next(x) ~ .") == (f"task = 'next(x) ~ .': {told}",)
    assert faults(twins, "next(`x`) ~ y + x") == (f"task = 'next(x) ~ y + x': {told}",)
    (line,) = faults(twins, "within(died, end, 90) ~ .")
    assert "'died' may be 'died' or 'Died'" in line
    asked = read_tasks(["next(`x`) ~ `X`", "next(`X`) ~ y"], twins, 2)
    assert [(task.target, task.inputs) for task in asked.tasks] == [
        ("next(x)", ("X",)),
        ("next(X)", ("y",)),
    ]
    asked = read_tasks(["within(`died` = 1, end, 90) ~ y"], twins, 2)
    assert asked.tasks[0].target == "within(died = 1, end, 90)"


def test_an_outcome_is_what_a_loop_finds(visits):
    table = visits.table()
    asked = read_tasks([WITHIN], visits, 2)
    assert asked.tasks[0].inputs == ("age", "sex", "x", "y", "sign")
    assert not asked.is_of_next(asked.tasks[0])
    assert asked.visits.schema.names == (*asked.tasks[0].inputs, "within(died, end, 90)")
    found = asked.visits.codes[:, -1]
    for row, value in zip(table.itertuples(), found, strict=True):
        left = row.end - row.day
        if left > 90:
            assert value == 0
        elif row.died:
            assert value == 1
        else:
            assert np.isnan(value)
    unknown = int(np.isnan(found).sum())
    assert f"unknown at {unknown} of {len(table)} visits" in notes(asked.visits)
    assert unknown > 0


def test_what_is_unknown_is_told_by_its_reason():
    table = followed()
    table.loc[table.id <= 10, "end"] = np.nan
    gone, codes = table.id <= 10, read_tasks([WITHIN], read(table), 2).visits.codes[:, -1]
    short = int((~gone & (table.end - table.day <= 90) & (table.died == 0)).sum())
    assert int(np.isnan(codes).sum()) == short + gone.sum()
    told = notes(read_tasks([WITHIN], read(table), 2).visits)
    wanted = f"at {short} people were followed up for less or had had the event, at {gone.sum()} "
    wanted += "died or end is missing"
    assert wanted in told


def test_a_visit_after_the_event_tells_nothing():
    table = followed().assign(end=lambda t: np.where(t.id <= 20, 0, t.end))
    found = read_tasks([WITHIN], read(table), 2).visits.codes[:, -1]
    assert np.isnan(found[table.id <= 20]).all()


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (lambda died: died + 1, "within(died = 2, end, 90) ~ ."),
        (lambda died: np.where(died == 1, "dead", "alive"), "within(died=dead, end, 90.0) ~ ."),
        (lambda died: died == 1, "within(`died`, `end`, 9e1) ~ ."),
        (lambda died: 1 - died, "within(died = 0, end, 90) ~ ."),
    ],
)
def test_the_event_may_be_any_level(visits, event, text):
    wanted = read_tasks([WITHIN], visits, 2).visits.codes[:, -1]
    table = followed()
    other = read(table.assign(died=event(table.died)))
    np.testing.assert_array_equal(read_tasks([text], other, 2).visits.codes[:, -1], wanted)


def test_times_of_events_may_be_dates():
    table = followed()
    start = pd.Timestamp("2020-02-01")
    dated = table.assign(
        day=start + pd.to_timedelta(table.day, "D"), end=start + pd.to_timedelta(table.end, "D")
    )
    wanted = read_tasks([WITHIN], read(table), 2).visits.codes[:, -1]
    np.testing.assert_array_equal(read_tasks([WITHIN], read(dated), 2).visits.codes[:, -1], wanted)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("x ~ .", "must be next(COLUMN) ~ . or within(EVENT, TIME, HORIZON) ~ ., as rows are"),
        ("density", "must be next(COLUMN)"),
        ("next(x)", "must be next(COLUMN)"),
        ("next(age) ~ .", "'age' is static; must be one that changes between visits: x, y, sign"),
        ("next(z) ~ .", "'z' is no column; must be one that changes"),
        ("next(sing) ~ .", "'sing' is no column; perhaps 'sign'? must be one that changes"),
        ("within(died, end, 90) ~ died", "'died' makes the outcome, and is no input; must be one"),
        ("next(x) ~ z", "'z' is no column; must be one of"),
        ("next(x) ~ y + next(x)", "'next(x)' is target and input"),
        ("within(died, end) ~ .", "names 2 of three; must be within(EVENT, TIME, HORIZON)"),
        ("within(died, end, soon) ~ .", "horizon 'soon'; must be a finite number above 0"),
        ("within(died, end, -1) ~ .", "horizon '-1'; must be a finite number above 0"),
        ("within(died, end, 1_0) ~ .", "horizon '1_0'; must be a finite number above 0"),
        ("within(died, end, ٩) ~ .", "horizon '٩'; must be a finite number above 0"),
        ("within(died, end, inf) ~ .", "horizon 'inf'; must be a finite number above 0"),
        ("within(died, end, 1e999) ~ .", "horizon '1e999'; must be a finite number above 0"),
        ("within(dead, end, 90) ~ .", "'dead' is no column; perhaps 'died'?"),
        ("within(sign, end, 90) ~ .", "'sign' changes between visits; must be one value a person"),
        ("within(sex, end, 90) ~ .", "names no level; must be sex = one of f, m"),
        ("within(died = 3, end, 90) ~ .", "'3' is no level; must be died = one of 0, 1"),
        ("within(died, sex, 90) ~ .", "'sex' is of kind binary; must be numbers, as 'day' is"),
        ("within(end, end, 90) ~ .", "'end' is a count; must have levels"),
        ("within(died, end, 1e6) ~ .", "does not come in time for 0 people; must for at least 2"),
        ("within(died == 1, end, 90) ~ .", "has two signs =; must be died = one of 0, 1"),
        ("density", "there is no density of visits"),
        ("next(day) ~ .", "'day' is the time of visits, and no input; must be one that changes"),
        ("next(x) ~ day", "'day' is the time of visits, and no input; must be one of 'age'"),
        ("next(x) ~ y + id", "'id' is the column of people, and no input; must be one of 'age'"),
        ("within(died, day, 90) ~ .", "'day' is the time of visits, and no input; must be one of"),
    ],
)
def test_what_cannot_be_asked_is_refused(visits, text, line):
    assert line in "\n".join(faults(visits, text))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (WITHIN, ": no event to learn; must be one of 'age', 'sex', 'x', 'y', 'sign', 'end'"),
        ("within(sex = m, died, 90) ~ .", ": no time of events; must be one of 'age'"),
        ("next(died) ~ .", ": no value to learn; must be one that changes between visits: x, y"),
        ("next(x) ~ died", "; must be one of 'age', 'sex', 'x', 'y', 'sign', 'end'"),
    ],
)
def test_a_column_that_was_left_out_is_said_to_be(text, line):
    alike = read(followed().assign(died=0))
    told = f"task = {text!r}: 'died' is left out (is 0 wherever it is seen){line}"
    assert faults(alike, text)[0].startswith(told)


def test_what_is_predicted_is_no_input(visits):
    lines = faults(visits, "next(x) ~ y + next(y)", "next(y) ~ .")
    assert lines == (
        "task = 'next(x) ~ y + next(y)': input 'next(y)' is not known at a visit; must be another "
        "column",
    )


def test_all_faults_come_at_once(visits):
    assert len(faults(visits, "x ~ .", "next(age) ~ .", "within(died, end) ~ .")) == 3
    assert len(faults(visits)) == 1


def test_one_outcome_under_two_names_is_refused(visits):
    lines = faults(visits, WITHIN, "within(died = 1, end, 90.0) ~ x")
    assert lines == (
        "task = 'within(died = 1, end, 90.0) ~ x': asks the same as within(died, end, 90); must be "
        "another",
    )


@pytest.mark.parametrize("text", ["next(x) ~ .", WITHIN])
def test_a_column_with_the_name_of_what_is_learnt_is_refused(text):
    name = text.partition(" ~")[0]
    table = followed().assign(**{name: lambda t: t.x + t.y})
    line = f"{name}: is a column of the tables and what a task learns; must be renamed, as rename "
    assert faults(read(table), text) == (f"{line}does in the settings",)


def test_slips_on_both_sides_come_at_once(visits):
    lines = faults(visits, "next(z) ~ agee + next(x)", "within(dead, ende, 90) ~ sx", "next(x) ~ .")
    for name in ("z", "dead", "ende", "agee", "sx"):
        assert [f" {name!r} is no column;" in line for line in lines].count(True) == 1
    assert len(lines) == 5


def test_a_taken_name_comes_with_other_faults():
    visits = read(followed().rename(columns={"y": "next(x)"}))
    lines = faults(visits, "next(x) ~ age", "next(z) ~ age")
    assert [line.split(":")[0].split(" ")[0] for line in lines] == ["task", "next(x)"]
