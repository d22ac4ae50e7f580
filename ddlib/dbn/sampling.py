"""Draw trajectories of a DBN, slice by slice, in the reduced form of `ddlib.dbn.network`."""

from __future__ import annotations

import torch
from torch import Generator, Tensor

from ddlib.arguments import count_faults, raise_faults
from ddlib.dbn.cpds import LinearGaussianCPDs
from ddlib.streams import check_generator


def sample_trajectories(
    initial: LinearGaussianCPDs,
    transition: LinearGaussianCPDs,
    lagged: Tensor,
    size: tuple[int, int],
    generator: Generator,
) -> Tensor:
    """Return independent trajectories, `(n, T, p)`.

    Args:
        initial: densities of the first slice.
        transition: densities within a later slice.
        lagged: weights A `(p, p)` from the slice before.
        size: n and T.
        generator: of the noise.

    Raises:
        ValueError: unless n and T are whole numbers, at least 0 and 1.
        TypeError: for no generator.
    """
    num_trajectories, num_slices = size
    faults = count_faults("num_trajectories", num_trajectories, 0)
    raise_faults(faults + count_faults("num_slices", num_slices, 1))
    check_generator("generator", generator)
    shape = (num_trajectories, num_slices, initial.bias.shape[-1])
    noise = torch.randn(shape, generator=generator, dtype=torch.float64, device=generator.device)
    effects = transition.reduced_form()
    first = initial.bias + noise[:, 0] * initial.variances.sqrt()
    slices = [first @ initial.reduced_form()]
    for t in range(1, num_slices):
        shock = transition.bias + noise[:, t] * transition.variances.sqrt()
        slices.append((shock + slices[-1] @ lagged) @ effects)
    return torch.stack(slices, dim=1)
