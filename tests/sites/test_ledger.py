"""The ledger: losses add up, budgets hold, and what is no ledger is refused."""

import json
import math

import pytest

from ddlib.sites.ledger import Ledger, Release, read_ledger
from ddlib.sites.loss import epsilon_of, rho_for
from ddlib.tables import TablesError

DELTA = 1e-6


def release(epsilon: float = 1.0, name: str = "a.json") -> Release:
    return Release(name, "2026-01-31", rho_for(epsilon, DELTA), epsilon, DELTA)


def ledger(count: int) -> Ledger:
    return Ledger(tuple(release(name=f"{place}.json") for place in range(count)))


def test_losses_add_up():
    assert ledger(0).epsilon(DELTA) == 0
    assert ledger(1).epsilon(DELTA) == pytest.approx(1.0, abs=1e-9)
    assert ledger(4).rho == pytest.approx(4 * rho_for(1.0, DELTA), rel=1e-12)
    # By composition of zCDP, more than √4 ε, and far less than 4 ε.
    assert 2.0 < ledger(4).epsilon(DELTA) < 2.3
    assert ledger(4).epsilon(DELTA) == epsilon_of(4 * rho_for(1.0, DELTA), DELTA)


def test_a_budget_may_be_used_up_and_no_more():
    assert not ledger(0).budget_faults(3.0, DELTA, 3.0)
    assert not ledger(2).budget_faults(1.0, DELTA, 2.0)
    [line] = ledger(3).budget_faults(1.0, DELTA, 2.0)
    assert line.startswith("--budget = 2: with this release, ε would be 2.1")
    assert "after 3 before it" in line
    left = float(line.split("at most ")[-1].split()[0])
    assert not ledger(3).budget_faults(0.99 * left, DELTA, 2.0)
    assert ledger(3).budget_faults(1.01 * left, DELTA, 2.0)
    [line] = ledger(5).budget_faults(0.1, DELTA, 2.0)
    assert line.endswith("nothing is left")


def test_a_budget_is_of_the_smallest_delta():
    spent, loose = ledger(3), 0.1
    [line] = spent.budget_faults(0.5, loose, 2.0)
    total = epsilon_of(spent.rho + rho_for(0.5, loose), DELTA)
    assert line.startswith(f"--budget = 2: with this release, ε would be {total:.3g} at δ = 1e-06")
    assert epsilon_of(spent.rho + rho_for(0.5, loose), loose) < 2.0
    kept = Ledger((Release("a.json", "2026-01-31", rho_for(1.0, loose), 1.0, loose),))
    assert kept.budget_faults(1.9, DELTA, 2.0)
    assert not kept.budget_faults(1.9, loose, 2.6)


def test_a_ledger_is_read_as_it_was_written(tmp_path):
    path = tmp_path / "ledger.json"
    assert read_ledger(path) == Ledger()
    own = Release('c\n".json', "2026-02-01", rho_for(3.0, 1e-9), 3.0, 1e-9)
    kept = ledger(2).after(own)
    path.write_text(kept.text(), encoding="utf-8")
    assert read_ledger(path) == kept
    path.write_text(Ledger().text(), encoding="utf-8")
    assert read_ledger(path) == Ledger()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 2}, "version = 2: must be 1, the one that this ddlib reads"),
        ({"format": "x"}, "is no ddlib privacy ledger"),
        ({"releases": {}}, "releases: must be a list"),
        ({"releases": [{"rho": 1.0}]}, "release 1: must have name, made, rho, epsilon, delta"),
        ({"releases": [{**vars(release()), "rho": -1.0}]}, "release 1: rho = -1.0: must be"),
        ({"releases": [{**vars(release()), "rho": True}]}, "release 1: rho = True: must be"),
        ({"releases": [{**vars(release()), "delta": math.inf}]}, "release 1: delta = inf: must"),
        ({"releases": [{**vars(release()), "delta": 1.0}]}, "release 1: delta = 1.0: must be"),
        (
            {"releases": [{**vars(release()), "epsilon": 2.0}]},
            "release 1: rho = 0.024356: must be 0.088",
        ),
        ({"releases": [{**vars(release()), "rho": 1e300}]}, "release 1: rho = 1e+300: must be"),
        ({"releases": [{**vars(release()), "rho": 10**400}]}, "release 1: rho = 1000000"),
    ],
)
def test_what_was_changed_is_refused(tmp_path, change, message):
    path = tmp_path / "ledger.json"
    path.write_text(json.dumps(json.loads(ledger(1).text()) | change), encoding="utf-8")
    with pytest.raises(TablesError) as refused:
        read_ledger(path)
    [line] = refused.value.faults
    assert line.startswith(f"{path}: ")
    assert message in line


@pytest.mark.parametrize("text", ["", "{", "[1", "\x00", "9" * 5000, '{"a": 1, "a": 2}'])
def test_what_is_no_json_is_refused(tmp_path, text):
    path = tmp_path / "ledger.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(TablesError, match="is no JSON"):
        read_ledger(path)
