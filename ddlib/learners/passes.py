"""What a module of torch makes of inputs: outputs of the right width, the same at every pass."""

# torch has no types for a module's mode.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

SAME = 1e-3  # of the largest output: by how much two passes through one module may differ


def check_passes(
    module: nn.Module, forward: Callable[[Tensor], Tensor], inputs: Tensor, num_outputs: int
) -> None:
    """Check what a module makes of inputs, and that every pass makes the same.

    Args:
        module: in training mode, in which it is left.
        forward: passes inputs through `module`.
        inputs: `(m, d)`.
        num_outputs: width that the outputs must have.

    Raises:
        ValueError: where it fails, gives outputs of another width, draws at random, or trains
            otherwise than it is used.
    """
    shape, places = tuple(inputs.shape), [inputs.device] if inputs.is_cuda else []
    with torch.no_grad(), torch.random.fork_rng(devices=places):
        before = {name: buffer.clone() for name, buffer in module.named_buffers()}
        try:
            first = forward(inputs)
        except Exception as error:
            told = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
            raise ValueError(
                f"architecture: fails on inputs of shape {shape} and {inputs.dtype}, {told}; must "
                f"map inputs (m, {shape[-1]}) to outputs (m, {num_outputs})"
            ) from error
        _check_outputs(first, len(inputs), num_outputs)
        for name, buffer in module.named_buffers():
            if not torch.equal(buffer, before[name]):
                raise ValueError(
                    f"architecture: buffer '{name}' changes as inputs pass; must be constant"
                )
        _check_same(module, partial(forward, inputs), first)


def _check_outputs(outputs: object, num_rows: int, num_outputs: int) -> None:
    """Raise unless outputs are a tensor `(num_rows, num_outputs)`."""
    if not isinstance(outputs, Tensor):
        raise ValueError(
            f"architecture: returns a {type(outputs).__name__}; must return a tensor of outputs "
            f"(m, {num_outputs})"
        )
    if outputs.ndim == 2 and len(outputs) == num_rows and outputs.shape[1] != num_outputs:
        raise ValueError(
            f"architecture: gives {outputs.shape[1]} outputs per row; must be "
            f"num_responses = {num_outputs}"
        )
    if outputs.shape != (num_rows, num_outputs):
        raise ValueError(
            f"architecture: gives outputs of shape {tuple(outputs.shape)} for {num_rows} rows; "
            f"must be ({num_rows}, {num_outputs})"
        )


def _check_same(module: nn.Module, forward: Callable[[], Tensor], first: Tensor) -> None:
    """Raise where outputs differ from pass to pass, or between training and use."""
    module.eval()
    try:
        used = forward()
        if not _alike(used, forward()):
            raise ValueError("architecture: gives other outputs at each pass; must draw nothing")
        if _alike(first, used):
            return
        for name, each in module.named_modules():
            each.training = True
            if not _alike(used, forward()):
                raise ValueError(
                    f"architecture: {called(name, each)} gives other outputs in training than in "
                    "use; must be the same, so use none that drops units or counts batches"
                )
            each.training = False
    finally:
        module.train()


def _alike(one: Tensor, other: Tensor) -> bool:
    """Whether two outputs are the same but for rounding."""
    return bool(((one - other).abs() <= SAME * one.abs().max()).logical_or(one.isnan()).all())


def called(name: str, part: nn.Module) -> str:
    """Return what a message calls a part of a module.

    Args:
        name: of the part in its module; empty for the module itself.
        part: the part.
    """
    kind = type(part).__name__
    return f"'{name}', a {kind}," if name else f"the {kind}"
