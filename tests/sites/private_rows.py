"""Rows of mixed columns with stated bounds, and noise of the same law as OpenDP's with a seed."""

import numpy as np

from ddlib.sites.noise import noise_scale
from ddlib.sites.private import release
from ddlib.tables import Column, Schema

STATED = Schema(
    (
        Column("age", "number", low=0.0, high=120.0, decimals=0),
        Column("bili", "number", low=0.1, high=50.0),
        Column("visits", "count", low=0.0, high=20.0, decimals=0, dtype="int64"),
        Column("died", "binary", (False, True), dtype="bool"),
        Column("stage", "ordered", (1, 2, 3, 4), dtype="int64"),
        Column("ward", "category", ("east", "north", "west"), dtype="str"),
    )
)
CORRELATION = np.where(np.eye(6, dtype=bool), 1.0, 0.4)


def rows(num_rows: int, seed: int, missing: float = 0.1) -> np.ndarray:
    """Codes of rows of one normal law, with holes."""
    generator = np.random.default_rng(seed)
    z = generator.standard_normal((num_rows, 6)) @ np.linalg.cholesky(CORRELATION).T
    codes = np.column_stack(
        [
            np.clip(np.rint(55 + 12 * z[:, 0]), 0, 120),
            np.clip(np.exp(0.5 + z[:, 1]), 0.1, 50),
            np.clip(np.floor(4 + 2 * z[:, 2]), 0, 20),
            z[:, 3] > 0.4,
            np.digitize(z[:, 4], [-1.0, 0.0, 0.7]),
            np.digitize(z[:, 5], [-0.5, 0.6]),
        ]
    ).astype(np.float64)
    codes[generator.random(codes.shape) < missing] = np.nan
    return codes


def seeded_noise(seed: int):
    """Noise of OpenDP's scale, rounded to whole numbers as its own is."""
    generator = np.random.default_rng(seed)

    def noise(sums, sensitivity, rho):
        drawn = generator.normal(0.0, noise_scale(sensitivity, rho), len(sums))
        return sums + np.rint(drawn).astype(np.int64)

    return noise


def no_noise(sums, sensitivity, rho):
    return sums


def told_sums(codes, rho, margins=None):
    """What noise is added to, with sensitivity and loss; given margins are told for the own."""
    found = []

    def noise(sums, sensitivity, loss):
        found.append((sums, sensitivity, loss))
        return sums if margins is None or len(found) > 1 else margins

    release(STATED, codes, rho=rho, noise=noise)
    return found
