"""Case study 1: repeatable, and chosen by validation rows alone."""

from dataclasses import dataclass, replace
from functools import partial
from itertools import count

import numpy as np
import pandas as pd
import pytest
import torch
from torch.optim import Adam

from ddlib.config import ParameterError
from ddlib.dbn import learn_dbn
from ddlib.distillers.first_order import FirstOrder
from ddlib.experiments import merging as experiment
from ddlib.experiments.merging import (
    ALL,
    CAPTION,
    FIRST,
    LITERAL,
    MERGING,
    MergingConfig,
    merging,
)
from ddlib.experiments.sources import draw_data
from ddlib.merge import initial_rows
from ddlib.streams import stream

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


def only_first(*step_sizes):
    """The methods cut down to the first-order one, which is fast."""
    return lambda config: {FIRST: {lr: FirstOrder(partial(Adam, lr=lr)) for lr in step_sizes}}


@pytest.fixture(scope="module")
def table():
    return merging(tiny())


# The table


def test_columns_methods_and_steps(table):
    assert list(table.columns) == list(MERGING.columns)
    assert {"method", "step", "validation", "log_likelihood", "chosen"} < set(table.columns)
    assert table["method"].drop_duplicates().tolist() == METHODS
    for method in METHODS:
        assert table.loc[table["method"] == method, "step"].tolist() == [0, 1, 2, 3]
    assert np.isfinite(table[["step_size", "validation", "log_likelihood"]]).all(axis=None)


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


@pytest.mark.parametrize("start", ["drawn", "rows"])
def test_the_first_snapshots_against_learning_by_hand(start):
    """The caption's method starts from rows of the sources, the others from `start`."""
    config = tiny(start=start, num_steps=1)
    table = merging(config)
    data = draw_data(config, generator=stream(config.seed, "sources"))

    def score(model, rows, noise_std=0.0):
        return model.log_likelihood(rows, noise_std=noise_std).mean().item()

    values = {}
    for method in METHODS:
        rows = initial_rows(
            data.training,
            config.rows_per_source,
            generator=stream(config.seed, "start"),
            noise_std=config.noise_std if start == "drawn" and method != CAPTION else None,
        )
        # The distilled set speaks for all training rows.
        model = learn_dbn(rows, effective_size=36, ridge=config.ridge)
        first = table[table["method"] == method].iloc[0]
        assert first["log_likelihood"] == pytest.approx(score(model, data.test))
        expected = score(model, torch.cat(data.validation), noise_std=config.noise_std)
        assert first["validation"] == pytest.approx(expected)
        values[method] = first["log_likelihood"]
    assert (values[CAPTION] == values[ALL]) == (start == "rows")


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

    one_shot = False

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
    monkeypatch.setattr(experiment, "methods", lambda config: {"drift": {1.0: Drift()}})
    run = merging(tiny(num_steps=4)).query("method == 'drift'")
    assert run.loc[run["chosen"], "step"].tolist() == [best_step]
    assert run["validation"].max() == run.loc[run["chosen"], "validation"].item()
    # The test rows, which lie where they did, like the start best and have no say.
    assert run["log_likelihood"].argmax() == 0


def test_a_step_size_is_judged_by_its_best_snapshot_and_not_by_its_last(monkeypatch):
    """To 40: one goes there and on to 80, the other ends at 56 and was never nearer than 42."""

    def with_other_validation_rows(config, *, generator):
        data = draw_data(config, generator=generator)
        return replace(data, validation=[rows + 40.0 for rows in data.validation])

    monkeypatch.setattr(experiment, "draw_data", with_other_validation_rows)
    speeds = {"drift": {speed: Drift(speed) for speed in (14.0, 20.0)}}
    monkeypatch.setattr(experiment, "methods", lambda config: speeds)
    run = merging(tiny(num_steps=4)).query("method == 'drift'")
    assert run["step_size"].unique().tolist() == [20.0]
    assert run.loc[run["chosen"], "step"].tolist() == [2]


def test_first_order_improves_the_start(monkeypatch):
    monkeypatch.setattr(experiment, "methods", only_first(0.05))
    run = merging(tiny(num_steps=30, training_rows=100, validation_rows=50, rows_per_source=10))
    first = run[run["method"] == FIRST]
    assert first.loc[first["chosen"], "log_likelihood"].item() > first["log_likelihood"].iloc[0]
    assert first["validation"].max() > first["validation"].iloc[0]


def test_the_letter_is_run_in_place_of_all_methods(table):
    literal = merging(tiny(literal=True))
    assert literal["method"].unique().tolist() == [LITERAL]
    own = table[table["method"] == CAPTION]
    columns = ["step", "validation", "log_likelihood"]
    assert literal[columns].iloc[0].equals(own[columns].iloc[0])
    assert literal["validation"].iloc[1] != own["validation"].iloc[1]


# The config


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"num_variables": 1}, "num_variables = 1: must be greater"),
        ({"num_variables": 51}, "num_variables = 51: must be less"),
        ({"num_slices": 0}, "num_slices = 0: must be greater"),
        ({"num_sources": 1}, "num_sources = 1: must be greater"),
        ({"num_hidden": -1}, "num_hidden = -1: must be greater"),
        ({"noise_std": -0.1}, "noise_std = -0.1: must be greater"),
        ({"edge_probability": 1.5}, "edge_probability = 1.5: must be less"),
        ({"training_rows": 9}, "training_rows = 9: must be greater"),
        ({"validation_rows": 0}, "validation_rows = 0: must be greater"),
        ({"test_rows": 0}, "test_rows = 0: must be greater"),
        ({"rows_per_source": 1}, "rows_per_source = 1: must be greater"),
        ({"num_steps": 0}, "num_steps = 0: must be greater"),
        ({"smoothing": 0.0}, "smoothing = 0.0: must be greater"),
        ({"ridge": -1.0}, "ridge = -1.0: must be greater"),
        ({"seed": -1}, "seed = -1: must be greater"),
        ({"num_step": 3}, "num_step = 3: unknown; must be one of seed, num_variables"),
        ({"start": "zero"}, "start = 'zero'"),
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


@pytest.mark.parametrize("ends", [{"num_hidden": 0}, {"rows_per_source": 12}, {"noise_std": 0.0}])
def test_settings_at_the_ends_of_their_ranges_run(ends, monkeypatch):
    monkeypatch.setattr(experiment, "methods", only_first(0.05))
    assert len(merging(tiny(num_steps=1, **ends))) == 2


def test_the_smallest_setting_runs_with_all_methods():
    smallest = tiny(
        num_variables=2, num_sources=2, training_rows=10, validation_rows=1, num_slices=1,
        test_rows=1, rows_per_source=2, num_steps=1,
    )  # fmt: skip
    assert len(merging(smallest)) == 3 * 2
