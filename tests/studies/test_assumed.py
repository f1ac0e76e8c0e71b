"""What a report lists as assumed are the values that the run really had."""

from __future__ import annotations

import re
from types import ModuleType
from typing import get_args

import pytest

from sim.studies import population, scenario, simulate
from sim.studies.assumed import assumed, leaned_on, unconfirmed
from sim.studies.assumed.network import BAD
from sim.studies.assumed.people import STATUSES_EN
from sim.studies.inputs import acts, moves, visits
from sim.studies.measures import VERSION, Copies, Measures, Office, Register
from sim.studies.public_figures import FROM_ABROAD_2024
from sim.studies.scenario import loading
from sim.studies.scenario.events import BadBatch

SHINJUKU = loading.load("shinjuku-2019")


def told(changed: scenario.Scenario, *, network: bool = True) -> tuple[str, str]:
    rows = assumed(changed, network=network)
    return "\n".join(row["ja"] for row in rows), "\n".join(row["en"] for row in rows)


@pytest.mark.parametrize("name", loading.names())
def test_every_row_has_both_languages_and_a_source(name: str) -> None:
    rows = assumed(loading.load(name), network=True)
    for row in rows:
        assert set(row) == {"ja", "en", "source_ja", "source_en"}
        assert all(row.values())
        assert not re.search("[ぁ-ん]", row["en"] + row["source_en"])
        assert row["ja"].endswith("。")
    assert len({row["ja"] for row in rows}) == len(rows), "a sentence stands there twice"


def test_what_no_source_gives_says_that_it_is_assumed() -> None:
    for row in assumed(SHINJUKU, network=True):
        assert (row["source_ja"], row["source_en"]) == ("仮定", "assumption")


def test_a_changed_value_changes_what_is_told() -> None:
    changed = SHINJUKU.model_copy(
        update={
            "municipality": SHINJUKU.only.model_copy(update={"residents": 1234}),
            "rates": SHINJUKU.rates.model_copy(update={"moving_in": 0.99}),
            "filing": SHINJUKU.filing.model_copy(update={"card_absent": 0.125}),
            "lgwan": SHINJUKU.lgwan.model_copy(update={"rate_kbps": 64}),
        }
    )
    for before, after in zip(told(SHINJUKU), told(changed), strict=True):
        for figure in ("1,234", "0.99", "12.5%", "64 kbit/s"):
            assert figure in after
            assert figure not in before
        assert "42,157" in before
        assert "42,157" not in after


def test_the_line_is_assumed_only_when_it_was_simulated() -> None:
    moments = ("2019年4月13日 20:00", "13 April 2019, 20:00")
    for text, moment in zip(told(SHINJUKU), moments, strict=True):
        assert "1,500 kbit/s" in text
        assert moment in text
    for text, moment in zip(told(SHINJUKU, network=False), moments, strict=True):
        assert "kbit/s" not in text
        assert moment not in text


@pytest.mark.parametrize("name", loading.names())
def test_a_sentence_writes_dates_as_its_language_does(name: str) -> None:
    for row in simulate.run_of(loading.load(name), 1).assumptions:
        assert not re.search(
            r"[0-9]{4}-[0-9]{2}-[0-9]{2}", row["ja"] + row["en"] + row["source_ja"] + row["source_en"]
        )


def test_an_exchange_within_a_minute_is_told_with_its_seconds() -> None:
    for text in told(loading.load("cutover-2019")):
        assert "23:59:50" in text
    assert simulate.run_of(loading.load("cutover-2019"), 1).exchange_at == "23:59:50"
    assert simulate.run_of(SHINJUKU, 1).exchange_at == "22:00"


@pytest.mark.parametrize(
    ("name", "setting", "module", "constant", "sentence"),
    [
        (
            "same-day-in-and-out",
            "rates.same_day=0",
            visits,
            "SAME_DAY_MINUTES",
            "back at the counter after {} ",
        ),
        ("same-day-in-and-out", "rates.between=0", moves, "ON_THE_WAY_MINUTES", "sooner than {} minutes"),
        ("branch-offices", "filing.by_other_share=0", visits, "FILERS_AGE", "who is {} years old"),
        (
            "renewal-then-copy",
            "filing.copy_share=0",
            acts,
            "AFTER_DECISION_MINUTES",
            "{} minutes after the dec",
        ),
    ],
)
def test_what_the_inputs_take_for_granted_is_told_where_it_matters(
    name: str, setting: str, module: ModuleType, constant: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = loading.load(name)
    assert sentence.format(getattr(module, constant)) in told(whole)[1]
    monkeypatch.setattr(module, constant, 37)
    for text in told(whole):
        assert "37" in text
    assert sentence.format(37) in told(whole)[1]
    settings = [setting, "rates.same_day=0"] if "between" in setting else [setting]
    assert sentence.format(37) not in told(loading.changed(whole, settings))[1]


def test_the_weekly_confirmation_by_hand_is_told_where_there_is_one() -> None:
    sentence = "taken in by hand, at 09:00 on the last open day of each week"
    assert sentence in told(loading.load("media-city"))[1]
    assert (
        "特別永住者についての通知は、週の最後の開庁日の09:00に職員が手作業で取り込む"
        in told(loading.load("media-city"))[0]
    )
    assert sentence not in told(SHINJUKU)[1]


def test_a_run_lists_the_readings_that_it_leaned_on_and_no_others() -> None:
    m = Measures(VERSION, simulate.run_of(SHINJUKU, 1))
    assert leaned_on(m) == set()
    m.registers["131041"] = Register(cancelled=1, certificates={"renewal": 2})
    m.copies["card_based"] = Copies(issued=1)
    m.copies["stale_record"] = Copies(issued=3, undecided=1)
    m.offices["131041/main_office"] = Office(authenticity={"unreadable": 1})
    found = leaned_on(m)
    assert found == {
        "counter-unreadable-chip",
        "register-cancelling-order",
        "register-certificate-notice",
        "register-copy-by-card",
        "register-copy-same-day",
    }
    assert {row["id"] for row in unconfirmed(found)} >= found


def test_a_run_lists_the_scenarios_sources_first_and_then_every_value() -> None:
    listed = simulate.run_of(SHINJUKU, 1).assumptions
    own = [row.model_dump() for row in SHINJUKU.assumptions]
    assert listed == [*own, *assumed(SHINJUKU, network=True)]
    live = simulate.run_of(SHINJUKU, 1, clock="live").assumptions
    assert live == [*own, *assumed(SHINJUKU, network=False)]


def test_every_invented_status_of_residence_has_an_english_name() -> None:
    assert set(STATUSES_EN) == {name for name, _ in population.STATUSES}


def test_public_figures_stand_there_with_their_own_sources_when_rates_follow_from_them() -> None:
    def told_of(name: str) -> dict[str, str]:
        return {row["en"]: row["source_en"] for row in assumed(loading.load(name), network=True)}

    figure = f"{FROM_ABROAD_2024.en}: {FROM_ABROAD_2024.value:,.0f}."
    assert told_of("media-city")[figure] == FROM_ABROAD_2024.source_en
    assert figure not in told_of("shinjuku-2019")


def test_each_way_of_working_with_a_link_is_told_with_its_numbers() -> None:
    _, english = told(loading.load("paper-village"))
    paper = loading.load("paper-village").places[0].link.paper
    assert paper is not None
    assert f"{paper.minutes_per_record} minutes a record" in english
    assert f"{paper.error_share:.1%}" in english
    assert "Media are written" in told(loading.load("media-city"))[1]
    assert "Media are written" not in english


def test_every_office_of_every_municipality_is_told() -> None:
    scenario_ = loading.load("write-start")
    japanese, _ = told(scenario_)
    for place in scenario_.places:
        for office in place.offices:
            assert f"{place.ja} {office.ja}: 窓口{office.windows}" in japanese


def test_waiting_is_said_to_be_left_out_where_no_offices_are_described() -> None:
    assert "Waiting at the counter is not modelled." in told(SHINJUKU)[1]
    assert "Waiting at the counter is not modelled." not in told(loading.load("branch-offices"))[1]


def test_every_kind_of_bad_batch_can_be_told() -> None:
    assert set(BAD) == set(get_args(BadBatch.model_fields["kind"].annotation))
