"""Citations by date: numbers that moved, the counterpart's change of name, and helpful errors."""

from __future__ import annotations

from datetime import date

import pytest

from sim.base.errors import UsageError
from sim.law.citation import DOUBTS, PROVISIONS, citation, cite, counterpart, first_day
from sim.law.unconfirmed import UNCONFIRMED


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        (date(2012, 7, 9), ("法務大臣", "Minister of Justice")),
        (date(2019, 3, 31), ("法務大臣", "Minister of Justice")),
        (date(2019, 4, 1), ("出入国在留管理庁長官", "Commissioner of the Immigration Services Agency")),
        (date(2026, 4, 1), ("出入国在留管理庁長官", "Commissioner of the Immigration Services Agency")),
    ],
)
def test_the_counterpart_is_the_agencys_commissioner_from_april_2019(
    on: date, expected: tuple[str, str]
) -> None:
    assert counterpart(on) == expected


@pytest.mark.parametrize(
    ("provision", "before", "after"),
    [
        ("immi.revocation-not-notified", "第8号", "第10号"),
        ("immi.revocation-not-renewed", "第9号", "第11号"),
        ("immi.revocation-false", "第10号", "第12号"),
    ],
)
def test_the_grounds_on_residence_move_down_by_two_in_april_2027(
    provision: str, before: str, after: str
) -> None:
    assert cite(provision, date(2027, 3, 31)) == f"出入国管理及び難民認定法第22条の4第1項{before}"
    assert cite(provision, date(2027, 4, 1)) == f"出入国管理及び難民認定法第22条の4第1項{after}"


@pytest.mark.parametrize("on", [date(2012, 7, 9), date(2026, 4, 1)])
def test_an_order_renumbered_on_an_unknown_day_shows_both_numbers(on: date) -> None:
    assert cite("juki-order.notice", on) == "住民基本台帳法施行令第30条の20（旧第30条の30）"
    assert cite("immi-order.notice", on) == "出入国管理及び難民認定法施行令第24条（旧第6条）"


def test_a_citation_has_a_full_a_short_and_an_english_name() -> None:
    found = citation("special.10-2", date(2026, 4, 1))
    assert found.ja == (
        "日本国との平和条約に基づき日本の国籍を離脱した者等の出入国管理に関する特例法第10条第2項"
    )
    assert found.short == "入管特例法第10条第2項"
    assert found.en.startswith("Special Act on the Immigration Control of")
    assert found.en.endswith("Article 10, paragraph (2)")


def test_an_unknown_id_names_the_nearest() -> None:
    with pytest.raises(UsageError) as caught:
        cite("immi.19-9-2", date(2026, 4, 1))
    assert vars(caught.value) == {
        "message": "no provision is called 'immi.19-9-2'",
        "expected": None,
        "received": None,
        "where": "sim.law.citation",
        "remedy": "did you mean 'immi.19-9-3'?",
    }


def test_an_id_like_no_other_is_sent_to_the_list_of_them() -> None:
    with pytest.raises(UsageError, match="no provision is called 'xyz'") as caught:
        cite("xyz", date(2026, 4, 1))
    assert caught.value.remedy == "`renkei law citation` lists the ids"


def test_a_provision_that_was_not_in_force_yet_is_not_cited() -> None:
    with pytest.raises(UsageError, match="not in force") as caught:
        cite("juki.30-46", date(2012, 7, 8))
    assert vars(caught.value) == {
        "message": "'juki.30-46' was not in force yet",
        "expected": "a day from 2012-07-09 on",
        "received": "2012-07-08",
        "where": "sim.law.citation",
        "remedy": "give a day on which the provision was in force",
    }
    assert cite("juki.22", date(2012, 7, 8)) == "住民基本台帳法第22条第1項"


def test_the_first_day_of_a_provision_is_that_of_the_system_or_older() -> None:
    assert first_day("juki.30-46") == date(2012, 7, 9)
    assert first_day("juki.22") == date.min
    with pytest.raises(UsageError, match=r"did you mean 'juki\.22'"):
        first_day("juki.222")


@pytest.mark.parametrize(
    ("provision", "on", "unconfirmed"),
    [
        ("immi.penalty-false", date(2024, 6, 9), ("penalty-articles",)),
        ("immi.penalty-false", date(2024, 6, 10), ("penalty-articles", "renumbered-penalties")),
        ("immi.penalty-not-notified", date(2024, 6, 9), ("penalty-articles",)),
        ("immi.penalty-not-notified", date(2024, 6, 10), ("penalty-articles", "renumbered-penalties")),
        ("immi.revocation-false", date(2027, 3, 31), ()),
        ("immi.revocation-false", date(2027, 4, 1), ("renumbered-revocation",)),
        ("immi.revocation-not-notified", date(2027, 3, 31), ()),
        ("immi.revocation-not-notified", date(2027, 4, 1), ("renumbered-revocation",)),
        ("special.penalty-false", date(2024, 6, 10), ("special-permanent-penalties",)),
        ("special.19", date(2012, 7, 9), ("special-permanent-filers",)),
        ("juki.52-2", date(2012, 7, 9), ("fine-article-number",)),
        ("juki-order.notice", date(2026, 4, 1), ("renumbered-orders",)),
        ("civil.140", date(2012, 7, 8), ("background-citations",)),
        ("local.4-2-2", date(2026, 4, 1), ("background-citations",)),
        ("juki.22", date(2012, 7, 8), ()),
        ("juki.22", date(2027, 4, 1), ()),
        ("immi.19-9-1", date(2027, 4, 1), ()),
    ],
)
def test_a_citation_says_what_is_not_sure_about_its_number_on_that_day(
    provision: str, on: date, unconfirmed: tuple[str, ...]
) -> None:
    assert citation(provision, on).unconfirmed == unconfirmed


def test_every_doubt_is_about_a_provision_on_listed_grounds_and_in_order_of_date() -> None:
    assert set(DOUBTS) <= set(PROVISIONS)
    listed = {fact.id for fact in UNCONFIRMED}
    for rows in DOUBTS.values():
        starts = [since for since, _ in rows]
        assert starts and starts == sorted(set(starts))
        for _, facts in rows:
            assert facts and set(facts) <= listed and len(set(facts)) == len(facts)


def test_the_closed_days_are_those_of_the_second_paragraph() -> None:
    assert cite("local.4-2-2", date(2026, 4, 1)) == "地方自治法第4条の2第2項"
    assert citation("local.4-2-2", date(2026, 4, 1)).en == "Local Autonomy Act, Article 4-2, paragraph (2)"
    with pytest.raises(UsageError, match=r"no provision is called 'local\.4-2-1'"):
        cite("local.4-2-1", date(2026, 4, 1))


def test_the_forms_of_every_provision_stand_in_order_of_date() -> None:
    for _, forms in PROVISIONS.values():
        starts = [form.since or date.min for form in forms]
        assert starts == sorted(set(starts))
