"""The command `ddlib claim`: verdicts, a sample that is computed again, and refusals."""

import pytest

from ddlib.cli import main
from tests.shared.small_claims import SEEDS
from tests.shared.tiny import tiny

CLAIMS = """\
lead:
  title: A lead
  place: abstract
  says: One leads.
  chapter: notebooks/tasks
  because: It must be so.
  otherwise: Two leads.
  readings:
    - name: squares
      text: One, squared, less nothing.
      unit: square nats
      threshold: 0.0
      plus: [{grids: [one], where: step == 0, value: value ** 2, by: {scale: scale}}]
      minus: [{grids: [two], where: step == 0, value: 0 * value}]
law:
  title: A law
  place: caption of Fig. 3
  says: Values are drawn.
  chapter: notebooks/tasks
  kind: setting
  because: It compares nothing.
"""


@pytest.fixture
def stored(planted, monkeypatch, tmp_path):
    """Rows as the experiment computes them, for two settings of one tested claim."""
    path = tmp_path / "claims.yml"
    path.write_text(CLAIMS)
    monkeypatch.setattr("ddlib.claims.command.CLAIMS", path)
    monkeypatch.setattr("ddlib.runs.store.Store", lambda: planted.store)
    planted.plant("one", tiny, seeds=SEEDS, scale=[1, 3])
    return planted


@pytest.fixture
def command(stored, capsys):
    """Run the command; return its exit code, output and errors."""

    def call(*arguments):
        code = main(["claim", *map(str, arguments)])
        return code, *capsys.readouterr()

    return call


def plant_two(stored, shift=0.0):
    """Plant the second grid, whose values a verdict takes times nothing."""

    def rows(config):
        table = tiny(config)
        return table.assign(value=table["value"] + shift)

    stored.plant("two", rows, seeds=SEEDS)


def test_all_claims_are_told_with_their_verdicts(command, stored):
    plant_two(stored)
    code, out, err = command()
    assert (code, err) == (0, "")
    told = [line.split(maxsplit=1) for line in out.splitlines()]
    assert told == [["lead", "holds"], ["law", "a setting, not a claim"]]


def test_one_claim_is_told_with_its_settings_and_reasons(command, stored):
    plant_two(stored)
    code, out, err = command("lead")
    assert (code, err) == (0, "")
    assert out.startswith(
        "A lead (abstract): One leads.\n\nIt must be so.\n\nsquares: One, squared"
    )
    assert "  must be above 0 (square nats): holds (2 hold, 0 not told apart, 0 fail)\n" in out
    table = [line.split() for line in out.splitlines() if "of 20" in line]
    assert [(row[0], row[1:3], row[6:]) for row in table] == [
        ("squares", ["scale", scale], ["20", "of", "20", "0", "holds"]) for scale in ("1", "3")
    ]
    assert out.endswith("\n\nverdict: holds\n")


def test_a_claim_that_is_not_tested_says_why(command, stored):
    plant_two(stored)
    _, out, _ = command("law")
    assert out.endswith("It compares nothing.\n\nverdict: a setting, not a claim\n")


# Computed again


def test_rows_that_come_out_alike_are_the_same(command, stored):
    plant_two(stored)
    code, out, err = command("lead", "--recompute", 3)
    assert (code, err) == (0, "")
    first, *lines, last = out.splitlines()
    assert first == "recomputes 3 of the 60 configs whose rows decide the claim, in about 3 s"
    assert (len(lines), last) == (3, "3 same, 0 changed")
    assert all(line.startswith("  tiny/") and line.endswith(": same") for line in lines)


def test_a_changed_number_is_told_with_its_column(command, stored):
    plant_two(stored, shift=1.0)
    code, out, err = command("lead", "--recompute", 60)
    assert (code, err) == (1, "")
    lines = out.splitlines()
    changed = [i for i, line in enumerate(lines) if line.endswith(": changed")]
    assert len(changed) == 20
    assert all("'label': 'two'" in lines[i + 1] for i in changed)
    assert all("}: column value, row " in lines[i + 1] for i in changed)
    assert lines[-1] == "40 same, 20 changed"


def test_the_seed_decides_what_is_computed_again(command, stored):
    plant_two(stored)
    runs = [command("lead", "--recompute", 2, "--seed", seed)[1] for seed in (0, 0, 1, 2, 3)]
    assert runs[0] == runs[1]
    assert len({*runs}) > 1


# Refusals


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["nope"], "name = 'nope': unknown; must be one of lead, law"),
        (["nope", "--recompute", 1], "name = 'nope': unknown; must be one of lead, law"),
        (["--recompute", 1], "name: missing; must be given with --recompute"),
        (["lead", "--recompute", 0], "--recompute = 0: must be a whole number, at least 1"),
        (["--recompute", -1], "--recompute = -1: must be a whole number, at least 1; name: "
         "missing; must be given with --recompute"),
        (["law", "--recompute", 1], "A law: is not tested; no stored rows decide it"),
        (["lead"], "lead: squares: grids/two.yml: 20 of 20 configs are not stored; must be "
         "computed first, by make sweep GRID=grids/two.yml"),
        (["lead", "--recompute", 1], "grids/two.yml: 20 of 20 configs are not stored; must be "
         "computed first, by make sweep GRID=grids/two.yml"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_one_line(command, stored, arguments, line):
    stored.grid("two", seeds=SEEDS)
    assert command(*arguments) == (2, "", f"{line}\n")


def test_an_installed_package_has_no_rows_to_judge(command, monkeypatch):
    monkeypatch.setattr("ddlib.claims.command.CHECKOUT", False)
    line = "claim: needs the stored rows; must be run in a checkout of the project\n"
    assert command() == (2, "", line)
