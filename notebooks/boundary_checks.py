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
# # Case study 2: checks
#
# ```{admonition} In this chapter
# :class: goals
# **You learn** how much of case study 2 depends on learner, objective, penalty, steps and problem, and where
# distilled rows do harm.
#
# **You need** [case study 2](boundary.ipynb).
# ```
#
# [Case study 2](boundary.ipynb) says that 20 distilled rows teach a {term}`PINN` more than 20 spread points do,
# because of where they lie. Would an expert believe it? This page changes what we chose, one thing at a time.
# It keeps to the names of that page: the sets of rows, the learners "PINN" and "plain", and the two problems of
# {term}`deployment`, known and unknown.
#
# ```{admonition} What comes out
# :class: tip
# - *Learners.* The error of distilled rows is told to be lower than that of spread points for
#   {glue:text}`robin_spread_lower` of {glue:text}`num_learners` learners on `RobinPoisson`, and for
#   {glue:text}`conduction_spread_lower` on `NonlinearConduction`.
# - *Steps.* Twice the steps change the objective by {glue:text}`doubled_robin:.1f` and
#   {glue:text}`doubled_conduction:.1f` per cent.
# - *Penalty and weight.* With other ones distilled rows have {glue:text}`weight_least:.2f` to
#   {glue:text}`weight_most:.2f` times the error of spread points.
# - *Method.* Points and values that move together from the start leave {glue:text}`at_once:.3f` under the plain
#   learner. Moved in two stages, they leave {glue:text}`two_stages:.4f`.
# - *Problems.* Distilled rows or optimised points have the least error of four small sets in
#   {glue:text}`distilled_best` of {glue:text}`num_other_lines` lines. In {glue:text}`harmed` lines free values
#   do harm.
# - *Deployment unknown.* Distilled rows are told to be worse than spread points in
#   {glue:text}`unknown_spread_higher` of {glue:text}`num_unknown` cases.
# ```
#
# ```{admonition} Reconstructed
# :class: reconstructed
# All of this page is ours, or is cited. What the paper says of the setting is on the page before.
# ```

# %% tags=["parameters"]
num_draws = 20  # draws of the data, at least 6
num_draws_few = 10  # of them for changes of one thing, at least 6
num_steps = 1000  # of each descent on RobinPoisson
num_steps_others = 600  # of each descent on the other problems
noise = 0.05  # noise of training values, as a share of their spread
lower = 0.2  # share of the prior that training parameters come from
upper = 0.2  # share of the prior that test parameters come from
seed = 0  # seed of the first draw; the others count up from it

# %% tags=["hide-input"]
from typing import Annotated, Any

import numpy as np
import pandas as pd
import torch
from pydantic import Field, model_validator

from ddlib.config import Config, Count, Positive, Seed
from ddlib.experiments.parametric import ParametricConfig
from ddlib.experiments.parametric_references import ParametricReferencesConfig

ROBIN, CONDUCTION, DIRICHLET = "RobinPoisson", "NonlinearConduction", "DirichletPoisson"


class Parameters(Config):
    """What each parameter above may be; the rest is checked by the experiments' configs."""

    num_draws: Annotated[int, Field(strict=True, ge=6)]
    num_draws_few: Annotated[int, Field(strict=True, ge=6)]
    num_steps: Count
    num_steps_others: Count
    noise: Positive
    lower: Positive
    upper: Positive
    seed: Seed

    def sets(self, *methods: str, few: bool = False, **others: Any) -> list[ParametricConfig]:
        """Return the configs of methods on each draw, with `others` in place of the defaults."""
        draws = self.num_draws_few if few else self.num_draws
        problem = others.setdefault("problem", ROBIN)
        steps = self.num_steps if problem in (ROBIN, DIRICHLET) else self.num_steps_others
        given = {"num_steps": steps, **self._draw, **others}
        return [
            ParametricConfig(seed=self.seed + i, method=method, **given)
            for i in range(draws)
            for method in methods
        ]

    def references(self) -> list[ParametricReferencesConfig]:
        """Return the config of what learns from all training rows, for each draw."""
        seeds = range(self.seed, self.seed + self.num_draws)
        return [ParametricReferencesConfig(seed=s, problem=ROBIN, **self._draw) for s in seeds]

    @property
    def _draw(self) -> dict[str, float]:
        return {"noise": self.noise, "lower": self.lower, "upper": self.upper}

    @model_validator(mode="after")
    def _each_config_is_possible(self):
        self.sets("distilled")
        self.references()
        return self


parameters = Parameters.from_namespace(globals())

# %% tags=["remove-cell"]
from myst_nb import glue

from ddlib.experiments.parametric import PARAMETRIC
from ddlib.plots.numbers import number
from ddlib.plots.style import use_style
from ddlib.plots.tables import typeset
from ddlib.runs.compute import collect

use_style()


def put(**values):
    """Give each number or text the name by which the prose shows it."""
    for name, value in values.items():
        glue(name, value.item() if hasattr(value, "item") else value, display=False)


def median_and_quartiles(values: pd.Series) -> tuple[float, ...]:
    """Return the median, the lower and the upper quartile."""
    return tuple(values.quantile([0.5, 0.25, 0.75]))


put(num_draws=parameters.num_draws, num_few=parameters.num_draws_few)

# %% [markdown]
# ## At a glance
#
# {numref}`fig-checks` has the error of 20 distilled rows over that of 20 spread points, paired by draw, for one
# change at a time. The two learners are those that the rows were made for.

# %% tags=["hide-input"]
# | label: fig-checks
# | caption: >-
# |   Error out of distribution of 20 distilled rows over that of 20 spread points: medians of the paired ratios
# |   with 95 % intervals, for the main problem as it is (top) and with one thing changed. Left of the dashed
# |   line the distilled rows are better.
# | alt: >-
# |   Seven lines with two intervals each. In the upper four lines all lie left of 1. On the second problem one
# |   lies left of 1, the other around it. In the two lowest lines, with the deployment unknown, they lie around
# |   1 or right of it.
import matplotlib.pyplot as plt

from ddlib.comparisons import compare_ratios, verdicts
from ddlib.experiments.parametric_readers import (
    READERS, errors_of, final_sets, medians_of, ratios_of,
)  # fmt: skip
from ddlib.experiments.parametric_sets import (
    ACTIVE, ADAPTIVE, BEST_RANDOM, DISTILLED, FREE, LAW, POINTS, RANDOM_SUBSET, SPREAD,
    TRAINING_ROWS, ZEROTH,
)  # fmt: skip
from ddlib.plots.boundary import draw_ratios
from ddlib.plots.style import BLUE, ORANGE, WIDTH

METHODS = [TRAINING_ROWS, SPREAD, BEST_RANDOM, ADAPTIVE, ACTIVE, LAW, POINTS, DISTILLED]
UNKNOWN = [RANDOM_SUBSET, SPREAD, BEST_RANDOM, POINTS, DISTILLED]
MADE_FOR = {"PINN": BLUE, "plain": ORANGE}


def sets_of(*methods: str, **settings: Any) -> pd.DataFrame:
    """Return the errors of methods' sets under the readers, with their names."""
    return final_sets(collect(PARAMETRIC, parameters.sets(*methods, **settings)))


known = {name: sets_of(*METHODS, problem=name, transfer=True) for name in (ROBIN, CONDUCTION)}
unknown = {
    name: sets_of(*UNKNOWN, problem=name, deployment="unknown") for name in (ROBIN, CONDUCTION)
}
given = {f"λ = {number(penalty, '.0e')}": {"penalty": penalty} for penalty in (1e-5, 1e-3)}
given["boundary weight 6"] = {"boundary_weight": 6.0}
varied = {name: sets_of(SPREAD, DISTILLED, few=True, **one) for name, one in given.items()}
tables = {
    "as it is": known[ROBIN],
    **varied,
    CONDUCTION: known[CONDUCTION],
    "deployment unknown": unknown[ROBIN],
    f"{CONDUCTION},\ndeployment unknown": unknown[CONDUCTION],
}
compared = {}
for name, table in tables.items():
    of = errors_of(table)
    compared[name] = {
        learner: compare_ratios(of[learner, DISTILLED], of[learner, SPREAD]) for learner in MADE_FOR
    }
fig, axes = plt.subplots(figsize=(WIDTH, 0.65 * WIDTH))
draw_ratios(compared, axes, colors=MADE_FOR)
axes.set(xlabel="error of distilled rows over that of spread points")
axes.legend()
plt.show()

# %% [markdown]
# ## Are problem and derivatives right?
#
# Three problems on $0<x<1$ have solutions that can be written down.
#
# - `RobinPoisson`: $-u''=1$, with $u'(0)=e^\alpha u(0)$ and $u(1)=0$. The solution is
#   $u_\alpha(x)=-\frac12x^2+\frac{e^\alpha x+1}{2(1+e^\alpha)}$, the prior of $\alpha$ is $N(0,1)$.
# - `DirichletPoisson`: $-u''=1$, with $u(0)=\alpha$ and $u(1)=0$. The solution is
#   $u_\alpha(x)=\frac12x(1-x)+\alpha(1-x)$, the prior $N(0,1)$. It is affine in $\alpha$, a sanity check.
# - `NonlinearConduction`: $(e^{u}u')'=0$, with $u(0)=\alpha$ and $u(1)=0$. The solution is
#   $u_\alpha(x)=\ln\bigl(e^{\alpha}(1-x)+x\bigr)$, the prior $N(0,0.6^2)$.
#
# {numref}`tab-numerics` checks each in two ways. Do derivatives of the solution by automatic differentiation
# meet equation and boundary? And does the gradient of the {term}`working objective` in 20 spread points, by the
# adjoint solve, agree with a central difference along a random direction?

# %% tags=["hide-input"]
# | label: tab-numerics
# | caption: >-
# |   The largest residual or boundary defect of the exact solution. Then the derivative of the working
# |   objective along a random direction by the adjoint solve, and its relative distance from a central
# |   difference.
from ddlib.experiments.parametric import run_method
from ddlib.experiments.parametric_draw import draw_task
from ddlib.pinn.jet import jet_of
from ddlib.streams import stream

HALF = 1e-5  # half the distance of the two points of the central difference
HEADS = ("largest defect", "derivative", "distance")

lines, tasks = {}, {}
for name in (ROBIN, DIRICHLET, CONDUCTION):
    config = parameters.sets(SPREAD, problem=name)[0]
    checked, _ = draw_task(config, "both")
    tasks[name] = checked
    pde, generator = checked.problem, stream(parameters.seed, "numerics")
    alphas = pde.prior.quantile(torch.linspace(0.02, 0.98, 49, dtype=torch.float64))
    defects = [
        operator(points, jet_of(pde.exact, points, pde.coordinates)).abs().max().item()
        for operator, points in (
            (pde.residual, pde.grid(alphas, 21)),
            (pde.boundary, pde.boundary_points(alphas)),
        )
    ]
    working = checked.working("fit and solution", checked.solution(generator=generator))
    rows = run_method(config, checked).rows.requires_grad_()
    way = torch.randn(rows.shape, dtype=torch.float64, generator=generator)

    def objective(moved, working=working, learner=checked.pinn):
        return working(learner(moved, generator=stream(parameters.seed, "features")))

    (gradient,) = torch.autograd.grad(objective(rows), rows)
    along = (gradient * way).sum().item()
    with torch.no_grad():
        ends = [objective(rows + side * HALF * way).item() for side in (1, -1)]
    apart = abs(along * 2 * HALF / (ends[0] - ends[1]) - 1)
    lines[name] = dict(zip(HEADS, (max(defects), along, apart), strict=True))
numerics = pd.DataFrame(lines).T.rename_axis("problem")
typeset(numerics, dict(zip(numerics, (".0e", ".3g", ".0e"), strict=True)))

# %% tags=["remove-cell"]
put(most_defect=numerics["largest defect"].max(), most_apart=numerics["distance"].max())

# %% [markdown]
# The solutions meet their problems to {glue:text}`most_defect:.0e`, and the derivatives agree to
# {glue:text}`most_apart:.0e`.
#
# (boundary-weight)=
# ## The learner
#
# The weight [$w_b$](#symbol-boundary-weight) of the boundary in {eq}`eq-feature-pinn` comes from a bound on the
# error $e=\hat u-u$ by its residual and its boundary defects.
#
# ```{prf:theorem} What residual and boundary say of the error
# :label: thm-bound
# Let $e$ be twice continuously differentiable on $[0,1]$ with $|e''|\le r$ and $|e(1)|\le b_1$. If
# $|e(0)|\le b_0$, then $|e|\le\frac18r+b_0+b_1$. If $|e'(0)-k\,e(0)|\le(1+k)\,b_0$ with $k\ge0$, then
#
# $$
# \begin{aligned}
# |e|&\le C(k)\,r+b_0+b_1,\\
# C(k)&=\frac{k^2}{8(1+k)^2}+\frac1{2(1+k)} .
# \end{aligned}
# $$
# ```
#
# ````{prf:proof}
# Write $e=e_1+e_2$, where $e_1$ has the residual of $e$ and meets the conditions, and $e_2$ is affine with the
# defects $d_0$, $d_1$ of $e$. Under Dirichlet's condition $e_2=d_0(1-x)+d_1x$; under Robin's, with defect
# $(1+k)d_0$, it is $-d_0(1-x)+d_1\frac{1+kx}{1+k}$. Both are at most $b_0+b_1$ in size. Let $v$ solve $-v''=1$
# with the conditions met: $\frac12x(1-x)$, of maximum $\frac18$, or $-\frac12x^2+\frac{kx+1}{2(1+k)}$, of
# maximum $C(k)$ at $x=\frac k{2(1+k)}$. Then $w=rv\pm e_1$ is concave with $w(1)=0$, and $w(0)=0$ or
# $w'(0)=k\,w(0)$. A negative $w(0)$ would mean $w'(0)\le0$, so that $w$ would not rise, and $w(1)<0$. So
# $w\ge0$ at both ends and, as it is concave, between them: $|e_1|\le rv$.
# ````
#
# The code divides Robin's left condition by $1+k$ with $k=e^\alpha$, so that $b_0$ is its defect. A residual
# then counts $C$ times as much as a defect, its square $C^2$ times: $w_b=1/C^2$. That is 64 for Dirichlet's
# condition. For Robin's it is 4 at small $k$ and 64 at large $k$. We take 64 everywhere, and test another
# weight below. It is a rule of thumb: the loss has sums in place of maxima, and the bound is for the linear
# problems.
#
# **Where the equation is asked for.** {numref}`tab-policies` takes the noisy training rows of `RobinPoisson`
# and changes what the learner does. Errors are relative, $\|\hat u-u\|_2/\|u\|_2$. Each is the median over
# {glue:text}`num_draws` draws of the data, with quartiles.

# %% tags=["hide-input"]
# | label: tab-policies
# | caption: >-
# |   Relative error of the feature PINN by where the physics is asked for: median (quartiles) over the draws.
from ddlib.experiments import parametric_references as ref
from ddlib.experiments.parametric_references import PARAMETRIC_REFERENCES

names = {
    ref.NO_PHYSICS: "physics nowhere",
    ref.TRAINING_ROWS: "at the rows",
    ref.CLEAN_ROWS: "at the rows, rows without noise",
    ref.SMOOTHED: "at the rows, values smoothed by a Gaussian process",
    ref.TAIL: "in the training tail",
    ref.HARD: "at the rows, hard boundary",
    ref.ADAPTIVE: "at the rows and at adaptive parameters",
    ref.CEILING: "over the prior (the ceiling)",
}
ERRORS = {"outside": "out of distribution", "inside": "in distribution"}
references = collect(PARAMETRIC_REFERENCES, parameters.references())
on_all = references.replace({"method": names}).groupby("method")[[*ERRORS]]
by_policy = on_all.agg(median_and_quartiles).rename(columns=ERRORS)
typeset(by_policy.loc[[*names.values()]].rename_axis("physics is asked for"), ".2g")

# %% tags=["remove-cell"]
outside = references.groupby("method")["outside"].median()
put(clean_outside=outside[ref.CLEAN_ROWS], smoothed_outside=outside[ref.SMOOTHED])

# %% [markdown]
# Two lines ask for physics outside the tail, beside the ceiling. A {py:obj}`hard boundary
# <ddlib.pinn.hard_boundary.HardBoundaryPINN>` meets both conditions at every $\alpha$
# {cite:p}`lagaris1998artificial`. *Adaptive* parameters are added where the model at hand breaks the equation
# most {cite:p}`wu2023comprehensive`. Noise is not the cause of the large errors: rows without noise, and rows
# smoothed by a Gaussian process, leave {glue:text}`clean_outside:.2f` and {glue:text}`smoothed_outside:.2f`.
#
# **Tuning.** Could another penalty [$\lambda$](#symbol-penalty) have helped the noisy rows?
# {numref}`tab-penalty` asks the validation rows of the training tail, for one draw of the data.

# %% tags=["hide-input"]
# | label: tab-penalty
# | caption: >-
# |   What the penalty does: the error on validation rows, in units of the noise, and the relative error out of
# |   distribution; medians over 20 draws of the features.
from dataclasses import replace

from ddlib.pinn.criteria import fit, relative_error

task = tasks[ROBIN]
data = task.data
lines = {}
for penalty in (1e-5, 1e-4, 1e-3, 1e-2):
    learner = replace(task.pinn, penalty=penalty)
    models = [learner(data.training, generator=stream(i, "penalty")) for i in range(20)]
    seen = [fit(data.validation)(model).sqrt().item() / data.noise_std for model in models]
    unseen = [relative_error(data.outside)(model).item() for model in models]
    lines[penalty] = {
        "validation error / noise": np.median(seen), "out of distribution": np.median(unseen),
    }  # fmt: skip
penalties = pd.DataFrame(lines).T.rename_axis("penalty")
typeset(penalties.rename(index=lambda penalty: number(penalty, ".0e")), ".3f")

# %% tags=["remove-cell"]
spread = penalties.max() / penalties.min()
put(validation_spread=100 * (spread["validation error / noise"] - 1))
put(outside_spread=spread["out of distribution"])

# %% [markdown]
# On validation rows the four differ by {glue:text}`validation_spread:.1f` per cent, out of distribution by a
# factor of {glue:text}`outside_spread:.1f`. So rows of the training tail cannot choose $\lambda$. We keep
# $10^{-4}$, and test two other values below.
#
# (boundary-steps)=
# ## Steps and step sizes
#
# The step size $\eta$ of {prf:ref}`alg-boundary` was chosen on draws that no other table uses, for points with
# the values held. The same draws say in {numref}`tab-tuning` whether the steps are enough.

# %% tags=["hide-input"]
# | label: tab-tuning
# | caption: >-
# |   Median held-out objective, in millionths, by the step size and by the number of steps, on draws that no
# |   other table uses.
TUNING = range(20, 25)  # seeds of the draws that no other table uses


def tuned(problem: str, steps: int, name: str, **settings: Any) -> pd.Series:
    """Return the median held-out objective, in millionths, for each value of a setting."""
    values = settings.pop(name)
    configs = [
        ParametricConfig(seed=s, problem=problem, method=POINTS, **{"num_steps": steps, name: v})
        for s in TUNING
        for v in values
    ]
    found = collect(PARAMETRIC, configs)
    objective = found[found["last"]].groupby(name)["objective"].median()
    return 1e6 * objective.rename(problem)


steps = {ROBIN: 1000, CONDUCTION: 600}
sizes = [tuned(p, n, "step_size", step_size=[0.02, 0.05, 0.1, 0.2]) for p, n in steps.items()]
counts = [tuned(p, n, "num_steps", num_steps=[n // 2, n, 2 * n]) for p, n in steps.items()]
for count, _n in zip(counts, steps.values(), strict=True):
    count.index = ["half the steps", "the steps taken", "twice the steps"]
by_size = pd.concat(sizes, axis=1).rename(index="η = {}".format)
choice = pd.concat([by_size, pd.concat(counts, axis=1)]).rename_axis("objective, millionths")
typeset(choice.rename_axis("setting"), ".1f")

# %% tags=["remove-cell"]
doubled = choice.loc["twice the steps"] / choice.loc["the steps taken"]
put(doubled_robin=100 * (doubled[ROBIN] - 1), doubled_conduction=100 * (doubled[CONDUCTION] - 1))
put(best_size_robin=by_size[ROBIN].idxmin(), best_size_conduction=by_size[CONDUCTION].idxmin())
put(size_gap=100 * (by_size.loc["η = 0.1"] / by_size.min() - 1)[CONDUCTION])

# %% [markdown]
# Twice the steps change the objective by {glue:text}`doubled_robin:.1f` per cent on `RobinPoisson` and by
# {glue:text}`doubled_conduction:.1f` on `NonlinearConduction`. The least objective is that of
# {glue:text}`best_size_robin` and of {glue:text}`best_size_conduction`. We take $\eta=0.1$ on both; its
# objective on the second is {glue:text}`size_gap:.1f` per cent above the least.
#
# ## Other learners
#
# {numref}`tab-words` compares distilled rows with three other sets, under the learners that they were made for
# (the first two lines of each problem) and under five others. A word says whether their error is higher or
# lower, after an adjustment for all {glue:text}`num_cells` comparisons (Holm, as our
# [protocol](../book/protocol.md) says). The number is the median ratio.

# %% tags=["hide-input"]
# | label: tab-words
# | caption: >-
# |   Error of a learner from the distilled rows, against that from the rows of the column: a word, all
# |   adjusted together, and the median ratio in per cent.
cells = {
    (name, learner, other): comparison
    for name, table in known.items()
    for learner, found in ratios_of(errors_of(table), DISTILLED, (SPREAD, ACTIVE, POINTS)).items()
    for other, comparison in found.items()
}
words = verdicts(cells)
told = {cell: f"{words[cell]} ({100 * found.median:.0f}\u00a0%)" for cell, found in cells.items()}
typeset(pd.Series(told).unstack(sort=False).rename_axis(["problem", "learner"]))

# %% tags=["remove-cell"]
counted = pd.Series(words).unstack(level=2)
for key, name in {"robin": ROBIN, "conduction": CONDUCTION}.items():
    for short, other in {"spread": SPREAD, "active": ACTIVE, "points": POINTS}.items():
        put(**{f"{key}_{short}_lower": (counted.loc[name][f"over {other}"] == "lower").sum()})
put(num_learners=len(READERS), num_cells=len(cells))

# %% [markdown]
# On `RobinPoisson` the error of distilled rows is told to be lower than that of spread points for
# {glue:text}`robin_spread_lower` of {glue:text}`num_learners` learners, than that of active learning for
# {glue:text}`robin_active_lower`, and than that of optimised points for {glue:text}`robin_points_lower`. On
# `NonlinearConduction` the counts are {glue:text}`conduction_spread_lower`,
# {glue:text}`conduction_active_lower` and {glue:text}`conduction_points_lower`.
#
# {numref}`tab-learners` has the errors themselves for `RobinPoisson`, {numref}`tab-learners-conduction` for
# `NonlinearConduction`.

# %% tags=["hide-input"]
# | label: tab-learners-conduction
# | caption: >-
# |   `NonlinearConduction`, 20 rows: median relative error out of distribution, by the rows (lines) and by the
# |   learner that reads them (columns). The least of each column is bold.
medians = medians_of(errors_of(known[CONDUCTION]), METHODS)
typeset(medians.rename_axis("rows"), ".2g", best="min")

# %% [markdown]
# ## What the sets cost
#
# Were the references tuned as well? *Best of random points* sees as many values of the objective as the descent
# takes steps. *Optimised law* takes as many gradients. {numref}`tab-costs-sets` counts what each set has cost,
# and says how far its values are from the solution.

# %% tags=["hide-input"]
# | label: tab-costs-sets
# | caption: >-
# |   What the rows of a method cost, how far their values are from the solution, and which share of them lies
# |   beyond the training tail; medians over the draws.
costs = known[ROBIN][known[ROBIN]["reader"] == "PINN"].groupby("method")
costs = costs[["evaluations", "gradients", "seconds", "value_error", "beyond"]].median()
costs.columns = ["evaluations", "gradients", "seconds", "error of y", "share beyond the tail"]
formats = dict(zip(costs.columns, (".0f", ".0f", ".1f", ".2g", ".0%"), strict=True))
typeset(costs.loc[METHODS].rename_axis("rows"), formats)

# %% [markdown]
# ## One change of the method at a time
#
# Each line of {numref}`tab-changes` changes one thing, for {glue:text}`num_few` draws.
#
# - *All at once* moves points and values together in all steps. It starts from values that the feature PINN has
#   learnt from the training rows.
# - *Fit and residual* descends the mean squares of residual and boundary defect over the prior in place of the
#   distance to $\bar u$. *Fit* looks at the training rows alone, and the *oracle* at test rows.
# - {term}`Zeroth-order <zeroth-order>` moves the points by the estimator of Algorithm 1, with eight directions
#   to both sides.
# - The others have another penalty $\lambda$, or another weight of the boundary.

# %% tags=["hide-input"]
# | label: tab-changes
# | caption: >-
# |   What single changes of the method do: relative error out of distribution, median (quartiles) over the
# |   draws.
few = range(parameters.seed, parameters.seed + parameters.num_draws_few)
changes = [known[ROBIN][known[ROBIN]["method"] == method] for method in (DISTILLED, POINTS, SPREAD)]
changes = [table[table["seed"].isin(few)].assign(change=table["method"]) for table in changes]
changes += [
    sets_of(FREE, few=True, criterion=criterion).assign(change=f"all at once, {criterion}")
    for criterion in ("fit and solution", "fit and residual", "fit", "oracle")
]
changes.append(sets_of(ZEROTH, few=True).assign(change="optimised points, zeroth-order"))
for name, table in varied.items():
    for method in (SPREAD, DISTILLED):
        changes.append(table[table["method"] == method].assign(change=f"{method}, {name}"))
changes = pd.concat(changes)
changes = changes[changes["reader"].isin([*MADE_FOR])]
grouped = changes.groupby(["change", "reader"], sort=False)["outside"]
method_table = grouped.agg(median_and_quartiles).unstack()
typeset(pd.concat({"error out of distribution": method_table}, axis=1), ".2g")

# %% tags=["remove-cell"]
middle = grouped.median()
put(at_once=middle["all at once, fit and solution", "plain"])
put(two_stages=middle[DISTILLED, "plain"])
put(by_residual=middle["all at once, fit and residual", "plain"])
put(by_oracle=middle["all at once, oracle", "plain"])
by_zeroth = changes.loc[changes["method"] == ZEROTH, "evaluations"]
put(zeroth_cost=by_zeroth.median() / parameters.num_steps)
by_weight = [middle[f"{DISTILLED}, {w}", "PINN"] / middle[f"{SPREAD}, {w}", "PINN"] for w in varied]
put(weight_least=min(by_weight), weight_most=max(by_weight))
light = {
    m: middle[f"{m}, boundary weight 6", "PINN"] / middle[m, "PINN"] for m in (DISTILLED, SPREAD)
}
put(light_distilled=light[DISTILLED], light_spread=light[SPREAD])

# %% [markdown]
# Moved all at once, the rows leave {glue:text}`at_once:.3f` under the plain learner. Moved in two stages, they
# leave {glue:text}`two_stages:.4f`. Even the oracle leaves {glue:text}`by_oracle:.3f`, and fit and residual
# {glue:text}`by_residual:.1f`. The two stages differ in the values to start from and in when these may move. We
# have not separated these. Zeroth-order steps find points about as good as those of the gradient, at
# {glue:text}`zeroth_cost:.0f` times as many evaluations.
#
# With other penalties and another weight of the boundary, distilled rows have {glue:text}`weight_least:.2f` to
# {glue:text}`weight_most:.2f` times the error of spread points under the PINN. A weight of 6 in place of 64
# multiplies the error of distilled rows by {glue:text}`light_distilled:.2f`, and that of spread points by
# {glue:text}`light_spread:.2f`. So part of the lead on the page before is the weight's.
#
# ## Deployment unknown: who is better?
#
# {numref}`tab-unknown` has the errors where nothing beyond the training tail may be used.
# {numref}`tab-unknown-words` compares them, as a family of comparisons of its own.

# %% tags=["hide-input"]
# | label: tab-unknown-words
# | caption: >-
# |   With the deployment unknown: error from the distilled rows, against that from the rows of the line; a
# |   word, all adjusted together, and the median ratio in per cent.
cells = {}
for name, table in unknown.items():
    outside, noisy = errors_of(table), errors_of(known[name])
    for learner in MADE_FOR:
        ours = outside[learner, DISTILLED]
        for other, of in {RANDOM_SUBSET: outside, SPREAD: outside, TRAINING_ROWS: noisy}.items():
            cells[name, learner, other] = compare_ratios(ours, of[learner, other])
unknown_words = verdicts(cells)
told = {c: f"{unknown_words[c]} ({100 * found.median:.0f}\u00a0%)" for c, found in cells.items()}
told = pd.Series(told).unstack(level=1, sort=False)
typeset(told.rename_axis(["problem", "against"]))

# %% tags=["remove-cell"]
for key, other in {"spread": SPREAD, "noisy": TRAINING_ROWS}.items():
    of = [word for cell, word in unknown_words.items() if cell[2] == other]
    put(**{f"unknown_{key}_lower": of.count("lower"), f"unknown_{key}_higher": of.count("higher")})
put(num_unknown=len(of))

# %% [markdown]
# The error of distilled rows is told to be lower than that of spread points in
# {glue:text}`unknown_spread_lower` of {glue:text}`num_unknown` cases, and higher in
# {glue:text}`unknown_spread_higher`. It is lower than that of the noisy rows in
# {glue:text}`unknown_noisy_lower`, under the learner without physics. Spread points beat the noisy rows there
# too: values without noise may be what helps.
#
# ## Does the learner know that it does not know?
#
# Twenty draws of the features make an ensemble. Its 95 % error bars are 1.96 standard deviations to either side
# of the mean. {numref}`tab-coverage-bars` has the share of test values out of distribution that they cover, and
# their mean width over the spread of these values.

# %% tags=["hide-input"]
# | label: tab-coverage-bars
# | caption: >-
# |   Share of the test values out of distribution that the error bars cover, and the mean width of the bars
# |   over the spread of these values; medians over the draws.
bars = known[ROBIN][known[ROBIN]["reader"].isin(["PINN", "plain"])]
bars = bars.groupby(["method", "reader"])[["coverage", "width"]].median()
bars = bars.loc[METHODS].unstack().reindex(METHODS)
typeset(bars.rename_axis("rows"), {n: ".0%" if n[0] == "coverage" else ".2g" for n in bars})

# %% tags=["remove-cell"]
put(bars_noisy=100 * bars.loc[TRAINING_ROWS, ("coverage", "PINN")])
put(bars_distilled=100 * bars.loc[DISTILLED, ("coverage", "PINN")])
put(bars_plain=100 * bars.loc[DISTILLED, ("coverage", "plain")])
put(bars_plain_noisy=100 * bars.loc[TRAINING_ROWS, ("coverage", "plain")])

# %% [markdown]
# The PINN's bars cover {glue:text}`bars_noisy:.0f` per cent from the noisy rows and
# {glue:text}`bars_distilled:.0f` from distilled rows. Without physics they cover
# {glue:text}`bars_plain_noisy:.0f` and {glue:text}`bars_plain:.0f`. Narrow bars need not be honest.
#
# (boundary-elsewhere)=
# ## Other problems, and where distilled rows do harm
#
# Other problems of the library ([your own equation](own_equation.ipynb) lists them) are a layer in advection
# and diffusion, a standing wave (Helmholtz, wavenumber 5), and logistic growth from an initial value $\alpha$.
# {numref}`tab-elsewhere` has {glue:text}`num_draws` draws of `NonlinearConduction` and five of each other
# problem.

# %% tags=["hide-input"]
# | label: tab-elsewhere
# | caption: >-
# |   Other problems: median relative error out of distribution, by the learner and by the rows that it reads.
FIVE = [TRAINING_ROWS, SPREAD, BEST_RANDOM, POINTS, DISTILLED]
OTHERS = [DIRICHLET, "AdvectionDiffusion", "Helmholtz", "LogisticGrowth"]
five = range(parameters.seed, parameters.seed + 5)
configs = [c for p in OTHERS for c in parameters.sets(*FIVE, problem=p) if c.seed in five]
elsewhere = final_sets(collect(PARAMETRIC, configs))
elsewhere = pd.concat([known[CONDUCTION], elsewhere])
elsewhere = elsewhere[elsewhere["reader"].isin(["PINN", "plain"])]
medians = elsewhere.groupby(["problem", "reader", "method"])["outside"].median().unstack()
typeset(medians.loc[[CONDUCTION, *OTHERS], FIVE].rename_axis(["problem", "learner"]), ".2g")

# %% tags=["remove-cell"]
best = medians[[SPREAD, BEST_RANDOM, POINTS, DISTILLED]].idxmin(axis=1)
put(num_other_lines=len(best), distilled_best=best.isin([DISTILLED, POINTS]).sum())
harmed = medians[DISTILLED] > 1.5 * medians[POINTS]
put(harmed=harmed.sum(), harmed_problems=harmed[harmed].index.unique("problem").size)

# %% [markdown]
# In {glue:text}`distilled_best` of {glue:text}`num_other_lines` lines distilled rows or optimised points have
# the least error of the four small sets. Five draws do not tell close lines apart. In {glue:text}`harmed`
# lines, on {glue:text}`harmed_problems` problems, distilled rows have more than one and a half times the error
# of optimised points. There the last quarter of the steps, which frees the values, does harm. So hold the
# values at the solution.
#
# ## Exercises
#
# ```{exercise} The worst wall
# :label: ex-checks-weight
#
# {prf:ref}`thm-bound` says by how much a residual of size 1 can move the solution under Robin's condition: by
# $C(k)$. Find the same number without the formula, for $k=e^\alpha$ at the ends of the training tail and of the
# test tail. Which weight $w_b=1/C^2$ would each of the two call for?
# ```
#
# ```{solution-start} ex-checks-weight
# ```

# %%
x = torch.linspace(0, 1, 100_001, dtype=torch.float64)
weights = {}
for name, alpha in zip(("training", "test"), task.tails.gap(task.problem.prior), strict=True):
    k = np.exp(float(alpha))
    start = 1 / (2 * (1 + k))  # of v with -v'' = 1, v'(0) = k v(0) and v(1) = 0
    v = start + k * start * x - x**2 / 2
    largest = v.max().item()
    by_formula = k**2 / (8 * (1 + k) ** 2) + 1 / (2 * (1 + k))
    weights[name] = 1 / largest**2
    print(f"{name}: k = {k:.2f}, C = {largest:.4f}, by the formula {by_formula:.4f}")

# %% tags=["remove-cell"]
put(weight_training=weights["training"], weight_test=weights["test"])

# %% [markdown]
# A residual of size 1 moves the solution most where it has one sign, so $v$ with $-v''=1$ is the worst case.
# Its maximum is $C(k)$. The end of the training tail calls for a weight of {glue:text}`weight_training:.0f`,
# that of the test tail for {glue:text}`weight_test:.0f`. One weight for all $\alpha$ is a compromise, which is
# why {numref}`tab-changes` tries another.
#
# ```{solution-end}
# ```
#
# ```{exercise} What cannot be tuned
# :label: ex-checks-penalty
#
# {numref}`tab-penalty` says that validation rows of the training tail cannot choose $\lambda$. Would a hundred
# times as many of them help? What else could choose it, if the deployment is known?
# ```
#
# ```{solution} ex-checks-penalty
# No. More rows make the validation error more exact, but by {prf:ref}`thm-outside` it says nothing of other
# $\alpha$, whatever their number. With the deployment known the equation can choose: it may be asked for over
# the prior. So compare residual and boundary defects there, or the distance to $\bar u$, which the working
# objective has.
# ```
#
# ## Summary
#
# ```{admonition} What to take along
# :class: takeaway
# - Other penalties and another weight of the boundary do not turn the result. Under the PINN on `RobinPoisson`
#   distilled rows keep {glue:text}`weight_least:.2f` to {glue:text}`weight_most:.2f` times the error of spread
#   points.
# - How the rows are moved does decide. Moved all at once, they leave {glue:text}`at_once:.3f` under the plain
#   learner. Moved in two stages, they leave {glue:text}`two_stages:.4f`.
# - Free values do harm in {glue:text}`harmed` of {glue:text}`num_other_lines` lines on other problems. Hold
#   them at the solution.
# - Rows of the training tail can neither choose a penalty nor warn: the PINN's error bars from them cover
#   {glue:text}`bars_noisy:.0f` per cent of the test values.
# ```
#
# ## Try it with other parameters
#
# From the book's folder; a result lands in `_build/runs`.
#
# ```
# make run NOTEBOOK=notebooks/boundary_checks.py PARAMS="num_draws=6 num_draws_few=6"
# ```
