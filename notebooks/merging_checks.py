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
# # Case study 1: checks
#
# ```{admonition} In this chapter
# :class: goals
# **You learn** whether the results of case study 1 stand when a reference, a start, an optimiser, a prior or
# the number of rows is another one; what a run costs; and what comes out on a real table.
#
# **You need** [case study 1](merging.ipynb); the [rules of comparisons](../book/protocol.md).
# ```
#
# Each section answers one question. All have the problem of [case study
# 1](merging.ipynb): the {term}`learner` searches for a {term}`dynamic Bayesian network`, the {term}`criterion`
# is minus the log-likelihood of clean test rows, and the {term}`budget` is {term}`IPC` rows per {term}`source`.
# Values are the {term}`loss against clean rows`, [$F(S)$](#symbol-objective) less [$F_{clean}$](#symbol-clean),
# in nats per {term}`trajectory`, as medians over {glue:text}`num_networks` random networks.
#
# ```{admonition} What comes out
# :class: tip
# - Learning from all parts, and nothing else, gains {glue:text}`gain_whole:.2f` nats over Algorithm 1 as in the
#   caption; all four changes together gain {glue:text}`gain_all:.2f` ({glue:text}`num_few` networks). The drawn
#   start alone gains {glue:text}`gain_start:.2f`, optimiser or directions at most {glue:text}`gain_rest:.2f`.
# - Exact rows lose nothing against EM itself: {glue:text}`exact_more_em:.5f` nats in the median.
# - Without a prior in the criterion, first-order loses up to {glue:text}`no_prior_worst:.0f` nats on some
#   network.
# - With {glue:text}`small_sizes` training rows per source, the log-likelihood of exact rows is higher than that
#   of the clean subset in {glue:text}`exact_higher_small` of {glue:text}`num_small_settings` settings.
# - On a real table, rows distilled by `FirstOrder` are better than {glue:text}`real_better` of
#   {glue:text}`real_others` other sets and worse than {glue:text}`real_worse`. From
#   {glue:text}`real_untold` they are not told apart.
# ```

# %% tags=["parameters"]
num_networks = 20  # random networks, each with data of its own, at least 6
num_networks_few = 10  # of them for changes of one thing, at least 6
rows_per_source = [10, 20, 50, 100]  # IPC, synthetic rows per source
num_evaluations = 2400  # of the working criterion, for each run of a zeroth-order descent
num_gradients = 300  # for each run of a first-order descent
num_variables = 6  # variables p of a slice
num_slices = 2  # time slices T of a trajectory
num_sources = 4  # sources K, at least 2
num_hidden = 1  # variables that each source hides
noise_std = 0.3  # measurement noise, in standard deviations of a variable
training_rows = 500  # training rows of each source
small_samples = [30, 100, 300]  # training rows of each source in the section on small samples
num_splits = 20  # random splits of the real patients, at least 2
seed = 0  # seed of the first network and split; the others count up from it

# %% tags=["hide-input"]
from typing import Annotated

import matplotlib.pyplot as plt
import pandas as pd
import torch
from pydantic import Field, NonNegativeInt, model_validator

from ddlib.config import Config, Count, NonNegative, Seed
from ddlib.experiments.descent_ways import ALL, CAPTION, CHANGES, FIRST, LITERAL, NO_PRIOR
from ddlib.experiments.networks import Networks


class Parameters(Config):
    """What each parameter above may be; the rest is checked by the experiments' configs."""

    num_networks: Annotated[int, Field(strict=True, ge=6)]
    num_networks_few: Annotated[int, Field(strict=True, ge=6)]
    rows_per_source: Annotated[tuple[Count, ...], Field(min_length=1)]
    num_evaluations: Annotated[int, Field(strict=True, ge=32)]
    num_gradients: Count
    num_variables: Count
    num_slices: Count
    num_sources: Count
    num_hidden: NonNegativeInt
    noise_std: NonNegative
    training_rows: Count
    small_samples: tuple[Count, ...]
    num_splits: Annotated[int, Field(strict=True, ge=2)]
    seed: Seed

    @property
    def networks(self) -> Networks:
        """The networks on which this page compares."""
        return Networks.of(self)

    @model_validator(mode="after")
    def _each_config_is_possible(self):
        for name in ("rows_per_source", "small_samples"):
            values = getattr(self, name)
            if len({*values}) < len(values):
                raise ValueError(f"{name} = {list(values)}: must hold each value once")
        for size in self.small_samples:
            self.networks.descent(ALL, self.seed, min(self.rows_per_source), training_rows=size)
        return self


parameters = Parameters.from_namespace(globals())

# %% tags=["remove-cell"]
from myst_nb import glue

from ddlib.plots.style import WIDTH, use_style
from ddlib.plots.tables import typeset

use_style()


def put(**values):
    """Give each number or text the name by which the prose shows it."""
    for name, value in values.items():
        glue(name, value.item() if hasattr(value, "item") else value, display=False)


# %% [markdown]
# (checks-likelihood)=
# ## Is the likelihood right?
#
# A clean and complete trajectory has the density of one large Gaussian of [$p$](#symbol-variables) times
# [$T$](#symbol-slices) variables. The density of a row of a source is exact too: hidden variables are left out
# of mean and covariance (marginalised), and the noise adds its variance [$\sigma^2$](#symbol-noise) to the
# diagonal. {numref}`tab-by-hand` has it by hand, for one row of a source, and by the library.

# %%
# | label: tab-by-hand
# | caption: >-
# |   Log-likelihood of one noisy row with holes, by hand and by the library.
from ddlib.experiments.sources import draw_data
from ddlib.streams import stream

networks = parameters.networks
config = networks.descent(CAPTION, parameters.seed, parameters.rows_per_source[0])
data = draw_data(config, generator=stream(config.seed, "sources"))
row = data.training[0][:1]
seen = row.flatten().isfinite()
mean, covariance = data.law.moments(config.num_slices)
noisy = covariance + config.noise_std**2 * torch.eye(len(mean), dtype=torch.float64)
by_hand = torch.distributions.MultivariateNormal(mean[seen], noisy[seen][:, seen])
scores = {
    "by hand": by_hand.log_prob(row.flatten()[seen]).item(),
    "library": data.law.log_likelihood(row, noise_std=config.noise_std).item(),
    "noise forgotten": data.law.log_likelihood(row).item(),
}
typeset(pd.Series(scores, name="nats").rename_axis("log-likelihood").to_frame(), ".4f")

# %% [markdown]
# The criterion must contain the {term}`channel`: without $\sigma$ the same row is scored as if its noise were
# signal. For this row the wrong number is {glue:text}`forgotten_word` than the right one. A criterion may be
# wrong and high; {ref}`ex-merging-forget` of case study 1 shows what it costs. An independent library says the
# same about clean rows. {py:obj}`~ddlib.dbn.pgmpy_bridge.to_pgmpy` unrolls the network into a pgmpy model,
# whose log-likelihood is the sum over all rows.

# %% tags=["remove-cell"]
put(forgotten_word="larger" if scores["noise forgotten"] > scores["library"] else "smaller")

# %%
from contextlib import redirect_stderr
from io import StringIO

with redirect_stderr(StringIO()):  # pgmpy reports its imports there
    model = data.law.to_pgmpy(config.num_slices)
names = [f"x{i}_t{t}" for t in range(config.num_slices) for i in range(config.num_variables)]
frame = pd.DataFrame(data.test[:50].flatten(1), columns=names)
ours = data.law.log_likelihood(data.test[:50]).sum().item()
print(f"ddlib {ours:.4f}   pgmpy {model.log_likelihood(frame):.4f}")

# %% [markdown]
# (checks-costs)=
# ## What does a run cost?
#
# The ways of descending are run on equal terms ([how we compare](../book/protocol.md)), with
# {glue:text}`num_looks` looks at validation rows per run. The working criterion has a prior of
# {glue:text}`ridge` pseudo-rows ([why](#checks-prior)). {numref}`tab-ways` has what one run spends, and how
# many step sizes a choice tries on average. *At an edge* counts the choices whose best step size was the
# smallest or the largest tried. *ms each* is the time of an evaluation or gradient on the machine that computed
# the stored rows; in larger batches each is cheaper.

# %% tags=["hide-input"]
# | label: tab-ways
# | caption: >-
# |   What the ways of descending cost: evaluations and gradients of a run, step sizes tried in its place, runs
# |   whose step size lies at an edge of those tried, and milliseconds of an evaluation or a gradient.
from ddlib.experiments.descents import DESCENTS
from ddlib.runs.compute import collect, collect_ways
from ddlib.runs.store import Store

budgets = parameters.rows_per_source
smallest, largest = min(budgets), max(budgets)
FEW = {"count": parameters.num_networks_few}
few = networks.seeds[: parameters.num_networks_few]


def seconds(way):
    """The time that the stored runs of a way took at the smallest IPC."""
    store, configs = Store(), [networks.descent(way, s, smallest) for s in networks.seeds]
    return sum(store.find(DESCENTS, one).provenance["seconds"] for one in configs)


runs = collect_ways(DESCENTS, networks.descents([CAPTION, ALL, FIRST], budgets))
last = runs[runs["step"] == runs["num_steps"]]
last = last.assign(spent=last["evaluations"] + last["gradients"])
per_way = last.groupby("method", sort=False)
tried = last[last["rows_per_source"] == smallest].groupby("method")["tried"].sum()
costs = {
    "evaluations": per_way["evaluations"].first(),
    "gradients": per_way["gradients"].first(),
    "step sizes tried": per_way["tried"].sum() / per_way["spent"].sum(),
    "chosen at an edge": per_way["at_edge"].sum(),
    "ms each": 1000 * pd.Series({way: seconds(way) for way in tried.index}) / tried,
}
digits = {"step sizes tried": ".1f", "ms each": ".1f"}
typeset(pd.DataFrame(costs).rename_axis("way"), dict.fromkeys(costs, ".0f") | digits)

# %% tags=["remove-cell"]
put(num_looks=config.num_looks, ridge=config.ridge)
put(num_networks=len(networks.seeds), num_few=len(few), ipc_smallest=smallest)
at_edge, choices = per_way["at_edge"].sum().sum(), f"of the {len(last)} choices"
some = f"{at_edge} {choices} lie at an edge. For all others"
put(edge_text=some if at_edge else f"None {choices} lies at an edge:")

# %% [markdown]
# {glue:text}`edge_text` smaller and larger steps were tried, and were worse.
#
# (checks-readings)=
# ## Is the clean subset a fair yardstick?
#
# The clean subset is the yardstick, so its learner must be a fair one. A set can speak *for itself*, with the
# learner's own prior of {glue:text}`ridge` pseudo-rows; for itself with a *prior chosen* on validation rows, as
# EM chooses its own; or, as the learner of Algorithm 1 is told, *for all rows* that it stands for.
# {numref}`tab-readings` has the median loss of each way, by IPC.

# %% tags=["hide-input"]
# | label: tab-readings
# | caption: >-
# |   Median loss against clean rows, in nats per trajectory, by the number of rows that a set is taken to stand
# |   for and by the rows per source (IPC).
from ddlib.experiments.comparison import against_clean, clean_loss, median_table, verdict_table
from ddlib.experiments.references import CLEAN, EM, EXACT, EXACT_ALONE, MULTIPLE, PAIRWISE
from ddlib.experiments.references import REFERENCES
from ddlib.experiments.references import SUBSET_FOR_ALL, SUBSET_CHOSEN as SUBSET
from ddlib.experiments.references import UNSTRUCTURED, ALONE as ONE_SOURCE, SUBSET as SUBSET_OWN


def chosen(rows):
    """What validation rows chose of each descent, with its loss."""
    rows = rows[rows["chosen"]]
    return rows.assign(IPC=rows["rows_per_source"], loss=clean_loss(references, rows))


references = collect(REFERENCES, networks.all_references())
values = against_clean(references, runs)
by_ipc = values[values["IPC"].isin(budgets)]
best = chosen(runs)

CURVES = [SUBSET, CAPTION, ALL, FIRST, EXACT]
IMPUTER = "IterativeImputer"
OWN = {SUBSET_OWN: "for itself", EXACT_ALONE: "for itself", SUBSET: "prior chosen"}
SETS = dict.fromkeys([SUBSET_OWN, SUBSET, SUBSET_FOR_ALL], "clean subset") | {EXACT_ALONE: EXACT}
told = by_ipc.assign(reading=by_ipc["method"].map(OWN).fillna("for all rows"))
alone = best.assign(loss=clean_loss(references, best, "alone"), reading="for itself")
readings = pd.concat([told, alone]).replace({"method": SETS}).rename(columns={"method": "set"})
by_reading = (
    readings.pivot_table(index=["set", "reading"], columns="IPC", values="loss", aggfunc="median")
    .rename(columns=int)
    .loc[["clean subset", *CURVES[1:]]]
)
typeset(pd.concat({"IPC": by_reading}, axis=1), ".2f")

# %% [markdown]
# A subset that speaks for more rows than it has does worse. On both pages *the clean subset* has a chosen
# prior, and distilled sets speak for all rows. At small IPC their two readings differ less than the methods do.
#
# (checks-instead)=
# ## What would one do instead?
#
# The list defines what needs no distillation. {numref}`fig-ipc` of case study 1 has all of it but *EM, every
# arc*. {numref}`tab-instead` has *each source alone* and the last four, beside the clean and the distilled
# sets.
#
# - *best start*, *best drawn start*: the best on validation rows of as many starts as the choice of a step size
#   for Algorithm 1, or for learning from all, looks at sets.
# - *each source alone*: learn from one source, with what it hides as independent; the mean over the sources.
# - *shared columns only*: pool the columns that every source has; the others are independent.
# - *holes filled by zero*, *by the mean*: pool all rows with their holes filled.
# - *IterativeImputer*: pool all rows, each hole filled by scikit-learn's regression on the other columns
#   {cite:p}`pedregosa2011scikit`.
# - *multiple imputation*: the same, with holes filled by draws; the mean over several fills.
# - *pairwise moments*: the moments of each pair of columns from the rows that see both, less the noise.
# - *EM, every arc*: the most likely Gaussian law, without a structure.
# - *EM, no distillation*: EM's network as it is, without rows.
#
# The ways from *each source alone* to *multiple imputation* are not told the noise. An IterativeImputer puts
# the entries that it fills exactly on regression lines. Multiple imputation draws them around these lines
# instead: its loss is {glue:text}`multiple_loss:.2f` nats in the median, that of the IterativeImputer
# {glue:text}`imputer_loss:.0f`.
#
# The table has two more errors, since a network is learnt for its arcs as well. *Edges* counts the edges that
# differ from the law's (the structural Hamming distance of the two classes of equivalent networks).
# *Interventions* is the root mean square error of the effects of setting a variable, in standard deviations.
# Values are medians; sets have {glue:text}`ipc_smallest` rows per source.

# %% tags=["hide-input"]
# | label: tab-instead
# | caption: >-
# |   Sets, and what can be used in place of a distilled one, at the smallest IPC: median loss in nats per
# |   trajectory, wrong edges of the structure, and error of interventions.
from ddlib.comparisons import compare

sized = values["method"].isin([*CURVES, EXACT_ALONE])
errors = values[~sized | (values["IPC"] == smallest)]
asked = [CLEAN, *CURVES, EM, UNSTRUCTURED, PAIRWISE, MULTIPLE, ONE_SOURCE]
names = {"loss": "loss", "shd": "edges", "intervention": "interventions"}
instead = errors.groupby("method")[[*names]].median().rename(columns=names)
typeset(
    instead.loc[asked].rename_axis("method"),
    {"loss": ".2f", "edges": ".0f", "interventions": ".3f"},
)

# %% tags=["remove-cell"]
paired = errors[errors["method"].isin(asked)].pivot(index="seed", columns="method", values="loss")
more = compare(paired[EXACT], paired[EM])
every = errors.groupby("method")["loss"].median()
put(multiple_loss=every[MULTIPLE], imputer_loss=every[IMPUTER])
put(exact_more_em=more.median, exact_more_em_low=more.low, exact_more_em_high=more.high)

# %% [markdown]
# With the noise known, pairwise moments and a likelihood without structure (*every arc*) have a lower loss than
# multiple imputation, which is not told it; but their arcs are no better. EM with a structure is better in all
# three errors. What does distillation add to EM? Nothing in accuracy: the loss of exact rows less that of EM is
# {glue:text}`exact_more_em:.5f` nats in the median (95 % interval {glue:text}`exact_more_em_low:.5f` to
# {glue:text}`exact_more_em_high:.5f`). It adds a table of a few rows that any learner of this kind can read, in
# place of a network.
#
# (checks-gains)=
# ## What makes the difference?
#
# Learning from all differs from the caption in four things: the optimiser, the directions, the start, and what
# is learnt from. In {numref}`tab-gains` one is changed at a time, at the same number of evaluations, on
# {glue:text}`num_few` networks at IPC {glue:text}`ipc_smallest`. *Gain* is the median of the loss of the
# caption less that of the change, with its interval; the last line, *learning from all*, changes all four.

# %% tags=["hide-input"]
# | label: tab-gains
# | caption: >-
# |   What single changes of Algorithm 1 gain at the smallest IPC, in nats per trajectory: median with its
# |   95 % interval, and the word for the log-likelihood.
from ddlib.comparisons import verdicts

changed = collect_ways(DESCENTS, networks.descents(CHANGES, [smallest], **FEW))
same = runs[(runs["rows_per_source"] == smallest) & runs["seed"].isin(few)]
ways = chosen(pd.concat([changed, same], ignore_index=True))
ways = ways.pivot(index="seed", columns="method", values="loss")
gains = {way: compare(ways[CAPTION], ways[way]) for way in (*CHANGES, ALL)}
of_gain = median_table(gains, name="gain").apply(tuple, axis=1).rename("gain (95 %)")
table = of_gain.to_frame().assign(words=pd.Series(verdicts(gains)))
table.insert(0, "median loss", ways.median())
table = table.rename(index={CHANGES[-1]: "learnt from all parts, nothing else changed"})
typeset(table.rename(columns={"words": "log-likelihood"}).rename_axis("way"), ".2f")

# %% tags=["remove-cell"]
DRAWN, WHOLE = CHANGES[2:]
put(gain_whole=gains[WHOLE].median, gain_all=gains[ALL].median, gain_start=gains[DRAWN].median)
put(gain_rest=max(gains[way].median for way in CHANGES[:2]), start_loss=ways[DRAWN].median())
drawn = chosen(changed[changed["method"] == DRAWN])
put(start_before=clean_loss(references, drawn, "best_start").median())
put(caption_loss=ways[CAPTION].median())

# %% [markdown]
# Algorithm 1 as in the caption has a loss of {glue:text}`caption_loss:.2f` on these networks. Of the single
# changes, what a network is learnt from gains most. Learning from all parts, with everything else as in the
# caption, gains {glue:text}`gain_whole:.2f` nats; all four changes together gain {glue:text}`gain_all:.2f`. The
# single gains add up to more than that, so they are not shares. The drawn start alone gains
# {glue:text}`gain_start:.2f`, optimiser or directions at most {glue:text}`gain_rest:.2f`. The gain of the drawn
# start comes mostly before the first step: the best of as many drawn starts as it looks at sets has a loss of
# {glue:text}`start_before:.2f`, and a descent from one ends at {glue:text}`start_loss:.2f`.
#
# (checks-prior)=
# ## Why has the criterion a prior?
#
# Without a prior, first-order can collapse. With noise of known strength, a variance of 0 explains noisy rows
# as well as a small one does. So the variance of one variable given its parents can go to 0 on the way, and
# clean rows then get a very low likelihood. {numref}`tab-prior` runs first-order on the
# {glue:text}`num_few` networks of {numref}`tab-gains`, at IPC {glue:text}`ipc_smallest`, with the criterion's
# prior, pseudo-rows without correlation
# ({py:obj}`merging_problem(ridge=…) <ddlib.merge.merging_problem>`), and without.

# %% tags=["hide-input"]
# | label: tab-prior
# | caption: >-
# |   First-order descent with and without the prior: loss against clean rows over the networks, in nats per
# |   trajectory.
without = collect_ways(DESCENTS, networks.descents([NO_PRIOR], [smallest], **FEW))
prior = chosen(pd.concat([same[same["method"] == FIRST], without]))
by_prior = prior.groupby("method")["loss"].agg(["median", "max"])
typeset(by_prior.set_axis(["median loss", "largest loss"], axis=1).rename_axis("way"), ".2f")

# %% tags=["remove-cell"]
put(no_prior_worst=by_prior.loc[NO_PRIOR, "max"])

# %% [markdown]
# EM on the same sources always has such a prior. A correct criterion does not guarantee a stable descent.
#
# (checks-letter)=
# ## What does the caption give to the letter?
#
# What if the score is the log-likelihood of $D^S_j$ itself? The network learnt from $D^S_j$ maximises that
# likelihood. So among networks of one structure no perturbation can raise it, in whatever direction: the
# "gradient" points nowhere in particular. We run both readings from the same start, at the same cost, on
# {glue:text}`num_few` networks at IPC {glue:text}`ipc_smallest` ({numref}`tab-literal`). *Start kept* counts
# the networks on which validation rows preferred the start to all that followed.

# %% tags=["hide-input"]
# | label: tab-literal
# | caption: >-
# |   Two readings of Algorithm 1 at the smallest IPC: gain over the start with its 95 % interval, the word for
# |   it, and on how many networks the start was kept.
to_the_letter = collect_ways(DESCENTS, networks.descents([LITERAL], [smallest], **FEW))
both = pd.concat([same[same["method"] == CAPTION], to_the_letter])
start = both[both["step"] == 0].set_index(["method", "seed"])
kept = both[both["chosen"]].set_index(["method", "seed"])
gained = (kept["log_likelihood"] - start["log_likelihood"]).unstack("method")
found = {method: compare(gained[method], 0 * gained[method]) for method in (CAPTION, LITERAL)}
of_gain = median_table(found, name="gain").apply(tuple, axis=1)
table = of_gain.rename("gain over the start, nats (95 %)").to_frame()
table["log-likelihood"] = pd.Series(verdicts(found))
table["start kept"] = (kept["step"] == 0).groupby("method").sum()
typeset(table.rename_axis("way"), {table.columns[0]: ".2f", "start kept": ".0f"})

# %% [markdown]
# (checks-small)=
# ## What do small samples change?
#
# {numref}`fig-small` repeats the comparison with fewer training rows per source, and
# {glue:text}`validation_rows` validation rows; {numref}`tab-verdicts-small` compares with the clean subset as
# before. The clean rows that the loss refers to are as few, and know less.

# %% tags=["hide-input"]
# | label: fig-small
# | caption: >-
# |   Loss against clean rows over the training rows of each source: median over the networks, and their
# |   quartiles as a band. A panel per IPC, as far as a source has the rows; learning from all on the left only.
# | alt: >-
# |   Two panels with a signed logarithmic vertical axis. Curves with intervals for the clean subset, learning
# |   from all, and exact rows from EM over the number of training rows; dotted curves for two baselines.
from ddlib.plots.curves import panels, plot_median_lines, plot_medians, signed_log

SHOWN = [SUBSET, ALL, EXACT]
TICKS = [0, 0.1, 0.3, 1, 3, 10, 30, 100]
by_method = {"y": "loss", "by": "method"}
extremes = sorted({smallest, largest})
sizes = sorted({*parameters.small_samples, parameters.training_rows})
few_rows = {"validation_rows": 30}
small_values = [values]
for size in parameters.small_samples:
    given = {"training_rows": size, **few_rows}
    fitting = tuple(ipc for ipc in (smallest, largest) if ipc <= size)
    descents = collect_ways(DESCENTS, networks.descents([ALL], [smallest], **given))
    referred = collect(REFERENCES, networks.all_references(rows_per_source=fitting, **given))
    small_values.append(against_clean(referred, descents))
small = pd.concat(small_values)
fig, axes_of = panels(2, height=0.6 * WIDTH, sharey=True)
for axes, ipc in zip(axes_of, (smallest, largest), strict=True):
    order = SHOWN if ipc == smallest else [SUBSET, EXACT]
    plot_medians(small[small["IPC"] == ipc], axes, x="training_rows", **by_method, order=order)
    lines = [IMPUTER, ONE_SOURCE]
    plot_median_lines(small, axes, x="training_rows", **by_method, order=lines)
    axes.set(title=f"IPC {ipc}", xscale="log", xlabel="training rows per source")
    axes.set_xticks(sizes, sizes)
    signed_log(axes, linear=0.1, ticks=TICKS)
axes_of[0].set_ylabel("loss against clean rows,\nnats per trajectory")
fig.legend(*axes_of[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
plt.show()

# %% tags=["hide-input"]
# | label: tab-verdicts-small
# | caption: >-
# |   The log-likelihood of a method against that of the clean subset: a word, all adjusted together, and on
# |   how many networks the method has the lower loss; by the training rows per source, and by IPC.
small_wide = small[small["IPC"].isin(extremes) & small["method"].isin(SHOWN)].pivot(
    index=["training_rows", "IPC", "seed"], columns="method", values="loss"
)
pairs = [(size, ipc) for size in sizes for ipc in extremes if ipc < size]
small_settings = {f"{size} rows, IPC {ipc}": (size, ipc) for size, ipc in pairs}
small_verdicts = verdict_table(small_wide, small_settings, [ALL, EXACT], baseline=SUBSET)
typeset(small_verdicts.T.rename_axis("setting"))

# %% tags=["remove-cell"]
fewer = [size for size in sizes if size < parameters.training_rows]
fewer_settings = [name for name, (size, _) in small_settings.items() if size in fewer]
higher = [small_verdicts.loc[EXACT, name].startswith("higher") for name in fewer_settings]
put(exact_higher_small=sum(higher), num_small_settings=len(higher), **few_rows)
put(small_sizes=", ".join(map(str, fewer)), sizes_text=", ".join(map(str, sizes)))
at_smallest = small[small["method"].ne(SUBSET) | small["IPC"].eq(smallest)]
by_size = at_smallest.groupby(["method", "training_rows"])["loss"].median()
put(subset_by_size=", ".join(f"{loss:.2f}" for loss in by_size[SUBSET]))
put(imputer_fewest=by_size[IMPUTER, sizes[0]], imputer_most=by_size[IMPUTER, sizes[-1]])
put(rows_fewest=sizes[0], rows_most=sizes[-1])

# %% [markdown]
# With {glue:text}`small_sizes` training rows per source "higher" stands for exact rows from EM in
# {glue:text}`exact_higher_small` of {glue:text}`num_small_settings` settings. With fewer training rows the loss
# of learning from all and of exact rows rises. That of the clean subset has no such trend at IPC
# {glue:text}`ipc_smallest`: with {glue:text}`sizes_text` rows it is {glue:text}`subset_by_size`. The loss of
# IterativeImputer is {glue:text}`imputer_most:.0f` with {glue:text}`rows_most` rows, and
# {glue:text}`imputer_fewest:.0f` with {glue:text}`rows_fewest`.
#
# (checks-hospitals)=
# ## What comes out for real patients?
#
# The last check is on a real table: the breast-cancer data that come with scikit-learn
# {cite:p}`street1993nuclear`, measurements of cell nuclei, one row per patient, without time. Each of
# {glue:text}`real_hospitals` hospitals lacks some of the {glue:text}`real_columns` columns. The test is
# {glue:text}`real_held_out:.0f` % of the patients, kept aside and complete. {numref}`tab-hospital` has the
# first patients of the first hospital. Before that the cell answers what one should ask first: are all pairs of
# columns together somewhere?

# %%
# | label: tab-hospital
# | caption: >-
# |   The first rows of one hospital: some of the columns of a tumour.
from ddlib.experiments.hospitals import HOSPITALS, HospitalsConfig, load_hospitals, merge_hospitals
from ddlib.merge.columns import Columns
from ddlib.merge.coverage import coverage

hospitals = load_hospitals(parameters.seed)
tables = hospitals.tables
print(coverage(tables).summary)
typeset(tables[0].head(3).rename_axis("patient"), ".3g")

# %% [markdown]
# The tables go side by side, NaN where a hospital has no column. From there on it is the same problem with one
# slice, no added noise, and rows in units of each column's standard deviation. (For tables of your own, with
# more in them than numbers, there is {py:obj}`~ddlib.merge_tables`: another model, and rows made for a
# task.) We distil by `FirstOrder`, and by exact rows from EM; step size and shrinkage are chosen on
# patients of each hospital that are kept for this. *The merged table* is what `FirstOrder` distils:
# {glue:text}`real_rows` synthetic patients, complete in all columns, in the columns' own units
# ({numref}`tab-merged`).

# %%
# | label: tab-merged
# | caption: >-
# |   The first rows of the merged table, which has all columns.
union = Columns.of(tables)
sources = [union.to_rows(table) for table in tables]
setting = HospitalsConfig(seed=parameters.seed)
_, merged = merge_hospitals(setting, sources, generator=stream(setting.seed, "hospitals"))
typeset(union.to_table(merged.rows).head().rename_axis("row"), ".3f")

# %% [markdown]
# What is it worth on the held-out patients? {numref}`tab-hospitals` has the mean log-likelihood in nats per
# patient over {glue:text}`real_splits` random splits of the patients, and beside it by how much the merged
# table is above each other set. The splits share patients, so the 95 % interval of that difference is the one
# for re-splits ([how we compare](../book/protocol.md)).

# %% tags=["hide-input"]
# | label: tab-hospitals
# | caption: >-
# |   Log-likelihood of held-out patients, in nats, as the mean over the splits, and how much the merged table
# |   is above each set: mean with its 95 % interval.
from ddlib.comparisons import resampled_interval

seeds = range(parameters.seed, parameters.seed + parameters.num_splits)
splits = collect(HOSPITALS, [HospitalsConfig(seed=split) for split in seeds])
scores = splits.pivot(index="seed", columns="method", values="log_likelihood")
held_out = len(hospitals.held_out) / (len(hospitals.held_out) + sum(map(len, tables)))
above = scores.drop(columns="merged table").rsub(scores["merged table"], axis=0)
interval = above.apply(lambda gap: pd.Series(resampled_interval(gap, test_share=held_out))).T
interval = interval.set_axis(["low", "high"], axis=1)
lead = interval.assign(mean=above.mean())[["mean", "low", "high"]].apply(tuple, axis=1)
worth = splits.groupby("method")[["rows"]].first().assign(mean=scores.mean())
worth = worth.join(lead.rename("merged table is above by (95 %)"))
worth = worth.loc[splits["method"].unique()].rename_axis("learnt from")
typeset(worth, {name: ".0f" if name == "rows" else ".2f" for name in worth})

# %% tags=["remove-cell"]
put(real_columns=len(union.names), real_hospitals=len(tables), real_held_out=100 * held_out)
better, worse = (interval["low"] > 0).sum(), (interval["high"] < 0).sum()
put(real_better=better or "none", real_worse=worse or "none")
put(real_untold=(len(interval) - better - worse) or "none")
put(real_others=len(interval), real_rows=len(merged.rows), real_splits=parameters.num_splits)

# %% [markdown]
# Where the interval lies above 0 the merged table is better than what stands in that line: than
# {glue:text}`real_better` of {glue:text}`real_others` sets. Where it lies below 0 it is worse: than
# {glue:text}`real_worse`. With one data set of this size little more can be told apart. No hospital ever saw a
# complete patient.
#
# ## Exercises
#
# ```{exercise} A score that cannot fall
# :label: ex-checks-letter
#
# To the letter, both networks of a step are scored on $D^S_j$ itself: $\theta$, which is learnt from $D^S_j$,
# and $\theta'$, which is learnt from $D^S_j+\epsilon\delta$. Let the structure be fixed, and the learner be
# maximum likelihood. What is the sign of $\hat F'-\hat F$? How does it shrink with $\epsilon$? Where does the
# descent go?
# ```
#
# ```{solution} ex-checks-letter
# $\hat F$ is minus the mean log-likelihood of $D^S_j$, and no network of this structure has a smaller one than
# $\theta$. So $\hat F'\ge\hat F$ for every $\delta$. At its minimum $\hat F$ has no slope in $\theta$, and
# $\theta'$ is off by a multiple of $\epsilon$, so the difference is of the order $\epsilon^2$, with the same
# value for $\delta$ and $-\delta$ up to $\epsilon^3$. The step $-\eta\,\frac{\hat F'-\hat F}{\epsilon}\,\delta$
# is of the order $\epsilon$, and its mean over $\delta$ vanishes to that order, since $\delta$ is as likely as
# $-\delta$. The rows move away from wherever $\delta$ pointed: a random walk, which knows nothing of the
# sources.
# ```
#
# ```{exercise} How many networks make a word?
# :label: ex-checks-word
#
# {numref}`tab-gains` has one word for each line, all adjusted together. On how many of its networks must a
# change be better, at least, to be *higher* if it is the only one that is told apart? What would another ten
# networks change? Use {py:obj}`~ddlib.comparisons.sign_test`.
# ```
#
# ```{solution-start} ex-checks-word
# ```

# %%
from ddlib.comparisons import LEVEL, sign_test


def wins_needed(pairs, cells):
    """The fewest wins of as many pairs that make a word in a table of as many cells."""
    enough = [wins for wins in range(pairs + 1) if cells * sign_test(wins, pairs - wins) <= LEVEL]
    return min((wins for wins in enough if wins > pairs / 2), default=None)


for pairs in (len(few), len(few) + 10):
    print(f"{pairs} networks, {len(gains)} cells: {wins_needed(pairs, len(gains))} wins")

# %% [markdown]
# Holm's method asks most of the smallest p-value: it is multiplied by the number of lines. With few networks
# nearly all must agree, so *not told apart* may hide a gain of any size. With more of them a smaller share is
# enough. The interval of the gain says how large it may be, the word only on which side it is.
#
# ```{solution-end}
# ```
#
# ## Summary
#
# ```{admonition} What to take along
# :class: takeaway
# - The likelihood was checked by hand for a row with holes, and by an independent library for clean rows. Step
#   sizes are widened until the best one has worse neighbours on both sides.
# - The yardstick matters: a clean subset whose prior is chosen is a harder one than a subset with a fixed
#   prior.
# - Of the changes from the caption to learning from all, what is learnt from gains most. The drawn start gains
#   before the first step.
# - EM with a structure is better than imputation and than single sources, and its exact rows lose nothing. A
#   criterion without a prior can be right and its descent unstable.
# - On a real table of this size little can be told apart.
# ```
#
# ## Try it with other parameters
#
# From the book's folder; a result lands in `_build/runs`.
#
# ```
# make run NOTEBOOK=notebooks/merging_checks.py PARAMS="num_networks=6 num_networks_few=6"
# ```
