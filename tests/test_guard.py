"""The command line's root: its guard against strangers, its exit codes, and how light it is."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest
import typer

import renkei
from sim.base.errors import Breach, HarnessError, RenkeiError, UsageError

HEAVY = (
    "cryptography", "faker", "httpx", "jinja2", "numpy", "pydantic", "pytest", "simpy", "sqlalchemy",
    "starlette",
)  # fmt: skip
RUN = "import renkei; renkei.main()"


def python(code: str, *arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run code as `python -P -c` would: without the working directory on the path, like a console script."""
    return subprocess.run(
        [sys.executable, "-P", "-c", code, *arguments],
        cwd=cwd,
        env={"PATH": "/usr/bin:/bin", "TERM": "dumb", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def fails_with(error: BaseException) -> typer.Typer:
    app = typer.Typer(pretty_exceptions_enable=False)

    @app.command()
    def fail() -> None:
        raise error

    return app


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A command line without arguments."""
    monkeypatch.setattr(sys, "argv", ["renkei"])
    monkeypatch.delenv("RENKEI_TRACEBACK", raising=False)
    return monkeypatch


def test_the_packages_beside_renkei_are_no_strangers() -> None:
    assert renkei.strangers() == {}


@pytest.mark.parametrize("name", renkei.PACKAGES)
def test_a_package_that_lies_elsewhere_is_refused_before_it_is_imported(name: str, tmp_path: Path) -> None:
    stranger = tmp_path / name / "__init__.py"
    stranger.parent.mkdir()
    stranger.write_text("raise SystemExit('a stranger was imported')")
    done = python(RUN, "--help", cwd=tmp_path, PYTHONPATH=str(tmp_path))
    assert done.returncode == 2
    assert done.stdout == ""
    assert "a stranger was imported" not in done.stderr
    assert f"expected: {renkei.HOME / name}" in done.stderr
    assert f"received: {stranger}" in done.stderr
    assert "what to do: unset PYTHONPATH" in done.stderr


def test_a_bare_folder_in_front_does_not_hide_a_package_of_ours(tmp_path: Path) -> None:
    (tmp_path / "sim").mkdir()
    assert python(RUN, "--help", cwd=tmp_path, PYTHONPATH=str(tmp_path)).returncode == 0


def test_a_missing_package_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renkei, "PACKAGES", ("sim", "a_package_that_nobody_has"))
    assert renkei.strangers() == {"a_package_that_nobody_has": "nowhere"}


def test_help_imports_nothing_heavy(tmp_path: Path) -> None:
    code = f"""
import sys, renkei
try:
    renkei.main()
finally:
    print(sorted(set({HEAVY!r}) & set(sys.modules)), file=sys.stderr)
"""
    done = python(code, "--help", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stderr.strip() == "[]"


def test_every_module_that_help_must_not_import_exists() -> None:
    for name in HEAVY:  # a misspelt name would make the test above pass for ever
        assert importlib.import_module(name).__name__ == name


def test_help_names_every_command(tmp_path: Path) -> None:
    done = python(RUN, "--help", cwd=tmp_path)
    for command in ("demo", "sim", "law", "conform", "report"):
        assert f" {command} " in done.stdout


def test_an_unknown_command_names_the_nearest(tmp_path: Path) -> None:
    done = python(RUN, "demmo", cwd=tmp_path)
    assert done.returncode == 2
    assert "'demo'" in done.stderr


def test_the_version_is_the_distribution_s(tmp_path: Path) -> None:
    done = python(RUN, "--version", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "renkei 0.1.0\n")


@pytest.mark.parametrize(
    ("error", "code"),
    [(Breach("it broke"), 1), (UsageError("it broke"), 2), (HarnessError("it broke"), 2)],
    ids=lambda value: type(value).__name__ if isinstance(value, RenkeiError) else str(value),
)
def test_an_error_of_ours_is_a_message_and_an_exit_code(
    error: RenkeiError, code: int, alone: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    alone.setattr(renkei, "compose", lambda: fails_with(error))
    with pytest.raises(SystemExit) as stop:
        renkei.main()
    assert stop.value.code == code
    assert capsys.readouterr().err == "renkei: it broke\n"


@pytest.mark.parametrize("wanted", [True, False], ids=["wanted", "not wanted"])
def test_an_unexpected_error_shows_its_traceback_only_when_asked(
    wanted: bool, alone: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    alone.setattr(renkei, "compose", lambda: fails_with(ZeroDivisionError("by zero")))
    if wanted:
        alone.setenv("RENKEI_TRACEBACK", "1")
    with pytest.raises(SystemExit) as stop:
        renkei.main()
    assert stop.value.code == 2
    shown = capsys.readouterr().err
    assert "ZeroDivisionError: by zero" in shown
    assert "please report it" in shown
    assert ("Traceback" in shown) is wanted


def test_an_interrupt_ends_cleanly(alone: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    alone.setattr(renkei, "compose", lambda: fails_with(KeyboardInterrupt()))
    with pytest.raises(SystemExit) as stop:
        renkei.main()
    assert stop.value.code == 130
    assert "Traceback" not in capsys.readouterr().err
