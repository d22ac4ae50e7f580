import numpy as np
import pytest
import torch

from ddlib.dbn import DBNLearner


def seeded(seed):
    return torch.Generator().manual_seed(seed)


def test_the_learner_shrinks_by_the_size_that_the_set_speaks_for():
    """One slice, one arc: the weight is size/(size + ridge) of the regression's."""
    first = torch.randn(30, dtype=torch.float64, generator=seeded(0))
    second = 2 * first + 0.1 * torch.randn(30, dtype=torch.float64, generator=seeded(1))
    rows = torch.stack([first, second], dim=1)[:, None, :]
    covariance = np.cov(rows[:, 0].T.numpy(), bias=True)
    for size, ridge in ((None, 6.0), (90, 6.0), (90, 0.0)):
        weights = DBNLearner(ridge, effective_size=size)(rows).initial.weights
        assert (weights != 0).sum() == 1
        ((i, j),) = weights.nonzero().tolist()
        keep = (size or 30) / ((size or 30) + ridge)
        expected = keep * covariance[i, j] / covariance[i, i]
        assert weights[i, j].item() == pytest.approx(expected, rel=1e-9)


def test_a_weak_arc_is_drawn_once_the_set_speaks_for_many_rows():
    rows = torch.randn(40, 2, dtype=torch.float64, generator=seeded(0))
    rows[:, 1] += 0.2 * rows[:, 0]
    squared = np.corrcoef(rows.T.numpy())[0, 1] ** 2
    for size in (40, 4000):
        # BIC draws the arc when it gains more than log(size)/2.
        gains = -0.5 * size * np.log(1 - squared) > 0.5 * np.log(size)
        arcs = DBNLearner(0.0, effective_size=size)(rows[:, None, :]).structure[0]
        assert arcs.any() == gains == (size == 4000)
