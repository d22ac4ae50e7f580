"""New people are seen as often and as long as real ones, and not beyond what bounds visits."""

import numpy as np
import pandas as pd
import pytest

from ddlib.experiments.trials import DATA
from ddlib.visits.merging import merge_visits
from ddlib.visits.sampling import sample
from ddlib.visits.schedule import Limits, off_schedule
from tests.visits.tables import long_table, read
from tests.visits.test_tasks import followed

COLUMNS = ["id", "day", "age", "bili", "albumin", "futime"]


@pytest.fixture(scope="module")
def trial():
    """A real trial, and visits merged from it."""
    table = pd.read_csv(DATA / "pbcseq.csv")[COLUMNS]
    visits = read(table, min_count=10)
    made = {"num_people": 300, "num_draws": 3, "min_count": 10, "seed": 1}
    return table, merge_visits(visits, ["next(bili) ~ bili"], **made)


def schedule(table):
    """The number of visits and the last day of each person, as pandas finds them."""
    days = table.groupby("id").day
    return days.size(), days.max()


def test_no_visit_is_after_the_end_of_follow_up_or_beyond_the_real_times(trial):
    table, merged = trial
    assert (table.day <= table.futime).all()
    drawn = sample(merged.model, 1000, "test").table()
    for rows in (merged.rows, drawn):
        assert (rows.day <= rows.futime).all()
        assert rows.day.max() <= table.day.max()
        assert (rows.groupby("id").futime.nunique() == 1).all()
    told = [note.text for note in merged.notes]
    assert "no merged visit comes after 'futime', as no real one does" in told


def test_people_are_seen_as_often_and_as_long_as_real_ones(trial):
    table, merged = trial
    drawn = sample(merged.model, 2000, "test").table()
    for rows in (merged.rows, drawn):
        for own, real in zip(schedule(rows), schedule(table), strict=True):
            error = np.hypot(real.std() / len(real) ** 0.5, own.std() / len(own) ** 0.5)
            assert abs(own.mean() - real.mean()) < 3 * error
    own, real = (schedule(rows)[0] for rows in (merged.rows, table))
    for number in (1, 3, 5, 9):
        assert (own <= number).mean() == pytest.approx((real <= number).mean(), abs=0.05)


def test_what_bounds_visits_is_a_static_column_that_some_visit_comes_near():
    table = followed()
    ends = Limits.of(read(table)).ends
    assert ends == (read(table).schema.names.index("end"),)
    assert Limits.of(read(table.assign(end=table.end + 1e6))).ends == ()
    assert Limits.of(read(table.assign(end=table.end.where(table.id > 1, -1)))).ends == ()
    assert Limits.of(read(long_table())).starts == ()


def test_dates_bound_dates_alone():
    start = pd.Timestamp("2020-02-01")
    table = followed()
    first = table.groupby("id").day.transform("min") + table.id
    dates = {
        name: start + pd.to_timedelta(days, "D")
        for name, days in (("day", table.day + first), ("end", table.end + first), ("entry", first))
    }
    visits = read(table.assign(**dates))
    limits = Limits.of(visits)
    assert [visits.schema.names[place] for place in limits.ends] == ["end"]
    assert [visits.schema.names[place] for place in limits.starts] == ["entry"]
    early, late = limits.of_people(visits.of_people())
    assert (early <= visits.time[visits.first]).all()
    assert (late >= visits.time[visits.last]).all()


def test_of_real_people_no_schedule_is_off():
    visits = read(long_table())
    np.testing.assert_allclose(off_schedule(visits, visits).mean(0), 0, atol=1e-12)
    twice = np.repeat(visits.counts.argmax(), 5)
    assert (off_schedule(visits.of(twice), visits)[:, 0] > 1).all()
