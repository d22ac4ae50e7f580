"""The ranges that a scale gives its columns."""

import numpy as np
import pandas as pd
import pytest

from ddlib.sites.quantiles import Quantiles
from ddlib.sites.scale import Scale
from ddlib.tables import Column, Schema

LAW = Quantiles(np.array([0.0, 0.5, 1.0]), np.array([2.1623, 3.0]), np.array([3.0, 4.4467]))


@pytest.mark.parametrize(
    ("decimals", "ends"),
    [(2, (2.16, 4.45)), (1, (2.2, 4.4)), (0, (2.0, 4.0)), (None, (2.1623, 4.4467))],
)
def test_values_at_the_ends_of_a_law_are_within_the_range(decimals, ends) -> None:
    column = Column("albumin", "number", (), 1.9, 4.7, decimals)
    (own,) = Scale.of([column], [LAW]).columns
    assert (own.low, own.high) == ends
    values = own.decode(np.linspace(LAW.low[0], LAW.high[-1], 1001))
    assert (values.min(), values.max()) == ends
    assert not Schema((own,)).faults(pd.DataFrame({"albumin": values}))
