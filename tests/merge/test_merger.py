"""Merging as an estimator: the rows of `merge_tables`, scores, and scikit-learn's own checks."""

import pickle
import warnings
from functools import cache
from types import MappingProxyType

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import LeaveOneOut, cross_val_score
from sklearn.utils import estimator_checks

from ddlib import merge_tables
from ddlib.merge.merger import TableMerger
from ddlib.tables import Settings, TablesError

TASK = "y ~ ."


@cache
def tables():
    random = np.random.default_rng(0)

    def site(columns, n=80):
        x = random.normal(size=n)
        table = {"x": x, "y": x + random.normal(size=n), "arm": random.choice(["a", "b"], n)}
        return pd.DataFrame(table).round(3)[columns]

    return {"north": site(["x", "y"]), "south": site(["y", "arm"]), "east": site(["x", "y", "arm"])}


def merger(**parameters):
    return TableMerger(num_draws=2, num_rows=40, **parameters)


@pytest.mark.parametrize(
    "check",
    [
        "check_no_attributes_set_in_init",
        "check_parameters_default_constructible",
        "check_get_params_invariance",
        "check_set_params",
        "check_estimator_cloneable",
        "check_estimator_repr",
        "check_do_not_raise_errors_in_init_or_set_params",
        "check_mixin_order",
        "check_valid_tag_types",
    ],
)
def test_what_scikit_learn_asks_of_estimators_whatever_they_are_fitted_to(check):
    getattr(estimator_checks, check)("TableMerger", TableMerger())


def test_a_fit_is_repeated_by_a_clone_and_kept_by_pickle_and_leaves_parameters_alone():
    fitted = merger(tasks=TASK, random_state=3)
    before = fitted.get_params()
    assert fitted.fit(tables()) is fitted
    assert fitted.get_params() == before
    rows = fitted.sample()
    pd.testing.assert_frame_equal(rows, fitted.fit(tables()).sample(40))
    again = clone(fitted)
    assert isinstance(again, TableMerger)
    with pytest.raises(NotFittedError):
        again.sample()
    pd.testing.assert_frame_equal(rows, again.fit(tables()).sample())
    pd.testing.assert_frame_equal(rows, pickle.loads(pickle.dumps(fitted)).sample())


def test_its_rows_are_those_of_merge_tables():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        wanted = merge_tables(tables(), TASK, num_rows=40, num_draws=2, source_column="site")
    found = merger(tasks=TASK, source_column="site").fit(tables()).merge()
    pd.testing.assert_frame_equal(found.rows, wanted.rows)
    assert found.worth == wanted.worth


def test_the_score_is_the_normal_log_density_of_the_rows_per_cell():
    fitted = merger().fit(tables())
    test = tables()["east"].head(30)
    as_numbers = [t.assign(arm=(t["arm"] == "b").astype(float)) for t in (fitted.sample(), test)]
    draws = pd.DataFrame(np.concatenate(fitted.model_.draws), columns=fitted.model_.schema.names)
    rows, cells = (
        ((t[draws.columns] - draws.mean()) / draws.std(ddof=0)).to_numpy() for t in as_numbers
    )
    covariance = (len(rows) * np.cov(rows.T, ddof=0) + np.eye(3)) / (len(rows) + 1)
    off = cells - rows.mean(0)
    each = -(off * np.linalg.solve(covariance, off.T).T).sum(1) / 2
    each -= np.log(np.linalg.det(2 * np.pi * covariance)) / 2
    assert fitted.score(test) == pytest.approx(each.mean() / 3)
    assert fitted.score([test, test]) == pytest.approx(fitted.score({"a": test}))
    assert fitted.score(test.assign(y=-test["y"])) < fitted.score(test)


def test_cross_validation_leaves_out_a_table():
    whole = list(tables().values())
    scores = cross_val_score(merger(), whole, cv=LeaveOneOut())
    alone = merger().fit(whole[:2]).score(whole[2])
    assert scores[2] == alone
    assert np.isfinite(scores).all()


def test_what_is_impossible_is_refused_in_the_words_of_the_estimator():
    with pytest.raises(TablesError) as caught:
        merger(tasks="z ~ .", random_state=-1, min_count=0).fit(tables())
    start = [line.split(":")[0] for line in caught.value.faults]
    assert start == ["random_state = -1", "min_count = 0", "task = 'z ~ .'"]
    fitted = merger().fit(tables())
    with pytest.raises(TablesError, match="num_rows = 0: must be"):
        fitted.sample(0)
    with pytest.raises(TablesError, match=r"tables\[0\]: a str; must be a data frame"):
        fitted.score("table.csv")
    with pytest.raises(TablesError, match="show none of the columns"):
        fitted.score(pd.DataFrame({"other": [1.0]}))


def test_the_score_names_columns_as_the_fit_does():
    numbered = {
        site: table.set_axis(range(table.shape[1]), axis=1) for site, table in tables().items()
    }
    numbered = {"north": numbered["north"], "east": numbered["east"]}
    named = {site: table.rename(columns=str) for site, table in numbered.items()}
    fitted = merger().fit(numbered)
    assert fitted.score(MappingProxyType(numbered)) == fitted.score(named)


def test_the_score_refuses_what_it_cannot_tell_of():
    fitted, table = merger().fit(tables()), tables()["north"]
    with pytest.raises(TablesError, match=r"tables\[1\]: column 'x' stands twice"):
        fitted.score([table, pd.concat([table, table[["x"]]], axis=1)])
    with pytest.raises(TablesError, match="column 'x': is infinite; must be finite"):
        fitted.score(table.replace(table["x"].iloc[0], np.inf))


def test_parameters_that_are_set_after_the_fit_are_refused_by_their_own_names():
    fitted = merger().fit(tables())
    for given in (-1, np.random.RandomState(0)):
        with pytest.raises(TablesError, match=r"^random_state( =|:)"):
            fitted.set_params(random_state=given).sample()


def test_the_minimum_count_is_that_of_the_settings_unless_told():
    few = {name: table[:8] for name, table in tables().items()}
    fitted = merger(tasks=TASK, settings=Settings(min_count=5)).fit(few)
    assert len(fitted.sources_.codes()[0]) == 24
    with pytest.raises(TablesError, match="must have at least 10"):
        merger(tasks=TASK, min_count=None).fit(few)
    with pytest.raises(TablesError, match="must have at least 9"):
        merger(tasks=TASK, min_count=9, settings=Settings(min_count=5)).fit(few)
