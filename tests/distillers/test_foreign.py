"""Methods of others: found by name or by place, and refused in one line."""

import hashlib
import re
import sys

import pytest
import torch

import ddlib
from ddlib.distillers import (
    DISTILLERS,
    all_distillers,
    distiller_names,
    find_distiller,
    register,
    registry,
    source_of,
)
from tests.shared.foreign import MINE, install


@pytest.fixture(autouse=True)
def nothing_stays(monkeypatch):
    """No name and no module of a test is known to the next."""
    monkeypatch.setattr(registry, "_REGISTERED", {})
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        del sys.modules[name]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "their_methods.py").write_text(MINE)
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def refusal(call, *given):
    with pytest.raises(ValueError, match=r"^method = ") as error:
        call(*given)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_name_of_the_library_is_its_method():
    assert all(find_distiller(name) is method for name, method in DISTILLERS.items())
    assert distiller_names() == list(DISTILLERS)
    assert all_distillers() == DISTILLERS
    assert source_of("exact") == f"ddlib {ddlib.__version__}"


def test_an_unknown_name_is_told_with_the_nearest_or_with_all():
    assert refusal(find_distiller, "k-mean").endswith("unknown; perhaps k-means or k-center?")
    told = refusal(find_distiller, "zzz")
    assert f"must be one of {', '.join(DISTILLERS)}, or a place like my_module:MyMethod" in told
    with pytest.raises(ValueError, match=r"unknown; perhaps all of it\?$"):
        find_distiller("al of it", others=["all of it"])
    with pytest.raises(TypeError, match=r"^method = 3: must be a name, or a place"):
        find_distiller(3)


def test_a_place_is_a_class_with_its_defaults_or_an_object(folder):
    method = find_distiller("their_methods:Mine")
    assert (type(method).__name__, method.factor) == ("Mine", 0.5)
    assert find_distiller("their_methods:Room.quarter").factor == 0.25


def test_the_source_of_a_place_is_its_file_as_it_was_imported(folder):
    digest = hashlib.sha256(MINE.encode()).hexdigest()
    for text in (MINE, "later"):
        (folder / "their_methods.py").write_text(text)
        assert source_of("their_methods:Mine") == f"their_methods.py sha256 {digest}"


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("their_methods:", "must be a place like my_module:MyMethod"),
        (
            "./their_methods.py:Mine",
            "must be a place like my_module:MyMethod, by the name of the module and not of its",
        ),
        ("their methods:Mine", "must be a place like my_module:MyMethod"),
        ("no_such_module:Mine", "there is no module no_such_module; must be installed, or on"),
        ("their_methods.part:Mine", "there is no module their_methods.part; must be"),
        ("their_methods:mine", "their_methods has no mine; perhaps Mine?"),
        ("their_methods:Room.quart", "their_methods has no Room.quart; perhaps quarter?"),
        ("their_methods:Needy", "Needy needs size, width; must have defaults, or be an object"),
        ("their_methods:Broken", "Broken() fails, RuntimeError: no luck, today"),
        ("their_methods:Hidden", "a Hidden cannot be read, KeyError: 'one_shot'"),
        ("their_methods:Positional", "a Positional is no method; steps: must be a function of"),
        ("their_methods:dataclass", "a function is no method; departs = None: must be a tuple of"),
        (
            "their_methods:Bare",
            'a Bare is no method; departs = None: must be a tuple of "criterion", "learner", '
            "\"law\"; one_shot = 'yes': must be True or False; steps: must be a function of a "
            "problem and, by its name, a generator",
        ),
    ],
)
def test_what_is_no_method_at_a_place_is_told_in_one_line(folder, place, told):
    assert refusal(find_distiller, place).startswith(f"method = {place!r}: {told}")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"raise RuntimeError({'long ' * 100!r})", f"RuntimeError: {'long ' * 59}…"),
        (
            "class Mute(Exception):\n  def __str__(self): raise ValueError\nraise Mute",
            "Mute",
        ),
        ("import nowhere_at_all", "ModuleNotFoundError: No module named 'nowhere_at_all'"),
        ("raise RuntimeError('needs\\n a licence')", "RuntimeError: needs a licence"),
        ("import sys\nsys.exit('usage: …')", "SystemExit: usage: …"),
        ("def f(:", "SyntaxError: invalid syntax (faulty_module.py, line 1)"),
    ],
)
def test_a_module_that_fails_is_told_with_its_reason(folder, text, told):
    (folder / "faulty_module.py").write_text(text)
    said = refusal(find_distiller, "faulty_module:Mine")
    assert said == f"method = 'faulty_module:Mine': faulty_module cannot be imported, {told}"


def test_what_a_module_prints_is_kept_out_of_the_output(folder, capsys):
    (folder / "loud_module.py").write_text(f"print('welcome')\n{MINE}")
    find_distiller("loud_module:Mine")
    assert capsys.readouterr() == ("", "welcome\n")


def test_a_module_that_sets_torch_for_all_is_refused_each_time_and_the_setting_put_back(folder):
    text = f"import torch\ntorch.set_default_dtype(torch.float64)\n{MINE}"
    (folder / "double_module.py").write_text(text)
    for _ in range(2):
        told = refusal(find_distiller, "double_module:Mine")
        assert told.endswith("sets torch's default dtype to torch.float64; must leave it torch."
                             "float32")  # fmt: skip
        assert torch.get_default_dtype() == torch.float32


def test_an_installed_package_names_its_methods_and_is_imported_when_one_is_asked_for(folder):
    install(folder, "theirs", "shrink = their_methods:Mine", "nix = their_methods:Nix")
    assert distiller_names() == [*DISTILLERS, "nix", "shrink"]
    assert "their_methods" not in sys.modules
    assert find_distiller("shrink").factor == 0.5
    assert re.fullmatch(r"theirs 1\.2, their_methods\.py sha256 \w{64}", source_of("shrink"))
    assert refusal(all_distillers) == "method = 'nix': their_methods has no Nix"
    assert "unknown; perhaps shrink or " in refusal(find_distiller, "shrinks")


def test_two_packages_must_not_share_a_name_nor_take_one_of_the_library(folder):
    install(folder, "theirs", "shrink = their_methods:Mine", "exact = their_methods:Mine")
    install(folder, "others", "shrink = their_methods:Room.quarter")
    assert find_distiller("exact") is DISTILLERS["exact"]
    shared = "'shrink': an entry point of others 1.2 and of theirs 1.2; must be of one package"
    assert shared in refusal(find_distiller, "shrink")
    told = refusal(all_distillers)
    assert shared in told
    assert "'exact': the entry point of theirs 1.2 has a name that is taken, by the library" in told


def test_a_decorator_gives_a_name_in_this_process(folder):
    from their_methods import Mine

    assert register("halves")(Mine) is Mine
    assert find_distiller("halves") == Mine()
    assert all_distillers() == {**DISTILLERS, "halves": Mine()}
    assert source_of("halves") == source_of("their_methods:Mine")
    register("halves")(Mine(0.25))  # the cell runs again
    assert find_distiller("halves").factor == 0.25


def test_a_package_may_decorate_what_its_entry_point_names(folder):
    text = MINE.replace("@dataclass", '@register("shrink")\n@dataclass')
    text = f"from ddlib.distillers import register\n{text}"
    (folder / "decorated.py").write_text(text)
    install(folder, "theirs", "shrink = decorated:Mine")
    assert find_distiller("shrink").factor == 0.5
    assert distiller_names() == [*DISTILLERS, "shrink"]


def test_a_decorator_refuses_a_name_that_is_taken_and_what_is_no_method(folder):
    from their_methods import Bare, Mine, Needy

    install(folder, "theirs", "shrink = their_methods:Mine")
    register("halves")(Mine)
    taken = "has a name that is taken, by {}; must be another name"
    for name, holder in [
        ("exact", "the library"),
        ("halves", "their_methods:Mine"),
        ("shrink", "theirs 1.2"),
    ]:
        assert refusal(register(name), Bare) == f"method = {name!r}: {taken.format(holder)}"
    assert "Needy needs size, width; must" in refusal(register("needy"), Needy)
    with pytest.raises(ValueError, match="name = 'a:b': must be text without a colon"):
        register("a:b")
