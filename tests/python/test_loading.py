"""Where `locust` comes from, and what is found in locustfiles."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import gatecrash
from gatecrash.guest.loading import load_all
from locust.util.load_locustfile import load_locustfile

ROOT = Path(__file__).resolve().parents[2]

USER = """
from locust import User, task
class {name}(User):
    @task
    def t(self): pass
"""


@pytest.fixture
def write(tmp_path):
    """Writes a file and gives its path; what it left in sys.modules and sys.path goes again."""
    modules, path = set(sys.modules), list(sys.path)

    def to(name: str, text: str) -> str:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text))
        return str(file)

    yield to
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        del sys.modules[name]


def test_version_is_the_workspaces():
    cargo = (ROOT / "Cargo.toml").read_text()
    assert f'version = "{gatecrash.__version__}"' in cargo


def test_locust_is_ours_and_says_which_release_it_is_like():
    import locust

    assert Path(locust.__file__).parent.parent.name == "compat"
    assert locust.__version__ == "2.47.0"


def test_unknown_submodules_are_not_looked_for_elsewhere():
    with pytest.raises(ModuleNotFoundError, match="locust.opentelemetry_exporter"):
        import locust.opentelemetry_exporter  # noqa: F401


def test_submodules_are_attributes_after_a_bare_import():
    script = """
        import locust
        for name in ("argument_parser clients contrib debug dispatch env event exception html log "
                     "main rpc runners shape stats user util web input_events").split():
            assert getattr(locust, name).__name__ == "locust." + name, name
        assert locust.user.wait_time is locust.wait_time
        assert callable(locust.task)
        assert not hasattr(locust, "no_such_thing")
    """
    run_python(script)


def run_python(script: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", "import gatecrash\n" + textwrap.dedent(script)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_locust_that_is_loaded_already_is_refused():
    script = (
        "import sys, types; sys.modules['locust'] = types.ModuleType('locust'); import gatecrash"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert "another 'locust' is already imported" in done.stderr


def test_importing_gatecrash_patches_nothing_and_locust_does():
    run_python(
        """
        from gevent import monkey
        assert not monkey.is_module_patched("socket")
        import locust
        assert monkey.is_module_patched("socket") and monkey.is_module_patched("time")
        """
    )


def test_patching_can_be_left_out():
    run_python(
        """
        import os
        os.environ["LOCUST_SKIP_MONKEY_PATCH"] = "1"
        import locust
        from gevent import monkey
        assert not monkey.is_module_patched("socket")
        """
    )


def test_a_locustfile_is_imported_beside_its_siblings(write, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write("sub/sibling_of_mine.py", "VALUE = 5")
    path = write(
        "sub/many.dots.py",
        """
        import sys
        from sibling_of_mine import VALUE
        from locust import User, LoadTestShape
        assert sys.modules[__name__].__name__ == "many.dots"
        class Abstract(User):
            abstract = True
        class Runnable(Abstract):
            value = VALUE
        class Shape(LoadTestShape):
            def tick(self): return None
        class Base(LoadTestShape):
            abstract = True
            def tick(self): return None
        """,
    )
    before = list(sys.path)
    users, shapes = load_locustfile(path)
    assert list(users) == ["Runnable"] and users["Runnable"].value == 5
    assert [type(each).__name__ for each in shapes] == ["Shape"]
    assert sys.path == [str(tmp_path), *before]


def test_a_file_called_locust_does_not_hide_the_package(write):
    users, _ = load_locustfile(write("locust.py", USER.format(name="U")))
    assert users["U"].__module__ == "locustfile"


def test_imported_user_classes_count(write, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write("users_of_mine.py", USER.format(name="Imported"))
    users, _ = load_locustfile(write("file_of_mine.py", "from users_of_mine import Imported"))
    assert list(users) == ["Imported"]


def test_the_same_class_in_two_files_is_one_class(write, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    first = write("first_file.py", USER.format(name="U"))
    second = write("second_file.py", "from first_file import U")
    assert list(load_all([first, second]).users) == ["U"]


def test_two_classes_of_one_name_end_the_process(write, capsys):
    first = write("first_file.py", USER.format(name="U"))
    second = write("second_file.py", USER.format(name="U"))
    with pytest.raises(SystemExit) as ended:
        load_all([first, second])
    assert ended.value.code == 1
    error = capsys.readouterr().err
    assert error == f"Duplicate user class names: U is defined in both {first} and {second}\n"


def test_the_first_shape_is_used(write):
    path = write(
        "shapes_file.py",
        """
        from locust import LoadTestShape
        class B(LoadTestShape):
            def tick(self): return None
        class A(B):
            pass
        """,
    )
    assert type(load_all([path]).shape).__name__ == "B"


def test_pytest_style_functions_become_users(write):
    path = write(
        "test_style_file.py",
        """
        def test_one(session): session.get("/one")
        def test_two(fastsession): fastsession.get("/two")
        """,
    )
    users = load_all([path]).users
    assert list(users) == ["test_one", "test_two"]
    (function,) = users["test_one"].functions
    assert function.fixturedef.argname == "session"


def test_a_pytest_style_function_with_an_unknown_fixture_is_told(write):
    path = write("test_style_file2.py", "def test_one(nothing_like_it): pass")
    with pytest.raises(ValueError, match="Could not find fixture for parameter 'nothing_like_it'"):
        load_all([path])
