"""The benchmark: refusals, trivial baselines, and test rows that choose nothing."""

import hashlib
from dataclasses import replace

import numpy as np
import pytest

from ddlib.benchmark.course import follow
from ddlib.config import ParameterError
from ddlib.distillers import DISTILLERS, find_distiller
from ddlib.experiments import benchmark as module
from ddlib.experiments.benchmark import BENCHMARK, BenchmarkConfig
from ddlib.problem import TestCriterion as Judge  # pytest collects names that start with Test
from ddlib.problem import carry, evaluate
from ddlib.streams import stream
from ddlib.tasks.registry import FAMILIES, draw_tasks

FAMILY = "transitions held out"


def table_of(**settings):
    small = {"seed": 0, "num_steps": 8, "num_looks": 4, "num_stops": 2, "num_subsets": 3}
    return BENCHMARK.compute(BenchmarkConfig(**small | settings))


def drawn(family=FAMILY):
    return draw_tasks(family, generator=stream(0, f"{family} data"))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"method": "magic"}, "method = 'magic': unknown"),
        ({"family": "magic"}, "family = 'magic': unknown; must be one of transitions"),
        ({"task": "magic"}, "task = 'magic': unknown; must be one of density"),
        ({"num_looks": 3}, "num_looks = 3: must be a multiple of 4"),
        ({"num_steps": 10}, "num_steps = 10: must be a multiple of num_looks = 4"),
    ],
)
def test_names_and_counts_are_refused_before_any_work(settings, message):
    with pytest.raises(ParameterError, match=message):
        table_of(**settings)


def test_an_unknown_method_is_refused_with_those_allowed():
    with pytest.raises(ParameterError) as error:
        table_of(method="magic")
    assert all(name in str(error.value) for name in ("all rows", *DISTILLERS))


FOREIGN = """
class Shifted:
    departs, one_shot = ("law",), True

    def steps(self, problem, *, generator):
        yield problem.feasible(problem.initial + 0.25)
"""


def test_a_method_from_elsewhere_is_run_and_its_source_told(tmp_path, monkeypatch):
    (tmp_path / "shifted_rows.py").write_text(FOREIGN)
    monkeypatch.syspath_prepend(tmp_path)
    table = table_of(method="shifted_rows:Shifted")
    task = drawn()["prediction"]
    rows = task.problem(4, generator=stream(0, "start")).initial + 0.25
    own = table.set_index("judged_on").loc["prediction"]
    assert own.value == pytest.approx(evaluate(task.learner, rows, task.test), rel=1e-9)
    assert hashlib.sha256(FOREIGN.encode()).hexdigest() in own.source
    assert table_of(method="herding").source[0] == ""


def test_rows_of_an_earlier_version_of_a_family_are_not_found(monkeypatch):
    config = BenchmarkConfig(seed=0, method="herding")
    for version, told in {1: {}, 3: {f"family {FAMILY}": "version 3"}}.items():
        other = {FAMILY: replace(FAMILIES[FAMILY], version=version)}
        monkeypatch.setattr(module, "FAMILIES", FAMILIES | other)
        assert config.foreign_sources() == told


def test_a_refusal_is_one_row_with_its_reason():
    (row,) = table_of(method="kernel inducing points", task="density").itertuples()
    assert "kernel inducing points predict responses" in row.refusal
    assert row.judged_on == ""
    assert np.isnan([row.value, row.share, row.seconds, row.memory]).all()
    assert (row.step, row.looks) == (-1, -1)
    assert row.family_version == FAMILIES[FAMILY].version


def test_a_set_is_judged_on_all_tasks_at_each_stop():
    table = table_of(method="validated random")
    assert table.groupby("share").judged_on.apply(list).to_dict() == {
        share: list(drawn()) for share in (0.5, 1.0)
    }
    assert (table.value >= table.bound - 1e-6).all()
    assert (table.refusal == "").all()


def test_random_is_the_mean_of_several_subsets_and_says_how_far_they_spread():
    tasks, generator = drawn(), stream(0, "subsets")
    sets = [tasks["prediction"].problem(4, generator=generator).initial for _ in range(3)]
    table = table_of(method="random").set_index("judged_on")
    for name in ("prediction", "control"):
        values = [evaluate(tasks[name].learner, rows, tasks[name].test) for rows in sets]
        assert table.value[name] == pytest.approx(np.mean(values), rel=1e-9)
        assert table.spread[name] == pytest.approx(np.std(values, ddof=1), rel=1e-6)


def test_all_rows_have_the_value_of_the_training_rows():
    table = table_of(method="all rows").set_index("judged_on")
    for name in ("density", "posterior"):
        task = drawn()[name]
        wanted = evaluate(task.learner, task.training, task.test)
        assert table.value[name] == pytest.approx(wanted, rel=1e-9)
    assert table.spread.isna().all()


def test_labels_are_learnt_where_they_are_free():
    settings = {"family": "wine", "task": "logistic", "method": "label only", "num_rows": 6}
    assert "free them" in table_of(**settings).refusal[0]
    table = table_of(**settings, labels="free")
    assert (table.refusal == "").all()
    assert list(table.judged_on.unique()) == ["logistic", "network", "nearest neighbour"]


def test_test_rows_choose_nothing(monkeypatch):
    before = table_of()
    module._tasks.cache_clear()

    def scaled(task):
        return replace(task, test=Judge(lambda model: -1e6 * task.test(model)))

    def draw(family, *, generator):
        return {n: scaled(t) for n, t in draw_tasks(family, generator=generator).items()}

    monkeypatch.setattr(module, "draw_tasks", draw)
    after = table_of()
    module._tasks.cache_clear()
    np.testing.assert_allclose(after.value, -1e6 * before.value)
    chosen = ["share", "step", "step_size", "validation"]
    assert after[chosen].equals(before[chosen])


def test_a_learner_that_learns_nothing_from_a_set_spoils_no_other(monkeypatch):
    def fails(rows, *, generator=None):
        raise ArithmeticError("no optimum")

    tasks = drawn()
    tasks["control"] = replace(tasks["control"], learner=fails)
    monkeypatch.setattr(module, "_tasks", lambda family, seed: tasks)
    table = table_of(method="herding").set_index("judged_on")
    assert table.refusal["control"] == "control: does not learn from the set: no optimum"
    assert table.value.isna().sum() == 1


def test_a_step_size_that_was_learnt_is_the_own_learners_alone():
    settings = {"family": "two moons", "task": "network", "num_rows": 6}
    name = "trajectory matching, learnt step size"
    allowance = BenchmarkConfig(seed=0, num_steps=8, num_looks=4, num_stops=1, **settings)
    table = table_of(method=name, num_stops=1, **settings).set_index("judged_on")
    tasks = drawn("two moons")
    (stop,) = follow(tasks["network"], name, find_distiller(name), allowance.allowance()).stops
    for judged, task in tasks.items():
        carried = stop.carried if judged == "network" else {}
        value = evaluate(
            carry(task.learner, carried), stop.rows, task.test,
            generator=stream(0, "trainings"), num_draws=task.num_trainings,
        )  # fmt: skip
        assert table.loc[judged, "value"] == pytest.approx(value, rel=1e-9)
    assert stop.carried["step_size"] != tasks["network"].learner.step_size
