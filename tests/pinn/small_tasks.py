"""Parametric tasks small enough to be distilled in a test."""

from dataclasses import replace

import torch

from ddlib.pinn.collocation import at_synthetic, nowhere
from ddlib.pinn.data import draw_parametric
from ddlib.pinn.distillation import ParametricTask
from ddlib.pinn.feature_pinn import FeaturePINN
from ddlib.pinn.problem import Tails

TAILS = Tails()


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def task_of(problem, seed=0, *, num_features=12, penalty=0.1, **settings):
    """A task of few features, whose rows are for the feature PINN."""
    data = draw_parametric(problem, TAILS, generator=seeded(seed), **settings)
    pinn = FeaturePINN(problem, at_synthetic(problem), penalty=penalty, num_features=num_features)
    return ParametricTask(problem, data, pinn, pinn)


def distillation_of(task, num_rows=4, *, criterion="fit", start="prior", seed=1):
    return task.distillation_problem(
        num_rows, criterion=criterion, start=start, generator=seeded(seed)
    )


def plain_of(task):
    """The feature PINN that knows nothing of the equation."""
    return replace(task.pinn, policy=nowhere(task.problem))
