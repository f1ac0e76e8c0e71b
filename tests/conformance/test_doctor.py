"""The doctor looks at everything before a run and says what to mend."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from conformance import commands
from conformance.doctor import examine
from conformance.inspecting import State
from tests.conformance.adapter_helpers import SKELETON, plan_text, program

CLI = CliRunner()
BUILTIN = 'version = 1\nrole = "municipal-system"\n{top}[adapter]\nkind = "builtin"\n{rest}'


def seen(place: Path, text: str) -> dict[str, State]:
    path = place / "plan.toml"
    path.write_text(text, encoding="utf-8")
    points = examine(path, lambda text: None)
    for point in points:
        assert point.ja and point.en
        assert point.mend or point.state is not State.FAIL
    return {point.id: point.state for point in points}


def builtin(rest: str = "", top: str = "") -> str:
    return BUILTIN.format(rest=rest, top=top)


def test_nothing_is_in_the_way_of_a_good_plan(tmp_path: Path) -> None:
    found = seen(tmp_path, builtin('[implementation]\nname = "product"\nversion = "1"\n'))
    assert found.pop("builtin") is State.NOTE
    assert set(found.values()) == {State.PASS}
    assert {"plan", "named", "requirements", "answers", "mandatory", "clock"} == set(found)


def test_a_plan_that_cannot_be_read_is_the_only_point(tmp_path: Path) -> None:
    assert seen(tmp_path, "version = 3\n") == {"plan": State.FAIL}


def test_a_product_without_a_name_is_remarked(tmp_path: Path) -> None:
    assert seen(tmp_path, builtin())["named"] is State.NOTE


@pytest.mark.parametrize(
    ("rest", "point"),
    [
        ('[requirements]\nset = "2099-1"\n', "requirements"),
        ('[requirements]\nwishes = ["S9-999"]\n', "requirements"),
        ('[baseline]\npath = "none.toml"\n', "baseline"),
        ('[baseline]\npath = "broken.toml"\n', "baseline"),
    ],
)
def test_what_the_plan_names_and_is_not_there_is_found_and_nothing_started(
    rest: str, point: str, tmp_path: Path
) -> None:
    (tmp_path / "broken.toml").write_text("role = 3")
    found = seen(tmp_path, builtin(rest))
    assert found[point] is State.FAIL
    assert found["answers"] is State.SKIPPED


def test_a_program_that_is_not_there_is_found_before_it_is_started(tmp_path: Path) -> None:
    found = seen(tmp_path, plan_text(("./adapter",), adapter='folder = "nowhere"'))
    assert found["command"] is found["folder"] is State.FAIL
    (tmp_path / "adapter").write_text("#!/bin/sh\n")
    assert seen(tmp_path, plan_text(("./adapter",)))["command"] is State.FAIL
    (tmp_path / "adapter").chmod(0o755)
    assert seen(tmp_path, plan_text(("./adapter",)))["command"] is State.PASS


def test_a_folder_and_certificates_are_looked_at(tmp_path: Path) -> None:
    head = 'version = 1\nrole = "municipal-system"\n[adapter]\n'
    assert seen(tmp_path, head + 'kind = "folder"\nfolder = "none"\n')["folder"] is State.FAIL
    https = 'kind = "http"\nurl = "https://localhost:1/"\nca = "none.pem"\n'
    assert seen(tmp_path, head + https)["certificates"] is State.FAIL


def test_an_adapter_that_cannot_be_reached_or_started_is_found(tmp_path: Path) -> None:
    assert seen(tmp_path, plan_text(program("sys.exit(1)")))["start"] is State.FAIL
    head = 'version = 1\nrole = "municipal-system"\n[adapter]\n'
    assert seen(tmp_path, head + 'kind = "http"\nurl = "http://127.0.0.1:1/"\n')["start"] is State.FAIL
    secret = plan_text(("sh",), adapter='env = { A_TOKEN = { file = "none" } }')
    assert seen(tmp_path, secret)["start"] is State.FAIL


def test_an_adapter_that_does_not_answer_as_it_must_is_found(tmp_path: Path) -> None:
    assert seen(tmp_path, plan_text(program("hello()", roles=["card"])))["answers"] is State.FAIL


def test_mandatory_capabilities_that_are_not_declared_are_named(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(plan_text((sys.executable, str(SKELETON))), encoding="utf-8")
    points = {point.id: point for point in examine(path, lambda text: None)}
    assert points["mandatory"].state is State.FAIL
    assert "register.notices" in points["mandatory"].told
    assert points["optional"].state is State.NOTE
    assert "forbidden." not in points["optional"].told
    path.write_text(plan_text((sys.executable, str(SKELETON)), profile="minimal"), encoding="utf-8")
    assert {point.id: point.state for point in examine(path, lambda text: None)}["mandatory"] is State.PASS


def test_a_clock_that_does_not_follow_is_found_and_one_that_cannot_be_set_remarked(tmp_path: Path) -> None:
    code = "hello()\nsay(read())\na = read()\nsay(a, at='2026-06-03T10:00:00+09:00')\nread()"
    assert seen(tmp_path, plan_text(program(code)))["clock"] is State.FAIL
    assert (
        seen(tmp_path, builtin('lacks = ["clock.settable"]\n', 'profile = "minimal"\n'))["clock"]
        is State.NOTE
    )


def test_the_command_ends_with_1_when_something_is_to_be_mended(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(builtin(), encoding="utf-8")
    good = CLI.invoke(commands.app, ["doctor", str(path)])
    assert good.exit_code == 0 and "0 FAIL" in good.stdout
    path.write_text("version = 3\n", encoding="utf-8")
    bad = CLI.invoke(commands.app, ["doctor", str(path), "--json"])
    assert bad.exit_code == 1
    assert [point["state"] for point in json.loads(bad.stdout)] == ["FAIL"]
