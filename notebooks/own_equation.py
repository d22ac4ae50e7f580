# ---
# jupyter:
#   jupytext:
#     formats: py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Your own equation
#
# ```{admonition} In this chapter
# :class: goals
# **You learn** how to make a small table for an equation of your own, and what it is worth.
#
# **You need** Python and an equation with a parameter; [case study 2](boundary.ipynb) for the reasons.
# ```
#
# You know an equation with a parameter, and you have noisy values of its solution from a range of that parameter.
# A colleague needs a small table that lets a simple model answer at other values of the parameter too. This page
# starts with ten lines of code and ends with that table. Its rows stand at chosen points, and have values of the
# solved equation. They hold no information beyond the equation and your data; [case study 2](boundary.ipynb) says
# what they are worth.

# %% tags=["parameters"]
num_rows = 20  # rows of the table
num_steps = 400  # of the descent
noise = 0.05  # noise of the measured values, as a share of their spread
seed = 0  # of the data and of the descent

# %% tags=["hide-input"]
import matplotlib.pyplot as plt
import pandas as pd
import torch

from ddlib.config import Config, Count, Positive, Seed


class Parameters(Config):
    """What each parameter above may be."""

    num_rows: Count
    num_steps: Count
    noise: Positive
    seed: Seed


parameters = Parameters.from_namespace(globals())

# %% tags=["remove-cell"]
from myst_nb import glue

from ddlib.plots.numbers import number
from ddlib.plots.style import ORANGE, WIDTH, use_style
from ddlib.plots.tables import typeset

use_style()

# %% [markdown]
# ## Ten lines
#
# The example is a cooling fin. Heat runs along a thin rod and leaves through its surface. Its temperature $u$ is
# held at one at the root, $x=0$. The tip, $x=1$, passes heat to the air with a coefficient $e^\alpha$:
#
# $$
# \begin{aligned}
# u''&=9\,u &&\text{on }(0,1),\\
# u&=1 &&\text{at }x=0,\\
# u'+e^\alpha u&=0 &&\text{at }x=1 .
# \end{aligned}
# $$ (eq-fin)
#
# You write three things:
#
# - *The {term}`residual`*, a function of points and a jet. The columns of the points are $x$ and
#   [$\alpha$](#symbol-parameter). The jet has $u$, $u'$ and $u''$ at these points, as `jet.u`, `jet.x` and
#   `jet.xx`. An equation with $\alpha$ in it would take it from `points[..., 1]`. Derivatives of the residual are
#   found by automatic differentiation.
# - *The conditions*, one at each end. `Dirichlet(r)` is $u=r$, and `Robin(p, q, r)` is $p\,u+q\,u'=r$. Each
#   coefficient is a number, or a function of $\alpha$ such as `torch.exp`.
# - *The prior*, the law of the parameter: a normal law with a mean and a standard deviation.

# %%
from ddlib.pinn import Dirichlet, IntervalProblem, Prior, Robin


class Fin(IntervalProblem):
    """A rod that loses heat along its side, and at its tip."""

    conditions = (Dirichlet(1.0), Robin(by_u=torch.exp, by_slope=1.0))
    prior = Prior(mean=0.0, std=1.5)

    def residual(self, points, jet):
        """Return what has to vanish inside."""
        return jet.xx - 9 * jet.u


fin = Fin()
fin.check(generator=torch.Generator().manual_seed(0))

# %% [markdown]
# `check` tests shapes and derivatives, and an exact solution if there is one. It also tests whether a problem
# that is called linear is linear. It cannot find a wrong sign in a condition. The next problem says that it is
# linear, and is not:


# %%
class Radiating(Fin):
    """The same rod, with radiation in place of convection, which is not linear."""

    def residual(self, points, jet):
        """Return what has to vanish inside."""
        return jet.xx - 9 * jet.u**4


try:
    Radiating().check(generator=torch.Generator().manual_seed(0))
except ValueError as error:
    print(error)

# %% [markdown]
# With `linear = False` in the class it is accepted. A learner then needs the iterations of Levenberg and
# Marquardt, in place of one least-squares solve.
#
# The fin has no `exact` method. Where a solution is needed, scipy's `solve_bvp` finds it for each $\alpha$. The
# solution of the fin can also be written down. Here is the largest difference of the two:

# %%
from math import cosh, sinh

alpha = torch.linspace(-3, 3, 7, dtype=torch.float64)
points = fin.grid(alpha, 11)
x, h = points[:, 0], points[:, 1].exp()
across = 3 * torch.cosh(3 * (1 - x)) + h * torch.sinh(3 * (1 - x))
by_hand = across / (3 * cosh(3) + h * sinh(3))
print(f"largest difference: {(fin.solution(points) - by_hand).abs().max():.0e}")

# %% [markdown]
# ## Rows, and who will get them
#
# Your measurements are rows $(x,\alpha,y)$, where $y$ is a noisy value of $u$. Here they are drawn: ten values at
# each of twenty $\alpha$ of the lowest fifth of the prior, and clean test rows of the highest fifth. `Tails()`
# says so.
#
# The {term}`learner` that the table is for is the feature {term}`PINN`: a sum of fixed functions whose
# coefficients are fitted to the rows and the equation at once ([case study 2](boundary.ipynb)). A reader of the
# table may know the equation or not. So the table is made for two learners, each as likely: one with the equation
# at its rows, and one without it. The {term}`deployment` is known: the table is for all $\alpha$ of the prior.

# %%
from ddlib.pinn import Tails
from ddlib.pinn.collocation import at_synthetic
from ddlib.pinn.data import draw_parametric
from ddlib.pinn.distillation import ParametricTask
from ddlib.pinn.feature_pinn import FeaturePINN
from ddlib.streams import stream

data = draw_parametric(
    fin, Tails(), noise=parameters.noise, generator=stream(parameters.seed, "fin")
)
pinn = FeaturePINN(fin, at_synthetic(fin))
task = ParametricTask.of(pinn, data, Tails(), deployment="known")

# %% [markdown]
# Rows of your own come from a file with the columns `x`, `alpha` and `y`. Then there are no test rows:

# %%
from ddlib.pinn.data import ParametricData

frame = pd.DataFrame(data.training.numpy(), columns=["x", "alpha", "y"])  # or pd.read_csv(…)
yours = ParametricData.measured(torch.tensor(frame.to_numpy()))
print(len(yours.training), "training rows,", len(yours.outside), "test rows")

# %% [markdown]
# ## The table
#
# `make_set` makes the table. It first moves the points by a descent, with values of the solution, and adjusts the
# values last.

# %%
from ddlib.experiments.parametric_maker import SetConfig
from ddlib.experiments.parametric_sets import DISTILLED, SPREAD, make_set

config = SetConfig(num_rows=parameters.num_rows, num_steps=parameters.num_steps)
made = make_set(config, task, generator=stream(parameters.seed, "rows"))
table = pd.DataFrame(made.rows.numpy(), columns=["x", "alpha", "u"])

# %% tags=["hide-input"]
# | label: tab-fin-rows
# | caption: >-
# |   The first rows of the table.
typeset(table.head().rename_axis("row"), ".4f")

# %% [markdown]
# {numref}`tab-fin-rows` has the first rows. The whole table has {glue:text}`table_rows` rows, and cost
# {glue:text}`table_gradients` gradients of the {term}`working objective`. `table.to_csv("fin.csv", index=False)`
# writes it to a file.
#
# ## What it is worth
#
# We train two learners, the PINN and the same model without the equation, on three sets of rows:
#
# - *noisy rows*: all measurements;
# - *spread points*: as many points, at even quantiles of $\alpha$, with the solution's values. This is
#   {term}`labelling`, and needs no descent;
# - *distilled*: the table.
#
# {numref}`tab-fin` has their errors on the test rows, where $\alpha$ is larger than in any measurement.

# %% tags=["hide-input"]
# | label: tab-fin
# | caption: >-
# |   Median relative error of two learners on the test rows, by the rows that they are trained on. The least
# |   error of each learner is bold.
from dataclasses import replace

from ddlib.pinn.collocation import nowhere
from ddlib.pinn.criteria import relative_error

spread = make_set(
    config.model_copy(update={"method": SPREAD}), task, generator=stream(parameters.seed, "rows")
)
sets = {"noisy rows": data.training, "spread points": spread.rows, DISTILLED: made.rows}
readers = {"PINN": pinn, "without the equation": replace(pinn, policy=nowhere(fin))}


def median_error(learner, rows):
    """Return the median relative error out of distribution over draws of the features."""
    models = [learner(rows, generator=stream(s, "reader")) for s in range(11)]
    return float(torch.stack([relative_error(data.outside)(model) for model in models]).median())


worth = pd.DataFrame(
    {
        name: {reader: median_error(learner, rows) for reader, learner in readers.items()}
        for name, rows in sets.items()
    }
)
typeset(worth.T.rename_axis("trained on"), ".2g", best="min")

# %% tags=["remove-cell"]
glue("table_rows", len(table), display=False)
glue("table_gradients", made.cost.gradients, display=False)

# %% [markdown]
# These errors are from one draw of the data, which says little. [Case study 2](boundary.ipynb) has such a
# comparison for its own problems, with intervals over draws. Without test rows, compare the models with the
# solution: draw points over the prior, and take `task.solution` there, over several seeds. {numref}`fig-fin`
# shows what the PINN learns from the table and from the noisy rows.

# %% tags=["hide-input"]
# | label: fig-fin
# | caption: >-
# |   What the PINN learns from the noisy rows (dashed) and from the table (solid) at three values of α, over the
# |   solution (grey). At the largest α, in the test range, only the curve learnt from the table stays on the
# |   solution. Dots are rows of the table whose α is at most 0.5 away.
# | alt: >-
# |   Three panels of a falling curve. The solid curve lies on the thick grey one; the dashed one leaves it in
# |   the last panel.
from ddlib.plots.boundary import draw_solutions

fig, panels = plt.subplots(3, 1, figsize=(WIDTH, 1.15 * WIDTH), sharex=True, sharey=True)
models = {
    name: pinn(rows, generator=stream(0, "figure"))
    for name, rows in sets.items()
    if name in ("noisy rows", DISTILLED)
}
for axes, value in zip(panels, (-2.0, 0.0, 2.5), strict=True):
    draw_solutions(fin, models, value, axes)
    near = made.rows[(made.rows[:, 1] - value).abs() < 0.5]
    axes.scatter(near[:, 0], near[:, 2], s=16, color=ORANGE, zorder=3, label="_rows near it")
    axes.set_ylabel("$u$")
    axes.label_outer()
panels[0].legend()
plt.show()

# %% [markdown]
# ## Other kinds of problems
#
# | you have | write |
# | --- | --- |
# | another interval | `domain = (0.0, 2.0)` |
# | a slope at an end | `Neumann(slope)`; at both ends only where the equation has a term in $u$ itself |
# | a condition at the start alone | `(Dirichlet(…), None)`, as {py:obj}`~ddlib.pinn.LogisticGrowth` does |
# | several parameters | `Prior(…, others=(Prior(…), …))`; tails are those of the first |
# | two dimensions, or space and time | {py:obj}`~ddlib.pinn.ParametricProblem` with `coordinates`, as {py:obj}`~ddlib.pinn.SquarePoisson` does |
# | waves | `bandwidth`, about $kL/2$ for a wavenumber $k$ on a length $L$ |
# | a solution in closed form | `exact`, which then judges the rows |
# | $\sqrt u$, $\ln u$ or $1/u$ | `start_value = 1.0`, or another $u$ at which the equation is defined: solvers begin there |
# | a solution for some $\alpha$ only | `alpha_range = (0.0, 10.0)`; the prior lies within, up to three deviations |
#
# Choose the units of $x$ and $u$ so that both are about one: the learner's penalty and weights are set for this.
#
# The library has these problems. [Checks of case study 2](boundary_checks.ipynb) have some of them. The errors are
# those of a feature PINN that asks for the equation over the prior, from the same kind of noisy rows, for one draw:
# about what a table can carry at best.

# %% tags=["hide-input"]
# | label: tab-ceilings
# | caption: >-
# |   Relative error of the feature PINN with the equation over the prior, in the range of the noisy rows and in
# |   that of the test rows: about the least that distilled rows could reach.
from ddlib.pinn import (
    AdvectionDiffusion,
    CornerLaplace,
    Helmholtz,
    LogisticGrowth,
    SquarePoisson,
)
from ddlib.pinn.collocation import prior

PROBLEMS_SHOWN = {
    "advection and diffusion": AdvectionDiffusion(),
    "Helmholtz, k = 5": Helmholtz(),
    "Helmholtz, k = 10": Helmholtz(wavenumber=10.0),
    "logistic growth": LogisticGrowth(),
    "Poisson on a square": SquarePoisson(),
    "Laplace on an L-shape": CornerLaplace(),
}
ceilings = {}
for name, problem in PROBLEMS_SHOWN.items():
    drawn = draw_parametric(
        problem, Tails(), noise=parameters.noise, generator=stream(parameters.seed, name)
    )
    learner = FeaturePINN(problem, prior(problem))
    model = learner(drawn.training, generator=stream(parameters.seed, "ceiling"))
    ceilings[name] = {
        "in distribution": relative_error(drawn.inside)(model).item(),
        "out of distribution": relative_error(drawn.outside)(model).item(),
    }
typeset(pd.DataFrame(ceilings).T.rename_axis("problem"), ".2g")

# %% [markdown]
# On the L-shape the slope of the solution is infinite at the inner corner, and the features are smooth.
#
# ## Exercises
#
# ```{exercise} Find the three parts
# :label: ex-equation-three
#
# Where in the code of this chapter do learner, criterion and budget of the distillation problem stand? Which
# of them would you change if your colleague's model were a Gaussian process, if she used the table near
# $\alpha=0$ only, and if her form had room for five rows?
# ```
#
# ```{solution} ex-equation-three
# The *learner* is `pinn`, and `ParametricTask.of` adds the same features without the equation. The *criterion*
# is made by `ParametricTask.of` from the training rows, the solution and the deployment. The *budget* is
# `num_rows`. For a Gaussian process change the learner: the rows should be made for what reads them. For
# $\alpha$ near 0 change the criterion: a narrower prior is a deployment of its own. For five rows change the
# budget. Each of the three moves the best rows, and none of them changes the equation or the data.
# ```
#
# ```{exercise} A second equation
# :label: ex-equation-slab
#
# Write the problem $u''=e^\alpha u$ on $(0,1)$ with $u(0)=1$, $u(1)=0$ and a standard normal prior, and let
# `check` look at it. Its solution is $\sinh(k(1-x))/\sinh k$ with $k=e^{\alpha/2}$. Compare with `solution` at
# a few $\alpha$.
# ```
#
# ```{solution-start} ex-equation-slab
# ```


# %%
class Slab(IntervalProblem):
    """A slab between a warm and a cold side, which loses heat at a rate of its own."""

    conditions = (Dirichlet(1.0), Dirichlet(0.0))
    prior = Prior(mean=0.0, std=1.0)

    def residual(self, points, jet):
        """Return what has to vanish inside."""
        return jet.xx - points[..., 1].exp() * jet.u


slab = Slab()
slab.check(generator=torch.Generator().manual_seed(0))
places = slab.grid(torch.linspace(-2, 2, 5, dtype=torch.float64), 11)
k = (places[:, 1] / 2).exp()
written = torch.sinh(k * (1 - places[:, 0])) / torch.sinh(k)
gap = (slab.solution(places) - written).abs().max().item()
print(f"largest difference: {gap:.0e}")

# %% tags=["remove-cell"]
glue("slab_gap", number(gap, ".0e"), display=False)

# %% [markdown]
# `check` finds no fault, and the two differ by {glue:text}`slab_gap`, far less than any measurement can show. The
# next steps are those of the fin: draw or read rows, say for whom the table is, and make it. So far only the
# problem of physics is written down. The problem of distillation still needs a learner, a criterion and a budget.
#
# ```{solution-end}
# ```
#
# ## Summary
#
# ```{admonition} What to take along
# :class: takeaway
# - A problem is a residual, its conditions, and the law of its parameter. `check` says what is wrong with it.
# - `make_set` makes the table; `ParametricTask.of` says for whom, and what is known of the deployment.
# - Compare with spread points, and with active learning as in [case study 2](boundary.ipynb), over several seeds,
#   before you trust a descent.
# ```
#
# ## Try it with other parameters
#
# From the book's folder; a result lands in `_build/runs`.
#
# ```
# make run NOTEBOOK=notebooks/own_equation.py PARAMS="num_rows=10 num_steps=200"
# ```
