"""From codes to terms and back to coefficients in the columns' own units."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from ddlib.merge.design import Design
from ddlib.merge.equations import fit
from ddlib.merge.estimators import LEARNERS
from ddlib.merge.formula import parse_task
from ddlib.tables import Column, Schema

SCHEMA = Schema(
    (
        Column("key", "key"),
        Column("age", "number", low=20.0, high=90.0, decimals=1),
        Column("sex", "binary", ("f", "m"), dtype="str"),
        Column("died", "binary", (0, 1), dtype="int64"),
        Column("coded", "binary", (1, 2), dtype="int64"),
        Column("edema", "ordered", (0.0, 0.5, 2.0)),
        Column("grade", "ordered", ("low", "middle", "high"), dtype="str"),
        Column("site", "category", ("a", "b", "c"), dtype="str"),
        Column("visits", "count", low=0.0, high=30.0, dtype="int64"),
        Column("score", "ordered", (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0)),
    )
)


def rows(num_rows=60, seed=0):
    drawn = np.random.default_rng(seed)
    columns = [drawn.uniform(20, 90, num_rows).round(1)]
    columns += [drawn.integers(0, size, num_rows) for size in (2, 2, 2, 3, 3, 3)]
    last = [drawn.poisson(4, num_rows), drawn.integers(0, 7, num_rows)]
    return np.column_stack([*columns, *last]).astype(float)


def design(text, codes):
    return Design.of(parse_task(text, SCHEMA), SCHEMA, [codes[:30], codes[30:]])


def test_terms_are_centred_scaled_and_named():
    codes = rows()
    found = design("died ~ .", codes)
    assert found.terms == (
        "intercept", "age", "sex = m", "coded", "edema", "grade", "site = b", "site = c", "visits",
        "score",
    )  # fmt: skip
    x = found.matrix(codes)
    np.testing.assert_array_equal(x[:, 0], 1.0)
    np.testing.assert_allclose(x[:, 1:].mean(0), 0, atol=1e-12)
    np.testing.assert_allclose(x[:, 1:].std(0), 1)


def test_a_density_has_all_columns_and_no_intercept():
    codes = rows()
    found = design("density", codes)
    assert found.terms[0] == "age"
    assert "died" in found.terms
    assert found.matrix(codes).shape == (60, 10)
    assert found.response(codes).shape == (60, 0)


def test_responses_are_indicators_or_numbers():
    codes = rows()
    np.testing.assert_array_equal(design("died ~ age", codes).response(codes)[:, 0], codes[:, 2])
    site = design("site ~ age", codes)
    assert site.outcomes == ("site = b", "site = c")
    np.testing.assert_array_equal(site.response(codes), codes[:, [6]] == [1, 2])
    score = design("score ~ died", codes)
    levels = np.array(SCHEMA["score"].levels)
    wanted = levels[codes[:, 8].astype(int)]
    np.testing.assert_allclose(score.response(codes)[:, 0] * score.unit + score.origin, wanted)
    age = design("age ~ died", codes)
    np.testing.assert_allclose(age.response(codes)[:, 0] * age.unit + age.origin, codes[:, 0])


def test_a_constant_has_scale_1():
    codes = rows()
    codes[:, 7] = 3.0
    found = design("died ~ visits", codes)
    np.testing.assert_array_equal(found.matrix(codes)[:, 1], 0.0)


def raw(codes):
    """The columns as a user has them, dummies by pandas."""
    table = SCHEMA.decode(codes)
    table["sex"] = (table["sex"] == "m").astype(float)
    table["grade"] = table["grade"].map({"low": 0.0, "middle": 1.0, "high": 2.0})
    return pd.get_dummies(table, columns=["site"], drop_first=True, dtype=float)


@pytest.mark.parametrize("text", ["age ~ .", "score ~ .", "died ~ . - sex", "site ~ . - died"])
def test_coefficients_in_own_units_are_those_of_the_columns_as_they_are_written(text):
    codes = rows(200)
    found = design(text, codes)
    learner = LEARNERS[found.task.learned]
    y = found.response(codes)
    ours = found.own_units(fit(learner, found.matrix(codes), y, penalty=0.0))
    names = [name.replace(" = ", "_") if "site" in name else name for name in found.terms[1:]]
    table = raw(codes).rename(columns={"sex": "sex = m"})
    x = np.column_stack([np.ones(len(codes)), table[names]])
    theirs = fit(learner, x, y * found.unit + found.origin, penalty=0.0)
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-7)


def test_a_mean_code_stands_for_a_mean_of_levels():
    """Holes are filled by a mean of codes where a learner is to predict."""
    codes = rows()
    found = design("died ~ edema", codes)
    codes[:3, 4] = [0.5, 1.0, 1.5]
    values = found.matrix(codes[:3])[:, 1] * found.scale[0] + found.centre[0]
    np.testing.assert_allclose(values, [0.25, 0.5, 1.25])


def test_the_order_of_columns_changes_nothing_but_that_of_terms():
    codes = rows()
    order = np.random.default_rng(1).permutation(9)
    columns = SCHEMA.without_keys().columns
    turned = Schema(tuple(columns[j] for j in order))
    task = parse_task("died ~ .", turned)
    other = Design.of(task, turned, [codes[:, order]])
    found = Design.of(parse_task("died ~ .", SCHEMA), SCHEMA, [codes])
    places = [other.terms.index(term) for term in found.terms]
    np.testing.assert_allclose(other.matrix(codes[:, order])[:, places], found.matrix(codes))
    np.testing.assert_array_equal(other.response(codes[:, order]), found.response(codes))


MORE = Schema(
    (
        Column("age", "number", low=20.0, high=90.0, decimals=1),
        Column("smoker", "binary", (False, True), dtype="bool"),
        Column("half", "binary", (0.25, 0.5)),
        Column("ward", "category", (1, 2, 3), dtype="int64"),
        Column("stage", "ordered", (1, 2, 4), dtype="int64"),
        Column("seen", "date", low=10_000.0, high=12_000.0, decimals=0, dtype="datetime64[us]"),
    )
)


def more_rows(num_rows=150):
    drawn = np.random.default_rng(3)
    columns = [drawn.integers(0, size, num_rows) for size in (2, 2, 3, 3)]
    columns += [drawn.integers(10_000, 12_000, num_rows)]
    age = 50 + 3 * columns[0] - 4 * columns[2] + drawn.normal(0, 5, num_rows)
    return np.column_stack([age.round(1), *columns]).astype(float)


def test_terms_are_those_of_formulas_of_statsmodels():
    """A truth value and levels that are numbers count by value, a date by days from 1970."""
    codes = more_rows()
    found = Design.of(parse_task("age ~ .", MORE), MORE, [codes])
    table = MORE.decode(codes)
    table["seen"] = (table["seen"] - pd.Timestamp("1970-01-01")).dt.days
    theirs = smf.ols("age ~ smoker + half + C(ward) + stage + seen", table).fit()
    names = {
        "Intercept": "intercept", "smoker[T.True]": "smoker", "C(ward)[T.2]": "ward = 2",
        "C(ward)[T.3]": "ward = 3",
    }  # fmt: skip
    assert set(found.terms) == {names.get(name, name) for name in theirs.params.index}
    learner = LEARNERS["linear"]
    theta = fit(learner, found.matrix(codes), found.response(codes), penalty=0.0)
    ours = dict(zip(found.terms, found.own_units(theta)[0], strict=True))
    for name, value in theirs.params.items():
        assert ours[names.get(name, name)] == pytest.approx(value, rel=1e-6), name


def test_the_map_of_coefficients_is_the_slope_of_own_units():
    codes = more_rows()
    found = Design.of(parse_task("age ~ .", MORE), MORE, [codes])
    theta = np.random.default_rng(4).normal(size=(1, len(found.terms)))
    start = found.own_units(np.zeros_like(theta))
    np.testing.assert_allclose(start[0], [found.origin, *np.zeros(len(found.terms) - 1)])
    np.testing.assert_allclose(found.own_units(theta) - start, theta @ found.map.T)
