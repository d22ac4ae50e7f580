"""The page of experiments says how many of the stored rows are promised to the last bit."""

import math
from dataclasses import replace

import pytest

from ddlib.book.experiments import experiments_page
from ddlib.experiments.base import Column
from ddlib.experiments.registry import EXPERIMENTS
from ddlib.runs.store import Store
from tests.shared.tiny import TINY, TinyConfig, tiny
from tests.shared.tiny_store import ORIGIN


@pytest.mark.parametrize("older", [{}, {"arithmetic": "0123456789ab"}])
@pytest.mark.parametrize(
    ("pinned", "sentence"),
    [
        (3, "All were computed on the pinned kernels and come out to the last bit."),
        (2, "2 of them were computed on the pinned kernels and come out to the last bit; "),
        (0, "They are older than the pinned kernels, and may not come out to the last bit."),
    ],
)
def test_rows_with_a_fingerprint_are_counted(tmp_path, monkeypatch, pinned, sentence, older):
    monkeypatch.setitem(EXPERIMENTS, "tiny", TINY)
    store = Store((tmp_path,))
    bare = {name: value for name, value in ORIGIN.items() if name != "arithmetic"}
    for seed in range(3):
        origin = ORIGIN if seed < pinned else bare | older
        store.save(TINY, TinyConfig(seed=seed), tiny(TinyConfig(seed=seed)), origin)
    section = experiments_page(store).split("## `tiny`")[1]
    assert sentence in section


def test_the_processors_that_computed_rows_are_named(tmp_path, monkeypatch):
    monkeypatch.setitem(EXPERIMENTS, "tiny", TINY)
    store = Store((tmp_path,))
    for seed, processor in enumerate(["one maker's", "another's", "one maker's"]):
        config = TinyConfig(seed=seed)
        store.save(TINY, config, tiny(config), ORIGIN | {"processor": processor})
    section = experiments_page(store).split("## `tiny`")[1]
    named = ("on one maker's and another's.", "on another's and one maker's.")  # by hash
    assert any(words in section for words in named)


def test_a_column_says_its_unit_and_how_closely_it_is_audited(tmp_path, monkeypatch):
    columns = {
        "error": Column("distance to the law", "nats", 1e-5),
        "seconds": Column("time of the run", "seconds", math.inf),
        "rows": Column("of the set"),
    }
    monkeypatch.setitem(EXPERIMENTS, "tiny", replace(TINY, columns=columns))
    lines = experiments_page(Store((tmp_path,))).split("## `tiny`")[1].splitlines()
    assert [line for line in lines if line.startswith("| `")] == [
        "| `error` | distance to the law (nats) | within 10⁻⁵ |",
        "| `seconds` | time of the run (seconds) | not compared |",
        "| `rows` | of the set | exact |",
    ]
