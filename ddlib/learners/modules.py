"""Modules of torch as learners use them: made or copied, checked, and started anew."""

# torch has no types for its layers' settings.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from collections import abc
from collections.abc import Callable
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

import torch
from torch import Generator, Tensor, nn
from torch.nn.parameter import is_lazy

from ddlib.arguments import raise_faults
from ddlib.learners.passes import called

Architecture = nn.Module | Callable[[], nn.Module]
"""A module, or what makes one."""


def make_module(architecture: Architecture) -> nn.Module:
    """Return a module of one's own, on the CPU: a copy, or what a function makes.

    Args:
        architecture: left as it is.

    Raises:
        TypeError: for what is no module and makes none.
        ValueError: for a module that a learner cannot start anew, train or use: it names all its
            parts that are in the way.
    """
    if isinstance(architecture, nn.Module):
        module = deepcopy(architecture).cpu()
        raise_faults(_module_faults(module) + _reset_faults(module))
    else:
        module = _made(architecture, seed=0)
        raise_faults(_module_faults(module))
        raise_faults(_function_faults(architecture, module))
    return module.train()


def start_module(architecture: Architecture, module: nn.Module, *, seed: int) -> nn.Module:
    """Return a module with weights as torch draws them after `torch.manual_seed(seed)`.

    A function makes it anew; of a module, all that have `reset_parameters` are reset, innermost
    first. The global stream is left standing where it is.

    Args:
        architecture: as in `make_module`.
        module: what `make_module` returned; left as it is.
        seed: of the weights.
    """
    if not isinstance(architecture, nn.Module):
        return _made(architecture, seed=seed)
    module = deepcopy(module)  # its weights are drawn over
    with _seeded(seed):
        module.apply(_reset)
    return module


def he_start(shape: torch.Size, dtype: torch.dtype, generator: Generator) -> Tensor:
    r"""Return one flat parameter's start: weights $N(0, 2/\text{fan-in})$, biases 0.

    Args:
        shape: of the parameter.
        dtype: of its numbers.
        generator: draws them.
    """
    if len(shape) < 2:
        return torch.zeros(shape.numel(), dtype=dtype)
    std = (2 / shape[1:].numel()) ** 0.5
    return std * torch.randn(shape.numel(), dtype=dtype, generator=generator)


def he_faults(module: nn.Module) -> list[str]:
    """Return which parameters would start at 0 that are no biases, and leave nothing to learn.

    Args:
        module: has the parameters.
    """
    return [
        f"start = 'he': parameter '{name}' has one dimension and would start at 0; use 'own'"
        for name, parameter in module.named_parameters()
        if parameter.ndim < 2 and name.rpartition(".")[2] != "bias"
    ]


@contextmanager
def _seeded(seed: int) -> abc.Generator[None]:
    """Let torch draw from a seed, on the CPU; its global stream stays where it was."""
    with torch.random.fork_rng(devices=[]), torch.device("cpu"):
        torch.default_generator.manual_seed(seed)  # that of other devices has not been forked
        yield


def _made(architecture: Callable[[], nn.Module], *, seed: int) -> nn.Module:
    """Return what a function makes after a seed."""
    if not callable(architecture):
        raise TypeError(
            f"architecture: a {type(architecture).__name__}; must be a torch.nn.Module or a "
            "function that makes one"
        )
    with _seeded(seed):
        try:
            module = architecture()
        except TypeError as error:
            raise TypeError(f"architecture: fails without arguments, {error}") from error
    if not isinstance(module, nn.Module):
        raise TypeError(
            f"architecture: makes a {type(module).__name__}; must make a torch.nn.Module"
        )
    return module


def _function_faults(architecture: Callable[[], nn.Module], module: nn.Module) -> list[str]:
    """Return what keeps a function from making one module per seed, of one shape."""
    same, other = _made(architecture, seed=0), _made(architecture, seed=1)
    if same is module:
        return ["architecture: makes one module again and again; must make a new one per call"]
    ours, theirs = module.state_dict(), same.state_dict()
    if ours.keys() != theirs.keys() or not all(ours[name].equal(theirs[name]) for name in ours):
        return ["architecture: makes another module from the same seed; must draw by torch alone"]
    others = dict(other.named_buffers())
    return [
        f"architecture: buffer '{name}' is drawn anew per call; must be constant"
        for name, buffer in module.named_buffers()
        if not buffer.equal(others[name])
    ]


def _module_faults(module: nn.Module) -> list[str]:
    """Return what keeps a module from being trained as one vector, and used as it was trained."""
    faults = [
        f"architecture: {called(name, each)} {told}"
        for name, each in module.named_modules()
        if (told := _part_fault(each))
    ]
    named = list(module.named_parameters())
    faults += [
        f"architecture: parameter '{name}' has no size yet; must be made with its width"
        for name, parameter in named
        if is_lazy(parameter)
    ]
    faults += [
        f"architecture: parameter '{name}' is frozen; must be learnt, or be a buffer"
        for name, parameter in named
        if not parameter.requires_grad
    ]
    if not named:
        faults.append("architecture: has no parameters; must have some to learn")
    return faults


def _part_fault(part: nn.Module) -> str | None:
    """Return what is wrong with a layer of torch that draws, or that looks at whole batches."""
    if isinstance(part, nn.modules.batchnorm._BatchNorm):
        return "depends on the batch; use LayerNorm or GroupNorm"
    if isinstance(part, nn.modules.instancenorm._InstanceNorm) and part.track_running_stats:
        return "counts batches; use track_running_stats=False"
    if isinstance(part, nn.RReLU):
        return "draws at random; use LeakyReLU"
    setting = "p" if isinstance(part, nn.modules.dropout._DropoutNd) else "dropout"
    rate = getattr(part, setting, 0)
    if isinstance(rate, int | float) and rate > 0:
        return f"has {setting} = {rate}, which draws at random; use {setting} = 0"
    return None


def _reset_faults(module: nn.Module) -> list[str]:
    """Return which parts of a module cannot draw their own parameters anew."""
    return [
        f"architecture: {called(name, each)} has parameters and no reset_parameters; must have "
        "it, or give a function that makes the module"
        for name, each in module.named_modules()
        if next(each.parameters(recurse=False), None) is not None and not _resets(each)
    ]


def _resets(part: nn.Module) -> bool:
    """Whether a module can draw its own parameters anew."""
    return callable(getattr(part, "reset_parameters", None))


def _reset(part: nn.Module) -> None:
    """Draw a module's own parameters anew where it can."""
    reset: Any = getattr(part, "reset_parameters", None)
    if callable(reset):
        reset()
