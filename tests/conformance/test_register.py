"""The register: what is written by hand, and what is joined to it from checks, mutants and records."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest

from conformance.checks import BY_ROLE, CHECKS
from conformance.checks.declare import Check, check
from conformance.kits import KITS
from conformance.mutants.shape import Mutant
from conformance.protocol.roles import ROLES
from conformance.register import FOLDER, SOURCES, join, load
from conformance.register.record import Exercised, Killed, Record, read_record, record_of
from conformance.register.rows import TESTABLE, Document, Kind, read_documents, read_rows
from conformance.register.sets import CURRENT, RequirementSet, freeze, names, read_set, set_of
from conformance.verdicts import Severity
from sim.base.errors import HarnessError, UsageError

REGISTER = load()
ROWS = REGISTER.requirements
SOURCE_OF = {"S0": "seed-000", "S1": "seed-001", "S2": "seed-002", "S3": "seed-003"}


# --- the register that ships ---------------------------------------------------------------------------
def test_every_row_of_the_seeds_and_of_the_supplement_is_there_once_and_in_order() -> None:
    """The catalogue itself is no part of the repository: so many rows of each source are in it."""
    counts = {"S0": 70, "S1": 27, "S2": 18, "S3": 34}
    wanted = [f"{source}-{n:03d}" for source, count in counts.items() for n in range(1, count + 1)]
    wanted += [f"X-{n:02d}" for n in range(1, 23)]
    assert [row.id for row in ROWS][: len(wanted)] == wanted


def test_the_kinds_have_as_many_rows_as_the_catalogue_has_of_each_class() -> None:
    """A machine can look at 105 rows of the seeds; the rest are design, evidence, parameters and history."""
    seeds = [row for row in ROWS if row.id[:2] in SOURCE_OF]
    assert sum(row.testable for row in seeds) == 105
    assert all(row.testable for row in ROWS if row.id.startswith("X-"))


def test_what_a_machine_can_look_at_in_the_two_seeds_of_proposals_is_a_wish() -> None:
    proposals = [row for row in ROWS if row.document in ("seed-001", "seed-002") and row.testable]
    assert {row.kind for row in proposals} == {Kind.WISH}
    assert len(proposals) == 29


def test_rows_of_the_superseded_standard_bind_only_whoever_selects_them() -> None:
    optional = {row.id for row in ROWS if REGISTER.optional(row) and row.kind is not Kind.WISH}
    assert optional == {f"X-{n:02d}" for n in range(1, 15)}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_a_row_speaks_both_languages_for_known_roles_and_cites_its_place(row: Any) -> None:
    assert re.search(r"[ぁ-んァ-ヶ一-龠]", row.ja)
    assert row.en.isascii() and row.en.endswith(".")
    assert set(row.roles) <= {*ROLES, "exchange-terminal", "ministry-server", "card", "card-application"}
    assert row.document == SOURCE_OF.get(row.id[:2], row.document)
    assert row.place.isdecimal() or row.id[:2] not in SOURCE_OF
    if row.why_none is not None:
        assert re.search(r"[ぁ-んァ-ヶ一-龠]", row.why_none.ja) and row.why_none.en.isascii()


@pytest.mark.parametrize("row", [row for row in ROWS if row.testable], ids=lambda row: row.id)
def test_what_a_machine_can_look_at_has_a_check_or_a_reason(row: Any) -> None:
    assert row.checks or row.why_none is not None


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_a_row_has_either_checks_or_a_reason_for_having_none(row: Any) -> None:
    assert bool(row.checks) != (row.why_none is not None)


@pytest.mark.parametrize("own", CHECKS.values(), ids=lambda own: own.id)
def test_a_check_names_rows_that_exist(own: Check) -> None:
    assert own.requirements
    assert set(own.requirements) <= {row.id for row in ROWS}
    assert own.id not in REGISTER.unknown


def test_every_mutant_aims_at_a_check_of_its_role() -> None:
    lost = [
        mutant.id
        for role, kit in KITS.items()
        for mutant in kit.mutants
        if mutant.catches not in BY_ROLE[role]
    ]
    assert lost == []


def test_only_policies_and_dated_rules_have_days() -> None:
    assert all(row.since == date(2012, 7, 9) for row in ROWS if row.kind is Kind.POLICY)


def test_the_files_of_rows_are_all_read() -> None:
    assert {path.stem for path in FOLDER.glob("*.toml")} == {*SOURCES, "documents"}


# --- reading -------------------------------------------------------------------------------------------
DOCUMENTS = {"d": Document("文書", "document", "line")}
GOOD = """
document = "d"
[[requirement]]
id = "R-1"
place = "1"
kind = "duty"
roles = ["r"]
ja = "文"
en = "words"
"""


def test_a_row_takes_the_document_of_its_file_unless_it_says_otherwise() -> None:
    rows = read_rows(
        {"R": GOOD, "Q": GOOD.replace('document = "d"', "").replace("R-1", 'Q-1"\ndocument = "d')}, DOCUMENTS
    )
    assert [(row.id, row.document) for row in rows] == [("R-1", "d"), ("Q-1", "d")]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("document = ", "cannot be read"),
        (GOOD.replace("place", "plaice"), "plaice"),
        (GOOD + 'checks = ["own"]\n', "checks"),
        (GOOD.replace('"duty"', '"dutty"'), "dutty"),
        (GOOD.replace('document = "d"', 'document = "e"'), "unknown document"),
        (GOOD.replace('document = "d"', ""), "unknown document"),
        (GOOD + GOOD[GOOD.index("[[") :], "one id"),
        (GOOD.replace('"words"', '" "'), "silent"),
        (GOOD.replace('["r"]', "[]"), "silent"),
        (GOOD + 'why_none = { ja = "", en = "because" }\n', "silent"),
        (GOOD + 'why_none = { ja = "理由" }\n', "en"),
        (GOOD + "since = 2012-07-09\nuntil = 2012-07-08\n", "ends before"),
    ],
    ids=[
        "no TOML",
        "unknown key",
        "checks by hand",
        "unknown kind",
        "unknown document",
        "no document",
        "two of an id",
        "no words",
        "no role",
        "an empty reason",
        "a reason in one language",
        "ends before it begins",
    ],
)
def test_a_bad_register_is_our_fault_and_the_message_says_why(text: str, says: str) -> None:
    with pytest.raises(HarnessError) as raised:
        read_rows({"R.toml": text}, DOCUMENTS)
    assert says in str(raised.value)


def test_bad_documents_are_our_fault() -> None:
    with pytest.raises(HarnessError, match=r"documents\.toml"):
        read_documents('[d]\nja = "文書"\n')


# --- joining -------------------------------------------------------------------------------------------
def own(id: str, *rows: str, reads: tuple[str, ...] = ("seen",), standing: bool = False) -> Check:
    return check(id, Severity.MUST, rows, reads, ja="試し", standing=standing)(lambda case: iter(()))


def mutant(id: str, catches: str) -> Mutant:
    return Mutant(id, "", "", catches)


def test_a_row_is_joined_with_the_checks_evidence_mutants_and_cases_that_are_there() -> None:
    rows = read_rows({"R": GOOD}, DOCUMENTS)
    checks = {
        "one": {"a": own("a", "R-1", reads=("y", "x"))},
        "two": {"b": own("b", "R-1", standing=True), "c": own("c", "R-9")},
    }
    mutants = {"one": [mutant("m1", "a"), mutant("m2", "other")], "two": [mutant("m3", "b")]}
    records = {
        "one": Record("one", (Exercised("C-1-1", "C-1", ("a",)), Exercised("C-1-2", "C-1", ("a",)))),
        "two": Record("two", (Exercised("D-1", "D-1", ("a",)), Exercised("D-2", "D-2", ("z", "b")))),
    }
    register = join(rows, DOCUMENTS, checks, mutants, records)
    row = register.requirements[0]
    assert (row.checks, row.evidence, row.mutants) == (("a", "b"), ("seen", "x", "y"), ("m1", "m3"))
    assert (row.cases, row.shown) == (("C-1", "D-2"), ("C-1",))
    assert row.roles == ("r", "one", "two")
    assert register.unknown == {"c": ("R-9",)}
    assert [register.of_case(tag) for tag in ("C-1", "D-1", "D-2")] == [("R-1",), (), ()]
    assert (register.row("R-1"), register.row("R-9")) == (row, None)


def test_a_row_that_nothing_names_has_nothing_joined_to_it() -> None:
    row = join(read_rows({"R": GOOD}, DOCUMENTS), DOCUMENTS, {}, {}, {}).requirements[0]
    assert (row.checks, row.evidence, row.mutants, row.cases) == ((), (), (), ())


def test_only_some_kinds_are_for_a_machine() -> None:
    assert set(Kind) - set(TESTABLE) == {Kind.DESIGN, Kind.EVIDENCE, Kind.PARAMETER, Kind.HISTORICAL}


# --- records -------------------------------------------------------------------------------------------
RECORD = Record(
    "r", (Exercised("C-1", "C", ("a", "b")), Exercised("C-2", "C", ("a",))), (Killed("m", "a", "C-1"),)
)


@pytest.mark.parametrize("record", [RECORD, Record("r")], ids=["full", "empty"])
def test_a_record_survives_being_written_and_read(record: Record) -> None:
    assert read_record(record.text) == record
    assert read_record(record.text).text == record.text


def test_a_record_has_a_line_for_each_case_and_tells_where_a_check_works() -> None:
    assert RECORD.text.count("\n") == 8
    assert (RECORD.exercising("a"), RECORD.tags_of("a"), RECORD.exercising("c")) == (
        ("C-1", "C-2"),
        ("C",),
        (),
    )


@pytest.mark.parametrize(
    "text", ["", "[]", '{"role": "r", "cases": [{"case": "C"}]}', '{"role": "r", "more": 1}']
)
def test_a_bad_record_is_our_fault_and_says_how_to_make_a_good_one(text: str) -> None:
    with pytest.raises(HarnessError, match="selftest"):
        read_record(text)


def test_a_role_without_a_record_has_an_empty_one() -> None:
    assert record_of("no-such-role") == Record("no-such-role")


# --- frozen sets ---------------------------------------------------------------------------------------
def test_a_frozen_set_survives_being_written_and_read_and_scores_what_it_has() -> None:
    made = freeze("2026-11", ["R-1", "R-2"], {"card": ["a"], "ministry-server": []})
    assert read_set(made.text) == made
    assert [made.scores("card", "a"), made.scores("card", "b"), made.scores("other", "a")] == [
        True,
        False,
        False,
    ]


@pytest.mark.parametrize("text", ["name = ", 'name = "x"\nrows = []\n', 'name = "x"\nrows = [1]\n[checks]\n'])
def test_a_bad_set_is_our_fault(text: str) -> None:
    with pytest.raises(HarnessError, match="set of requirements"):
        read_set(text)


def test_the_current_set_is_whatever_there_is_and_an_unknown_one_is_wrong_use() -> None:
    assert set_of(CURRENT) is None
    with pytest.raises(UsageError, match="did you mean current"):
        set_of("curent")


def test_a_frozen_set_is_called_as_its_file_is_and_nothing_of_it_has_gone() -> None:
    rows = {row.id for row in ROWS}
    for name in names():
        frozen = set_of(name)
        assert isinstance(frozen, RequirementSet)
        assert frozen.name == name
        assert set(frozen.rows) <= rows
        for role, checks in frozen.checks.items():
            assert set(checks) <= set(BY_ROLE[role])
