r"""The channel of Fig. 1(a): complete rows become sources with holes and noise.

A source is a tensor of trajectories `(n, T, p)` in which NaN marks what it hides.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Generator, Tensor

from ddlib.dbn.sources import check_noise


def split_sources(
    clean: Tensor, hidden: Sequence[Sequence[int]], *, noise_std: float, generator: Generator
) -> list[Tensor]:
    """Return one source per entry of `hidden`: equal shares of `clean` through its own channel.

    `clean` is `(n, T, p)`. Source i hides the variables `hidden[i]` in all its rows and slices,
    and every entry gets Gaussian noise of `noise_std`, in the units of the data (Fig. 1(a),
    caption). Raises `ValueError` for fewer rows than sources, an unknown variable, a source that
    hides all, or a negative noise.
    """
    num_variables = clean.shape[-1]
    if not hidden:
        raise ValueError("hidden: no source; must be at least one")
    if len(clean) < len(hidden):
        raise ValueError(f"clean: {len(clean)} rows; must be at least one a source, {len(hidden)}")
    check_noise(noise_std, num_variables)
    for i, names in enumerate(hidden):
        if not set(names) < set(range(num_variables)):
            raise ValueError(
                f"hidden[{i}] = {list(names)}: must leave out some of 0 to {num_variables - 1}"
            )
    sources = []
    for share, names in zip(clean.tensor_split(len(hidden)), hidden, strict=True):
        noise = torch.randn(share.shape, dtype=share.dtype, generator=generator)
        source = share + noise_std * noise
        source[..., list(names)] = torch.nan
        sources.append(source)
    return sources


def random_hidden(
    num_sources: int, num_variables: int, num_hidden: int, *, generator: Generator
) -> list[list[int]]:
    """Return, per source, `num_hidden` variables to hide, different ones as far as there are.

    They are dealt out in turn from one random order, which is gone through again as needed.
    Raises `ValueError` unless each source keeps a variable.
    """
    if not 0 <= num_hidden < num_variables:
        raise ValueError(f"num_hidden = {num_hidden}: must be from 0 to {num_variables - 1}")
    order = torch.randperm(num_variables, generator=generator).tolist()
    dealt = [order[i % num_variables] for i in range(num_sources * num_hidden)]
    return [sorted(dealt[i * num_hidden : (i + 1) * num_hidden]) for i in range(num_sources)]
