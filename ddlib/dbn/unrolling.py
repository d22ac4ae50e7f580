"""The static network that a DBN is over T slices: T·p nodes, slice by slice.

Its bias is (b₀, b, …, b), its variances are (s₀², s², …, s²), and its weights have W₀, W, …, W on
the block diagonal and the lagged weights A in the blocks from slice t − 1 to slice t.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ddlib.arguments import count_faults, raise_faults
from ddlib.dbn.cpds import LinearGaussianCPDs, Parameters


def require_slices(num_slices: int) -> None:
    """Check a number of slices.

    Args:
        num_slices: T.

    Raises:
        ValueError: unless T is a whole number, at least 1.
    """
    raise_faults(count_faults("num_slices", num_slices, 1))


def unrolled(
    initial: LinearGaussianCPDs, transition: LinearGaussianCPDs, lagged: Tensor, num_slices: int
) -> Parameters:
    """Return bias `(…, T·p)`, weights `(…, T·p, T·p)` and variances `(…, T·p)` of T slices.

    They are valid since the arguments are, and not checked again: this is an inner loop.

    Args:
        initial: densities of the first slice.
        transition: densities within a later slice.
        lagged: weights A `(…, p, p)` from the slice before.
        num_slices: T.

    Raises:
        ValueError: for T below 1.
    """
    require_slices(num_slices)
    later = num_slices - 1
    is_first = torch.eye(num_slices, 1).to(lagged)[:, 0]
    shift = torch.diag(lagged.new_ones(later), diagonal=1)  # slice t−1 → slice t
    weights = torch.kron(torch.diag(is_first), initial.weights)
    if later:
        weights = weights + torch.kron(torch.diag(1 - is_first), transition.weights)
        weights = weights + torch.kron(shift, lagged)
    bias = torch.cat([initial.bias, *[transition.bias] * later], dim=-1)
    variances = torch.cat([initial.variances, *[transition.variances] * later], dim=-1)
    return bias, weights, variances
