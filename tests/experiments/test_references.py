"""Case study 1 without descent: rows as declared, in the order that theory wants."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import stats

from ddlib.config import ParameterError
from ddlib.dbn import fit_em, learn_dbn
from ddlib.experiments import references as experiment
from ddlib.experiments.references import (
    ALONE,
    CLEAN,
    EM,
    ESTIMATED,
    EXACT,
    EXACT_ALONE,
    FORGOTTEN,
    LAW,
    PAIRWISE,
    REFERENCES,
    SUBSET,
    SUBSET_CHOSEN,
    SUBSET_FOR_ALL,
    UNSTRUCTURED,
    ReferencesConfig,
    references,
)
from ddlib.experiments.sources import draw_data
from ddlib.merge.baselines import BASELINES, source_alone
from ddlib.streams import stream


def tiny(seed=0, **settings):
    small = {
        "num_variables": 3,
        "num_sources": 3,
        "training_rows": 30,
        "validation_rows": 10,
        "test_rows": 200,
        "rows_per_source": (4, 10),
        "em_ridges": (0.3, 3.0),
    }
    return ReferencesConfig(seed=seed, **(small | settings))


@pytest.fixture(scope="module")
def table():
    return references(tiny())


ONE_RIDGE = {"em_ridges": (1.0,)}


@pytest.fixture
def one_em(monkeypatch):
    """Fit EM once, with the noise of the config: the other fits take seconds."""
    original = experiment._fit

    def fit(config, data, noise_std, *, generator):
        if noise_std != config.noise_std:
            return fit.last
        fit.last = original(config, data, noise_std, generator=generator)
        return fit.last

    monkeypatch.setattr(experiment, "_fit", fit)


def value(table, method, rows=None):
    chosen = table[(table["method"] == method) & ((table["rows"] == rows) | (rows is None))]
    return chosen["log_likelihood"].item()


def test_rows_are_as_declared(table):
    assert list(table.columns) == list(REFERENCES.columns)
    sizes = table.groupby("method", sort=False)["rows"].apply(list).to_dict()
    budgets = [7, 12, 30]  # 2p + 1, then three sources of each size
    informed = (PAIRWISE, UNSTRUCTURED, EM, FORGOTTEN, ESTIMATED)
    whole = {name: [90] for name in (CLEAN, *BASELINES, *informed)}
    small = (SUBSET, SUBSET_FOR_ALL, SUBSET_CHOSEN, EXACT, EXACT_ALONE)
    assert sizes == {LAW: [0], ALONE: [30], **dict.fromkeys(small, budgets), **whole}
    assert np.isfinite(table["log_likelihood"]).all()
    noise = table.dropna(subset="noise").set_index("method")["noise"]
    assert noise.index.tolist() == [EM, FORGOTTEN, ESTIMATED]
    assert noise[[EM, FORGOTTEN]].tolist() == [tiny().noise_std, 0.0]
    assert noise[ESTIMATED] > 0


@pytest.mark.usefixtures("one_em")
@pytest.mark.filterwarnings("ignore:.*groups have no column in common")
def test_unseen_pairs_are_those_that_no_source_sees_together():
    # Three of four variables are hidden from each of four sources: no pair is left.
    table = references(tiny(**ONE_RIDGE, num_variables=4, num_sources=4, num_hidden=3))
    assert table["unseen_pairs"].unique().tolist() == [6]
    assert (references(tiny(**ONE_RIDGE, num_hidden=0))["unseen_pairs"] == 0).all()


@pytest.mark.nightly  # every night in full; the smallest config is in test_registry.py
def test_one_config_gives_the_same_rows_bit_for_bit(table):
    pd.testing.assert_frame_equal(references(tiny()), table, check_exact=True)


@pytest.mark.usefixtures("one_em")
def test_another_seed_gives_other_rows(table):
    assert (references(tiny(seed=1))["log_likelihood"] != table["log_likelihood"]).all()


def test_values_against_learning_by_hand(table):
    config = tiny()
    data = draw_data(config, generator=stream(config.seed, "sources"))

    def score(network):
        return network.log_likelihood(data.test).mean().item()

    mean, covariance = (moment.numpy() for moment in data.law.moments(2))
    law = stats.multivariate_normal(mean, covariance).logpdf(data.test.flatten(1).numpy())
    assert value(table, LAW) == pytest.approx(law.mean(), rel=1e-9)
    clean = learn_dbn(data.clean, ridge=config.ridge)
    assert value(table, CLEAN) == pytest.approx(score(clean))
    alone = [score(source_alone(data.training, config.ridge, which=i)) for i in range(3)]
    assert value(table, ALONE) == pytest.approx(np.mean(alone))
    for name, baseline in BASELINES.items():
        assert value(table, name) == pytest.approx(score(baseline(data.training, config.ridge)))


@pytest.mark.parametrize(("method", "noise_std"), [(EM, 0.3), (FORGOTTEN, 0.0)])
def test_the_ridge_of_em_is_the_one_that_validation_rows_like_best(table, method, noise_std):
    config = tiny()
    data = draw_data(config, generator=stream(config.seed, "sources"))
    fits = [
        fit_em(data.training, noise_std=noise_std, ridge=ridge, tolerance=1e-5).network
        for ridge in config.em_ridges
    ]
    validation = [
        fit.log_likelihood(torch.cat(data.validation), noise_std=noise_std).mean().item()
        for fit in fits
    ]
    best = fits[int(np.argmax(validation))]
    assert len(set(validation)) > 1
    assert value(table, method) == pytest.approx(best.log_likelihood(data.test).mean().item())


@pytest.mark.usefixtures("one_em")
def test_subsets_are_clean_rows_and_nested(monkeypatch):
    learnt = []

    class Witness(experiment.DBNLearner):
        def __call__(self, rows, *, generator=None):
            if self.effective_size is None and self.ridge == tiny().ridge:
                learnt.append(rows)
            return super().__call__(rows, generator=generator)

    monkeypatch.setattr(experiment, "DBNLearner", Witness)
    references(tiny(**ONE_RIDGE, subset_ridges=(1.0,)))
    clean, *sets = learnt
    subsets = sets[::2]  # exact rows come after each
    assert [len(rows) for rows in (clean, *subsets)] == [90, 7, 12, 30]
    for small, large in zip(subsets, [*subsets[1:], clean], strict=True):
        same = (small[:, None] == large).all(-1).all(-1)
        assert same.any(1).all()
        assert same.sum() == len(small)  # no row twice


@pytest.mark.usefixtures("one_em")
def test_exact_rows_of_every_size_give_one_network_near_that_of_em():
    """One network for all sizes, and from EM's no further than the arcs that BIC may drop.

    The exact rows have EM's moments, with n = `effective_size` rows per slice or pair of them. With
    no ridge the search drops an arc only where its divergence from EM's law is below log(n)/2n nats
    (a gain in BIC), and what it adds costs none. EM's law has at most 15 arcs. A divergence D in
    nats bounds the difference on test rows of that law to first order; twice that for rows of the
    true law, which differ.
    """
    table = references(tiny(ridge=0.0, em_ridges=(0.0,), training_rows=1000, test_rows=2000))
    exact = table.loc[table["method"] == EXACT, "log_likelihood"]
    assert exact.to_numpy() == pytest.approx(exact.iloc[0], abs=1e-8)
    n, arcs = 3 * 1000, 3 + 9 + 3
    assert abs(exact.iloc[0] - value(table, EM)) < 2 * arcs * np.log(n) / (2 * n)


@pytest.mark.nightly
@pytest.mark.usefixtures("one_em")
def test_the_law_is_above_all_clean_rows_and_these_above_the_rest_on_average():
    settings = {"test_rows": 2000, "training_rows": 100, "rows_per_source": (5, 20)}
    runs = pd.concat(
        references(tiny(seed, **ONE_RIDGE, **settings)).assign(seed=seed) for seed in range(10)
    )
    scores = runs[~runs["method"].isin([SUBSET, EXACT])].pivot(
        index="seed", columns="method", values="log_likelihood"
    )
    above = scores[LAW] - scores[CLEAN]
    assert above.mean() > 0
    assert (above > 0).mean() > 0.8
    mean = scores.drop(columns=LAW).mean()
    assert mean.idxmax() == CLEAN
    # EM knows of the noise and the holes; the baselines do not.
    assert mean[EM] > mean[[ALONE, *BASELINES]].max()
    subset = runs[runs["method"] == SUBSET].groupby("rows")["log_likelihood"].mean()
    assert subset.is_monotonic_increasing
    assert subset.iloc[-1] < mean[CLEAN]


@pytest.mark.usefixtures("one_em")
def test_test_rows_choose_nothing(monkeypatch):
    """The fit of EM sees no test rows: with others in their place it is the same."""
    fitted, original = [], experiment._fit

    def witness(config, data, noise_std, *, generator):
        fitted.append(original(config, data, noise_std, generator=generator))
        return fitted[-1]

    def with_other_test_rows(config, *, generator):
        data = draw_data(config, generator=generator)
        return replace(data, test=10 - 5 * data.test)

    monkeypatch.setattr(experiment, "_fit", witness)
    references(tiny(**ONE_RIDGE))
    first = fitted[0]
    fitted.clear()
    monkeypatch.setattr(experiment, "draw_data", with_other_test_rows)
    references(tiny(**ONE_RIDGE))
    assert fitted[0].network.lagged.equal(first.network.lagged)
    assert fitted[0].score == first.score


@pytest.mark.filterwarnings("ignore:.*groups have no column in common")
def test_one_slice_and_the_smallest_setting_run():
    smallest = tiny(
        **ONE_RIDGE,
        num_variables=2, num_sources=2, num_slices=1, training_rows=10, validation_rows=1,
        test_rows=1, rows_per_source=(2,),
    )  # fmt: skip
    table = references(smallest)
    # p + 1 = 3 rows are enough for a single slice.
    assert table.loc[table["method"] == EXACT, "rows"].tolist() == [3, 4]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"rows_per_source": ()}, "rows_per_source"),
        ({"rows_per_source": (0,)}, "rows_per_source"),
        ({"num_starts": 0}, "num_starts = 0"),
        ({"num_variables": 6, "num_sources": 2, "num_hidden": 4}, "num_hidden = 4: must be at"),
    ],
)
def test_impossible_settings_are_refused(settings, message):
    with pytest.raises(ParameterError, match=message):
        ReferencesConfig(**({"seed": 0} | settings))


@pytest.mark.usefixtures("one_em")
def test_exact_rows_refuse_a_budget_that_is_too_short():
    with pytest.raises(ValueError, match="num_rows = 6: must be at least 7"):
        references(tiny(**ONE_RIDGE, rows_per_source=(2,)))
