"""Completions of singular entries, and what is refused."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from ddlib.dbn import central_path
from ddlib.dbn.completion import correlation_bounds, maximum_entropy_completion
from tests.dbn.known_entries import cliques, cycle, with_entries


def test_a_copied_column_pins_its_pair() -> None:
    # 1 is a copy of 2, which alone is seen with 0: all that is known of (0, 2) holds for (0, 1).
    matrix = with_entries(3, {(1, 2): 1.0, (0, 2): 0.3})
    low, high = correlation_bounds(*matrix)
    assert low[0, 1] == pytest.approx(0.3, abs=1e-12)
    assert high[0, 1] == pytest.approx(0.3, abs=1e-12)
    with pytest.raises(
        ValueError,
        match="covariance: every completion of the known entries is singular; one must be",
    ):
        maximum_entropy_completion(*matrix)
    assert maximum_entropy_completion(*matrix, ridge=1e-8)[0, 1] == pytest.approx(0.3, abs=1e-6)


def test_a_copied_column_in_a_cycle_is_within_the_stated_accuracy() -> None:
    # 4 copies 0 in the four-cycle, and is seen only with it.
    angles = (0.9, 1.3, 0.7, 1.6)
    entries = {(i, (i + 1) % 4): math.cos(a) for i, a in enumerate(angles)}
    low, high = correlation_bounds(*with_entries(5, entries | {(0, 4): 1.0}))
    torch.testing.assert_close(low[4, 1:4], low[0, 1:4], rtol=0, atol=1e-4)
    torch.testing.assert_close(high[4, 1:4], high[0, 1:4], rtol=0, atol=1e-4)
    assert low[4, 1] == pytest.approx(math.cos(0.9), abs=1e-4)


def test_a_tight_cycle_has_one_completion_and_a_tighter_one_none() -> None:
    low, high = correlation_bounds(*cycle(*[math.pi / 4] * 3, 3 * math.pi / 4))
    assert low[0, 2] == pytest.approx(0, abs=1e-4)
    assert high[0, 2] == pytest.approx(0, abs=1e-4)
    tighter = cycle(*[math.pi / 4 - 1e-3] * 3, 3 * math.pi / 4)
    message = (
        "covariance: the known entries admit no positive semi-definite completion; known "
        r"correlations must be at most 0\.9\d+ times as large"
    )
    for function in (correlation_bounds, maximum_entropy_completion):
        with pytest.raises(ValueError, match=message):
            function(*tighter)


def test_says_when_rounding_hides_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(central_path, "GREATEST_GAP", 0.0)
    with pytest.raises(ArithmeticError, match=r"too nearly singular, gap .*; known correlations"):
        correlation_bounds(*cycle(0.9, 1.3, 0.7, 1.6))


@pytest.mark.parametrize("seed", range(5))
def test_bounds_of_singular_data_hold_the_data(seed: int) -> None:
    rows = np.random.default_rng(seed).normal(size=(7, 5))
    correlation = torch.from_numpy(np.corrcoef(rows))
    known = cliques(7, [0, 1, 2, 3, 4], [3, 4, 5], [5, 6, 0])
    low, high = correlation_bounds(correlation, known)
    assert ((low - 1e-4 <= correlation) & (correlation <= high + 1e-4)).all()


EYE = torch.eye(2, dtype=torch.float64)


KNOWN = torch.ones(2, 2, dtype=torch.bool)


@pytest.mark.parametrize(
    ("covariance", "known", "message"),
    [
        (torch.zeros(2, 3), KNOWN, r"covariance: shape \(2, 3\); must be \(d, d\)"),
        (torch.zeros(0, 0), KNOWN, r"covariance: shape \(0, 0\); must be"),
        (EYE, KNOWN.long(), r"known: int64 of shape \(2, 2\); must be bool \(2, 2\)"),
        (EYE, torch.ones(3, 3).bool(), r"known: bool of shape \(3, 3\); must be bool \(2, 2\)"),
        (EYE, ~torch.eye(2).bool(), r"known\[0, 0\] = False: must be True for a variance"),
        (EYE, KNOWN.triu(), r"known\[0, 1\] = True: must equal known\[j, i\] of the same pair"),
        (EYE * torch.nan, KNOWN, r"covariance\[0, 0\] = nan: must be finite"),
        (EYE - torch.tensor([[0, 0], [0, 1]]), KNOWN, r"covariance\[1, 1\] = 0.0: must be above 0"),
        (EYE + 0.5 * KNOWN.triu(1), KNOWN, r"covariance\[0, 1\] = 0.5: must equal covariance"),
        (1.5 * KNOWN - 0.5 * EYE, KNOWN, r"correlation\[0, 1\] = 1.5: must be from -1 to 1"),
    ],
)
def test_bad_input(covariance: Tensor, known: Tensor, message: str) -> None:
    for function in (correlation_bounds, maximum_entropy_completion):
        with pytest.raises(ValueError, match=message):
            function(covariance, known)


@pytest.mark.parametrize("ridge", [-1.0, math.nan, math.inf])
def test_bad_ridge(ridge: float) -> None:
    with pytest.raises(ValueError, match=f"ridge = {ridge}: must be finite and at least 0"):
        maximum_entropy_completion(EYE, KNOWN, ridge=ridge)
