"""What a report lists as assumed are the values that the run really had."""

from __future__ import annotations

import re
from typing import get_args

import pytest

from sim.studies import population, scenario, simulate
from sim.studies.assumed import assumed
from sim.studies.assumed.network import BAD
from sim.studies.assumed.people import STATUSES_EN
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
    for text in told(SHINJUKU):
        assert "1,500 kbit/s" in text
        assert "2019-04-13 20:00" in text
    for text in told(SHINJUKU, network=False):
        assert "kbit/s" not in text
        assert "2019-04-13 20:00" not in text


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
