"""What may follow from a filing gone wrong: every cell from literals, and the days on which words change."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from datetime import date
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.base.errors import UsageError
from sim.law.consequences import Conduct, Consequence, ConsequenceKind, PenalTerm, consequences, penal_term
from sim.law.deeming import deem
from sim.law.kinds import CardState, Filing, History, PersonClass

MLT = PersonClass.MID_LONG_TERM_RESIDENT
SPR = PersonClass.SPECIAL_PERMANENT_RESIDENT
NO_DUTY = [PersonClass.TEMPORARY_REFUGE, PersonClass.PROVISIONAL_STAY, PersonClass.TRANSITIONAL_STAY]
ON_CARD = History.RESIDENCE_ON_CARD
LANDED = History.LANDED_NO_RESIDENCE
NOTIFICATION = Filing.RESIDENCE_NOTIFICATION
REGISTER = [filing for filing in Filing if filing is not NOTIFICATION]
ADMIN, CRIMINAL = ConsequenceKind.ADMINISTRATIVE, ConsequenceKind.CRIMINAL
REVOCATION, NONE = ConsequenceKind.REVOCATION, ConsequenceKind.NONE
MOVES = [Filing.MOVING_IN, Filing.MOVING_WITHIN, Filing.ENTRY_FROM_ABROAD]
MADE_BADLY = [Conduct.LATE, Conduct.LATE_PAST_90_DAYS, Conduct.FALSE]
DAY = date(2024, 6, 9)

COURT = ("簡易裁判所", "summary court")
CRIMINAL_COURT = ("刑事裁判所", "criminal court")
MINISTER = ("法務大臣", "Minister of Justice")
NOT_FILED = (
    "正当な理由がなく届出をしない者は、5万円以下の過料に処せられることがあります。"
    "過料は簡易裁判所が決定し、市区町村は通知をするのみです。",
    "Not filing without a good reason may cost up to 50,000 yen."
    " The summary court decides; the municipality only reports.",
)
FILED_LATE = (
    "正当な理由がなく期間内に届出をしなかった者は、後に届け出ても5万円以下の過料に処せられることがあります。"
    "過料は簡易裁判所が決定し、市区町村は通知をするのみです。",
    "Not filing in time without a good reason may cost up to 50,000 yen, although it was filed later."
    " The summary court decides; the municipality only reports.",
)
FILED_FALSELY = (
    "他の法令により刑を科すべき場合を除き、虚偽の届出をした者は5万円以下の過料に処せられることがあります。"
    "過料は簡易裁判所が決定し、市区町村は通知をするのみです。",
    "A false filing may cost up to 50,000 yen, unless another law punishes it."
    " The summary court decides; the municipality only reports.",
)
SEPARATE = (
    "住居地の届出は別の義務で、しなければ刑事罰や在留資格の取消しの対象となり得ます。",
    " The residence notification is a duty of its own: not making it may lead to a criminal penalty, or to"
    " revocation.",
)
NOT_NOTIFIED = (
    "住居地の届出をしない者は、20万円以下の罰金に処せられることがあります。"
    "実務では、まず届出の指導が行われます。",
    "Not notifying the residence may be fined up to 200,000 yen. In practice, guidance to file comes first.",
)
NOTIFIED_LATE = (
    "期間内に住居地の届出をしなかった者は、後に届け出ても20万円以下の罰金に処せられることがあります。"
    "実務では、まず届出の指導が行われます。",
    "Not notifying the residence in time may be fined up to 200,000 yen, although it was notified later."
    " In practice, guidance to file comes first.",
)
CARD_LEFT_HOME = (
    "カードの提出がないため住居地の届出は済んでおらず、期間内に別に届け出なければ20万円以下の罰金に"
    "処せられることがあります。実務では、まず届出の指導が行われます。",
    "Without the card the residence is not notified yet: unless that is done in time, it may be fined up"
    " to 200,000 yen. In practice, guidance to file comes first.",
)
JUDGED = (
    "取り消すかどうかは、意見の聴取を経て法務大臣が個別に判断します。",
    " Whether to revoke is for the Minister of Justice to judge, after a hearing.",
)


def ask(
    filing: Filing,
    conduct: Conduct,
    *,
    person: PersonClass = MLT,
    history: History = ON_CARD,
    on: date = DAY,
    deemed: bool = False,
) -> tuple[Consequence, ...]:
    return consequences(person, history, filing, conduct, on, deemed=deemed)


# Input that cannot be


def test_an_act_before_the_system_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="not in force") as caught:
        ask(Filing.MOVING_IN, Conduct.LATE, on=date(2012, 7, 8))
    assert vars(caught.value) == {
        "message": "the penalties on foreign residents' filings were not in force yet",
        "expected": "an act from 2012-07-09 on",
        "received": "2012-07-08",
        "where": "sim.law.consequences",
        "remedy": "give the day of an act under the rules",
    }
    assert len(ask(Filing.MOVING_IN, Conduct.LATE, on=date(2012, 7, 9))) == 1


@pytest.mark.parametrize("conduct", [Conduct.OMISSION, Conduct.CARD_NOT_PRESENTED])
def test_what_was_not_made_or_made_without_the_card_cannot_be_deemed(conduct: Conduct) -> None:
    with pytest.raises(UsageError, match="with the card handed in") as caught:
        ask(Filing.MOVING_IN, conduct, deemed=True)
    assert vars(caught.value) == {
        "message": "only a filing made with the card handed in can be deemed",
        "expected": "a late or a false filing",
        "received": conduct.value,
        "where": "sim.law.consequences, deemed",
        "remedy": "leave deemed out; ask for the residence notification on its own",
    }


@pytest.mark.parametrize("conduct", MADE_BADLY)
@pytest.mark.parametrize(
    ("person", "history", "filing"),
    [key for key in product(PersonClass, History, Filing) if not deem(*key, CardState.PRESENTED).deemed],
)
def test_a_filing_that_no_provision_deems_cannot_be_called_deemed(
    person: PersonClass, history: History, filing: Filing, conduct: Conduct
) -> None:
    with pytest.raises(UsageError, match="not deemed a residence notification") as caught:
        ask(filing, conduct, person=person, history=history, deemed=True)
    assert vars(caught.value) == {
        "message": "this filing is not deemed a residence notification",
        "expected": "a filing that the Acts deem for this person",
        "received": f"{person.value}, {history.value}, {filing.value}",
        "where": "sim.law.consequences, deemed",
        "remedy": "leave deemed out",
    }


# The register side


@pytest.mark.parametrize(
    ("person", "filing"),
    [key for key in product(PersonClass, REGISTER) if key[0] is not SPR or key[1] not in MOVES],
)
@pytest.mark.parametrize(
    ("conduct", "clause", "why", "unconfirmed"),
    [
        (Conduct.OMISSION, "juki.52-2", NOT_FILED, ("report-to-summary-court", "fine-article-number")),
        (Conduct.LATE, "juki.52-2", FILED_LATE, ("report-to-summary-court", "fine-article-number")),
        (
            Conduct.LATE_PAST_90_DAYS,
            "juki.52-2",
            FILED_LATE,
            ("report-to-summary-court", "fine-article-number"),
        ),
        (
            Conduct.FALSE,
            "juki.52-1",
            FILED_FALSELY,
            ("register-false-filing", "report-to-summary-court", "fine-article-number"),
        ),
    ],
)
def test_a_register_filing_is_threatened_with_fifty_thousand_yen_by_the_summary_court(
    filing: Filing,
    person: PersonClass,
    conduct: Conduct,
    clause: str,
    why: tuple[str, str],
    unconfirmed: tuple[str, ...],
) -> None:
    """S0-006."""
    more = SEPARATE if person is MLT and filing in MOVES else ("", "")
    told = (why[0] + more[0], why[1] + more[1])
    assert ask(filing, conduct, person=person) == (
        Consequence(ADMIN, clause, 50_000, None, None, False, *COURT, *told, unconfirmed),
    )


@pytest.mark.parametrize("conduct", [Conduct.OMISSION, *MADE_BADLY])
@pytest.mark.parametrize("history", History)
def test_a_register_filing_tells_of_the_notification_that_the_same_event_calls_for(
    history: History, conduct: Conduct
) -> None:
    notified = history in (ON_CARD, History.ACQUIRED_WITH_RECORD_COPY)
    for filing in REGISTER:
        (found,) = ask(filing, conduct, history=history)
        shows = filing in MOVES or (filing is Filing.BECAME_RESIDENT_STATUS and not notified)
        assert found.why_ja.endswith(SEPARATE[0]) is shows
        assert found.why_en.endswith(SEPARATE[1]) is shows
        assert ("別の義務" in found.why_ja) is ("of its own" in found.why_en) is shows


@pytest.mark.parametrize("conduct", MADE_BADLY)
@pytest.mark.parametrize("filing", MOVES)
@pytest.mark.parametrize("person", [MLT, SPR])
def test_a_deemed_filing_knows_no_notification_besides_it(
    person: PersonClass, filing: Filing, conduct: Conduct
) -> None:
    found, *_ = ask(filing, conduct, person=person, deemed=True)
    assert (found.why_ja, found.why_en) == (FILED_FALSELY if conduct is Conduct.FALSE else FILED_LATE)


@pytest.mark.parametrize("conduct", [Conduct.OMISSION, *MADE_BADLY])
@pytest.mark.parametrize("filing", MOVES)
def test_a_special_permanent_resident_is_told_of_the_other_duty_and_of_no_revocation(
    filing: Filing, conduct: Conduct
) -> None:
    (found,) = ask(filing, conduct, person=SPR)
    assert "住居地の届出は別の義務" in found.why_ja
    assert "The residence notification is a duty of its own" in found.why_en
    assert "取消し" not in found.why_ja
    assert "revocation" not in found.why_en


# The immigration side


@pytest.mark.parametrize(
    ("person", "clause", "more"),
    [
        (MLT, "immi.penalty-not-notified", ("penalty-articles",)),
        (SPR, "special.penalty-not-notified", ("special-permanent-penalties",)),
    ],
)
@pytest.mark.parametrize(
    ("conduct", "conditional", "why"),
    [
        (Conduct.OMISSION, False, NOT_NOTIFIED),
        (Conduct.LATE, False, NOTIFIED_LATE),
        (Conduct.LATE_PAST_90_DAYS, False, NOTIFIED_LATE),
        (Conduct.CARD_NOT_PRESENTED, True, CARD_LEFT_HOME),
    ],
)
def test_not_notifying_the_residence_is_threatened_with_a_fine_of_two_hundred_thousand_yen(
    person: PersonClass,
    clause: str,
    more: tuple[str, ...],
    conduct: Conduct,
    conditional: bool,
    why: tuple[str, str],
) -> None:
    """S0-011: the omission."""
    first, *_ = ask(NOTIFICATION, conduct, person=person)
    assert first == Consequence(
        CRIMINAL,
        clause,
        200_000,
        None,
        None,
        conditional,
        *CRIMINAL_COURT,
        *why,
        (*more, "accusation-practice"),
    )


@pytest.mark.parametrize(
    ("person", "clause", "more"),
    [
        (MLT, "immi.penalty-false", ("penalty-articles", "renumbered-penalties")),
        (SPR, "special.penalty-false", ("special-permanent-penalties",)),
    ],
)
def test_a_false_notification_is_threatened_with_a_year_or_two_hundred_thousand_yen(
    person: PersonClass, clause: str, more: tuple[str, ...]
) -> None:
    """S0-011: the false filing; 懲役 is 拘禁刑 for acts from 2025-06-01 on."""
    old, *_ = ask(NOTIFICATION, Conduct.FALSE, person=person, on=date(2025, 5, 31))
    assert old == Consequence(
        CRIMINAL,
        clause,
        200_000,
        1,
        PenalTerm.WORK_IMPRISONMENT,
        False,
        *CRIMINAL_COURT,
        "虚偽の住居地の届出をした者は、1年以下の懲役又は20万円以下の罰金に処せられることがあります。"
        "2025年6月1日より前の行為であるため、後に裁判があっても懲役と読みます。",
        "A false notification may be punished with up to one year of imprisonment with work or up to"
        " 200,000 yen. The act came before 2025-06-01, so the old term stays, whenever it is tried.",
        (*more, "penal-terms"),
    )
    new, *_ = ask(NOTIFICATION, Conduct.FALSE, person=person, on=date(2025, 6, 1))
    assert new == Consequence(
        CRIMINAL,
        clause,
        200_000,
        1,
        PenalTerm.IMPRISONMENT,
        False,
        *CRIMINAL_COURT,
        "虚偽の住居地の届出をした者は、1年以下の拘禁刑又は20万円以下の罰金に処せられることがあります。",
        "A false notification may be punished with up to one year of imprisonment or up to 200,000 yen.",
        (*more, "penal-terms"),
    )


def test_imprisonment_changes_its_name_on_the_first_of_june_2025_by_the_day_of_the_act() -> None:
    assert penal_term(date(2012, 7, 9)).ja == "懲役"
    assert penal_term(date(2025, 5, 31)) is PenalTerm.WORK_IMPRISONMENT
    assert penal_term(date(2025, 6, 1)) is PenalTerm.IMPRISONMENT
    assert [(term.value, term.ja, term.en) for term in PenalTerm] == [
        ("work_imprisonment", "懲役", "imprisonment with work"),
        ("imprisonment", "拘禁刑", "imprisonment"),
    ]


@pytest.mark.parametrize("conduct", [Conduct.OMISSION, Conduct.FALSE])
def test_the_penal_articles_are_unconfirmed_from_the_tenth_of_june_2024(conduct: Conduct) -> None:
    before, *_ = ask(NOTIFICATION, conduct, on=date(2024, 6, 9))
    after, *_ = ask(NOTIFICATION, conduct, on=date(2024, 6, 10))
    assert "renumbered-penalties" not in before.unconfirmed
    assert "renumbered-penalties" in after.unconfirmed
    special, *_ = ask(NOTIFICATION, conduct, on=date(2024, 6, 10), person=SPR)
    assert "renumbered-penalties" not in special.unconfirmed


FIRST_CLOCK = (
    "immi.revocation-not-notified",
    ("revocation-not-notified-wording", "revocation-count", "revocation-hearing"),
)
SECOND_CLOCK = ("immi.revocation-not-renewed", ("revocation-count", "revocation-hearing"))


@pytest.mark.parametrize(
    ("history", "clause", "unconfirmed"),
    [
        (LANDED, *FIRST_CLOCK),
        (History.PERMITTED_NO_RESIDENCE, *FIRST_CLOCK),
        (History.PERMITTED_LIVING_HERE, *FIRST_CLOCK),
        (ON_CARD, *SECOND_CLOCK),
    ],
)
@pytest.mark.parametrize(
    ("conduct", "conditional", "ja", "en"),
    [
        (
            Conduct.OMISSION,
            True,
            "90日を過ぎても住居地の届出がなければ、在留資格の取消しの対象となり得ます。",
            "If the residence is still not notified after the 90 days: a candidate for revocation.",
        ),
        (
            Conduct.LATE_PAST_90_DAYS,
            False,
            "住居地の届出が90日を過ぎていたため、在留資格の取消しの対象となり得ます。",
            "The residence was notified after the 90 days: a candidate for revocation.",
        ),
        (
            Conduct.CARD_NOT_PRESENTED,
            True,
            "カードの提出がないため住居地の届出は済んでおらず、90日以内に別に届け出なければ"
            "在留資格の取消しの対象となり得ます。",
            "Without the card the residence is not notified yet: unless that is done within the 90 days, a"
            " candidate for revocation.",
        ),
    ],
)
def test_a_mid_long_term_resident_may_become_a_candidate_on_the_ground_of_the_persons_history(
    history: History,
    clause: str,
    unconfirmed: tuple[str, ...],
    conduct: Conduct,
    conditional: bool,
    ja: str,
    en: str,
) -> None:
    _, last = ask(NOTIFICATION, conduct, history=history)
    assert last == Consequence(
        REVOCATION,
        clause,
        None,
        None,
        None,
        conditional,
        *MINISTER,
        ja + JUDGED[0],
        en + JUDGED[1],
        unconfirmed,
    )


@pytest.mark.parametrize("history", [LANDED, ON_CARD])
def test_a_false_notification_has_its_own_ground_of_revocation(history: History) -> None:
    _, last = ask(NOTIFICATION, Conduct.FALSE, history=history)
    assert last == Consequence(
        REVOCATION,
        "immi.revocation-false",
        None,
        None,
        None,
        False,
        *MINISTER,
        "虚偽の住居地の届出は、在留資格の取消しの対象となり得ます。" + JUDGED[0],
        "A false residence was notified: a candidate for revocation." + JUDGED[1],
        ("revocation-false-wording", "revocation-hearing"),
    )


def test_the_items_of_revocation_are_a_reading_from_april_2027() -> None:
    _, before = ask(NOTIFICATION, Conduct.OMISSION, on=date(2027, 3, 31))
    _, after = ask(NOTIFICATION, Conduct.OMISSION, on=date(2027, 4, 1))
    assert before.unconfirmed == ("revocation-count", "revocation-hearing")
    assert after.unconfirmed == ("revocation-count", "revocation-hearing", "renumbered-revocation")


def test_a_late_notification_within_the_ninety_days_is_no_ground_of_revocation() -> None:
    assert [found.kind for found in ask(NOTIFICATION, Conduct.LATE)] == [CRIMINAL]


@pytest.mark.parametrize("conduct", Conduct)
def test_a_special_permanent_resident_is_never_threatened_with_revocation(conduct: Conduct) -> None:
    assert [found.kind for found in ask(NOTIFICATION, conduct, person=SPR)] == [CRIMINAL]


@pytest.mark.parametrize("conduct", Conduct)
@pytest.mark.parametrize("person", NO_DUTY)
def test_a_class_without_the_duty_is_threatened_with_nothing_on_the_immigration_side(
    person: PersonClass, conduct: Conduct
) -> None:
    assert ask(NOTIFICATION, conduct, person=person) == (
        Consequence(
            NONE,
            None,
            None,
            None,
            None,
            False,
            "",
            "",
            f"{person.ja}には住居地の届出義務がないため、該当する罰則等はありません。",
            f"A {person.en} owes no residence notification, so nothing follows.",
            ("classes-without-duty",),
        ),
    )


# Both sides at once


@pytest.mark.parametrize(
    ("person", "conduct", "clauses"),
    [
        (MLT, Conduct.LATE, ["juki.52-2", "immi.penalty-not-notified"]),
        (
            MLT,
            Conduct.LATE_PAST_90_DAYS,
            ["juki.52-2", "immi.penalty-not-notified", "immi.revocation-not-renewed"],
        ),
        (MLT, Conduct.FALSE, ["juki.52-1", "immi.penalty-false", "immi.revocation-false"]),
        (SPR, Conduct.LATE, ["juki.52-2", "special.penalty-not-notified"]),
        (SPR, Conduct.LATE_PAST_90_DAYS, ["juki.52-2", "special.penalty-not-notified"]),
        (SPR, Conduct.FALSE, ["juki.52-1", "special.penalty-false"]),
    ],
)
@pytest.mark.parametrize("filing", [Filing.MOVING_IN, Filing.MOVING_WITHIN, Filing.ENTRY_FROM_ABROAD])
def test_a_deemed_filing_has_both_sides(
    person: PersonClass, conduct: Conduct, clauses: list[str], filing: Filing
) -> None:
    assert [found.clause for found in ask(filing, conduct, person=person, deemed=True)] == clauses


@pytest.mark.parametrize("filing", [Filing.MOVING_IN, Filing.MOVING_WITHIN, Filing.ENTRY_FROM_ABROAD])
def test_without_the_card_only_the_notification_that_stays_due_is_threatened(filing: Filing) -> None:
    for person in (MLT, SPR):
        assert ask(filing, Conduct.CARD_NOT_PRESENTED, person=person) == ask(
            NOTIFICATION, Conduct.CARD_NOT_PRESENTED, person=person
        )


@pytest.mark.parametrize("person", PersonClass)
@pytest.mark.parametrize("filing", [Filing.MOVING_OUT, Filing.HOUSEHOLD_CHANGE, Filing.RELATIONSHIP_CHANGE])
def test_a_filing_that_shows_no_duty_needs_no_card(filing: Filing, person: PersonClass) -> None:
    (found,) = ask(filing, Conduct.CARD_NOT_PRESENTED, person=person)
    assert found == Consequence(
        NONE,
        None,
        None,
        None,
        None,
        False,
        "",
        "",
        f"カードの提出のない{filing.ja}について、罰則等を定めた資料はありません。",
        f"No source names a consequence of a {filing.en} made without the card.",
        ("card-not-shown",),
    )


@pytest.mark.parametrize("person", NO_DUTY)
@pytest.mark.parametrize("filing", REGISTER)
def test_without_the_duty_a_card_left_at_home_has_no_consequence(filing: Filing, person: PersonClass) -> None:
    (found,) = ask(filing, Conduct.CARD_NOT_PRESENTED, person=person)
    assert (found.kind, found.unconfirmed) == (NONE, ("card-not-shown",))


def test_the_kinds_and_conducts_have_names_in_both_languages() -> None:
    assert [(kind.value, kind.ja, kind.en) for kind in ConsequenceKind] == [
        ("administrative", "行政罰（過料）", "administrative penalty"),
        ("criminal", "刑事罰", "criminal penalty"),
        ("revocation", "在留資格の取消しの対象となり得る", "candidate for revocation"),
        ("none", "該当なし", "none"),
    ]
    assert [(conduct.value, conduct.ja, conduct.en) for conduct in Conduct] == [
        ("omission", "届出をしない", "not filed"),
        ("late", "期間経過後の届出", "filed late"),
        ("late_past_90_days", "90日経過後の届出", "filed after the 90 days"),
        ("false", "虚偽の届出", "filed falsely"),
        ("card_not_presented", "カードを提出しない届出", "filed without the card"),
    ]


# Laws


@given(
    st.sampled_from(PersonClass),
    st.sampled_from(History),
    st.sampled_from(Filing),
    st.sampled_from(Conduct),
    st.dates(date(2012, 7, 9), date(2035, 12, 31)),
)
def test_every_answer_names_who_decides_and_revocation_is_for_mid_long_term_residents_only(
    person: PersonClass, history: History, filing: Filing, conduct: Conduct, on: date
) -> None:
    found = consequences(person, history, filing, conduct, on)
    assert found
    kinds = [one.kind for one in found]
    assert len(set(kinds)) == len(kinds)
    assert (NONE in kinds) == (len(kinds) == 1 and found[0].clause is None)
    for one in found:
        assert one.why_ja and one.why_en
        assert bool(one.decided_by_ja) == bool(one.decided_by_en) == (one.kind is not NONE)
        assert (one.max_fine_yen is None) == (one.kind in (REVOCATION, NONE))
        assert (one.term is None) == (one.max_imprisonment_years is None)
        assert one.kind is not REVOCATION or person is MLT
        assert one.kind is not CRIMINAL or person in (MLT, SPR)


@pytest.mark.parametrize(
    "value", [ask(NOTIFICATION, Conduct.LATE)[0]], ids=lambda value: type(value).__name__
)
def test_a_value_never_changes_and_holds_nothing_but_its_fields(value: object) -> None:
    with pytest.raises(FrozenInstanceError):
        setattr(value, type(value).__slots__[0], None)  # type: ignore[attr-defined]
    assert not hasattr(value, "__dict__")
