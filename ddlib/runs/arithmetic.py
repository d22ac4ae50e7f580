"""A fingerprint of the arithmetic of this process: what its kernels make of fixed numbers.

Two processes with one fingerprint add, multiply, factorise and exponentiate alike to the last bit,
as far as a small sample tells: their results may be compared exactly.
`python -m ddlib.runs.arithmetic` prints that of the pinned kernels.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterator

import numpy as np
import scipy.linalg
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from ddlib.kernels import pin_process, warn_unpinned

PINNED = "f38ed71e3ee3"
"""The fingerprint of the pinned kernels: on every x86-64 processor, with the locked packages."""


@functools.cache
def fingerprint() -> str:
    """Return 12 hex digits of the results of every library that computes."""
    digest = hashlib.sha256()
    for result in (*_of_torch(), *_of_numpy()):
        digest.update(np.ascontiguousarray(result).tobytes())
    return digest.hexdigest()[:12]


def _numbers() -> Tensor:
    """Return fixed numbers in (-1, 1), `(120, 40)`, made without rounding."""
    whole = torch.arange(4800, dtype=torch.int64)
    return ((whole * 7919 + 1234567) % 65537).double().reshape(120, 40) / 32768 - 1


def _of_torch() -> Iterator[ArrayLike]:
    """Yield elementary functions, sums, products, factors and a convolution by torch."""
    x = _numbers()
    for number in (x, x.float()):
        for name in ("exp", "expm1", "sin", "cos", "tan", "tanh", "asin", "acos", "atan", "erf"):
            yield getattr(torch, name)(number).numpy()
        for name in ("log", "log1p", "log2", "log10", "sqrt", "rsqrt", "reciprocal", "lgamma"):
            yield getattr(torch, name)(number.abs() + 1e-3).numpy()
        gram = number.T @ number + torch.eye(40, dtype=number.dtype)
        yield (number @ gram[:, 0]).numpy()
        yield torch.linalg.cholesky(gram).numpy()
        yield torch.linalg.eigvalsh(gram).numpy()
        yield torch.linalg.qr(number)[1].numpy()
        yield torch.softmax(number, dim=1).sum(0).numpy()
    images, weights = x[:64].float().reshape(16, 4, 8, 5), x[64:73].float().reshape(-1, 4, 3, 3)
    yield torch.nn.functional.conv2d(images, weights, padding=1).numpy()


def _of_numpy() -> Iterator[ArrayLike]:
    """Yield the like by numpy and scipy, whose libraries are others than torch's."""
    x = _numbers().numpy()
    for number in (x, x.astype(np.float32)):
        for function in (np.exp, np.sin, np.cos, np.tanh, np.sum):
            yield function(number)
        gram = number.T @ number + np.eye(40, dtype=number.dtype)
        yield np.einsum("ij,kj->ik", number, gram)
        yield np.linalg.solve(gram, number.T)
        yield np.linalg.eigvalsh(gram)
        yield scipy.linalg.cholesky(gram)
        yield scipy.linalg.expm(gram / 40)


if __name__ == "__main__":
    pin_process()
    warn_unpinned()
    print(fingerprint())
