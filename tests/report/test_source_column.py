"""`--source-column`: both commands know which table a row is of."""

import pandas as pd
import pytest

from ddlib.cli import main


@pytest.fixture
def inputs(tmp_path):
    table = pd.DataFrame({"x": [i % 13 / 3 for i in range(60)], "y": [i % 7 for i in range(60)]})
    for name, part in (("a.csv", table[:30]), ("b.csv", table[30:])):
        part.to_csv(tmp_path / name, index=False)
    return [str(tmp_path / name) for name in ("a.csv", "b.csv")]


def test_merged_rows_say_which_table_they_stand_for(inputs, tmp_path, capsys):
    out = tmp_path / "merged.csv"
    words = ["merge", *inputs, "--for", "y ~ .", "--source-column", "site", "--out", str(out)]
    assert main([*words, "--draws", "2", "--rows", "40"]) == 0
    assert set(pd.read_csv(out)["site"]) == {"a.csv", "b.csv"}
    terms = pd.read_csv(tmp_path / "merged.coefficients.csv")
    assert terms.isin(["site = b.csv"]).any(axis=None)
    assert capsys.readouterr().err == ""


def test_a_check_shows_the_column_and_a_name_that_is_taken_is_refused(inputs, capsys):
    assert main(["check", *inputs, "--source-column", "site"]) == 0
    assert "a.csv, b.csv" in capsys.readouterr().out
    assert main(["check", *inputs, "--source-column", "y"]) == 2
    line = "source_column = 'y': is a column of a.csv, b.csv; must be a new name\n"
    assert capsys.readouterr().err == line
