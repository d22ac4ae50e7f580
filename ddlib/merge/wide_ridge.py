r"""Bayesian ridge regression of many terms, by the eigenvalues of their products.

The model is scikit-learn's `BayesianRidge`, with its evidence and its updates (MacKay 1992). That
one takes the singular values of the terms `(n, q)`; of $X^\top X$ `(q, q)` they come several times
as fast where n is a multiple of q, and agree to rounding.
"""

from __future__ import annotations

import numpy as np
from sklearn.linear_model import BayesianRidge


class WideRidge(BayesianRidge):
    """scikit-learn's `BayesianRidge` for many terms."""

    # Its names are those that scikit-learn looks for.
    def fit(self, X: np.ndarray, y: np.ndarray, sample_weight: None = None) -> WideRidge:
        """Fit coefficients, and the precisions of noise and of coefficients.

        Args:
            X: terms `(n, q)`.
            y: numbers `(n,)`.
            sample_weight: not used.

        Returns:
            This regression.
        """
        offset, middle = X.mean(0), y.mean()
        terms, response = X - offset, y - middle
        towards = terms.T @ response
        sizes, axes = np.linalg.eigh(terms.T @ terms)
        sizes, along = np.maximum(sizes, 0.0), axes.T @ towards
        noise = 1.0 / (y.var() + np.finfo(np.float64).eps)  # its precision, and that of weights
        own, before = 1.0, None
        for _ in range(self.max_iter):
            weights = axes @ (along / (sizes + own / noise))
            error = np.square(response - terms @ weights).sum()
            known = (noise * sizes / (own + noise * sizes)).sum()
            own = (known + 2 * self.lambda_1) / (np.square(weights).sum() + 2 * self.lambda_2)
            noise = (len(y) - known + 2 * self.alpha_1) / (error + 2 * self.alpha_2)
            if before is not None and np.abs(before - weights).sum() < self.tol:
                break
            before = weights
        self.alpha_, self.lambda_, self.X_offset_ = noise, own, offset
        self.coef_ = axes @ (along / (sizes + own / noise))
        self.sigma_ = axes @ (axes / (noise * sizes + own)).T
        self.intercept_ = middle - offset @ self.coef_
        self.n_features_in_ = X.shape[1]
        return self
