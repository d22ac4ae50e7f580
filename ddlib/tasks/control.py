r"""Linear-quadratic control: the learner identifies a system, the criterion is its running cost.

The system is $x'=Ax+Bu+\sigma w$, $w\sim N(0,I)$, with $n$ states and $r$ inputs. A model
$\Theta$ `(n + r, k)` predicts $x'$ from $(x,u)$. The regulator $u=-K(\Theta)x$ that is optimal
for the model runs on the true system, and the criterion is its expected average cost,
$\frac1H\sum_{t<H}\mathbb E[x_t^\top Qx_t+u_t^\top Ru_t]$ from $x_0\sim N(0,I)$.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ddlib.tasks.systems import LinearSystem, check_square

# The doubling solver's last iterate looks 2^20 steps ahead. Its error about squares each time, so
# a relative change of 1e-9 leaves nothing above rounding. Beyond 1e12 Q rounding rules the gain.
MAX_DOUBLINGS, CONVERGED, DIVERGED = 20, 1e-9, 1e12


@dataclass(frozen=True)
class QuadraticCost:
    r"""$x^\top Qx+u^\top Ru$ a step, averaged over a horizon.

    Attributes:
        state: $Q$, `(n, n)`, symmetric and positive semidefinite.
        input: $R$, `(r, r)`, symmetric and positive definite.
        horizon: number of steps $H$.

    Raises:
        ValueError: for other matrices, and a horizon below 1.
    """

    state: Tensor
    input: Tensor
    horizon: int

    def __post_init__(self) -> None:
        """Check the fields."""
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
        longest of these horizons with $H_k$ below $10^{12}Q$.

        Args:
            system: has $A$ and $B$.

        Raises:
            ValueError: for other sizes than the cost's.
        """
        self._check_sizes(system)
        b = system.inputs
        control = b @ torch.linalg.solve(self.input, b.T)
        p = _riccati(system.transition, control, self.state)
        return torch.linalg.solve(self.input + b.T @ p @ b, b.T @ p @ system.transition)

    def closed_loop(self, system: LinearSystem, gain: Tensor) -> Tensor:
        r"""Return the expected average cost of $u=-Kx$ on `system`, exactly, a scalar.

        The second moment follows $M_{t+1}=(A-BK)M_t(A-BK)^\top+\sigma^2I$, $M_0=I$, over $H$
        steps, so that an unstable loop has a cost too.

        Args:
            system: has $A$, $B$ and $\sigma$.
            gain: $K$, `(r, n)`.

        Raises:
            ValueError: for other sizes than the cost's.
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
        r"""Return the cost on `system` of the gain designed for a model, a scalar.

        This is the criterion of the task, differentiable in the model.

        Args:
            system: where the gain runs.
            theta: the model $\Theta$, `(n + r, k)`.

        Raises:
            ValueError: as `LinearSystem.from_weights` and `gain` do.
        """
        model = LinearSystem.from_weights(theta, len(self.state), system.noise_std)
        return self.closed_loop(system, self.gain(model))

    def least(self, system: LinearSystem) -> Tensor:
        r"""Return the least expected average cost that any controller has, a scalar.

        $\frac1H\bigl[\operatorname{tr}P_0+\sigma^2\sum_{t=1}^{H-1}\operatorname{tr}P_t\bigr]$ with
        $P_H=0$ and $P_t=Q+A^\top P_{t+1}(I+GP_{t+1})^{-1}A$, $G=BR^{-1}B^\top$: dynamic
        programming, whose gain changes from step to step.

        Args:
            system: has $A$, $B$ and $\sigma$.

        Raises:
            ValueError: for other sizes than the cost's.
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


def _least_eigenvalue(name: str, value: Tensor) -> float:
    """Return the least eigenvalue; raise `ValueError` unless `value` is symmetric and finite."""
    check_square(name, value)
    if not (value.isfinite().all() and torch.allclose(value, value.T)):
        raise ValueError(f"{name}: is not symmetric or not finite; must be both")
    return torch.linalg.eigvalsh(value)[0].item()
