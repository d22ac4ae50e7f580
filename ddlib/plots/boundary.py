"""Figures of case study 2: tails of the parameter, rows, and solutions at chosen parameters."""

from __future__ import annotations

from collections.abc import Callable
from itertools import cycle

import numpy as np
import torch
from matplotlib.axes import Axes
from torch import Tensor

from ddlib.pinn.problem import ParametricProblem, Prior, Tails
from ddlib.plots.style import BLUE, GREY, ORANGE

NUM_POINTS = 101  # on a curve: more would not be seen
NUM_ERROR_POINTS = 21  # along each coordinate, as in the test rows of one coordinate
REACH = 3.2  # deviations of the prior that its density is drawn over
TOP = 1.45  # of the axes, in heights of the density: leaves room for the legend


def draw_tails(prior: Prior, tails: Tails, axes: Axes) -> None:
    r"""Draw the density of $\alpha$ with the tails that training and test parameters come from.

    Args:
        prior: the law of $\alpha$.
        tails: of that law.
        axes: what is drawn on.
    """
    alphas = prior.mean + prior.std * np.linspace(-REACH, REACH, 401)
    density = np.exp(-(((alphas - prior.mean) / prior.std) ** 2) / 2)
    axes.plot(alphas, density, color=GREY, lw=1.2)
    low, high = tails.gap(prior)
    for part, color, name in (
        (alphas <= low, BLUE, "training"),
        (alphas >= high, ORANGE, "test"),
    ):
        axes.fill_between(alphas[part], density[part], color=color, alpha=0.4, lw=0, label=name)
    axes.set(xlabel=r"$\alpha$", yticks=[], ylim=(0, TOP))
    axes.legend(loc="upper left", handlelength=1.0, borderaxespad=0.1)


def draw_values(
    problem: ParametricProblem, rows: Tensor, axes: Axes, *, color: str, curves: bool = True
) -> None:
    r"""Draw rows as points $(x,y)$, over the exact solutions of their $\alpha$.

    Args:
        problem: on an interval; its solutions are drawn.
        rows: $(x,\alpha,y)$, `(n, 3)`.
        axes: what is drawn on.
        color: of the points.
        curves: whether the solutions are drawn.
    """
    if curves:
        for alpha in rows[:, 1].unique():
            points = problem.grid(alpha[None], NUM_POINTS)
            axes.plot(points[:, 0], problem.solution(points), color=GREY, lw=0.6, alpha=0.6)
    axes.scatter(rows[:, 0], rows[:, -1], s=9, color=color, lw=0, zorder=3)
    axes.set(xlabel="$x$", xlim=(-0.03, 1.03))


def draw_solutions(
    problem: ParametricProblem,
    models: dict[str, Callable[[Tensor], Tensor]],
    alpha: float,
    axes: Axes,
) -> None:
    r"""Draw the exact solution at one $\alpha$, thick, and what each model says.

    Args:
        problem: on an interval; its solution is drawn.
        models: by the name that the legend gives them; from points `(n, 2)` to values `(n,)`.
        alpha: $\alpha$.
        axes: what is drawn on.
    """
    points = problem.grid(torch.tensor([alpha], dtype=torch.float64), NUM_POINTS)
    axes.plot(points[:, 0], problem.solution(points), color=GREY, lw=5, alpha=0.35, label="exact")
    for (name, model), style in zip(models.items(), cycle(["--", "-", ":", "-."]), strict=False):
        axes.plot(points[:, 0], model(points).detach(), style, lw=1.6, label=name)
    axes.set(xlabel="$x$", title=rf"$\alpha={alpha:.1f}$")


def error_by_alpha(
    problem: ParametricProblem, model: Callable[[Tensor], Tensor], alphas: Tensor
) -> Tensor:
    r"""Return the relative $L^2$ error of a model at each $\alpha$, `(k,)`.

    Args:
        problem: whose solution is the truth.
        model: from points `(n, d + 1)` to values `(n,)`.
        alphas: values of $\alpha$, `(k,)`.
    """
    points = problem.grid(alphas, NUM_ERROR_POINTS)
    u = problem.solution(points).unflatten(0, (len(alphas), -1))
    found = model(points).detach().unflatten(0, (len(alphas), -1))
    return (found - u).norm(dim=1) / u.norm(dim=1)


def shade_tails(prior: Prior, tails: Tails, axes: Axes) -> None:
    r"""Shade the training and the test tail along an axis of $\alpha$.

    Args:
        prior: the law of $\alpha$.
        tails: of that law.
        axes: what is drawn on; its limits stay as they are.
    """
    low, high = tails.gap(prior)
    left, right = axes.get_xlim()
    axes.axvspan(left, low, color=BLUE, alpha=0.12, lw=0, zorder=0)
    axes.axvspan(high, right, color=ORANGE, alpha=0.12, lw=0, zorder=0)
    axes.set_xlim(left, right)
