"""What a report lists as assumed are the values that the run really had."""

from __future__ import annotations

import re

from sim.studies import population, scenario, simulate
from sim.studies.assumed import _STATUSES_EN, assumed

SHINJUKU = scenario.load("shinjuku-2019")


def told(changed: scenario.Scenario, *, network: bool = True) -> tuple[str, str]:
    rows = assumed(changed, network=network)
    return "\n".join(row["ja"] for row in rows), "\n".join(row["en"] for row in rows)


def test_every_row_has_both_languages_and_says_that_it_is_assumed() -> None:
    for row in assumed(SHINJUKU, network=True):
        assert set(row) == {"ja", "en", "source_ja", "source_en"}
        assert row["source_ja"] == "仮定"
        assert row["source_en"] == "assumption"
        assert not re.search("[ぁ-ん]", row["en"])


def test_a_changed_value_changes_what_is_told() -> None:
    changed = SHINJUKU.model_copy(
        update={
            "municipality": SHINJUKU.municipality.model_copy(update={"residents": 1234}),
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
    assert set(_STATUSES_EN) == {name for name, _ in population.STATUSES}
