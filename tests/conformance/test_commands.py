"""What people type, and what machines read."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from conformance import commands, selftest
from conformance.runner import Run
from conformance.selftest import Selftest
from conformance.worker import HOME

CLI = CliRunner()
LIGHT = """
import sys
sys.path.insert(0, {home!r})
import conformance.commands
print(sorted({heavy!r} & set(sys.modules)))
"""


def test_selftest_prints_a_table_and_ends_with_the_summary(
    reference: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        selftest, "selftest", lambda say: Selftest(reference=reference.verdicts.cases, mutants=())
    )
    done = CLI.invoke(commands.app, ["selftest"])
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines()[-1] == "reference: 10 cases PASS; 0 of 0 mutants caught"


def test_selftest_gives_its_exit_code_with_json_too(monkeypatch: pytest.MonkeyPatch) -> None:
    lost = selftest.Tried(id="m", ja="", en="", catches="deemed", failed={})
    monkeypatch.setattr(selftest, "selftest", lambda say: Selftest(reference=(), mutants=(lost,)))
    done = CLI.invoke(commands.app, ["selftest", "--json"])
    assert done.exit_code == 1
    assert json.loads(done.stdout)["summary"].endswith("0 of 1 mutants caught (survived: m)")


def test_list_names_cases_titles_and_requirements() -> None:
    rows = json.loads(CLI.invoke(commands.app, ["list", "--json"]).stdout)
    assert len(rows) == 10
    assert rows[1]["case"] == "JUKI22-02"
    assert rows[1]["title"] == "在留カードを持たずにした転入届は受理されるが、住居地の届出が残る"
    assert "S0-021" in rows[1]["requirements"]
    plain = CLI.invoke(commands.app, ["list"]).stdout
    assert all(row["case"] in plain and row["title"] in plain for row in rows)


def test_the_commands_are_light_to_import(tmp_path: Path) -> None:
    code = LIGHT.format(home=str(HOME), heavy={"pytest", "rich.table", "simpy", "cryptography", "msgspec"})
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
