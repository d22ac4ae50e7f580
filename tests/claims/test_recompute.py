"""A sample is of the rows that decide the claim, and costs no more than it may."""

import pytest

from ddlib.claims.claim import Worlds
from ddlib.claims.evidence import EvidenceError
from ddlib.claims.recompute import grids_of, sample
from tests.shared.refusals import assert_refused
from tests.shared.small_claims import claim, reading, term
from tests.shared.tiny import tiny

OWN = claim(reading())


def plant(planted, **options):
    """Plant six configs of each of the claim's grids, and of one that it does not read."""
    for name in ("one", "two", "other"):
        planted.plant(name, tiny, seeds=range(6), **options)


def taken(planted, one=OWN, *, count=4, seconds=100.0, seed=0):
    """Return label and seed of the configs of a sample, and of how many it is."""
    chosen, total = sample(one, count=count, seconds=seconds, seed=seed, store=planted.store)
    configs = [stored.provenance["config"] for stored in chosen]
    return [(config["label"], config["seed"]) for config in configs], total


def test_the_grids_of_a_claim_are_those_of_all_its_readings_once():
    worlds = Worlds(name="own", plus=(term("worlds"),), minus=(term("worlds"),))
    more = reading(name="more", plus=(term("two"), term("three")), beside=True, worlds=(worlds,))
    assert grids_of(claim(reading(), more)) == ["one", "two", "three"]
    assert grids_of(claim(kind="setting")) == []


def test_a_sample_is_of_the_claims_own_configs_each_at_most_once(planted):
    plant(planted)
    for seed in range(10):
        chosen, total = taken(planted, seed=seed)
        assert len({*chosen}) == 4
        assert {label for label, _ in chosen} <= {"one", "two"}
        assert total == 12
    everything = {(label, seed) for label in ("one", "two") for seed in range(6)}
    assert set(taken(planted, count=50)[0]) == everything


def test_configs_of_which_no_row_is_taken_are_left_out(planted):
    plant(planted)
    some = claim(reading(plus=(term("one", where="seed < 2"),)))
    everything = [("one", 0), ("one", 1), *(("two", seed) for seed in range(6))]
    assert sorted(taken(planted, some, count=50)[0]) == everything


def test_the_seed_decides_the_sample(planted):
    plant(planted)
    assert taken(planted, seed=3) == taken(planted, seed=3)
    assert len({tuple(taken(planted, seed=seed)[0]) for seed in range(10)}) > 1


def test_what_costs_more_than_its_share_is_left_out(planted):
    plant(planted, seconds=lambda config: 10.0 * config.seed)
    for seed in range(10):
        chosen, _ = taken(planted, count=4, seconds=80.0, seed=seed)
        assert len(chosen) == 4
        assert {seed for _, seed in chosen} <= {0, 1, 2}


def test_a_config_of_two_grids_counts_once(planted):
    plant(planted)
    again = (planted.folder / "one.yml").read_text()
    (planted.folder / "again.yml").write_text(again)
    both = claim(reading(minus=(term("again"),)))
    assert taken(planted, both, count=50)[1] == 6


@pytest.mark.parametrize(
    ("one", "numbers", "message"),
    [
        (OWN, {"count": 0}, "recompute = 0: must be at least 1"),
        (OWN, {"seconds": float("nan")}, "seconds = nan: must be above 0"),
        (OWN, {"count": -1, "seconds": 0}, "recompute = -1: must be at least 1; seconds = 0: must"),
        (claim(kind="setting"), {}, "A lead: is not tested; no stored rows decide it"),
        (
            OWN,
            {"seconds": 3.9},
            "recompute = 4: each config costs more than 3.9 s over 4; must be less",
        ),
    ],
)
def test_impossible_samples_are_refused(planted, one, numbers, message):
    plant(planted)
    assert_refused(lambda: taken(planted, one, **numbers), message)


def test_a_claim_whose_rows_are_not_all_stored_has_no_sample(planted):
    planted.plant("one", tiny)
    planted.grid("two")
    message = "grids/two.yml: 4 of 4 configs are not stored; must be computed first"
    assert_refused(lambda: taken(planted), message, EvidenceError)
