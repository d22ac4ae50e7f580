"""What numbers and data must be, whatever takes them: real, and such as double precision holds."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from ddlib.arguments import count_faults, fault, is_number


def range_faults(name: str, value: object, least: int, most: int, wanted: str) -> list[str]:
    """Return what is wrong with a whole number that must lie between two others.

    Args:
        name: the argument's name.
        value: what was given.
        least: number that it must be at least.
        most: number that it must be at most.
        wanted: what it must be, in words.
    """
    if is_number(value) and value > most:
        return [fault(name, value, wanted)]
    return count_faults(name, value, least, wanted)


def as_float64(name: str, value: object) -> Tensor:
    """Return real numbers as a float64 tensor of their shape, differentiable in a tensor.

    Args:
        name: what an error calls the value.
        value: a tensor, an array, or numbers in sequences.

    Raises:
        ValueError: for anything else, complex numbers, and a tensor that is sparse.
    """
    given = value if isinstance(value, Tensor) else _as_tensor(name, value)
    if given.is_complex():
        raise ValueError(f"{name}: {given.dtype}; must be real")
    if given.layout != torch.strided:
        raise ValueError(f"{name}: {given.layout}; must be a dense tensor")
    return given.to(torch.float64)


def _as_tensor(name: str, value: Any) -> Tensor:
    """Return an array in its own type, and numbers in sequences as float64."""
    try:
        if isinstance(value, np.ndarray):
            return torch.as_tensor(value)
        if np.iscomplexobj(value):  # of numpy's, torch would drop the imaginary part
            raise TypeError("complex numbers")
        return torch.as_tensor(value, dtype=torch.float64)
    except (TypeError, ValueError, OverflowError, RuntimeError) as error:
        raise ValueError(fault(name, value, "a tensor of real numbers")) from error
