"""What an experiment has to be, and that every registered one is it."""

import importlib
import pkgutil
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pandas as pd
import pytest

import ddlib.experiments
from ddlib.experiments.base import Experiment
from ddlib.experiments.registry import EXPERIMENTS, find_experiment
from tests.shared.small import SMALL
from tests.shared.tiny import TINY, TinyConfig, tiny

# What makes each of them dearer: steps of a descent, starts of EM, or sets to learn from.
DEARER = {
    "benchmark": lambda count: {"num_steps": 20 * count},
    "descents": lambda count: {"num_steps": count},
    "hospitals": lambda count: {"num_steps": count},
    "merged_trials": lambda count: {"num_draws": count},
    "parametric": lambda count: {"num_steps": count},
    "parametric_references": lambda count: {
        "problem": "RobinPoisson" if count < 100 else "NonlinearConduction"
    },
    "private_trials": lambda count: {"num_draws": count},
    "references": lambda count: {"num_starts": count},
    "visit_trials": lambda count: {"num_draws": count},
}

each_experiment = pytest.mark.parametrize("name", EXPERIMENTS)


def test_every_experiment_of_the_package_is_registered_and_named_as_its_module():
    """By that name the build tells which chapters its stored rows are for."""
    for module in pkgutil.iter_modules(ddlib.experiments.__path__):
        name = f"{ddlib.experiments.__name__}.{module.name}"
        for value in vars(importlib.import_module(name)).values():
            if isinstance(value, Experiment) and value.run.__module__ == name:
                assert value.name == module.name
                assert find_experiment(module.name) is value


def test_an_unknown_name_is_refused_with_the_near_one_or_those_that_there_are():
    with pytest.raises(ValueError, match=r"'descent': unknown; perhaps descents\? must"):
        find_experiment("descent")
    with pytest.raises(ValueError, match=r"experiment = 'q': unknown; must be one of .*descents"):
        find_experiment("q")


@each_experiment
def test_experiments_say_what_they_are(name):
    experiment = EXPERIMENTS[name]
    assert experiment.summary.endswith("."), "the first line of the docstring is one sentence"
    meanings = [about.meaning for about in experiment.columns.values()]
    assert all(meanings)
    assert len(set(meanings)) == len(meanings), "two columns mean the same"
    assert all(about.tolerance >= 0 for about in experiment.columns.values())


@each_experiment
def test_the_cost_is_positive_and_grows_with_the_work(name):
    experiment = EXPERIMENTS[name]
    few, many = (experiment.config(seed=0, **DEARER[name](count)) for count in (10, 100))
    assert 0 < experiment.seconds(few) < experiment.seconds(many)


@each_experiment
def test_rows_are_as_declared_and_come_from_the_seed_alone(name):
    """Of types that a file holds, too; one test, as each computes the rows anew."""
    experiment = EXPERIMENTS[name]
    table, again = (experiment.compute(SMALL[name]) for _ in range(2))
    assert list(table) == list(experiment.columns)
    assert len(table) > 0
    for column in table:
        assert table[column].dtype.kind in "ifb" or isinstance(table[column].dtype, pd.StringDtype)
    timed = [c for c, about in experiment.columns.items() if about.tolerance == np.inf]
    pd.testing.assert_frame_equal(
        table.drop(columns=timed), again.drop(columns=timed), check_exact=True
    )


def test_the_summary_is_the_first_line_of_the_docstring():
    assert TINY.summary == "Draw three numbers."


def test_compute_returns_what_the_function_returns():
    config = TinyConfig(seed=3)
    pd.testing.assert_frame_equal(TINY.compute(config), tiny(config), check_exact=True)


def test_a_config_of_another_experiment_is_refused():
    with pytest.raises(
        TypeError, match="config: is a HospitalsConfig; must be a TinyConfig for tiny"
    ):
        TINY.compute(SMALL["hospitals"])


@pytest.mark.parametrize(
    "change",
    [
        lambda table: table.drop(columns="step"),
        lambda table: table.assign(more=1),
        lambda table: table[["step", "method", "value", "chosen"]],
    ],
    ids=["lacking", "more", "order"],
)
def test_other_columns_than_declared_are_refused(change):
    wrong = replace(TINY, run=lambda config: change(tiny(config)))
    with pytest.raises(
        ValueError,
        match=r"must return those that it declares, \['method', 'step'",
    ):
        wrong.compute(TinyConfig(seed=0))


def test_an_experiment_is_frozen():
    with pytest.raises(FrozenInstanceError):
        TINY.version = 2
