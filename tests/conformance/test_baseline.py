"""The baseline: what was expected, what was not, and what no longer comes true."""

from __future__ import annotations

import json
from datetime import date

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.baseline import (
    Baseline,
    Compared,
    Expectation,
    Expected,
    Flaky,
    baseline_of,
    compare,
    explained,
    observed,
    read_baseline,
)
from conformance.protocol.page import page
from conformance.protocol.page_text import BASELINE
from conformance.verdicts import CaseVerdict, CheckVerdict, Verdict, Verdicts
from sim.base.errors import UsageError

ROLE = "municipal-system"
TODAY = date(2026, 11, 21)


def of(check: str, verdict: Verdict, scored: bool = True) -> CheckVerdict:
    return CheckVerdict(check=check, verdict=verdict, stated=True, scored=scored)


def case(name: str, verdict: Verdict, *checks: CheckVerdict) -> CaseVerdict:
    return CaseVerdict(case=name, tag=name, title="", verdict=verdict, checks=checks)


def run(*cases: CaseVerdict) -> Verdicts:
    return Verdicts(cases=cases, requirements=(), role=ROLE)


FAILING = case("C-1", Verdict.FAIL, of("deemed", Verdict.FAIL), of("sent", Verdict.PASS))
PASSING = case("C-1", Verdict.PASS, of("deemed", Verdict.PASS), of("sent", Verdict.PASS))
KNOWN = Baseline(role=ROLE, expected=(Expected(case="C-1", check="deemed", reason="known"),))
MAY_FAIL = Baseline(
    role=ROLE, flaky=(Flaky(case="C-1", check="deemed", reason="timing", until=date(2026, 12, 31)),)
)


def told(one: Compared) -> tuple[str, str, Verdict, Expectation]:
    return one.case, one.check, one.verdict, one.expectation


def test_a_failure_that_nobody_expected_fails_the_gate() -> None:
    found = compare(run(FAILING), Baseline(role=ROLE), TODAY)
    assert [told(one) for one in found.compared] == [("C-1", "deemed", Verdict.FAIL, Expectation.UNEXPECTED)]
    assert not found.passes


def test_a_failure_that_was_expected_passes_the_gate_and_keeps_its_verdict() -> None:
    found = compare(run(FAILING), KNOWN, TODAY)
    assert [told(one) for one in found.compared] == [("C-1", "deemed", Verdict.FAIL, Expectation.EXPECTED)]
    assert found.compared[0].reason == "known"
    assert found.passes


def test_an_entry_that_no_longer_comes_true_is_stale_and_fails() -> None:
    found = compare(run(PASSING), KNOWN, TODAY)
    assert [one.expectation for one in found.blocking] == [Expectation.STALE]


def test_an_entry_with_another_verdict_is_stale_and_what_came_is_unexpected() -> None:
    warned = case("C-1", Verdict.WARN, of("deemed", Verdict.WARN))
    found = compare(run(warned), KNOWN, TODAY)
    assert [one.expectation for one in found.compared] == [Expectation.UNEXPECTED, Expectation.STALE]


def test_an_entry_of_a_case_that_does_not_exist_is_stale() -> None:
    assert not compare(run(case("C-2", Verdict.PASS)), KNOWN, TODAY).passes


def test_an_entry_of_a_case_that_this_run_left_out_says_nothing() -> None:
    assert compare(run(case("C-2", Verdict.PASS)), KNOWN, TODAY, known=("C-1", "C-2")).compared == ()


@pytest.mark.parametrize("verdict", [Verdict.NOT_RUN, Verdict.INCONCLUSIVE])
def test_a_case_that_was_not_judged_makes_no_entry_stale_but_is_unexpected_itself(verdict: Verdict) -> None:
    checks = () if verdict is Verdict.NOT_RUN else (of("completed", verdict),)
    found = compare(run(case("C-1", verdict, *checks)), KNOWN, TODAY)
    assert [(one.verdict, one.expectation) for one in found.compared] == [(verdict, Expectation.UNEXPECTED)]
    assert not found.passes


def test_a_case_that_is_expected_not_to_run_and_runs_makes_the_entry_stale() -> None:
    entry = Expected(case="C-1", verdict=Verdict.NOT_RUN)
    assert compare(run(case("C-1", Verdict.NOT_RUN)), Baseline(role=ROLE, expected=(entry,)), TODAY).passes
    assert not compare(run(PASSING), Baseline(role=ROLE, expected=(entry,)), TODAY).passes


@pytest.mark.parametrize("verdict", [Verdict.WARN, Verdict.REVIEW, Verdict.CONDITIONAL])
def test_what_is_merely_to_be_looked_at_is_unexpected_and_lets_the_gate_pass(verdict: Verdict) -> None:
    found = compare(run(case("C-1", verdict, of("deemed", verdict))), Baseline(role=ROLE), TODAY)
    assert [one.expectation for one in found.compared] == [Expectation.UNEXPECTED]
    assert found.passes


def test_what_is_flaky_may_fail_or_pass_until_its_last_day() -> None:
    assert compare(run(FAILING), MAY_FAIL, date(2026, 12, 31)).passes
    assert compare(run(FAILING), MAY_FAIL, TODAY).compared[0].expectation is Expectation.FLAKY
    assert compare(run(PASSING), MAY_FAIL, TODAY).compared == ()


def test_after_its_last_day_a_flaky_entry_is_stale_and_excuses_nothing() -> None:
    found = compare(run(FAILING), MAY_FAIL, date(2027, 1, 1))
    assert [one.expectation for one in found.compared] == [Expectation.UNEXPECTED, Expectation.STALE]


def test_a_flaky_entry_of_a_case_that_does_not_exist_is_stale() -> None:
    assert not compare(run(case("C-2", Verdict.PASS)), MAY_FAIL, TODAY).passes


@pytest.mark.parametrize(
    ("baseline", "on", "says"),
    [
        (Baseline(role=ROLE), TODAY, ("[[expected]]", "Mend it")),
        (KNOWN, TODAY, ("消し", "delete the entry")),
        (Baseline(role=ROLE, expected=(Expected(case="C-9"),)), TODAY,
         ("そのようなケースはない", "no such case")),
        (Baseline(role=ROLE, flaky=(Flaky(case="C-9", reason="r", until=TODAY),)), TODAY,
         ("そのようなケースはない", "no such case")),
        (MAY_FAIL, date(2027, 1, 1), ("期限", "last day")),
    ],
    ids=["unexpected", "changed", "unknown case", "unknown flaky case", "expired"],
)  # fmt: skip
def test_what_blocks_the_gate_is_explained_in_both_languages_with_what_to_do(
    baseline: Baseline, on: date, says: tuple[str, str]
) -> None:
    played = PASSING if baseline.expected or baseline.flaky else FAILING
    blocking = compare(run(played), baseline, on).blocking
    assert len(blocking) == 1
    words = explained(blocking[0])
    assert words.ja.startswith(blocking[0].case) and words.en.startswith(blocking[0].case)
    assert says[0] in words.ja and says[1] in words.en
    assert "{" not in words.ja + words.en


def test_what_is_known_is_counted_and_what_is_merely_looked_at_is_not() -> None:
    assert len(compare(run(FAILING), KNOWN, TODAY).known) == 1
    assert len(compare(run(FAILING), MAY_FAIL, TODAY).known) == 1
    assert compare(run(PASSING), Baseline(role=ROLE), TODAY).known == ()
    entry = Expected(case="C-1", check="deemed", verdict=Verdict.WARN)
    warned = case("C-1", Verdict.WARN, of("deemed", Verdict.WARN))
    assert compare(run(warned), Baseline(role=ROLE, expected=(entry,)), TODAY).known == ()


def test_the_baseline_in_the_documents_has_every_key_and_can_be_read() -> None:
    shown = read_baseline(BASELINE, "docs/adapter.md")
    assert BASELINE in page()
    assert len(shown.expected) == len(shown.flaky) == 1
    for model in (Baseline, Expected, Flaky):
        assert all(f"`{key}`" in page() or f"`[[{key}]]`" in page() for key in model.__struct_fields__)


def test_a_check_that_is_not_scored_needs_no_entry() -> None:
    late = case("C-1", Verdict.PASS, of("deemed", Verdict.PASS), of("late", Verdict.FAIL, scored=False))
    assert observed(run(late)) == {}


def test_a_check_that_is_stated_twice_counts_once_and_with_its_worst_verdict() -> None:
    twice = case("C-1", Verdict.FAIL, of("deemed", Verdict.WARN), of("deemed", Verdict.FAIL))
    assert observed(run(twice)) == {("C-1", "deemed"): Verdict.FAIL}


def test_the_baseline_of_a_run_expects_all_of_it() -> None:
    verdicts = run(FAILING, case("C-2", Verdict.NOT_RUN))
    made = read_baseline(baseline_of(verdicts).text, "new")
    assert {one.expectation for one in compare(verdicts, made, TODAY).compared} == {Expectation.EXPECTED}


def test_a_baseline_of_another_role_is_wrong_use() -> None:
    with pytest.raises(UsageError, match="another role"):
        compare(run(PASSING), Baseline(role="card"), TODAY)


GOOD = f'version = 1\nrole = "{ROLE}"\n[[expected]]\ncase = "C-1"\ncheck = "deemed"\n'


def test_a_baseline_may_be_toml_or_json() -> None:
    both = [GOOD, json.dumps({"version": 1, "role": ROLE, "expected": [{"case": "C-1", "check": "deemed"}]})]
    first, second = [read_baseline(text, "file") for text in both]
    assert first == second


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("version = ", "cannot be read"),
        ("{", "cannot be read"),
        (GOOD.replace("check", "chekc"), "chekc"),
        (GOOD.replace("version = 1", "version = 2"), "cannot be read"),
        (GOOD + 'verdict = "BAD"\n', "BAD"),
        (GOOD + '[[flaky]]\ncase = "C-2"\nuntil = 2026-12-31\n', "reason"),
        (GOOD + '[[flaky]]\ncase = "C-2"\nreason = ""\nuntil = 2026-12-31\n', "length"),
        (GOOD + '[[flaky]]\ncase = "C-2"\nreason = "r"\n', "until"),
        (GOOD + '[[expected]]\ncase = "C-1"\ncheck = "deemed"\n', "twice"),
        (GOOD + '[[flaky]]\ncase = "C-1"\ncheck = "deemed"\nreason = "r"\nuntil = 2026-12-31\n', "twice"),
    ],
    ids=[
        "no TOML",
        "no JSON",
        "unknown key",
        "another version",
        "no verdict",
        "flaky without a reason",
        "flaky with an empty reason",
        "flaky without an end",
        "twice expected",
        "expected and flaky",
    ],
)
def test_a_bad_baseline_is_wrong_use_and_the_message_names_file_and_fault(text: str, says: str) -> None:
    with pytest.raises(UsageError) as raised:
        read_baseline(text, "our-baseline.toml")
    assert says in str(raised.value)
    assert "our-baseline.toml" in str(raised.value)


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)


@given(
    st.lists(
        st.builds(Expected, case=TEXTS, check=TEXTS, verdict=st.sampled_from(Verdict), reason=TEXTS),
        max_size=3,
    ),
    st.lists(st.builds(Flaky, case=TEXTS, check=TEXTS, reason=TEXTS, until=st.dates()), max_size=3),
)
def test_a_baseline_survives_being_written_and_read(expected: list[Expected], flaky: list[Flaky]) -> None:
    known = {(one.case, one.check): one for one in expected}
    loose = {(one.case, one.check): one for one in flaky if (one.case, one.check) not in known}
    baseline = Baseline(role=ROLE, expected=tuple(known.values()), flaky=tuple(loose.values()))
    assert read_baseline(baseline.text, "file") == baseline
    assert read_baseline(msgspec.json.encode(baseline).decode(), "file") == baseline
