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
# # Play with the results
#
# ```{admonition} In this chapter
# :class: goals
# **You learn** by your own hand what a small set has to carry, and what decides how good it can be.
#
# **You need** [five rows for a thousand](first_example.ipynb); the chapters that the figures come from, for
# the reasons.
# ```
#
# Each figure of this chapter answers to you: move a point, choose a setting, sort by a {term}`task`. All
# numbers come with the page, so it needs no network. In print, and where scripts are off, each figure is a
# still, with the same numbers.
#
# - {numref}`fig-explore-points`: five points, and what they are worth.
# - {numref}`fig-explore-merging`: case study 1; vary noise, hidden variables, {term}`slices <slice>` or rows.
# - {numref}`fig-explore-benchmark`: methods and tasks; sort by the task that you care about.
# - {numref}`fig-explore-boundary`: case study 2; the boundary condition is a slider.

# %% tags=["parameters"]
num_networks = 20  # random networks of case study 1 and linear systems of the benchmark, at least 6
num_rows = 20  # distilled rows of case study 2
num_steps = 1000  # of their descent
seed = 0  # of the first network, system or draw

# %% tags=["hide-input"]
from typing import Annotated

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from pydantic import Field

from ddlib.config import Config, Count, Seed


class Parameters(Config):
    """What each parameter above may be."""

    num_networks: Annotated[int, Field(strict=True, ge=6)]
    num_rows: Count
    num_steps: Count
    seed: Seed


parameters = Parameters.from_namespace(globals())
seeds = [parameters.seed + k for k in range(parameters.num_networks)]

# %% tags=["remove-cell"]
from myst_nb import glue

from ddlib.plots.methods import color_of
from ddlib.plots.style import BLUE, GREY, ORANGE, WIDTH, use_style

use_style()
glue("num_networks", parameters.num_networks, display=False)

# %% [markdown]
# ## Five points and a Gaussian
#
# The task is the first case of [the formal problem](formal_problem.ipynb), in two dimensions. The
# {term}`learner` fits a Gaussian to your points, by their mean and covariance. The {term}`criterion`
# [$F$](#symbol-objective) is the cross-entropy {eq}`eq-cross-entropy` of the law and the fit. It is least, and
# equal to the entropy of the law, where the fit is the law itself. So the number below the figure is 0 at best.
# {numref}`fig-explore-points` shows five points before a descent.

# %% tags=["hide-input"]
from ddlib.learners.gaussian import Gaussian, GaussianMLE

generator = torch.Generator().manual_seed(parameters.seed)
law = Gaussian(
    torch.tensor([0.4, -0.2], dtype=torch.float64),
    torch.tensor([[1.0, 0.6], [0.6, 0.8]], dtype=torch.float64),
)
training = law.sample(300, generator=generator)
shape = torch.tensor(
    [[-1.5, 1.5], [-2.5, 0.5], [-0.5, 2.5], [-2.0, 2.5], [-1.0, 1.0]], dtype=torch.float64
)
start = shape + 0.1 * torch.randn(5, 2, dtype=torch.float64, generator=generator)
start = (20 * start).round() / 20  # a grid that arrow keys stay on


def above_law(rows):
    """F of the rows above its least value, in nats per row."""
    return (law.cross_entropy(GaussianMLE()(rows)) - law.entropy()).item()


glue("start_value", above_law(start), display=False)
glue("training_value", above_law(training), display=False)
print(f"start: {above_law(start):.4f}   all 300 training rows: {above_law(training):.4f}")

# %% tags=["hide-input"]
# | label: fig-explore-points
# | caption: >-
# |   Five points (blue), the Gaussian that the learner fits to them (orange) and the law (dashed), each as the
# |   ellipse of two standard deviations. Grey: training rows.
# | alt: >-
# |   A cloud of grey training rows within a dashed ellipse that rises to the right. Five blue points lie to
# |   the upper left of it, and the orange ellipse fitted to them falls outside most of the dashed one.


def outline(gaussian):
    """The ellipse of two standard deviations."""
    angle = torch.linspace(0, 2 * torch.pi, 121, dtype=torch.float64)
    circle = torch.stack([angle.cos(), angle.sin()], dim=1)
    return gaussian.mean + 2 * circle @ torch.linalg.cholesky(gaussian.covariance).T


fig, axes = plt.subplots(figsize=(0.75 * WIDTH, 0.75 * WIDTH))
axes.scatter(*training.T, s=3, color=GREY, alpha=0.35, label="_training rows")
axes.plot(*outline(law).T, "--", color=GREY, label="_law")
axes.plot(*outline(GaussianMLE()(start)).T, color=ORANGE, label="_learnt from the synthetic rows")
axes.scatter(*start.T, s=50, color=BLUE, zorder=3, label="_synthetic rows")
axes.set(xlim=(-3.5, 3.5), ylim=(-3.5, 3.5), aspect="equal")
plt.show()

# %% tags=["remove-input"]
from ddlib.plots.explorers import Control, Explorer

points = pd.DataFrame({"point": [1, 2, 3, 4, 5], "x": start[:, 0], "y": start[:, 1]})
words = f"All {len(training)} training rows: {above_law(training):.4f}."
Explorer(
    kind="points",
    still="fig-explore-points",
    controls=[],
    rows=points,
    columns={"point": "point", "x": "x", "y": "y"},
    shown=points,
    settings={
        "law": {
            "mean": law.mean.tolist(),
            "covariance": law.covariance[[0, 0, 1], [0, 1, 1]].tolist(),
        },
        "start": start.tolist(),
        "training": training.clamp(-3.5, 3.5).mul(100).round().div(100).tolist(),
        "words": words,
    },
)

# %% [markdown]
# The start is {glue:text}`start_value:.2f` nats above the law, and all training rows are
# {glue:text}`training_value:.4f` above it. A descent soon makes the five points better than the training rows,
# because it knows the law. There are many such sets: mean and covariance are five numbers, and
# five points have ten. Three points are enough ({prf:ref}`thm-gaussian`).
#
# ## Case study 1: one thing at a time
#
# {numref}`fig-explore-merging` has the {term}`loss against clean rows` of [case study 1](merging.ipynb), over
# one factor at a time. Choose the factor that varies, and the values of the others. Not all settings were run
# together: most runs change one factor of 0.3 noise, one hidden variable, two slices and 500 rows. Descents
# were run over the rows per source only.

# %% tags=["hide-input"]
from ddlib.experiments.comparison import against_clean
from ddlib.experiments.descent_ways import ALL, CAPTION, FIRST, descent_config
from ddlib.experiments.descents import DESCENTS
from ddlib.experiments.references import ALONE, EXACT, PAIRWISE, REFERENCES, ReferencesConfig
from ddlib.experiments.references import SUBSET_CHOSEN as SUBSET
from ddlib.runs.compute import collect

NAMES = {
    "IPC": "IPC, rows per source",
    "noise_std": "noise, standard deviations",
    "num_hidden": "variables that a source hides, of 6",
    "num_slices": "time slices",
    "training_rows": "training rows per source",
}
BASE = {"IPC": 10, "noise_std": 0.3, "num_hidden": 1, "num_slices": 2, "training_rows": 500}
METHODS = (SUBSET, CAPTION, ALL, FIRST, EXACT, ALONE, PAIRWISE)
COLORS = {method: color_of(method) for method in METHODS}
BUDGETS = (10, 20, 50, 100)
settings = [{"num_hidden": h, "noise_std": s} for h in range(4) for s in (0.0, 0.1, 0.3, 0.6)]
settings += [{"num_slices": slices} for slices in (6, 10)]
settings += [{"training_rows": rows} for rows in (100, 200, 1000, 4000)]
references = collect(
    REFERENCES, [ReferencesConfig(seed=s, **given) for given in settings for s in seeds]
)
descents = []
for way in (CAPTION, ALL, FIRST):
    costs = {"evaluations": 2400, "gradients": 300}
    configs = [
        descent_config(way, seed=s, rows_per_source=m, **costs) for m in BUDGETS for s in seeds
    ]
    descents.append(collect(DESCENTS, configs).assign(method=way))
values = against_clean(references, pd.concat(descents, ignore_index=True))
values = values[values["method"].isin(COLORS)]
level = values[~values["method"].isin([SUBSET, EXACT, CAPTION, ALL, FIRST])]  # whatever the IPC is
values = values[values["IPC"].isin(BUDGETS) & ~values.index.isin(level.index)]
values = pd.concat([values, *(level.assign(IPC=m) for m in BUDGETS)])
found = values.groupby([*NAMES, "method"])["loss"].quantile(np.array([0.25, 0.5, 0.75])).unstack()
found = found.set_axis(["low", "median", "high"], axis=1).reset_index()
exact = found[(found["method"] == EXACT) & (found["IPC"] == 10)].set_index([*BASE][1:])["median"]
for key, noise, hidden in (("least", 0.0, 1), ("most", 0.6, 1), ("two", 0.3, 2), ("three", 0.3, 3)):
    glue(f"exact_{key}", float(exact.loc[noise, hidden, 2, 500]), display=False)

# %% tags=["hide-input"]
# | label: fig-explore-merging
# | caption: >-
# |   Loss against clean rows, in nats per trajectory: medians over the networks, and quartiles as bands. All
# |   clean rows are at 0, and lower is better.
# | alt: >-
# |   Curves with bands over the rows per source, on a signed logarithmic axis. The curve of the clean subset
# |   falls; those of the distilled sets are nearly level, and that of each source alone is level and high.
from ddlib.plots.curves import signed_log

shown = found[np.logical_and.reduce([found[k] == v for k, v in BASE.items() if k != "IPC"])]
TICKS = [0, 0.1, 0.3, 1, 3, 10, 30]
fig, axes = plt.subplots(figsize=(WIDTH, 0.7 * WIDTH))
for method, color in COLORS.items():
    part = shown[shown["method"] == method]
    axes.plot(part["IPC"], part["median"], "o-", markersize=4, color=color, label=method)
    axes.fill_between(part["IPC"], part["low"], part["high"], color=color, alpha=0.18, lw=0)
axes.set(xscale="log", xlabel=NAMES["IPC"], ylabel="loss against clean rows,\nnats per trajectory")
axes.set_xticks(BUDGETS, BUDGETS)
axes.minorticks_off()
signed_log(axes, linear=0.1, ticks=TICKS)
fig.legend(loc="outside lower center", ncols=2)
plt.show()

# %% tags=["remove-input"]
from ddlib.plots.explorer_charts import curves_chart

held = [
    Control(name, words, {v: f"{v:g}" for v in sorted(found[name].unique())}, BASE[name])
    for name, words in NAMES.items()
]
Explorer(
    kind="curves",
    still="fig-explore-merging",
    controls=[Control("vary", "Vary", NAMES, "IPC"), *held],
    rows=found,
    columns={"method": "method", **NAMES, "median": "median", "low": "lower", "high": "upper"},
    shown=shown,
    settings={
        "base": {name: f"{value:g}" for name, value in BASE.items()},
        "titles": NAMES,
        "chart": curves_chart(
            COLORS,
            y="loss against clean rows, nats",
            limits=(-0.05, found["high"].max()),
            ticks=TICKS,
        ),
    },
)

# %% [markdown]
# Vary the noise: the loss of exact rows from EM is {glue:text}`exact_least:.3f` nats without noise and
# {glue:text}`exact_most:.2f` at the strongest. Vary what is hidden: it is {glue:text}`exact_two:.2f` at two
# variables and {glue:text}`exact_three:.1f` at three. [The limits of merging](limits.ipynb) says why.
#
# ## Methods and tasks
#
# {numref}`fig-explore-benchmark` has the numbers of {numref}`fig-methods` in [the benchmark](benchmark.ipynb):
# each method on each task of a linear system, as its regret over that of the best of as many random sets. Sort
# it by a task, and untick groups. Rest on a cell for the quartiles.

# %% tags=["hide-input"]
from ddlib.benchmark.groups import GROUPS, group_of
from ddlib.benchmark.regrets import regret_ratios
from ddlib.benchmark.tables import standings
from ddlib.experiments.benchmark import BENCHMARK
from ddlib.plots.matrices import brief
from ddlib.runs.grid import read_grid
from ddlib.runs.places import ROOT
from ddlib.tasks.registry import FAMILIES

configs = {}
for name in ("benchmark_transitions_references", "benchmark_transitions"):
    every = read_grid(ROOT / "grids" / f"{name}.yml").configs()[1]
    first = min(config.seed for config in every)
    kept = [config for config in every if config.seed == first]
    configs |= {c.model_copy(update={"seed": s}): None for c in kept for s in seeds}
system = collect(BENCHMARK, [*configs])
TASKS = [*FAMILIES["transitions held out"].tasks]
ratios = regret_ratios(system).dropna(subset=["ratio"])
cells = ratios.groupby(["method", "task"])["ratio"].quantile(np.array([0.25, 0.5, 0.75])).unstack()
cells = cells.set_axis(["low", "ratio", "high"], axis=1).reset_index()
told = standings(system, {name: family.overlap for name, family in FAMILIES.items()})
cells = cells.merge(told[["method", "task", "verdict"]], how="left").fillna({"verdict": ""})
cells["overall"] = cells.groupby("method")["ratio"].transform("median")
cells["shade"] = -np.log10(cells["ratio"].clip(lower=1e-3)).clip(-2, 2)
cells["text"] = [brief(ratio, 99) for ratio in cells["ratio"]]
cells["group"] = cells["method"].map(group_of)
cells = cells.sort_values(["overall", "method"]).reset_index(drop=True)

# %% tags=["hide-input"]
# | label: fig-explore-benchmark
# | caption: >-
# |   Regret of sets of four rows, in regrets of the best of as many random sets; median over the systems. Blue
# |   is nearer to the optimum than this baseline, red is farther away.
# | alt: >-
# |   Heat map of methods by tasks, sorted by the median over the tasks. Methods that keep learner and criterion
# |   are blue and at the top; random and herding are red and at the bottom.
from ddlib.plots.matrices import draw_matrix

order = cells["method"].unique()
table = cells.pivot(index="method", columns="task", values="ratio").loc[order, TASKS]
fig, axes = plt.subplots(figsize=(WIDTH, 1.1 * WIDTH))
draw_matrix(
    table, axes, shades=-np.log10(table), limits=(-2.0, 2.0),
    fmt=lambda ratio: brief(ratio, 99),
)  # fmt: skip
plt.show()

# %% tags=["remove-input"]
from ddlib.plots.explorer_charts import matrix_chart

OVERALL = "the median over the tasks"
Explorer(
    kind="matrix",
    still="fig-explore-benchmark",
    controls=[
        Control("sort", "Sort by", {task: task for task in (OVERALL, *TASKS)}, OVERALL),
        Control("groups", "Methods that", GROUPS, [*GROUPS], kind="boxes"),
    ],
    rows=cells,
    columns={
        "method": "method", "task": "task", "ratio": "median ratio", "low": "lower quartile",
        "high": "upper quartile", "verdict": "against the baseline",
    },
    shown=cells,
    settings={"overall": OVERALL, "chart": matrix_chart(TASKS)},
)  # fmt: skip

# %% [markdown]
# ## Case study 2: one solution at a time
#
# In [case study 2](boundary.ipynb) a boundary condition has a parameter [$\alpha$](#symbol-parameter). Training
# rows come from its lower {term}`tail`, and are noisy. Move $\alpha$ in {numref}`fig-explore-boundary` from the
# training tail to the test tail. One feature PINN has learnt from all noisy rows, another from
# {glue:text}`num_distilled` distilled rows. The first draw of the data is shown.

# %% tags=["hide-input"]
from ddlib.experiments.parametric import ParametricConfig, run_method
from ddlib.experiments.parametric_draw import draw_task
from ddlib.experiments.parametric_sets import DISTILLED
from ddlib.pinn.problem import Tails
from ddlib.streams import stream

config = ParametricConfig(
    seed=parameters.seed, method=DISTILLED, problem="RobinPoisson", num_rows=parameters.num_rows,
    num_steps=parameters.num_steps, noise=0.05, lower=0.2, upper=0.2,
)  # fmt: skip
task, _ = draw_task(config, "both")
sets = {"noisy rows": task.data.training, "distilled rows": run_method(config, task).rows}
alphas = torch.linspace(-2.4, 2.4, 25, dtype=torch.float64)
grid = task.problem.grid(alphas, 26)
solutions = {"exact": task.problem.solution(grid)}
for name, rows in sets.items():
    models = [task.pinn(rows, generator=stream(s, "figure 6")) for s in range(4)]
    solutions[name] = torch.stack([model(grid) for model in models]).mean(0)
lines = [
    pd.DataFrame({"alpha": grid[:, 1], "x": grid[:, 0], "u": u.flatten(), "method": name})
    for name, u in solutions.items()
]
lines = pd.concat(lines, ignore_index=True).round({"alpha": 2, "x": 3, "u": 4})
low, high = Tails(0.2, 0.2).gap(task.problem.prior)
glue("num_distilled", parameters.num_rows, display=False)
glue("tail_low", float(low), display=False)
glue("tail_high", float(high), display=False)
wide = lines.pivot(index=["alpha", "x"], columns="method", values="u")
gaps = wide.sub(wide["exact"], axis=0).groupby("alpha").agg(np.linalg.norm)
relative = gaps.div(wide["exact"].groupby("alpha").agg(np.linalg.norm), axis=0)
for key, alpha in (("training", -2.0), ("test", 2.0)):
    glue(f"noisy_{key}", float(relative.loc[alpha, "noisy rows"]), display=False)
    glue(f"distilled_{key}", float(relative.loc[alpha, "distilled rows"]), display=False)

# %% tags=["hide-input"]
# | label: fig-explore-boundary
# | caption: >-
# |   The exact solution at one $\alpha$ of the test tail, and those of the feature PINN from all noisy rows and
# |   from distilled rows.
# | alt: >-
# |   Three curves over x: the exact solution and that from distilled rows lie on each other, a low arc; that
# |   from noisy rows lies apart from both.
LINES = {
    "exact": (GREY, "--"),
    "noisy rows": (color_of("noisy rows"), ":"),
    "distilled rows": (color_of("distilled rows"), "-"),
}
shown = lines[lines["alpha"] == 2.0]
fig, axes = plt.subplots()
for name, (color, dashes) in LINES.items():
    part = shown[shown["method"] == name]
    above = 3 if name == "exact" else 2  # its dashes are seen on a line that lies on it
    axes.plot(part["x"], part["u"], dashes, color=color, label=name, zorder=above)
axes.set(xlabel="$x$", ylabel="$u$")
axes.legend()
plt.show()

# %% tags=["remove-input"]
from ddlib.plots.explorer_charts import solutions_chart

words = {
    value: f"{value:g}"
    + (", training tail" if value <= low else ", test tail" if value >= high else ", between")
    for value in sorted(lines["alpha"].unique())
}
Explorer(
    kind="solutions",
    still="fig-explore-boundary",
    controls=[Control("alpha", "α", words, 2.0, kind="slider")],
    rows=lines,
    columns={"method": "learnt from", "alpha": "α", "x": "x", "u": "u"},
    shown=shown,
    settings={
        "chart": solutions_chart({k: color for k, (color, _) in LINES.items()}, (-0.1, 0.55))
    },
)

# %% [markdown]
# Training parameters end at $\alpha=$ {glue:text}`tail_low:.2f`, and test parameters begin at
# {glue:text}`tail_high:.2f`. At $\alpha=-2$ the relative error is {glue:text}`noisy_training:.4f` from noisy
# rows and {glue:text}`distilled_training:.4f` from distilled rows. At $\alpha=2$ it is
# {glue:text}`noisy_test:.2f` and {glue:text}`distilled_test:.4f`.
#
# ## Exercises
#
# ```{exercise} Two points
# :label: ex-explore-two
#
# In {numref}`fig-explore-points`, put all five points on one line. What happens to the fit, and to the number
# below the figure? Why would two points never do, wherever they lie?
# ```
#
# ```{solution} ex-explore-two
# The fitted ellipse shrinks to a line, and the number grows without bound: the covariance is singular, and the
# density gives almost every other point no probability at all. Two points always lie on one line. In $d$
# dimensions it takes $d+1$ points ({prf:ref}`thm-gaussian`). A learner that asks for less, such as one that
# knows the covariance and learns the mean, is content with one.
# ```
#
# ```{exercise} Three points
# :label: ex-explore-three
#
# Find three points that are as good as the law itself. Dragging is a hard way; a learner that can be inverted
# has a short one, `rows_for`. Then write what the three points are worth for another question: the share of
# the law beyond $x=1$.
# ```
#
# ```{solution-start} ex-explore-three
# ```

# %%
three = GaussianMLE().rows_for(law, 3, generator=torch.Generator().manual_seed(1))
beyond = torch.distributions.Normal(law.mean[0], law.covariance[0, 0].sqrt())
tail = 1 - beyond.cdf(torch.tensor(1.0, dtype=torch.float64)).item()
counted = (three[:, 0] > 1).double().mean().item()
print(f"above the law: {abs(above_law(three)):.4f} nats")
print(f"beyond 1: {tail:.3f} by the law, {counted:.3f} if the three points are counted")

# %% tags=["remove-cell"]
glue("tail_law", tail, display=False)
glue("tail_counted", counted, display=False)

# %% [markdown]
# Through the learner, three points are the law to rounding, and so is every number that is computed from its
# model: the share beyond 1 is {glue:text}`tail_law:.3f`. Whoever *counts* points is another learner, and finds
# {glue:text}`tail_counted:.3f`. A distilled set is read through its learner, or misread.
#
# ```{solution-end}
# ```
#
# ## Summary
#
# ```{admonition} What to take along
# :class: takeaway
# - Points with the right mean and covariance are as good as the law, wherever they lie.
#   {glue:text}`training_value:.4f` nats are what all training rows lack.
# - Noise and hidden variables decide what merging can reach: the loss of exact rows is
#   {glue:text}`exact_least:.3f` nats without noise, and {glue:text}`exact_three:.1f` where each source hides
#   three variables.
# - An order of the methods is that of one task: sort the figure by yours.
# - Rows of one range of $\alpha$ teach little about another. At $\alpha=2$ the relative error is
#   {glue:text}`noisy_test:.2f` from noisy rows of the training tail, and {glue:text}`distilled_test:.4f` from
#   rows that were made for the whole prior.
# ```
#
# ## Try it with other parameters
#
# From the book's folder; a result lands in `_build/runs`.
#
# ```
# make run NOTEBOOK=notebooks/explore.py PARAMS="num_rows=10 num_steps=300"
# ```
