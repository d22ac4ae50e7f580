r"""Hypergradients: the gradient of a criterion through learning, unrolled or at the optimum.

Unrolled, the chain rule runs back through the steps of `ddlib.problem.training`:

$$\nabla_S\mathcal R(\theta_T)=-\eta\sum_{t<T}(\partial_S\nabla_\theta\ell_t)^\top
\prod_{s=t+1}^{T-1}(I-\eta\nabla^2_\theta\ell_s)\,\nabla\mathcal R(\theta_T),$$

of which truncated back-propagation (Shaban et al. 2019) keeps the last $M$ terms. At a stationary
point the implicit function theorem gives the limit of bilevel optimisation:

$$\nabla_S\mathcal R(\theta^*)=-(\partial_S\nabla_\theta\ell)^\top
(\nabla^2_\theta\ell)^{-1}\,\nabla\mathcal R(\theta^*).$$

Truncation is a bias. For a $\mu$-strongly convex, $L$-smooth $\ell$ and the step $1/L$ every factor
of the product contracts by $1-\mu/L$, so that the bias of a window $M$ falls at least like
$(1-\mu/L)^M$: it is at most $\frac1\mu\max_t\|\partial_S\nabla_\theta\ell_t\|\,
\|\nabla\mathcal R\|\,(1-\mu/L)^M$.
"""

# torch has no types for its linear algebra and its Hessians.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Generator, Tensor
from torch.autograd.functional import hessian

from ddlib.problem.training import GradientLearner, loss_gradient, unroll
from ddlib.streams import check_generator

Criterion = Callable[[Any], Tensor]
"""Maps a model to a scalar."""

STATIONARY = 1e-6  # of 1 + |theta|: the longest Newton step left at a stationary point


def unrolled_gradient(
    learner: GradientLearner,
    criterion: Criterion,
    rows: Tensor,
    *,
    num_steps: int,
    generator: Generator,
    window: int | None = None,
) -> Tensor:
    r"""Return $\nabla_S\mathcal R(\theta_T)$, of the shape of `rows`.

    Args:
        learner: its descent is unrolled.
        criterion: maps `learner.model(theta)` to a scalar.
        rows: synthetic rows `(m, …)`.
        num_steps: number of steps $T$.
        generator: draws $\theta_0$.
        window: number $M$ of last steps that are differentiated. The first $T-M$ are run without
            a graph, in the memory of $M$ steps, and their terms are missing. None for all steps.

    Raises:
        ValueError: for impossible counts, and for a criterion without a gradient.
        TypeError: for no generator.
    """
    check_generator("generator", generator)
    if num_steps < 1:
        raise ValueError(f"num_steps = {num_steps}: must be at least 1")
    if window is not None and not 1 <= window <= num_steps:
        raise ValueError(
            f"window = {window}: must be from 1 to num_steps = {num_steps}, or None for all steps"
        )
    kept = num_steps if window is None else window
    rows = rows.detach().requires_grad_()
    theta = learner.initial(rows.detach(), generator=generator)
    with torch.enable_grad():
        theta = unroll(learner, theta, rows, num_steps=num_steps, window=kept)
        value = _value(learner, criterion, theta)
        return torch.autograd.grad(value, rows)[0]


def implicit_gradient(
    learner: GradientLearner, criterion: Criterion, rows: Tensor, theta: Tensor
) -> Tensor:
    r"""Return $\nabla_S\mathcal R(\theta^*(S))$ at a stationary `theta`, of the shape of `rows`.

    One adjoint solve with the Hessian, which is built in full: P backward passes and `(P, P)`
    numbers for P parameters.

    Args:
        learner: its loss has the stationary point.
        criterion: as in `unrolled_gradient`.
        rows: synthetic rows `(m, …)`.
        theta: $\theta^*$.

    Raises:
        ValueError: where the Hessian is not positive definite, where Newton's method would move
            `theta` by more than `STATIONARY` of $1+\|\theta\|$ (or the square root of the
            rounding of the dtype, if that is larger), and for a criterion without a gradient.
    """
    theta = theta.detach().requires_grad_()
    rows = rows.detach().requires_grad_()
    factor = _hessian_factor(learner, theta, rows)
    gradient = loss_gradient(learner, theta, rows, differentiable=True)
    _check_stationary(theta, gradient, _solve(factor, gradient))
    with torch.enable_grad():
        (outer,) = torch.autograd.grad(_value(learner, criterion, theta), theta)
    return torch.autograd.grad(gradient, rows, grad_outputs=-_solve(factor, outer))[0]


def _value(learner: GradientLearner, criterion: Criterion, theta: Tensor) -> Tensor:
    """Return the criterion of the model; `ValueError` where it has no gradient."""
    value = criterion(learner.model(theta))
    if value.ndim or not value.requires_grad:
        raise ValueError(
            f"criterion: shape {tuple(value.shape)}, requires_grad = {value.requires_grad}; must "
            "be a scalar that is differentiable in the model"
        )
    return value


def _hessian_factor(learner: GradientLearner, theta: Tensor, rows: Tensor) -> Tensor:
    r"""Return the Cholesky factor `(P, P)` of $\nabla^2_\theta\ell$ in the flattened theta."""

    def loss(flat: Tensor) -> Tensor:
        return learner.loss(flat.view(theta.shape), rows.detach())

    with torch.enable_grad():
        curvature = hessian(loss, theta.detach().flatten())
    factor, failed = torch.linalg.cholesky_ex(curvature)
    if failed:
        least = torch.linalg.eigvalsh(curvature)[0].item()
        raise ValueError(
            f"theta: the Hessian has the eigenvalue {least:.1e}; must be positive definite, as at "
            "the minimum of a loss with a penalty"
        )
    return factor


def _solve(factor: Tensor, vector: Tensor) -> Tensor:
    """Return the Hessian's inverse times `vector`, of its shape and without a graph."""
    return torch.cholesky_solve(vector.detach().reshape(-1, 1), factor).reshape(vector.shape)


def _check_stationary(theta: Tensor, gradient: Tensor, step: Tensor) -> None:
    """Raise `ValueError` where the Newton step is long for the size of theta."""
    tolerance = max(STATIONARY, torch.finfo(theta.dtype).eps ** 0.5)
    allowed = tolerance * (1 + theta.norm().item())
    if not step.norm().item() <= allowed:
        raise ValueError(
            f"theta: gradient norm {gradient.norm().item():.1e}, a Newton step of "
            f"{step.norm().item():.1e}; must be stationary, with a step of at most {allowed:.1e}"
        )
