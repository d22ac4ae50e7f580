"""Trajectory matching whose step size is carried to who judges."""

from dataclasses import replace

import pytest
import torch

from ddlib.distillers import TrajectoryMatching
from ddlib.distillers.trajectory_matching import trajectory, trajectory_distance
from ddlib.learners.ridge import Ridge
from ddlib.problem import NotApplicable, distill
from tests.distillers.test_conformance import network_problem, new_generator
from tests.distillers.test_frepo import wine_problem
from tests.distillers.test_objectives import finite_differences

KEPT, CARRIED = TrajectoryMatching(), TrajectoryMatching(carry_step_size=True)


def test_its_rows_are_those_of_the_method_that_keeps_the_step_size():
    problem = network_problem()
    ours, theirs = (
        distill(problem, method, num_steps=5, generator=new_generator())
        for method in (CARRIED, KEPT)
    )
    for one, other in zip(ours.snapshots, theirs.snapshots, strict=True):
        assert one.rows.equal(other.rows)
    assert theirs.learner(problem.learner) is problem.learner
    assert ours.learner(problem.learner) == replace(
        problem.learner, step_size=ours.chosen.carried["step_size"]
    )


def test_the_first_step_of_plain_descent_is_the_slope_in_the_logarithm_of_the_step_size():
    problem = network_problem()
    problem = replace(problem, learner=replace(problem.learner, num_steps=12))
    settings = {"num_experts": 1, "student_steps": 3, "expert_steps": 12}  # from its start alone
    method = TrajectoryMatching(
        carry_step_size=True, optimizer=lambda moved: torch.optim.SGD(moved, lr=0.1), **settings
    )
    run = distill(problem, method, num_steps=1, generator=new_generator())
    (expert,) = [trajectory(problem.learner, problem.training, generator=new_generator())]

    def distance(log_rate):
        return trajectory_distance(
            problem.learner, problem.initial, expert[0], expert[12], num_steps=3,
            step_size=log_rate.exp(),
        )  # fmt: skip

    start = torch.tensor(0.1, dtype=torch.float64).log()
    expected = (start - 0.1 * finite_differences(distance, start)).exp().item()
    assert run.chosen.carried["step_size"] == pytest.approx(expected, rel=1e-9)
    assert expected > 0.101


def test_a_student_of_fewer_steps_than_the_expert_learns_a_larger_step_that_serves_the_judge():
    """A fifth of the steps reach as far only if each is longer."""
    problem = wine_problem()
    problem = replace(problem, learner=replace(problem.learner, num_steps=10))
    method = replace(CARRIED, num_experts=1, student_steps=2)
    run = distill(problem, method, num_steps=25, every=25, generator=new_generator())
    learner = run.learner(problem.learner)
    assert learner.step_size > 1.3 * problem.learner.step_size

    def worth(learner):
        return problem.criterion(learner(run.rows, generator=new_generator(1))).item()

    assert worth(learner) < 0.9 * worth(problem.learner)


def test_a_learner_that_does_not_descend_has_no_step_size_to_carry():
    problem = replace(network_problem(), learner=Ridge(2, penalty=0.1))
    with pytest.raises(NotApplicable, match="learner: Ridge is no network; trajectory matching"):
        CARRIED.steps(problem, generator=new_generator())
