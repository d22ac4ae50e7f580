"""Streams of random numbers, one for each purpose, so that one use does not move another."""

from __future__ import annotations

import hashlib

from torch import Generator


def stream(seed: int, purpose: str) -> Generator:
    """Return the random numbers of one purpose: another stream for each purpose and each seed."""
    return _seeded(f"{purpose} {seed}".encode())


def spawn(generator: Generator, purpose: str) -> Generator:
    """Return a stream that follows from where `generator` stands, and leave it standing there."""
    return _seeded(generator.get_state().numpy().tobytes() + purpose.encode())


def _seeded(source: bytes) -> Generator:
    digest = hashlib.sha256(source).digest()
    return Generator().manual_seed(int.from_bytes(digest[:7], "big"))
