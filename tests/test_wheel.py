"""The wheel, installed where nothing of the checkout is in reach, and run among folders named like ours."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

import renkei

OURS = {*renkei.PACKAGES, "renkei.py"}
QUESTIONS = (
    ("--help",),
    ("law", "deadline", "--event", "2026-04-22", "--filing", "moving_in", "--json"),
)


@dataclass(frozen=True, slots=True)
class Installed:
    """A `renkei` in an environment of its own."""

    command: Path

    def ask(self, *arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run it in a folder with hardly any environment but the one given."""
        return subprocess.run(
            [self.command, *arguments],
            cwd=cwd,
            env={"PATH": os.defpath, "TERM": "dumb", "COLUMNS": "100", **environment},
            capture_output=True,
            text=True,
            check=False,
        )


def run(*command: str | Path) -> None:
    """Run, and show what it said when it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", place, renkei.HOME)
    (built,) = place.glob("renkei-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel in a fresh environment that borrows the dependencies, so that nothing is downloaded."""
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, with_pip=False, symlinks=True)
    python = home / "bin" / "python"
    run(sys.executable, "-m", "pip", "--python", python, "install", "--no-index", "--no-deps", wheel)
    # A path named in a .pth file is searched, but its own .pth files (our editable install) are not read.
    site = sysconfig.get_path("purelib", "venv", {"base": str(home), "platbase": str(home)})
    borrowed = dict.fromkeys(sysconfig.get_path(kind) for kind in ("purelib", "platlib"))
    Path(site, "borrowed.pth").write_text("\n".join(borrowed), encoding="utf-8")
    return Installed(home / "bin" / "renkei")


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A folder with packages named like ours and a pytest configuration, each of which stops who reads it."""
    place = tmp_path / "hostile"
    place.mkdir()
    for name in ("sim", "reports", "features"):
        (place / name).mkdir()
        (place / name / "__init__.py").write_text("raise SystemExit('a stranger was imported')")
    (place / "conftest.py").write_text("raise SystemExit('a stranger was imported')")
    (place / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n")
    (place / "pyproject.toml").write_text("this is not TOML\n")
    return place


def test_the_wheel_holds_our_packages_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.split("/")[0] for name in archive.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == OURS


def test_the_wheel_holds_every_module_and_data_file_of_the_packages(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
    wanted = {
        path.relative_to(renkei.HOME).as_posix()
        for package in renkei.PACKAGES
        for path in (renkei.HOME / package).rglob("*")
        if path.suffix in {".py", ".toml", ".ini", ".feature", ".jinja", ".css", ".js"}
    }
    assert wanted - held == set()


def test_renkei_is_the_only_command_that_the_wheel_brings(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (entries,) = (name for name in archive.namelist() if name.endswith("entry_points.txt"))
        assert archive.read(entries).decode().split("\n\n") == ["[console_scripts]\nrenkei = renkei:main\n"]


def test_the_installed_command_runs_the_installed_packages(installed: Installed, tmp_path: Path) -> None:
    # Its own copy, or every other test here would only test the checkout again.
    code = "import renkei, sim; print(renkei.__file__, sim.__file__)"
    where = subprocess.run(
        [installed.command.parent / "python", "-P", "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    home = installed.command.parent.parent.resolve()
    assert all(Path(path).resolve().is_relative_to(home) for path in where)


@pytest.mark.parametrize("question", QUESTIONS, ids=" ".join)
def test_the_answer_is_the_same_in_a_folder_with_packages_named_like_ours(
    question: tuple[str, ...], installed: Installed, hostile: Path, tmp_path: Path
) -> None:
    here = installed.ask(*question, cwd=tmp_path)
    there = installed.ask(*question, cwd=hostile)
    assert here.returncode == 0, here.stderr
    assert here.stdout != ""
    assert (there.returncode, there.stdout, there.stderr) == (0, here.stdout, here.stderr)


@pytest.mark.parametrize("question", QUESTIONS, ids=" ".join)
def test_strangers_on_the_python_path_are_refused_and_named(
    question: tuple[str, ...], installed: Installed, hostile: Path
) -> None:
    done = installed.ask(*question, cwd=hostile, PYTHONPATH=str(hostile))
    assert (done.returncode, done.stdout) == (2, "")
    for name in ("sim", "reports", "features"):
        assert f"received: {hostile / name / '__init__.py'}" in done.stderr
    assert "a stranger was imported" not in done.stderr
