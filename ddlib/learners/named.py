"""Learners by name, for a task on a table: which there are, and what they predict."""

from __future__ import annotations

from functools import partial
from typing import Any

from sklearn.base import BaseEstimator, is_classifier
from torch import Tensor, nn

from ddlib.arguments import fault
from ddlib.learners.estimator import EstimatorLearner
from ddlib.learners.kernel_ridge import RBF, KernelRidge
from ddlib.learners.logistic import LogisticRegression
from ddlib.learners.network import NetworkLearner, mlp
from ddlib.learners.ridge import Ridge
from ddlib.problem.learner import Predictor
from ddlib.problem.rows import Layout

PENALTIES = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)
"""Penalties that a learner by name chooses from, in the units of standardised columns."""

NUM_STEPS = 200
"""Steps that a network is trained."""

STEP_SIZES = (0.1, 0.3, 1.0)
"""Step sizes of the training that a network by name chooses from."""

PREDICTS = {"logistic": True, "ridge": False, "kernel ridge": False, "network": None}
"""Name -> whether it predicts classes; None where it predicts both."""


def learner_faults(learner: object) -> list[str]:
    """Return what is wrong with what is to be a learner of a table.

    Args:
        learner: a name, a module of torch, an estimator of scikit-learn, or a learner.
    """
    if isinstance(learner, str) and learner in PREDICTS:
        return []
    if isinstance(learner, type):
        return [f"learner: the class {learner.__name__}; must be an object of it"]
    if isinstance(learner, nn.Module | BaseEstimator | Predictor):
        return []
    names = ", ".join(repr(name) for name in PREDICTS)
    wanted = f"one of {names}, a torch.nn.Module, an estimator of scikit-learn, or a learner"
    return [fault("learner", learner, f"{wanted} with predict(model, inputs)")]


def wants_classes(learner: Any) -> bool | None:
    """Return whether a learner predicts classes; None where it predicts both, or does not say.

    Args:
        learner: for which `learner_faults` finds nothing.
    """
    if isinstance(learner, str):
        return PREDICTS[learner]
    if isinstance(learner, BaseEstimator):
        return is_classifier(learner)
    if isinstance(learner, nn.Module):
        return None
    if isinstance(learner, LogisticRegression):
        return True
    if isinstance(learner, NetworkLearner):
        return learner.categorical
    return False if isinstance(learner, Ridge | KernelRidge) else None


def width_faults(learner: object, target: object, width: int) -> list[str]:
    """Return why a learner does not fit a target.

    Args:
        learner: for which `learner_faults` finds nothing.
        target: name of the column that it predicts.
        width: responses that this has: its classes, or 1.
    """
    if not isinstance(learner, LogisticRegression | Ridge | KernelRidge | NetworkLearner):
        return []
    if learner.num_responses == width:
        return []
    told = f"learner: {type(learner).__name__} of {learner.num_responses} responses"
    return [f"{told}; must be of {width}, as {target!r} has"]


def candidates(learner: Any, training: Tensor, layout: Layout) -> list[Predictor]:
    """Return the learners that are meant, of which validation rows choose where they are several.

    Args:
        learner: for which `learner_faults` finds nothing.
        training: rows `(n, d + k)`.
        layout: of these.
    """
    count, width = layout.num_responses, layout.inputs(training).shape[1]
    network = partial(
        NetworkLearner, num_responses=count, num_steps=NUM_STEPS, categorical=layout.categorical
    )
    if isinstance(learner, nn.Module):
        return [network(learner, step_size=size) for size in STEP_SIZES]
    if isinstance(learner, BaseEstimator):
        return [EstimatorLearner(learner, count, layout.categorical)]
    if not isinstance(learner, str):
        return [learner]
    if learner == "network":
        architecture = partial(mlp, width, (32,), count, nn.Tanh)
        return [network(architecture, step_size=size) for size in STEP_SIZES]
    if learner == "logistic":
        return [LogisticRegression(count, penalty) for penalty in PENALTIES]
    if learner == "ridge":
        return [Ridge(count, penalty) for penalty in PENALTIES]
    kernel = RBF.median(layout.inputs(training))
    return [KernelRidge(count, kernel, penalty) for penalty in PENALTIES]
