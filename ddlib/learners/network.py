r"""Small networks, trained by full-batch gradient descent from a random start.

$$\theta_0\sim\text{He},\qquad\theta_{t+1}=\theta_t-\eta\,\nabla_\theta\frac1m\sum_i
-\langle y_i,\log\operatorname{softmax}f_{\theta_t}(x_i)\rangle,\qquad t<T.$$

Rows are $(x, y)$: $d$ inputs, then the probabilities of $k$ classes. $\theta$ is one flat tensor
`(P,)`: every parameter of the module after the other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Generator, Tensor, nn
from torch.func import functional_call

from ddlib.learners.logistic import soft_cross_entropy
from ddlib.problem.training import train


@dataclass(frozen=True)
class NetworkLearner:
    r"""A network after `num_steps` $T$ steps of `step_size` $\eta$ from a start drawn anew.

    Attributes:
        architecture: makes a deterministic module without buffers, from inputs `(m, d)` to logits
            `(m, k)`; its forward and its shapes are used, its own weights are not.
        num_classes: $k$.
        num_steps: $T$.
        step_size: $\eta$.
        module: what `architecture` made, without weights.

    Raises:
        ValueError: for a setting out of its range, and a module with buffers.
    """

    architecture: Callable[[], nn.Module]
    num_classes: int
    num_steps: int
    step_size: float
    module: nn.Module = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Check the settings and make the module."""
        if self.num_classes < 2:
            raise ValueError(f"num_classes = {self.num_classes}: must be at least 2")
        if self.num_steps < 1:
            raise ValueError(f"num_steps = {self.num_steps}: must be at least 1")
        if not self.step_size > 0:
            raise ValueError(f"step_size = {self.step_size}: must be above 0")
        # On the meta device a module has shapes only, and draws no weights.
        with torch.device("meta"):
            module = self.architecture()
        buffers = [name for name, _ in module.named_buffers()]
        if buffers:
            raise ValueError(f"architecture: has buffers {buffers}; must have parameters only")
        object.__setattr__(self, "module", module)

    def __call__(self, rows: Tensor, *, generator: Generator) -> Tensor:
        r"""Return $\theta_T$ `(P,)`, with its derivative in `rows` where that is asked for.

        Args:
            rows: `(m, d + k)`.
            generator: draws the start.
        """
        return train(
            self,
            self.initial(rows, generator=generator),
            rows,
            num_steps=self.num_steps,
            differentiable=rows.requires_grad and torch.is_grad_enabled(),
        )

    def initial(self, rows: Tensor, *, generator: Generator) -> Tensor:
        r"""Return $\theta_0$ `(P,)`: weights $N(0, 2/\text{fan-in})$ and biases 0.

        Args:
            rows: `(m, d + k)`, whose type matters alone.
            generator: draws the weights.
        """
        return torch.cat([_he(p.shape, rows.dtype, generator) for p in self.module.parameters()])

    def logits(self, theta: Tensor, inputs: Tensor) -> Tensor:
        """Return the logits `(m, k)`.

        Args:
            theta: parameters `(P,)`.
            inputs: `(m, d)`.
        """
        return functional_call(self.module, self._parameters(theta), (inputs,))

    def loss(self, theta: Tensor, rows: Tensor) -> Tensor:
        """Return the mean cross-entropy over rows, a scalar, in nats.

        Args:
            theta: parameters `(P,)`.
            rows: `(m, d + k)`.
        """
        inputs, labels = rows[:, : -self.num_classes], rows[:, -self.num_classes :]
        return soft_cross_entropy(self.logits(theta, inputs), labels)

    def layers(self, theta: Tensor) -> list[Tensor]:
        """Return each layer's weights, `(fan-in, units)`, without biases.

        Args:
            theta: parameters `(P,)`, or a gradient in them.
        """
        return [p.flatten(1).T for p in self._parameters(theta).values() if p.ndim > 1]

    def model(self, theta: Tensor) -> Tensor:
        """Return `theta`: the criterion takes the parameters.

        Args:
            theta: parameters `(P,)`.
        """
        return theta

    def _parameters(self, theta: Tensor) -> dict[str, Tensor]:
        """Return the parameters by name, views of `theta`."""
        named = dict(self.module.named_parameters())
        pieces = theta.split([p.numel() for p in named.values()])
        return {
            name: piece.view(p.shape)
            for (name, p), piece in zip(named.items(), pieces, strict=True)
        }


def mlp(
    dim: int, hidden: tuple[int, ...], num_classes: int, activation: Callable[[], nn.Module]
) -> nn.Module:
    """Return a perceptron, from inputs `(m, dim)` to logits `(m, num_classes)`.

    Args:
        dim: number of inputs.
        hidden: units of each hidden layer.
        num_classes: number of logits.
        activation: makes the module after each hidden layer.
    """
    widths = (dim, *hidden)
    layers: list[nn.Module] = []
    for fan_in, units in zip(widths, hidden, strict=False):
        layers += [nn.Linear(fan_in, units), activation()]
    return nn.Sequential(*layers, nn.Linear(widths[-1], num_classes))


def convnet(num_classes: int, channels: int) -> nn.Module:
    """Return two 3 by 3 convolutions, pooled in between, for 8 by 8 pixels as inputs `(m, 64)`.

    Args:
        num_classes: number of logits.
        channels: of the first convolution; the second has twice as many.
    """
    return nn.Sequential(
        nn.Unflatten(1, (1, 8, 8)),
        nn.Conv2d(1, channels, 3, padding=1),
        nn.ReLU(),
        nn.AvgPool2d(2),
        nn.Conv2d(channels, 2 * channels, 3, padding=1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(32 * channels, num_classes),
    )


def _he(shape: torch.Size, dtype: torch.dtype, generator: Generator) -> Tensor:
    """Return one flat parameter's start: He's scale for weights, 0 for biases."""
    if len(shape) < 2:
        return torch.zeros(shape.numel(), dtype=dtype)
    std = (2 / shape[1:].numel()) ** 0.5
    return std * torch.randn(shape.numel(), dtype=dtype, generator=generator)
