"""What people type, and what machines read."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from conformance import commands, selftest
from conformance.plan import load
from conformance.register.record import Record
from conformance.runner import Run
from conformance.selftest import Selftest
from conformance.worker import HOME
from sim.base.errors import UsageError
from tests.conformance.adapter_helpers import REFERENCE

CLI = CliRunner()
LIGHT = """
import sys
sys.path.insert(0, {home!r})
import conformance.commands
print(sorted({heavy!r} & set(sys.modules)))
"""
ROLE = "municipal-system"


def test_selftest_prints_its_result_and_ends_with_its_code(
    reference: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = Selftest(role=ROLE, checks=(), reference=reference.verdicts.cases, mutants=())
    monkeypatch.setattr(selftest, "selftest", lambda role, say: good)
    done = CLI.invoke(commands.app, ["selftest"])
    assert done.exit_code == good.exit_code
    assert done.stdout.splitlines()[-1] == good.summary
    told = CLI.invoke(commands.app, ["selftest", "--json"])
    assert json.loads(told.stdout)["summary"] == good.summary


def test_selftest_writes_its_record_when_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.register.record.FOLDER", tmp_path / "exercised")
    empty = Selftest(role=ROLE, checks=(), reference=(), mutants=())
    monkeypatch.setattr(selftest, "selftest", lambda role, say: empty)
    CLI.invoke(commands.app, ["selftest", "--record"])
    assert (tmp_path / "exercised" / f"{ROLE}.json").read_text() == Record(ROLE).text


def test_list_names_cases_titles_needs_and_requirements() -> None:
    rows = {row["case"]: row for row in json.loads(CLI.invoke(commands.app, ["list", "--json"]).stdout)}
    row = rows["JUKI22-02"]
    assert row["title"] == "在留カードを持たずにした転入届は受理されるが、住居地の届出が残る"
    assert row["needs"] == ["clock.settable"]
    assert row["roles"] == [ROLE]
    assert isinstance(row["requirements"], list)
    plain = CLI.invoke(commands.app, ["list", "--role", ROLE]).stdout
    assert all(case in plain and row["title"] in plain for case, row in rows.items())


def test_a_role_that_there_is_not_is_told_with_the_nearest() -> None:
    for command in (["list"], ["profiles"], ["reference"], ["init", "--out", "x.toml"]):
        done = CLI.invoke(commands.app, [*command, "--role", "municipal"])
        assert isinstance(done.exception, UsageError)
        assert "municipal-system" in str(done.exception)


def test_init_writes_a_plan_that_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    done = CLI.invoke(commands.app, ["init", "--role", ROLE, "--out", str(path)])
    assert done.exit_code == 0
    assert load(path).role == ROLE


def test_profiles_list_what_is_mandatory_and_optional_and_tested() -> None:
    rows = json.loads(CLI.invoke(commands.app, ["profiles", "--role", ROLE, "--json"]).stdout)
    assert {row["name"] for row in rows} == {"standard", "minimal"}
    standard = next(row for row in rows if row["name"] == "standard")
    assert "clock.settable" in standard["mandatory"] and "register.copies" in standard["optional"]
    plain = CLI.invoke(commands.app, ["profiles"]).stdout
    for row in rows:
        assert row["ja"] in plain
        assert all(one["ja"] in plain and one["en"] in plain for one in row["tested"])


def test_coverage_is_printed_as_text_page_and_json() -> None:
    told = CLI.invoke(commands.app, ["coverage", "--role", ROLE])
    assert told.exit_code in (0, 1)
    assert "requirements:" in told.stdout.splitlines()[-1]
    assert json.loads(CLI.invoke(commands.app, ["coverage", "--json"]).stdout)["rows"]
    assert CLI.invoke(commands.app, ["coverage", "--page"]).stdout.startswith("# ")


def test_the_reference_answers_line_by_line_and_ends_on_bye() -> None:
    lines = (
        '{"id": 1, "op": "hello", "body": {"role": "municipal-system"}}\n\n'
        '{"id": 2, "op": "juggle", "body": {}}\n'
        '{"id": 3, "op": "bye", "body": {}}\n'
        '{"id": 4, "op": "bye", "body": {}}\n'
    )
    done = subprocess.run(
        [*REFERENCE, "--lacks", "register.copies"], input=lines.encode(), capture_output=True, check=True
    )
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["id"] for one in told] == [1, 2, 3]
    assert "register.copies" not in told[0]["body"]["capabilities"]
    assert told[1]["code"] == "unsupported"


def test_the_reference_serves_http_until_it_is_interrupted() -> None:
    with subprocess.Popen(
        [*REFERENCE, "--http", "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        try:
            url = process.stdout.readline().decode().strip()
            assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", url)
            told = httpx.post(url, json={"id": 1, "op": "hello", "body": {"role": ROLE}}, trust_env=False)
            assert told.json()["body"]["roles"] == [ROLE]
        finally:
            os.kill(process.pid, signal.SIGINT)
        assert process.wait(30) == 130


def test_every_command_explains_itself() -> None:
    for command in commands.app.registered_commands:
        assert command.callback is not None
        name = command.name or command.callback.__name__
        done = CLI.invoke(commands.app, [name, "--help"])
        assert done.exit_code == 0
        assert command.callback.__doc__


def test_the_commands_are_light_to_import(tmp_path: Path) -> None:
    heavy = {"pytest", "rich.table", "simpy", "cryptography", "msgspec", "pydantic", "httpx"}
    code = LIGHT.format(home=str(HOME), heavy=heavy)
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
