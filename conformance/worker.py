"""The child process of a run: pytest schedules the cases, the judge says what came of each.

`conformance.runner` starts it with a job and reads what it leaves behind: `result.json` and one journal
for each case that was played. pytest's own outcome of a case is set from the judge's verdict, never the other
way round. A case that needs a capability which was not declared is not played and leaves no journal. Both are
written after each case, so that a run that is stopped leaves what it has.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Generator, Iterable
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from conformance.checks import BY_ROLE
from conformance.judge import judge_case
from conformance.kits import Kit, kit_of
from conformance.mutants.trial import Outcome, Trial
from conformance.peer import Peer
from conformance.protocol.roles import CLOCK, MINISTRY_SERVER
from conformance.register import load
from conformance.register.sets import CURRENT, set_of
from conformance.stage import Stage
from conformance.terms import Terms, terms_of
from conformance.verdicts import CaseVerdict, Verdict
from sim.base import journal
from sim.base.errors import Breach, HarnessError, RenkeiError
from sim.base.instant import Instant
from sim.base.journal import Line

HOME: Final = Path(__file__).parents[1]
CONFIG: Final = HOME / "conformance" / "suite.ini"
SUITE: Final = HOME / "features" / "suite.py"
RESULT: Final = "result.json"
BRANCH: Final = "枝番"
"""The column of an outline's examples that tells its cases apart."""

PASSED: Final = frozenset({Verdict.PASS, Verdict.WARN, Verdict.REVIEW, Verdict.CONDITIONAL})
"""Verdicts that pytest shows as passed: none of them says that a rule was broken or nothing is known."""


class Info(msgspec.Struct, frozen=True, kw_only=True):
    """One case as the feature files describe it. The rows of an outline share a `tag`.

    `feature`: the file; `heading`: the title of the feature in it.
    """

    id: str
    tag: str
    title: str
    feature: str
    heading: str = ""
    roles: tuple[str, ...]
    needs: tuple[str, ...] = ()


TAGS: Final = {
    "case": "case(id): the case's own id",
    "role": "role(name): what kind of implementation the case is for",
    "needs": "needs(capability): without it the case does not apply",
    "clock": "clock(any): the case begins whenever it is, and lets no time pass",
}
"""What may stand behind an @ in a feature, with a value after a colon."""

ANY_CLOCK: Final = "any"


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What the child is asked: the import path to use, where to leave results, and what to run.

    `adapter`: what `conformance.adapters` makes a channel of; `partner`: the same for the product at the
    other end, empty where the harness plays it. `only`: tags or ids; empty for all cases.
    `selected`, `frozen`: wishes taken on and the frozen set, for the terms of the judge. `trials`: mutants to
    be tried instead. `exchange`: how the harness writes its files. `challenge`: what its journals
    are bound to. `tells`: the descriptor of the pipe for what people should know meanwhile; none below 0.
    """

    path: tuple[str, ...]
    out: str
    role: str
    adapter: dict[str, Any] = {}
    partner: dict[str, Any] = {}
    mutant: str = ""
    only: tuple[str, ...] = ()
    collect_only: bool = False
    selected: tuple[str, ...] = ()
    frozen: str = CURRENT
    trials: tuple[Trial, ...] = ()
    exchange: dict[str, Any] = {}
    challenge: str = ""
    tells: int = -1

    @property
    def terms(self) -> Terms:
        """On what terms its cases are judged."""
        return terms_of(self.role, BY_ROLE[self.role], load(), self.selected, set_of(self.frozen))


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What the child leaves behind beside the journals: the cases in order, and the verdict on each.

    `outcomes`: what came of the trials; they leave no journals. `peer`: how the implementation introduced
    itself; empty if it never did; `partner`: the same of the product at the other end. `refused`: why it
    could not be tested at all. `unknown`: of the job's `only`, what no case is called; if there is any, the
    cases are all that there are.
    """

    cases: tuple[Info, ...] = ()
    verdicts: dict[str, Verdict] = {}
    outcomes: tuple[Outcome, ...] = ()
    peer: dict[str, Any] = {}
    partner: dict[str, Any] = {}
    refused: str = ""
    unknown: tuple[str, ...] = ()


class NotPlayed(Exception):
    """The case needs a capability that the implementation does not declare."""


class Nobody:
    """The scene of a case whose implementation could not be had."""

    now = Instant(0)

    def begin(self, case: str, at: Instant) -> None:
        """Never comes to that."""

    def advance(self, until: Instant) -> None:
        """Never comes to that."""

    def lines(self) -> Iterable[Line]:
        """Nobody wrote anything."""
        return ()


def silent(text: str) -> None:
    """Says nothing."""


class Plugin:
    """The only plugin of ours: tags become marks, each case gets a stage, each report the judge's verdict."""

    def __init__(
        self,
        kit: Kit,
        peer: Peer,
        only: tuple[str, ...],
        out: Path,
        terms: Terms,
        say: Callable[[str], None] = silent,
        challenge: str = "",
        partner: Peer | None = None,
    ) -> None:
        self._kit = kit
        self._partner = partner
        self._challenge = challenge
        self._peer = peer
        self._only = only
        self._out = out
        self._terms = terms
        self._say = say
        self._stage: Stage | None = None
        self.cases: list[Info] = []
        self.verdicts: dict[str, Verdict] = {}
        self.outcomes: list[Outcome] = []
        self.unknown: tuple[str, ...] = ()

    def leave(self) -> None:
        """Writes down what there is so far."""
        result = Result(
            cases=tuple(self.cases),
            verdicts=self.verdicts,
            outcomes=tuple(self.outcomes),
            peer=self._peer.introduced,
            partner={} if self._partner is None else self._partner.introduced,
            unknown=self.unknown,
        )
        (self._out / RESULT).write_bytes(msgspec.json.encode(result))

    def pytest_configure(self, config: pytest.Config) -> None:
        for line in TAGS.values():
            config.addinivalue_line("markers", line)

    @pytest.hookimpl(tryfirst=True)
    def pytest_bdd_apply_tag(self, tag: str, function: Callable[..., Any]) -> object:
        name, _, value = tag.partition(":")
        if name not in TAGS or not value or (name == "clock" and value != ANY_CLOCK):
            raise pytest.UsageError(
                f"the tag @{tag} is none; write @case:ID, @role:NAME, @needs:CAPABILITY or @clock:any"
            )
        getattr(pytest.mark, name)(value)(function)
        return True

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        found = [(item, info) for item in items if self._kit.role.id in (info := info_of(item)).roles]
        ids = [info.id for _, info in found]
        doubled = sorted({id for id in ids if ids.count(id) > 1})
        if doubled:
            raise pytest.UsageError(f"two cases have one id: {', '.join(doubled)}")
        names = {name for _, info in found for name in (info.id, info.tag)}
        self.unknown = tuple(name for name in self._only if name not in names)
        kept = found if self.unknown else [one for one in found if self._wanted(one[1])]
        items[:] = [] if self.unknown else [item for item, _ in kept]
        self.cases = [self._with_clock(item, info) for item, info in kept]
        self.leave()

    def _wanted(self, info: Info) -> bool:
        return not self._only or info.id in self._only or info.tag in self._only

    def _with_clock(self, item: pytest.Item, info: Info) -> Info:
        """A case stands on days of its own, and needs a clock that can be set unless its tag denies it."""
        if CLOCK not in self._kit.role.capabilities or any(item.iter_markers("clock")):
            return info
        return msgspec.structs.replace(info, needs=tuple(sorted({*info.needs, CLOCK})))

    @pytest.fixture
    def stage(self) -> Stage:
        """The stage of the case that runs."""
        if self._stage is None:
            raise HarnessError("there is a stage only while a case runs")
        return self._stage

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        info = self._with_clock(item, info_of(item))
        # Until there is a scene, what goes wrong is written down on an empty stage.
        said = {"tag": info.tag, "title": info.title, "challenge": self._challenge}
        self._stage = Stage(info.id, lambda stage: Nobody(), **said)
        conversation = self._peer.conversation()
        lacking = [name for name in info.needs if not conversation.has(name)]
        if lacking:
            self._stage = None
            self._say(f"{info.id}  –  {', '.join(lacking)}")
            raise NotPlayed(", ".join(lacking))
        conversation.partner = None if self._partner is None else self._partner.conversation()
        self._stage = Stage(info.id, lambda stage: self._kit.scene(stage, conversation), **said)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        stage = self._stage
        if call.excinfo is not None and isinstance(call.excinfo.value, NotPlayed):
            report.outcome = "skipped"
            report.longrepr = (str(item.path), 0, str(call.excinfo.value))
            return report
        if stage is None or (call.when != "call" and call.excinfo is None):
            return report
        if call.excinfo is not None:
            error = call.excinfo.value
            if isinstance(error, Breach):
                stage.breach(error)
                self._peer.drop()
                if self._partner is not None:
                    self._partner.drop()
            else:
                stage.fault(error)
        verdict = self._close(stage)
        report.outcome = "passed" if verdict.verdict in PASSED else "failed"
        report.longrepr = None if report.outcome == "passed" else told(verdict)
        return report

    def keep(self, lines: tuple[Line, ...], verdict: CaseVerdict) -> None:
        """Leaves behind what came of a case."""
        journal.write(self._out / f"{verdict.case}.ndjson", lines)
        self.verdicts[verdict.case] = verdict.verdict
        self.leave()
        self._say(f"{verdict.case}  {verdict.verdict}")

    def broken_off(self) -> None:
        """Closes the journal of a case in the middle of which the run was stopped."""
        if (stage := self._stage) is not None:
            stage.fault(HarnessError("the run was stopped in the middle of this case"))
            self._close(stage)

    def _close(self, stage: Stage) -> CaseVerdict:
        lines = stage.end()
        self._stage = None
        verdict = judge_case(lines, self._terms)
        self.keep(lines, verdict)
        return verdict


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
        heading=template.feature.name or "",
        roles=tuple(sorted(mark.args[0] for mark in item.iter_markers("role"))),
        needs=tuple(sorted(mark.args[0] for mark in item.iter_markers("needs"))),
    )


def told(verdict: CaseVerdict) -> str:
    """Why a case did not pass, for pytest's own report."""
    return "\n".join(
        f"{result.check} {result.verdict}: {found.en} expected {found.expected}, received {found.received}"
        for result in verdict.checks
        for found in result.findings
    )


def telling(descriptor: int) -> Callable[[str], None]:
    """A function that tells the caller something, a line at a time. A caller that is gone ends the run."""

    def say(text: str) -> None:
        try:
            os.write(descriptor, text.replace("\n", " ").encode("utf-8", "backslashreplace") + b"\n")
        except BrokenPipeError:
            raise KeyboardInterrupt from None

    return silent if descriptor < 0 else say


def work(job: Job) -> int:
    """Does the job and gives pytest's exit code."""
    # A shell that runs something in the background has it ignore interrupts; this is how we are stopped.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    out = Path(job.out)
    kit = kit_of(job.role)
    say = telling(job.tells)
    peer = Peer(kit, job.adapter, job.mutant, job.exchange, say)
    partner = Peer(kit_of(MINISTRY_SERVER.id), job.partner, say=say) if job.partner else None
    if job.trials:
        from conformance.trials import Trials

        plugin: Plugin = Trials(kit, job.trials, out, job.terms, say)
    else:
        plugin = Plugin(kit, peer, job.only, out, job.terms, say, job.challenge, partner)
    if job.adapter and not job.collect_only:
        try:
            peer.meet()
            if partner is not None:
                partner.meet()
        except RenkeiError as error:
            (out / RESULT).write_bytes(msgspec.json.encode(Result(refused=str(error))))
            return int(pytest.ExitCode.OK)
    both = (peer,) if partner is None else (peer, partner)
    arguments = [
        f"--config-file={CONFIG}",
        f"--rootdir={out}",
        "--noconftest",
        "--import-mode=importlib",
        "--assert=plain",
        "-p", "no:cacheprovider",
        "-p", "pytest_bdd.plugin",
        *(part for steps in kit.steps for part in ("-p", steps)),
        *(["--collect-only"] if job.collect_only else []),
        str(SUITE),
    ]  # fmt: skip
    code = int(pytest.ExitCode.INTERNAL_ERROR)
    try:
        code = int(pytest.main(arguments, plugins=[plugin]))
    finally:
        plugin.broken_off()
        plugin.leave()
        if code in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
            for one in both:
                one.leave()
        else:  # there is no time for goodbyes
            for one in both:
                one.drop()
    return code
