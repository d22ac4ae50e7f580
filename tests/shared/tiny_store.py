"""A store of the tiny experiment: fill it, and ask what it holds."""

from ddlib.runs.arithmetic import fingerprint
from tests.shared.tiny import TINY, TinyConfig, tiny

CONFIGS = [TinyConfig(seed=seed) for seed in range(6)]
ORIGIN = {
    "seconds": 1.0, "commit": None, "clean": True, "time": "2025-01-01T00:00:00+00:00",
    "arithmetic": fingerprint(),
}  # fmt: skip


def save(store, configs, experiment=TINY, **columns):
    """Store the rows of `configs` in single files, with some columns planted."""
    for config in configs:
        store.save(experiment, config, tiny(config).assign(**columns), ORIGIN)


def held(store, experiment=TINY):
    """Return seed -> stored values of all configs that the store finds."""
    found = {config.seed: store.find(experiment, config) for config in CONFIGS}
    return {seed: stored.rows["value"].tolist() for seed, stored in found.items() if stored}


def expected(configs):
    """Return seed -> values that the experiment computes."""
    return {config.seed: tiny(config)["value"].tolist() for config in configs}


def files(folder):
    """Return all files below `folder` but the lock, with their bytes."""
    paths = [path for path in folder.rglob("*") if path.is_file() and path.name != ".pack.lock"]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}
