"""Rows of a known copula, and quick fits, for tests."""

import numpy as np

from ddlib.copula import Copula, fit_copula

KINDS = ("number", "binary", "count", "category", "ordered", "number")
QUICK = {"num_draws": 2, "burn_in": 3, "thin": 2}


def correlated(num_rows: int, correlation: np.ndarray, seed: int) -> np.ndarray:
    """Normal scores with a correlation, up to sampling error."""
    noise = np.random.default_rng(seed).standard_normal((num_rows, len(correlation)))
    return noise @ np.linalg.cholesky(correlation).T


def equal_correlation(d: int, value: float) -> np.ndarray:
    return np.where(np.eye(d, dtype=bool), 1.0, value)


def mixed_rows(seed: int, num_rows: int = 90, missing: float = 0.2) -> np.ndarray:
    """Rows of all `KINDS`, no two the same, with holes; two sources lack one column each."""
    scores = correlated(num_rows, equal_correlation(6, 0.5), seed)
    rows = np.column_stack(
        [
            np.exp(scores[:, 0]),
            scores[:, 1] > 0.4,
            np.maximum(np.floor(3 * scores[:, 2]), 0),
            np.digitize(scores[:, 3], [-0.8, 0.3]),
            np.digitize(scores[:, 4], [-1, 0, 1]),
            scores[:, 5],
        ]
    )
    rows[np.random.default_rng(seed + 1).random(rows.shape) < missing] = np.nan
    rows[: num_rows // 2, 0] = rows[num_rows // 2 :, 4] = np.nan
    rows = rows[~np.isnan(rows).all(1)]
    rows = rows[np.unique(np.nan_to_num(rows, nan=-9), axis=0, return_index=True)[1]]
    return np.random.default_rng(seed).permutation(rows)


def quick_fit(rows: np.ndarray, kinds=KINDS, **settings) -> Copula:
    return fit_copula(rows, kinds, **{"seed": 0, **QUICK, **settings})
