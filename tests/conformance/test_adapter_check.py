"""adapter-check: good adapters pass, and each thing that an adapter can do wrong is named by its point."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from conformance import adapter_check, adapters, commands
from conformance.adapter_check import NOWHERE, POINTS, Session, check_adapter
from conformance.adapters import settings_of
from conformance.adapters.kind import Say, Settings
from conformance.inspecting import Point, State, as_json, failed, show
from conformance.protocol.base import Done
from conformance.protocol.conversation import Channel
from conformance.protocol.roles import MUNICIPAL, Role
from conformance.reference.municipal import ReferenceMunicipality
from sim.base.errors import HarnessError, UsageError
from tests.conformance.adapter_helpers import HOME, REFERENCE, SKELETON, plan_text

CLI = CliRunner()
JAVASCRIPT = HOME / "docs" / "adapters" / "javascript" / "adapter.mjs"


def checked(*command: str) -> dict[str, Point]:
    settings = settings_of({"kind": "command", "command": command, "answer": 10.0})
    return {point.id: point for point in check_adapter(settings, MUNICIPAL, lambda text: None)}


def states(points: dict[str, Point]) -> dict[str, State]:
    return {id: point.state for id, point in points.items()}


ALL_PASS = {id: State.PASS for id, *_ in POINTS}


def test_the_python_skeleton_passes() -> None:
    assert states(checked(sys.executable, str(SKELETON))) == ALL_PASS


@pytest.mark.real_peer
def test_the_javascript_skeleton_passes(record_property: Callable[[str, object], None]) -> None:
    node = shutil.which("node")
    assert node is not None, "node is not installed"
    record_property("peer", "node")
    assert states(checked(node, str(JAVASCRIPT))) == ALL_PASS


def test_the_reference_passes_in_its_own_process() -> None:
    assert states(checked(*REFERENCE)) == ALL_PASS


BREAKS = {
    "another role": ('"roles": ["municipal-system"]', '"roles": ["card"]', "hello"),
    "another protocol": ("renkei-adapter/1", "renkei-adapter/9", "hello"),
    "no id": ('answer = {"id": request["id"]}', 'answer = {"id": 1}', "ids"),
    "ids as text": (
        'answer = {"id": request["id"]}',
        'answer = {"id": request["id"] if request["op"] == "hello" else str(request["id"])}',
        "ids",
    ),
    "yes to everything": ("raise Unsupported(f\"no operation {op}\")", "return {}", "unknown"),
    "dies of the unknown": ("raise Unsupported(f\"no operation {op}\")", "sys.exit(1)", "unknown"),
    "another code": ('code="unsupported"', 'code="404"', "unknown"),
    "reads Latin-1": ('line.decode("utf-8")', 'line.decode("latin-1")', "utf8"),
    "loses rare signs": (
        'items.pop("ref")',
        'items = {k: "".join(c for c in v if ord(c) < 65536) for k, v in items.items()}',
        "utf8",
    ),
    "cannot be reset twice": ('self.now = body["at"]', "assert not self.now; self.now = 1", "reset"),
    "forgets nothing": ('= body["at"]\n        self.records = {}', '= body["at"]', "independent"),
    "stands still": ('self.now = body["until"]', "pass", "clock"),
    "answers beside the schema": ('"decision": "accepted"', '"decisions": "accepted"', "operations"),
    "fails at filings": ("outcomes = []", "outcomes = None", "operations"),
    "never ends": ('if request["op"] == "bye":\n            return', "pass", None),
    "ends badly": ('== "bye":\n            return', '== "bye":\n            sys.exit(3)', "bye"),
    "stays after its input": (
        'if __name__ == "__main__":\n    main()', "main()\nimport time\ntime.sleep(60)", "bye",
    ),
}  # fmt: skip


@pytest.mark.parametrize("broken", BREAKS)
def test_each_thing_that_is_wrong_is_named_by_its_point(
    broken: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, after, point = BREAKS[broken]
    if broken == "stays after its input":  # it would stay for any time
        monkeypatch.setattr(adapter_check, "END", 0.5)
        monkeypatch.setattr(adapters.command, "GRACE", 0.2)
    source = SKELETON.read_text(encoding="utf-8")
    assert before in source
    adapter = tmp_path / "adapter.py"
    adapter.write_text(source.replace(before, after), encoding="utf-8")
    points = checked(sys.executable, str(adapter))
    if point is None:  # the end of its input ends it as well, which is good enough
        assert states(points) == ALL_PASS
        return
    assert points[point].state is State.FAIL
    assert points[point].mend and points[point].told


def test_after_a_bad_introduction_nothing_else_is_blamed(tmp_path: Path) -> None:
    adapter = tmp_path / "adapter.py"
    adapter.write_text(SKELETON.read_text(encoding="utf-8").replace("municipal-system", "card"))
    found = states(checked(sys.executable, str(adapter)))
    assert found.pop("hello") is State.FAIL
    assert set(found.values()) == {State.SKIPPED}


def test_an_adapter_without_a_clock_is_not_asked_for_one(tmp_path: Path) -> None:
    source = SKELETON.read_text(encoding="utf-8").replace(
        '"capabilities": ["clock.settable"]', '"capabilities": [], "now": "2026-06-03T10:00:00+09:00"'
    )
    adapter = tmp_path / "adapter.py"
    adapter.write_text(
        source.replace("def clock(self, body):", "def clock(self, body):\n        raise ValueError")
    )
    found = states(checked(sys.executable, str(adapter)))
    assert found.pop("clock") is State.SKIPPED
    assert set(found.values()) == {State.PASS}


def test_operations_that_are_not_declared_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    honest = Session.raw

    def heard(self: Session, number: int, op: str, body: dict[str, Any]) -> dict[str, Any]:
        asked.append(op)
        return honest(self, number, op, body)

    monkeypatch.setattr(Session, "raw", heard)
    lacks = [name for name in MUNICIPAL.capabilities if name != "clock.settable"]
    check_adapter(settings_of({"kind": "builtin", "lacks": lacks}), MUNICIPAL, lambda text: None)
    assert set(asked) == {NOWHERE}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("def main():", "def main():\n    print('starting', flush=True)"),
        (
            'answer = {"id": request["id"]}',
            'print("asked", flush=True)\n        answer = {"id": request["id"]}',
        ),
    ],
    ids=["before the first answer", "before each answer"],
)
def test_a_log_on_standard_output_is_told_to_go_to_standard_error(
    before: str, after: str, tmp_path: Path
) -> None:
    source = SKELETON.read_text(encoding="utf-8")
    assert before in source
    adapter = tmp_path / "adapter.py"
    adapter.write_text(source.replace(before, after), encoding="utf-8")
    point = checked(sys.executable, str(adapter))["hello"]
    assert point.state is State.FAIL
    assert "write logs to standard error" in point.mend
    assert "adapter-check" not in point.told + point.mend


def test_an_adapter_that_cannot_be_started_is_no_finding() -> None:
    with pytest.raises(UsageError):
        checked("/no/such/program")
    with pytest.raises(HarnessError):
        checked(sys.executable, "-c", "import sys; sys.exit(1)")


# --- the command ----------------------------------------------------------------------------------------
def test_the_command_takes_a_command_line_or_a_plan(tmp_path: Path) -> None:
    command = (sys.executable, str(SKELETON))
    done = CLI.invoke(commands.app, ["adapter-check", "--command", shlex.join(command), "--json"])
    assert done.exit_code == 0, done.output
    assert [point["state"] for point in json.loads(done.stdout)] == ["PASS"] * len(POINTS)
    plan = tmp_path / "plan.toml"
    plan.write_text(plan_text((sys.executable, "-c", "import time; input(); print('{}')")), encoding="utf-8")
    done = CLI.invoke(commands.app, ["adapter-check", str(plan)])
    assert done.exit_code == 1
    assert "1 FAIL" in done.stdout


@pytest.mark.parametrize(
    "given", [[], ["p.toml", "--command", "x"], ["--command", "'"], ["--command", "x", "--role", "x"]]
)
def test_the_command_wants_one_adapter(given: list[str]) -> None:
    done = CLI.invoke(commands.app, ["adapter-check", *given])
    assert isinstance(done.exception, UsageError)


# --- points ---------------------------------------------------------------------------------------------
def test_points_are_printed_with_what_to_mend() -> None:
    points = [
        Point(id="a", ja="甲", en="first", state=State.PASS, told="seen"),
        Point(id="b", ja="乙", en="second", state=State.FAIL, told="one\ntwo", mend="do this"),
    ]
    said: list[str] = []
    show(points, said.append)
    assert said == [
        "PASS    甲 / first",
        "        seen",
        "FAIL    乙 / second",
        "        one",
        "        two",
        "        直し方 / what to do: do this",
        "1 PASS, 1 FAIL",
    ]
    assert failed(points) and not failed(points[:1])
    assert [one["id"] for one in json.loads(as_json(points))] == ["a", "b"]


def test_only_after_a_point_that_fails_is_the_adapter_started_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Channel] = []
    honest = adapters.channel_of

    def counted(settings: Settings, role: Role, say: Say) -> Channel:
        made.append(honest(settings, role, say))
        return made[-1]

    monkeypatch.setattr(adapters, "channel_of", counted)
    check_adapter(settings_of({"kind": "builtin"}), MUNICIPAL, lambda text: None)
    assert len(made) == 1
    monkeypatch.setattr(ReferenceMunicipality, "on_clock", lambda self, request: Done())
    points = check_adapter(settings_of({"kind": "builtin"}), MUNICIPAL, lambda text: None)
    assert [point.id for point in points if point.state is State.FAIL] == ["clock", "operations"]
    assert len(made) == 1 + 3
