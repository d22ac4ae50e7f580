r"""Features of a network at given weights: its last hidden layer, and its tangents.

$$\phi_\theta(x)\in\mathbb R^h\ \text{with}\ f_\theta(x)=W\phi_\theta(x)+b,\qquad
J_\theta(x)=\frac{\partial f_\theta(x)}{\partial\theta}\in\mathbb R^{k\times P}.$$

A regression on $\phi_\theta$ is the network with its last layer alone learnt; one on $J_\theta$ is
the network made linear in all its weights.
"""

# torch has no types for its hooks and transforms.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from contextlib import ExitStack

from torch import Tensor, nn
from torch.func import jacrev, vmap

from ddlib.learners.network import NetworkLearner


def hidden_features(learner: NetworkLearner, theta: Tensor, inputs: Tensor) -> Tensor | None:
    r"""Return $\phi_\theta$ `(n, h)`, what the last layer is given; None without a linear last one.

    Without a hidden layer these are the inputs.

    Args:
        learner: has the network.
        theta: parameters `(P,)`.
        inputs: `(n, d)`.
    """
    seen: list[tuple[Tensor, Tensor]] = []

    def note(part: nn.Module, given: tuple[Tensor, ...], made: Tensor) -> None:
        seen.append((given[0], made))

    with ExitStack() as stack:
        for part in learner.module.modules():
            if isinstance(part, nn.Linear):
                stack.callback(part.register_forward_hook(note).remove)
        outputs = learner.predict(theta, inputs)
    return next((given for given, made in reversed(seen) if made is outputs), None)


def tangents(learner: NetworkLearner, theta: Tensor, inputs: Tensor) -> Tensor:
    r"""Return $J_\theta$ `(n, k, P)`, the derivatives of the outputs in the parameters.

    Args:
        learner: has the network.
        theta: parameters `(P,)`.
        inputs: `(n, d)`.
    """

    def outputs(theta: Tensor, row: Tensor) -> Tensor:
        return learner.predict(theta, row[None])[0]

    return vmap(jacrev(outputs), in_dims=(None, 0))(theta, inputs)
