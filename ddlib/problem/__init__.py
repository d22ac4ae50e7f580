"""The formal problem: learner, criterion, budget, and what a method makes of them."""

from ddlib.problem.carried import Carrier, carry
from ddlib.problem.cost import Cost, Meter
from ddlib.problem.criteria import TestCriterion, TrainingCriterion, ValidationCriterion
from ddlib.problem.distillation import distill, spacing
from ddlib.problem.evaluation import evaluate, evaluate_all, gap_closed
from ddlib.problem.learner import (
    BatchLearner,
    InvertibleLearner,
    Learner,
    Predictor,
    learns_batches,
)
from ddlib.problem.problem import (
    DistillationProblem,
    Distiller,
    NotApplicable,
    Part,
    Resumable,
    any_rows,
    objective_values,
)
from ddlib.problem.rows import Layout
from ddlib.problem.snapshots import (
    Checkpoint,
    Distillation,
    DivergedRun,
    InterruptedRun,
    Snapshot,
)
from ddlib.problem.training import GradientLearner

__all__ = [
    "BatchLearner",
    "Carrier",
    "Checkpoint",
    "Cost",
    "Distillation",
    "DistillationProblem",
    "Distiller",
    "DivergedRun",
    "GradientLearner",
    "InterruptedRun",
    "InvertibleLearner",
    "Layout",
    "Learner",
    "Meter",
    "NotApplicable",
    "Part",
    "Predictor",
    "Resumable",
    "Snapshot",
    "TestCriterion",
    "TrainingCriterion",
    "ValidationCriterion",
    "any_rows",
    "carry",
    "distill",
    "evaluate",
    "evaluate_all",
    "gap_closed",
    "learns_batches",
    "objective_values",
    "spacing",
]
