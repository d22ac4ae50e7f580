r"""Linear-quadratic control: the learner identifies a system, the criterion is its running cost.

The system is $x'=Ax+Bu+\sigma w$, $w\sim N(0,I)$, with $n$ states and $r$ inputs. A model
$\Theta$ `(n + r, k)` predicts $x'$ from $(x,u)$. The regulator $u=-K(\Theta)x$ that is optimal
for the model runs on the true system, and the criterion is its expected average cost,
$\frac1H\sum_{t<H}\mathbb E[x_t^\top Qx_t+u_t^\top Ru_t]$ from $x_0\sim N(0,I)$.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from scipy.linalg import solve_discrete_lyapunov
from torch import Generator, Tensor

from ddlib.dbn.cpds import LinearGaussianCPDs
from ddlib.dbn.network import LinearGaussianDBN

# The doubling solver's last iterate looks 2^20 steps ahead. Its error about squares each time, so
# a relative change of 1e-9 leaves nothing above rounding. Beyond 1e12 Q rounding rules the gain.
MAX_DOUBLINGS, CONVERGED, DIVERGED = 20, 1e-9, 1e12


@dataclass(frozen=True)
class LinearSystem:
    r"""$x'=Ax+Bu+\sigma w$: a law of transitions, or a model of one.

    `transition` is $A$ `(n, n)`, `inputs` is $B$ `(n, r)`, `noise_std` is $\sigma$. Raises
    `ValueError` for other shapes or a noise of 0.
    """

    transition: Tensor
    inputs: Tensor
    noise_std: float

    def __post_init__(self) -> None:
        """Check the fields; raise `ValueError` with the one that is wrong."""
        _check_square("transition", self.transition)
        n, shape = len(self.transition), tuple(self.inputs.shape)
        if len(shape) != 2 or shape[0] != n or shape[1] < 1:
            raise ValueError(f"inputs: shape {shape}; must be ({n}, r) with r at least 1")
        if not self.noise_std > 0:
            raise ValueError(f"noise_std = {self.noise_std}: must be above 0")

    @classmethod
    def from_weights(cls, theta: Tensor, num_states: int, noise_std: float) -> LinearSystem:
        r"""Return the system of regression weights $\Theta$ `(n + r, k)`, $k\ge n$.

        Features are states then inputs; the first $n$ responses are the next states, and further
        ones are ignored. Raises `ValueError` for a $\Theta$ without inputs or next states.
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
        slice. The network does not carry gradients. Raises `ValueError` for an unstable $A$, of
        which no stationary variance exists.
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


@dataclass(frozen=True)
class QuadraticCost:
    r"""$x^\top Qx+u^\top Ru$ a step, averaged over `horizon` steps $H$.

    `state` is $Q$ `(n, n)`, symmetric and positive semidefinite; `input` is $R$ `(r, r)`,
    symmetric and positive definite. Raises `ValueError` for others.
    """

    state: Tensor
    input: Tensor
    horizon: int

    def __post_init__(self) -> None:
        """Check the fields; raise `ValueError` with the one that is wrong."""
        least = {name: _least_eigenvalue(name, getattr(self, name)) for name in ("state", "input")}
        if least["state"] < -1e-12 * self.state.abs().max():
            raise ValueError(f"state: least eigenvalue {least['state']:.4g}; must be at least 0")
        if not least["input"] > 0:
            raise ValueError(f"input: least eigenvalue {least['input']:.4g}; must be above 0")
        if self.horizon < 1:
            raise ValueError(f"horizon = {self.horizon}: must be at least 1")

    def gain(self, system: LinearSystem) -> Tensor:
        r"""Return the gain $K=(R+B^\top PB)^{-1}B^\top PA$ `(r, n)` of the optimal $u=-Kx$.

        $P=A^\top P(I+GP)^{-1}A+Q$ with $G=BR^{-1}B^\top$ is the limit of the doubling iterates
        $H_0=Q$, $A_0=A$, $G_0=G$ of (Chu, Fan, Lin and Wang 2004), where $H_k$ is the cost-to-go
        over $2^k$ steps. A system that no input stabilises has no limit; its gain is that of the
        longest of these horizons with $H_k$ below $10^{12}Q$. Raises `ValueError` for other sizes.
        """
        self._check_sizes(system)
        b = system.inputs
        control = b @ torch.linalg.solve(self.input, b.T)
        p = _riccati(system.transition, control, self.state)
        return torch.linalg.solve(self.input + b.T @ p @ b, b.T @ p @ system.transition)

    def closed_loop(self, system: LinearSystem, gain: Tensor) -> Tensor:
        r"""Return the expected average cost of $u=-Kx$ on `system`, exactly; `gain` is `(r, n)`.

        The second moment follows $M_{t+1}=(A-BK)M_t(A-BK)^\top+\sigma^2I$, $M_0=I$, over $H$
        steps, so that an unstable loop has a cost too. Raises `ValueError` for other sizes.
        """
        self._check_sizes(system)
        sizes = (len(self.input), len(self.state))
        if tuple(gain.shape) != sizes:
            raise ValueError(f"gain: shape {tuple(gain.shape)}; must be {sizes}")
        loop = system.transition - system.inputs @ gain
        cost = self.state + gain.T @ self.input @ gain
        moment = torch.eye(len(loop)).to(loop)
        noise, total = system.noise_std**2 * moment, torch.zeros(()).to(loop)
        for _ in range(self.horizon):
            total = total + (cost * moment).sum()
            moment = loop @ moment @ loop.T + noise
        return total / self.horizon

    def cost_of_model(self, system: LinearSystem, theta: Tensor) -> Tensor:
        r"""Return the cost on `system` of the gain designed for the model $\Theta$ `(n + r, k)`.

        This is the criterion of the task, differentiable in $\Theta$. Errors are as in
        `LinearSystem.from_weights` and `gain`.
        """
        model = LinearSystem.from_weights(theta, len(self.state), system.noise_std)
        return self.closed_loop(system, self.gain(model))

    def least(self, system: LinearSystem) -> Tensor:
        r"""Return the least expected average cost that any controller has on `system`.

        $\frac1H\bigl[\operatorname{tr}P_0+\sigma^2\sum_{t=1}^{H-1}\operatorname{tr}P_t\bigr]$ with
        $P_H=0$ and $P_t=Q+A^\top P_{t+1}(I+GP_{t+1})^{-1}A$, $G=BR^{-1}B^\top$: dynamic
        programming, whose gain changes from step to step. `ValueError` for other sizes.
        """
        self._check_sizes(system)
        a, b = system.transition, system.inputs
        control, identity = b @ torch.linalg.solve(self.input, b.T), torch.eye(len(a)).to(a)
        costs_to_go = [torch.zeros_like(a)]
        for _ in range(self.horizon):
            p = costs_to_go[-1]
            costs_to_go.append(self.state + a.T @ p @ torch.linalg.solve(identity + control @ p, a))
        traces = torch.stack([p.trace() for p in costs_to_go])
        return (traces[-1] + system.noise_std**2 * traces[:-1].sum()) / self.horizon

    def _check_sizes(self, system: LinearSystem) -> None:
        """Raise `ValueError` unless `system` has the states and inputs of this cost."""
        shape, sizes = tuple(system.inputs.shape), (len(self.state), len(self.input))
        if shape != sizes:
            raise ValueError(f"system: {shape} states and inputs; must have the cost's {sizes}")


def random_system(
    num_states: int, num_inputs: int, *, noise_std: float, radius: float, generator: Generator
) -> LinearSystem:
    r"""Return a system with spectral radius `radius` of $A$, and $B_{ij}\sim N(0,1/r)$, float64."""
    for name, value in {"num_states": num_states, "num_inputs": num_inputs}.items():
        if value < 1:
            raise ValueError(f"{name} = {value}: must be at least 1")
    if not radius >= 0:
        raise ValueError(f"radius = {radius}: must be at least 0")
    a = torch.randn(num_states, num_states, dtype=torch.float64, generator=generator)
    b = torch.randn(num_states, num_inputs, dtype=torch.float64, generator=generator)
    a = a * (radius / torch.linalg.eigvals(a).abs().max())
    return LinearSystem(a, b / num_inputs**0.5, noise_std)


def _riccati(a: Tensor, g: Tensor, h: Tensor) -> Tensor:
    """Return the limit of the doubling iterates H_k, or the last before they diverge."""
    identity, largest = torch.eye(len(a)).to(a), DIVERGED * h.abs().max()
    for _ in range(MAX_DOUBLINGS):
        # `solve` would raise where rounding makes this singular.
        solved = torch.linalg.solve_ex(identity + g @ h, torch.cat([a, g], dim=1)).result
        over_a, over_g = solved.chunk(2, dim=1)
        longer = h + a.T @ h @ over_a
        if not longer.abs().max() < largest:
            return h
        a, g, h, before = a @ over_a, g + a @ over_g @ a.T, longer, h
        if (h - before).abs().max() <= CONVERGED * h.abs().max():
            return h
    return h


def _check_square(name: str, value: Tensor) -> None:
    """Raise `ValueError` unless `value` is a square matrix."""
    shape = tuple(value.shape)
    if len(shape) != 2 or shape[0] != shape[1] or shape[0] < 1:
        raise ValueError(f"{name}: shape {shape}; must be a square matrix")


def _least_eigenvalue(name: str, value: Tensor) -> float:
    """Return the least eigenvalue; raise `ValueError` unless `value` is symmetric and finite."""
    _check_square(name, value)
    if not (value.isfinite().all() and torch.allclose(value, value.T)):
        raise ValueError(f"{name}: is not symmetric or not finite; must be both")
    return torch.linalg.eigvalsh(value)[0].item()
