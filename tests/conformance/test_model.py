"""Random stories: the reference agrees with the oracle, mutants are found, and nobody is blamed in doubt."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from typer.testing import CliRunner

from conformance import commands
from conformance.adapters.builtin import BuiltinSettings
from conformance.checks import BY_ROLE
from conformance.checks.declare import Check
from conformance.child import environment
from conformance.kits import KITS, kit_of
from conformance.model import oracle, second
from conformance.model.chance import STORIES
from conformance.model.course import checked, course_of
from conformance.model.exploring import Came, Explored, explore, save
from conformance.model.story import (
    FILINGS,
    MID_LONG_TERM,
    SPECIAL_PERMANENT,
    Action,
    Befalls,
    Breaks,
    Copies,
    Extends,
    Files,
    Matter,
    Mends,
    Passes,
    Resends,
    Story,
    Who,
)
from conformance.model.telling import WHEN, Step, needs_of, steps_of
from conformance.mutants.trial import Trial
from conformance.plan_text import write_plan
from conformance.protocol.roles import MUNICIPAL, role_of
from conformance.verdicts import Finding, Severity
from conformance.worker import HOME, RESULT, Job, Result
from sim.base.errors import HarnessError, UsageError
from sim.law.calendar import is_closed
from sim.law.deeming import deem as deem_by_law
from sim.law.kinds import CardState, History

ROLE = "municipal-system"
CLI = CliRunner()
EVERYTHING = tuple(MUNICIPAL.capabilities)
FEW = 20

MUTANTS = (
    "deem-without-card",
    "deem-as-one-set",
    "deem-no-move-within",
    "accept-the-future",
    "ignore-closed-days",
    "last-day-counts-as-late",
    "never-close-duty",
    "warn-of-another-day",
    "endorse-never",
    "notify-household",
    "lose-transmission",
    "confirm-nothing",
)
"""Mutants of the law, of the counter, of the register and of the exchange."""


# --- exploring: the reference and its mutants -----------------------------------------------------------
def test_the_reference_agrees_with_the_oracle_in_every_story() -> None:
    done = explore(stories=FEW)
    assert (done.came, done.played, done.reasons) == (Came.AGREED, FEW, ())
    assert done.code == 0


@pytest.fixture(scope="module")
def found() -> dict[str, Explored]:
    return {mutant: explore(mutant=mutant) for mutant in MUTANTS}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_mutant_is_found_and_shrunk_to_a_story_of_few_steps(
    found: dict[str, Explored], mutant: str
) -> None:
    done = found[mutant]
    catches = next(one.catches for one in kit_of(ROLE).mutants if one.id == mutant)
    assert done.came is Came.DISAGREED
    assert done.code == 1
    assert any(reason.startswith(f"{catches}:") for reason in done.reasons), done.reasons
    assert len(_whens(done)) <= 5, done.feature


def test_the_journal_of_the_shortest_story_bears_its_verdict(found: dict[str, Explored]) -> None:
    done = found["endorse-never"]
    assert {line.case.split("/")[0] for line in done.lines if line.node == "stage"} == {done.case}
    assert any(line.kind == "expect" for line in done.lines)
    assert any(line.kind == "file_asked" for line in done.lines)


def test_saved_stories_run_as_cases_and_fail_for_their_mutants_only(
    found: dict[str, Explored], tmp_path: Path
) -> None:
    features = tmp_path / "features"
    features.mkdir()
    (features / "suite.py").write_text((HOME / "features" / "suite.py").read_text())
    cases: dict[str, list[str]] = {}
    for mutant, done in found.items():
        save(done, features / f"{done.case}.feature")
        cases.setdefault(mutant, []).append(done.case)
    good = _run(features, tmp_path / "good", Job(path=(), out="", role=ROLE))
    assert set(good.verdicts) == {done.case for done in found.values()}
    assert {str(verdict) for verdict in good.verdicts.values()} == {"PASS"}
    catches = {one.id: one.catches for one in kit_of(ROLE).mutants}
    trials = tuple(
        Trial(mutant=mutant, catches=catches[mutant], cases=tuple(own)) for mutant, own in cases.items()
    )
    bad = _run(features, tmp_path / "bad", Job(path=(), out="", role=ROLE, trials=trials))
    assert {one.mutant for one in bad.outcomes if catches[one.mutant] in one.failed} == set(MUTANTS)


def _run(features: Path, out: Path, job: Job) -> Result:
    """Does a job with the features of another folder."""
    out.mkdir()
    job = msgspec.structs.replace(job, path=(str(HOME), *sys.path), out=str(out))
    program = (
        "import sys, json\n"
        "told = json.loads(sys.argv[1])\n"
        "sys.path[:] = told['path']\n"
        "import msgspec, pathlib\n"
        "from conformance import worker\n"
        f"worker.SUITE = pathlib.Path({str(features / 'suite.py')!r})\n"
        "sys.exit(worker.work(msgspec.convert(told, worker.Job)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", program, msgspec.json.encode(job).decode()],
        cwd=out,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return msgspec.json.decode((out / RESULT).read_bytes(), type=Result)


def _whens(done: Explored) -> list[str]:
    """What happens in a story: its steps of the kind もし."""
    lines = [line.strip() for line in done.feature.splitlines() if line.startswith("    ")]
    kind, found = "", []
    for line in lines:
        word, _, text = line.partition(" ")
        kind = word if word != "かつ" else kind
        if kind == "もし":
            found.append(text)
    return found


def test_the_same_seed_gives_the_same_bytes_and_another_one_other_stories() -> None:
    first, again = (explore(mutant="warn-nobody", seed=5) for _ in range(2))
    assert first.as_json() == again.as_json()
    assert [msgspec.to_builtins(line) for line in first.lines] == [
        msgspec.to_builtins(line) for line in again.lines
    ]
    assert json.loads(first.as_json())["result"] == "disagreed"
    assert explore(mutant="warn-nobody", seed=6).as_json() != first.as_json()


# --- whose fault ---------------------------------------------------------------------------------------
def test_a_wrong_oracle_blames_nobody(monkeypatch: pytest.MonkeyPatch) -> None:

    def wrong(kind: object, history: object, filing: object, card: object) -> object:
        return deem_by_law(kind, History.LANDED_NO_RESIDENCE, filing, card)  # type: ignore[arg-type]

    monkeypatch.setattr(oracle, "deem", wrong)
    done = explore(stories=FEW)
    assert (done.came, done.code, done.lines) == (Came.INCONCLUSIVE, 2, ())
    assert "the oracle and the second statement of the rules differ" in done.reasons[0]


def test_a_mistake_in_the_second_statement_blames_nobody_either(monkeypatch: pytest.MonkeyPatch) -> None:
    right = second.fortnight
    monkeypatch.setattr(second, "fortnight", lambda day: right(day) + timedelta(days=1))
    assert explore(stories=FEW, mutant="deem-without-card").came is Came.INCONCLUSIVE


def test_what_the_reference_fails_too_is_the_harness_s_own_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(case: object, **params: object) -> list[Finding]:
        return [Finding(ja="違う", en="wrong", expected="a", received="b")]

    alarm = Check("last_day", Severity.MUST, (), ("filing_decided",), False, "誤報", wrong)  # type: ignore[arg-type]
    monkeypatch.setitem(BY_ROLE[ROLE], "last_day", alarm)
    done = explore(stories=FEW)
    assert (done.came, done.code) == (Came.INCONCLUSIVE, 2)
    assert "the built-in reference fails here too: last_day" in done.reasons[0]


def test_a_step_that_no_feature_knows_is_the_harness_s_own_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def told(course: object) -> tuple[Step, ...]:
        return (*steps_of(course), Step(WHEN, "意味のない手順"))  # type: ignore[arg-type]

    monkeypatch.setattr("conformance.model.exploring.steps_of", told)
    done = explore(stories=FEW)
    assert done.came is Came.INCONCLUSIVE
    assert "a story must be told in steps of the features" in done.reasons[0]


class Silent:
    """A channel that answers a filing with garbage."""

    def __init__(self) -> None:
        self._inner = kit_of(ROLE).reference(None)

    def talk(self, line: bytes) -> bytes:
        return b"no" if b'"op":"file"' in line.replace(b" ", b"") else self._inner.talk(line)

    def close(self) -> None:
        self._inner.close()


def test_an_implementation_that_answers_garbage_disagrees(monkeypatch: pytest.MonkeyPatch) -> None:
    kit = kit_of(ROLE)
    monkeypatch.setitem(
        KITS, ROLE, replace(kit, reference=lambda mutant: Silent() if mutant else kit.reference(None))
    )
    done = explore(mutant="warn-nobody", stories=FEW)
    assert done.came is Came.DISAGREED
    assert done.reasons[0].startswith("completed:")


def test_an_implementation_without_a_settable_clock_cannot_be_explored() -> None:
    settings = BuiltinSettings(kind="builtin", lacks=("clock.settable",))
    with pytest.raises(UsageError, match="stories lie on days of their own"):
        explore(adapter=settings.model_dump(mode="json"))


def test_stories_do_without_what_an_implementation_lacks() -> None:
    lacks = ("exchange.resend", "exchange.messenger", "register.copies", "register.notices")
    settings = BuiltinSettings(kind="builtin", lacks=lacks)
    assert explore(adapter=settings.model_dump(mode="json"), stories=FEW).came is Came.AGREED


def test_no_time_and_no_stories_are_errors_and_never_an_agreement() -> None:
    with pytest.raises(HarnessError, match="no story was tried"):
        explore(patience=-1.0)
    with pytest.raises(UsageError, match="no story is wanted"):
        explore(stories=0)


# --- the rules, said twice ------------------------------------------------------------------------------
def test_the_written_holidays_are_those_of_the_law() -> None:
    for year in second.HOLIDAYS:
        for n in range(365):
            day = date(year, 1, 1) + timedelta(days=n)
            assert second.closed(day) == is_closed(day), day


def test_a_year_without_written_holidays_is_the_harness_s_fault() -> None:
    with pytest.raises(HarnessError, match="no story may lie in this year"):
        second.closed(date(2025, 6, 3))


def test_both_statements_agree_on_every_class_history_filing_and_card() -> None:
    kinds = (MID_LONG_TERM, SPECIAL_PERMANENT, "transitional_stay")
    count = 0
    for kind, history, filing, card in itertools.product(kinds, History, FILINGS, CardState):
        cardless = kind == "transitional_stay" and card is not CardState.ABSENT
        never = filing == "became_resident_status" and history is not History.PERMITTED_LIVING_HERE
        copied = history is History.ACQUIRED_WITH_RECORD_COPY and kind != MID_LONG_TERM
        if cardless or never or copied:
            continue  # no story has such a filing
        for ago in (0, 14, 15, 45, -1):
            filed = date(2026, 6, 15)
            day = filed - timedelta(days=ago)
            checked(Matter(kind, str(history), filing, str(card), day, filed))
            count += 1
    assert count > 2000


# --- the course of a story ------------------------------------------------------------------------------
JUNE = date(2026, 6, 3)


def course(*actions: Action, who: Who | None = None, lacks: tuple[str, ...] = ()) -> list[str]:
    """The kinds of what happens in a story of one person."""
    story = Story(JUNE, (who or Who("甲"),), actions)
    kept = course_of(story, [name for name in EVERYTHING if name not in lacks]).events
    return [type(event.action).__name__ for event in kept]


IN = Files("甲", "moving_in", "presented", 2)
LATE = Files("甲", "residence_notification", "presented", 2)
HERE = Who("甲", seeded=True)


def test_what_nobody_could_do_is_left_out() -> None:
    assert course(Copies("甲")) == []
    assert course(Extends("甲")) == []
    assert course(Resends()) == []
    assert course(Mends()) == []
    assert course(Passes(0)) == []
    out = Files("甲", "moving_out", "absent", 0)
    assert course(out, IN, who=HERE) == ["Files"]
    assert course(IN, IN) == ["Files", "Files"]  # the second one is a move within
    assert course(IN, IN, IN) == ["Files", "Files"]  # one of a kind a day
    changed = course_of(Story(JUNE, (HERE,), (LATE,)), EVERYTHING).filed[0]
    assert changed.matter is not None
    assert changed.matter.filing == "moving_within"  # with nothing due there is nothing to be made up


def test_what_an_implementation_cannot_do_is_left_out() -> None:
    assert course(Extends("甲"), who=HERE) == ["Extends"]
    assert course(Extends("甲"), who=HERE, lacks=("register.notices",)) == []
    assert course(Breaks(), Mends(), lacks=("exchange.messenger",)) == []


def test_only_one_thing_befalls_the_files_of_a_direction() -> None:
    troubles = (Befalls("up", "lost"), Befalls("up", "twice"), Befalls("down", "lost"))
    assert course(*troubles) == ["Befalls", "Befalls"]


def test_what_the_staff_see_is_told_only_where_the_results_can_be_asked_for() -> None:
    def told(lacks: str = "") -> tuple[bool, tuple[str, ...]]:
        found = course_of(Story(JUNE, (Who("甲"),), (IN,)), [name for name in EVERYTHING if name != lacks])
        return any("と見える" in step.text for step in steps_of(found)), needs_of(found)

    assert told() == (True, ("exchange.results",))
    assert told("exchange.results") == (False, ())


def test_an_implementation_that_declares_a_clock_only_is_asked_nothing_else() -> None:
    lacks = [name for name in EVERYTHING if name != "clock.settable"]
    done = explore(adapter={"kind": "builtin", "lacks": lacks}, stories=FEW)
    assert (done.came, done.played, done.reasons) == (Came.AGREED, FEW, ())


def test_an_expired_card_is_told_as_one() -> None:
    told = [step.text for step in steps_of(course_of(_with_card(-1), EVERYTHING))]
    assert "甲が有効期間の満了した在留カードを出して転入届をする" in told
    told = [step.text for step in steps_of(course_of(_with_card(0), EVERYTHING))]
    assert "甲がカードを出して転入届をする" in told


def _with_card(left: int) -> Story:
    return Story(JUNE, (Who("甲", card_left=left),), (replace(IN, card="expired"),))


@given(STORIES)
def test_every_story_by_chance_has_a_course(story: Story) -> None:
    told = course_of(story, EVERYTHING)
    assert [event.day for event in told.events] == sorted(event.day for event in told.events)
    assert all(not second.closed(event.day) for event in told.events)


# --- what people type -----------------------------------------------------------------------------------
def test_explore_shows_the_story_saves_it_and_ends_with_its_code(tmp_path: Path) -> None:
    to = tmp_path / "found.feature"
    done = CLI.invoke(commands.app, ["explore", "--mutant", "endorse-never", "--save", str(to)])
    assert done.exit_code == 1
    assert to.read_text(encoding="utf-8") in done.stdout
    assert (tmp_path / "found.ndjson").stat().st_size > 0
    assert done.stdout.splitlines()[-1].startswith("1: ")
    good = CLI.invoke(commands.app, ["explore", "--stories", "5", "--json"])
    assert good.exit_code == 0
    assert json.loads(good.stdout)["stories"] == 5


def test_explore_takes_a_plan(tmp_path: Path) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text(f'version = 1\nrole = "{ROLE}"\n[adapter]\nkind = "builtin"\n', encoding="utf-8")
    done = CLI.invoke(commands.app, ["explore", str(plan), "--stories", "3"])
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize("arguments", [["--role", "card"], ["--role", "nonsense"], ["--mutant", "nonsense"]])
def test_explore_refuses_what_it_cannot_explore(arguments: list[str]) -> None:
    done = CLI.invoke(commands.app, ["explore", *arguments])
    assert isinstance(done.exception, UsageError | HarnessError)


def test_explore_refuses_a_plan_for_another_role(tmp_path: Path) -> None:
    plan = tmp_path / "plan.toml"
    write_plan(role_of("card"), plan)
    done = CLI.invoke(commands.app, ["explore", str(plan)])
    assert isinstance(done.exception, UsageError)


def test_explore_refuses_a_role_that_is_not_that_of_the_plan(tmp_path: Path) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text(f'version = 1\nrole = "{ROLE}"\n[adapter]\nkind = "builtin"\n', encoding="utf-8")
    done = CLI.invoke(commands.app, ["explore", str(plan), "--role", "card"])
    assert isinstance(done.exception, UsageError)
    assert done.exception.where == "--role" and done.exception.received == "card"
    assert CLI.invoke(commands.app, ["explore", str(plan), "--role", ROLE, "--stories", "1"]).exit_code == 0


def test_a_story_is_saved_as_a_feature_only(tmp_path: Path, found: dict[str, Explored]) -> None:
    with pytest.raises(UsageError, match="a story is saved as a feature"):
        save(found["endorse-never"], tmp_path / "x.txt")
    with pytest.raises(UsageError, match="cannot be saved"):
        save(found["endorse-never"], tmp_path / "nowhere" / "x.feature")
