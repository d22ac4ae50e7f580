r"""The channel of Fig. 1(a): complete rows become sources with holes and noise.

A source is a tensor of trajectories `(n, T, p)` in which NaN marks what it hides.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Generator, Tensor

from ddlib.arguments import count_faults, raise_faults, size_faults
from ddlib.dbn.checks import range_faults
from ddlib.streams import check_generator


def split_sources(
    clean: Tensor, hidden: Sequence[Sequence[int]], *, noise_std: float, generator: Generator
) -> list[Tensor]:
    """Return sources, each an equal share of the clean rows through a channel of its own.

    Args:
        clean: complete rows `(n, T, p)`.
        hidden: the variables that each source hides, in all its rows and slices.
        noise_std: of the Gaussian noise that every entry gets (Fig. 1(a), caption), in the units of
            the data.
        generator: draws the noise.

    Returns:
        Rows `(n / K, T, p)` of each of K sources, NaN where hidden; the first have a row more where
        K does not divide n.

    Raises:
        ValueError: for fewer rows than sources, an unknown variable, a source that hides all, and a
            noise that is negative or not finite; a TypeError for no generator.
    """
    check_generator("generator", generator)
    num_variables = clean.shape[-1]
    if not hidden:
        raise ValueError("hidden: no source; must be at least one")
    if len(clean) < len(hidden):
        raise ValueError(
            f"clean: {len(clean)} rows; must be at least one per source, {len(hidden)}"
        )
    raise_faults(size_faults("noise_std", noise_std, "finite and at least 0"))
    std = float(noise_std)
    for i, names in enumerate(hidden):
        if not set(names) < set(range(num_variables)):
            raise ValueError(
                f"hidden[{i}] = {list(names)}: must leave out some of 0 to {num_variables - 1}"
            )
    sources = []
    for share, names in zip(clean.tensor_split(len(hidden)), hidden, strict=True):
        noise = torch.randn(share.shape, dtype=share.dtype, generator=generator)
        source = share + std * noise
        source[..., list(names)] = torch.nan
        sources.append(source)
    return sources


def random_hidden(
    num_sources: int, num_variables: int, num_hidden: int, *, generator: Generator
) -> list[list[int]]:
    """Return the variables that each source is to hide, different ones as far as there are.

    They are dealt out in turn from one random order, which is gone through again as needed.

    Args:
        num_sources: K.
        num_variables: p.
        num_hidden: variables that a source hides.
        generator: draws the order.

    Raises:
        ValueError: for what is no whole number, and unless each source keeps a variable.
        TypeError: for no generator.
    """
    _check_counts(num_sources, num_variables, num_hidden)
    check_generator("generator", generator)
    order = torch.randperm(num_variables, generator=generator).tolist()
    dealt = [order[i % num_variables] for i in range(num_sources * num_hidden)]
    return [sorted(dealt[i * num_hidden : (i + 1) * num_hidden]) for i in range(num_sources)]


def independent_hidden(
    num_sources: int, num_variables: int, num_hidden: int, *, generator: Generator
) -> list[list[int]]:
    """Return the variables that each source is to hide, each source's drawn on its own.

    All are drawn again until some source sees each variable.

    Args:
        num_sources: K.
        num_variables: p.
        num_hidden: variables that a source hides.
        generator: draws them.

    Raises:
        ValueError: for what is no whole number, and unless sources that hide so many can see every
            variable.
        TypeError: for no generator.
    """
    _check_counts(num_sources, num_variables, num_hidden)
    check_generator("generator", generator)
    if num_sources * (num_variables - num_hidden) < num_variables:
        raise ValueError(
            f"num_hidden = {num_hidden}: must leave {num_sources} sources enough to see all of "
            f"{num_variables} variables"
        )
    while True:
        orders = [torch.randperm(num_variables, generator=generator) for _ in range(num_sources)]
        hidden = [sorted(order[:num_hidden].tolist()) for order in orders]
        if not set.intersection(*(set(names) for names in hidden)):
            return hidden


def _check_counts(num_sources: object, num_variables: int, num_hidden: object) -> None:
    """Raise `ValueError` for counts out of their range."""
    faults = count_faults("num_sources", num_sources, 1)
    raise_faults(faults + count_faults("num_variables", num_variables, 1))
    last = num_variables - 1
    wanted = f"a whole number from 0 to {last}"
    raise_faults(range_faults("num_hidden", num_hidden, 0, last, wanted))
