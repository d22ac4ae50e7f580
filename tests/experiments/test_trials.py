"""The trials of the book, and how they are cut into hospitals."""

import pandas as pd
import pytest

from ddlib.experiments.trials import DATA, TRIALS, cut

each_trial = pytest.mark.parametrize("name", TRIALS)


def as_lines(table):
    """The rows of a table as text, in order."""
    return sorted(table.to_csv(index=False, header=False).splitlines())


@each_trial
def test_every_patient_is_in_one_place(name):
    parts = cut(name, 3)
    patients = pd.read_csv(DATA / TRIALS[name].file).drop(columns="site", errors="ignore")
    assert as_lines(pd.concat([parts.whole, parts.held_out])) == as_lines(patients)
    assert len(parts.held_out) == TRIALS[name].num_test
    assert sum(map(len, parts.tables.values())) == len(parts.whole)


@each_trial
def test_hospitals_lack_their_columns_and_have_the_others_as_they_are(name):
    parts, start = cut(name, 4), 0
    for label, table in parts.tables.items():
        lacking = TRIALS[name].lacks[label]
        own = parts.whole.iloc[start : start + len(table)].reset_index(drop=True)
        start += len(table)
        pd.testing.assert_frame_equal(table, own.drop(columns=[*lacking]))


@each_trial
def test_every_pair_of_columns_is_together_in_some_hospital(name):
    tables = cut(name, 0).tables.values()
    columns = set().union(*tables)
    assert all(
        any({one, other} <= set(table) for table in tables) for one in columns for other in columns
    )


def test_sites_stay_together():
    parts = cut("indo_rct", 5)
    sizes = {label: len(table) for label, table in parts.tables.items()}
    assert sizes["Indiana"] > sizes["Michigan"] > sizes["others"] > 10


@each_trial
def test_the_seed_decides_the_split(name):
    first, again, other = cut(name, 0), cut(name, 0), cut(name, 1)
    pd.testing.assert_frame_equal(first.held_out, again.held_out)
    assert as_lines(first.held_out) != as_lines(other.held_out)


def test_the_hospitals_of_the_chapter_are_those_of_a_cut():
    for label, table in cut("pbc", 0).tables.items():
        pd.testing.assert_frame_equal(pd.read_csv(DATA / f"{label}.csv"), table, check_dtype=False)
