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
# # Case study 2: boundary conditions out of distribution
#
# ```{admonition} In this chapter
# :class: goals
# **You learn** what 20 distilled rows add to an equation where a model is used far from its data.
#
# **You need** [the formal problem](formal_problem.ipynb); what a boundary-value problem is.
# ```
#
# A *physics-informed* {term}`learner` {cite:p}`raissi2019physics` fits measured values and an equation at the
# same time. Far from the values it can still be wrong. The abstract says that {term}`dataset distillation` has
# the potential to give "more physically faithful data" to a physics-informed neural network ({term}`PINN`) that
# faces boundary conditions unlike those it was trained on. This chapter makes such data, and asks what they are
# worth. As the [formal problem](formal_problem.ipynb) asks, three things are said first:
#
# - **learner**: a PINN that asks for the equation at the rows that it is given, or the same model without the
#   equation;
# - **{term}`criterion`**: the error at boundary conditions that no training row has;
# - **{term}`budget`**: 20 rows.
#
# ```{admonition} What comes out
# :class: tip
# - {glue:text}`num_training` noisy rows leave a PINN with a relative error of {glue:text}`noisy_outside:.2f`
#   out of distribution, 20 distilled rows with {glue:text}`robin_outside:.4f`.
# - Most of this is {term}`labelling`: solve the equation, and write down its solution at 20 points that are
#   spread out. These *spread points* leave {glue:text}`spread_outside:.3f`.
# - Distilled rows have {glue:text}`head_ratio:.2f` times the error of spread points (95 % interval
#   {glue:text}`head_low:.2f` to {glue:text}`head_high:.2f`). On a second problem the ratio is
#   {glue:text}`head_conduction:.2f` ({glue:text}`head_conduction_low:.2f` to
#   {glue:text}`head_conduction_high:.2f`): {glue:text}`head_conduction_word`.
# - What helps is the *choice of the points*. Take points that the same descent has moved, with their values
#   held at the solution. Distilled rows have {glue:text}`points_ratio:.2f` times ({glue:text}`points_low:.2f`
#   to {glue:text}`points_high:.2f`) their error.
# - Where nothing may be known of the {term}`deployment`, distilled rows beat spread points in
#   {glue:text}`unknown_spread_lower` of {glue:text}`num_unknown` comparisons.
#
# Each is a median over {glue:text}`num_draws` draws of the data. Errors are relative to the size of the
# solution.
# ```
#
# [The next page](boundary_checks.ipynb) has the checks: other learners, objectives, penalties and problems,
# step sizes, costs and failures.
#
# ```{admonition} Reconstructed
# :class: reconstructed
# The caption of Fig. 5 gives the setting. The parameter $\alpha$ of a boundary condition comes from one tail of
# a normal law for training, and from the opposite tail for testing. Training values carry noise, test values do
# not. Figures 6 and 7, Table 1, the equation, and the steps of Algorithm 2 are not known to us. Problems,
# learners, objectives, budgets, references and all numbers are ours.
# ```

# %% tags=["parameters"]
num_draws = 20  # draws of the data, at least 6
num_draws_few = 10  # of them in the figure over budgets, at least 6
num_rows = [5, 10, 20, 50]  # budgets m, synthetic rows; 20 must be among them
num_steps = 1000  # of each descent on RobinPoisson
num_steps_others = 600  # of each descent on NonlinearConduction
noise = 0.05  # noise of training values, as a share of their spread
lower = 0.2  # share of the prior that training parameters come from
upper = 0.2  # share of the prior that test parameters come from
seed = 0  # seed of the first draw; the others count up from it

# %% tags=["hide-input"]
from typing import Annotated, Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from pydantic import Field, model_validator

from ddlib.config import Config, Count, Positive, Seed
from ddlib.experiments.parametric import ParametricConfig
from ddlib.experiments.parametric_references import ParametricReferencesConfig

ROBIN, CONDUCTION = "RobinPoisson", "NonlinearConduction"


class Parameters(Config):
    """What each parameter above may be; the rest is checked by the experiments' configs."""

    num_draws: Annotated[int, Field(strict=True, ge=6)]
    num_draws_few: Annotated[int, Field(strict=True, ge=6)]
    num_rows: Annotated[tuple[Count, ...], Field(min_length=1)]
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
        steps = self.num_steps if problem == ROBIN else self.num_steps_others
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
        if 20 not in self.num_rows:
            raise ValueError(f"num_rows = {self.num_rows}: must have 20 among them")
        self.sets("distilled")
        self.references()
        return self


parameters = Parameters.from_namespace(globals())

# %% tags=["remove-cell"]
from myst_nb import glue

from ddlib.plots.boundary import SET_COLORS
from ddlib.plots.numbers import number
from ddlib.plots.style import GREY, WIDTH, use_style
from ddlib.plots.tables import typeset

use_style()


def put(**values):
    """Give each number or text the name by which the prose shows it."""
    for name, value in values.items():
        glue(name, value.item() if hasattr(value, "item") else value, display=False)


# %% [markdown]
# ## One wall, many boundary conditions
#
# A wall is heated evenly. Its right face is held at temperature 0. Its left face loses heat in proportion to
# its own temperature, with a coefficient $e^\alpha$. The temperature $u$ at depth $x$ solves
#
# $$
# \begin{aligned}
# -u''(x)&=1\quad(0<x<1),\\
# u'(0)&=e^\alpha u(0),\\
# u(1)&=0 .
# \end{aligned}
# $$ (eq-robin)
#
# For each $\alpha$ there is one solution [$u_\alpha$](#symbol-solution),
#
# $$
# u_\alpha(x)=-\tfrac12x^2+\frac{e^\alpha x+1}{2(1+e^\alpha)} .
# $$
#
# At $\alpha=$ {glue:text}`low_alpha` little heat leaves at the left: the temperature starts at
# {glue:text}`low_start:.2f` and falls to 0. At $\alpha=$ {glue:text}`high_alpha` it is a low arc that starts at
# {glue:text}`high_start:.2f`.
#
# Suppose that only walls of small $\alpha$ have been measured. The prior of $\alpha$ is $N(0,1)$:
# training $\alpha$ come from its lowest {glue:text}`lower_share:.0f` per cent, test $\alpha$ from its highest
# {glue:text}`upper_share:.0f` ({numref}`fig-tails`). There are {glue:text}`num_training` training rows
# $(x,\alpha,y)$. Their noise has standard deviation {glue:text}`noise_std:.4f`, which is
# {glue:text}`noise_share:.0f` per cent of the spread of the clean values ({glue:text}`clean_spread:.4f`). Test
# rows are exact. As a function of $\alpha$ the solution is a sigmoid, so a straight line through one
# {term}`tail` misses the other.

# %%
from ddlib.experiments.parametric_draw import draw_task
from ddlib.streams import stream

config = parameters.sets("distilled")[0]
task, judge = draw_task(config, "both")
problem, data = task.problem, task.data
x, alpha, y = data.training[len(data.training) // 2].tolist()  # one training row

# %% tags=["remove-cell"]
from ddlib.pinn.collocation import over_prior

LOW, HIGH = -2, 2
starts = problem.solution(torch.tensor([[0.0, LOW], [0.0, HIGH]], dtype=torch.float64))
put(low_alpha=LOW, high_alpha=HIGH, low_start=starts[0], high_start=starts[1])
put(lower_share=100 * parameters.lower, upper_share=100 * parameters.upper)
put(num_training=len(data.training), num_draws=parameters.num_draws)
reached = {"reach_grid": over_prior(problem).max(), "reach_rows": task.limits[1, -1]}
put(**{key: (end - problem.prior.mean) / problem.prior.std for key, end in reached.items()})
put(noise_std=data.noise_std, clean_spread=data.clean[:, -1].std())
put(noise_share=100 * parameters.noise, row_x=x, row_alpha=alpha, row_y=y)
model = task.pinn(data.training, generator=stream(parameters.seed, "one row"))
for key, value in {"row": alpha, "away": HIGH}.items():
    point = torch.tensor([[x, value]], dtype=torch.float64)
    ends = problem.boundary_points(point[:, 1])
    put(**{f"{key}_error": (model(point) - problem.solution(point)).abs()[0]})
    put(**{f"{key}_residual": problem.residual(point, model.jet(point)).abs()[0]})
    put(**{f"{key}_defect": problem.boundary(ends, model.jet(ends)).abs().max()})

# %% tags=["hide-input"]
# | label: fig-tails
# | caption: >-
# |   The setting of the paper's Fig. 5, on our problem. Top: the prior of α, with the tail of training and
# |   that of testing. Left: noisy training rows at six of their α, over the exact solutions. Right: exact
# |   test rows.
# | alt: >-
# |   Three panels. A bell curve with its left fifth and its right fifth coloured; scattered blue points close
# |   around six falling curves; grey points on six low arcs.
from ddlib.pinn.problem import Tails
from ddlib.plots.boundary import draw_tails, draw_values

tails = Tails(parameters.lower, parameters.upper)
fig, grid = plt.subplot_mosaic([["law"] * 2, ["training", "test"]], figsize=(WIDTH, 0.75 * WIDTH))
draw_tails(problem.prior, tails, grid["law"])
for rows, color, name in (
    (data.training, SET_COLORS["training rows"], "training"),
    (data.outside, GREY, "test"),
):
    axes = grid[name]
    some = rows[:, 1].unique()[:: max(1, len(rows[:, 1].unique()) // 6)][:6]
    draw_values(problem, rows[torch.isin(rows[:, 1], some)], axes, color=color)
    axes.set(title=f"{name} rows", ylim=(-0.05, 0.55))
grid["training"].set_ylabel("$y$")
plt.show()

# %% [markdown]
# ## What a row asks of the learner
#
# A model $\hat u(x,\alpha)$ that gets the row $x=$ {glue:text}`row_x:.2f`, $\alpha=$
# {glue:text}`row_alpha:.2f`, $y=$ {glue:text}`row_y:.3f` is asked three things.
#
# - *The value*: at this $x$ and $\alpha$ it should be $y$, up to noise.
# - *The equation*: at the same place $-\hat u''$ should be 1.
# - *The boundary*: at this $\alpha$ it should meet both conditions of {eq}`eq-robin`.
#
# The last two need no measurement, only a place to ask at. In symbols, a *point* is
# [$z=(x,\alpha)$](#symbol-point). The {term}`residual` [$\mathcal N[u]$](#symbol-operators) is what the
# equation lacks at a point, here $u''+1$. The *boundary operator* $\mathcal B[u]$ has the defects of both
# conditions. The learner adds up the squares of all that is missing, over the rows [$S$](#symbol-set):
#
# $$
# \begin{aligned}
# \ell(c;S)={}&\sum_{i=1}^m\bigl(\hat u(z_i)-y_i\bigr)^2\\
# &+\sum_j\mathcal N[\hat u](z_j)^2\\
# &+w_b\sum_k\mathcal B[\hat u](z_k)^2\\
# &+\lambda\|c\|^2 .
# \end{aligned}
# $$ (eq-feature-pinn)
#
# The {py:obj}`feature PINN <ddlib.pinn.feature_pinn.FeaturePINN>` writes $\hat u(z)=\sum_kc_k\varphi_k(z)$ and
# finds the [coefficients $c$](#symbol-features) that minimise $\ell$. Its features are sines,
# $\varphi_k(z)=\sin(w_k\cdot\tilde z+b_k)$, where $\tilde z$ is $z$ scaled to $[-1,1]$. Frequencies and phases
# are drawn at random and then frozen: they are its [$\xi$](#symbol-randomness). For a linear problem the
# minimum is regularised least squares, for a nonlinear one Levenberg–Marquardt finds it. Either has an exact
# derivative in the rows, by one adjoint solve. The [checks](#boundary-weight) say where the
# [weight $w_b$](#symbol-boundary-weight) and the [penalty $\lambda$](#symbol-penalty) come from.
#
# The points $z_j$ and $z_k$ are {term}`collocation points <collocation point>`. The
# {py:mod}`collocation policy <ddlib.pinn.collocation>` says where they lie:
#
# - *nowhere*: no physics, the rows alone;
# - *at the rows*: the residual at each row's point, the boundary at each row's $\alpha$;
# - *in the training tail*: on a grid, at $\alpha$ of the training tail;
# - *over the prior*: on a grid, at $\alpha$ within {glue:text}`reach_grid:.1f` standard deviations.
#
# ## It matters where the equation is asked for
#
# Let the feature PINN learn from all noisy rows, and ask for the equation at them. At the row above it misses
# the solution by {glue:text}`row_error:.0e`, the equation by {glue:text}`row_residual:.0e` and the boundary by
# {glue:text}`row_defect:.0e`. At the same $x$ and $\alpha=$ {glue:text}`high_alpha` nothing was asked. There it
# misses the solution by {glue:text}`away_error:.2f`, the equation by {glue:text}`away_residual:.2f` and the
# boundary by {glue:text}`away_defect:.2f`. No loss that looks at the training tail alone can rule this out.
#
# ```{prf:theorem} The loss says nothing outside
# :label: thm-outside
# Let $A$ be a set of parameters, $\ell$ a loss of values, residuals and boundary defects at points with
# $\alpha\in A$ only, and let $\hat u$ be twice differentiable in $x$. For every $g$ that is as smooth and
# vanishes for all $\alpha\in A$, $\hat u+g$ has the same loss. So on a class of functions that contains such
# $g$ with arbitrary values outside $A$, the loss does not bound the error outside $A$.
# ```
#
# ````{prf:proof}
# The operators have no derivatives in $\alpha$: value, residual and boundary defect at $(x,\alpha)$ depend on
# $u(\cdot,\alpha)$ alone. For $\alpha\in A$ that is the same for $\hat u$ and $\hat u+g$. Scaling $g$ makes the
# error at any $\alpha\notin A$ as large as one likes.
# ````
#
# Sines of $\alpha$ are analytic, so no finite sum of them vanishes on a tail alone. But many are tiny there and
# large outside, and the penalty $\lambda\|c\|^2$ decides among them. Residual and boundary at $\alpha\notin A$
# change that without a single value of $u$: the two operators have one solution at each $\alpha$.
#
# The numbers agree. From all noisy rows, with the equation asked for at these rows, the relative error
# $\|\hat u-u\|_2/\|u\|_2$ out of distribution is {glue:text}`rows_outside:.2f`. It is
# {glue:text}`clean_outside:.2f` from the same rows without noise, so noise is not the cause. Physics on a grid
# in the training tail leaves {glue:text}`tail_outside:.2f`. The same physics over the prior leaves
# {glue:text}`ceiling:.4f`. The last one is *the ceiling*: whoever may train with the equation at every $\alpha$
# needs no distilled data. Distillation is for learners that see a small table alone. {numref}`tab-policies` has
# all policies.

# %% tags=["remove-cell"]
from ddlib.experiments import parametric_references as ref
from ddlib.experiments.parametric_references import PARAMETRIC_REFERENCES
from ddlib.runs.compute import collect

references = collect(PARAMETRIC_REFERENCES, parameters.references())
all_rows = references.groupby("method")[["inside", "outside"]].median()
put(rows_outside=all_rows.loc[ref.TRAINING_ROWS, "outside"])
put(clean_outside=all_rows.loc[ref.CLEAN_ROWS, "outside"])
put(tail_outside=all_rows.loc[ref.TAIL, "outside"])
put(ceiling=all_rows.loc[ref.CEILING, "outside"])

# %% [markdown]
# ## The distillation problem
#
# Which 20 rows $(x,\alpha,y)$ should such a learner get? All three entries of a row may be chosen. The learner
# is the feature PINN with physics at the rows ("PINN") or the same features without physics ("plain"), each as
# likely. So rows must carry the physics by where they lie *and* by what they say. The criterion is the relative
# error outside the training tail, the budget [$m$](#symbol-budget) rows.
#
# Nobody can compute the criterion while distilling. What may stand in for it makes two problems:
#
# - *deployment known*: the prior of $\alpha$ may be used. The equation may be asked for over the prior, on the
#   grid that ends at {glue:text}`reach_grid:.1f` standard deviations. Rows may lie a little further out, up to
#   {glue:text}`reach_rows:.0f`.
# - *deployment unknown*: nothing beyond the training tail may be used, for rows or for the equation.
#
# The caption of Fig. 5 does not say which one the paper means. In both, training rows and equation determine a
# *solution* [$\bar u$](#symbol-determined-solution): the mean of three feature PINNs that learn from the
# training rows and ask for the equation on a grid $G$, over the prior or over the tail. The {term}`working
# objective` is *fit and solution*: close to the training rows, and close to $\bar u$ on the grid,
#
# $$
# \begin{aligned}
# \hat F(S)&=\\
# \mathbb E_\xi\Bigl[&\frac1n\sum_{i=1}^n\bigl(\hat u_S(z_i)-y_i\bigr)^2\\
# {}+{}&\frac1{|G|}\sum_{z\in G}\bigl(\hat u_S(z)-\bar u(z)\bigr)^2\Bigr].
# \end{aligned}
# $$ (eq-fit-solution)
#
# Here $\hat u_S$ is what the learner makes of the synthetic rows $S$, and the $n$ rows $(z_i,y_i)$ are those
# for training. {prf:ref}`alg-boundary` goes down $\hat F$ in two stages.
#
# ````{prf:algorithm} Distillation for physics-informed learners
# :label: alg-boundary
#
# **Inputs** training rows, operators $\mathcal N,\mathcal B$, where they may be asked for, budget $m$, learner
# $\mathcal A$, step sizes $\eta$ and $\eta'$ (here 0.1 and 0.005), steps $T$
#
# **Output** rows $S=\{(x_i,\alpha_i,y_i)\}_{i\le m}$
#
# 1. Solve: $\bar u$ from training rows and equation.
# 2. Start: $\alpha_i$ at even quantiles of what is allowed, $x_i$ uniform, $y_i=\bar u(x_i,\alpha_i)$.
# 3. For three quarters of the $T$ steps, move the *points*
#    1. Draw the learner's randomness $\xi$: new features, and which learner it is.
#    2. Learn from $S$, and evaluate $\hat F$.
#    3. Step along the gradient of $\hat F$ in the points, through the learner and through
#       $y_i=\bar u(x_i,\alpha_i)$, by Adam. The step size falls from $\eta$ to 0 along a cosine. Clamp the
#       points.
# 4. For the last quarter, move all entries in the same way, with steps from $\eta'$ to 0.
# ````
#
# As the step falls to 0, the last rows are taken. The [checks](#boundary-steps) say how $\eta$ was chosen, and
# that more steps change little.
#
# ## The rows that come out
#
# One run takes {glue:text}`gradients` gradients. {numref}`tab-rows` has some of its rows. For comparison there
# are *spread points*: even quantiles of $\alpha$, random $x$, and the values of $\bar u$. That is labelling
# without a choice of points.

# %%
# | label: tab-rows
# | caption: >-
# |   Every fourth of the 20 distilled rows, in the order of α, and the exact solution at their points.
from ddlib.experiments.parametric import run_method
from ddlib.experiments.parametric_sets import DISTILLED, SPREAD

run = run_method(parameters.sets(DISTILLED, num_snapshots=24)[0], task)
labelled = run_method(parameters.sets(SPREAD)[0], task)
rows = run.rows[run.rows[:, 1].argsort()][::4]
shown = torch.column_stack([rows, problem.solution(rows[:, :-1])])
heads = ["$x$", r"$\alpha$", "$y$", r"$u_\alpha(x)$"]
shown = pd.DataFrame(shown.numpy(), columns=heads, index=range(1, len(shown) + 1))
typeset(shown.rename_axis("row"), ".3f")

# %% tags=["remove-cell"]
put(gradients=run.cost.gradients)

# %% [markdown]
# What do three sets know, and where ({numref}`fig-map`)? At $\alpha=$ {glue:text}`high_alpha` the temperature
# at the left face is {glue:text}`high_start:.4f`. From the noisy rows the PINN says
# {glue:text}`says_noisy:.4f`, from spread points {glue:text}`says_spread:.4f`, from distilled rows
# {glue:text}`says_distilled:.4f`. [Another chapter](explore.ipynb) has the solutions that two of them teach,
# with $\alpha$ as a slider.

# %% tags=["hide-input"]
# | label: fig-map
# | caption: >-
# |   Our figure 6. The error of the feature PINN over the plane of α and x, and the rows that it has learnt
# |   from; mean of four draws of the features. The noisy rows teach the left part only. The dotted lines are
# |   the ends of the training tail (left) and of the test tail (right).
# | alt: >-
# |   Three maps. With the noisy rows, all in the left part, the error is small there and large to the right.
# |   With spread points it is small with larger patches, above all at the ends; with distilled rows smaller.
from ddlib.plots.boundary import draw_error_map
from ddlib.plots.curves import plain_decades


def mean_model(rows):
    """Return the mean of the feature PINN over draws of its features, as a function of points."""
    models = [task.pinn(rows, generator=stream(s, "figure 6")) for s in range(4)]
    return lambda points: torch.stack([model(points) for model in models]).mean(0)


learnt_from = {
    f"{len(data.training)} noisy rows": (data.training, SET_COLORS["training rows"]),
    f"{len(labelled.rows)} spread points": (labelled.rows, SET_COLORS[SPREAD]),
    f"{len(run.rows)} distilled rows": (run.rows, SET_COLORS[DISTILLED]),
}
fig, panels = plt.subplots(3, 1, figsize=(WIDTH, 1.15 * WIDTH), sharex=True)
ends = tails.gap(problem.prior)
for axes, (name, (rows, color)) in zip(panels, learnt_from.items(), strict=True):
    drawn = draw_error_map(problem, mean_model(rows), rows, axes, color=color)
    for end in ends:
        axes.axvline(end, color="white", lw=1.0, ls=":")
    axes.set(title=name, ylabel="$x$")
    axes.label_outer()
bar = fig.colorbar(drawn, ax=panels, location="bottom", fraction=0.06, aspect=50)
bar.set_label("error of $u$")
plain_decades(bar.ax.xaxis)
plt.show()

# %% tags=["remove-cell"]
there = torch.tensor([[0.0, HIGH]], dtype=torch.float64)
for key, rows in {"noisy": data.training, "spread": labelled.rows, "distilled": run.rows}.items():
    put(**{f"says_{key}": mean_model(rows)(there)[0]})

# %% [markdown]
# {numref}`fig-move` shows the 20 rows during the descent, up to the end of the stage that moves points alone.

# %% tags=["hide-input"]
# | label: fig-move
# | caption: >-
# |   The rows move, and the error of the feature PINN falls with them. Without animation: the last frame.
# | alt: >-
# |   An animated map of the error over α and x. Twenty points move apart, and patches of large error shrink.
from IPython.display import Image

from ddlib.plots.described import WithData
from ddlib.plots.motion import animate

frames = [rows for step, rows in run.snapshots.items() if step <= 0.75 * config.num_steps]


def draw_frame(axes, k):
    drawn = draw_error_map(
        problem, mean_model(frames[k]), frames[k], axes, color=SET_COLORS[DISTILLED]
    )
    axes.set_ylabel("$x$")
    bar = axes.figure.colorbar(drawn, ax=axes, label="error of $u$")
    plain_decades(bar.ax.yaxis)


def at_work():
    """Return the run as an animation, with the way of its rows."""
    shown = Image(animate(draw_frame, len(frames), size=(5.2, 3.0), dpi=110), format="png")
    steps = zip(run.snapshots, frames, strict=False)
    ways = {step: pd.DataFrame(rows.numpy(), columns=["x", "α", "y"]) for step, rows in steps}
    return WithData(shown, pd.concat(ways, names=["step", "row"]).reset_index())


at_work()

# %% [markdown]
# ## Deployment known: what distillation adds
#
# Whoever can distil has $\bar u$, and can write down its values wherever they like. So what do the distilled
# rows add? All of these sets use the training rows and the equation, through $\bar u$, and all but the first
# have $m$ rows.
#
# - *training rows*: all noisy rows, as they are;
# - *spread points*: as above. We have not tried other designs that fill the plane;
# - *best of random points*: of as many random sets as the descent has steps, the one of least $\hat F$;
# - *adaptive points*: half of them spread, half where the model learnt from these breaks the equation
#   {cite:p}`wu2023comprehensive`;
# - *active learning*: each next point where the variance of a Gaussian process is largest
#   {cite:p}`rasmussen2006gaussian`;
# - *optimised law*: $m$ random points, $\alpha$ from $N(\mu,\sigma^2)$ with $\mu$ and $\sigma$ moved by the
#   gradient of $\hat F$, in the manner of {cite:t}`guerra2025learning`;
# - *optimised points*: {prf:ref}`alg-boundary` with all steps spent on the points, the values held at $\bar u$;
# - *distilled*: {prf:ref}`alg-boundary`.
#
# The rows are made for the PINN and the plain features. Five learners that they were not made for read them
# too: a {py:obj}`PINN that is a multilayer perceptron <ddlib.pinn.network_pinn.NetworkPINN>` (three layers of
# 32 tanh units), the same network without physics (MLP), a
# {py:obj}`DeepONet <ddlib.pinn.operator_network.OperatorNetwork>` {cite:p}`lu2021deeponet`, and scikit-learn's
# Gaussian process (GP) and gradient boosting {cite:p}`pedregosa2011scikit`.
#
# {numref}`fig-ratios` is the result. For each learner it has the error of 20 distilled rows over that of three
# other sets, paired by draw, on `RobinPoisson`, as we call the wall, and on `NonlinearConduction`: a wall whose
# conductivity grows with its temperature, $(e^uu')'=0$ with $u(0)=\alpha$ and $u(1)=0$.

# %% tags=["hide-input"]
# | label: fig-ratios
# | caption: >-
# |   Our figure 7. Error out of distribution of 20 distilled rows over that of three other sets of 20 rows:
# |   medians of the paired ratios with 95 % intervals. Left of the dashed line the distilled rows are better.
# |   An interval is for one ratio alone; the words of the table in the checks are adjusted for all
# |   {glue:text}`num_cells`. The two panels have their own axes.
# | alt: >-
# |   Two panels with seven lines each. On the left the ratios over spread points lie left of 1, those over
# |   optimised points around 1. On the right the intervals are wide.
from ddlib.comparisons import compare_ratios, verdicts
from ddlib.experiments.parametric import AT_ROWS, FEATURE, NOWHERE, PARAMETRIC
from ddlib.experiments.parametric_readers import (
    READERS, errors_of, final_sets, medians_of, ratios_of,
)  # fmt: skip
from ddlib.experiments.parametric_sets import (
    ACTIVE, ADAPTIVE, BEST_RANDOM, LAW, POINTS, RANDOM_SUBSET, TRAINING_ROWS,
)  # fmt: skip
from ddlib.plots.boundary import draw_ratios

METHODS = [TRAINING_ROWS, SPREAD, BEST_RANDOM, ADAPTIVE, ACTIVE, LAW, POINTS, DISTILLED]
AGAINST = (SPREAD, ACTIVE, POINTS)
known = {}
for name in (ROBIN, CONDUCTION):
    configs = parameters.sets(*METHODS, problem=name, transfer=True)
    known[name] = final_sets(collect(PARAMETRIC, configs))
robin, nonlinear = errors_of(known[ROBIN]), errors_of(known[CONDUCTION])
ratios = {
    name: ratios_of(errors, DISTILLED, AGAINST)
    for name, errors in {ROBIN: robin, CONDUCTION: nonlinear}.items()
}
fig, panels = plt.subplots(1, 2, figsize=(WIDTH, 0.65 * WIDTH), sharey=True)
colors = {f"over {other}": SET_COLORS[other] for other in AGAINST}
for axes, (name, found) in zip(panels, ratios.items(), strict=True):
    draw_ratios(found, axes, colors=colors)
    axes.set(title=name, xlabel="ratio of errors")
fig.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
plt.show()

# %% tags=["remove-cell"]
cells = {
    (name, learner, other): comparison
    for name, of in ratios.items()
    for learner, found in of.items()
    for other, comparison in found.items()
}
words = verdicts(cells)
head, points = (ratios[ROBIN]["PINN"][f"over {other}"] for other in (SPREAD, POINTS))
second = ratios[CONDUCTION]["PINN"][f"over {SPREAD}"]
put(head_conduction=second.median, head_conduction_low=second.low)
put(head_conduction_high=second.high)
put(head_conduction_word=words[CONDUCTION, "PINN", f"over {SPREAD}"])
put(head_ratio=head.median, head_low=head.low, head_high=head.high)
put(points_ratio=points.median, points_low=points.low, points_high=points.high)
counted = pd.Series(words).unstack(level=2)
for key, name in {"robin": ROBIN, "conduction": CONDUCTION}.items():
    for short, other in {"spread": SPREAD, "active": ACTIVE, "points": POINTS}.items():
        column = counted.loc[name][f"over {other}"]
        put(**{f"{key}_{short}_lower": (column == "lower").sum()})
unclear = [found for cell, found in cells.items() if words[cell] == "not told apart"]
put(clear_alone=sum(found.low > 1 or found.high < 1 for found in unclear))
others = [*READERS.values()][2:]  # that no rows were made for
for_others = counted.loc[ROBIN].loc[others, f"over {SPREAD}"]
put(others_lower=(for_others == "lower").sum(), num_others=len(others))
put(num_learners=len(READERS), num_cells=len(cells))
medians = robin["PINN"].median()
put(noisy_outside=medians[TRAINING_ROWS], spread_outside=medians[SPREAD])
put(robin_outside=medians[DISTILLED])
for name, method in {"robin_cut": DISTILLED, "cut_by_labels": SPREAD}.items():
    cut = compare_ratios(robin["PINN", TRAINING_ROWS], robin["PINN", method])
    put(**{name: cut.median})
of_values = known[ROBIN][known[ROBIN]["reader"] == "PINN"].groupby("method")["value_error"].median()
put(value_distilled=of_values[DISTILLED], value_spread=of_values[SPREAD])

# %% [markdown]
# Is a ratio below 1 more than chance? {numref}`tab-words` has a word for each, after an adjustment for all
# {glue:text}`num_cells` (Holm, as our [protocol](../book/protocol.md) says). So {glue:text}`clear_alone` ratios
# whose interval is clear of 1 are not told apart. The error of distilled rows is *lower* (the word of
# {numref}`tab-words`)
#
# - than that of spread points for {glue:text}`robin_spread_lower` of {glue:text}`num_learners` learners on
#   `RobinPoisson`, and for {glue:text}`conduction_spread_lower` on `NonlinearConduction`;
# - than that of active learning for {glue:text}`robin_active_lower` and {glue:text}`conduction_active_lower`;
# - than that of optimised points for {glue:text}`robin_points_lower` and {glue:text}`conduction_points_lower`.
#
# So on the main problem a descent helps by choosing *where* the rows lie, also for {glue:text}`others_lower` of
# the {glue:text}`num_others` learners that they were not made for. Over active learning, which takes no
# gradients, only {glue:text}`robin_active_lower` of {glue:text}`num_learners` are lower.
#
# {numref}`tab-learners` is our Table 1: all sets and all learners on `RobinPoisson`. The paper's claim invites
# a comparison with the noisy rows. Under the PINN they have {glue:text}`robin_cut:.0f` times the error of
# distilled rows, and {glue:text}`cut_by_labels:.0f` times that of spread points, which need no distillation.
# Both are medians of paired ratios.

# %% tags=["hide-input"]
# | label: tab-learners
# | caption: >-
# |   Our Table 1. `RobinPoisson`, 20 rows: median relative error out of distribution, by the rows (lines) and
# |   by the learner that reads them (columns). The least of each column is bold.
typeset(medians_of(robin, METHODS).rename_axis("rows"), ".2g", best="min")

# %% [markdown]
# ## More rows, fewer rows
#
# {numref}`fig-budgets` varies the budget on `RobinPoisson`, with {glue:text}`num_few` draws. There is a price
# in distribution: 20 distilled rows have {glue:text}`price_20:.1f` times the error of all noisy rows,
# {glue:text}`most_rows` rows {glue:text}`price_most:.1f` times (medians of paired ratios).

# %% tags=["hide-input"]
# | label: fig-budgets
# | caption: >-
# |   Error out of distribution (left) and in distribution (right) over the number of rows, under the PINN.
# |   Medians and quartiles over the draws; dotted, all noisy training rows; dashed, the ceiling.
# | alt: >-
# |   Two panels on logarithmic axes. Most curves fall with the budget; optimised points and distilled rows
# |   lie together, and from 10 rows on below the two others. The dotted line lies far above at the left and
# |   below at the right.
from ddlib.plots.curves import plot_medians

ERRORS = {"inside": "in distribution", "outside": "out of distribution"}
CURVES = [SPREAD, BEST_RANDOM, POINTS, DISTILLED]
few = range(parameters.seed, parameters.seed + parameters.num_draws_few)
others = [m for m in parameters.num_rows if m != 20]
configs = [c for m in others for c in parameters.sets(*CURVES, few=True, num_rows=m)]
by_budget = pd.concat([known[ROBIN], final_sets(collect(PARAMETRIC, configs))])
by_budget = by_budget[(by_budget["reader"] == "PINN") & by_budget["seed"].isin(few)]
fig, panels = plt.subplots(1, 2, figsize=(WIDTH, 0.6 * WIDTH))
for axes, (column, title) in zip(panels, reversed(ERRORS.items()), strict=True):
    plot_medians(by_budget, axes, x="num_rows", y=column, by="method", order=CURVES)
    levels = {
        ref.TRAINING_ROWS: (SET_COLORS[TRAINING_ROWS], ":"), ref.CEILING: (GREY, "--"),
    }  # fmt: skip
    for method, (color, style) in levels.items():
        axes.axhline(all_rows.loc[method, column], color=color, ls=style, lw=1.2, label=method)
    axes.set(xscale="log", yscale="log", xlabel="rows $m$", title=title)
    axes.set_xticks(parameters.num_rows, [str(m) for m in parameters.num_rows])
    axes.minorticks_off()
    plain_decades(axes.yaxis)
panels[0].set_ylabel("relative error")
fig.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
plt.show()

# %% tags=["remove-cell"]
put(num_few=parameters.num_draws_few)
most = max(parameters.num_rows)
inside = by_budget[by_budget["method"] == DISTILLED].set_index(["num_rows", "seed"])["inside"]
noisy = references[references["method"] == ref.TRAINING_ROWS].set_index("seed")["inside"].loc[few]
put(most_rows=most, price_20=compare_ratios(inside.loc[20], noisy).median)
put(price_most=compare_ratios(inside.loc[most], noisy).median)

# %% [markdown]
# ## What the rows carry, and to whom
#
# Rows can be made for the PINN alone, for the plain features alone, or for both: the columns of
# {numref}`tab-causes`. Its lines let the learner use less of the rows, or more. In *values unused* it asks for
# the equation at the rows and ignores $y$. In *exact values* $y$ is $u_\alpha$.

# %% tags=["hide-input"]
# | label: tab-causes
# | caption: >-
# |   Median relative error out of distribution of the feature PINN, by where it asks for the physics (lines)
# |   and by the learner that the set was made for (columns).
alone = collect(PARAMETRIC, parameters.sets(DISTILLED, made_for="PINN"))
alone = [alone, collect(PARAMETRIC, parameters.sets(DISTILLED, made_for="plain"))]
both = collect(PARAMETRIC, parameters.sets(DISTILLED, transfer=True))
made = pd.concat([both, *alone])
made = made[made["last"] & (made["learner"] == FEATURE)]
order = [
    AT_ROWS, f"{AT_ROWS}, exact values", f"{AT_ROWS}, values unused", NOWHERE,
    "in the training tail", "over the prior",
]  # fmt: skip
causes = made.pivot_table("outside", "physics", "made_for", aggfunc="median").loc[order]
causes = causes[["PINN", "both", "plain"]]
labelling = collect(PARAMETRIC, parameters.sets(SPREAD, transfer=True))
labelling = labelling[labelling["last"] & (labelling["learner"] == FEATURE)]
causes["(spread points)"] = labelling.groupby("physics")["outside"].median()
typeset(pd.concat({"set made for": causes.rename_axis("physics")}, axis=1), ".2g")

# %% tags=["remove-cell"]
put(pinn_nowhere=causes.loc[NOWHERE, "PINN"])
unused = causes.loc[f"{AT_ROWS}, values unused"]
put(most_unused=unused[["PINN", "both", "plain"]].max(), spread_unused=unused["(spread points)"])
put(both_nowhere=causes.loc[NOWHERE, "both"])

# %% [markdown]
# With values unused, distilled rows leave at most {glue:text}`most_unused:.2g`, and spread points
# {glue:text}`spread_unused:.2g`. So part of what distilled rows carry is where to ask. The learner without
# physics tells them apart. Rows made for the PINN leave an error of {glue:text}`pinn_nowhere:.2g` there, rows
# for both {glue:text}`both_nowhere:.2g`. This is the paper's thesis in one table: data, method and budget are
# the same, and the rows differ because the learner in the problem does.
#
# ## Deployment unknown
#
# Now everything beyond the training tail is out of reach: $\bar u$, points and objective know the tail only. A
# *random subset* has $m$ of the training rows. {numref}`tab-unknown` has the errors.

# %% tags=["hide-input"]
# | label: tab-unknown
# | caption: >-
# |   With the deployment unknown, 20 rows: median relative error out of distribution, and in brackets that in
# |   distribution.
UNKNOWN = [RANDOM_SUBSET, SPREAD, BEST_RANDOM, POINTS, DISTILLED]
unknown = {}
for name in (ROBIN, CONDUCTION):
    configs = parameters.sets(*UNKNOWN, problem=name, deployment="unknown")
    unknown[name] = final_sets(collect(PARAMETRIC, configs))
lines = {}
for name, table in unknown.items():
    outside, inside = errors_of(table), errors_of(table, "inside")
    for learner in ("PINN", "plain"):
        for method in UNKNOWN:
            pair = [errors[learner, method].median() for errors in (outside, inside)]
            lines[name, method, learner] = "{} ({})".format(*[number(p, ".2g") for p in pair])
typeset(pd.Series(lines).unstack(sort=False).rename_axis(["problem", "rows"]))

# %% tags=["remove-cell"]
cells = {}
for name, table in unknown.items():
    outside, noisy = errors_of(table), errors_of(known[name])
    for learner in ("PINN", "plain"):
        ours = outside[learner, DISTILLED]
        for other, of in {RANDOM_SUBSET: outside, SPREAD: outside, TRAINING_ROWS: noisy}.items():
            cells[name, learner, other] = compare_ratios(ours, of[learner, other])
words = {cell: word for cell, word in verdicts(cells).items() if cell[2] == SPREAD}
put(unknown_ratio=cells[ROBIN, "PINN", SPREAD].median, unknown_word=words[ROBIN, "PINN", SPREAD])
put(num_unknown=len(words), unknown_outside=errors_of(unknown[ROBIN])["PINN", DISTILLED].median())
for word in ("lower", "higher"):
    put(**{f"unknown_spread_{word}": [*words.values()].count(word)})

# %% [markdown]
# {prf:ref}`thm-outside` says what to expect. On `RobinPoisson` distilled rows leave
# {glue:text}`unknown_outside:.2f` under the PINN. Their error is *lower* (the word of
# {numref}`tab-unknown-words`) than that of spread points in {glue:text}`unknown_spread_lower` of
# {glue:text}`num_unknown` cases, and *higher* in {glue:text}`unknown_spread_higher`.
#
# ## What becomes of the paper's claims
#
# *Opposite tails* (caption of Fig. 5) is a setting. {numref}`fig-tails` has it.
#
# *A potential for "more physically faithful data"* (abstract) does not say what the data are compared with, nor
# whether the deployment is known. Each reading has its own answer, here under the PINN on `RobinPoisson`:
#
# - The noisy rows that they are made from have {glue:text}`robin_cut:.0f` times the error of distilled rows.
# - Distilled rows have {glue:text}`head_ratio:.2f` times the error of spread points, and what helps is where
#   they lie.
# - With the deployment unknown they have {glue:text}`unknown_ratio:.2f` times the error of spread points:
#   {glue:text}`unknown_word`.
#
# It is the model that can become more faithful. The rows' own values do not: they are
# {glue:text}`value_distilled:.2g` off the solution, those of spread points {glue:text}`value_spread:.2g`, and
# whoever can distil has the solution. The page of claims has the verdicts on the
# [setting](#claim-fig5-setting) and on the [potential](#claim-faithful), adjusted for all claims of the book.
#
# ## Exercises
#
# ```{exercise} Rows without values
# :label: ex-boundary-nowhere
#
# A feature PINN that ignores the values $y$ of its rows can still have a small error far from the training
# tail. A learner without the equation that ignores them cannot. Why? What does the first one take from the
# rows, and which theorem says that it matters where they lie?
# ```
#
# ```{solution} ex-boundary-nowhere
# Residual and boundary have one solution at each $\alpha$. So the equation, asked for at the rows' points,
# determines $u$ there without a single value: the rows say *where to ask*. The other learner gets values or
# nothing. {prf:ref}`thm-outside` says that questions at $\alpha$ of the tail alone leave all other $\alpha$
# open. So rows must lie where the model is used: the same rows carry different things to two learners, and
# good places depend on the criterion.
# ```
#
# ```{exercise} Take one thing away
# :label: ex-boundary-take-away
#
# Give the spread points `labelled.rows` to three learners: the feature PINN, the same features without the
# equation (policy {py:obj}`~ddlib.pinn.collocation.nowhere`), and the feature PINN with `data_weight=0.0`,
# which ignores values. What is the median relative error out of distribution over five draws of the features?
# ```
#
# ```{solution-start} ex-boundary-take-away
# ```

# %%
from dataclasses import replace

from ddlib.pinn.collocation import nowhere
from ddlib.pinn.criteria import relative_error

three = {
    "values and equation": task.pinn,
    "values alone": replace(task.pinn, policy=nowhere(problem)),
    "equation alone": replace(task.pinn, data_weight=0.0),
}
left = {}
for name, learner in three.items():
    models = [learner(labelled.rows, generator=stream(i, "exercise")) for i in range(5)]
    left[name] = np.median([relative_error(data.outside)(model).item() for model in models])
    print(f"{name}: {left[name]:.4f}")

# %% tags=["remove-cell"]
put(values_alone=left["values alone"], equation_alone=left["equation alone"])
put(values_equation=left["values and equation"])

# %% [markdown]
# With both, the spread points leave {glue:text}`values_equation:.4f`; with values alone
# {glue:text}`values_alone:.4f`, with the equation alone {glue:text}`equation_alone:.4f`. The rows are the same
# in all three lines. A sentence such as "these rows are good to a factor of so much" needs the learner, and
# {numref}`tab-causes` has it for rows that were made for each.
#
# ```{solution-end}
# ```
#
# ## Summary
#
# ```{admonition} What to take along
# :class: takeaway
# - With the deployment known, 20 distilled rows leave {glue:text}`robin_outside:.4f` out of distribution on
#   `RobinPoisson`, {glue:text}`head_ratio:.2f` times the error of spread points. The choice of points does it.
#   Free values do not help, and on [some problems](#boundary-elsewhere) they do harm.
# - Rows carry different things to different learners: values to one without the equation, places to ask at to a
#   PINN.
# - With the deployment unknown, choosing points does not help. In {glue:text}`unknown_spread_higher` of
#   {glue:text}`num_unknown` comparisons it does harm.
# - Whoever can train with the equation everywhere should do so: the ceiling's error is
#   {glue:text}`ceiling:.4f`.
# ```
#
# ## Try it with other parameters
#
# From the book's folder; a result lands in `_build/runs`.
#
# ```
# make run NOTEBOOK=notebooks/boundary.py PARAMS="num_draws=6 num_draws_few=6"
# ```
