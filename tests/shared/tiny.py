"""The smallest experiment: three numbers, and one column of each type that a file holds."""

import numpy as np
import pandas as pd

from ddlib.config import Config, Seed
from ddlib.experiments.base import Column, Experiment


class TinyConfig(Config):
    seed: Seed
    scale: float = 1.0
    weights: tuple[tuple[float, ...], ...] = ()
    label: str = "a"


def tiny(config):
    """Draw three numbers."""
    values = config.scale * np.random.default_rng(config.seed).normal(size=3)
    return pd.DataFrame(
        {
            "method": [f"{config.label}, naïve", "β", ""],
            "step": [0, 1, 2**62],
            "value": values,
            "chosen": values > 0,
        }
    )


TINY = Experiment(
    name="tiny",
    config=TinyConfig,
    run=tiny,
    version=1,
    columns={
        "method": Column("which"),
        "step": Column("when", "epochs"),
        "value": Column("how much", "nats", 1e-6),
        "chosen": Column("whether"),
    },
    seconds=lambda config: 0.5,
)
