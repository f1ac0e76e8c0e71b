"""Coverage: what is derived, what is missing, and the page that CI compares."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner

from conformance import commands
from conformance import coverage as covering
from conformance.checks.declare import Check, check
from conformance.coverage import GAPS, Coverage, Gap, coverage, few, page, shipped
from conformance.kits import KITS
from conformance.mutants.shape import Mutant
from conformance.register import join
from conformance.register.record import Exercised, Killed, Record
from conformance.register.rows import Document, Kind, Row
from conformance.verdicts import Severity, Words
from sim.base.errors import HarnessError

DOCUMENT = Path(__file__).parents[2] / "docs" / "coverage.md"
REASON = Words("理由", "reason")


def own(id: str, *rows: str) -> Check:
    return check(id, Severity.MUST, rows, ("seen",), ja="試し")(lambda case: iter(()))


def row(id: str, kind: Kind = Kind.DUTY, why_none: Words | None = None) -> Row:
    return Row(
        id=id, document="d", place="1", kind=kind, roles=("r",), ja="文|", en="words", why_none=why_none
    )


def found(
    rows: Iterable[Row],
    checks: Mapping[str, Check],
    mutants: Iterable[Mutant] = (),
    record: Record | None = None,
    role: str = "",
) -> Coverage:
    documents = {"d": Document("文書", "document", "line")}
    record = record or Record("r")
    by_role, made = {"r": dict(checks)}, {"r": tuple(mutants)}
    register = join(rows, documents, by_role, made, {"r": record})
    return coverage(register, by_role, made, {"r": record}, role)


WHOLE = found(
    [row("R-1"), row("R-2", Kind.EVIDENCE, REASON)],
    {"a": own("a", "R-1")},
    [Mutant("m", "", "", "a")],
    Record("r", (Exercised("C-1", "C-1", ("a",)),), (Killed("m", "a", "C-1"),)),
)


def gaps(of: Coverage) -> set[tuple[str, str]]:
    return {(gap.code, gap.about) for gap in of.gaps}


def test_what_is_whole_has_no_gaps() -> None:
    assert (WHOLE.gaps, WHOLE.exit_code) == ((), 0)
    assert covering.summary(WHOLE) == "2 requirements: 1 checked, 1 with a reason why not, 0 open; 0 gaps"


@pytest.mark.parametrize("kind", Kind)
def test_a_row_of_any_kind_needs_a_check_or_a_reason(kind: Kind) -> None:
    assert gaps(found([row("R-1", kind)], {})) == {("bare", "R-1")}


def test_a_reason_beside_a_check_is_a_gap_too() -> None:
    broken = found([row("R-1", why_none=REASON)], {"a": own("a", "R-1")})
    assert ("needless_reason", "R-1") in gaps(broken)


def test_a_check_that_names_no_row_or_one_that_does_not_exist_is_told() -> None:
    broken = found([], {"a": own("a"), "b": own("b", "R-9")})
    assert {("unnamed", "a"), ("unknown_row", "b")} <= gaps(broken)


def test_a_check_without_mutant_or_case_is_told_and_so_is_a_mutant_that_lives() -> None:
    broken = found([row("R-1")], {"a": own("a", "R-1")})
    assert gaps(broken) == {("no_mutant", "a"), ("not_exercised", "a")}
    lives = found([row("R-1")], {"a": own("a", "R-1")}, [Mutant("m", "", "", "a")])
    assert gaps(lives) == {("not_exercised", "a"), ("not_killed", "m")}
    assert lives.exit_code == 1


def test_only_the_rows_of_a_role_are_shown_when_one_is_asked_for() -> None:
    other = msgspec.structs.replace(row("R-2"), roles=("other",))
    assert [one.id for one in found([row("R-1"), other], {}).rows] == ["R-1", "R-2"]
    of_role = found([row("R-1"), other], {}, role="r")
    assert [one.id for one in of_role.rows] == ["R-1"]
    assert of_role.gaps == (Gap(code="bare", about="R-1", detail="r"),)


def test_every_gap_has_words_in_both_languages() -> None:
    assert all(words.ja and words.en for words in GAPS.values())


def test_a_cell_names_a_few_of_many() -> None:
    assert few(("a", "b")) == "a, b"
    assert few(tuple("abcdefg")) == "a, b, c, d, e +2"


def test_the_page_shows_rows_reasons_and_where_each_mutant_was_caught() -> None:
    text = page(WHOLE)
    assert "| R-1 | 1 | 義務 duty | 文\\|<br>words | `a` | C-1 | m |  |" in text
    assert "| R-2 | 1 | 書類 evidence | 文\\|<br>words |  |  |  | 理由<br>reason |" in text
    assert text.endswith("## 不足 Gaps\n\nNone.\n")


def test_json_is_the_same_every_time_and_has_everything() -> None:
    text = covering.as_json(WHOLE)
    assert text == covering.as_json(WHOLE)
    told = json.loads(text)
    assert [one["checks"] for one in told["rows"]] == [["a"], []]
    assert told["executed"] == {"r": [{"case": "C-1", "tag": "C-1", "checks": ["a"]}]}
    assert told["killed"] == {"r": [{"mutant": "m", "catches": "a", "case": "C-1"}]}


# --- what ships ----------------------------------------------------------------------------------------
def test_nothing_that_ships_has_a_gap() -> None:
    assert [f"{gap.about}: {gap.words.en} {gap.detail}" for gap in shipped().gaps] == []


def test_the_page_in_the_documents_is_what_the_code_says() -> None:
    """After a change: renkei conform coverage --page > docs/coverage.md"""
    assert DOCUMENT.read_text(encoding="utf-8") == page(shipped())


def test_a_role_that_nobody_knows_is_named() -> None:
    with pytest.raises(HarnessError, match="no kit"):
        shipped("nobody")


# --- the command ---------------------------------------------------------------------------------------
@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The command shows a small coverage; the roles that it asks for are noted."""
    asked: list[str] = []

    def given(role: str) -> Coverage:
        asked.append(role)
        return WHOLE

    monkeypatch.setattr(covering, "shipped", given)
    return asked


def invoked(*arguments: str) -> Any:
    return CliRunner().invoke(commands.app, ["coverage", *arguments])


def test_the_command_prints_text_json_or_the_page(small: list[str]) -> None:
    assert invoked().stdout.splitlines()[-1] == covering.summary(WHOLE)
    assert json.loads(invoked("--json").stdout)["gaps"] == []
    assert invoked("--page").stdout == page(WHOLE)
    assert small == ["", "", ""]


def test_the_command_asks_for_the_role_that_it_was_given(small: list[str]) -> None:
    invoked("--role", "card")
    assert small == ["card"]


def test_the_command_ends_with_one_when_something_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(covering, "shipped", lambda role: found([row("R-1")], {}))
    done = invoked()
    assert done.exit_code == 1
    assert "R-1: 検査も理由もない要求がある。" in done.stdout


def test_the_command_prints_a_new_frozen_set(small: list[str]) -> None:
    done = invoked("--freeze", "2027-01")
    assert 'name = "2027-01"' in done.stdout
    assert '"R-1",\n  "R-2",' in done.stdout


def test_every_role_has_a_record_of_what_its_reference_exercises() -> None:
    records = shipped().records
    assert list(records) == list(KITS)
    assert all(record.cases for record in records.values())
