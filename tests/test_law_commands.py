"""`renkei law …` as its users meet it: answer, clause, both languages, JSON, and what to type instead."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from tests.typed import Done, apart, typed


def ask(*arguments: str) -> Done:
    return typed("law", *arguments)


def answer(*arguments: str) -> Any:
    done = ask(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


MLT = ("--class", "mid_long_term_resident")
HERE = ("--history", "permitted_living_here")
MOVED = ("--history", "residence_on_card")
COPY = ("--history", "acquired_with_record_copy")


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
                "governing_en": "both Acts",
                "at_permission": None,
                "at_permission_en": None,
                "at_permission_id": None,
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
                "unconfirmed": ["governing-classes"],
            },
        ),
        (
            ("deem", *MLT, *COPY, "--filing", "moving_in", "--card", "presented", "--on", "2026-04-01"),
            {
                "on": "2026-04-01",
                "clause_id": "immi.19-9-1",
                "at_permission": "出入国管理及び難民認定法第19条の8第4項",
                "at_permission_en": "Immigration Control and Refugee Recognition Act,"
                " Article 19-8, paragraph (4)",
                "at_permission_id": "immi.19-8-4",
            },
        ),
        (
            ("deem", *MLT, *MOVED, "--filing", "residence_notification", "--card", "presented"),
            {
                "ground": "itself",
                "still_due_id": None,
                "governing_en": "Immigration Act",
                "goes_out": ["municipality_transmission"],
            },
        ),
        (
            ("deem", *MLT, *MOVED, "--filing", "residence_notification", "--card", "expired"),
            {
                "ground": "itself",
                "still_due_id": "immi.19-9-1",
                "goes_out": [],
                "unconfirmed": ["card-expired", "governing-classes"],
            },
        ),
        (
            (
                *("deem", "--class", "provisional_stay", *MOVED, "--filing", "residence_notification"),
                *("--card", "presented"),
            ),
            {"ground": "no_duty", "still_due": None, "goes_out": []},
        ),
        (
            ("revocation", "--ground", "not_renewed", "--start", "2026-01-01", "--as-of", "2026-04-01"),
            {"status": "running", "last_day": "2026-04-01", "days_elapsed": 90, "candidate": False},
        ),
        (
            (
                *("revocation", "--ground", "not_renewed", "--start", "2026-01-01"),
                *("--as-of", "2026-06-01", "--notified", "2026-04-02"),
            ),
            {
                "as_of": "2026-06-01",
                "status": "notified_late",
                "candidate": True,
                "unconfirmed": ["revocation-count", "revocation-hearing", "late-notification-weighed"],
            },
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
            {
                "on": "2027-04-01",
                "clause": "出入国管理及び難民認定法第22条の4第1項第10号",
                "clause_en": "Immigration Control and Refugee Recognition Act,"
                " Article 22-4, paragraph (1), item (x)",
                "clause_id": "immi.revocation-not-notified",
                "unconfirmed": ["renumbered-revocation"],
            },
        ),
        (
            ("calendar", "--day", "2026-05-06"),
            {
                "open": False,
                "why": "憲法記念日の振替休日",
                "next_open": "2026-05-07",
                "unconfirmed": ["local-closed-days"],
            },
        ),
        (
            ("calendar", "--from", "2026-12-30", "--months", "2"),
            {"counted_last_day": "2027-02-28", "last_day": "2027-03-01"},
        ),
        (
            ("calendar", "--from", "2026-06-01", "--days", "14", "--first-day-counts"),
            {"counted_last_day": "2026-06-14", "last_day": "2026-06-15"},
        ),
        (
            ("calendar", "--from", "2024-12-14", "--days", "14"),
            {
                "from": "2024-12-14",
                "counted_last_day": "2024-12-28",
                "why": "土曜日",
                "why_en": "Saturday",
                "last_day": "2025-01-06",
                "unconfirmed": ["local-closed-days", "year-end-closed-days"],
            },
        ),
        (
            ("calendar", "--from", "2026-06-01", "--days", "14"),
            {"why": None, "why_en": None, "last_day": "2026-06-15", "unconfirmed": ["local-closed-days"]},
        ),
        (
            (
                *("deadline", "--filing", "moving_out", "--event", "2026-06-02"),
                *("--filed", "2026-06-01"),
            ),
            {"in_time": True, "handling": "beforehand"},
        ),
        (("kanji", "张"), {"result": "張", "settled": True}),
    ],
)
def test_a_question_is_answered_for_a_program(arguments: tuple[str, ...], expected: dict[str, Any]) -> None:
    told = answer(*arguments)
    assert {key: told[key] for key in expected} == expected


def test_a_citation_is_told_with_these_keys_and_no_others() -> None:
    assert answer("citation", "juki.22", "--on", "2026-04-01") == {
        "on": "2026-04-01",
        "clause": "住民基本台帳法第22条第1項",
        "clause_en": "Basic Resident Registration Act, Article 22, paragraph (1)",
        "clause_id": "juki.22",
        "short": "住基法第22条第1項",
        "unconfirmed": [],
    }


def test_a_false_notification_has_no_clock_and_nobody_keeps_one() -> None:
    common = ("--start", "2026-01-01", "--as-of", "2026-01-02")
    assert "期間の管理" not in ask("revocation", "--ground", "false", *common).stdout
    assert "期間の管理" in ask("revocation", "--ground", "not_renewed", *common).stdout


def test_the_consequences_of_an_omission_are_administrative_criminal_or_revocation() -> None:
    told = answer(
        "consequence", "--filing", "residence_notification", "--conduct", "false", "--on", "2025-05-31"
    )
    assert told["on"] == "2025-05-31"
    assert [
        (one["kind"], one["term"], one["term_en"], one["max_fine_yen"]) for one in told["consequences"]
    ] == [
        ("criminal", "懲役", "imprisonment with work", 200_000),
        ("revocation", None, None, None),
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


def test_who_is_not_a_relative_lives_elsewhere_unless_it_is_said() -> None:
    stranger = ("filer", "--filing", "moving_in", "--tie", "unrelated", "--on", "2026-04-01")
    told = answer(*stranger)
    assert (told["on"], told["living"]) == ("2026-04-01", "elsewhere")
    assert [[why["id"] for why in one["reasons"]] for one in told["answers"]] == [["mandate_missing"]] * 2
    assert told["answers"][0]["unconfirmed"] == ["register-filers"]
    assert told["answers"][1]["unconfirmed"] == ["residence-notification-filers", "deemed-filing-filer"]
    assert answer(*stranger, "--head")["living"] == "same_household"
    assert answer(*stranger, "--living", "same_address")["living"] == "same_address"
    assert answer(*stranger, "--living", "同一世帯")["answers"][0]["capacity"] == "household_member"
    assert answer("filer", "--filing", "moving_in", "--tie", "spouse")["living"] == "same_household"


@pytest.mark.parametrize(
    ("options", "capacity", "reasons"),
    [
        (("--represents",), None, ["proof_missing", "mandate_missing"]),
        (("--represents", "--proof"), "legal_representative", []),
        (("--represents", "--proof", "--no-identity"), "legal_representative", ["identity_not_shown"]),
        (("--proof",), None, ["mandate_missing"]),
        (("--mandate", "--identity"), "agent", []),
    ],
)
def test_a_representative_shows_papers_and_who_it_is(
    options: tuple[str, ...], capacity: str | None, reasons: list[str]
) -> None:
    told = answer("filer", "--filing", "moving_in", "--tie", "unrelated", *options)
    for one in told["answers"]:
        assert (one["capacity"], one["allowed"]) == (capacity, not reasons)
        assert [why["id"] for why in one["reasons"]] == reasons


def test_a_filing_that_settles_no_residence_is_no_matter_of_the_notification() -> None:
    told = answer("filer", "--filing", "household_change", "--tie", "spouse")
    assert [one["filing"] for one in told["answers"]] == ["household_change"]
    told = answer("filer", "--filing", "residence_notification", "--tie", "spouse", "--asked")
    assert [one["filing"] for one in told["answers"]] == ["residence_notification"]
    assert "deemed-filing-filer" not in told["answers"][0]["unconfirmed"]


def test_the_write_policy_tells_its_clause_its_assumptions_and_what_to_do() -> None:
    told = answer(
        *("write-policy", "--on", "2026-04-01", "--lacks", "lan_settings", "--lacks", "lgwan"),
        *("--authorised", "none", "--elsewhere-unready", "1891"),
    )
    assert told["on"] == "2026-04-01"
    assert (told["clause_id"], told["clause"]) == ("immi.19-7-2", "出入国管理及び難民認定法第19条の7第2項")
    assert told["clause_en"].endswith("Article 19-7, paragraph (2)")
    assert told["assumed"] == {
        "terminal": "lgwan",
        "lacks": ["lan_settings", "lgwan"],
        "authorised": "none",
        "elsewhere_unready": 1891,
    }
    assert [reason["id"] for reason in told["reasons"]] == [
        "suspended",
        "nation_not_ready",
        "municipality_off_lgwan",
        "lan_settings",
        "not_authorised",
    ]
    assert told["remedies"] == [
        {
            "requirement": "lgwan",
            "what": "全てのICカード取扱端末を庁内LAN経由でLGWANに接続する。",
            "what_en": "Connect every card terminal to LGWAN through the internal network.",
        },
        {
            "requirement": "lan_settings",
            "what": "当該市区町村が庁内LANの設定を変更する。",
            "what_en": "The municipality changes the settings of its internal network.",
        },
    ]
    first = answer("write-policy", "--on", "2012-07-09")
    assert (first["reasons"][0]["id"], first["remedies"]) == ("suspended", [])


def test_the_words_of_every_option_are_listed_and_their_japanese_names_are_taken() -> None:
    words = answer("words")
    assert words["filing"][0] == {"word": "moving_in", "ja": "転入届", "en": "moving-in filing"}
    assert {"word": "lan_only", "ja": "庁内LANのみに接続", "en": "on the internal network only"} in words[
        "terminal"
    ]
    by_word = ("deem", *MLT, *MOVED, "--filing", "moving_in", "--card", "absent", "--on", "2026-04-01")
    names = {one["word"]: one["ja"] for row in words.values() for one in row}
    in_japanese = [names.get(argument, argument) for argument in by_word]
    assert "転入届" in in_japanese and "中長期在留者" in in_japanese
    assert answer(*in_japanese) == answer(*by_word)
    told = answer("deadline", "--filing", "転入届", "--event", "2026-04-22")
    assert (told["filing"], told["last_day"]) == ("moving_in", "2026-05-07")


@pytest.mark.parametrize(
    "arguments",
    [
        ("calendar", "2026"),
        ("citation", "juki.22"),
        ("consequence", "--filing", "moving_in", "--conduct", "late"),
        ("deadline", "--event", "2026-04-22", "--filing", "moving_in"),
        ("deem", *MLT, *MOVED, "--filing", "moving_in", "--card", "absent"),
        ("filer", "--filing", "moving_in", "--tie", "self"),
        ("kanji", "张"),
        ("revocation", "--ground", "not_renewed", "--start", "2026-01-01", "--as-of", "2026-04-01"),
        ("words",),
        ("write-policy",),
    ],
)
def test_each_question_is_answered_in_a_process_of_its_own_as_in_this_one(arguments: tuple[str, ...]) -> None:
    timeless = ("calendar", "deadline", "kanji", "revocation", "words")
    on = () if arguments[0] in timeless else ("--on", "2026-04-01")
    done = apart("law", *arguments, *on, "--json")
    assert done.returncode == 0, done.stderr
    assert done == ask(*arguments, *on, "--json")


@pytest.mark.parametrize(
    "arguments",
    [
        ("citation", "juki.22"),
        ("citation",),
        ("deem", *MLT, *MOVED, "--filing", "moving_in", "--card", "absent"),
        ("filer", "--filing", "moving_in", "--tie", "self"),
        ("consequence", "--filing", "moving_in", "--conduct", "late"),
        ("write-policy",),
    ],
)
def test_who_gives_no_day_asks_about_today_in_japan(arguments: tuple[str, ...]) -> None:
    before, told, after = japan_now(), answer(*arguments), japan_now()
    assert before <= told["on"] <= after


def japan_now() -> str:
    done = subprocess.run(["date", "+%F"], capture_output=True, text=True, check=True, env={"TZ": "JST-9"})
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("written", "proposed"),
    [
        ("2026/05/01", "2026-05-01"),
        ("2026-5-1", "2026-05-01"),
        ("20260501", "2026-05-01"),
        ("2026年5月1日", "2026-05-01"),
        ("２０２６－０５－０１", "2026-05-01"),
        ("令和8年5月1日", "2026-04-22"),
        ("2026-02-30", "2026-04-22"),
        ("tomorrow", "2026-04-22"),
    ],
)
def test_a_day_written_otherwise_is_not_guessed_but_proposed(written: str, proposed: str) -> None:
    done = ask("deadline", "--filing", "moving_in", "--event", written)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"write `--event {proposed}`" in done.stderr


def test_all_provisions_and_changes_are_listed() -> None:
    told = answer("citation", "--on", "2019-03-31")
    assert told["counterpart"] == "法務大臣"
    assert {"id": "agency-first-day", "on": "2019-04-01"}.items() <= told["changes"][2].items()
    assert [change["id"] for change in told["changes"][:2]] == ["system-first-day", "chip-survey-from"]
    ids = [one["clause_id"] for one in told["provisions"]]
    assert ids == sorted(ids) and "juki.30-46" in ids
    assert all(set(one) == {"clause", "clause_en", "clause_id", "unconfirmed"} for one in told["provisions"])
    older = answer("citation", "--on", "2012-07-08")["provisions"]
    assert "juki.30-46" not in {one["clause_id"] for one in older}


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
            "必要な届出 / still due: 出入国管理及び難民認定法第19条の9第1項 / Immigration",
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
            ("deem", *MLT, *MOVED, "--filing", "moving_in", "--card", "presented"),
            "区分 / under: 住基法・入管法 / both Acts",
            "送るもの / sent: 市町村通知 / municipality_notice + 市町村伝達 / municipality_transmission",
        ),
        (
            ("deem", *MLT, *MOVED, "--filing", "residence_notification", "--card", "absent"),
            "送るもの / sent: なし / nothing",
            "in this state it is none",
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
        (("write-policy", "--terminal", "standalone"), "前提 / assumed: スタンドアロン", "standalone"),
        (
            ("write-policy", "--lacks", "lan_settings"),
            "→ 当該市区町村が庁内LANの設定を変更する。",
            "The municipality changes the settings of its internal network.",
        ),
        (("filer", "--filing", "moving_in", "--tie", "spouse"), "本人が自ら", "may not file"),
        (
            ("filer", "--filing", "moving_in", "--tie", "unrelated"),
            "届出人 / filer: 親族でない者、別居 / not a relative, elsewhere",
            "There is no written mandate.",
        ),
        (("citation", "juki.22"), "住民基本台帳法第22条第1項", "Basic Resident Registration Act"),
        (
            ("citation", "immi.revocation-false", "--on", "2027-04-01"),
            "2027-04-01現在 / as of 2027-04-01",
            "未確認 renumbered-revocation",
        ),
        (("citation",), "日付未確認", "Article 6 of the Immigration Order"),
        (("calendar", "2026"), "憲法記念日の振替休日", "Constitution Memorial Day"),
        (("calendar", "--day", "2026-05-07"), "開庁日です", "open"),
        (("calendar", "--day", "2026-05-06"), "次の開庁日", "next open day"),
        (
            ("calendar", "--from", "2026-04-22", "--days", "14"),
            "期間の末日",
            "next open day (substitute holiday for Constitution Memorial Day)",
        ),
        (("calendar", "--day", "2026-12-31"), "未確認 year-end-closed-days", "29 December to 3 January"),
        (("kanji", "张々"), "未置換", "not converted"),
        (("kanji", "張"), "正字", "standard already"),
        (("words",), "--conduct", "late_past_90_days           90日経過後の届出"),
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
        (("kanji", ""), "there is no name to convert"),
        (("kanji", "　 "), "there is no name to convert"),
        (
            ("deadline", "--filing", "birth_report", "--event", "2026-04-01", *MLT),
            "--class can be given only with a described residence_notification",
        ),
        (
            ("deadline", "--filing", "residence_notification", "--event", "2026-04-01", *MLT),
            "leave them out, or add --history",
        ),
        (
            ("deadline", "--filing", "moving_in", "--event", "2026-04-02", "--filed", "2026-04-01"),
            "a day from 2026-04-02 on",
        ),
        (
            ("deadline", "--filing", "birth_report", "--event", "2026-04-02", "--filed", "2026-04-01"),
            "before it has happened",
        ),
        (
            (
                *("deadline", "--filing", "residence_notification", "--event", "2026-04-01", *MLT, *MOVED),
                *("--permitted", "2026-03-01"),
            ),
            "leave --permitted out",
        ),
        (
            (
                *("deadline", "--filing", "residence_notification", "--event", "2026-04-02", *MLT, *HERE),
                *("--permitted", "2026-04-01"),
            ),
            "take the history permitted_no_residence",
        ),
        (("calendar", "--from", "2100-12-01", "--days", "60"), "an end until 2100-12-31"),
        (("write-policy", "--on", "2012-07-08"), "a day from 2012-07-09 on"),
        (("write-policy", "--elsewhere-unready", "1892"), "1891"),
        (("kanji", "张", "--rank", "3"), "--rank"),
        (("filer", "--filing", "moving_in", "--tie", "wife"), "spouse"),
    ],
)
def test_wrong_use_says_what_would_be_right_and_ends_with_2(arguments: tuple[str, ...], says: str) -> None:
    done = ask(*arguments)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr
