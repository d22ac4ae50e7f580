"""Case study 1: repeatable, chosen by validation rows alone, and beside the right references."""

from dataclasses import dataclass, replace
from functools import partial
from itertools import count

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import stats
from torch.optim import Adam

from ddlib.config import ParameterError
from ddlib.dbn import LinearGaussianDBN, learn_dbn
from ddlib.distillers.first_order import FirstOrder
from ddlib.experiments import merging as experiment
from ddlib.experiments.merging import (
    ALL,
    CAPTION,
    CLEAN,
    FIRST,
    LAW,
    LITERAL,
    MERGING,
    SUBSET,
    Learn,
    MergingConfig,
    draw_data,
    merging,
)
from ddlib.merge import initial_rows

REFERENCES = [SUBSET, CLEAN, LAW]
METHODS = [CAPTION, ALL, FIRST]


def tiny(seed=0, **settings):
    small = {
        "num_variables": 3,
        "num_sources": 3,
        "training_rows": 12,
        "validation_rows": 5,
        "test_rows": 40,
        "rows_per_source": 4,
        "num_steps": 3,
    }
    return MergingConfig(seed=seed, **(small | settings))


def seeded(seed):
    return torch.Generator().manual_seed(seed)


def only_first(*step_sizes):
    """The methods cut down to the first-order one, which is fast."""
    return lambda config: {FIRST: [(lr, FirstOrder(partial(Adam, lr=lr))) for lr in step_sizes]}


@pytest.fixture(scope="module")
def table():
    return merging(tiny())


# What is drawn


def test_data_have_the_sizes_and_holes_that_the_config_says():
    config = tiny(num_slices=3, num_hidden=2, num_variables=4, test_rows=7)
    data = draw_data(config, generator=seeded(0))
    assert data.clean.shape == (3 * 12, 3, 4)
    assert data.test.shape == (7, 3, 4)
    assert [tuple(rows.shape) for rows in data.training] == [(12, 3, 4)] * 3
    assert [tuple(rows.shape) for rows in data.validation] == [(5, 3, 4)] * 3
    assert data.clean.isfinite().all()
    assert data.test.isfinite().all()
    for training, validation in zip(data.training, data.validation, strict=True):
        hidden = training.isnan().all(0).all(0)
        assert hidden.sum() == 2
        assert (training.isnan() == hidden).all()
        assert (validation.isnan() == hidden).all()


def test_sources_are_the_clean_rows_and_noise_and_the_splits_are_drawn_apart():
    data = draw_data(tiny(noise_std=0.0), generator=seeded(1))
    training = torch.cat(data.training)
    seen = training.isfinite()
    assert training[seen].equal(data.clean[seen])
    assert not (torch.cat(data.validation)[:, None] == training).any()
    assert not (data.test[:, None] == data.clean).any()


def test_noise_has_the_std_of_the_config():
    data = draw_data(tiny(training_rows=2000, noise_std=0.7), generator=seeded(0))
    noise = torch.cat(data.training) - data.clean
    noise = noise[noise.isfinite()].numpy()
    assert stats.kstest(noise / 0.7, "norm").pvalue > 1e-3


def test_all_data_come_from_the_law():
    config = tiny(training_rows=2000, noise_std=0.0, test_rows=4000, validation_rows=1000)
    data = draw_data(config, generator=seeded(2))
    mean, covariance = (moment.numpy() for moment in data.law.moments(2))
    validation = np.concatenate([rows.flatten(1).numpy() for rows in data.validation])
    for rows in (data.clean.flatten(1).numpy(), data.test.flatten(1).numpy(), validation):
        assert np.nanmean(rows, axis=0) == pytest.approx(mean, abs=0.1)
        observed = pd.DataFrame(rows).cov().to_numpy()  # pairwise complete
        np.testing.assert_allclose(observed, covariance, atol=0.15)


# The learner


def test_the_learner_shrinks_by_the_size_that_the_set_speaks_for():
    """One slice, one arc: the weight is size/(size + ridge) of the regression's."""
    first = torch.randn(30, dtype=torch.float64, generator=seeded(0))
    second = 2 * first + 0.1 * torch.randn(30, dtype=torch.float64, generator=seeded(1))
    rows = torch.stack([first, second], dim=1)[:, None, :]
    covariance = np.cov(rows[:, 0].T.numpy(), bias=True)
    for size, ridge in ((None, 6.0), (90, 6.0), (90, 0.0)):
        weights = Learn(ridge, effective_size=size)(rows).initial.weights
        assert (weights != 0).sum() == 1
        ((i, j),) = weights.nonzero().tolist()
        keep = (size or 30) / ((size or 30) + ridge)
        expected = keep * covariance[i, j] / covariance[i, i]
        assert weights[i, j].item() == pytest.approx(expected, rel=1e-9)


def test_a_weak_arc_is_drawn_once_the_set_speaks_for_many_rows():
    rows = torch.randn(40, 2, dtype=torch.float64, generator=seeded(0))
    rows[:, 1] += 0.2 * rows[:, 0]
    squared = np.corrcoef(rows.T.numpy())[0, 1] ** 2
    for size in (40, 4000):
        # BIC draws the arc when it gains more than log(size)/2.
        gains = -0.5 * size * np.log(1 - squared) > 0.5 * np.log(size)
        arcs = Learn(0.0, effective_size=size)(rows[:, None, :]).structure[0]
        assert arcs.any() == gains == (size == 4000)


# The table


def test_columns_methods_and_steps(table):
    assert list(table.columns) == list(MERGING.columns)
    assert {"method", "step", "validation", "log_likelihood", "chosen"} < set(table.columns)
    assert table["method"].drop_duplicates().tolist() == REFERENCES + METHODS
    for method in METHODS:
        assert table.loc[table["method"] == method, "step"].tolist() == [0, 1, 2, 3]
    references = table[table["method"].isin(REFERENCES)]
    assert len(references) == 3
    assert (references["step"] == 0).all()
    assert references["chosen"].all()
    assert references[["validation", "step_size"]].isna().all(axis=None)
    assert np.isfinite(table["log_likelihood"]).all()


def test_chosen_is_the_one_snapshot_with_the_best_validation_value(table):
    for method in METHODS:
        run = table[table["method"] == method].reset_index()
        assert run["chosen"].sum() == 1
        assert run["step_size"].nunique() == 1
        assert run["chosen"].idxmax() == run["validation"].argmax()


def test_one_config_gives_the_same_rows_bit_for_bit_and_another_seed_others(table):
    pd.testing.assert_frame_equal(merging(tiny()), table, check_exact=True)
    other = merging(tiny(seed=1))
    assert (other["log_likelihood"] != table["log_likelihood"]).all()


def test_snapshots_are_at_most_about_twenty_and_include_both_ends(monkeypatch):
    monkeypatch.setattr(experiment, "methods", only_first(0.05))
    steps = merging(tiny(num_steps=45)).query("method == @FIRST")["step"].tolist()
    assert steps == [*range(0, 45, 2), 45]


def test_values_against_the_law_and_against_learning_by_hand(table):
    config = tiny()
    generator = seeded(config.seed)
    data = draw_data(config, generator=generator)
    start = initial_rows(data.training, config.rows_per_source, generator=generator)
    subset = data.clean[torch.randperm(36, generator=generator)[:12]]

    def score(model, rows, noise_std=0.0):
        return model.log_likelihood(rows, noise_std=noise_std).mean().item()

    value = table.drop_duplicates("method").set_index("method")["log_likelihood"]
    mean, covariance = (moment.numpy() for moment in data.law.moments(2))
    law = stats.multivariate_normal(mean, covariance).logpdf(data.test.flatten(1).numpy())
    assert value[LAW] == pytest.approx(law.mean(), rel=1e-9)
    # The references speak for their own rows, the distilled set for all training rows.
    assert value[CLEAN] == pytest.approx(score(learn_dbn(data.clean, ridge=1.0), data.test))
    assert value[SUBSET] == pytest.approx(score(learn_dbn(subset, ridge=1.0), data.test))
    model = learn_dbn(start, effective_size=36, ridge=1.0)
    validation = score(model, torch.cat(data.validation), noise_std=0.3)
    for method in METHODS:
        first = table[table["method"] == method].iloc[0]
        assert first["log_likelihood"] == pytest.approx(score(model, data.test))
        assert first["validation"] == pytest.approx(validation)


def test_the_step_size_is_the_one_that_validation_rows_like_best(monkeypatch):
    best = {}
    for lr in (1e-4, 0.05, 3.0):
        monkeypatch.setattr(experiment, "methods", only_first(lr))
        alone = merging(tiny(num_steps=5)).query("method == @FIRST")
        best[lr] = alone["validation"].max()
    monkeypatch.setattr(experiment, "methods", only_first(*best))
    together = merging(tiny(num_steps=5)).query("method == @FIRST")
    assert len(set(best.values())) > 1
    assert together["step_size"].unique().tolist() == [max(best, key=best.get)]
    assert together["validation"].max() == max(best.values())


def test_test_rows_choose_nothing(monkeypatch, table):
    def with_other_test_rows(config, *, generator):
        data = draw_data(config, generator=generator)
        return replace(data, test=10 - 5 * data.test)

    monkeypatch.setattr(experiment, "draw_data", with_other_test_rows)
    other = merging(tiny())
    assert (other["log_likelihood"] != table["log_likelihood"]).all()
    pd.testing.assert_frame_equal(
        other.drop(columns="log_likelihood"),
        table.drop(columns="log_likelihood"),
        check_exact=True,
    )


@dataclass
class Drift:
    """A distiller whose rows after step n are the initial rows plus n times `speed`."""

    speed: float = 5.0

    def steps(self, problem, *, generator):
        for step in count(1):
            yield problem.initial + self.speed * step


@pytest.mark.parametrize("best_step", [0, 2, 4])
def test_validation_rows_choose(best_step, monkeypatch):
    """The other side of the coin: where they lie, there the choice falls."""

    def with_other_validation_rows(config, *, generator):
        data = draw_data(config, generator=generator)
        return replace(data, validation=[rows + 5.0 * best_step for rows in data.validation])

    monkeypatch.setattr(experiment, "draw_data", with_other_validation_rows)
    monkeypatch.setattr(experiment, "methods", lambda config: {"drift": [(1.0, Drift())]})
    run = merging(tiny(num_steps=4)).query("method == 'drift'")
    assert run.loc[run["chosen"], "step"].tolist() == [best_step]
    assert run["validation"].max() == run.loc[run["chosen"], "validation"].item()
    # The test rows, which lie where they did, like the start best and have no say.
    assert run["log_likelihood"].argmax() == 0


def test_a_step_size_is_judged_by_its_best_snapshot_and_not_by_its_last(monkeypatch):
    """To 10: one goes there and on to 20, the other ends at 14 and was never nearer than 10.5."""

    def with_other_validation_rows(config, *, generator):
        data = draw_data(config, generator=generator)
        return replace(data, validation=[rows + 10.0 for rows in data.validation])

    monkeypatch.setattr(experiment, "draw_data", with_other_validation_rows)
    speeds = {"drift": [(speed, Drift(speed)) for speed in (3.5, 5.0)]}
    monkeypatch.setattr(experiment, "methods", lambda config: speeds)
    run = merging(tiny(num_steps=4)).query("method == 'drift'")
    assert run["step_size"].unique().tolist() == [5.0]
    assert run.loc[run["chosen"], "step"].tolist() == [2]


def test_the_law_is_above_all_clean_rows_and_these_above_the_subset_on_average(monkeypatch):
    monkeypatch.setattr(experiment, "methods", lambda config: {})
    runs = pd.concat(
        merging(tiny(seed, test_rows=2000, training_rows=60)).assign(seed=seed)
        for seed in range(12)
    )
    value = runs.pivot(index="seed", columns="method", values="log_likelihood")
    assert list(value.columns.sort_values()) == sorted(REFERENCES)
    above = value[LAW] - value[CLEAN]
    assert above.mean() > 0
    assert (above > 0).mean() > 0.8
    assert (value[CLEAN] - value[SUBSET]).mean() > above.mean()


def test_first_order_improves_the_start(monkeypatch):
    monkeypatch.setattr(experiment, "methods", only_first(0.05))
    run = merging(tiny(num_steps=30, training_rows=100, validation_rows=50, rows_per_source=10))
    first = run[run["method"] == FIRST]
    assert first.loc[first["chosen"], "log_likelihood"].item() > first["log_likelihood"].iloc[0]
    assert first["validation"].max() > first["validation"].iloc[0]


def test_the_letter_is_run_in_place_of_all_methods(table):
    literal = merging(tiny(literal=True))
    assert literal["method"].drop_duplicates().tolist() == [*REFERENCES, LITERAL]
    pd.testing.assert_frame_equal(literal.iloc[:3], table.iloc[:3], check_exact=True)
    start, own = literal.iloc[3], table[table["method"] == CAPTION].iloc[0]
    assert start[["step", "validation", "log_likelihood"]].equals(
        own[["step", "validation", "log_likelihood"]]
    )
    assert literal["validation"].iloc[4] != table["validation"].iloc[4]


# The config


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"num_variables": 1}, "num_variables = 1: input should be greater"),
        ({"num_variables": 51}, "num_variables = 51: input should be less"),
        ({"num_slices": 0}, "num_slices = 0: input should be greater"),
        ({"num_sources": 1}, "num_sources = 1: input should be greater"),
        ({"num_hidden": -1}, "num_hidden = -1: input should be greater"),
        ({"noise_std": -0.1}, "noise_std = -0.1: input should be greater"),
        ({"edge_probability": 1.5}, "edge_probability = 1.5: input should be less"),
        ({"training_rows": 9}, "training_rows = 9: input should be greater"),
        ({"validation_rows": 0}, "validation_rows = 0: input should be greater"),
        ({"test_rows": 0}, "test_rows = 0: input should be greater"),
        ({"rows_per_source": 1}, "rows_per_source = 1: input should be greater"),
        ({"num_steps": 0}, "num_steps = 0: input should be greater"),
        ({"smoothing": 0.0}, "smoothing = 0.0: input should be greater"),
        ({"ridge": -1.0}, "ridge = -1.0: input should be greater"),
        ({"seed": -1}, "seed = -1: input should be greater"),
        ({"num_step": 3}, "num_step = 3: unknown; allowed: seed, num_variables"),
        (
            {"training_rows": 20, "rows_per_source": 21},
            "rows_per_source = 21: must be at most the training_rows of a source, 20",
        ),
        (
            {"num_variables": 6, "num_sources": 2, "num_hidden": 4},
            "num_hidden = 4: must be at most 3, or no source sees some of the 6 variables",
        ),
    ],
)
def test_impossible_settings_are_refused(settings, message):
    with pytest.raises(ParameterError) as caught:
        MergingConfig(**({"seed": 0} | settings))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("num_sources", [2, 3, 4])
@pytest.mark.parametrize("num_variables", [2, 3, 5])
def test_a_config_is_possible_exactly_when_each_variable_is_seen(num_sources, num_variables):
    for num_hidden in range(num_variables):
        settings = {
            "num_variables": num_variables,
            "num_sources": num_sources,
            "num_hidden": num_hidden,
        }
        # Unchecked, to see what the data would be.
        unchecked = MergingConfig(seed=0).model_copy(update=settings | {"training_rows": 2})
        data = draw_data(unchecked, generator=seeded(0))
        if torch.cat(data.training).isfinite().any(0).all():
            MergingConfig(seed=0, **settings)
        else:
            with pytest.raises(ParameterError, match="num_hidden"):
                MergingConfig(seed=0, **settings)


@pytest.mark.parametrize("ends", [{"num_hidden": 0}, {"rows_per_source": 12}, {"noise_std": 0.0}])
def test_settings_at_the_ends_of_their_ranges_run(ends, monkeypatch):
    monkeypatch.setattr(experiment, "methods", only_first(0.05))
    assert len(merging(tiny(num_steps=1, **ends))) == 5


def test_the_smallest_setting_runs_with_all_methods():
    smallest = tiny(
        num_variables=2, num_sources=2, training_rows=10, validation_rows=1, num_slices=1,
        test_rows=1, rows_per_source=2, num_steps=1,
    )  # fmt: skip
    assert len(merging(smallest)) == 3 + 3 * 2


def test_the_law_is_random_in_the_seed_and_dense_in_the_edge_probability():
    full = draw_data(tiny(edge_probability=1.0), generator=seeded(0)).law
    none = draw_data(tiny(edge_probability=0.0), generator=seeded(0)).law
    assert isinstance(full, LinearGaussianDBN)
    assert full.structure[0].sum() == 3
    assert full.structure[1].sum() == 9 + 3
    assert none.structure[0].sum() == 0
    assert none.structure[1].sum() == 3  # every variable depends on its own past
    other = draw_data(tiny(edge_probability=1.0), generator=seeded(1)).law
    assert not other.lagged.equal(full.lagged)
