"""Held-out scores: against scikit-learn, paired, and told plainly where there are none."""

import re

import numpy as np
import pandas as pd
import pytest
from scipy.stats import multivariate_normal
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import r2_score, roc_auc_score

from ddlib.comparisons import resampled_interval
from ddlib.merge.design import Design
from ddlib.merge.formula import parse_task
from ddlib.merge.held_out import HeldOut, held_out
from ddlib.merge.model import Model
from ddlib.merge.rivals import MERGED, Rivalry, fill, impute
from ddlib.merge.scoring import density, prediction, score
from ddlib.tables import Settings, read_sources

TASK, LINEAR = "died ~ .", "sbp ~ age + sex"


def people(num_rows, seed=0):
    drawn = np.random.default_rng(seed)
    age, load = drawn.normal(60, 10, num_rows).round(1), drawn.gamma(2, 2, num_rows).round(2)
    sex = drawn.choice(["f", "m"], num_rows)
    sbp = (90 + 0.7 * age + 8 * (sex == "m") + drawn.normal(0, 10, num_rows)).round()
    logit = 0.08 * (age - 60) + 0.4 * (load - 4) + 0.5 * (sex == "m")
    died = (drawn.random(num_rows) < 1 / (1 + np.exp(-logit))).astype(int)
    stage = drawn.choice(["I", "II", "III"], num_rows)
    return pd.DataFrame(
        {"age": age, "load": load, "sex": sex, "sbp": sbp, "died": died, "stage": stage}
    )


def sites(num_rows=150):
    rows = people(num_rows)
    half = num_rows // 2
    first, second = rows[:half].drop(columns="load"), rows[half:].drop(columns="sbp")
    return {"north": first, "south": second}


@pytest.fixture(scope="module")
def sources():
    return read_sources(sites())


@pytest.fixture(scope="module")
def found(sources):
    settings = {"num_rows": 60, "num_splits": 2, "num_draws": 2}
    return held_out(sources, [TASK, LINEAR, "stage ~ age", "density"], **settings)


@pytest.fixture(scope="module")
def model(sources):
    return Model.of(sources, num_draws=3, seed=0)


def complete(sources, num_rows=80, seed=1):
    return sources.schema.encode(people(num_rows, seed))


def test_each_task_has_a_score_of_each_rival_in_each_split(found):
    counts = found.scores.groupby(["task", "rival"]).size()
    assert (counts == 2).all()
    assert set(found.scores["rival"]) == {
        MERGED,
        "multiple imputation",
        "mean filling",
        "IterativeImputer",
        "north alone",
        "south alone",
    }
    shares = found.scores.query("measure == 'AUC'")["score"]
    assert shares.between(0, 1).all()


def test_a_site_alone_has_no_score_where_it_lacks_what_it_takes(found):
    missing = found.scores[found.scores["score"].isna()].groupby("task")["rival"].unique()
    assert sorted(missing["density"]) == ["north alone", "south alone"]
    assert [*missing[LINEAR]] == ["south alone"]
    assert TASK not in missing


def test_differences_are_paired_and_their_interval_is_that_of_re_splits(found):
    summary = found.summary().set_index(["task", "rival"])
    table = found.scores[found.scores["task"] == TASK].pivot(
        index="split", columns="rival", values="score"
    )
    difference = table[MERGED] - table["mean filling"]
    row = summary.loc[(TASK, "mean filling")]
    assert row["difference"] == pytest.approx(difference.mean())
    assert (row["low"], row["high"]) == pytest.approx(
        resampled_interval(difference, test_share=0.25)
    )
    assert np.isnan(summary.loc[(TASK, MERGED), "difference"])
    assert summary.loc[(TASK, MERGED), "mean"] == pytest.approx(table[MERGED].mean())


def test_rivals_are_compared_on_the_splits_in_which_both_have_a_score():
    scores = {
        MERGED: [0.9, np.nan, 0.7, 0.8],
        "mean filling": [0.6, 0.1, 0.5, 0.7],
        "north alone": [0.5, 0.2, np.nan, 0.4],
        "south alone": [np.nan, 0.3, np.nan, np.nan],
    }
    table = pd.DataFrame(
        [
            (split, TASK, "AUC", rival, value)
            for rival, values in scores.items()
            for split, value in enumerate(values)
        ],
        columns=["split", "task", "measure", "rival", "score"],
    )
    found = HeldOut(table, 0.25, ()).summary().set_index("rival")
    assert found["splits"].to_dict() == {
        MERGED: 3, "mean filling": 3, "north alone": 2, "south alone": 0,
    }  # fmt: skip
    assert found.loc["mean filling", "mean"] == pytest.approx((0.6 + 0.5 + 0.7) / 3)
    assert found.loc["north alone", "mean"] == pytest.approx((0.5 + 0.4) / 2)
    assert found.loc["north alone", "difference"] == pytest.approx(0.4)
    assert np.isnan(found.loc["south alone", "mean"])


def test_splits_without_merged_rows_are_told(sources):
    found = held_out(sources, [TASK], num_splits=2, num_rows=4, num_draws=2)
    texts = [note.text for note in found.notes]
    assert texts == [f"{TASK}: in 2 of 2 splits there are no merged rows"]


def scaled(tables):
    return {label: table.assign(age=table["age"] * 2) for label, table in tables.items()}


def test_neither_order_nor_units_nor_a_site_cut_in_two_change_a_score():
    tables = sites(80)
    south, north = tables["south"].iloc[::-1, ::-1], tables["north"].iloc[::-1]
    turned = {"south": south, "part": north[:20], "rest": north[20:]}
    plain, other, doubled = (
        held_out(read_sources(given), [TASK], num_rows=40, num_splits=1, num_draws=2)
        .scores.set_index("rival")["score"]
        .drop(["north alone", "part alone", "rest alone"], errors="ignore")
        for given in (tables, turned, scaled(tables))
    )
    np.testing.assert_allclose(other[plain.index], plain, atol=1e-9)
    # Merged rows are rounded as the column is, to 0.1 years or to 0.2 half years.
    rest = plain.index.drop(MERGED)
    np.testing.assert_allclose(doubled[rest], plain[rest], atol=1e-9)


def test_scores_of_regressions_are_those_of_scikit_learn(sources, model):
    rows, test = complete(sources), complete(sources, seed=2)
    weights = np.random.default_rng(3).uniform(0.5, 1.5, len(rows))
    for text, estimator in ((TASK, LogisticRegression(C=1.0, tol=1e-10)), (LINEAR, Ridge(1.0))):
        design = Design.of(parse_task(text, sources.schema), sources.schema, model.draws)
        x, ours = design.matrix(rows)[:, 1:], design.matrix(test)[:, 1:]
        y, wanted = design.response(rows)[:, 0], design.response(test)[:, 0]
        estimator.fit(x, y, sample_weight=weights)
        if text == TASK:
            score_of = roc_auc_score(wanted, estimator.predict_proba(ours)[:, 1])
        else:
            score_of = r2_score(wanted, estimator.predict(ours))
        assert prediction(design, [(rows, weights)], test, test) == pytest.approx(score_of)


def test_the_score_of_a_multinomial_is_the_mean_over_the_levels(sources, model):
    rows, test = complete(sources), complete(sources, seed=2)
    design = Design.of(parse_task("stage ~ .", sources.schema), sources.schema, model.draws)
    estimator = LogisticRegression(C=1.0, tol=1e-12, max_iter=5000)
    levels = rows[:, sources.schema.names.index("stage")]
    wanted = test[:, sources.schema.names.index("stage")]
    # Its penalty is on all levels, ours on all but the first: they agree without one.
    estimator.set_params(C=1e8).fit(design.matrix(rows)[:, 1:], levels)
    theirs = roc_auc_score(
        wanted, estimator.predict_proba(design.matrix(test)[:, 1:]), multi_class="ovr"
    )
    many = [(np.tile(rows, (1000, 1)), np.ones(1000 * len(rows)))]
    assert prediction(design, many, test, test) == pytest.approx(theirs, abs=0.005)


def test_the_density_is_the_marginal_normal_one_of_what_is_seen(sources, model):
    rows, test = complete(sources), complete(sources, seed=2)[:10]
    test[:5, 0], test[3:8, 3] = np.nan, np.nan
    design = Design.of(parse_task("density", sources.schema), sources.schema, model.draws)
    x = design.matrix(rows)
    mean, square = x.mean(0), np.cov(x.T, ddof=0)
    square = (len(x) * square + np.eye(len(square))) / (len(x) + 1)
    total, cells = 0.0, 0
    for row, terms in zip(test, design.matrix(test), strict=True):
        seen = ~np.isnan(row[design.columns])
        law = multivariate_normal(mean[seen], square[np.ix_(seen, seen)])
        total, cells = total + law.logpdf(terms[seen]), cells + seen.sum()
    filled = fill(test, rows, sources.schema)
    found = density(design, [(rows, np.ones(len(rows)))], test, filled)
    assert found == pytest.approx(total / cells)


def test_holes_are_filled_by_means_and_likeliest_levels(sources):
    rows = complete(sources)
    holes = np.full((1, rows.shape[1]), np.nan)
    filled = fill(holes, rows, sources.schema)[0]
    names = sources.schema.names
    assert filled[names.index("age")] == pytest.approx(rows[:, names.index("age")].mean())
    stage = rows[:, names.index("stage")]
    assert filled[names.index("stage")] == pd.Series(stage).mode()[0]
    np.testing.assert_array_equal(fill(rows, rows, sources.schema), rows)


def test_what_is_seen_stays_as_it_is_where_the_imputer_fills(model):
    filled = impute(model)
    assert np.isfinite(filled).all()
    seen = ~np.isnan(model.codes)
    np.testing.assert_array_equal(filled[seen], model.codes[seen])
    stage = filled[:, model.schema.names.index("stage")]
    assert set(np.unique(stage)) <= {0.0, 1.0, 2.0}


def test_rows_too_few_for_the_task_have_no_score(sources, model):
    _, source = sources.codes()
    rivalry = Rivalry(model, source, sources.labels, num_rows=4)
    task = parse_task(TASK, sources.schema)
    table = score(rivalry, task, complete(sources)).set_index("rival")["score"]
    assert np.isnan(table[MERGED])
    assert table.drop(MERGED).notna().all()


def test_a_target_that_few_rows_show_has_no_score_and_says_so():
    tables = sites(90)
    tables["north"]["rare"] = [*np.arange(30.0), *[np.nan] * 15]
    tables["north"]["event"] = [1] * 8 + [0] * 37
    sources = read_sources(tables, Settings(min_count=5))
    found = held_out(sources, ["rare ~ age", "event ~ age"], num_splits=1, num_draws=2)
    assert len(found.scores) == 0
    assert found.summary().empty
    texts = [note.text for note in found.notes]
    assert texts == [
        "rare ~ age: no held-out score, as 'rare' is seen in 30 rows; it takes 40",
        "event ~ age: no held-out score, as 'event' is seen in 45 rows, of which all but 8 have "
        "one level",
    ]


def test_progress_is_told(sources):
    told = []
    held_out(sources, [LINEAR], num_splits=1, num_draws=2, num_rows=40, progress=told.append)
    assert told == [1]


def test_each_split_can_be_looked_at(sources):
    seen = []
    found = held_out(
        sources,
        [LINEAR],
        num_splits=2,
        num_draws=2,
        num_rows=40,
        look=lambda rivalry, others: seen.append((rivalry.codes, others)),
    )
    assert len(seen) == 2
    whole = np.sort(sources.codes()[0], axis=0)
    for codes, others in seen:
        np.testing.assert_array_equal(np.sort(np.vstack([codes, others]), axis=0), whole)
        assert len(others) == round(found.test_share * len(whole))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"num_splits": 0}, "num_splits = 0: must be"),
        ({"test_share": 1.0}, "test_share = 1.0: must be above 0 and below 1"),
        ({"num_rows": 0, "num_draws": 1}, "num_rows = 0: must be .*; num_draws = 1: must be"),
        ({"seed": -1}, "seed = -1: must be"),
    ],
)
def test_impossible_arguments_are_refused(sources, settings, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        held_out(sources, [TASK], **settings)


def test_sources_that_are_none_are_refused():
    with pytest.raises(TypeError, match=re.escape("sources: a dict; must be Sources")):
        held_out({}, [TASK])
