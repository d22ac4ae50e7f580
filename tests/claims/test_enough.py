"""How few rows were enough: numbers of made-up rows, told on the landing page."""

import re

import numpy as np

from ddlib.book.enough import enough
from tests.shared.small_claims import SEEDS

CLEAN = {seed: -10.0 - seed for seed in SEEDS}  # a level of each network's own
OFF = {"descents_first": 0.2, "descents_all": 0.5, "descents": 3.0}


def references(config):
    """Clean rows, exact rows that miss by a quarter, and clean subsets that miss by 40 / rows."""
    methods = ["all clean data", *["EM, exact rows"] * 2, *["clean subset, prior chosen"] * 3]
    rows = np.array([1200, 7, 40, 20, 40, 400])
    off = np.array([0, 0.25, 0.25, 2, 1, 0.1])
    values = CLEAN[config.seed] - off
    return {"method": methods, "rows": rows, "num_sources": 4, "log_likelihood": values}


def descent(name):
    """Rows of a descent: the chosen ones, a step that was not chosen, and more rows per source."""

    def rows(config):
        values = CLEAN[config.seed] - OFF[name] - np.array([0, 50, 0.05])
        chosen, per = [True, False, True], [10, 10, 20]
        return {"chosen": chosen, "rows_per_source": per, "log_likelihood": values}

    return rows


def test_each_number_is_the_median_of_what_the_networks_miss(planted):
    planted.plant("references", references, seeds=SEEDS)
    for name in OFF:
        planted.plant(name, descent(name), seeds=SEEDS)
    text = enough(store=planted.store)
    assert "4 hospitals have 300 noisy rows each" in text
    assert "all 1\u202f200 clean rows |" in text  # a number as elsewhere in the book
    assert "10 distilled rows for each hospital, 40 in all. It comes within 0.20 nats of" in text
    assert "0.20 nats of 1\u202f200 clean and complete rows" in text
    assert "; 40 clean rows miss by 1.00 nats." in text
    lines = re.findall(r"^\| (\d+) \| .+ \| (\S+) \|$", text, re.MULTILINE)
    expected = [("40", "0.20"), ("40", "0.50"), ("40", "3.00"), ("7", "0.25"), ("40", "1.00")]
    assert lines == [*expected, ("400", "0.10")]
    assert f"Medians over {len(SEEDS)} random networks." in text
