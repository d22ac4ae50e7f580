"""Tables whose people differ are told, and tables of one population are not."""

import numpy as np
import pandas as pd
from scipy import stats

from ddlib.tables import Settings, read_sources
from ddlib.tables.shift import _distance


def tables(shift, seed=0):
    """Two sites; `shift` moves the age, and the shares of ward and death, of the second."""
    draw = np.random.default_rng(seed)

    def site(own):
        return pd.DataFrame(
            {
                "age": (60 + 10 * own + 9 * draw.standard_normal(150)).round(1),
                "ward": draw.choice(
                    ["x", "y", "z"], 150, p=[0.4 - 0.3 * own, 0.3 + 0.3 * own, 0.3]
                ),
                "died": (draw.random(150) < 0.2 + 0.4 * own).astype(int),
                "dose": draw.integers(0, 30, 150),
            }
        )

    return {"north": site(0.0), "south": site(shift)}


def shifts(sources):
    return [note for note in sources.notes if "differ by more than chance" in note.text]


def test_columns_that_differ_are_named_and_no_others():
    (note,) = shifts(read_sources(tables(1.0)))
    assert note.columns == ("age", "ward", "died")
    assert note.level == "warning"
    assert "source_column" in note.text


def test_samples_of_one_population_are_not_told_apart():
    for seed in range(5):
        assert not shifts(read_sources(tables(0.0, seed)))


def test_nothing_is_said_where_the_site_is_a_column():
    assert not shifts(read_sources(tables(1.0), Settings(source_column="site")))


def test_the_distance_is_welch_s():
    draw = np.random.default_rng(1)
    first, second = draw.normal(0, 1, (40, 1)), draw.normal(1, 3, (90, 1))
    expected = stats.ttest_ind(first[:, 0], second[:, 0], equal_var=False).statistic
    assert np.isclose(_distance(first, second), abs(expected), rtol=1e-12)
    assert _distance(np.zeros((30, 1)), np.ones((30, 1))) == np.inf
    assert _distance(np.ones((30, 1)), np.ones((30, 1))) == 0
