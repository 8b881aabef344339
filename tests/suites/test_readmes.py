"""Whoever follows a suite's README gets what it says: every command in a block of sh is run.

READMEs use the suites' own ports, so each is followed in a network of its own; where the machine
has none to give, one after the other.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from readme_commands import blocks, commands

ROOT = Path(__file__).parents[2]
READMES = sorted((ROOT / "suites").glob("*/README.md"))
RUNNER = Path(__file__).parent / "readme_commands.py"
# A README has several commands, each with a limit of its own.
PATIENCE_S = 300

OWN_NETWORK = ["unshare", "--map-root-user", "--net"]
UP = 'ip link set lo up && exec "$@"'


def _has_own_network() -> bool:
    try:
        tried = subprocess.run([*OWN_NETWORK, "sh", "-c", UP, "sh", "true"], capture_output=True)
    except FileNotFoundError:
        return False
    return tried.returncode == 0


def _copy(folder: Path) -> None:
    """The repository as a reader has it: `suites` is a copy, where commands may write."""
    shutil.copytree(ROOT / "suites", folder / "suites")
    for entry in ROOT.iterdir():
        if entry.name not in {"suites", "results", "target"} and not entry.name.startswith("."):
            (folder / entry.name).symlink_to(entry)


@pytest.mark.xdist_group("readmes")
@pytest.mark.parametrize("readme", READMES, ids=lambda readme: readme.parent.name)
def test_a_readme_can_be_followed(readme, tmp_path):
    _copy(tmp_path)
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "VIRTUAL_ENV": sys.prefix,
        "GATECRASH_QUICK": "1",
        "QUICK": "1",
        "NO_COLOR": "1",
        "GITHUB_STEP_SUMMARY": "",
    }
    command = [sys.executable, str(RUNNER), str(readme)]
    if _has_own_network():
        command = [*OWN_NETWORK, "sh", "-c", UP, "sh", *command]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 0, done.stdout


def test_every_suite_has_a_readme():
    suites = {plan.parent.name for plan in (ROOT / "suites").glob("*/plan.yaml")}
    assert suites == {readme.parent.name for readme in READMES}


def test_commands_are_found_as_the_shell_reads_them():
    readme = (
        "text\n```sh\na b \\\n  c\n# said only\nfor x in 1 2; do\n  echo $x\ndone\n\n"
        "serve --port 8000 &\n```\n```yaml\nno: command\n```\n```sh\ncat <<X\nin\nX\n```\n"
    )
    assert [command for block in blocks(readme) for command in commands(block)] == [
        "a b \\\n  c",
        "for x in 1 2; do\n  echo $x\ndone",
        "serve --port 8000 &",
        "cat <<X\nin\nX",
    ]
    with pytest.raises(SystemExit):
        commands("for x in 1; do\n")


@pytest.mark.parametrize("command", ["false", "sleep 60 &", "exit 3 &"])
def test_a_readme_with_a_wrong_command_is_told(command, tmp_path, monkeypatch):
    readme = tmp_path / "README.md"
    readme.write_text(f"```sh\n{command}\n```\n")
    script = (
        "import readme_commands, sys; readme_commands.START_PATIENCE_S = 0.3; "
        "from pathlib import Path; readme_commands.main(Path(sys.argv[1]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(readme)],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(RUNNER.parent)},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert done.returncode == 1
    assert command.removesuffix(" &") in done.stderr
