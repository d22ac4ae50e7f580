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
# # The limit of merging
#
# [Case study 1](merging.ipynb) merged four sources whose every pair of variables was together somewhere. This
# chapter asks what decides whether that can be done at all. The answer has three parts, and none of them is the
# optimiser:
#
# - how many rows a distilled set needs: $2p+1$, whatever the number of slices;
# - whether the criterion knows the measurement noise;
# - **identifiability**: whether the pairs of variables have been seen together.
#
# All of this chapter is ours; the paper's captions do not speak of it. At its end stands a tool that says,
# before anything is merged, what can be known.

# %% tags=["parameters"]
num_networks = 20  # random networks, each with data of its own, at least 2
hidden = [0, 1, 2, 3]  # variables that each source hides, a setting each
noise = [0.0, 0.1, 0.3, 0.6]  # measurement noise, in standard deviations of a variable
rows_per_source = [10, 20, 50, 100]  # IPC, synthetic rows per source
training_rows = [100, 200, 500, 1000, 4000]  # training rows of each source
num_variables = 6  # variables p of a slice, at least 6
num_sources = 4  # sources K, at least 2
seed = 0  # seed of the first network; the others count up from it

# %% tags=["hide-input"]
from typing import Annotated

import matplotlib.pyplot as plt
import pandas as pd
import torch
from pydantic import Field, NonNegativeInt, model_validator

from ddlib.config import Config, Count, NonNegative, Seed
from ddlib.experiments.references import ReferencesConfig


class Parameters(Config):
    """What each parameter above may be; the rest is checked by `ReferencesConfig`."""

    num_networks: Annotated[int, Field(strict=True, ge=2)]
    hidden: Annotated[tuple[NonNegativeInt, ...], Field(min_length=1)]
    noise: Annotated[tuple[NonNegative, ...], Field(min_length=1)]
    rows_per_source: Annotated[tuple[Count, ...], Field(min_length=1)]
    training_rows: Annotated[tuple[Count, ...], Field(min_length=1)]
    num_variables: Annotated[int, Field(strict=True, ge=6)]
    num_sources: Count
    seed: Seed

    def references(self, network: int, **others) -> ReferencesConfig:
        """Return the config of one network, with `others` in place of the experiment's defaults."""
        return ReferencesConfig(
            seed=self.seed + network,
            rows_per_source=self.rows_per_source,
            num_variables=self.num_variables,
            num_sources=self.num_sources,
            **others,
        )

    @model_validator(mode="after")
    def _each_config_is_possible(self):
        for num_hidden in self.hidden:
            self.references(0, num_hidden=num_hidden)
        return self


parameters = Parameters.from_namespace(globals())

# %% tags=["remove-cell"]
from myst_nb import glue

from ddlib.plots.style import BLUE, GREY, ORANGE, WIDTH, use_style

use_style()

# %% [markdown]
# ## A handful of rows is enough
#
# The learner searches for a graph by the BIC and fits weights by maximum likelihood. Both see a set only
# through four things: mean and covariance of the first slice $x_0$, and mean and covariance of the pairs of
# neighbouring slices $(x_{t-1},x_t)$, pooled over $t$. (The BIC needs a number of rows besides, and is told how
# many the set speaks for.) Two sets with equal moments give one network, and so the same value of *every*
# criterion.
#
# ```{prf:theorem} Exact rows
# :label: thm-exact-rows
# For a linear-Gaussian DBN with $p$ variables, and any number of slices $T\ge2$, there are $m$ trajectories
# whose sample mean and covariance (divisor $m$) of every pair of neighbouring slices are those of the network,
# if $m\ge2p+1$. If the covariance of a pair has full rank, there are none for smaller $m$.
# ```
#
# ````{prf:proof}
# Write $F=A(I-W)^{-1}$, so that $x_t^\top=c^\top+x_{t-1}^\top F+e_t^\top$ with a shock $e_t$ of covariance
# $R^\top R$, and let $R_0^\top R_0$ be the covariance of $x_0$. Let $\mathbf 1$ be the column of $m$ ones. Take
# $Z_0=\sqrt m\,Q_0R_0$, where $Q_0$ has $p$ orthonormal columns, all orthogonal to $\mathbf 1$. Then the rows
# of $Z_0$ have mean 0 and covariance $R_0^\top R_0$. Given $Z_{t-1}$, take
#
# $$Z_t=Z_{t-1}F+\sqrt m\,Q_tR,$$
#
# where $Q_t$ has $p$ orthonormal columns, orthogonal to $\mathbf 1$ and to the columns of $Z_{t-1}$. There is
# room for them if $m\ge1+p+p$. The mean of $Z_t$ is 0; its covariance with $Z_{t-1}$ is
# $\frac1mZ_{t-1}^\top Z_t=\frac1mZ_{t-1}^\top Z_{t-1}F$, and its own is
# $F^\top\bigl(\frac1mZ_{t-1}^\top Z_{t-1}\bigr)F+R^\top R$. These are the recursions that the network's own
# moments follow, from the same start. Add the network's mean of slice $t$ to each row of $Z_t$. Conversely,
# centred rows span at most $m-1$ dimensions, so the covariance of a pair has rank at most $m-1$, and
# $2p\le m-1$.
# ````
#
# Only neighbours have to match, so the count does not grow with $T$. By hand, for a network of two variables
# and five rows:

# %%
from ddlib.dbn import LinearGaussianDBN, learn_dbn
from ddlib.dbn.exact_rows import exact_rows

generator = torch.Generator().manual_seed(parameters.seed)
network = LinearGaussianDBN.random(2, generator=generator)
rows = exact_rows(network, 5, 10, generator=generator)
learnt = learn_dbn(rows, structure=network.structure)
print("rows:", tuple(rows.shape))
print("largest difference of a weight:", (learnt.lagged - network.lagged).abs().max().item())

# %% [markdown]
# Five trajectories of ten slices, and the learner returns the network to rounding. So the number of rows is not
# what limits a distilled set. What goes into them is.
#
# ## What is left of the gap
#
# The experiment `references` fits EM to the sources and writes exact rows, for {glue:text}`num_networks` random
# networks in each setting. The table is for $2p+1$ rows, in settings where every pair of variables is together
# in some source: how much of the gap between a clean subset of as many rows and all clean data do they close?

# %% tags=["hide-input"]
from ddlib.runs.compute import collect
from ddlib.experiments.comparison import against_clean, gaps_closed
from ddlib.experiments.references import EM, ESTIMATED, EXACT, FORGOTTEN, REFERENCES, SUBSET
from ddlib.summaries import compare_paired, summarise

networks = range(parameters.num_networks)
collected = collect(
    REFERENCES,
    [
        parameters.references(i, num_hidden=num_hidden, noise_std=noise_std)
        for num_hidden in parameters.hidden
        for noise_std in parameters.noise
        for i in networks
    ],
)
values = against_clean(collected)
fewest = 2 * parameters.num_variables + 1
gaps = gaps_closed(values, EXACT, subset=SUBSET)
unseen = values.groupby("num_hidden")["unseen_pairs"].max()
identified = gaps[(gaps["rows"] == fewest) & gaps["num_hidden"].map(unseen).eq(0)]
summarise(identified, by=["num_hidden", "noise_std"], value="gap_closed").round(3)

# %% tags=["remove-cell"]
glue("num_networks", parameters.num_networks, display=False)
glue("fewest", fewest, display=False)
glue(
    "worst_identified",
    float(identified.groupby(["num_hidden", "noise_std"])["gap_closed"].mean().min()),
    display=False,
)

# %% [markdown]
# {glue:text}`fewest` rows close at least {glue:text}`worst_identified:.3f` of the gap on average in every one
# of these settings. A clean subset of {glue:text}`fewest` rows is a poor thing, though; the larger budgets
# below are the harder test.
#
# ## The criterion must contain the noise
#
# A source that is measured with noise of variance $\sigma^2$ shows the covariance $\Sigma+\sigma^2I$ on what it
# sees. A criterion that forgets the noise takes this for the law of the patients: variances come out too large,
# and weights too small, as a regression on a noisy regressor does. If $\sigma$ is unknown it can be estimated
# with the rest, as long as something tells it from the variance of the variables themselves. In a saturated
# network nothing would, for a single slice: $\Sigma+\sigma^2I$ is then just another covariance. Missing arcs
# and shared transitions do tell them apart. {numref}`fig-noise` compares the three.

# %% tags=["hide-input"]
# | label: fig-noise
# | caption: >-
# |   Left: log-likelihood of clean test rows under EM's network, relative to all clean data, with the noise
# |   known, estimated and forgotten; median over the networks and quartiles, one variable hidden a source.
# |   Right: the noise that EM estimated, a point a network; the line is the truth.
# | alt: >-
# |   Two panels over the true noise. Left, three curves with intervals on a signed logarithmic axis, that of
# |   the forgotten noise falling far below the other two. Right, a cloud of points around the diagonal.
from ddlib.plots.curves import panels, plot_medians, signed_log

shown = parameters.hidden[min(1, len(parameters.hidden) - 1)]
one = values[values["num_hidden"] == shown]
fig, (left, right) = plt.subplots(1, 2, figsize=(WIDTH, 0.5 * WIDTH))
for method in (EM, ESTIMATED, FORGOTTEN):
    plot_medians(one[one["method"] == method], left, x="noise_std", y="nats", by="method")
signed_log(left, linear=0.1, ticks=[-30, -10, -3, -1, -0.3, -0.1, 0])
left.set(xlabel="noise, standard deviations", ylabel="nats a trajectory")
estimates = collected[(collected["method"] == ESTIMATED) & (collected["num_hidden"] == shown)]
right.scatter(estimates["noise_std"], estimates["noise"], s=14, alpha=0.6, color=ORANGE)
right.axline((0, 0), slope=1, color=GREY, lw=1)
right.set(xlabel="noise, standard deviations", ylabel="estimate")
fig.legend(loc="outside lower center", ncols=3, fontsize="small")
plt.show()

# %% tags=["remove-cell"]
strongest = max(parameters.noise)
cells = one[one["noise_std"] == strongest].groupby("method")["nats"].median()
for key, method in {"known": EM, "estimated": ESTIMATED, "forgotten": FORGOTTEN}.items():
    glue(f"noise_{key}", float(cells[method]), display=False)
glue("strongest", strongest, display=False)
spread = estimates[estimates["noise_std"] == strongest]["noise"]
glue("noise_low", float(spread.min()), display=False)
glue("noise_high", float(spread.max()), display=False)

# %% [markdown]
# At noise {glue:text}`strongest` EM is {glue:text}`noise_known:.2f` nats from all clean data when it knows the
# noise, {glue:text}`noise_estimated:.2f` when it has to estimate it, and {glue:text}`noise_forgotten:.2f` when
# it forgets it. The estimates there range from {glue:text}`noise_low:.2f` to {glue:text}`noise_high:.2f`, and
# the right panel shows that they are no precise measurement: EM moves $\sigma$ slowly, and the estimates keep
# something of where they started, a tenth of the variance measured, when it stops (here at a gain of $10^{-5}$
# nats a row). Where the noise is known, it should be given.
#
# ## What no number of rows can tell
#
# Two hospitals measure a common variable $z$. The first also measures $x$, the second $y$. Nobody sees $x$ and
# $y$ together. The law of what is seen depends on the covariance only through the blocks seen together, so the
# correlation $\rho_{xy}$ does not occur in the likelihood at all. What is known of it is that the whole must be
# a covariance matrix:
#
# $$
# \rho_{xz}\rho_{yz}-\sqrt{(1-\rho_{xz}^2)(1-\rho_{yz}^2)}\;\le\;\rho_{xy}\;\le\;\rho_{xz}\rho_{yz}+\sqrt{(1-\rho_{xz}^2)(1-\rho_{yz}^2)}
# .
# $$ (eq-bounds)
#
# *Why.* With unit variances, the determinant of the correlation matrix of $(x,y,z)$ is
# $(1-\rho_{xz}^2)(1-\rho_{yz}^2)-(\rho_{xy}-\rho_{xz}\rho_{yz})^2$; it must not be negative, and with the
# two-by-two blocks positive definite that is enough. The centre of the interval is where $x$ and $y$ are
# independent given $z$: the completion of maximum entropy {cite:p}`dempster1972covariance,grone1984positive`,
# and an *assumption* that is made tacitly whenever tables are matched on common columns
# {cite:p}`dorazio2006statistical`. {numref}`fig-flat` shows it at work.

# %%
from textwrap import fill

from ddlib.merge.coverage import coverage

truth = torch.tensor(
    [[1.0, 0.8, 0.6], [0.8, 1.0, 0.5], [0.6, 0.5, 1.0]], dtype=torch.float64
)  # x, y, z
sample = (
    torch.randn(20_000, 3, generator=generator, dtype=torch.float64)
    @ torch.linalg.cholesky(truth).T
)
first, second = sample[:10_000, None, :].clone(), sample[10_000:, None, :].clone()
first[..., 1] = torch.nan  # the first hospital does not measure y
second[..., 0] = torch.nan  # the second does not measure x
covered = coverage([first, second], names=["x", "y", "z"])
print(fill(covered.summary, 80))
bounds = covered.bounds()
bounds.round(3)

# %% tags=["hide-input"]
# | label: fig-flat
# | caption: >-
# |   Mean log-likelihood for each value that the correlation of x and y might have, all else fixed at its
# |   estimate: of what the two hospitals show (blue), and of complete rows (orange). Shaded: the interval of
# |   the bounds. The dashed line is the centre, the dotted line the truth.
# | alt: >-
# |   A blue line that is exactly level over the whole shaded interval, and an orange curve with one peak at
# |   the dotted line, to the right of the dashed one.
from ddlib.dbn import SufficientStatistics

seen = SufficientStatistics.from_batches([first, second])
complete = SufficientStatistics.from_trajectories(sample[:, None, :])
estimate = torch.tensor(covered.correlation().to_numpy())
low, high = bounds.loc[0, ["low", "high"]]
grid = torch.linspace(low + 0.01, high - 0.01, 101, dtype=torch.float64)


def likelihood(rho, statistics):
    matrix = estimate.clone()
    matrix[0, 1] = matrix[1, 0] = rho
    mean = torch.zeros(3, dtype=torch.float64)
    stack = next(statistics.stacks())
    return (stack.mean_log_density(mean, matrix) @ stack.count / statistics.num_rows).item()


fig, axes = plt.subplots(figsize=(WIDTH, 0.45 * WIDTH))
axes.plot(
    grid, [likelihood(rho, seen) for rho in grid], color=BLUE, label="what the hospitals show"
)
axes.plot(grid, [likelihood(rho, complete) for rho in grid], color=ORANGE, label="complete rows")
axes.axvspan(low, high, color=GREY, alpha=0.12, lw=0)
axes.axvline(bounds.loc[0, "centre"], color=GREY, ls="--", lw=1)
axes.axvline(truth[0, 1].item(), color=GREY, ls=":", lw=1.5)
axes.set(xlabel=r"$\rho_{xy}$", ylabel="nats a row", ylim=(-5.2, -2.4))
axes.legend(loc="lower center")
plt.show()

# %% tags=["remove-cell"]
flat = [likelihood(rho, seen) for rho in grid]
glue("flat_range", max(flat) - min(flat), display=False)
for key in ("low", "high", "centre"):
    glue(f"bound_{key}", float(bounds.loc[0, key]), display=False)

# %% [markdown]
# Over the whole interval from {glue:text}`bound_low:.2f` to {glue:text}`bound_high:.2f` the likelihood of what
# the hospitals show changes by {glue:text}`flat_range:.1e` nats. Ten thousand rows more would move the ends a
# little and leave it as level. A method that returns a single number here, {glue:text}`bound_centre:.2f` or any
# other, has added an assumption.
#
# ### A known structure is such an assumption, and can be a good one
#
# Suppose it is known that $x$ acts on $z$, $z$ on $y$, and nothing else: $x\to z\to y$. Then $x$ and $y$ are
# independent given $z$, and the centre is the answer. EM with that structure finds it; and it is as wrong as
# the structure is.

# %%
from ddlib.dbn import fit_em

chain = torch.zeros(3, 3, dtype=torch.bool)
chain[0, 2] = chain[2, 1] = True  # x → z → y, in the order x, y, z
fit = fit_em(
    [first, second], noise_std=0.0, structure=(chain, torch.cat([torch.zeros_like(chain), chain]))
)
_, covariance = fit.network.moments(1)
print(f"EM with x → z → y: {covariance[0, 1] / (covariance[0, 0] * covariance[1, 1]).sqrt():.3f}")
print(f"centre of the interval: {bounds.loc[0, 'centre']:.3f}   truth: {truth[0, 1]:.3f}")

# %% [markdown]
# ### Time can restore what columns cannot
#
# Now let there be two variables, measured over time, and let each source see *one of them per slice*, in an
# order of its own: $(x_0,y_1)$, $(y_0,x_1)$, and so on. No row ever shows $x_t$ with $y_t$. With $\Sigma$ the
# covariance of a slice, $F$ the transition and a stationary start, two slices show the diagonal of $\Sigma$ and
# all of the lagged covariance $\Gamma_1=\Sigma F$. The correlation within a slice, in $\Sigma$, stays free:
# whatever it is, $F=\Sigma^{-1}\Gamma_1$ fits. Three slices show
# $\Gamma_2=\Sigma F^2=\Gamma_1\Sigma^{-1}\Gamma_1$ as well, in which it occurs. So with three slices it is
# identified, up to the usual exceptions, because the transition is *shared*.

# %% tags=["hide-input"]
from itertools import product

from ddlib.dbn import LinearGaussianCPDs

within = torch.tensor([[0.0, 0.6], [0.0, 0.0]], dtype=torch.float64)
lagged = torch.tensor([[0.6, 0.5], [-0.5, 0.3]], dtype=torch.float64)
shocks = LinearGaussianCPDs(torch.zeros(2), within, torch.tensor([0.5, 0.4]))
effects = shocks.reduced_form()
stationary = shocks.moments()[1]
for _ in range(200):
    stationary = (lagged @ effects).T @ stationary @ (lagged @ effects) + shocks.moments()[1]
slope = stationary[0, 1] / stationary[0, 0]
start = LinearGaussianCPDs(
    torch.zeros(2),
    torch.stack([torch.stack([torch.zeros(()), slope]), torch.zeros(2)]),
    torch.stack([stationary[0, 0], stationary[1, 1] - slope**2 * stationary[0, 0]]),
)
law = LinearGaussianDBN(start, shocks, lagged)
saturated = (within > 0, torch.cat([torch.ones(2, 2, dtype=torch.bool), within > 0]))


def correlation(network, num_slices):
    """Correlation of x and y within the last slice."""
    covariance = network.moments(num_slices)[1][-2:, -2:]
    return (covariance[0, 1] / covariance.diagonal().prod().sqrt()).item()


found = []
for num_slices in (2, 3):
    trajectories = law.sample(40_000, num_slices, generator=generator)
    orders = list(product([0, 1], repeat=num_slices))  # which variable is seen in each slice
    sources = []
    for share, order in zip(trajectories.tensor_split(len(orders)), orders, strict=True):
        seen_entries = torch.tensor(order)[:, None] == torch.arange(2)
        sources.append(share.masked_fill(~seen_entries, torch.nan))
    fit = fit_em(sources, noise_std=0.0, structure=saturated, tolerance=1e-9, max_iterations=3000)
    found.append({"slices": num_slices, "EM": correlation(fit.network, num_slices)})
pd.DataFrame(found).assign(truth=correlation(law, 3)).set_index("slices").round(3)

# %% [markdown]
# With two slices EM stays where it started, at no correlation; with three it finds the truth to sampling error.
#
# ## The phase diagram
#
# Back to random networks. How many pairs are together in no source depends on how many variables each of them hides:

# %% tags=["hide-input"]
unseen.rename("pairs never together").rename_axis("hidden a source").to_frame().T

# %% [markdown]
# Is it the holes, the noise, or the budget that decides? {numref}`fig-phase` shows the gap closed by exact rows
# from EM, over all three.

# %% tags=["hide-input"]
# | label: fig-phase
# | caption: >-
# |   Median gap closed over the networks, a panel per IPC: 1 is as good as all clean rows, 0 as a clean
# |   subset of the same size. Bold: above the subset, by the 95 % interval of the paired difference; italic:
# |   below it. Values under -1 are coloured as -1.
# | alt: >-
# |   Four colour tables, one per IPC, with the noise down and the number of hidden variables across. The
# |   cells are dark for one hidden variable and small IPC, and turn to the other colour to the right and
# |   down, the sooner the larger IPC is.
from ddlib.plots.matrices import draw_matrix

sized = values[values["method"].isin([SUBSET, EXACT])]
medians = gaps.groupby(["IPC", "noise_std", "num_hidden"])["gap_closed"].median()


def verdicts(ipc):
    """How exact rows compare with the subset: a table of noise by hidden variables."""
    cells = {
        (noise_std, num_hidden): group.pivot(index="seed", columns="method", values="nats")
        for (noise_std, num_hidden), group in sized[sized["IPC"] == ipc].groupby(
            ["noise_std", "num_hidden"]
        )
    }
    found = {cell: compare_paired(pair[EXACT], pair[SUBSET]) for cell, pair in cells.items()}
    return pd.Series(found).unstack()


settings = parameters.rows_per_source
fig, axes_of = panels(len(settings), height=0.4 * WIDTH)
for axes, ipc in zip(axes_of, settings, strict=True):
    image = draw_matrix(medians.loc[ipc].unstack(), axes, verdicts=verdicts(ipc))
    axes.set(title=f"IPC {ipc}", xlabel="hidden a source", ylabel="noise")
fig.colorbar(image, ax=axes_of, label="gap closed", shrink=0.7)
plt.show()

# %% tags=["hide-input"]
at_em = values[values["method"] == EM]
by_unseen = summarise(at_em, by=["num_hidden", "noise_std"], value="nats")
limits = by_unseen.pivot(index="noise_std", columns="num_hidden", values="mean")
pd.concat({"EM, nats relative to all clean data": limits.round(2)}, axis=1).rename_axis(
    index="noise"
)

# %% tags=["remove-cell"]
marks = pd.concat(verdicts(ipc).stack() for ipc in settings)
glue("phase_verdicts", ", ".join(marks), display=False)
for n in parameters.hidden:
    glue(f"unseen_{n}", int(unseen[n]), display=False)
quiet = limits.loc[min(parameters.noise)]
glue("holes_only", float(quiet[max(parameters.hidden)]), display=False)
glue("noise_only", float(limits.loc[strongest, min(parameters.hidden)]), display=False)
glue("most_hidden", max(parameters.hidden), display=False)
glue("unseen_most", int(unseen[max(parameters.hidden)]), display=False)
glue("num_pairs", parameters.num_variables * (parameters.num_variables - 1) // 2, display=False)

# %% [markdown]
# The table below the figure has what is lost whatever the budget: the distance of EM's network from all clean
# data. At the top right there is no noise at all, and {glue:text}`most_hidden` hidden variables a source, which
# leave up to {glue:text}`unseen_most` of {glue:text}`num_pairs` pairs never together:
# {glue:text}`holes_only:.2f` nats. At the bottom left nothing is hidden, and the noise is strongest:
# {glue:text}`noise_only:.2f`. The loss through noise shrinks as the sources get more rows (below); the loss
# through pairs never seen does not, for rows do not tell what the likelihood does not contain.

# %% tags=["hide-input"]
# | label: fig-rows
# | caption: >-
# |   What EM loses against all clean rows of the same sources, over their number: median over the networks
# |   and quartiles, one variable hidden a source. The dotted lines are medians of clean subsets.
# | alt: >-
# |   A curve that rises towards zero from left to right on logarithmic axes, and dotted curves of clean
# |   subsets, one per IPC, nearly level.
more = against_clean(
    collect(
        REFERENCES,
        [
            parameters.references(i, training_rows=n)
            for n in parameters.training_rows
            for i in networks
        ],
    )
)
fig, axes = plt.subplots(figsize=(WIDTH, 0.5 * WIDTH))
plot_medians(more[more["method"] == EM], axes, x="training_rows", y="nats", by="method")
for ipc in settings:
    subset = more[(more["method"] == SUBSET) & (more["IPC"] == ipc)]
    median = subset.groupby("training_rows")["nats"].median()
    axes.plot(median, color=GREY, ls=":", lw=1.2)
    name = f"$D^{{sub}}$, IPC {ipc}"
    axes.annotate(name, (median.index[0], median.iloc[0]), fontsize=8, color=GREY, va="bottom")
axes.set(xscale="log", xlabel="training rows a source", ylabel="nats a trajectory")
axes.set_xticks(parameters.training_rows, parameters.training_rows)
signed_log(axes, linear=0.03, ticks=[-3, -1, -0.3, -0.1, -0.03, 0])
axes.legend(loc="lower right")
plt.show()

# %% [markdown]
# {numref}`fig-rows` answers a question that a hospital would ask: is what I have enough? The sources' curve
# crosses that of a clean subset of IPC rows where merging begins to pay.
#
# ## Before you merge
#
# The coverage of the pairs needs no model and no optimiser, only which columns each table has. Whether two
# hidden variables a source are too many depends on which they are. In the diagram they were dealt out such that
# every pair was together somewhere. Now let one source hide variables 0 and 2, one 0 and 3, one 1 and 2, one 1
# and 3. {numref}`fig-coverage` counts the rows.

# %% tags=["hide-input"]
# | label: fig-coverage
# | caption: >-
# |   How many training rows see each pair of variables together, over all sources. A cross marks a pair that
# |   no source sees together.
# | alt: >-
# |   A symmetric table of counts, darker where more rows see the pair, with crosses in the cells of the pairs
# |   never seen together.
from ddlib.streams import stream
from ddlib.experiments.sources import draw_data
from ddlib.merge import split_sources
from ddlib.plots.merging import draw_counts

example = parameters.references(0)
data = draw_data(example, generator=stream(example.seed, "sources"))
holes = [[a, b] for a in (0, 1) for b in (2, 3)]
sources = split_sources(data.clean, holes, noise_std=0.1, generator=generator)
covered = coverage(sources)
fig, axes = plt.subplots(figsize=(0.55 * WIDTH, 0.5 * WIDTH))
draw_counts(covered.counts, axes)
plt.show()

# %%
print(fill(covered.summary, 80))
pairs = covered.bounds(noise_std=0.1)
pairs.round(2)

# %% [markdown]
# What does it cost? The same clean rows, with as many holes a source, but dealt out so that all pairs are seen:

# %%
from ddlib.dbn import DBNLearner

dealt = [[0, 1], [2, 3], [4, 5], [0, 1]]
placed = {
    "two pairs never together": sources,
    "all pairs together": split_sources(data.clean, dealt, noise_std=0.1, generator=generator),
}
level = DBNLearner(example.ridge)(data.clean).log_likelihood(data.test).mean().item()
losses = {
    name: fit_em(rows, noise_std=0.1, tolerance=1e-5)
    .network.log_likelihood(data.test)
    .mean()
    .item()
    - level
    for name, rows in placed.items()
}
pd.Series(losses, name="EM, nats relative to all clean data").to_frame().round(2)

# %% [markdown]
# In the first table each row is a pair that must be guessed: its correlation may lie anywhere between `low` and
# `high`, and `centre` is what a conditional independence would make of it. A narrow interval does no harm. A
# wide one means that a study in which the two are measured together, even a small one, is worth more than any
# number of further rows. The same lines run on tables of your own,
# `coverage({"north": table_a, "south": table_b})`, with the names of their columns.
#
# ## What to take along
#
# - Rows are cheap: $2p+1$ of them carry all that the learner can take from any amount of data.
# - The criterion must contain the channel, hidden entries and noise alike. Noise of unknown strength can be
#   estimated along, but not precisely: give it where it is known.
# - What no source sees together is not learnt but assumed. No optimiser, no budget and no number of rows
#   changes that; a known structure or repeated measurement over time can.
# - Ask for the coverage first.
