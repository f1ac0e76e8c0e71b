"""The child process of a run: pytest schedules the cases, the judge says what came of each.

`conformance.runner` starts it with a job and reads what it leaves behind: `result.json` and one journal
for each case. pytest's own outcome of a case is set from the judge's verdict, never the other way round.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from conformance.adapters.builtin import BuiltinMunicipality
from conformance.judge import judge_case
from conformance.mutants import MUTANTS
from conformance.stage import Adapter, Stage
from conformance.verdicts import CaseVerdict, Verdict
from sim.base import journal
from sim.base.errors import Breach, HarnessError

HOME: Final = Path(__file__).parents[1]
CONFIG: Final = HOME / "conformance" / "suite.ini"
SUITE: Final = HOME / "features" / "suite.py"
RESULT: Final = "result.json"
BRANCH: Final = "枝番"
"""The column of an outline's examples that tells its cases apart."""

PASSED: Final = frozenset({Verdict.PASS, Verdict.WARN, Verdict.REVIEW, Verdict.CONDITIONAL})
"""Verdicts that pytest shows as passed: none of them says that a rule was broken or nothing is known."""


class Info(msgspec.Struct, frozen=True, kw_only=True):
    """One case as the feature files describe it. The rows of an outline share a `tag`."""

    id: str
    tag: str
    title: str
    feature: str
    roles: tuple[str, ...]


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What the child is asked: the import path to use, where to leave results, and what to run."""

    path: tuple[str, ...]
    out: str
    mutant: str = ""
    collect_only: bool = False


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What the child leaves behind beside the journals: the cases in order, and pytest's verdict on each."""

    cases: tuple[Info, ...]
    verdicts: dict[str, Verdict] = {}


class Plugin:
    """The only plugin of ours: tags become marks, each case gets a stage, each report the judge's verdict."""

    def __init__(self, make: Callable[[], Adapter], out: Path) -> None:
        self._make = make
        self._out = out
        self._stage: Stage | None = None
        self.cases: list[Info] = []
        self.verdicts: dict[str, Verdict] = {}

    def pytest_configure(self, config: pytest.Config) -> None:
        config.addinivalue_line("markers", "case(id): the case's own id")
        config.addinivalue_line("markers", "role(name): what kind of implementation the case is for")

    @pytest.hookimpl(tryfirst=True)
    def pytest_bdd_apply_tag(self, tag: str, function: Callable[..., Any]) -> object:
        name, _, value = tag.partition(":")
        if name not in ("case", "role") or not value:
            raise pytest.UsageError(f"the tag @{tag} is none; write @case:ID or @role:NAME")
        getattr(pytest.mark, name)(value)(function)
        return True

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        self.cases = [info_of(item) for item in items]
        ids = [info.id for info in self.cases]
        doubled = sorted({id for id in ids if ids.count(id) > 1})
        if doubled:
            raise pytest.UsageError(f"two cases have one id: {', '.join(doubled)}")

    @pytest.fixture
    def stage(self) -> Stage:
        """The stage of the case that runs."""
        if self._stage is None:
            raise HarnessError("there is a stage only while a case runs")
        return self._stage

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        info = info_of(item)
        self._stage = Stage(info.id, self._make(), tag=info.tag, title=info.title)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        stage = self._stage
        if stage is None or (call.when != "call" and call.excinfo is None):
            return report
        if call.excinfo is not None:
            error = call.excinfo.value
            if isinstance(error, Breach):
                stage.breach(error)
            else:
                stage.fault(error)
        lines = stage.end()
        self._stage = None
        journal.write(self._out / f"{stage.case}.ndjson", lines)
        verdict = judge_case(lines)
        self.verdicts[stage.case] = verdict.verdict
        report.outcome = "passed" if verdict.verdict in PASSED else "failed"
        report.longrepr = None if report.outcome == "passed" else told(verdict)
        return report


def info_of(item: pytest.Item) -> Info:
    """What the feature file says of a case.

    Raises:
        UsageError: pytest's own: no `@case:` tag, or an outline without the column that tells rows apart.
    """
    from pytest_bdd.scenario import scenario_wrapper_template_registry

    if not isinstance(item, pytest.Function):
        raise pytest.UsageError(f"{item.name} is no scenario")
    template = scenario_wrapper_template_registry[item.obj]
    row_of = getattr(item, "callspec", None)
    example: dict[str, str] = row_of.params["_pytest_bdd_example"] if row_of is not None else {}
    tags = [mark.args[0] for mark in item.iter_markers("case")]
    if len(tags) != 1 or (example and BRANCH not in example):
        raise pytest.UsageError(
            f"the scenario 「{template.name}」 must have one tag @case:ID, and an outline a column {BRANCH}"
        )
    row = "、".join(f"{name} {value}" for name, value in example.items() if name != BRANCH)
    return Info(
        id=f"{tags[0]}-{example[BRANCH]}" if example else tags[0],
        tag=tags[0],
        title=f"{template.name}（{row}）" if row else template.name,
        feature=Path(template.feature.filename).name,
        roles=tuple(sorted(mark.args[0] for mark in item.iter_markers("role"))),
    )


def told(verdict: CaseVerdict) -> str:
    """Why a case did not pass, for pytest's own report."""
    return "\n".join(
        f"{result.check} {result.verdict}: {found.en} expected {found.expected}, received {found.received}"
        for result in verdict.checks
        for found in result.findings
    )


def work(job: Job) -> int:
    """Does the job and gives pytest's exit code."""
    out = Path(job.out)
    mutant = MUTANTS[job.mutant] if job.mutant else None
    plugin = Plugin(lambda: BuiltinMunicipality(mutant), out)
    arguments = [
        f"--config-file={CONFIG}",
        f"--rootdir={out}",
        "--noconftest",
        "--import-mode=importlib",
        "--assert=plain",
        "-p", "no:cacheprovider",
        "-p", "pytest_bdd.plugin",
        "-p", "features.steps",
        *(["--collect-only"] if job.collect_only else []),
        str(SUITE),
    ]  # fmt: skip
    code = int(pytest.main(arguments, plugins=[plugin]))
    result = Result(cases=tuple(plugin.cases), verdicts=plugin.verdicts)
    (out / RESULT).write_bytes(msgspec.json.encode(result))
    return code
