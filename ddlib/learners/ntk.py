r"""The neural tangent kernel of a network as it starts, from its own derivatives.

$$\Theta(a,b)=\frac1{qk}\sum_{i=1}^q\sum_{c=1}^k\bigl\langle\nabla_\theta f_c(a;\theta_i),\,
\nabla_\theta f_c(b;\theta_i)\bigr\rangle$$

over $q$ starts $\theta_i$ and the $k$ outputs. A network that is wide and trained by small steps
learns as a regression with this kernel (Jacot et al. 2018). In the limit of width each output has
the same kernel, and none bears on another; of a finite network it is their mean.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Generator, Tensor

from ddlib.learners.features import tangents
from ddlib.learners.network import NetworkLearner
from ddlib.problem.rows import Layout


@dataclass(frozen=True, eq=False)  # tensors have no truth value
class NTK:
    r"""The kernel $s\,\Theta$ of networks with given parameters.

    Attributes:
        learner: has the network.
        starts: parameters $\theta_i$, `(q, P)`.
        known: inputs `(n, d)` whose derivatives are kept, `n q k P` numbers.
        scale: $s$, with which the mean of the kernel of a known input with itself is 1.
    """

    learner: NetworkLearner
    starts: Tensor
    known: Tensor
    scale: Tensor = field(init=False)
    _features: Tensor = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Compute the derivatives of the known inputs."""
        features = self._tangents(self.known)
        scale = 1 / features.square().sum(1).mean()
        object.__setattr__(self, "scale", scale)
        object.__setattr__(self, "_features", features * scale.sqrt())

    @classmethod
    def drawn(
        cls, learner: NetworkLearner, rows: Tensor, *, num_starts: int, generator: Generator
    ) -> NTK:
        """Return the kernel of starts that the learner draws.

        Args:
            learner: has the network.
            rows: `(n, d + k)`, whose inputs are the known ones.
            num_starts: $q$.
            generator: draws the starts.
        """
        starts = [learner.initial(rows, generator=generator) for _ in range(num_starts)]
        inputs = Layout(learner.num_responses, learner.categorical).inputs(rows)
        return cls(learner, torch.stack(starts), inputs)

    def __call__(self, a: Tensor, b: Tensor) -> Tensor:
        """Return the kernel `(m, n)` between two sets of inputs.

        Args:
            a: `(m, d)`.
            b: `(n, d)`.
        """
        ours = self.features(a)
        return ours @ (ours if b is a else self.features(b)).T

    def features(self, inputs: Tensor) -> Tensor:
        """Return what the kernel is the inner product of, `(n, q k P)`.

        Args:
            inputs: `(n, d)`; their derivatives are taken from those of the known where they are
                the same.
        """
        if not inputs.requires_grad and torch.equal(inputs, self.known):
            return self._features
        return self._tangents(inputs) * self.scale.sqrt()

    def _tangents(self, inputs: Tensor) -> Tensor:
        """Return the derivatives of all outputs in all starts, `(n, q k P)`, by root of `q k`."""
        each = [tangents(self.learner, theta, inputs).flatten(1) for theta in self.starts]
        return torch.cat(each, dim=1) / (len(each) * self.learner.num_responses) ** 0.5
