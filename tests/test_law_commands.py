"""`renkei law …` as its users meet it: answer, clause, both languages, JSON, and what to type instead."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

RENKEI = Path(sys.executable).with_name("renkei")


def ask(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([RENKEI, "law", *arguments], capture_output=True, text=True, check=False)


def answer(*arguments: str) -> Any:
    done = ask(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


MLT = ("--class", "mid_long_term_resident")
HERE = ("--history", "permitted_living_here")
MOVED = ("--history", "residence_on_card")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (
            ("deadline", "--event", "2026-04-22", "--filing", "moving_in"),
            {"last_day": "2026-05-07", "clause_id": "juki.22", "start": "moved_in"},
        ),
        (
            (
                *("deadline", "--filing", "residence_notification", "--event", "2026-04-01", *MLT, *HERE),
                *("--permitted", "2026-05-01", "--filed", "2026-05-16"),
            ),
            {"last_day": "2026-05-15", "clause_id": "immi.19-8-1", "start": "permitted", "in_time": False},
        ),
        (
            ("deadline", "--event", "2026-06-02", "--filing", "birth_report", "--filed", "2026-06-15"),
            {"last_day": "2026-06-15", "clause_id": "koseki.49-1", "in_time": True},
        ),
        (
            ("deadline", "--event", "2026-04-01", "--filing", "moving_out", "--filed", "2026-04-16"),
            {"in_time": False, "handling": "ex_officio"},
        ),
        (
            ("deem", *MLT, *MOVED, "--filing", "moving_in", "--card", "presented"),
            {
                "deemed": True,
                "clause_id": "immi.19-9-1",
                "basis_id": "immi.19-9-3",
                "still_due": None,
                "governing": "住基法・入管法",
                "goes_out": ["municipality_notice", "municipality_transmission"],
            },
        ),
        (
            ("deem", *MLT, *MOVED, "--filing", "moving_in", "--card", "absent"),
            {
                "deemed": False,
                "ground": "card_absent",
                "clause": None,
                "still_due_id": "immi.19-9-1",
                "goes_out": ["municipality_notice"],
            },
        ),
        (
            ("revocation", "--ground", "not_renewed", "--start", "2026-01-01", "--as-of", "2026-04-01"),
            {"status": "running", "last_day": "2026-04-01", "days_elapsed": 90, "candidate": False},
        ),
        (
            ("revocation", "--ground", "not_renewed", "--start", "2027-01-01", "--as-of", "2027-04-02"),
            {
                "status": "candidate",
                "clause": "出入国管理及び難民認定法第22条の4第1項第11号",
                "clock_kept_by": "出入国在留管理庁長官",
            },
        ),
        (("write-policy",), {"allowed": False, "state": "suspended"}),
        (
            ("citation", "immi.revocation-not-notified", "--on", "2027-04-01"),
            {"clause": "出入国管理及び難民認定法第22条の4第1項第10号"},
        ),
        (
            ("calendar", "--day", "2026-05-06"),
            {"open": False, "why": "憲法記念日の振替休日", "next_open": "2026-05-07"},
        ),
        (
            ("calendar", "--from", "2026-12-30", "--months", "2"),
            {"counted_last_day": "2027-02-28", "last_open_day": "2027-03-01"},
        ),
        (
            ("calendar", "--from", "2026-06-01", "--days", "14", "--first-day-counts"),
            {"counted_last_day": "2026-06-14", "last_open_day": "2026-06-15"},
        ),
        (("kanji", "张"), {"result": "張", "settled": True}),
    ],
)
def test_a_question_is_answered_for_a_program(arguments: tuple[str, ...], expected: dict[str, Any]) -> None:
    told = answer(*arguments)
    assert {key: told[key] for key in expected} == expected


def test_the_consequences_of_an_omission_are_administrative_criminal_or_revocation() -> None:
    told = answer(
        "consequence", "--filing", "residence_notification", "--conduct", "false", "--on", "2025-05-31"
    )
    assert [(one["kind"], one["term"], one["max_fine_yen"]) for one in told["consequences"]] == [
        ("criminal", "懲役", 200_000),
        ("revocation", None, None),
    ]
    told = answer("consequence", "--filing", "moving_in", "--conduct", "omission")
    assert [(one["kind"], one["max_fine_yen"], one["clause_id"]) for one in told["consequences"]] == [
        ("administrative", 50_000, "juki.52-2")
    ]


def test_the_chip_is_written_only_after_all_steps_and_with_nothing_missing() -> None:
    steps = (
        "--survey",
        "2014-04-01",
        "--decided",
        "2015-04-01",
        "--start",
        "2016-04-01",
        "--on",
        "2016-04-01",
    )
    assert answer("write-policy", *steps)["allowed"]
    assert answer("write-policy", *steps[:-1], "2016-03-31")["state"] == "decided"
    wrong = ("--terminal", "standalone", "--lacks", "lan_settings", "--authorised", "used")
    told = answer("write-policy", *steps, *wrong, "--elsewhere-unready", "1")
    reasons = {reason["id"] for reason in told["reasons"]}
    assert {"standalone", "lan_settings", "authorisation_used", "nation_not_ready"} <= reasons
    assert not told["allowed"]


def test_who_may_file_is_told_for_the_register_and_for_the_notification() -> None:
    told = answer("filer", "--filing", "moving_in", "--tie", "spouse", "--head")["answers"]
    assert [(one["filing"], one["allowed"]) for one in told] == [
        ("moving_in", True),
        ("residence_notification", False),
    ]
    told = answer("filer", "--filing", "moving_in", "--tie", "parent", "--head", "--age", "5")["answers"]
    assert [one["allowed"] for one in told] == [True, True]
    told = answer("filer", "--filing", "moving_in", "--tie", "self", "--no-card")["answers"]
    assert [one["allowed"] for one in told] == [True, False]


def test_all_provisions_and_changes_are_listed() -> None:
    told = answer("citation", "--on", "2019-03-31")
    assert told["counterpart"] == "法務大臣"
    assert {"id": "agency-first-day", "on": "2019-04-01"}.items() <= told["changes"][1].items()
    assert "juki.30-46" in {one["id"] for one in told["provisions"]}
    assert "juki.30-46" not in {one["id"] for one in answer("citation", "--on", "2012-07-08")["provisions"]}


def test_a_years_closed_days_are_listed_without_its_weekends() -> None:
    told = answer("calendar", "2026")
    days = [row["day"] for row in told["closed"]]
    assert len(days) == 23 and "2026-05-06" in days and "2026-12-29" in days and "2026-03-15" not in days
    assert "future-holidays" in answer("calendar", "2028")["unconfirmed"]


@pytest.mark.parametrize(
    ("arguments", "ja", "en"),
    [
        (
            ("deadline", "--event", "2026-12-15", "--filing", "moving_in"),
            "年末年始の休日",
            "year-end and New Year closing",
        ),
        (
            ("deem", *MLT, *MOVED, "--filing", "moving_in", "--card", "absent"),
            "別に必要な届出",
            "The card was not handed in",
        ),
        (
            (
                "deem",
                *MLT,
                "--history",
                "acquired_with_record_copy",
                "--filing",
                "moving_in",
                "--card",
                "presented",
            ),
            "許可の時",
            "when permission is given",
        ),
        (
            ("consequence", "--filing", "moving_in", "--conduct", "omission"),
            "簡易裁判所",
            "summary court",
        ),
        (
            ("revocation", "--ground", "false", "--start", "2026-01-01", "--as-of", "2026-01-02"),
            "取消しの対象となり得る",
            "candidate",
        ),
        (("write-policy", "--terminal", "standalone"), "スタンドアロン", "standalone"),
        (("filer", "--filing", "moving_in", "--tie", "spouse"), "本人が自ら", "may not file"),
        (("citation", "juki.22"), "住民基本台帳法第22条第1項", "Basic Resident Registration Act"),
        (("citation",), "日付未確認", "Article 6 of the Immigration Order"),
        (("calendar", "2026"), "憲法記念日の振替休日", "Constitution Memorial Day"),
        (("calendar", "--day", "2026-05-07"), "開庁日です", "open"),
        (("calendar", "--day", "2026-05-06"), "次の開庁日", "next open day"),
        (("calendar", "--from", "2026-04-22", "--days", "14"), "期間の末日", "next open day"),
        (("kanji", "张々"), "未置換", "not converted"),
        (("page",), "みなし届出", "Deemed filings"),
    ],
)
def test_every_command_explains_itself_in_both_languages(
    arguments: tuple[str, ...], ja: str, en: str
) -> None:
    done = ask(*arguments)
    assert done.returncode == 0, done.stderr
    assert ja in done.stdout and en in done.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            ("deem", "--class", "mlt", *MOVED, "--filing", "moving_in", "--card", "absent"),
            "special_permanent",
        ),
        (("deem", *MLT, *MOVED, "--filing", "moving_in", "--card", "present"), "--card presented"),
        (("deadline", "--filing", "moving_in", "--event", "2026-04-01", *MLT), "--class"),
        (
            ("deadline", "--filing", "residence_notification", "--event", "2026-04-01", *MLT, *HERE),
            "the day of the permission is missing",
        ),
        (("consequence", "--filing", "moving_in", "--conduct", "lat"), "--conduct late"),
        (
            ("revocation", "--ground", "not_renewed", "--start", "2026-01-02", "--as-of", "2026-01-01"),
            "a day from 2026-01-02 on",
        ),
        (("write-policy", "--decided", "2015-04-01"), "--survey, then --decided"),
        (("write-policy", "--survey", "2012-04-01"), "2013-04-01"),
        (("write-policy", "--authorised", "onlin"), "online, offline, used, none"),
        (("citation", "juki.222"), "juki.22"),
        (("citation", "juki.30-46", "--on", "2012-07-08"), "not in force"),
        (("calendar",), "renkei law calendar 2026"),
        (("calendar", "2026", "--day", "2026-01-01"), "one question at a time"),
        (("calendar", "--from", "2026-01-01"), "--days and --months"),
        (("calendar", "2011"), "2012"),
        (("kanji", "张\n"), "U+000A"),
        (("kanji", "张", "--rank", "3"), "--rank"),
        (("filer", "--filing", "moving_in", "--tie", "wife"), "spouse"),
    ],
)
def test_wrong_use_says_what_would_be_right_and_ends_with_2(arguments: tuple[str, ...], says: str) -> None:
    done = ask(*arguments)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr
