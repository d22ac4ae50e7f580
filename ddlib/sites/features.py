r"""From a row to the feature vector $\phi$ whose sums and products a site tells.

A number, a count and a date have one feature, the normal score of the value on the scale, cut at
±4. A binary or ordered column of L levels has L − 1, whether the level is at least the second, the
third and so on; a category L − 1, whether it is the second, the third and so on. All of a column's
features are missing together.
"""

from __future__ import annotations

import numpy as np

from ddlib.sites.scale import Scale


def features_of(scale: Scale, codes: np.ndarray) -> np.ndarray:
    """Return the features of rows, `(n, f)`, NaN where missing.

    Args:
        scale: of the columns.
        codes: `(n, p)`, NaN where missing.
    """
    found = np.empty((len(codes), len(scale.features)), order="F")  # column after column
    for column, law, place, own in zip(
        scale.columns, scale.laws, scale.places, codes.T, strict=True
    ):
        if law is not None:
            found[:, place.start] = law.scores(own)
            continue
        levels = np.arange(1, len(column.levels))
        is_so = own[:, None] == levels if column.kind == "category" else own[:, None] >= levels
        found[:, place] = np.where(np.isnan(own)[:, None], np.nan, is_so)
    return found
