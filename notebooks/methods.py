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
# # Existing methods through this lens
#
# The abstract promises to look at existing methods "through this broader lens". This chapter writes each known
# method in the notation of [the formal problem](formal_problem.ipynb). It sorts the methods by what they
# replace in that problem: the criterion, the learner or the law {eq}`eq-three-departures`. Then it runs all of
# them on all tasks of [the previous chapter](tasks.ipynb) and on handwritten digits. The comparisons do not yet
# keep to [our own rules](../book/protocol.md), so they do not rank the methods.
#
# ````{admonition} Reconstructed
# :class: reconstructed
# The choice of methods, the sorting, the settings and the code are ours. The methods are their authors', who
# are cited with each.
# ````

# %% tags=["parameters"]
num_seeds = 10  # draws of the data that results are taken over, at least 6
num_moves = 60  # steps of each method in the pictures
num_frames = 15  # frames of each picture
seed = 0  # the first draw, and the one of the pictures

# %% tags=["hide-input"]
from functools import partial
from typing import Annotated

import matplotlib.pyplot as plt
import pandas as pd
import torch
from pydantic import Field
from torch import nn

from ddlib.runs.compute import collect
from ddlib.config import Config, Count, Seed
from ddlib.experiments.methods import MethodsConfig


class Parameters(Config):
    """What each parameter above may be."""

    num_seeds: Annotated[int, Field(strict=True, ge=6)]
    num_moves: Count
    num_frames: Annotated[int, Field(strict=True, ge=2)]
    seed: Seed

    def configs(self, tasks, methods, **settings):
        """Return the configs of all seeds, tasks and methods with the same settings."""
        return [
            MethodsConfig(seed=self.seed + i, task=task, method=method, **settings)
            for i in range(self.num_seeds)
            for task in tasks
            for method in methods
        ]


parameters = Parameters.from_namespace(globals())

# %% tags=["remove-cell"]
from myst_nb import glue

from ddlib.plots.style import WIDTH, use_style

use_style()
glue("num_seeds", parameters.num_seeds, display=False)

# %% [markdown]
# ## The methods and their departures
#
# All methods are in one registry, {py:obj}`ddlib.distillers.DISTILLERS`. Each entry says what the method
# replaces. The table has the methods of this chapter. Each of them uses training rows in place of the law.

# %% tags=["hide-input"]
from ddlib.distillers import DISTILLERS

METHOD_NAMES = [
    "herding", "k-center", "first-order", "BPTT", "truncated BPTT", "gradient matching",
    "trajectory matching", "distribution matching", "kernel inducing points", "zeroth-order",
    "exact",
]  # those with stored rows, grids/methods.yml  # fmt: skip
parts = ("criterion", "learner", "law")
marks = {
    name: {part: "×" if part in DISTILLERS[name].departs else "" for part in parts}
    for name in ["random", *METHOD_NAMES]
}
pd.DataFrame(marks).T.rename_axis("replaces the")

# %% [markdown]
# The pictures below show each method on the same small problem: two classes of points in the plane, a network
# with one hidden layer, and three synthetic rows per class (large markers). The colour of the plane is the
# class that the network predicts *when it learns from these rows alone*.

# %% tags=["hide-input"]
from dataclasses import replace
from itertools import islice

from IPython.display import Image
from torch.optim import Adam

from ddlib.tasks.digits import classification_task, two_moons
from ddlib.learners.network import NetworkLearner, mlp
from ddlib.problem.rows import Layout
from ddlib.plots.motion import animate, draw_decision, draw_density

generator = torch.Generator().manual_seed(parameters.seed)
splits = [two_moons(n, noise_std=0.12, generator=generator) for n in (200, 200, 1000)]
layout = Layout(2, categorical=True)
network = NetworkLearner(partial(mlp, 2, (16,), 2, nn.Tanh), 2, 30, 1.0, start="he")
moons = classification_task(network, *splits, layout)
LIMITS = {"xlim": (-1.6, 2.6), "ylim": (-1.2, 1.7)}


def draw_moons(axes, rows, trail=None):
    """Draw the rows and what the network learns from them, always from the same start."""
    theta = network(rows, generator=torch.Generator().manual_seed(1))
    axes.set(**LIMITS)
    axes.set_axis_off()
    draw_decision(
        axes, lambda points: network.logits(theta, points).softmax(1)[:, 1], splits[0], rows,
        layout.classes, trail=trail,
    )  # fmt: skip


paths = {}  # where each method's rows were, for the table below


def at_work(name):
    """The animation of a method that descends, from random rows on."""
    problem = moons.problem(6, generator=torch.Generator().manual_seed(2))
    method = replace(DISTILLERS[name], optimizer=partial(Adam, lr=0.05))
    steps = method.steps(problem, generator=torch.Generator().manual_seed(3))
    path = [problem.initial] + [r.detach().clone() for r in islice(steps, parameters.num_moves)]
    paths[name] = path
    times = torch.linspace(0, parameters.num_moves, parameters.num_frames).round().int().tolist()
    return Image(
        animate(
            lambda axes, k: draw_moons(axes, path[times[k]], torch.stack(path[: times[k] + 1])),
            len(times),
        )
    )


def picks(name):
    """The animation of a method that selects: one more row per class in each frame."""
    sets = []
    for share in range(1, 9):
        problem = moons.problem(2 * share, generator=torch.Generator().manual_seed(2))
        steps = DISTILLERS[name].steps(problem, generator=torch.Generator().manual_seed(3))
        sets.append(next(steps))
    return Image(animate(lambda axes, k: draw_moons(axes, sets[k]), len(sets), hold=4))


# %% [markdown]
# ## Selecting rows
#
# A *random* subset has no objective. It is the first reference for every method. The other two methods pick
# rows one after the other, in each class separately. Let $\phi(x)$ be the features of a row, and $\mu$ their
# mean over the class. *Herding* {cite:p}`welling2009herding` keeps the mean of the picked rows near $\mu$.
# *k-center* {cite:p}`gonzalez1985clustering` picks the row that is farthest from those it has:
#
# $$
# \begin{aligned}
# \text{herding:}\quad x_k&=\arg\min_x\Bigl\|\mu-\frac1k\Bigl(\sum_{j<k}\phi(x_j)+\phi(x)\Bigr)\Bigr\|,\\
# \text{k-center:}\quad x_k&=\arg\max_x\ \min_{j<k}\|\phi(x)-\phi(x_j)\|,
# \end{aligned}
# $$ (eq-selection)
#
# Herding picks near the middle of a class, k-center at its rim. Neither uses the learner or the criterion.
# {numref}`fig-herding` and {numref}`fig-k-center` add one pick per class in each frame, from one to eight.

# %% tags=["hide-input"]
# | label: fig-herding
# | caption: >-
# |   Herding: picks stay near the mean of their class.
# | alt: >-
# |   Animation. Row after row is picked inside each half moon; the boundary ends nearly straight.
picks("herding")

# %% tags=["hide-input"]
# | label: fig-k-center
# | caption: >-
# |   k-center: each pick is the row that lies farthest from those before.
# | alt: >-
# |   Animation. Row after row is picked far from those before, at the ends and rims of the half moons; the
# |   boundary ends as a wave.
picks("k-center")

# %% [markdown]
# ## Descending the criterion itself
#
# *Back-propagation through time* (BPTT) {cite:p}`wang2018dataset` unrolls the learner's own training and
# differentiates it. The training takes $T$ steps of size $\eta$ on the loss $\ell$ of the set $S$:
#
# $$
# \hat F(S)=\hat{\mathcal R}(\theta_T),\qquad \theta_{t+1}=\theta_t-\eta\nabla_\theta\ell(\theta_t;S).
# $$ (eq-bptt)
#
# If the learner *is* such a training, BPTT replaces only the law. If the learner has a closed form or another
# algorithm, BPTT also replaces the learner by a descent. It must keep all $T$ steps in memory. *Random
# truncation* {cite:p}`feng2024embarrassingly` ends the training at a random step and differentiates the last
# few steps only. It needs less memory, but its gradient is biased ({prf:ref}`thm-truncation`).

# %% tags=["hide-input"]
# | label: fig-bptt
# | caption: >-
# |   BPTT. Thin lines show how the rows moved. The colours are what the network learns from them.
# | alt: >-
# |   Animation. Six large markers move along curved trails; the boundary between the two colours ends as a
# |   wave between the half moons.
at_work("BPTT")

# %% tags=["hide-input"]
# | label: fig-truncated
# | caption: >-
# |   The same with random truncation to ten steps.
# | alt: >-
# |   Animation. Six large markers move as in the figure before; the boundary ends as a flatter wave.
at_work("truncated BPTT")

# %% [markdown]
# In {numref}`fig-bptt` and {numref}`fig-truncated` nothing keeps a row near the data. A table below shows how
# far the rows end from it.
#
# *First-order* descent is the same idea for a learner that has a derivative, such as the solution of a linear
# system. *Zeroth-order* descent {eq}`eq-zeroth-order` uses only values of $\hat F$ ({numref}`fig-zeroth`).

# %% tags=["hide-input"]
# | label: fig-zeroth
# | caption: >-
# |   Zeroth-order descent along random directions. It uses no gradient of the learner.
# | alt: >-
# |   Animation. The markers drift along ragged trails; the boundary ends nearly straight.
at_work("zeroth-order")

# %% [markdown]
# ## Matching something else
#
# *Gradient matching* {cite:p}`zhao2021dataset` compares the gradients of the loss on $S$ and on the training
# rows $D$, along a training on $S$. It does so for each class $c$ (rows $S_c$, $D_c$), layer $l$ and unit $u$:
#
# $$
# \hat F(S)=\sum_c\sum_l\sum_u
# \Bigl(1-\cos\bigl(\nabla\ell(\theta;D_c)_{lu},\nabla\ell(\theta;S_c)_{lu}\bigr)\Bigr).
# $$ (eq-gradient-matching)
#
# *Trajectory matching* {cite:p}`cazenavette2022dataset` compares trainings. Let $\theta^*_t$ be the parameters
# after $t$ steps on $D$. From there, $N$ steps on $S$ lead to $\hat\theta_{t+N}$. They are to end where $M$
# steps on $D$ end, with $M>N$:
#
# $$
# \hat F(S)=\frac{\|\hat\theta_{t+N}-\theta^*_{t+M}\|^2}{\|\theta^*_t-\theta^*_{t+M}\|^2}.
# $$ (eq-trajectory-matching)
#
# Both keep the learner's training and replace the criterion. They compare parameters or gradients, not the
# error at the task. *Distribution matching* {cite:p}`zhao2023dataset` replaces the learner as well. It compares
# $\overline\psi$, the mean over a class of a random embedding $\psi$:
#
# $$
# \hat F(S)=\mathbb E_\psi\sum_c\bigl\|\overline{\psi}(D_c)-\overline{\psi}(S_c)\bigr\|^2 .
# $$ (eq-distribution-matching)

# %% tags=["hide-input"]
# | label: fig-gm
# | caption: >-
# |   Gradient matching.
# | alt: >-
# |   Animation. The markers move along crossing trails; the boundary ends rising to the right, with a small
# |   bend.
at_work("gradient matching")

# %% tags=["hide-input"]
# | label: fig-mtt
# | caption: >-
# |   Trajectory matching.
# | alt: >-
# |   Animation. Some markers move apart along curved trails; the boundary ends as a gentle wave.
at_work("trajectory matching")

# %% tags=["hide-input"]
# | label: fig-dm
# | caption: >-
# |   Distribution matching. It does not use what the network learns from the rows.
# | alt: >-
# |   Animation. The markers move along looping trails, two of different classes next to each other; the
# |   boundary ends as a slanted line that cuts both half moons.
at_work("distribution matching")

# %% [markdown]
# {numref}`fig-gm`, {numref}`fig-mtt` and {numref}`fig-dm` start from the same rows as the others.
#
# ## Another learner
#
# *Kernel inducing points* {cite:p}`nguyen2021dataset` replace the learner by kernel ridge regression, which has
# a closed form, and descend its error on the $n$ training rows. $K_{DS}$ and $K_{SS}$ hold the kernel between
# the rows of two sets, $y_D$ and $y_S$ the responses, $m$ is the number of rows of $S$, and $\lambda$ the
# penalty:
#
# $$
# \hat F(S)=\tfrac1n\bigl\|y_D-K_{DS}(K_{SS}+m\lambda I)^{-1}y_S\bigr\|^2 .
# $$ (eq-kip)
#
# Where responses are free, the best $y_S$ solves a least-squares problem (*label solve*). If the task's own
# learner is kernel ridge regression with this kernel and penalty, the method replaces only the law.

# %% tags=["hide-input"]
# | label: fig-kip
# | caption: >-
# |   Kernel inducing points, made for a Gaussian kernel and given to the network.
# | alt: >-
# |   Animation. The markers move along short trails; the boundary ends as a nearly straight line between the
# |   half moons.
at_work("kernel inducing points")

# %% [markdown]
# For {numref}`fig-kip` and the other descents, the table has the accuracy of the network on test points, over
# twenty random starts. It also has the mean distance of the rows from the nearest training point of their
# class.

# %% tags=["hide-input"]
from ddlib.problem import evaluate


def outcome(rows):
    """Accuracy of what the network learns from the rows, and their mean distance from the data."""
    starts = torch.Generator().manual_seed(4)
    apart = torch.cdist(layout.inputs(rows), layout.inputs(splits[0]))
    other = layout.classes(rows)[:, None] != layout.classes(splits[0])
    return {
        "test accuracy": 1 - evaluate(network, rows, moons.test, generator=starts, num_draws=20),
        "distance from the data": apart.masked_fill(other, torch.inf).amin(1).mean().item(),
    }


outcomes = {"start": outcome(next(iter(paths.values()))[0])}
outcomes |= {name: outcome(path[-1]) for name, path in paths.items()}
outcomes = pd.DataFrame(outcomes).T
outcomes.style.format("{:.2f}")

# %% tags=["remove-cell"]
for key, name in {"bptt": "BPTT", "start": "start"}.items():
    glue(f"moons_{key}", 100 * float(outcomes.loc[name, "test accuracy"]), display=False)
glue("farthest", outcomes["distance from the data"].idxmax(), display=False)

# %% [markdown]
# In this one run, BPTT raises the accuracy from {glue:text}`moons_start:.0f` to {glue:text}`moons_bptt:.0f` per
# cent. The rows of {glue:text}`farthest` end farthest from the data. A useful synthetic row need not look like
# a measured one.
#
# ## Exact
#
# Where the learner has a statistic, `exact` writes rows that carry it ({prf:ref}`thm-exact`).
# {numref}`fig-density` shows a Gaussian density in two dimensions. First-order descent moves four rows until
# their density is that of the training rows. The ellipses are at one and two standard deviations. `Exact` needs
# no descent for this.

# %% tags=["hide-input"]
# | label: fig-density
# | caption: >-
# |   First-order descent of four rows for a Gaussian density.
# | alt: >-
# |   Animation. Four markers move outwards and the two ellipses of their density grow until they cover the
# |   cloud of points.
from ddlib.distillers.first_order import FirstOrder
from ddlib.learners.gaussian import GaussianMLE
from ddlib.problem import DistillationProblem, TrainingCriterion

points = layout.inputs(splits[0]).double()
gaussian = GaussianMLE()
problem = DistillationProblem(
    gaussian, TrainingCriterion(gaussian(points).cross_entropy), points[:4]
)
steps = FirstOrder().steps(problem, generator=generator)
path = [problem.initial] + [r.detach().clone() for r in islice(steps, parameters.num_moves)]


def draw_fit(axes, k):
    """Draw the density learnt from the rows after a share of the steps."""
    now = round(k * parameters.num_moves / (parameters.num_frames - 1))
    model = gaussian(path[now])
    axes.set(xlim=(-2.2, 3.2), ylim=(-1.6, 2.1))
    axes.set_axis_off()
    draw_density(
        axes, model.mean, model.covariance, points, path[now], trail=torch.stack(path[: now + 1])
    )


Image(animate(draw_fit, parameters.num_frames))

# %% [markdown]
# ## The method × task matrix
#
# {numref}`fig-methods` has every method on every task of the last chapter, with four rows, on
# {glue:text}`num_seeds` systems. The step size of a descent (0.02 or 0.1, Adam) and the step that is kept are
# chosen on validation rows. A cell is the median gap closed: 0 is the median random subset of that system, 1 is
# all rows. A dash means that the method has no set on any system. The intervals below the figure are those of
# the median, from order statistics.
#
# ```{admonition} What this matrix does not show
# :class: warning
# The comparison is not yet on the terms of [our own rules](../book/protocol.md).
#
# - A descent chooses the best of {glue:text}`num_looks` looks at validation rows. Random rows, herding and
#   k-center choose nothing on them, and the best of as many random subsets is missing. So a small positive
#   value can come from this choice alone.
# - The step size is one of two, on a grid that is not widened, and the cost is not made equal.
# - The marks of the figure are not adjusted for the number of cells.
# - The random subset is treated as if it stood for all training rows. Where that makes it bad, the gap closed
#   saturates near 1.
# ```

# %% tags=["hide-input"]
from ddlib.experiments.gaps import refusals, with_gaps
from ddlib.experiments.methods import ALL_ROWS, METHODS, RANDOM

TASKS = [
    "prediction", "one state", "covariate shift", "control", "posterior", "kernel regression",
    "density", "Bayesian network",
]  # fmt: skip
# All rows and random subsets are the same whatever task they are asked for.
size = {"num_rows": 4, "num_steps": 100}
configs = parameters.configs(["prediction"], [ALL_ROWS, RANDOM], **size)
collected = collect(METHODS, configs + parameters.configs(TASKS, METHOD_NAMES, **size))
gaps = with_gaps(collected)
own = gaps[(gaps["task"] == gaps["judged_on"]) | (gaps["method"] == RANDOM)]
own = own.assign(task=own["judged_on"])
medians = own.groupby(["method", "task"])["gap"].median().unstack().loc[METHOD_NAMES, TASKS]

# %% tags=["hide-input"]
from ddlib.summaries import median_interval

ends = own.groupby(["method", "task"])["gap"].apply(median_interval)
low, high = (ends.str[k].unstack().reindex(METHOD_NAMES)[TASKS] for k in (0, 1))
verdicts = low.gt(0).replace({True: "higher", False: ""}).mask(high < 0, "lower")

# %% tags=["hide-input"]
# | label: fig-methods
# | caption: >-
# |   Median gap closed by sets of four rows, for each method and task. Bold: the 95 % interval of the median
# |   over the systems lies above 0, the random subset. Italic: it lies below. Values under -1 are coloured
# |   as -1. A dash: the method has no set.
# | alt: >-
# |   Heat map of methods by tasks. First-order, zeroth-order and exact are high wherever they apply. Herding
# |   is negative in most columns. Gradient and trajectory matching are high for prediction, one state,
# |   covariate shift and control, near zero for the density, and have no set for the other tasks.
from ddlib.plots.matrices import draw_matrix

fig, axes = plt.subplots(figsize=(WIDTH, 1.05 * WIDTH))
image = draw_matrix(medians, axes, verdicts=verdicts)
axes.set(xlabel="task", ylabel="method")
fig.colorbar(image, label="gap closed", shrink=0.6)
plt.show()

# %% tags=["hide-input"]
text = low.map("[{:.2f}, ".format) + high.map("{:.2f}]".format)
text.replace("[nan, nan]", "–").style.set_caption("95 % intervals of the median gap closed")

# %% tags=["remove-cell"]
marks = verdicts.replace("", "not told apart").stack()
glue("num_looks", len(configs[0].step_sizes) * (configs[0].num_looks + 1), display=False)
glue("methods_verdicts", ", ".join(marks), display=False)
descents = medians.loc[["first-order", "zeroth-order"]]
glue("descents_least", float(descents.min(axis=None)), display=False)
glue("herding_below", int(medians.loc["herding"].lt(0).sum()), display=False)
glue("num_tasks", len(TASKS), display=False)
glue("dm_least", float(medians.loc["distribution matching"].min()), display=False)
glue("dm_most", float(medians.loc["distribution matching"].max()), display=False)
glue("gm_prediction", float(medians.loc["gradient matching", "prediction"]), display=False)
glue("gm_density", float(medians.loc["gradient matching", "density"]), display=False)
glue("kip_posterior", float(medians.loc["kernel inducing points", "posterior"]), display=False)

# %% [markdown]
# First-order and zeroth-order descent use the task's own criterion and learner. Their medians are at least
# {glue:text}`descents_least:.2f` in every column. The medians of the other methods depend on the column:
#
# - *Gradient matching* closes {glue:text}`gm_prediction:.2f` of the gap for prediction and
#   {glue:text}`gm_density:.2f` for the density.
# - *Kernel inducing points* are near 1 for prediction, where a linear kernel makes them the learner itself. For
#   the posterior, whose learner they do not use, they close {glue:text}`kip_posterior:.2f`.
# - *Distribution matching*, which does not use the task, closes between {glue:text}`dm_least:.2f` and
#   {glue:text}`dm_most:.2f`.
# - *Herding* is below 0 in {glue:text}`herding_below` of {glue:text}`num_tasks` columns.
#
# The table has the reasons for missing sets, as the library states them. Where a method diverges on some
# systems, its median is over the others only.


# %% tags=["hide-input"]
def named(group):
    """The methods and tasks of one refusal, as text."""
    return "; ".join(sorted(set(group["method"] + ", " + group["task"])))


said = refusals(collected).groupby("refusal", sort=False)[["method", "task"]].apply(named)
said.rename("method and task").reset_index()[["method and task", "refusal"]].style.hide()

# %% [markdown]
# ## Regret
#
# Regret {eq}`eq-faithfulness` is the distance from the best set of four rows. {prf:ref}`thm-ridge` gives the
# value of that set for the first three tasks. For control, posterior and kernel regression the table has the
# distance from a lower bound, which is at least the regret.

# %% tags=["hide-input"]
from ddlib.tasks.registry import draw_tasks
from ddlib.streams import stream

bounds = {}
for s in range(parameters.seed, parameters.seed + parameters.num_seeds):
    drawn = draw_tasks("transitions", generator=stream(s, "transitions data"))
    bounds |= {(s, name): drawn[name].bound(4) for name in TASKS}
level = pd.Series(bounds).rename_axis(["seed", "task"]).rename("bound")
loss = own.join(level, on=["seed", "task"]).assign(loss=lambda t: t["value"] - t["bound"])
regret = loss.groupby(["method", "task"])["loss"].median().unstack()
regret.loc[["random", *METHOD_NAMES], TASKS[:6]].style.format("{:.2g}", na_rep="–")

# %% tags=["hide-input"]
ranks = medians[TASKS].drop(columns=["Bayesian network"]).dropna(how="all")
correlation = ranks.corr("spearman")

# %% [markdown]
# ## Does one ranking serve all tasks?
#
# If one ranking served all tasks, the order of the methods would be the same in every column.
# {numref}`fig-ranks` has the rank correlation of the methods between two tasks, over the methods that have sets
# for both.

# %% tags=["hide-input"]
# | label: fig-ranks
# | caption: >-
# |   Spearman's rank correlation of the methods' median gap closed, between pairs of tasks.
# | alt: >-
# |   Heat map of tasks by tasks. Correlations are high among prediction, one state, covariate shift, control
# |   and kernel regression. They are lower between most of these and the posterior or the density.
fig, axes = plt.subplots(figsize=(WIDTH, 0.85 * WIDTH))
image = draw_matrix(correlation, axes)
fig.colorbar(image, label="rank correlation", shrink=0.7)
plt.show()

# %% tags=["remove-cell"]
pairs = correlation.where(~torch.eye(len(correlation), dtype=torch.bool).numpy()).stack()
glue("rank_least", float(pairs.min()), display=False)
glue("rank_least_a", pairs.idxmin()[0], display=False)
glue("rank_least_b", pairs.idxmin()[1], display=False)
glue("rank_most", float(pairs.max()), display=False)

# %% [markdown]
# The correlation ranges from {glue:text}`rank_least:.2f` ({glue:text}`rank_least_a` and
# {glue:text}`rank_least_b`) to {glue:text}`rank_most:.2f`. So the order of these medians differs between tasks.
# Many medians are nearly equal and some pairs share few methods, so the figure does not say by how much.

# %% [markdown]
# ## Handwritten digits
#
# The data are scikit-learn's digits {cite:p}`pedregosa2011scikit`, 8 × 8 pixels, with 1000 training rows. The
# learner is a perceptron with 32 hidden units, trained by 40 steps of gradient descent, on all rows as on
# distilled ones. Sets of 1, 10 and 50 rows per class are made *for this network* and also given to other
# networks. {numref}`fig-digits` has the accuracy on test rows. The warning above holds here too, and the splits
# share rows, so the bands are too narrow.

# %% tags=["hide-input"]
DIGIT_METHODS = [
    "random", "herding", "k-center", "BPTT", "truncated BPTT", "gradient matching",
    "trajectory matching", "distribution matching", "kernel inducing points",
]  # fmt: skip
SETTINGS = {1: (10, 100), 10: (100, 100), 50: (500, 50)}  # a class: rows, steps
digits = pd.concat(
    collect(
        METHODS,
        parameters.configs(
            ["perceptron"], [ALL_ROWS, *DIGIT_METHODS], family="digits", num_rows=rows,
            num_steps=steps, num_subsets=5,
        ),
    ).assign(share=share)
    for share, (rows, steps) in SETTINGS.items()
)  # fmt: skip
digits["accuracy"] = 1 - digits["value"]
per_seed = digits.groupby(["share", "method", "judged_on", "seed"])["accuracy"].mean()
means = per_seed.groupby(["share", "method", "judged_on"]).mean()
on_own = means.xs("perceptron", level="judged_on")

# %% tags=["hide-input"]
# | label: fig-digits
# | caption: >-
# |   Test accuracy over rows per class, on the network that the sets were made for (left) and on a
# |   convolutional network (right): mean over the splits, and a 95 % interval that takes them as independent.
# | alt: >-
# |   Two line plots over the rows per class, one line per method. The random subset is the lowest at the
# |   smallest budget. At the largest budget all methods come together, near the dashed line of all rows.
from ddlib.plots.curves import panels, plot_means, plot_references

fig, axes_of = panels(2, height=0.7 * WIDTH, sharey=True)
curves = per_seed.reset_index()
for axes, judged in zip(axes_of, ["perceptron", "convolutional"], strict=True):
    axes.set_prop_cycle(color=plt.cm.tab10.colors)
    part = curves[(curves["judged_on"] == judged) & curves["method"].isin(DIGIT_METHODS)]
    plot_means(part, axes, x="share", y="accuracy", by="method")
    plot_references(axes, {"all rows": means[1, ALL_ROWS, judged]})
    axes.set(xscale="log", xlabel="rows per class", title=judged)
    axes.set_xticks(list(SETTINGS), list(SETTINGS))
    axes.minorticks_off()
axes_of[0].set_ylabel("accuracy")
fig.legend(*axes_of[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
plt.show()

# %% tags=["hide-input"]
networks = ["perceptron", "deep perceptron", "convolutional"]
table = means.unstack(["judged_on", "share"])[networks].loc[[*DIGIT_METHODS, ALL_ROWS]]
table.style.format("{:.3f}").set_caption("mean test accuracy, by network and rows per class")

# %% tags=["hide-input"]

paired = per_seed.xs("perceptron", level="judged_on").unstack("method")
beats = paired[DIGIT_METHODS[1:]].ge(paired["random"], axis=0).groupby("share").sum()
beats.T.rename_axis(columns="splits at least as good as random, by rows per class")

# %% tags=["remove-cell"]
top = {share: on_own.loc[share].loc[DIGIT_METHODS] for share in SETTINGS}
for share in (min(SETTINGS), max(SETTINGS)):
    lead = float(top[share].max() - top[share]["random"])
    glue(f"digits_lead_{share}", 100 * lead, display=False)
own_lead = means.loc[10, "BPTT", "perceptron"] - means.loc[10, "random", "perceptron"]
other_lead = means.loc[10, "BPTT", "convolutional"] - means.loc[10, "random", "convolutional"]
glue("bptt_own", 100 * float(own_lead), display=False)
glue("bptt_other", 100 * float(other_lead), display=False)

# %% [markdown]
# With one row per class the largest mean is {glue:text}`digits_lead_1:.0f` points above the random subset. With
# fifty, half of the training rows, it is {glue:text}`digits_lead_50:.1f` points above. The largest of many
# means is itself a choice on test rows, so these leads are optimistic.
#
# *On another network.* With ten rows per class BPTT is {glue:text}`bptt_own:.1f` points above random on its own
# network, and {glue:text}`bptt_other:.1f` on the convolutional one. If a set is to serve several learners, the
# problem can say so: let $\learner$ draw one at random, as part of $\xi$.
#
# The next table has sets made for logistic regression, where first-order descent has the exact gradient:

# %% tags=["hide-input"]
LOGISTIC = [
    "first-order", "BPTT", "truncated BPTT", "gradient matching", "trajectory matching",
    "distribution matching", "kernel inducing points",
]  # fmt: skip
logistic = collect(
    METHODS,
    parameters.configs(
        ["logistic regression"], LOGISTIC, family="digits", num_rows=100, num_steps=100,
        num_subsets=5,
    ),
)  # fmt: skip
transfer = (1 - logistic.groupby(["method", "judged_on"])["value"].mean()).unstack().loc[LOGISTIC]
transfer.style.format("{:.3f}").set_caption(
    "accuracy of sets made for logistic regression, ten rows per class"
)

# %% tags=["remove-cell"]
glue("logistic_best", transfer["logistic regression"].idxmax(), display=False)
glue("logistic_worst", transfer["perceptron"].idxmin(), display=False)

# %% [markdown]
# Of these methods, {glue:text}`logistic_best` has the largest mean on logistic regression, and
# {glue:text}`logistic_worst` has the smallest on the perceptron. This is one data set, without intervals. It
# does not show that a set made for one learner is worse on others in general.
#
# ## Time and memory
#
# The table has the cost of one step on digits with ten rows per class. The time is that on one core, with the
# evaluation on validation rows. The memory is the most that the graph keeps for the gradient in the first
# steps.

# %% tags=["hide-input"]
from ddlib.problem.graph_memory import graph_memory

recognition = draw_tasks("digits", generator=stream(parameters.seed, "digits data"))["perceptron"]


def megabytes(name):
    """The most that the graph keeps in the first two steps of a method."""
    problem = recognition.problem(100, generator=stream(parameters.seed, "start"))
    with graph_memory() as memory:
        steps = DISTILLERS[name].steps(problem, generator=stream(parameters.seed, "distillation"))
        for _ in islice(steps, 2):
            pass
    return memory.peak / 1e6


names = DIGIT_METHODS[3:]
ten = digits[(digits["share"] == 10) & digits["method"].isin(names)]
cost = pd.DataFrame(
    {
        "ms a step": 1000 * ten.groupby("method")["seconds"].median(),
        "MB of graph": pd.Series({name: megabytes(name) for name in names}),
        "accuracy": on_own.loc[10],
    }
)
cost.loc[names].style.format({"ms a step": "{:.0f}", "MB of graph": "{:.2f}", "accuracy": "{:.3f}"})

# %% [markdown]
# BPTT keeps all steps of a training in memory, and truncation keeps those of its window. The times are medians
# over runs of which two shared the machine, so only their order of magnitude counts.
#
# ````{admonition} Exercise
# :class: tip
# With squared distances, gradient matching is exact for ridge regression with $d$ features and $k$ responses if
# it matches at enough $\Theta$ and $m\ge d+k$. Why? And why is it not exact with the cosine?
#
# ```{dropdown} Solution
# The gradient $\frac1mX^\top(X\Theta-Y)+\lambda\Theta$ is linear in the second moments $X^\top X/m$ and
# $X^\top Y/m$. If it agrees at enough $\Theta$, the moments agree, and with them every learner that sees only
# these ({prf:ref}`thm-exact`). The cosine ignores the gradient's length. With $\lambda=0$ in the matched loss
# it cannot tell sets whose moments are multiples of each other. A learner with $\lambda>0$ learns different
# $\Theta$ from them.
# ```
# ````
#
# ## Summary
#
# - Methods can be sorted by what they replace: criterion, learner or law.
# - In the matrix, first-order and zeroth-order descent, which replace only the law, close most of the gap in
#   every column. The medians of most other methods depend on the task.
# - No comparison here is yet on the terms of [our own rules](../book/protocol.md), so none ranks the methods.
