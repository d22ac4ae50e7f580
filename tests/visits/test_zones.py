"""Times with time zones are those of UTC, and times without one beside them are warned of."""

import numpy as np
import pandas as pd
import pytest

from tests.visits.tables import long_table, notes, read

NOON = pd.Timestamp("2010-03-20 12:00")
FORMS = {
    "colon": lambda when: when.isoformat(),
    "blank": lambda when: when.isoformat(" "),
    "no colon": lambda when: when.strftime("%Y-%m-%dT%H:%M:%S%z"),
    "as UTC": lambda when: when.tz_convert("UTC").strftime("%Y-%m-%dT%H:%MZ"),
}


def paris() -> pd.Series:
    """Times of visits on both sides of the change to summer time."""
    days = pd.to_timedelta(long_table().day, "D")
    return (NOON + days).dt.tz_localize("Europe/Paris")


@pytest.mark.parametrize("form", FORMS)
def test_texts_with_a_distance_from_utc_are_moments(form, tmp_path):
    table = long_table().assign(day=[FORMS[form](when) for when in paris()])
    table.to_csv(tmp_path / "a.csv", index=False)
    visits = read([tmp_path / "a.csv"])
    wanted = paris().dt.tz_convert("UTC").dt.tz_localize(None)
    np.testing.assert_allclose(visits.time, (wanted - pd.Timestamp(0)) / pd.Timedelta("1D"))
    assert "time zone" not in notes(visits)


def test_a_distance_from_utc_is_read_in_other_columns_too():
    table = long_table(people=80)
    visits = read(table.assign(end=[when.isoformat() for when in paris_of(table)]), min_count=2)
    assert visits.schema["end"].kind == "date"


def paris_of(table: pd.DataFrame) -> pd.Series:
    """A time for each person."""
    return (NOON + pd.to_timedelta(table.id, "D")).dt.tz_localize("Europe/Paris")


@pytest.mark.parametrize("way", ["one column", "two tables", "two types", "days"])
def test_times_without_a_zone_beside_others_are_warned_of(way):
    table = long_table()
    zoned, plain = paris(), paris().dt.tz_localize(None)
    texts = [[when.isoformat() for when in own] for own in (zoned, plain)]
    others = table.assign(id=table.id + 1000)
    if way == "one column":
        tables = [table.assign(day=np.where(table.id % 2, *texts))]
    elif way == "two tables":
        tables = [table.assign(day=texts[0]), others.assign(day=texts[1])]
    elif way == "two types":
        tables = [table.assign(day=zoned), others.assign(day=plain)]
    else:
        tables = [table.assign(day=texts[0]), others.assign(day=plain.dt.strftime("%Y-%m-%d"))]
    told = notes(read(tables))
    assert "column 'day': times of 'table 1' have a time zone, and times of 'table" in told
    assert "have none: these are taken for UTC" in told
