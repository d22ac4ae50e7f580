from collections.abc import Callable

import pytest
import torch

from ddlib.dbn import LinearGaussianCPDs, LinearGaussianDBN


def _with_bias(cpds: LinearGaussianCPDs, generator: torch.Generator) -> LinearGaussianCPDs:
    bias = torch.randn(len(cpds.bias), generator=generator, dtype=torch.float64)
    return LinearGaussianCPDs(bias, cpds.weights, cpds.variances)


@pytest.fixture(scope="session")
def make_network() -> Callable[[int, int], LinearGaussianDBN]:
    """Random network of p variables from a seed, with means that are not zero."""

    def make(num_variables: int, seed: int) -> LinearGaussianDBN:
        generator = torch.Generator().manual_seed(seed)
        network = LinearGaussianDBN.random(num_variables, generator=generator)
        return LinearGaussianDBN(
            _with_bias(network.initial, generator),
            _with_bias(network.transition, generator),
            network.lagged,
        )

    return make


@pytest.fixture(scope="session")
def hide() -> Callable[[torch.Tensor, float, int], torch.Tensor]:
    """Set a random share of the entries to NaN."""

    def apply(rows: torch.Tensor, share: float, seed: int) -> torch.Tensor:
        generator = torch.Generator().manual_seed(seed)
        return rows.masked_fill(torch.rand(rows.shape, generator=generator) < share, torch.nan)

    return apply
