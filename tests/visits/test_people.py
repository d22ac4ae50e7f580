"""What must stand often enough stands in enough people, however many visits they have."""

import numpy as np

from tests.visits.tables import long_table, notes, read, refused

FEW = "so that they show no single person: join it with another table, or set a lower min_count"


def test_a_table_of_few_people_is_refused_once():
    table = long_table(people=80, most=9)
    one = table[table.id == table.groupby("id").size().idxmax()]
    line = f"table 1: has 1 person; must have at least 10, {FEW}"
    assert refused(one, min_count=10) == line
    lines = refused([one, table[table.id == 1]], min_count=10).splitlines()
    assert lines == [line, line.replace("table 1", "table 2")]


def test_small_cells_are_told_by_people():
    table = long_table(people=80)
    few = table.id <= 3
    line = refused(table.assign(ill=np.where(few, "yes", "no")), min_count=10)
    assert line.startswith("column 'ill': 'yes' stands in 3 people; must stand in at least 10")
    lone = refused(table.assign(z=np.where(few, table.x, np.nan)), min_count=10)
    assert lone.startswith("column 'z': is seen in 3 people; must be in at least 10")


def test_rare_levels_are_those_of_few_people():
    table = long_table(people=80, most=9)
    kind = np.select([table.id <= 6, table.id <= 12, table.id <= 40], ["p", "q", "r"], "s")
    visits = read(table.assign(kind=kind), min_count=8)
    assert visits.schema["kind"].levels == ("r", "s", "other")
    told = notes(visits)
    assert "column 'kind': 2 levels in fewer than 8 people pooled into 'other'" in told
    assert "min_count = 8: fewer people than 10 are protected less" in told
    assert "fewer rows than 10" not in told
