r"""Linear systems $x'=Ax+Bu+\sigma w$ with $n$ states, $r$ inputs and noise $w\sim N(0,I)$."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from scipy.linalg import solve_discrete_lyapunov
from torch import Generator, Tensor

from ddlib.dbn.cpds import LinearGaussianCPDs
from ddlib.dbn.network import LinearGaussianDBN


@dataclass(frozen=True)
class LinearSystem:
    r"""$x'=Ax+Bu+\sigma w$: a law of transitions, or a model of one.

    Attributes:
        transition: $A$, `(n, n)`.
        inputs: $B$, `(n, r)`.
        noise_std: $\sigma$, in the units of the states.

    Raises:
        ValueError: for other shapes, and a noise of 0.
    """

    transition: Tensor
    inputs: Tensor
    noise_std: float

    def __post_init__(self) -> None:
        """Check the fields."""
        check_square("transition", self.transition)
        n, shape = len(self.transition), tuple(self.inputs.shape)
        if len(shape) != 2 or shape[0] != n or shape[1] < 1:
            raise ValueError(f"inputs: shape {shape}; must be ({n}, r) with r at least 1")
        if not self.noise_std > 0:
            raise ValueError(f"noise_std = {self.noise_std}: must be above 0")

    @classmethod
    def from_weights(cls, theta: Tensor, num_states: int, noise_std: float) -> LinearSystem:
        r"""Return the system of regression weights $\Theta$ `(n + r, k)`, $k\ge n$.

        Features are states then inputs; the first $n$ responses are the next states, and further
        ones are ignored.

        Args:
            theta: $\Theta$.
            num_states: $n$.
            noise_std: $\sigma$, in the units of the states.

        Raises:
            ValueError: for a $\Theta$ without inputs or next states.
        """
        n, shape = num_states, tuple(theta.shape)
        if n < 1:
            raise ValueError(f"num_states = {n}: must be at least 1")
        if len(shape) != 2 or shape[0] <= n or shape[1] < n:
            raise ValueError(
                f"theta: shape {shape}; must be (p, k) with p at least {n + 1}, k at least {n}"
            )
        return cls(theta[:n, :n].T, theta[n:, :n].T, noise_std)

    def network(self) -> LinearGaussianDBN:
        r"""Return the system under exploration $u\sim N(0,I)$, over $n+r$ variables, states first.

        First-slice states are independent, with their stationary variances; no arc lies within a
        slice. The network does not carry gradients.

        Raises:
            ValueError: for an unstable $A$, of which no stationary variance exists.
        """
        a, b = self.transition.detach(), self.inputs.detach()
        radius = torch.linalg.eigvals(a).abs().max().item()
        if not radius < 1:
            raise ValueError(f"transition: spectral radius {radius:.4g}; must be below 1")
        n, r = b.shape
        shocks = self.noise_std**2 * torch.eye(n).to(a) + b @ b.T
        stationary = torch.from_numpy(solve_discrete_lyapunov(a.numpy(), shocks.numpy()))
        none = torch.zeros(n + r, n + r).to(a)
        first, later = torch.ones(2, n + r).to(a)
        first[:n], later[:n] = stationary.diagonal(), self.noise_std**2
        return LinearGaussianDBN(
            LinearGaussianCPDs(none[0], none, first),
            LinearGaussianCPDs(none[0], none, later),
            torch.cat([torch.cat([a, b], dim=1).T, none[:, n:]], dim=1),
        )


def random_system(
    num_states: int, num_inputs: int, *, noise_std: float, radius: float, generator: Generator
) -> LinearSystem:
    r"""Return a system with random $A$, and $B_{ij}\sim N(0,1/r)$, float64.

    Args:
        num_states: $n$.
        num_inputs: $r$.
        noise_std: $\sigma$, in the units of the states.
        radius: spectral radius of $A$.
        generator: draws $A$ and $B$.

    Raises:
        ValueError: for a number out of its range.
    """
    for name, value in {"num_states": num_states, "num_inputs": num_inputs}.items():
        if value < 1:
            raise ValueError(f"{name} = {value}: must be at least 1")
    if not radius >= 0:
        raise ValueError(f"radius = {radius}: must be at least 0")
    a = torch.randn(num_states, num_states, dtype=torch.float64, generator=generator)
    b = torch.randn(num_states, num_inputs, dtype=torch.float64, generator=generator)
    a = a * (radius / torch.linalg.eigvals(a).abs().max())
    return LinearSystem(a, b / num_inputs**0.5, noise_std)


def check_square(name: str, value: Tensor) -> None:
    """Check a matrix.

    Args:
        name: argument that the message names.
        value: is checked.

    Raises:
        ValueError: unless `value` is a square matrix.
    """
    shape = tuple(value.shape)
    if len(shape) != 2 or shape[0] != shape[1] or shape[0] < 1:
        raise ValueError(f"{name}: shape {shape}; must be a square matrix")
