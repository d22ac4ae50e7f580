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
# ```{admonition} In this chapter
# :class: goals
# **You learn** what decides whether sources can be merged at all, and how to tell before merging.
#
# **You need** [case study 1](merging.ipynb); correlations.
# ```
#
# In [case study 1](merging.ipynb) each pair of variables was seen together by some {term}`source`. This chapter
# asks what decides whether sources can be merged at all. The answer has three parts, and none of them is the
# optimiser:
#
# - how many rows a distilled set needs: $2p+1$ for [$p$](#symbol-variables) variables, whatever the number of
#   {term}`slices <slice>`;
# - whether the {term}`criterion` knows the measurement noise;
# - **identifiability**: whether some source has seen each pair of variables together.
#
# The chapter ends with a tool that says what can be known, before anything is merged.
#
# ```{admonition} Reconstructed
# :class: reconstructed
# All of this chapter is ours, or is cited. The paper's captions do not speak of it.
# ```

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
import math
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
        shared = self.model_dump(include={"rows_per_source", "num_variables", "num_sources"})
        return ReferencesConfig(seed=self.seed + network, **shared, **others)

    @model_validator(mode="after")
    def _each_config_is_possible(self):
        for num_hidden in self.hidden:
            self.references(0, num_hidden=num_hidden)
        return self


parameters = Parameters.from_namespace(globals())

# %% tags=["remove-cell"]
from myst_nb import glue

from ddlib.plots.numbers import number
from ddlib.plots.style import BLUE, GREY, ORANGE, WIDTH, use_style
from ddlib.plots.tables import typeset

use_style()


def put(**values):
    """Give each number or text the name by which the prose shows it."""
    for name, value in values.items():
        glue(name, value.item() if hasattr(value, "item") else value, display=False)


# %% [markdown]
# ## A handful of rows is enough
#
# The {term}`learner` searches for a graph by the Bayesian information criterion (BIC) and fits weights by
# maximum likelihood. Both see a set only through its moments: mean and covariance of the first slice $x_0$, and
# of the pairs of neighbouring slices $(x_{t-1},x_t)$, pooled over $t$. (The BIC is also told how many rows the
# set speaks for.) Two sets with equal moments give one network, and so the same value of *every* criterion.
#
# ```{prf:theorem} Exact rows
# :label: thm-exact-rows
# For a linear-Gaussian DBN with $p$ variables, and any number of slices $T\ge2$, there are $m$ trajectories
# whose sample mean and covariance (divisor $m$) of every pair of neighbouring slices are those of the network,
# if $m\ge2p+1$. If the covariance of a pair has full rank, there are none for smaller $m$.
# ```
#
# ````{prf:proof}
# Let $W$ hold the weights within a slice, $A$ those from the slice before, and $F=A(I-W)^{-1}$. Then
# $x_t^\top=c^\top+x_{t-1}^\top F+e_t^\top$ with a constant $c$ and a shock $e_t$ of covariance $R^\top R$. Let
# $R_0^\top R_0$ be the covariance of $x_0$, and $\mathbf 1$ the column of $m$ ones. Take
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
# Only neighbouring slices have to match, so the count does not grow with $T$. For two variables, five rows are
# enough:

# %%
from ddlib.dbn import LinearGaussianDBN, learn_dbn
from ddlib.dbn.exact_rows import exact_rows

generator = torch.Generator().manual_seed(parameters.seed)
network = LinearGaussianDBN.random(2, generator=generator)
rows = exact_rows(network, 5, 10, generator=generator)
learnt = learn_dbn(rows, structure=network.structure)
difference = (learnt.lagged - network.lagged).abs().max()
print(f"rows: {tuple(rows.shape)}, largest difference of a weight: {difference:.1e}")

# %% [markdown]
# The learner returns the network, up to rounding. So the number of rows is not what limits a distilled set.
#
# ## What is left of the gap
#
# We fit a network to the sources by EM (expectation–maximisation), and write exact rows of it, for
# {glue:text}`num_networks` random networks in each setting. How much of the gap between a clean subset of as many
# rows and all clean data do these rows close? {numref}`tab-identified` has the share for $2p+1$ rows, in the
# settings where every pair of variables is together in some source.

# %% tags=["hide-input"]
# | label: tab-identified
# | caption: >-
# |   Median gap closed of the exact rows on networks in which every pair of columns is seen together, by the
# |   noise and by how many columns each source hides.
from ddlib.runs.compute import collect
from ddlib.experiments.comparison import against_clean, gaps_closed, median_table
from ddlib.experiments.references import EM, ESTIMATED, EXACT, FORGOTTEN, REFERENCES
from ddlib.experiments.references import SUBSET_CHOSEN as SUBSET

networks = range(parameters.num_networks)


def refer(*settings):
    """The rows of all networks, in each setting."""
    configs = [parameters.references(i, **setting) for setting in settings for i in networks]
    return collect(REFERENCES, configs)


grid = [{"num_hidden": h, "noise_std": s} for h in parameters.hidden for s in parameters.noise]
collected = refer(*grid)
values = against_clean(collected)
fewest = 2 * parameters.num_variables + 1
gaps = gaps_closed(values, EXACT, subset=SUBSET)
unseen = values.groupby("num_hidden")["unseen_pairs"].max()
identified = gaps[(gaps["rows"] == fewest) & gaps["num_hidden"].map(unseen).eq(0)]
closed = identified.groupby(["num_hidden", "noise_std"])["gap_closed"].median().unstack()
named = closed.round(3).rename_axis(index="hidden per source", columns="noise")
typeset(pd.concat({"median gap closed, by the noise": named}, axis=1), ".3f")

# %% tags=["remove-cell"]
put(num_networks=len(networks), fewest=fewest, worst_identified=closed.min(axis=None))

# %% [markdown]
# In every one of these settings {glue:text}`fewest` rows close at least {glue:text}`worst_identified:.3f` of
# the gap, in the median over the networks. A larger budget is a harder test, because the subset is better then:
# see {numref}`fig-phase`.
#
# ## The criterion must contain the noise
#
# A source that is measured with noise of variance [$\sigma^2$](#symbol-noise) shows the covariance
# $C=\Sigma+\sigma^2I$ of the variables that it sees. A criterion that forgets the noise takes $C$ for $\Sigma$:
# variances come out too large, and weights too small.
#
# Does $C$ determine $\sigma$, if the arcs are known? The unknowns are the weights, the variances of the shocks
# and $\sigma^2$. The data show the entries of $C$ whose two variables are seen together. The unknowns are
# identified near the truth if the Jacobian of these entries in the unknowns has full column rank. Where the rank
# is the same all around, as at random weights, this is also necessary {cite:p}`rothenberg1971identification`.
# {numref}`tab-identification` counts unknowns and rank for small networks; means are left out.

# %% tags=["hide-input"]
# | label: tab-identification
# | caption: >-
# |   Unknown parameters of small networks with noise of unknown size, and the rank of the moments of the rows in
# |   them. All parameters are identified where the rank equals the number of unknowns.
from ddlib.dbn import LinearGaussianCPDs, identify, seen_together
from ddlib.experiments.sources import draw_data
from ddlib.streams import stream

draws = torch.Generator().manual_seed(parameters.seed)
arc, no_arc = (LinearGaussianDBN.random(2, generator=draws, edge_probability=q) for q in (1, 0))
past = LinearGaussianDBN.random(1, generator=draws)
links = LinearGaussianCPDs(torch.zeros(3), torch.diag(torch.tensor([0.6, 0.6]), 1), torch.ones(3))
line = LinearGaussianDBN(links, links, torch.zeros(3, 3))
cases = {
    "x → y": identify(arc, 1, noise_unknown=True),
    "x and y, no arc": identify(no_arc, 1, noise_unknown=True),
    "x → z → y": identify(line, 1, noise_unknown=True),
    "x with its past, two slices": identify(past, 2, noise_unknown=True),
    "x with its past, three slices": identify(past, 3, noise_unknown=True),
}
for config in map(parameters.references, networks):
    data = draw_data(config, generator=stream(config.seed, "sources"))
    sees = {"seen": seen_together(data.training), "noise_unknown": True}
    cases[f"random network {config.seed}"] = identify(data.law, config.num_slices, **sees)
named = pd.DataFrame({name: case.row for name, case in cases.items()}).T.infer_objects()
named["identified"] = named["identified"].map({True: "yes", False: "no"})
typeset(named.head(-len(networks) + 1).drop(columns="moments").rename_axis("network"))

# %% [markdown]
# Without an arc, each variance is seen only in its sum with $\sigma^2$. A chain $x\to z\to y$ tells the two
# apart. With weights $a,b$ and clean variances $v,w$ of $x,z$ it shows $C_{xz}=av$, $C_{zy}=bw$ and
# $C_{xy}=abv$. So $\sigma^2=C_{zz}-w=C_{zz}-C_{xz}C_{zy}/C_{xy}$ if $C_{xy}\ne0$. Three slices of one
# variable are such a chain. Let it be stationary, let $C_0$ be its variance as seen, and
# [$\Gamma_l$](#symbol-lagged) its covariance over $l$ slices. Then $\sigma^2=C_0-\Gamma_1^2/\Gamma_2$.
#
# Of the {glue:text}`num_networks` random networks {glue:text}`told` are identified, if their arcs are given. EM
# has to find the arcs, too. {numref}`fig-noise` shows its {term}`regret`: its criterion less that of all clean
# rows of the same network, in nats per trajectory (hidden variables per source: {glue:text}`shown`).

# %% tags=["hide-input"]
# | label: fig-noise
# | caption: >-
# |   Left: regret of EM's network with the noise known, estimated and forgotten; median over the networks
# |   and quartiles. The three separate as the noise grows. Right: the noise that EM estimated, a point per
# |   network; on the line the estimate is right.
# | alt: >-
# |   Two panels over the true noise. Left, three curves with intervals on a signed logarithmic axis, that of
# |   the forgotten noise rising far above the other two. Right, a cloud of points around the diagonal.
from ddlib.plots.curves import panels, plot_medians, signed_log
from ddlib.plots.methods import color_of

shown = parameters.hidden[min(1, len(parameters.hidden) - 1)]
one = values[values["num_hidden"] == shown]
fig, (left, right) = plt.subplots(1, 2, figsize=(WIDTH, 0.6 * WIDTH))
told = [EM, ESTIMATED, FORGOTTEN]
plot_medians(one, left, x="noise_std", y="loss", by="method", order=told)
signed_log(left, linear=0.1, ticks=[0, 0.1, 0.3, 1, 3])
left.set(
    xlabel="noise, standard deviations", ylabel="loss against clean rows,\nnats per trajectory"
)
estimates = collected[(collected["method"] == ESTIMATED) & (collected["num_hidden"] == shown)]
right.scatter(
    estimates["noise_std"], estimates["noise"], s=14, alpha=0.6, color=color_of(ESTIMATED)
)
right.axline((0, 0), slope=1, color=GREY, lw=1)
right.set(xlabel="noise, standard deviations", ylabel="estimate")
lines = left.get_legend_handles_labels()[0]
fig.legend(
    lines,
    ["noise known", "noise estimated", "noise forgotten"],
    loc="outside lower center",
    ncols=3,
)
plt.show()

# %% tags=["remove-cell"]
strongest = max(parameters.noise)
cells = one[one["noise_std"] == strongest].groupby("method")["loss"].median()
spread = estimates[estimates["noise_std"] == strongest]["noise"]
put(strongest=strongest, shown=shown, noise_low=spread.min(), noise_high=spread.max())
put(noise_known=cells[EM], noise_estimated=cells[ESTIMATED], noise_forgotten=cells[FORGOTTEN])
put(told=sum(case.identified for case in list(cases.values())[-len(networks) :]))

# %% [markdown]
# At noise {glue:text}`strongest` EM loses {glue:text}`noise_known:.2f` nats against all clean data if it knows
# the noise, {glue:text}`noise_estimated:.2f` if it estimates the noise, and {glue:text}`noise_forgotten:.2f` if
# it forgets the noise.
#
# At this noise the estimates range from {glue:text}`noise_low:.2f` to {glue:text}`noise_high:.2f`. So give the
# noise where it is known.
#
# ## What no number of rows can tell
#
# Two hospitals measure a common variable $z$. The first also measures $x$, the second $y$. Nobody sees $x$ and
# $y$ together, so their correlation [$\rho_{xy}$](#symbol-covariance) does not occur in the likelihood at all.
# All that is known of it is that the three correlations must form a correlation matrix:
#
# $$
# \begin{gathered}
# \bigl|\rho_{xy}-\rho_{xz}\rho_{yz}\bigr|\\
# \le\ \sqrt{(1-\rho_{xz}^2)(1-\rho_{yz}^2)} .
# \end{gathered}
# $$ (eq-bounds)
#
# *Why.* The determinant of the correlation matrix of $(x,y,z)$ is
# $(1-\rho_{xz}^2)(1-\rho_{yz}^2)$ $-\,(\rho_{xy}-\rho_{xz}\rho_{yz})^2$. It must not be negative. If the
# two-by-two blocks are positive definite, that is enough.
#
# At the centre of the interval $x$ and $y$ are independent given $z$. This is the completion of maximum entropy
# {cite:p}`dempster1972covariance,grone1984positive`. Whoever matches tables on common columns assumes it without
# saying so {cite:p}`dorazio2006statistical`. {numref}`tab-bounds` has the interval for two simulated hospitals,
# and {numref}`fig-flat` the likelihood over it.

# %% tags=["hide-input"]
# | label: tab-bounds
# | caption: >-
# |   What the rows of two hospitals say of the correlation of $x$ and $y$, which no row has together: the ends
# |   of its interval with their standard errors, and its centre.
from textwrap import fill

from ddlib.merge.coverage import coverage

truth = torch.tensor([[1, 0.8, 0.6], [0.8, 1, 0.5], [0.6, 0.5, 1]], dtype=torch.float64)  # x, y, z
normal = torch.randn(20_000, 3, generator=generator, dtype=torch.float64)
sample = normal @ torch.linalg.cholesky(truth).T
first, second = sample[:10_000, None, :].clone(), sample[10_000:, None, :].clone()
first[..., 1] = torch.nan  # the first hospital does not measure y
second[..., 0] = torch.nan  # the second does not measure x
covered = coverage([first, second], names=["x", "y", "z"])
print(fill(covered.summary, 70))
bounds = covered.bounds()
drawn = [torch.randint(len(first), (2, len(first)), generator=generator) for _ in range(200)]
resampled = [coverage([first[one], second[two]]).bounds() for one, two in drawn]
error = pd.concat(resampled)[["low", "high"]].std()
ends = ["low", "high", "centre", "width"]
of_pair = pd.DataFrame({"value": bounds.loc[0, ends], "standard error": error}, index=ends)
typeset(of_pair.astype(float).rename_axis("of the interval"), ".3f")

# %% tags=["hide-input"]
# | label: fig-flat
# | caption: >-
# |   Mean log-likelihood for each value that the correlation of $x$ and $y$ might have, all else fixed at its
# |   estimate. What the two hospitals show (blue) fits every value in the interval (shaded) equally well;
# |   complete rows (orange) have a peak. Dashed: the centre. Dotted: the truth.
# | alt: >-
# |   A blue line that is level over the shaded interval, and an orange curve with a peak at the dotted line.
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


fig, axes = plt.subplots(figsize=(WIDTH, 0.55 * WIDTH))
flat = [likelihood(rho, seen) for rho in grid]
axes.plot(grid, flat, color=BLUE, label="what the hospitals show")
axes.plot(grid, [likelihood(rho, complete) for rho in grid], color=ORANGE, label="complete rows")
axes.axvspan(low, high, color=GREY, alpha=0.12, lw=0, label="_possible")
axes.axvline(bounds.loc[0, "centre"], color=GREY, ls="--", lw=1, label="_centre")
axes.axvline(truth[0, 1].item(), color=GREY, ls=":", lw=1.5, label="_truth")
axes.set(xlabel=r"correlation $\rho$ of $x$ and $y$", ylabel="nats per row", ylim=(-5.2, -2.4))
fig.legend(loc="outside lower center", ncols=2)
plt.show()

# %% tags=["remove-cell"]
put(**bounds.loc[0, ["low", "high", "centre"]].astype(float).add_prefix("bound_"))
put(
    flat_range=number(max(flat) - min(flat), ".1e"),
    bound_error=error.max(),
    num_resamples=len(resampled),
)

# %% [markdown]
# Over the whole interval from {glue:text}`bound_low:.2f` to {glue:text}`bound_high:.2f` the likelihood of what
# the hospitals show changes by {glue:text}`flat_range` nats. The ends are estimates: their standard errors,
# from {glue:text}`num_resamples` resamples of the rows, are at most {glue:text}`bound_error:.3f`. More rows
# would make these errors smaller, and the likelihood would stay as level.
#
# A method that returns a single number here, such as the centre {glue:text}`bound_centre:.2f`, has added an
# assumption.
#
# ### A known structure is such an assumption, and can be a good one
#
# Suppose we know that $x$ acts on $z$, $z$ acts on $y$, and there is no other arc. Then $x$ and $y$ are
# independent given $z$, and the centre is the answer. EM with that structure returns the centre. The answer is
# right only if the structure is, and here it is not:

# %%
from ddlib.dbn import fit_em

chain = torch.zeros(3, 3, dtype=torch.bool)
chain[0, 2] = chain[2, 1] = True  # x → z → y, in the order x, y, z
structure = (chain, torch.cat([torch.zeros_like(chain), chain]))
fit = fit_em([first, second], noise_std=0.0, structure=structure)
_, covariance = fit.network.moments(1)
scale = covariance.diagonal().sqrt()
print(f"EM with x → z → y:       {covariance[0, 1] / scale[0] / scale[1]:.3f}")
print(f"centre of the interval:  {bounds.loc[0, 'centre']:.3f}")
print(f"truth:                   {truth[0, 1]:.3f}")

# %% [markdown]
# ### Time can restore what columns cannot
#
# Now let two variables be measured over time. Each source sees *one of them per slice*, in an order of its own:
# $(x_0,y_1)$, $(y_0,x_1)$, and so on. No row shows $x_t$ with $y_t$. Let $\Sigma_t$ be the covariance of slice
# $t$ and $F$ the transition.
#
# - *Two slices* show the diagonals of $\Sigma_0$ and $\Sigma_1$, and all of the lagged covariance
#   $\Gamma_1=\Sigma_0F$. The correlation within each slice stays free, as long as the covariance of the shocks,
#   $\Sigma_1-\Gamma_1^\top\Sigma_0^{-1}\Gamma_1$, has no negative eigenvalue. In the example below that allows
#   {glue:text}`time_low:.2f` to {glue:text}`time_high:.2f` in the second slice.
# - *Three slices* also show $\Gamma_2=\Sigma_0F^2$. If $\Gamma_2$ can be inverted, $F=\Gamma_1^{-1}\Gamma_2$ and
#   $\Sigma_0=\Gamma_1F^{-1}$: both are identified, because all slices *share* the transition.
#
# {numref}`tab-slices` has an example.

# %% tags=["hide-input"]
# | label: tab-slices
# | caption: >-
# |   Two variables that no slice of a row has together, over two and over three slices: unknowns, rank of what
# |   is seen, and the correlation within the last slice that EM finds beside the true one. The law is
# |   identified where the rank equals the unknowns.
within = torch.tensor([[0.0, 0.6], [0.0, 0.0]], dtype=torch.float64)
lagged = torch.tensor([[0.6, 0.5], [-0.5, 0.3]], dtype=torch.float64)
shocks = LinearGaussianCPDs(torch.zeros(2), within, torch.tensor([0.5, 0.4]))
law = LinearGaussianDBN(shocks, shocks, lagged)
saturated = (within > 0, torch.cat([torch.ones(2, 2, dtype=torch.bool), within > 0]))


def correlation(network, num_slices):
    """Correlation of x and y within the last slice."""
    covariance = network.moments(num_slices)[1][-2:, -2:]
    return (covariance[0, 1] / covariance.diagonal().prod().sqrt()).item()


found = {}
for num_slices in (2, 3):
    orders = torch.cartesian_prod(*[torch.arange(2)] * num_slices)  # what is seen in each slice
    shares = law.sample(40_000, num_slices, generator=generator).tensor_split(len(orders))
    masks = orders[:, :, None] != torch.arange(2)
    sources = [rows.masked_fill(mask, torch.nan) for rows, mask in zip(shares, masks, strict=True)]
    fit = fit_em(sources, noise_std=0.0, structure=saturated, tolerance=1e-9, max_iterations=3000)
    rank = identify(law, num_slices, seen=seen_together(sources)).row
    found[num_slices] = {**rank, "EM": correlation(fit.network, num_slices)}
    found[num_slices]["truth"] = correlation(law, num_slices)
named = pd.DataFrame.from_dict(found, orient="index").rename_axis("slices")
typeset(named[["unknowns", "rank", "EM", "truth"]], {"EM": ".3f", "truth": ".3f"})

# %% tags=["remove-cell"]
from ddlib.dbn.completion import correlation_bounds

together = ~torch.kron(torch.eye(2), 1 - torch.eye(2)).bool()  # over two slices
low, high = correlation_bounds(law.moments(2)[1], together)
put(time_low=low[2, 3], time_high=high[2, 3])

# %% [markdown]
# With two slices EM stays where it started, at no correlation. With three it finds the truth, up to sampling
# error.
#
# ## Holes, noise and budget together
#
# Back to random networks. How many pairs are together in no source? That depends on how many variables each
# source hides, and on how these holes are spread. So far they were *dealt* out in turn, each variable as often as
# the others. {numref}`tab-spread-out` has the same networks with holes that each source *draws* on its own.

# %% tags=["hide-input"]
# | label: tab-spread-out
# | caption: >-
# |   Hidden variables dealt out evenly or drawn at random: how many pairs no source has together, and the regret
# |   of EM in nats per trajectory.
most = [hidden for hidden in parameters.hidden if hidden]
drawn = against_clean(refer(*({"num_hidden": number, "hide": "drawn"} for number in most)))
usual = parameters.references(0).noise_std
dealt = values[(values["noise_std"] == usual) & values["num_hidden"].isin(most)]
both = pd.concat([dealt, drawn])
spread_out = both[both["method"] == EM].groupby(["num_hidden", "hide"])
counted = spread_out["unseen_pairs"].mean().rename("pairs never together, mean").to_frame()
counted = counted.assign(**{"EM, median loss": spread_out["loss"].median()}).unstack()
counted = counted.rename_axis("hidden per source")
typeset(counted, {name: ".1f" if "pairs" in name[0] else ".2f" for name in counted.columns})

# %% [markdown]
# A few holes leave fewer pairs apart if they are dealt than if they are drawn. Many holes leave more.
#
# Which of the three decides: the holes, the noise or the budget? {numref}`fig-phase` shows the {term}`gap closed`
# by exact rows from EM, over all three.

# %% tags=["hide-input"]
# | label: fig-phase
# | caption: >-
# |   Median gap closed over the networks, a panel per IPC (rows per source). Blue: better than a clean subset of
# |   the same size, up to 1, which is as good as all clean rows. Red: worse. Bold: above the subset, by the
# |   sign test, adjusted for all cells; italic: below it. Values under −1 are coloured as −1.
# | alt: >-
# |   A colour table per IPC, with the noise down and the number of hidden variables across. The cells turn to
# |   the other colour to the right and down, the sooner the larger IPC is.
from ddlib.comparisons import compare, verdicts
from ddlib.plots.matrices import brief, draw_matrix

setting = ["IPC", "noise_std", "num_hidden"]
medians = gaps.groupby(setting)["gap_closed"].median()
settings = parameters.rows_per_source
sized = values[values["method"].isin([SUBSET, EXACT]) & values["IPC"].isin(settings)]
cells = sized.pivot(index=[*setting, "seed"], columns="method", values="loss").groupby(setting)
words = verdicts({cell: compare(pair[SUBSET], pair[EXACT]) for cell, pair in cells})
words = pd.Series(words).rename_axis(setting)
fig, axes_of = panels(len(settings), height=0.45 * WIDTH)
for axes, ipc in zip(axes_of, settings, strict=True):
    image = draw_matrix(
        medians.loc[ipc].unstack(), axes, verdicts=words.loc[ipc].unstack(), fmt=brief
    )
    axes.set(title=f"IPC {ipc}", xlabel="hidden per source", ylabel="noise")
fig.colorbar(image, ax=axes_of, location="bottom", label="gap closed", shrink=0.7, aspect=40)
plt.show()

# %% tags=["remove-cell"]
together = words[[unseen[hidden] == 0 for *_, hidden in words.index]]
apart = words.drop(together.index)
put(phase_together=len(together), phase_apart=len(apart))
put(together_above=int((together == "higher").sum()), apart_above=int((apart == "higher").sum()))
put(together_below=int((together == "lower").sum()), apart_below=int((apart == "lower").sum()))

# %% [markdown]
# - *All pairs together in some source.* Exact rows are above the subset in {glue:text}`together_above` of
#   {glue:text}`phase_together` cells, and below it in {glue:text}`together_below`. A larger budget and a stronger
#   noise both count against them.
# - *Some pairs never together.* They are above it in {glue:text}`apart_above` of {glue:text}`phase_apart` cells,
#   and below it in {glue:text}`apart_below`.
#
# {numref}`tab-em` has what is lost whatever the budget: the regret of EM's own network.

# %% tags=["hide-input"]
# | label: tab-em
# | caption: >-
# |   Median regret of EM, in nats per trajectory, by the noise and by how many variables each source hides.
at_em = values[values["method"] == EM]
limits = at_em.groupby(["noise_std", "num_hidden"])["loss"].median().unstack()
typeset(pd.concat({"hidden per source": limits.rename_axis("noise")}, axis=1), ".2f")

# %% tags=["remove-cell"]
least, most_hidden = min(parameters.hidden), max(parameters.hidden)
put(holes_only=limits.loc[min(parameters.noise), most_hidden], most_hidden=most_hidden)
put(noise_only=limits.loc[strongest, least], unseen_most=int(unseen[most_hidden]))
put(num_pairs=math.comb(parameters.num_variables, 2), phase_verdicts=", ".join(words))

# %% [markdown]
# At the top right the noise is weakest, and the {glue:text}`most_hidden` hidden variables per source leave up to
# {glue:text}`unseen_most` of {glue:text}`num_pairs` pairs never together. The regret is
# {glue:text}`holes_only:.2f` nats. At the bottom left the fewest variables are hidden and the noise is strongest,
# and it is {glue:text}`noise_only:.2f`.
#
# Does the loss shrink if the sources get more rows? {numref}`fig-rows` has the answer.

# %% tags=["hide-input"]
# | label: fig-rows
# | caption: >-
# |   Regret of EM over the number of training rows: median over the networks and quartiles. More rows help where
# |   every pair is together in some source, and not where some pairs are in none. Dotted: medians of clean
# |   subsets.
# | alt: >-
# |   Two curves over the number of training rows on logarithmic axes. That of pairs together falls towards
# |   zero, that of pairs never together is nearly level, far above. Dotted curves are lower for a larger IPC.
from ddlib.plots.names import name_lines

hides = {"all pairs together": shown, "some pairs never together": most_hidden}
tables = []
for name, count in hides.items():
    rows = refer(*({"training_rows": n, "num_hidden": count} for n in parameters.training_rows))
    tables.append(against_clean(rows).assign(holes=name))
more = pd.concat(tables)
fig, axes = plt.subplots(figsize=(WIDTH, 0.6 * WIDTH))
plot_medians(more[more["method"] == EM], axes, x="training_rows", y="loss", by="holes")
for ipc in settings:
    subset = more[(more["method"] == SUBSET) & (more["IPC"] == ipc) & (more["num_hidden"] == shown)]
    median = subset.groupby("training_rows")["loss"].median()
    axes.plot(median, color=GREY, ls=":", lw=1.2, label=f"subset, IPC {ipc}")
axes.set(
    xscale="log",
    xlabel="training rows per source",
    ylabel="loss against clean rows,\nnats per trajectory",
)
axes.set_xticks(parameters.training_rows, parameters.training_rows)
signed_log(axes, linear=0.03, ticks=[0, 0.03, 0.1, 0.3, 1, 3])
axes.set_ylim(bottom=-0.01)
name_lines(axes, {name: name.replace("pairs ", "pairs\n") for name in hides})
plt.show()

# %% tags=["remove-cell"]
by_rows = more[more["method"] == EM].groupby(["holes", "training_rows"])["loss"].median()
few, many = min(parameters.training_rows), max(parameters.training_rows)
put(rows_fewest=few, rows_most=many)
for key, name in zip(("together", "apart"), hides, strict=True):
    put(**{f"loss_{key}_few": by_rows[name, few], f"loss_{key}_many": by_rows[name, many]})

# %% [markdown]
# From {glue:text}`rows_fewest` to {glue:text}`rows_most` rows per source, the median loss goes from
# {glue:text}`loss_together_few:.2f` to {glue:text}`loss_together_many:.3f` nats where all pairs are together.
# Merging begins to pay where this curve crosses that of a clean subset.
#
# Where some pairs are never together, it goes from {glue:text}`loss_apart_few:.2f` to
# {glue:text}`loss_apart_many:.2f`. Rows do not tell what the likelihood does not contain.
#
# ## Before you merge
#
# The *coverage* of the pairs is the number of rows that see each pair. It needs no model and no optimiser, only
# which columns each table has. It matters which variables are hidden, not only how many. Now let each source hide
# one of the first two variables and one of the next two, a combination of its own. {numref}`fig-coverage` counts
# the rows.

# %% tags=["hide-input"]
# | label: fig-coverage
# | caption: >-
# |   How many training rows see each pair of variables together, over all sources. A cross marks a pair that
# |   no source sees together.
# | alt: >-
# |   A symmetric table of counts, darker where more rows see the pair, with crosses for pairs never together.
from ddlib.merge import split_sources
from ddlib.plots.merging import draw_counts

data = draw_data(parameters.references(0), generator=stream(parameters.seed, "sources"))
holes = [[a, b] for a in (0, 1) for b in (2, 3)]
sources = split_sources(data.clean, holes, noise_std=0.1, generator=generator)
covered = coverage(sources)
fig, axes = plt.subplots(figsize=(0.8 * WIDTH, 0.65 * WIDTH))
draw_counts(covered.counts, axes)
plt.show()

# %% [markdown]
# `covered`, which the code of the figure makes, says the same in words, and what can be known of these pairs
# ({numref}`tab-coverage`):

# %%
# | label: tab-coverage
# | caption: >-
# |   Intervals of the correlations of pairs that no row has together.
print(fill(covered.summary, 70))
never = covered.bounds(noise_std=0.1)
never.index = pd.Index(never.pop("first") + " and " + never.pop("second"), name="pair")
typeset(never, {name: ".2f" for name in ("low", "high", "width", "centre")})

# %% [markdown]
# Each row is a pair that must be guessed. Its correlation may lie anywhere between `low` and `high`. At `centre`
# the two are independent, given the rest. A narrow interval does no harm. For a wide one, even a small study in
# which the two are measured together is worth more than any number of further rows.
#
# `coverage({"north": table_a, "south": table_b})` does this for tables of your own.
#
# What do such holes cost? {numref}`tab-apart` has EM on {glue:text}`num_networks` networks, with two holes per
# source: once placed in this way, and once dealt out so that all pairs are together. The last row is the median
# of the differences, network by network.

# %% tags=["hide-input"]
# | label: tab-apart
# | caption: >-
# |   Median regret of EM, in nats per trajectory, with its 95 % interval, where some pairs of variables are never
# |   seen together and where all are.
placed = {}
for name, hide in {"some pairs never together": "apart", "all pairs together": "dealt"}.items():
    rows = against_clean(refer({"num_hidden": 2, "noise_std": 0.1, "hide": hide}))
    placed[name] = rows[rows["method"] == EM].set_index("seed")["loss"]
losses = {name: compare(loss, 0 * loss) for name, loss in placed.items()}
losses["difference"] = compare(*placed.values())
of_em = median_table(losses, name="EM, median loss").rename_axis("hidden columns")
typeset(of_em.apply(tuple, axis=1).rename("EM, median loss (95 %)").to_frame(), ".2f")

# %% [markdown]
#
# ## Exercises
#
# ```{exercise} How wide is the interval?
# :label: ex-limits-width
#
# By {eq}`eq-bounds`, when do two hospitals that share only $z$ determine the correlation of $x$ and $y$? You
# may add one common column $z$ to both questionnaires. Which would you choose?
# ```
#
# ```{solution} ex-limits-width
# The width is $2\sqrt{(1-\rho_{xz}^2)(1-\rho_{yz}^2)}$. It is 0 only if $z$ determines $x$ or $y$, that is if
# one of the two correlations is $\pm1$. One of them near $\pm1$ is worth more than two in the middle. So
# choose the column that predicts *one* of $x$ and $y$ as well as possible, not the one that is moderately
# related to both. With $\rho_{xz}=0.9$ the width is at most $2\cdot\sqrt{0.19}\approx0.87$, whatever
# $\rho_{yz}$ is; with $\rho_{xz}=\rho_{yz}=0.5$ it is 1.5.
# ```
#
# ```{exercise} A small study
# :label: ex-limits-study
#
# Before {numref}`fig-flat`, two hospitals of ten thousand patients each left $\rho_{xy}$ in an interval. Add a
# third table: 30 patients with all three columns (take `sample[:30, None, :]`). What does
# {py:obj}`~ddlib.merge.coverage.coverage` say now? Compare the interval before with the standard error of a
# correlation from 30 rows, about $(1-\rho^2)/\sqrt{30}$.
# ```
#
# ```{solution-start} ex-limits-study
# ```

# %%
study = sample[:30, None, :]
before = coverage([first, second], names=["x", "y", "z"])
after = coverage([first, second, study], names=["x", "y", "z"])
(width,) = before.bounds()["width"]
found = after.correlation().loc["x", "y"]
print(after.summary)
print(
    f"interval before: {width:.2f} wide; now {found:.2f}, standard error {(1 - found**2) / 30**0.5:.2f}"
)

# %% tags=["remove-cell"]
put(study_width=width, study_error=(1 - found**2) / 30**0.5)

# %% [markdown]
# Twenty thousand patients left an interval of width {glue:text}`study_width:.2f`. Thirty more leave a standard
# error of {glue:text}`study_error:.2f`. Their rows answer a question that the other rows do not contain: the
# likelihood of the two hospitals does not depend on $\rho_{xy}$. What a set of rows is worth depends on the
# question, for real rows as for synthetic ones.
#
# ```{solution-end}
# ```
#
# ## Summary
#
# ```{admonition} What to take along
# :class: takeaway
# - Rows are cheap: $2p+1$ of them carry all that the learner can take from any amount of data.
# - The criterion must contain hidden entries and noise. Noise of unknown strength can be estimated, but not
#   precisely: give it where it is known.
# - What no source sees together is not learnt but assumed. No optimiser, no budget and no number of rows
#   changes that; a known structure or repeated measurement over time can.
# - Ask for the coverage first.
# ```
#
# ## Try it with other parameters
#
# From the book's folder; a result lands in `_build/runs`.
#
# ```
# make run NOTEBOOK=notebooks/limits.py PARAMS="num_networks=4"
# ```
