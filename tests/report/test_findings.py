"""From a merge to a report: codes, draws, coefficients and warnings are those of the merge."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup

from ddlib.html.network import by_column, partial_correlations
from ddlib.html.svg import number
from ddlib.merge.held_out import COLUMNS, HeldOut
from ddlib.merge.merged import merge
from ddlib.merge.pooling import coefficients_of
from ddlib.report.document import report_page
from ddlib.report.findings import Origin, report_of
from ddlib.report.privacy import Nearness
from ddlib.report.rerun_section import Input
from ddlib.tables import Note, read_sources

DIED, AGE = "died ~ age + sbp", "age ~ sbp"
NEAR = Nearness(50, 50, 0.04, 0.1, 0.11, 0.62, 0.1)
HELD = HeldOut(pd.DataFrame(columns=COLUMNS), 0.25, (Note("note", "died ~ age + sbp: why"),))
ORIGIN = Origin([Input("a", 60)], "out.csv", "ddlib merge", date(2026, 1, 2), "1.2", 10)


@pytest.fixture(scope="module")
def sources():
    rng = np.random.default_rng(0)
    age = rng.normal(60, 9, 120).round(1)
    sbp = (age + rng.normal(60, 9, 120)).round(1)
    died = (age + rng.logistic(size=120, scale=9) > 60).astype(int)
    table = pd.DataFrame({"age": age, "sbp": sbp, "died": died})
    return read_sources({"a": table[:60], "b": table[60:].drop(columns="sbp")})


@pytest.fixture(scope="module")
def merged(sources):
    return merge(sources, [DIED, AGE, "density"], num_rows=40, num_draws=3)


def warned(report):
    return [note.text for note in report.notes if note.level == "warning"]


def test_what_is_compared_is_that_of_the_merge(sources, merged):
    found = report_of(sources, merged, HELD, NEAR, ORIGIN).compared
    np.testing.assert_array_equal(found.real, sources.codes()[0])
    np.testing.assert_array_equal(found.merged, merged.codes)
    np.testing.assert_array_equal(found.weights, merged.weights)
    # Draws are the same rows, with what is missing in its place.
    seen = ~np.isnan(found.real)
    assert len(found.draws) == 3
    for draw in found.draws:
        np.testing.assert_array_equal(draw[seen], found.real[seen])
    codes, weights = found.drawn(1)
    assert weights.sum() == pytest.approx(120)
    assert np.average(codes, weights=weights) == pytest.approx(
        np.mean([draw[:, 1].mean() for draw in found.draws])
    )


def test_tables_without_a_column_and_with_few_rows_of_it_are_told_apart(sources, merged):
    found = report_of(sources, merged, HELD, NEAR, ORIGIN).compared
    assert found.without(0) == ([], [])
    assert found.without(1) == (["b"], [])
    found.sites["b"][:9, 1] = 120.0
    assert found.without(1) == ([], ["b"])


def test_coefficients_of_all_tasks_stand_in_one_table(merged):
    found = coefficients_of(merged.pooled)
    assert found["task"].unique().tolist() == [DIED, AGE]
    for text, pooled in merged.pooled.items():
        own = found[found["task"] == text].drop(columns="task").reset_index(drop=True)
        pd.testing.assert_frame_equal(own, pooled.table())


def test_a_merge_for_a_density_alone_has_no_coefficients(merged):
    assert coefficients_of({}) is None


def test_each_task_has_its_worth_its_fit_and_why_there_is_no_score(sources, merged):
    died, age, density = report_of(sources, merged, HELD, NEAR, ORIGIN).tasks
    assert [task.worth for task in (died, age, density)] == [*merged.worth.values()]
    assert died.refit == age.refit == "a fit to the rows finds the pooled coefficients"
    assert (density.refit, density.coefficients, density.usage) == ("", None, "")
    assert died.reason == "died ~ age + sbp: why"
    assert age.reason.startswith("no part of the rows")


def test_partial_correlations_of_which_draws_do_not_agree_on_the_sign_are_none(sources, merged):
    found = report_of(sources, merged, HELD, NEAR, ORIGIN).partial
    drawn = [
        by_column(partial_correlations(each), merged.copula.places)
        for each in merged.copula.correlations
    ]
    mean = by_column(partial_correlations(merged.copula.correlation), merged.copula.places)
    agreed = np.abs(np.sign(drawn).sum(axis=0)) == 3
    np.testing.assert_allclose(found, np.where(agreed, mean, 0.0))


def test_notes_of_all_stages_are_there(sources, merged):
    notes = report_of(sources, merged, HELD, NEAR, ORIGIN).notes
    assert {*sources.notes, *merged.notes, *HELD.notes} <= {*notes}


def test_privacy_is_warned_of_where_more_than_chance_is_told(sources, merged):
    (found,) = [t for t in warned(report_of(sources, merged, HELD, NEAR, ORIGIN)) if "attack" in t]
    assert "0.620 (95 % interval 0.520 to 0.720)" in found
    near = replace(NEAR, membership=0.6)
    assert not any("attack" in t for t in warned(report_of(sources, merged, HELD, near, ORIGIN)))
    unknown = report_of(sources, merged, HELD, "no split", ORIGIN)
    assert not any("attack" in t for t in warned(unknown))


def test_twins_are_warned_of_where_real_rows_have_fewer(sources, merged):
    codes = np.full_like(merged.codes, 0.5)
    assert not any("equal a real row" in t for t in warned(of_codes(sources, merged, codes)))
    codes[:30] = sources.codes()[0][:30]
    (found,) = [t for t in warned(of_codes(sources, merged, codes)) if "equal a real row" in t]
    assert found.startswith("30 of 40 merged rows")


def of_codes(sources, merged, codes):
    return report_of(sources, replace(merged, codes=codes), HELD, NEAR, ORIGIN)


def test_an_unprotected_report_warns(sources, merged):
    found = report_of(sources, merged, HELD, NEAR, replace(ORIGIN, least=1))
    assert any("minimum count 1" in t for t in warned(found))


def test_each_table_alone_stands_beside_all_and_a_dot_is_told(sources, merged):
    shown = report_of(sources, merged, HELD, NEAR, ORIGIN)
    died, age, density = shown.tasks
    assert (died.inputs, density.alone) == ((), ())
    # The second table lacks sbp, which is the one input of age.
    assert [one.label for one in age.alone] == ["a"]
    assert [one.label for one in died.alone] == ["a", "b"]
    found = BeautifulSoup(report_page(shown), "html.parser").find(id="task-1")
    table = found.find("h3", string="Each table alone").find_next("table")
    own, every = died.alone[1].own, died.alone[1].every
    cell = table.find("th", string="age").find_next_siblings("td")[1].get_text(" ")
    value, error = own.estimate[0, 1], own.standard_error[0, 1]
    assert cell.split() == [
        *(number(value), "±", number(error)),
        *(number(every.estimate[0, 1]), "in", "all"),
    ]
    assert table.find("th", string="sbp").find_next_siblings("td")[1].get_text() == "–"
    dotted = merge(sources, ["died ~ ."], num_rows=40, num_draws=2)
    task = report_of(sources, dotted, HELD, NEAR, ORIGIN).tasks[0]
    assert task.inputs == ("age", "sbp")
