"""What a method has along the way: equal steps and looks for all, chosen by validation rows."""

from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise
from typing import Any, ClassVar

import pytest
import torch
from torch.optim import SGD, Adam

from ddlib import DISTILLERS, NotApplicable, ValidationCriterion, distill
from ddlib.benchmark.allowance import Allowance
from ddlib.benchmark.course import follow
from ddlib.benchmark.memory import PeakMemory
from ddlib.distillers.first_order import FirstOrder
from ddlib.streams import stream
from ddlib.tasks.registry import draw_tasks

ALLOWANCE = Allowance(
    num_rows=4, num_steps=24, num_looks=12, num_stops=3, step_sizes=(0.02, 0.3), seed=5
)


@pytest.fixture(scope="module")
def task():
    return draw_tasks("transitions", generator=torch.Generator().manual_seed(0))["prediction"]


def run_alone(task, step_size):
    return distill(
        task.problem(4, generator=stream(5, "start")),
        FirstOrder(partial(Adam, lr=step_size)),
        num_steps=12,
        every=2,
        validation=task.validation,
        generator=stream(5, "distillation"),
    )


def test_each_stop_has_the_best_look_of_both_step_sizes_up_to_it(task):
    runs = {size: run_alone(task, size) for size in (0.02, 0.3)}
    course = follow(task, "first-order", DISTILLERS["first-order"], ALLOWANCE)
    assert [stop.share for stop in course.stops] == pytest.approx([1 / 3, 2 / 3, 1])
    for stop, limit in zip(course.stops, (4, 8, 12), strict=True):
        looks = [(s.validation, size, s) for size, run in runs.items() for s in run.snapshots]
        value, size, look = min((x for x in looks if x[2].step <= limit), key=lambda x: x[0])
        assert (stop.validation, stop.step_size, stop.step) == (value, size, look.step)
        assert torch.equal(stop.rows, look.rows)
        spent = [next(s.cost for s in run.snapshots if s.step == limit) for run in runs.values()]
        assert stop.cost == spent[0] + spent[1]
    best = [min(s.validation for r in runs.values() for s in r.snapshots if s.step <= n)
            for n in (0, 6, 12)]  # fmt: skip
    assert course.late_gain == pytest.approx((best[1] - best[2]) / (best[0] - best[2]))


def test_every_method_has_the_same_looks_beside_those_at_the_start(task):
    for name, starts in {"first-order": 2, "validated random": 1}.items():
        course = follow(task, name, DISTILLERS[name], ALLOWANCE)
        assert [stop.cost.looks - starts for stop in course.stops] == [4, 8, 12], name
    at_once = follow(task, "random", DISTILLERS["random"], ALLOWANCE)
    (stop,) = at_once.stops
    assert (stop.share, stop.cost.looks) == (1.0, 0)
    assert stop.validation != stop.validation
    assert stop.step_size != stop.step_size


def test_validated_random_is_the_best_of_as_many_sets_as_there_are_looks_and_the_start(task):
    seen, lowest = [], 4

    def look(model):
        seen.append(model)
        return torch.tensor(-1.0 if len(seen) == lowest + 1 else float(len(seen)))

    judged = replace(task, validation=ValidationCriterion(look))
    course = follow(judged, "validated random", DISTILLERS["validated random"], ALLOWANCE)
    assert len(seen) == ALLOWANCE.num_looks + 1
    assert not any(torch.equal(one, other) for one, other in pairwise(seen))
    last = course.stops[-1]
    every = ALLOWANCE.num_steps // ALLOWANCE.num_looks
    assert (last.validation, last.step) == (-1.0, lowest * every)
    assert torch.equal(task.learner(last.rows), seen[lowest])


@dataclass(frozen=True)
class Runaway:
    """A descent that diverges at its fourth step where the steps are large."""

    departs: ClassVar[tuple[str, ...]] = ("law",)
    one_shot: ClassVar[bool] = False
    optimizer: Any = field(default=partial(SGD, lr=0.1))

    def steps(self, problem, *, generator):
        size = self.optimizer.keywords["lr"]
        for step in range(100):
            if size > 0.1 and step == 3:
                raise FloatingPointError("rows: not finite")
            yield problem.initial + 0.0 * step


def test_a_step_size_takes_part_until_it_diverges(task):
    values = iter([9.0, 9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 9.0, 1.0])
    judged = replace(task, validation=ValidationCriterion(lambda model: torch.tensor(next(values))))
    course = follow(judged, "runaway", Runaway(), ALLOWANCE)
    assert [(s.step_size, s.step) for s in course.stops] == [(0.3, 2)] * 3
    with pytest.raises(NotApplicable, match="runaway: fails with each step size: Runaway, step 4"):
        follow(task, "runaway", Runaway(), replace(ALLOWANCE, step_sizes=(0.3, 0.4)))


def test_counts_that_cannot_be_shared_are_refused_at_once():
    with pytest.raises(ValueError, match="num_looks = 10: must be a multiple of 6") as error:
        replace(ALLOWANCE, num_looks=10)
    assert "num_steps = 24: must be a multiple of num_looks = 10" in str(error.value)


def test_the_peak_is_what_was_held_beyond_the_start(tmp_path):
    (tmp_path / "clear_refs").write_text("")
    (tmp_path / "status").write_text("Name: x\nVmHWM:\t 2048 kB\nVmRSS:\t 2000 kB\n")
    memory = PeakMemory(tmp_path)
    (tmp_path / "status").write_text("Name: x\nVmHWM:\t 5120 kB\n")
    assert memory.mebibytes == 3.0
    assert (tmp_path / "clear_refs").read_text() == "5"
    unknown = PeakMemory(tmp_path / "nowhere").mebibytes
    assert unknown != unknown
