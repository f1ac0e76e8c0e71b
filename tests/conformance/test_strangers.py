"""Strangers' mutants: what finds each of them, in which case, and what is said of one that nothing finds.

Here each plays the one case in which it was found; `renkei conform selftest --strangers` has each play all.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

import pytest
from typer.testing import CliRunner

from conformance import strangers
from conformance.commands import app
from conformance.kits import KITS
from conformance.mutants.shape import answering
from conformance.mutants.strangers import STRANGERS
from conformance.mutants.strangers.shape import Between, Stranger
from conformance.protocol.conversation import Channel
from conformance.register import load
from conformance.strangers import Met, Strangers, as_json, meet, told

CAUGHT: Final[dict[str, dict[str, tuple[str, str]]]] = {
    "municipal-system": {
        "stranger-year-end-is-open": ("DAYS-01-10", "last_day"),
        "stranger-residence-limit-not-extended": ("WARN-01-3", "warning"),
        "stranger-three-months": ("WARN-01-1", "revocation_warning"),
        "stranger-special-first-filing-second-paragraph": ("JUKI30-46-01-5", "deemed"),
        "stranger-pending-card-a-day-longer": ("IMMI20-01-3", "endorsements_made"),
        "stranger-forged-period-overlooked": ("STR-01", "forgery_stops"),
        "stranger-tomorrow-accepted": ("DAYS-04-1", "filing_refused"),
        "stranger-mayor-a-day-early": ("JUKI24-02-3", "moved_out_ex_officio"),
        "stranger-moving-out-a-day-late": ("REGUP-06", "planned_day"),
        "stranger-filed-when-settled": ("STR-02", "notice_says"),
        "stranger-deemed-filed-when-moved": ("REGUP-01", "transmission_says"),
        "stranger-removal-echoed": ("REGAN-03", "no_echo"),
        "stranger-same-day-netted": ("STR-03", "same_day_moves"),
        "stranger-copy-corrects-in-silence": ("STR-04", "copy_correction_told"),
        "stranger-one-confirms-all": ("STR-05", "notice_imported"),
        "stranger-backlog-of-today": ("REGAN-02", "notice_backlog"),
        "stranger-endorsed-at-another-office": ("BRANCH-04", "endorsement_office"),
        "stranger-kanji-normalised": ("STR-06", "standard_kanji"),
        "stranger-old-term-on-the-first-day": ("PENALTY-01-10", "consequences"),
        "stranger-called-by-arrival": ("STR-07", "notice_called"),
        "stranger-writes-a-day-early": ("WRITE-01-5", "write_asked"),
    },
    "exchange-terminal": {
        "stranger-numbers-from-one": ("TERM-041", "terminal_resumes"),
        "stranger-chain-begun-anew": ("TERM-091", "terminal_chain"),
        "stranger-unknown-user-not-logged": ("TERM-075-2", "terminal_failures_logged"),
        "stranger-wrong-pins-never-forgiven": ("TERM-077", "terminal_admitted"),
        "stranger-batch-for-another-taken-in": ("TERM-034-1", "terminal_medium"),
        "stranger-timed-out-without-log-off": ("STR-10", "terminal_paired"),
        "stranger-counterpart-in-utc": ("TERM-051", "terminal_counterpart"),
    },
    "ministry-server": {
        "stranger-ninety-days-from-the-news": ("STR-08", "server_candidate"),
        "stranger-candidate-a-day-late": ("MIN90-01-1", "server_candidate"),
        "stranger-deemed-filing-does-not-stop": ("MIN90-04-1", "server_no_candidate"),
        "stranger-record-number-taken-twice": ("MININ-12", "server_doubled"),
        "stranger-holidays-unknown": ("STR-09", "server_silence"),
        "stranger-late-removal-counts": ("MINAN-06", "server_notice"),
    },
    "card": {"stranger-open-after-power-down": ("CARDT-01", "card_specified_reselection")},
    "card-application": {
        "stranger-expired-card-matches": ("APPG-07-1", "reader_expired"),
        "stranger-status-not-compared": ("APPF-11-status-05", "reader_differs"),
        "stranger-right-to-write-kept": ("STR-11", "reader_write_asked"),
        "stranger-reading-a-medium-unlogged": ("APPE-04-1", "reader_medium_logged"),
    },
}
"""By role and mutant, the case in which it is found, and a check that finds it there."""

NOT_SEEN: Final = {"stranger-notice-by-record-only": "REGUP-04"}
"""What no case can show, with the case that comes nearest."""

EVERYBODY: Final = {one.id: one for strangers in STRANGERS.values() for one in strangers}


def met(failed: dict[str, tuple[str, ...]], survives: tuple[str, str] | None = None, *lost: str) -> Met:
    """A stranger that these checks found."""
    return Met(
        id="s", ja="日", en="en", breaches=("X-01",), failed=failed, inconclusive=lost, survives=survives
    )


def result(*all_met: Met) -> Strangers:
    """A result of these."""
    return Strangers(role="card", met=all_met)


# --- what is said of survivors --------------------------------------------------------------------------
def test_a_stranger_that_nothing_finds_and_that_says_no_reason_fails_the_self_test() -> None:
    missed = result(met({"a": ("A-1",)}), met({}))
    assert missed.exit_code == 1
    assert missed.summary == "strangers: 1 of 2 caught; survived: s"
    assert "    survived 0 cases" in told(missed)


def test_a_stranger_that_is_found_although_it_says_that_it_cannot_be_fails_the_self_test() -> None:
    assert result(met({"a": ("A-1",)}, ("見えない", "not to be seen"))).exit_code == 1


def test_a_case_of_which_nothing_is_known_is_a_fault_of_the_harness() -> None:
    lost = result(met({"a": ("A-1",)}, None, "A-2"))
    assert lost.exit_code == 2
    assert "    INCONCLUSIVE: A-2" in told(lost)


def test_a_stranger_that_says_why_nothing_can_find_it_is_told_with_its_reason() -> None:
    unseen = result(met({}, ("見えない", "not to be seen")))
    assert unseen.exit_code == 0
    assert "    見えない / not to be seen" in told(unseen)
    assert unseen.summary == "strangers: 0 of 1 caught; not to be seen: s"


def test_the_result_as_json_has_what_it_is_judged_by() -> None:
    plain = json.loads(as_json(result(met({"a": ("A-1",)}))))
    assert plain["summary"] == "strangers: 1 of 1 caught"
    assert plain["met"][0]["failed"] == {"a": ["A-1"]}
    assert plain["met"][0]["breaches"] == ["X-01"]


# --- who they are ---------------------------------------------------------------------------------------
def test_each_stranger_names_rows_of_the_register_and_no_check() -> None:
    rows = {row.id for row in load().requirements}
    for stranger in EVERYBODY.values():
        assert stranger.breaches and set(stranger.breaches) <= rows, stranger.id
        assert not stranger.catches


def test_no_stranger_bears_the_name_of_another_mutant() -> None:
    named = [one.id for kit in KITS.values() for one in kit.mutants]
    assert len(EVERYBODY) == sum(map(len, STRANGERS.values()))
    assert not set(named) & set(EVERYBODY)


def test_the_table_has_every_stranger_once() -> None:
    listed = [id for rows in CAUGHT.values() for id in rows]
    assert sorted([*listed, *NOT_SEEN]) == sorted(EVERYBODY)
    assert {id for id, one in EVERYBODY.items() if one.survives is not None} == set(NOT_SEEN)


# --- a channel that remembers ---------------------------------------------------------------------------
class Says:
    """An implementation that says one line after the other."""

    def __init__(self, *frames: Mapping[str, object]) -> None:
        self._frames = list(frames)
        self.heard: list[dict[str, object]] = []
        self.closed = False

    def talk(self, line: bytes) -> bytes:
        self.heard.append(json.loads(line))
        return json.dumps(self._frames.pop(0)).encode()

    def close(self) -> None:
        self.closed = True


def spoken(channel: Channel, **frame: object) -> dict[str, object]:
    """What comes back on a line."""
    return dict(json.loads(channel.talk(json.dumps(frame).encode())))


class Counting(Between):
    """Hears results of calls, and answers `quiet` itself."""

    def __init__(self, inner: Channel) -> None:
        super().__init__(inner)
        self.results: list[tuple[str, object]] = []

    def asked(self, op: str, body: dict[str, object]) -> dict[str, object] | None:
        return None if op == "quiet" else body

    def instead(self, op: str, body: dict[str, object]) -> dict[str, object]:
        return {"mine": True}

    def called(self, call: str, body: dict[str, object], result: dict[str, object]) -> None:
        self.results.append((call, result))


def test_an_operation_that_does_not_go_on_is_answered_without_the_implementation() -> None:
    inner = Says()
    assert spoken(Counting(inner), id=7, op="quiet", body={}) == {"id": 7, "ok": True, "body": {"mine": True}}
    assert inner.heard == []


def test_the_answer_to_a_call_is_heard_under_the_name_of_the_call() -> None:
    inner = Says({"id": 1, "call": "connect", "body": {}}, {"id": 1, "ok": True, "body": {"done": 1}})
    channel = Counting(inner)
    spoken(channel, id=1, op="read", body={})
    assert spoken(channel, id=1, result={"atr": "3B"})["body"] == {"done": 1}
    assert channel.results == [("connect", {"atr": "3B"})]


def test_a_refusal_passes_as_it_is() -> None:
    refused = {"id": 1, "ok": False, "code": "fault", "message": "no"}
    assert spoken(Counting(Says(refused)), id=1, op="clock", body={}) == refused


def test_the_day_is_that_of_the_last_reset_or_clock_in_japan() -> None:
    inner = Says(
        {"id": 1, "ok": True, "body": {}}, {"id": 2, "ok": True, "body": {"at": "2019-04-01T00:00:00+09:00"}}
    )
    channel = Counting(inner)
    spoken(channel, id=1, op="reset", body={"at": "2019-03-31T23:59:00+09:00"})
    assert channel.today.isoformat() == "2019-03-31"
    spoken(channel, id=2, op="clock", body={"until": "2019-04-01T00:00:00+09:00"})
    assert channel.today.isoformat() == "2019-04-01"


def test_a_stranger_changes_answers_before_whatever_is_put_around_it() -> None:
    inner = Says({"id": 1, "ok": True, "body": {"n": 1}})
    stranger = Stranger("s", "日", "en", answers=answering("look", lambda said: {"n": 2}), wrap=Counting)
    channel = stranger.around(inner)
    assert spoken(channel, id=1, op="look", body={})["body"] == {"n": 2}
    channel.close()
    assert inner.closed


# --- what finds them ------------------------------------------------------------------------------------
@pytest.mark.parametrize("role", CAUGHT)
def test_each_stranger_is_found_in_the_case_that_the_table_names(role: str) -> None:
    found = meet(role, {id: (case,) for id, (case, _) in CAUGHT[role].items()})
    assert {one.id for one in found.met} == set(CAUGHT[role])
    for one in found.met:
        case, check = CAUGHT[role][one.id]
        assert one.failed.get(check) == (case,), (one.id, one.failed, one.inconclusive)
    assert found.exit_code == 0


def test_what_no_case_can_show_passes_the_case_that_comes_nearest() -> None:
    found = meet("municipal-system", {id: (case,) for id, case in NOT_SEEN.items()})
    assert [(one.caught, one.played) for one in found.met] == [(False, 1)]
    assert found.exit_code == 0


def test_the_command_tells_of_strangers_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def meeting(role: str, say: object) -> Strangers:
        asked.append(role)
        return result(met({}))

    monkeypatch.setattr(strangers, "meet", meeting)
    plain = CliRunner().invoke(app, ["selftest", "--role", "card", "--strangers"])
    assert plain.exit_code == 1
    assert plain.output.splitlines()[-1] == "strangers: 0 of 1 caught; survived: s"
    as_text = CliRunner().invoke(app, ["selftest", "--role", "card", "--strangers", "--json"])
    assert json.loads(as_text.output)["role"] == "card"
    assert asked == ["card", "card"]
