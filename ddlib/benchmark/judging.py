"""What a set of rows is worth on test rows, with an interval over these."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from ddlib.streams import stream
from ddlib.tasks.frame import FrameTask

RESAMPLES = 1000
"""Samples of the test rows, with replacement, that an interval is made of."""


@dataclass(frozen=True)
class Judged:
    """A value on test rows.

    Attributes:
        value: the measure of the task, the mean over trainings of the learner; lower is better.
        low: lower end of its 95 % interval, as other test rows would give.
        high: upper end.
    """

    value: float
    low: float
    high: float


def judge(task: FrameTask, rows: Tensor, *, seed: int) -> Judged:
    """Return what the learner of a task is worth that learnt from rows.

    The interval is Wilson's (1927) for a share of wrong rows, else a percentile bootstrap over test
    rows. It knows nothing of other training rows.

    Args:
        task: has the learner and the test rows.
        rows: real or synthetic, `(m, d + k)`.
        seed: of the trainings, and of the samples.
    """
    scores = _scores(task, rows, seed)
    value, count = float(scores[0]), len(task.coded["test"])
    if task.measure.name == "error":
        return Judged(value, *wilson(value, count))
    low, high = torch.quantile(scores[1:], torch.tensor([0.025, 0.975], dtype=scores.dtype))
    return Judged(value, float(low), float(high))


def wilson(share: float, count: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson 1927).

    Args:
        share: of the rows.
        count: number of rows.
    """
    z = 1.959963984540054
    scale = 1 + z**2 / count
    centre = (share + z**2 / (2 * count)) / scale
    half = z / scale * math.sqrt(share * (1 - share) / count + z**2 / (4 * count**2))
    return max(0.0, centre - half), min(1.0, centre + half)


def _scores(task: FrameTask, rows: Tensor, seed: int) -> Tensor:
    """Return the value on the test rows, then on each sample of them, `(1 + RESAMPLES,)`."""
    test = task.coded["test"]
    drawn = torch.randint(len(test), (RESAMPLES, len(test)), generator=stream(seed, "test rows"))
    samples = [torch.arange(len(test)), *drawn]
    trainings = stream(seed, "trainings")
    total = torch.zeros(len(samples), dtype=test.dtype)
    with torch.no_grad():
        for _ in range(task.num_trainings):
            model = task.learner(rows, generator=trainings)
            said = task.learner.predict(model, task.layout.inputs(test))
            wanted = task.layout.responses(test)
            total += torch.stack([task.measure.score(said[i], wanted[i]) for i in samples])
    return task.unit * total / task.num_trainings
