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
# ```{admonition} In this chapter
# :class: goals
# **You learn** what the known methods minimise, which part of the problem each replaces, and what a step costs.
#
# **You need** [the formal problem](formal_problem.ipynb); how a network is trained.
# ```
#
# The abstract promises to look at existing methods "through this broader lens". This chapter writes each known
# method in the notation of [the formal problem](formal_problem.ipynb), runs it on one small problem, and says
# what it replaces there: the {term}`criterion`, the {term}`learner` or the law {eq}`eq-three-departures`. [The
# next chapter](benchmark.ipynb) measures what these departures cost.
#
# ````{admonition} Reconstructed
# :class: reconstructed
# The choice of methods, the sorting, the settings and the code are ours. The methods are their authors', who
# are cited with each.
# ````

# %% tags=["parameters"]
num_rows = 6  # synthetic rows in the pictures of two classes, an even number
num_moves = 40  # steps of each method in the pictures
seed = 0  # of the data

# %% tags=["hide-input"]
from typing import Annotated

import matplotlib.pyplot as plt
import pandas as pd
import torch
from pydantic import Field

from ddlib.config import Config, Count, Seed


class Parameters(Config):
    """What each parameter above may be."""

    num_rows: Annotated[int, Field(strict=True, ge=2, multiple_of=2)]
    num_moves: Count
    seed: Seed


parameters = Parameters.from_namespace(globals())

# %% tags=["remove-cell"]
from myst_nb import glue

from ddlib.plots.style import GREY, ORANGE, WIDTH, use_style
from ddlib.plots.tables import typeset

use_style()
glue("num_rows", parameters.num_rows, display=False)
glue("num_moves", parameters.num_moves, display=False)

# %% [markdown]
# ## One problem for all
#
# A problem of DD is a learner, a criterion and a {term}`budget`. Here they are these:
#
# - *Learner*: a network with one hidden layer of 16 units, trained by 30 steps of gradient descent.
# - *Criterion*: the cross-entropy of its classes on 200 training rows, two half moons of points in the plane.
# - *Budget*: {glue:text}`num_rows` synthetic rows, half of them in each class.

# %% tags=["hide-input"]
from dataclasses import replace
from functools import partial

from torch import nn

from ddlib.learners.network import NetworkLearner, mlp
from ddlib.problem.rows import Layout
from ddlib.tasks.digits import classification_task, two_moons

generator = torch.Generator().manual_seed(parameters.seed)
splits = [two_moons(n, noise_std=0.12, generator=generator) for n in (200, 200, 1000)]
layout = Layout(2, categorical=True)
network = NetworkLearner(partial(mlp, 2, (16,), 2, nn.Tanh), 2, 30, 1.0, start="he")
moons = classification_task(network, *splits, layout)

# %% [markdown]
# Each method takes the same three lines. It has a name in {py:obj}`ddlib.distillers.DISTILLERS`, and all start
# from the same random rows:

# %%
from ddlib.distillers import DISTILLERS
from ddlib.problem import distill


def run(name, task=moons, **more):
    """Return the run of a method, with all sets on its way."""
    problem = task.problem(parameters.num_rows, generator=torch.Generator().manual_seed(2))
    draws = torch.Generator().manual_seed(3)
    return distill(
        problem, DISTILLERS[name], num_steps=parameters.num_moves, generator=draws, **more
    )


distilled = run("BPTT")
distilled.rows.shape

# %% [markdown]
# The pictures below have the training rows as small points and the synthetic rows as large ones. A thin line
# shows how a row moved from where it started. The colours of the plane are the classes that the network
# predicts *when it learns from the synthetic rows alone*. A picture is one run. It shows how a method works,
# not how good it is.
#
# ## Selecting rows
#
# A *random* subset has no objective. It is the first reference for every method. {term}`Validated random
# <validated random>` draws many subsets $S_t$ and keeps the one whose model is best on validation rows:
#
# $$
# \hat S=\arg\min_{t}\ \hat{\mathcal R}_{\text{val}}(\learner(S_t)).
# $$ (eq-validated-random)
#
# It is the fair reference. A descent also looks at validation rows to choose the set that it keeps. So it is
# worth its cost only if it beats as many random subsets as it has looks.
#
# Two classic methods pick one row after the other, in each class separately. Let $\phi(x)$ be the standardised
# features of a row, and $\mu$ their mean over the class. *Herding* {cite:p}`welling2009herding` keeps the mean
# of the picked rows near $\mu$. *k-center* {cite:p}`gonzalez1985clustering` picks the row that is farthest from
# those it has:
#
# $$
# \begin{aligned}
# &\text{herding: }x_k=\\
# &\quad\arg\min_x\Bigl\|\mu-\frac1k\Bigl(\sum_{j<k}\phi(x_j)+\phi(x)\Bigr)\Bigr\|,\\
# &\text{k-center: }x_k=\\
# &\quad\arg\max_x\ \min_{j<k}\|\phi(x)-\phi(x_j)\|.
# \end{aligned}
# $$ (eq-selection)
#
# *Leverage scores* {cite:p}`drineas2006sampling,alaoui2015fast` draw row $i$ with a probability in proportion
# to its weight in a least-squares fit. $\tilde X$ has the centred features of the class in its rows $\tilde
# x_i$, $n$ is their number, and $\lambda$ a penalty:
#
# $$
# \tau_i=\tfrac1n+\tilde x_i^\top(\tilde X^\top\tilde X+n\lambda I)^{-1}\tilde x_i .
# $$ (eq-leverage)
#
# Two methods make means of rows in place of picking some. *Class means* cut each class into equal parts at
# random and take the mean of each part. *k-means* {cite:p}`arthur2007kmeans` cuts a class into clusters $P_k$
# with centres $\mu_k$:
#
# $$
# \min_{P_1,\dots,P_m}\ \sum_k\sum_{i\in P_k}\|\phi(x_i)-\mu_k\|^2 .
# $$ (eq-k-means)

# %%
selected = {"validated random": run("validated random", validation=moons.validation)}
for name in ["herding", "k-center", "leverage scores", "class means", "k-means"]:
    selected[name] = run(name)

# %% tags=["hide-input"]
# | label: fig-selecting
# | caption: >-
# |   Rows that are picked, or are means of rows. Of these methods only validated random sees the learner.
# | alt: >-
# |   Six panels with two half moons of points each. Herding and class means put rows inside the moons, k-center
# |   at their ends and rims, and k-means spreads them along the moons.
from ddlib.distillers.descent import descends
from ddlib.plots.motion import draw_decision
from ddlib.problem import carry


def draw_run(axes, name, done):
    """Draw what the network learns from the rows of a run, always from the same start."""
    learner = carry(network, done.chosen.carried)
    theta = learner(done.rows, generator=torch.Generator().manual_seed(1))
    path = torch.stack([shot.rows for shot in done.snapshots])
    axes.set(xlim=(-1.7, 2.7), ylim=(-1.3, 1.8), aspect="equal")
    draw_decision(
        axes, lambda points: learner.logits(theta, points).softmax(1)[:, 1], splits[0], done.rows,
        layout.classes, trail=path if descends(DISTILLERS[name]) else None,
    )  # fmt: skip
    axes.set_title(name.replace(", ", ",\n"))


def gallery(runs, columns=2):
    """Draw a panel for each run."""
    lines = -(-len(runs) // columns)
    size = WIDTH, 0.42 * WIDTH * lines
    _, grid = plt.subplots(lines, columns, figsize=size, squeeze=False)
    for axes in grid.flat[len(runs) :]:
        axes.set_visible(False)
    for axes, (name, done) in zip(grid.flat, runs.items(), strict=False):
        draw_run(axes, name, done)


gallery(selected)
plt.show()

# %% [markdown]
# {numref}`fig-selecting` shows where the picks lie. Herding picks near the middle of a class and k-center at
# its rim. Class means lie close together, since the parts are random. The centres of k-means follow the shape
# of a class. All methods here but validated random decide without the learner and without the criterion. They
# replace all three parts of the problem.
#
# *What is left out.* Leverage scores were made for weighted rows: a picked row counts $1/(m\tau_i)$ times. Rows
# here carry no weights, so a small set leans towards the outer rows.
#
# ## Descending the criterion itself
#
# *First-order* descent follows the gradient of [$\hat F$](#symbol-working-objective) through the learner. It
# needs a learner whose result can be differentiated, such as the solution of a linear system. A network is the
# result of many steps of training. *Back-propagation through time* (BPTT) {cite:p}`wang2018dataset` unrolls
# these steps and differentiates them all. The training takes [$T$](#symbol-training-steps) steps of size
# [$\eta$](#symbol-loss) on the loss $\ell$ of the set $S$:
#
# $$
# \begin{aligned}
# \hat F(S)&=\hat{\mathcal R}(\theta_T),\\
# \theta_{t+1}&=\theta_t-\eta\nabla_\theta\ell(\theta_t;S).
# \end{aligned}
# $$ (eq-bptt)
#
# If the learner *is* such a training, BPTT replaces only the law. It must keep all $T$ steps in memory. *Random
# truncation* {cite:p}`feng2024embarrassingly` ends the training at a random step and differentiates the last
# few steps only. It needs less memory, but its gradient is biased ({prf:ref}`thm-truncation`).
#
# *RCIG* {cite:p}`loo2023dataset` makes the training convex and differentiates its end by the implicit function
# theorem. Around its start $\theta_0$ the network is replaced by its linearisation with derivatives $J$, the
# loss by a quadratic with residuals $r_S$, and early stopping by a penalty $\lambda$:
#
# $$
# \begin{aligned}
# &\hat F(S)=\hat{\mathcal R}(\theta_0+\delta^*),\\
# &\delta^*=\arg\min_\delta\Bigl[\frac1{2m}\|J(X_S)\,\delta-r_S\|^2\\
# &\hphantom{\delta^*=\arg\min_\delta\Bigl[}+\frac\lambda2\|\delta\|^2\Bigr].
# \end{aligned}
# $$ (eq-rcig)
#
# {term}`Zeroth-order <zeroth-order>` descent {eq}`eq-zeroth-order` uses only values of $\hat F$. It applies to
# every learner, also to one that searches a structure or picks neighbours. *Label-only* distillation
# {cite:p}`bohdal2020flexible,sucholutsky2021soft` leaves the inputs where they are and descends in the labels
# $y_i$, which become soft: probabilities of the classes.

# %%
descended = {"BPTT": distilled}
for name in ["truncated BPTT", "RCIG", "zeroth-order"]:
    descended[name] = run(name)
descended["label only"] = run("label only", replace(moons, fixed_labels=False))

# %% tags=["hide-input"]
# | label: fig-descending
# | caption: >-
# |   Rows that descend the criterion through the learner. With label only the inputs stay and the labels move.
# | alt: >-
# |   Five panels. Under BPTT and its truncation the rows move along curved trails and the boundary bends between
# |   the moons. Under zeroth-order descent the trails are ragged. Under label only no row moves.
gallery(descended)
plt.show()

# %% [markdown]
# In {numref}`fig-descending` nothing keeps a row near the data, and some rows end outside of both moons. A
# useful synthetic row need not look like a measured one.
#
# *Departure.* RCIG's authors linearise at networks that were trained on the rows before. Here the whole
# training is linear, from a random start. So the method also replaces the learner.
#
# ## Matching how a network learns
#
# *Gradient matching* {cite:p}`zhao2021dataset` compares the gradients of the loss on $S$ and on the training
# rows $D$, along a training on $S$. It does so for each class $c$ (rows $S_c$, $D_c$), layer $l$ and unit $u$:
#
# $$
# \begin{aligned}
# \hat F(S)=\sum_c\sum_l\sum_u\Bigl(1-\cos\bigl(&\nabla\ell(\theta;D_c)_{lu},\\
# &\nabla\ell(\theta;S_c)_{lu}\bigr)\Bigr).
# \end{aligned}
# $$ (eq-gradient-matching)
#
# *Trajectory matching* {cite:p}`cazenavette2022dataset` compares trainings. Let $\theta^*_t$ be the parameters
# after $t$ steps on $D$. From there, $N$ steps of size $\alpha$ on $S$ lead to $\hat\theta_{t+N}$. They are to
# end where $M$ steps on $D$ end, with $M>N$:
#
# $$
# \hat F(S)=\frac{\|\hat\theta_{t+N}-\theta^*_{t+M}\|^2}{\|\theta^*_t-\theta^*_{t+M}\|^2}.
# $$ (eq-trajectory-matching)
#
# The step size $\alpha$ is learnt with the rows. It is part of the result: the rows are made for trainings with
# this step. We therefore run the method twice. In one version the learner keeps its own step size, as our
# problem says. In the other it takes $\alpha$ along with the rows.

# %%
names = ["gradient matching", "trajectory matching", "trajectory matching, learnt step size"]
matched = {name: run(name) for name in names}

# %% tags=["hide-input"]
# | label: fig-matching
# | caption: >-
# |   Rows that match gradients or trainings. In the last panel the network trains with the step size that was
# |   learnt with the rows.
# | alt: >-
# |   Three panels. The rows move along crossing trails. The two versions of trajectory matching have the same
# |   rows, and boundaries that differ.
gallery(matched)
plt.show()

# %% [markdown]
# Both methods keep the learner's training and replace the criterion. They compare gradients or parameters, not
# the error at the task. In {numref}`fig-matching` the two versions of trajectory matching have the same rows.
# They differ in what the network makes of them.
#
# *Departure.* The authors of trajectory matching augment the images while matching, as {cite:t}`zhao2021dsa` do
# for gradient matching. We leave this out, because the rows of a table cannot be flipped or cropped.
#
# ## Matching a distribution
#
# These methods replace the learner as well: what is to agree is the distribution of the rows of each class.
# *Distribution matching* {cite:p}`zhao2023dataset` compares $\overline\psi$, the mean over a class of a random
# embedding $\psi$:
#
# $$
# \begin{aligned}
# &\hat F(S)=\\
# &\quad\mathbb E_\psi\sum_c\bigl\|\overline{\psi}(D_c)-\overline{\psi}(S_c)\bigr\|^2 .
# \end{aligned}
# $$ (eq-distribution-matching)
#
# The *maximum mean discrepancy* {cite:p}`gretton2012kernel` does this with all features that a Gaussian kernel
# $k$ has, and so compares all moments ({cite:t}`zhang2024m3d` use it for distillation):
#
# $$
# \begin{aligned}
# \hat F(S)=\sum_c\Bigl[\,&\overline{k}(D_c,D_c)-2\,\overline{k}(D_c,S_c)\\
# &+\overline{k}(S_c,S_c)\Bigr],
# \end{aligned}
# $$ (eq-mmd)
#
# where $\overline k(A,B)$ is the mean of the kernel over the pairs of two sets. The *sliced Wasserstein*
# distance {cite:p}`rabin2012wasserstein` projects the rows on a random direction $v$ and compares the quantile
# functions $g^v$ of the projections:
#
# $$
# \begin{aligned}
# &\hat F(S)=\\
# &\quad\sum_c\mathbb E_v\int_0^1\bigl(g^v_{D_c}(a)-g^v_{S_c}(a)\bigr)^2da .
# \end{aligned}
# $$ (eq-sliced)

# %%
names = ["distribution matching", "maximum mean discrepancy", "sliced Wasserstein"]
distributed = {name: run(name) for name in names}

# %% tags=["hide-input"]
# | label: fig-distributions
# | caption: >-
# |   Rows that match the distribution of each class. The learner has no say.
# | alt: >-
# |   Three panels. Rows of maximum mean discrepancy and sliced Wasserstein spread along the moons; those of
# |   distribution matching need not.
gallery(distributed)
plt.show()

# %% [markdown]
# In {numref}`fig-distributions` the discrepancy and the sliced distance spread the rows along the moons.
# Distribution matching sees means only, and different rows have the same mean.
#
# ## Another learner
#
# *Kernel inducing points* {cite:p}`nguyen2021dataset` replace the learner by kernel ridge regression, which has
# a closed form, and descend its error on the $n$ training rows. $K_{DS}$ and $K_{SS}$ hold the kernel between
# the rows of two sets, $y_D$ and $y_S$ the responses, $m$ is the number of rows of $S$, and $\lambda$ the
# penalty:
#
# $$
# \begin{aligned}
# &\hat F(S)=\\
# &\quad\tfrac1n\bigl\|y_D-K_{DS}(K_{SS}+m\lambda I)^{-1}y_S\bigr\|^2 .
# \end{aligned}
# $$ (eq-kip)
#
# Where responses are free, the best $y_S$ solves a least-squares problem (*label solve*). If the task's own
# learner is kernel ridge regression with this kernel and penalty, the method replaces only the law. For a
# network we use two kernels: a Gaussian one, and the network's own tangent kernel, $k(x,x')=J(x)J(x')^\top$
# with the derivatives $J$ at its start. The authors take the limit of infinite width.
#
# *FRePo* {cite:p}`zhou2022frepo` takes the last hidden layer $\phi_\theta$ of a network for the features,
# $k(x,x')=\phi_\theta(x)\phi_\theta(x')^\top$, and draws the network from a pool of networks that are trained
# on the current rows. Its gradient does not run through these trainings.

# %%
names = ["kernel inducing points", "NTK inducing points", "FRePo"]
kernels = {name: run(name) for name in names}

# %% tags=["hide-input"]
# | label: fig-kernels
# | caption: >-
# |   Rows made for kernel ridge regression with three kernels, and given to the network.
# | alt: >-
# |   Three panels. The rows move along short trails and the boundaries differ between the kernels.
gallery(kernels)
plt.show()

# %% [markdown]
# {numref}`fig-kernels` shows rows that serve another learner than the one that uses them. How much this costs
# depends on how near the two learners are.
#
# ## Rows for a statistic or a posterior
#
# Some learners use the rows only through a statistic. Then `exact` writes rows that carry it
# ({prf:ref}`thm-exact`), with no descent. Two more methods are for Bayesian and least-squares learners. A
# *Bayesian pseudo-coreset* {cite:p}`manousakas2020bayesian,kim2022divergence` makes rows whose posterior $p_S$
# is that of all rows $p_D$, where each of $m$ rows speaks for $n/m$ rows:
#
# $$
# \begin{aligned}
# \hat F(S)&=\mathrm{KL}(p_S\,\|\,p_D),\\
# p_S(\theta)&\propto p(\theta)\prod_{i=1}^m p(y_i\mid x_i,\theta)^{n/m}.
# \end{aligned}
# $$ (eq-pseudo-coreset)
#
# A *sensitivity {term}`coreset`* {cite:p}`langberg2010universal,feldman2011unified` draws row $i$ with a
# probability in proportion to the largest share $s_i$ of the loss that it can have, and weights it so that sums
# stay unbiased:
#
# $$
# \begin{aligned}
# s_i&\ge\sup_\theta\frac{\ell_i(\theta)}{\sum_j\ell_j(\theta)},\\
# w_i&=\frac{\sum_js_j}{n\,s_i} .
# \end{aligned}
# $$ (eq-sensitivity)
#
# A regression without intercept learns from $(\sqrt w\,x,\sqrt w\,y)$ what it learns from $(x,y)$ with weight
# $w$, so these rows are scaled. The problem below is such a regression: one feature $x$, one response $y$, and
# three rows.

# %% tags=["hide-input"]
from ddlib.learners.ridge import Ridge
from ddlib.problem import DistillationProblem, TrainingCriterion

x = torch.randn(120, 1, generator=generator, dtype=torch.float64)
noise = torch.randn(120, 1, generator=generator, dtype=torch.float64)
points = torch.cat([x, 0.8 * x + 0.6 * noise], dim=1)
ridge = Ridge(1, penalty=1e-3)
error = TrainingCriterion(lambda theta: (points[:, 1:] - points[:, :1] @ theta).square().mean())
line = DistillationProblem(ridge, error, points[:3], training=points, layout=Layout(1))

# %%
draws = torch.Generator().manual_seed(1)
fitted = {
    name: distill(line, DISTILLERS[name], num_steps=parameters.num_moves, generator=draws)
    for name in ["sensitivity coreset", "first-order", "pseudo-coreset", "exact"]
}

# %% tags=["hide-input"]
# | label: fig-lines
# | caption: >-
# |   Three rows for a regression through the origin. Solid: the line learnt from them; dotted: the line learnt
# |   from all rows.
# | alt: >-
# |   Four panels with a cloud of points and two lines each. The line of the sensitivity coreset differs from the
# |   line of all rows; in the other three panels the two lines coincide.
from ddlib.plots.curves import panels

_, grid = panels(len(fitted), height=0.4 * WIDTH)
ends = torch.tensor([[-3.0], [3.0]], dtype=torch.float64)
for axes, (name, done) in zip(grid, fitted.items(), strict=True):
    axes.plot(*points.T, ".", color=GREY, markersize=2, alpha=0.5, label="_training rows")
    axes.plot(*done.rows.detach().T, "o", color=ORANGE, markersize=5, label="_synthetic rows")
    axes.plot(ends, ends @ ridge(done.rows.detach()), color=ORANGE, label="_learnt from these")
    axes.plot(ends, ends @ ridge(points), ":", color="black", label="_learnt from training rows")
    axes.set(xlim=(-3, 3), ylim=(-3.5, 3.5), xticks=[], yticks=[])
    axes.set_title(name)
plt.show()

# %% [markdown]
# In {numref}`fig-lines` a random draw of weighted rows leaves an error. The other three methods reach the line
# of all rows. They can, because the learner has one parameter, and one row could carry it.
#
# ## What each method replaces, and what a step costs
#
# {numref}`tab-costs` sorts the methods by their departure. It counts what a step costs on the problem of this
# chapter, as the mean over the run: values of the working criterion, its gradients, and steps of training. The
# last four methods ran on the regression. A method that is done at once has its whole cost in its line. The
# training steps of validated random are those of its looks at validation rows.

# %% tags=["hide-input"]
# | label: tab-costs
# | caption: >-
# |   What each method replaces besides the law, and what a step of it costs: values of the working criterion, its
# |   gradients, and steps of training the network.
COUNTS = {"evaluations": "values", "gradients": "gradients", "training_steps": "training"}


def line_of(name, done):
    """What a method replaces, and what its steps cost."""
    parts = [part for part in ("criterion", "learner") if part in DISTILLERS[name].departs]
    steps = max(1, done.snapshots[-1].step)
    costs = {("per step", word): getattr(done.cost, key) / steps for key, word in COUNTS.items()}
    return {("", "replaces"): ", ".join(parts) or "–"} | costs


runs = selected | descended | matched | distributed | kernels | fitted
lines = pd.DataFrame({name: line_of(name, done) for name, done in runs.items()}).T
typeset(lines.infer_objects().rename_axis("method"), ".3g")

# %% [markdown]
# Every method here replaces the law by training rows. Only a method that descends $\hat F$ itself can replace
# nothing else, and it pays with a whole training per step, or with many. The cheaper methods buy their speed
# with a departure. What that costs depends on the task, and [the next chapter](benchmark.ipynb) measures it.
#
# ## Methods for images at scale
#
# Many methods were made for photographs and deep networks. They fit the same scheme, but they need what a small
# table does not have. We do not run them, for the reasons in the table.
#
# ```{list-table}
# :header-rows: 1
# :widths: 20 48 32
#
# * - method
#   - what it does, and replaces
#   - why it is not run here
# * - DSA {cite:p}`zhao2021dsa`
#   - gradient matching, with the same random augmentation of real and synthetic images; replaces the
#     criterion
#   - needs changes of a row that keep its class, such as flips and crops
# * - CAFE {cite:p}`wang2022cafe`
#   - matches the features of a network, layer by layer; replaces the criterion and the learner
#   - made for deep convolutional networks
# * - DATM {cite:p}`guo2024lossless`
#   - trajectory matching, on early parts of the trainings for small sets and on late parts for large ones;
#     replaces the criterion
#   - needs long trainings of many networks
# * - SRe2L {cite:p}`yin2023squeeze`
#   - images whose batch-norm statistics in a trained network are those of the data, with labels by that
#     network; replaces the criterion and the learner
#   - needs a deep network with batch norm
# * - RDED {cite:p}`sun2024diversity`
#   - crops of real images that a trained network finds realistic, joined to new images; replaces the
#     criterion and the learner
#   - needs images that can be cropped
# * - diffusion {cite:p}`gu2024efficient`
#   - images drawn from a generator that is tuned to be representative and diverse; replaces the criterion and
#     the learner
#   - needs a generator that was trained on many images
# ```
#
# ## Exercises
#
# ```{exercise} When gradient matching is exact
# :label: ex-methods-gradients
#
# With squared distances, gradient matching is exact for ridge regression with $d$ features and $k$ responses
# if it matches at enough $\Theta$ and $m\ge d+k$. Why? And why is it not exact with the cosine?
# ```
#
# ```{solution} ex-methods-gradients
# The gradient $\frac1mX^\top(X\Theta-Y)+\lambda\Theta$ is linear in the second moments $X^\top X/m$ and
# $X^\top Y/m$. If it agrees at enough $\Theta$, the moments agree, and with them every learner that sees only
# these ({prf:ref}`thm-exact`). The cosine ignores the gradient's length. With $\lambda=0$ in the matched loss
# it cannot tell sets whose moments are multiples of each other. A learner with $\lambda>0$ learns different
# $\Theta$ from them.
# ```
#
# ```{exercise} Change the learner
# :label: ex-methods-learner
#
# Give *k-means* and *BPTT* the same moons with another learner, a network of 4 hidden units in place of 16.
# How far do the rows of each method move? First say from {numref}`tab-costs` what you expect.
# ```
#
# ```{solution-start} ex-methods-learner
# ```

# %%
smaller = NetworkLearner(partial(mlp, 2, (4,), 2, nn.Tanh), 2, 30, 1.0, start="he")
other = classification_task(smaller, *splits, layout)
before = {"k-means": selected["k-means"], "BPTT": distilled}
moved = {
    name: (run(name, other).rows - done.rows).abs().max().item() for name, done in before.items()
}
for name, far in moved.items():
    print(f"{name}: the largest difference of an entry is {far:.2f}")

# %% tags=["remove-cell"]
glue("moved_k_means", moved["k-means"], display=False)
glue("moved_bptt", moved["BPTT"], display=False)

# %% [markdown]
# The rows of k-means differ by {glue:text}`moved_k_means:.2f`: the method replaces the learner, so it cannot
# notice that there is another one. Those of BPTT differ by up to {glue:text}`moved_bptt:.2f`. To be told a
# learner is no merit in itself. It is what lets the answer depend on the question.
#
# ```{solution-end}
# ```
#
# ## Summary
#
# ```{admonition} What to take along
# :class: takeaway
# - A method is an answer to a problem of DD, and most answers change the problem: the criterion, the learner or
#   both.
# - Herding, k-center, leverage scores, means and the matching of distributions do not see the learner. They
#   give the same rows for any learner on these data.
# - Descending $\hat F$ itself changes nothing but the law. It costs a training per step, and memory for it.
# ```
#
# ## Try it with other parameters
#
# From the book's folder; a result lands in `_build/runs`.
#
# ```
# make run NOTEBOOK=notebooks/methods.py PARAMS="num_moves=50"
# ```
