r"""Trajectories whose sample moments are those of a DBN, so that learning from them returns it.

A DBN is learnt from the moments of the first slice and of pairs of neighbouring slices alone. So
it is enough that every pair has them: with 1 the column of ones and m rows, centred,

    Z_0 = √m Q_0 R_0,                    Q_0ᵀQ_0 = I,  Q_0 ⊥ 1,
    Z_t = Z_{t−1} F + √m Q_t R,          Q_tᵀQ_t = I,  Q_t ⊥ 1, Z_{t−1},

where R_0ᵀR_0 and RᵀR are the covariances of the first slice and of the shocks, and F the transition
matrix. Each Q_t needs p directions besides the p of Z_{t−1} and the one of 1: 2p + 1 rows are
enough for any number of slices, p + 1 for a single one.
"""

from __future__ import annotations

import torch
from torch import Generator, Tensor

from ddlib.arguments import count_faults, raise_faults
from ddlib.dbn.network import LinearGaussianDBN
from ddlib.streams import check_generator


def exact_rows(
    network: LinearGaussianDBN, num_rows: int, num_slices: int, *, generator: Generator
) -> Tensor:
    """Return trajectories `(m, T, p)` with the network's moments of each pair of slices.

    Means and covariances are the network's to rounding.

    Args:
        network: whose moments the rows have.
        num_rows: m.
        num_slices: T.
        generator: of the directions that the moments leave open.

    Raises:
        ValueError: unless m and T are whole numbers, T at least 1, m at least 2p + 1, or p + 1
            when T = 1, which a covariance of full rank needs.
        TypeError: for no generator.
    """
    _check_sizes(network.num_variables, num_rows, num_slices)
    check_generator("generator", generator)
    p = network.num_variables
    initial, transition = network.initial, network.transition
    effects = transition.reduced_form()
    shock = transition.variances.sqrt()[:, None] * effects
    first = initial.variances.sqrt()[:, None] * initial.reduced_form()
    ones = torch.ones(num_rows, 1, dtype=torch.float64)
    centred = _directions(ones, p, generator) @ first
    mean = initial.moments()[0]
    slices = [mean + centred]
    for _ in range(1, num_slices):
        fresh = _directions(torch.cat([ones, centred], dim=1), p, generator)
        centred = centred @ network.lagged @ effects + fresh @ shock
        mean = (transition.bias + mean @ network.lagged) @ effects
        slices.append(mean + centred)
    return torch.stack(slices, dim=1)


def _check_sizes(num_variables: int, num_rows: int, num_slices: int) -> None:
    """Raise ValueError for no slice, for too few rows, and for what is no whole number."""
    raise_faults(count_faults("num_rows", num_rows, 0) + count_faults("num_slices", num_slices, 1))
    least = 1 + num_variables * min(num_slices, 2)
    wanted = f"at least {least} for {num_variables} variables and num_slices = {num_slices}"
    raise_faults(count_faults("num_rows", num_rows, least, wanted))


def _directions(taken: Tensor, count: int, generator: Generator) -> Tensor:
    """Random columns (m, count), orthogonal to `taken` and to each other, with mean square 1."""
    m = len(taken)
    noise = torch.randn(m, count, generator=generator, dtype=torch.float64)
    basis, _ = torch.linalg.qr(torch.cat([taken, noise], dim=1))
    return m**0.5 * basis[:, taken.shape[1] :]
