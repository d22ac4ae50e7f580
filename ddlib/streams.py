"""Streams of random numbers, one for each purpose, so that one use does not move another."""

from __future__ import annotations

import hashlib

from torch import Generator


def stream(seed: int, purpose: str) -> Generator:
    """Return the random numbers of one purpose.

    Args:
        seed: seed of the config that the numbers are drawn for.
        purpose: name of the use; each has a stream of its own for each seed.
    """
    return _seeded(f"{purpose} {seed}".encode())


def spawn(generator: Generator, purpose: str) -> Generator:
    """Return a stream that follows from where a generator stands.

    Args:
        generator: left standing where it is.
        purpose: name of the use; each has a stream of its own.
    """
    return _seeded(generator.get_state().numpy().tobytes() + purpose.encode())


def check_generator(name: str, generator: object) -> None:
    """Raise unless `generator` is one: nothing draws from torch's global stream.

    Args:
        name: the argument's name, for the message.
        generator: what was given.

    Raises:
        TypeError: for anything else, `None` and seeds among it.
    """
    if not isinstance(generator, Generator):
        raise TypeError(f"{name} = {generator!r}: must be a torch.Generator")


def _seeded(source: bytes) -> Generator:
    """Return a generator with a seed from the SHA-256 of `source`."""
    digest = hashlib.sha256(source).digest()
    return Generator().manual_seed(int.from_bytes(digest[:7], "big"))
