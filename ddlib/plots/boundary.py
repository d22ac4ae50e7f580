"""Figures of case study 2: tails of the parameter, rows, and solutions at chosen parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import cycle

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.colors import LogNorm
from torch import Tensor

from ddlib.comparisons import Comparison
from ddlib.pinn.problem import ParametricProblem, Prior, Tails
from ddlib.plots.described import describe
from ddlib.plots.methods import color_of
from ddlib.plots.style import GREY

SET_COLORS: Mapping[str, str] = {
    name: color_of(name)
    for name in (
        *("training rows", "spread points", "best of random points", "active learning"),
        *("optimised points", "distilled"),
    )
}
"""The colour of each set of rows in all figures; what is exact, test rows too, is grey."""

NUM_POINTS = 101  # on a curve: more would not be seen
NUM_ERROR_POINTS = 21  # along each coordinate, as in the test rows of one coordinate
REACH = 3.2  # deviations of the prior that its density is drawn over
NUM_SIDE = 61  # points along a side of a map of errors
ERROR_RANGE = (1e-4, 1.0)  # of the map's colours, in units of u
RATIO_TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)
NAMES = 0.5  # where the names of the tails stand, in heights of the density


def draw_tails(prior: Prior, tails: Tails, axes: Axes) -> None:
    r"""Draw the density of $\alpha$ with the tails that training and test parameters come from.

    Args:
        prior: the law of $\alpha$.
        tails: of that law.
        axes: what is drawn on.
    """
    alphas = prior.mean + prior.std * np.linspace(-REACH, REACH, 401)
    density = np.exp(-(((alphas - prior.mean) / prior.std) ** 2) / 2)
    axes.plot(alphas, density, color=GREY, lw=1.2, label="_density")
    low, high = tails.gap(prior)
    for start, end, color, name in (
        (alphas[0], low, SET_COLORS["training rows"], "training"),
        (high, alphas[-1], GREY, "test"),
    ):
        part = (start <= alphas) & (alphas <= end)
        axes.fill_between(alphas[part], density[part], color=color, alpha=0.4, lw=0)
        axes.text((start + end) / 2, NAMES, name, ha="center")
    axes.set(xlabel=r"$\alpha$", yticks=[], ylim=(0, None))


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
            exact = problem.solution(points)
            (curve,) = axes.plot(points[:, 0], exact, color=GREY, lw=0.6, alpha=0.6)
            curve.set_label("_exact")
            describe(curve, {"α": float(alpha)})
    drawn = axes.scatter(rows[:, 0], rows[:, -1], s=9, color=color, lw=0, zorder=3, label="_rows")
    describe(drawn, {"α": rows[:, 1].numpy()})
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
    axes.axvspan(left, low, color=SET_COLORS["training rows"], alpha=0.12, lw=0, zorder=0)
    axes.axvspan(high, right, color=GREY, alpha=0.12, lw=0, zorder=0)
    axes.set_xlim(left, right)


def draw_error_map(
    problem: ParametricProblem,
    model: Callable[[Tensor], Tensor],
    rows: Tensor,
    axes: Axes,
    *,
    color: str,
) -> QuadMesh:
    r"""Colour the plane of $\alpha$ and $x$ by a model's error, and mark the rows; return the map.

    Args:
        problem: on an interval; its solution is the truth.
        model: from points `(n, 2)` to values `(n,)`.
        rows: what the model has learnt from, `(m, 3)`.
        axes: what is drawn on.
        color: of the rows.
    """
    low, high = problem.limits(REACH)[:, 1].tolist()
    alphas = torch.linspace(low, high, NUM_SIDE, dtype=torch.float64)
    points = problem.grid(alphas, NUM_SIDE)
    error = (model(points).detach() - problem.solution(points)).abs()
    error = error.clamp(*ERROR_RANGE).reshape(NUM_SIDE, NUM_SIDE)
    x = torch.linspace(0, 1, NUM_SIDE, dtype=torch.float64)
    drawn = axes.pcolormesh(
        alphas, x, error.T, norm=LogNorm(*ERROR_RANGE), cmap="cividis", rasterized=True
    )
    drawn.set_label("_error")
    axes.scatter(
        rows[:, 1], rows[:, 0], s=14, color=color, edgecolor="white", lw=0.5, zorder=3,
        label="_rows",
    )  # fmt: skip
    axes.set(xlabel=r"$\alpha$", xlim=(low, high), ylim=(-0.04, 1.04))
    axes.grid(visible=False)
    return drawn


def draw_ratios(
    comparisons: Mapping[str, Mapping[str, Comparison]], axes: Axes, *, colors: Mapping[str, str]
) -> None:
    """Draw ratios with their 95 % intervals on a logarithmic axis, and a line at 1.

    Args:
        comparisons: name of a line -> name of a method -> results of `compare_ratios`.
        axes: what is drawn on; the first line is at the top.
        colors: of the methods, in the order in which they stand in a line.
    """
    height = 0.6 / len(colors)
    for line, found in enumerate(comparisons.values()):
        for place, (method, color) in enumerate(colors.items()):
            if method not in found:
                continue
            ratio = found[method]
            y = -line + height * ((len(colors) - 1) / 2 - place)
            axes.plot([ratio.low, ratio.high], [y, y], color=color, lw=1.6)
            label = method if line == 0 else None
            axes.plot(ratio.median, y, "o", ms=5, color=color, label=label)
    axes.axvline(1, color=GREY, lw=1.0, ls="--", zorder=0)
    axes.set(xscale="log", yticks=[-line for line in range(len(comparisons))])
    low, high = axes.get_xlim()
    ticks = [tick for tick in RATIO_TICKS if low <= tick <= high]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.set_yticklabels([*comparisons])
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")
