"""Times that are written in several ways are read, or named cell by cell."""

import numpy as np
import pandas as pd
import pytest

from tests.visits.tables import long_table, read, refused


def dated(days: pd.Series, form: str = "%Y-%m-%d") -> pd.Series:
    """Days as dates in some form."""
    return (pd.Timestamp("2010-01-01") + pd.to_timedelta(days, unit="D")).dt.strftime(form)


@pytest.mark.parametrize(
    ("write", "line"),
    [
        (
            # Every second row has the day first.
            lambda day: dated(day).where(day.index % 2 == 0, dated(day, "%d/%m/%Y")),
            "b.csv: column 'day', row 3: '{1:%d/%m/%Y}'; must be a date such as 2024-01-31 (and ",
        ),
        (
            lambda day: dated(day, "%Y-%m-%d 00:00 CET"),
            "b.csv: column 'day', row 2: '{0:%Y-%m-%d} 00:00 CET'; must be a date such as ",
        ),
        (
            lambda day: day,
            "b.csv: column 'day', row 2: '0'; must be a date such as 2024-01-31 (and ",
        ),
    ],
)
def test_times_that_are_no_dates_beside_dates_are_named_one_by_one(tmp_path, write, line):
    table = long_table()
    table.assign(day=dated(table.day)).to_csv(tmp_path / "a.csv", index=False)
    table.assign(day=write(table.day)).to_csv(tmp_path / "b.csv", index=False)
    told = refused([tmp_path / "a.csv", tmp_path / "b.csv"])
    whens = [pd.Timestamp("2010-01-01") + pd.Timedelta(days=day) for day in table.day[:2]]
    assert told.startswith(line.format(*whens))
    assert "\n" not in told  # and nothing that would make the time no time
    assert not any(advice in told for advice in ("levels:", "category", "leave_out", "missing:"))


def test_few_times_that_are_none_are_named_among_numbers(tmp_path):
    table = long_table()
    day = table.day.astype(str)
    day[[3, 7]] = ["week 2", "week 9"]
    table.assign(day=day).to_csv(tmp_path / "a.csv", index=False)
    told = refused([tmp_path / "a.csv"])
    assert told == "a.csv: column 'day', row 5: 'week 2'; must be a number (and 1 row more)"


def test_times_with_zeros_before_them_are_numbers(tmp_path):
    table = long_table()
    table.assign(day=[f"{day:04d}" for day in table.day]).to_csv(tmp_path / "a.csv", index=False)
    np.testing.assert_array_equal(read(tmp_path / "a.csv").time, read(table).time)
