r"""Least squares in the coefficients of features: a linear solve, or Levenberg-Marquardt.

The residuals $\rho(c)$ are those of the rows, $\Phi c-y$, and of operators at points, each a
function of the jet of $\hat u_c$ there. Their Jacobian has the rows $\Phi$ and
$\sum_a\partial_a\mathcal N\,\varphi^{(a)}$.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ddlib.pinn.equation_checks import check_first_loss
from ddlib.pinn.jet import Jet
from ddlib.pinn.ridge_solve import ridge_solve, times

TOLERANCE = 1e-5  # of a step, relative to the coefficients; a Newton step squares what is left
ROUNDING = 1e-12  # by which a loss may rise and still count as no worse
FIRST_DAMPING = 1e-3  # of Levenberg-Marquardt; each step adapts it
DAMPING_FACTOR = 10  # by which it falls after a step that lowers the loss, and rises after others
DAMPING_LIMITS = (1e-12, 1e6)  # where it has no effect, and where a step has none
TINY = 1e-300  # keeps the relative size of a step from 0 to 0 finite


@dataclass(frozen=True)
class Term:
    r"""The residuals of an operator at points, as a function of the coefficients.

    Attributes:
        points: where, `(…, n, d + k)`.
        features: the jets of the features there, entries `(…, n, F)`.
        base: the jet of the base there, entries `(…, n)`.
        weight: that the operator is multiplied by, the root of that of its square.
        operator: maps points and a jet to values `(…, n)`.
        partials: maps points and a jet to the derivatives of the operator by its entries.
    """

    points: Tensor
    features: Jet
    base: Jet
    weight: float
    operator: Callable[[Tensor, Jet], Tensor]
    partials: Callable[[Tensor, Jet], Jet]

    def jet(self, coefficients: Tensor) -> Jet:
        r"""Return the jet of $\hat u_c$ at the points, entries `(…, n)`.

        Args:
            coefficients: $c$ `(…, F)`.
        """
        return self.base.map(
            lambda entry, of_all: entry + times(of_all, coefficients), self.features
        )

    def defect(self, jet: Jet) -> Tensor:
        """Return the weighted operator, `(…, n)`.

        Args:
            jet: of a function at the points, entries `(…, n)`.
        """
        return self.weight * self.operator(self.points, jet)

    def jacobian(self, jet: Jet) -> Tensor:
        """Return the derivative of `defect` by the coefficients, `(…, n, F)`.

        Args:
            jet: as in `defect`.
        """
        return self.weight * self.features.along(self.partials(self.points, jet))


@dataclass(frozen=True)
class LeastSquares:
    r"""The problem of least $\|\rho(c)\|^2+\lambda\|c\|^2$, or a batch of them.

    Attributes:
        features: $\Phi$ `(…, m, F)`.
        values: $y$ `(…, m)`.
        terms: further residuals.
        penalty: $\lambda$.
    """

    features: Tensor
    values: Tensor
    terms: tuple[Term, ...]
    penalty: float

    @property
    def zero(self) -> Tensor:
        """The coefficients of zero, `(…, F)`."""
        return torch.zeros_like(self.features[..., 0, :])

    def linearise(self, coefficients: Tensor) -> tuple[Tensor, Tensor]:
        r"""Return the Jacobian `(…, n, F)` and the residuals $\rho$ `(…, n)`.

        Args:
            coefficients: $c$ `(…, F)`.
        """
        jets = [term.jet(coefficients) for term in self.terms]
        jacobians = [term.jacobian(jet) for term, jet in zip(self.terms, jets, strict=True)]
        defects = [term.defect(jet) for term, jet in zip(self.terms, jets, strict=True)]
        # Points that do not depend on the rows have no batch of their own.
        batch = self.features.shape[:-2]
        jacobians = [j.expand(*batch, *j.shape[-2:]) for j in (self.features, *jacobians)]
        defects = [d.expand(*batch, d.shape[-1]) for d in (self._misfit(coefficients), *defects)]
        return torch.cat(jacobians, dim=-2), torch.cat(defects, dim=-1)

    def loss(self, coefficients: Tensor) -> Tensor:
        r"""Return $\|\rho(c)\|^2+\lambda\|c\|^2$, `(…,)`.

        Args:
            coefficients: $c$ `(…, F)`.
        """
        total = self._misfit(coefficients).square().sum(-1)
        for term in self.terms:
            total = total + term.defect(term.jet(coefficients)).square().sum(-1)
        return total + self.penalty * coefficients.square().sum(-1)

    def solve(self) -> Tensor:
        """Return the minimiser `(…, F)` where all operators are affine; it has a gradient."""
        jacobian, defects = self.linearise(self.zero)
        return ridge_solve(jacobian, -defects, self.penalty)

    def minimise(self, num_iterations: int) -> Tensor:
        r"""Return the minimiser `(…, F)`; it has a gradient by the implicit function theorem.

        Levenberg-Marquardt comes near the minimum $c$; the last step is Newton's,
        $c-H^{-1}\nabla\ell(c;S)$ with $c$ and $H$ held fixed. It squares what is left of the
        error, and its derivative in the rows is the implicit one, $-H^{-1}\partial_S\nabla\ell$.

        Args:
            num_iterations: the most steps of Levenberg-Marquardt.

        Raises:
            ArithmeticError: for an operator that is not finite at the coefficients of zero.
        """
        with torch.no_grad():
            near = self._levenberg_marquardt(num_iterations)
        jacobian, defects = self.linearise(near)
        gradient = times(jacobian.mT, defects) + self.penalty * near
        with torch.no_grad():
            factor = torch.linalg.lu_factor(self._hessian(near, jacobian))
        step = _LUSolve.apply(gradient, *factor)
        # Far from a minimum Newton's step can lead uphill; then only its derivative is of use.
        # So it can out of where the equation is defined.
        uphill = ~(self.loss(near - step) <= self.loss(near) * _no_worse(near))
        only_derivative = step - step.detach()
        return near - torch.where(uphill.unsqueeze(-1), only_derivative, step)

    def _misfit(self, coefficients: Tensor) -> Tensor:
        r"""Return $\Phi c-y$, `(…, m)`."""
        return times(self.features, coefficients) - self.values

    def _levenberg_marquardt(self, num_iterations: int) -> Tensor:
        r"""Return coefficients near the minimum.

        A step goes to $\arg\min_e\|J(e-c)+\rho\|^2+\lambda\|e\|^2+\mu\|e-c\|^2$. $\mu$
        falls after a step that lowers the loss and rises after one that does not, which is
        undone; each system of a batch has its own.
        """
        current, loss = self.zero, self.loss(self.zero)
        check_first_loss(loss)
        damping = torch.full_like(loss, FIRST_DAMPING)
        tiny = max(TINY, torch.finfo(loss.dtype).tiny)
        for _ in range(num_iterations):
            proposed = self._damped_step(current, damping)
            value = self.loss(proposed)
            better = value <= loss * _no_worse(loss)
            moved = (proposed - current).norm(dim=-1) / (tiny + proposed.norm(dim=-1))
            current = torch.where(better.unsqueeze(-1), proposed, current)
            loss = torch.where(better, value, loss)
            damping = torch.where(better, damping / DAMPING_FACTOR, damping * DAMPING_FACTOR)
            damping = damping.clamp(*DAMPING_LIMITS)
            if (moved < TOLERANCE).all():
                break
        return current

    def _damped_step(self, current: Tensor, damping: Tensor) -> Tensor:
        r"""Return where a step from $c$ = `current` with $\mu$ = `damping` leads, `(…, F)`.

        With $k=\mu c/(\lambda+\mu)$ both penalties are $(\lambda+\mu)\|e-k\|^2$, up to a constant:
        a ridge problem in $e-k$.
        """
        jacobian, defects = self.linearise(current)
        kept = (damping / (self.penalty + damping)).unsqueeze(-1) * current
        target = times(jacobian, current - kept) - defects
        return kept + ridge_solve(jacobian, target, self.penalty + damping)

    def _hessian(self, coefficients: Tensor, jacobian: Tensor) -> Tensor:
        r"""Return $J^\top J+\sum_i\rho_i\nabla^2\rho_i+\lambda I$, half the Hessian of the loss."""
        total = jacobian.mT @ jacobian
        total.diagonal(dim1=-2, dim2=-1).add_(self.penalty)
        for term in self.terms:
            jet = term.jet(coefficients)
            defects = term.weight * term.defect(jet)
            entries = term.features.entries
            for (a, b), second in _second_partials(term, jet).items():
                curvature = (defects * second).unsqueeze(-1)
                total = total + entries[a].mT @ (curvature * entries[b])
        return total


def _no_worse(values: Tensor) -> float:
    """Return the factor by which a loss may rise: rounding, which depends on the type."""
    return 1 + max(ROUNDING, 8 * torch.finfo(values.dtype).eps)


class _LUSolve(torch.autograd.Function):
    """A solve with a fixed symmetric matrix, from its factor."""

    @staticmethod
    def forward(ctx: Any, right: Tensor, factor: Tensor, pivots: Tensor) -> Tensor:
        """Return the solution `(…, F)` for right sides `(…, F)`."""
        ctx.save_for_backward(factor, pivots)
        return torch.linalg.lu_solve(factor, pivots, right.unsqueeze(-1)).squeeze(-1)

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor, None, None]:
        """Return the gradient by the right sides: another solve, as the matrix is symmetric."""
        (gradient,) = grad_outputs
        factor, pivots = ctx.saved_tensors
        solved = torch.linalg.lu_solve(factor, pivots, gradient.unsqueeze(-1)).squeeze(-1)
        return solved, None, None


def _second_partials(term: Term, jet: Jet) -> dict[tuple[int, int], Tensor]:
    """Return the second derivatives of the operator by entries of the jet, those not constant 0.

    The operator at a point depends on the jet at that point only, so that the gradient of a sum
    over the points holds the derivative at each.
    """
    leaf = jet.map(lambda entry: entry.detach().requires_grad_())
    leaves, found = leaf.entries, {}
    with torch.enable_grad():
        partials = term.partials(term.points.detach(), leaf)
        for a, partial in enumerate(partials.entries):
            if not partial.requires_grad:
                continue
            seconds = torch.autograd.grad(
                partial.sum(), leaves, retain_graph=True, allow_unused=True
            )
            found |= {(a, b): second for b, second in enumerate(seconds) if second is not None}
    return found
