r"""Networks, any `torch.nn.Module`, trained by full-batch gradient descent from a random start.

$$\theta_{t+1}=\theta_t-\eta\,\nabla_\theta\,\ell(\theta_t;S),\qquad t<T,$$

$$\ell(\theta;S)=\frac1m\sum_i-\langle y_i,\log\operatorname{softmax}f_\theta(x_i)\rangle
\qquad\text{or, of responses that are no classes,}\qquad
\frac1{mk}\sum_i\lvert y_i-f_\theta(x_i)\rvert^2.$$

Rows are $(x, y)$: $d$ inputs, then the probabilities of $k$ classes, or $k$ responses. $\theta$ is
one flat tensor `(P,)`: every parameter of the module after the other.
"""

# torch has no types for the kernels of attention.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Literal, get_args

import torch
from torch import Generator, Tensor, nn
from torch.func import functional_call
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.functional import mse_loss

from ddlib.arguments import count_faults, fault, is_finite, raise_faults
from ddlib.learners.logistic import soft_cross_entropy
from ddlib.learners.modules import (
    Architecture,
    he_faults,
    he_start,
    make_module,
    start_module,
)
from ddlib.learners.passes import check_passes
from ddlib.problem.rows import Layout
from ddlib.problem.training import train

Start = Literal["own", "he"]
"""How a network starts: as its module does itself, or with the weights of He."""

PASSED = 8  # rows with which a module is tried before it is trained


@dataclass(frozen=True)
class NetworkLearner:
    r"""A network after `num_steps` $T$ steps of `step_size` $\eta$ from a start drawn anew.

    Attributes:
        architecture: a module, or a function that makes one, from inputs `(m, d)` to outputs
            `(m, k)`. A module is copied, and started by the `reset_parameters` of its parts; a
            function is called for each start, so that it starts the module as it likes.
        num_responses: $k$.
        num_steps: $T$.
        step_size: $\eta$.
        categorical: whether the responses are the probabilities of classes, and the outputs their
            logits; else the squared error is descended.
        start: "own", the module's own start, or "he", weights $N(0, 2/\text{fan-in})$ and biases
            0, whatever the module does.
        module: of which forward and shapes are used; its weights are not.

    Raises:
        ValueError: for a setting out of its range, and a module that draws at random, looks at
            whole batches or cannot be started anew; it names all such parts.
        TypeError: for an architecture that is no module and makes none.
    """

    architecture: Architecture
    num_responses: int
    num_steps: int
    step_size: float
    categorical: bool = True
    start: Start = "own"
    module: nn.Module = field(init=False, repr=False, compare=False)
    _passed: set[object] = field(init=False, repr=False, compare=False, default_factory=set)

    def __post_init__(self) -> None:
        """Check the settings and make the module."""
        faults = count_faults("num_responses", self.num_responses, 2 if self.categorical else 1)
        faults += count_faults("num_steps", self.num_steps, 1)
        if not (is_finite(self.step_size) and self.step_size > 0):
            faults.append(fault("step_size", self.step_size, "a finite number above 0"))
        if self.start not in get_args(Start):
            faults.append(fault("start", self.start, "'own' or 'he'"))
        raise_faults(faults)
        module = make_module(self.architecture)
        if self.start == "he":
            raise_faults(he_faults(module))
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
        r"""Return $\theta_0$ `(P,)`, of the type of `rows` and where they are.

        Args:
            rows: `(m, d + k)`, whose width, type and device matter alone.
            generator: draws the weights.

        Raises:
            ValueError: for a module that does not map such inputs to $k$ outputs, or that does
                not make the same of them at each pass.
        """
        if self.start == "he":
            draws = [he_start(p.shape, rows.dtype, generator) for p in self.module.parameters()]
        else:
            seed = int(torch.randint(2**63 - 1, (), generator=generator))
            module = start_module(self.architecture, self.module, seed=seed)
            draws = [p.detach().to(rows.dtype).flatten() for p in module.parameters()]
        theta = torch.cat(draws).to(rows.device)
        self._check_inputs(theta, self._layout.inputs(rows.detach()))
        return theta

    def predict(self, theta: Tensor, inputs: Tensor) -> Tensor:
        """Return the outputs `(n, k)`: logits of classes, or responses.

        Args:
            theta: parameters `(P,)`.
            inputs: `(n, d)`.
        """
        # Of other kernels of attention the gradient has no gradient.
        with sdpa_kernel(SDPBackend.MATH) if self._may_attend else nullcontext():
            # Which names are tied is known, and would be looked for at each step of a training.
            return functional_call(self.module, self._tensors(theta), (inputs,), tie_weights=False)

    def logits(self, theta: Tensor, inputs: Tensor) -> Tensor:
        """Return the logits of classes `(n, k)`: what `predict` returns.

        Args:
            theta: parameters `(P,)`.
            inputs: `(n, d)`.
        """
        return self.predict(theta, inputs)

    def loss(self, theta: Tensor, rows: Tensor) -> Tensor:
        """Return the mean cross-entropy over rows in nats, or the mean squared error, a scalar.

        Args:
            theta: parameters `(P,)`.
            rows: `(m, d + k)`.
        """
        outputs = self.predict(theta, self._layout.inputs(rows))
        measure = soft_cross_entropy if self.categorical else mse_loss
        return measure(outputs, self._layout.responses(rows))

    def layers(self, theta: Tensor) -> list[Tensor]:
        """Return each layer's weights, `(fan-in, units)`, without parameters of one dimension.

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

    @cached_property
    def _layout(self) -> Layout:
        """What the columns of a row are."""
        return Layout(self.num_responses, self.categorical)

    @cached_property
    def _may_attend(self) -> bool:
        """Whether the module may have attention in it: torch's own, or code that is not torch's."""
        kinds = {type(part) for part in self.module.modules()}
        others = {kind for kind in kinds if not kind.__module__.startswith("torch.nn.")}
        return bool(others) or nn.MultiheadAttention in kinds

    @cached_property
    def _shapes(self) -> dict[str, torch.Size]:
        """The shapes of the parameters by name."""
        return {name: p.shape for name, p in self.module.named_parameters()}

    @cached_property
    def _buffers(self) -> dict[str, Tensor]:
        """The buffers by name."""
        return dict(self.module.named_buffers())

    @cached_property
    def _tied(self) -> dict[str, str]:
        """Each further name of a parameter or buffer that has several, and its first one."""
        module = self.module
        first: dict[Tensor, str] = {}
        named = [
            *module.named_parameters(remove_duplicate=False),
            *module.named_buffers(remove_duplicate=False),
        ]
        names = [(name, first.setdefault(tensor, name)) for name, tensor in named]
        return {name: own for name, own in names if name != own}

    def _parameters(self, theta: Tensor) -> dict[str, Tensor]:
        """Return the parameters by name, views of `theta`."""
        pieces = theta.split([shape.numel() for shape in self._shapes.values()])
        return {
            name: piece.view(shape)
            for (name, shape), piece in zip(self._shapes.items(), pieces, strict=True)
        }

    def _tensors(self, theta: Tensor) -> dict[str, Tensor]:
        """Return the parameters and the buffers by all their names, these like `theta` too."""
        tensors = self._parameters(theta) | {
            name: b.to(theta.device, theta.dtype if b.is_floating_point() else b.dtype)
            for name, b in self._buffers.items()
        }
        return tensors | {name: tensors[own] for name, own in self._tied.items()}

    def _check_inputs(self, theta: Tensor, inputs: Tensor) -> None:
        """Try the module on inputs of a kind that it has not been tried on."""
        kind = inputs.shape[1:], inputs.dtype, inputs.device
        if kind not in self._passed:
            forward = partial(self.predict, theta)
            check_passes(self.module, forward, inputs[:PASSED], self.num_responses)
            self._passed.add(kind)


def mlp(
    dim: int, hidden: tuple[int, ...], num_outputs: int, activation: Callable[[], nn.Module]
) -> nn.Module:
    """Return a perceptron, from inputs `(m, dim)` to outputs `(m, num_outputs)`.

    Args:
        dim: number of inputs.
        hidden: units of each hidden layer.
        num_outputs: number of outputs.
        activation: makes the module after each hidden layer.
    """
    widths = (dim, *hidden)
    layers: list[nn.Module] = []
    for fan_in, units in zip(widths, hidden, strict=False):
        layers += [nn.Linear(fan_in, units), activation()]
    return nn.Sequential(*layers, nn.Linear(widths[-1], num_outputs))


def convnet(num_outputs: int, channels: int) -> nn.Module:
    """Return two 3 by 3 convolutions, pooled in between, for 8 by 8 pixels as inputs `(m, 64)`.

    Args:
        num_outputs: number of outputs.
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
        nn.Linear(32 * channels, num_outputs),
    )
