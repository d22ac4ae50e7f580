"""One descent of case study 1: its cost, its step size and its rows, against doing it by hand."""

from dataclasses import dataclass, replace
from itertools import count

import numpy as np
import pandas as pd
import pytest
import torch

from ddlib.config import ParameterError
from ddlib.dbn import intervention_error, learn_dbn, structural_hamming_distance
from ddlib.experiments import descents as experiment
from ddlib.experiments.descents import DESCENTS, DescentsConfig, descents
from ddlib.experiments.sources import draw_data
from ddlib.merge import initial_rows
from ddlib.streams import stream

STEPS = 4
# A method -> the sets that it learns from in a step, and the gradients.
METHODS = {
    "caption": ({}, 2, 0),
    "Adam": ({"optimizer": "Adam"}, 2, 0),
    "directions": ({"num_directions": 3}, 4, 0),
    "both sides": ({"num_directions": 3, "antithetic": True}, 6, 0),
    "all rows": ({"learn_from": "all", "start": "drawn"}, 2, 0),
    "first-order": ({"method": "first-order"}, 0, 1),
    "letter": ({"method": "to the letter"}, 2, 0),
}


def tiny(seed=0, **settings):
    small = {
        "num_variables": 3, "num_sources": 3, "training_rows": 12, "validation_rows": 5,
        "test_rows": 40, "rows_per_source": 4, "num_steps": STEPS, "num_looks": 2, "widenings": 0,
    }  # fmt: skip
    return DescentsConfig(seed=seed, **(small | settings))


@pytest.mark.filterwarnings("ignore:step size .* is at an edge")
@pytest.mark.parametrize("name", METHODS)
def test_each_method_spends_what_its_formula_says_and_looks_equally_often(name):
    settings, evaluations, gradients = METHODS[name]
    table = descents(tiny(**settings))
    assert list(table.columns) == list(DESCENTS.columns)
    assert table["step"].tolist() == [0, 2, 4]
    assert table["evaluations"].tolist() == [step * evaluations for step in (0, 2, 4)]
    assert table["gradients"].tolist() == [step * gradients for step in (0, 2, 4)]
    # Three step sizes were tried, each to the end.
    assert (table["tried"] == 3 * STEPS * (evaluations + gradients)).all()
    assert table["chosen"].sum() == 1
    assert table["chosen"].idxmax() == table["validation"].argmax()
    numbers = table[["log_likelihood", "alone", "intervention", "best_step_size"]]
    assert np.isfinite(numbers).all(axis=None)


@pytest.mark.filterwarnings("ignore:step size .* is at an edge")
@pytest.mark.parametrize("start", ["rows", "drawn"])
def test_the_start_against_learning_by_hand(start):
    config = tiny(start=start)
    first = descents(config).iloc[0]
    data = draw_data(config, generator=stream(config.seed, "sources"))
    rows = initial_rows(
        data.training,
        config.rows_per_source,
        generator=stream(config.seed, "start"),
        noise_std=config.noise_std if start == "drawn" else None,
    )
    for_all = learn_dbn(rows, effective_size=36, ridge=config.ridge)
    alone = learn_dbn(rows, ridge=config.ridge)
    for column, network in {"log_likelihood": for_all, "alone": alone}.items():
        expected = network.log_likelihood(data.test).mean().item()
        assert first[column] == pytest.approx(expected)
    distance = structural_hamming_distance(for_all.structure, data.law.structure)
    assert (first["shd"], first["intervention"]) == (
        distance,
        pytest.approx(intervention_error(for_all, data.law)),
    )
    validation = for_all.log_likelihood(torch.cat(data.validation), noise_std=config.noise_std)
    assert first["validation"] == pytest.approx(validation.mean().item())


@pytest.mark.filterwarnings("ignore:step size .* is at an edge")
def test_the_best_start_is_the_best_of_as_many_as_were_looked_at():
    config = tiny()
    table = descents(config)
    data = draw_data(config, generator=stream(config.seed, "sources"))
    generator = stream(config.seed, "other starts")
    found = []
    for _ in range(3 * len(table)):  # three step sizes
        rows = initial_rows(data.training, config.rows_per_source, generator=generator)
        network = learn_dbn(rows, effective_size=36, ridge=config.ridge)
        validation = network.log_likelihood(torch.cat(data.validation), noise_std=config.noise_std)
        found.append((validation.mean().item(), network.log_likelihood(data.test).mean().item()))
    assert (table["best_start"] == table["best_start"].iloc[0]).all()
    assert table["best_start"].iloc[0] == pytest.approx(max(found)[1])


def test_a_grid_is_widened_until_the_choice_is_inside():
    # Far too small a step size to start from: with each wider grid a larger one is better.
    table = descents(tiny(method="first-order", step_size=1e-4, widenings=12, num_steps=10))
    assert not table["at_edge"].any()
    assert table["best_step_size"].iloc[0] > 3 * 1e-4
    # On the left one step size, on the right at least one: the rest was tried on the way.
    tries = table["tried"].iloc[0] / 10
    assert tries == pytest.approx(np.log(table["best_step_size"].iloc[0] / 1e-4) / np.log(3) + 3)


@pytest.mark.nightly
def test_the_prior_of_the_criterion_keeps_first_order_from_a_variance_of_zero():
    """Network 3: noisy rows cannot tell that a variance is not 0, and clean rows find it absurd.

    Without a prior the criterion falls on while clean test rows lose tens of nats; with the
    learner's own 0.3 pseudo-rows they do not.
    """
    settings = {
        "method": "first-order", "optimizer": "Adam", "start": "drawn", "num_steps": 300,
        "rows_per_source": 10, "step_size": 0.05,
    }  # fmt: skip
    last = {
        ridge: descents(DescentsConfig(seed=3, criterion_ridge=ridge, **settings)).iloc[-1]
        for ridge in (0.0, 0.3)
    }
    loss = last[0.3]["log_likelihood"] - last[0.0]["log_likelihood"]
    assert loss > 10
    assert last[0.3]["validation"] > last[0.0]["validation"]


@pytest.mark.filterwarnings("ignore:step size .* is at an edge")
def test_test_rows_choose_nothing(monkeypatch):
    table = descents(tiny())

    def with_other_test_rows(config, *, generator):
        data = draw_data(config, generator=generator)
        return experiment.SourcesData(
            data.law, data.clean, 10 - 5 * data.test, data.training, data.validation
        )

    monkeypatch.setattr(experiment, "draw_data", with_other_test_rows)
    other = descents(tiny())
    judged = ["log_likelihood", "alone", "best_start"]
    assert (other[judged] != table[judged]).all(axis=None)
    pd.testing.assert_frame_equal(
        other.drop(columns=judged), table.drop(columns=judged), check_exact=True
    )


def test_more_rows_than_a_source_has_are_refused():
    with pytest.raises(ParameterError, match="rows_per_source = 13: must be at most the training"):
        tiny(rows_per_source=13)


@dataclass
class Drift:
    """A distiller whose rows after step n are the initial rows plus n times `speed`."""

    speed: float
    one_shot = False

    def steps(self, problem, *, generator):
        for step in count(1):
            yield problem.initial + self.speed * step


def drifting(monkeypatch, *, target, **settings):
    """The rows of runs that drift, where validation rows lie `target` further than they did."""

    def with_other_validation_rows(config, *, generator):
        data = draw_data(config, generator=generator)
        return replace(data, validation=[rows + target for rows in data.validation])

    monkeypatch.setattr(experiment, "draw_data", with_other_validation_rows)
    monkeypatch.setattr(DescentsConfig, "distiller", lambda config, step_size: Drift(step_size))
    return descents(tiny(num_looks=STEPS, **settings))


@pytest.mark.filterwarnings("ignore:step size .* is at an edge")
@pytest.mark.parametrize("best_step", [0, 2, 4])
def test_validation_rows_choose(best_step, monkeypatch):
    """Where they lie, there the choice falls; test rows like the start best and have no say."""
    run = drifting(monkeypatch, target=5.0 * best_step, step_size=5.0, step_factor=1.1)
    assert run.loc[run["chosen"], "step"].tolist() == [best_step]
    assert run["log_likelihood"].argmax() == 0


def test_a_step_size_is_judged_by_its_best_snapshot_and_not_by_its_last(monkeypatch):
    """To 40: one goes there and on to 80, the other ends at 50 and was never nearer than 37.5."""
    run = drifting(monkeypatch, target=40.0, step_size=20.0, step_factor=1.6)
    assert (run["best_step_size"] == 20.0).all()
    assert run.loc[run["chosen"], "step"].tolist() == [2]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"num_variables": 51}, "num_variables = 51: must be less"),
        ({"edge_probability": 1.5}, "edge_probability = 1.5: must be less"),
        ({"rows_per_source": 1}, "rows_per_source = 1: must be greater"),
        ({"num_steps": 0}, "num_steps = 0: must be greater"),
        ({"smoothing": 0.0}, "smoothing = 0.0: must be greater"),
        ({"step_factor": 1.0}, "step_factor = 1.0: must be greater"),
        ({"seed": -1}, "seed = -1: must be greater"),
        ({"num_step": 3}, "num_step = 3: unknown; perhaps num_steps or "),
        ({"start": "zero"}, "start = 'zero'"),
        (
            {"num_variables": 6, "num_sources": 2, "num_hidden": 4},
            "num_hidden = 4: must be at most 3, or no source sees some of the 6 variables",
        ),
    ],
)
def test_impossible_settings_are_refused(settings, message):
    with pytest.raises(ParameterError) as caught:
        DescentsConfig(**({"seed": 0} | settings))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.filterwarnings("ignore:step size .* is at an edge")
@pytest.mark.parametrize("ends", [{"num_hidden": 0}, {"rows_per_source": 12}, {"noise_std": 0.0}])
def test_settings_at_the_ends_of_their_ranges_run(ends):
    assert len(descents(tiny(method="first-order", num_steps=1, num_looks=1, **ends))) == 2


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"step_size": 1e155}, "step_size = 1e+155: must be less than or equal to 1000000000000"),
        (
            {"step_size": 1e-300},
            "step_size = 1e-300: must be greater than or equal to 0.000000000001",
        ),
        ({"step_factor": 1e100}, "step_factor = 1e+100: must be less than or equal to 1000"),
        ({"seed": 2**62}, f"seed = {2**62}: must be less than {2**62}"),
    ],
)
def test_settings_that_doubles_cannot_hold_are_refused(settings, line):
    with pytest.raises(ParameterError) as error:
        DescentsConfig(**{"seed": 0} | settings)
    assert str(error.value) == line
