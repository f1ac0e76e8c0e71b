"""Municipalities, how much falls to each, and when each begins: exact sums, the same for the same seed."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from load import plan, shapes, volumes
from load.municipalities import FILE, municipalities, those
from sim.base.errors import UsageError
from sim.exchange.municipality import is_municipality
from sim.studies.line_rates import MUNICIPALITIES
from sim.studies.public_figures import REGISTER_2024

DESIGNATED = {
    "札幌市": 10,
    "仙台市": 5,
    "さいたま市": 10,
    "千葉市": 6,
    "横浜市": 18,
    "川崎市": 7,
    "相模原市": 3,
    "新潟市": 8,
    "静岡市": 3,
    "浜松市": 3,
    "名古屋市": 16,
    "京都市": 11,
    "大阪市": 24,
    "堺市": 7,
    "神戸市": 9,
    "岡山市": 4,
    "広島市": 8,
    "北九州市": 7,
    "福岡市": 7,
    "熊本市": 5,
}


# --- the municipalities ----------------------------------------------------------------------------
def test_there_are_1892_with_codes_whose_check_digit_is_right_and_47_prefectures() -> None:
    everybody = municipalities()
    assert len(everybody) == MUNICIPALITIES == 1_741 - 20 + 171
    assert len({one.code for one in everybody}) == 1_892
    assert [one.code for one in everybody] == sorted(one.code for one in everybody)
    assert all(is_municipality(one.code) for one in everybody)
    assert len({one.prefecture for one in everybody}) == 47
    assert all(len({one.prefecture for one in everybody if one.code[:2] == two}) == 1 for two in ("01", "47"))


def test_no_designated_city_is_in_itself_and_each_has_its_wards() -> None:
    assert len(DESIGNATED) == 20
    assert sum(DESIGNATED.values()) == 171
    names = Counter(one.name for one in municipalities())
    for city, wards in DESIGNATED.items():
        assert city not in names
        assert sum(name.startswith(city) and name.endswith("区") for name in names) == wards, city


def test_hamamatsu_has_the_three_wards_of_2024() -> None:
    found = {one.code: one.name for one in municipalities() if one.name.startswith("浜松市")}
    assert found == {"221384": "浜松市中央区", "221392": "浜松市浜名区", "221406": "浜松市天竜区"}


def test_tokyo_has_its_23_special_wards_and_kinds_fit_the_names() -> None:
    tokyo = [one for one in municipalities() if one.prefecture == "東京都" and one.kind == "ward"]
    assert len(tokyo) == 23
    assert Counter(one.kind for one in municipalities()) == {
        "town": 743,
        "city": 710,
        "ward": 194,
        "village": 183,
        "core_city": 62,
    }
    last = {"ward": "区", "core_city": "市", "city": "市", "town": "町", "village": "村"}
    assert all(one.name.endswith(last[one.kind]) for one in municipalities())


def test_the_file_names_its_source_and_its_day() -> None:
    head = FILE.read_text(encoding="utf-8").splitlines()[0]
    assert "総務省" in head
    assert "2024年1月1日" in head


def test_a_designated_city_is_no_endpoint_and_the_message_offers_what_is_near() -> None:
    with pytest.raises(UsageError, match="no municipality 011002") as caught:
        those(["131041", "011002"])
    assert "札幌市" in str(caught.value)


# --- residents and records -------------------------------------------------------------------------
@settings(max_examples=10)
@given(st.integers(0, 2**32))
def test_residents_add_up_to_the_nation_and_cited_figures_are_as_cited(seed: int) -> None:
    people = volumes.residents(seed)
    assert list(people) == [one.code for one in municipalities()]
    assert sum(people.values()) == REGISTER_2024.value
    assert people["131041"] == max(people.values()) == 42_157
    assert min(people.values()) > 0


def test_every_size_occurs_and_a_ward_has_more_than_a_village() -> None:
    people = volumes.residents(1)
    sizes = Counter(volumes.size_class(count).id for count in people.values())
    assert set(sizes) == {one.id for one in volumes.CLASSES}
    assert min(sizes.values()) > 50
    kinds = {one.code: one.kind for one in municipalities()}
    villages = [people[code] for code, kind in kinds.items() if kind == "village"]
    core = [people[code] for code, kind in kinds.items() if kind == "core_city"]
    assert max(villages) < sorted(core)[len(core) // 2]


@pytest.mark.parametrize(
    ("residents", "size"),
    [(0, "small"), (99, "small"), (100, "middle"), (999, "middle"), (1_000, "large"), (10_000, "largest")],
)
def test_a_size_begins_at_its_least(residents: int, size: str) -> None:
    assert volumes.size_class(residents).id == size


@given(st.integers(0, 100_000), st.integers(0, 2**16), st.integers(0, 50))
def test_records_of_a_night_add_up_exactly_and_are_the_same_for_the_same_seed(
    total: int, seed: int, night: int
) -> None:
    people = {"131041": 42_157, "011011": 900, "471003": 0}
    found = volumes.records(total, people, seed, night)
    assert sum(found.values()) == total
    assert min(found.values()) >= 0
    assert found["471003"] == 0
    assert found == volumes.records(total, people, seed, night)


def test_nights_differ_and_follow_the_residents() -> None:
    people = volumes.residents(1)
    one, other = volumes.records(8_000, people, 1, 0), volumes.records(8_000, people, 1, 1)
    assert one != other
    year = sum(volumes.records(8_000, people, 1, night)["131041"] for night in range(40))
    assert year == pytest.approx(40 * 8_000 * 42_157 / REGISTER_2024.value, rel=0.1)


def test_where_nobody_lives_records_are_spread_evenly() -> None:
    assert volumes.records(5, {"a": 0, "b": 0}, 1) == {"a": 3, "b": 2}


@given(
    st.integers(0, 10**6),
    st.lists(st.floats(0, 1e6, allow_nan=False), max_size=40).filter(lambda weights: sum(weights) > 0),
)
def test_a_total_is_apportioned_without_a_rest(total: int, weights: list[float]) -> None:
    parts = volumes.apportioned(total, weights)
    assert sum(parts) == total
    whole = sum(weights)
    assert all(abs(part - total * weight / whole) <= 1 for part, weight in zip(parts, weights, strict=True))


def test_nothing_is_apportioned_where_nobody_weighs_anything() -> None:
    assert volumes.apportioned(7, []) == []
    assert volumes.apportioned(7, [0.0, 0.0]) == [0, 0]


# --- the plan --------------------------------------------------------------------------------------
@settings(max_examples=12)
@given(st.sampled_from(shapes.names()), st.integers(0, 2**16))
def test_a_plan_lies_inside_the_window_in_order_and_is_the_same_for_the_same_seed(
    name: str, seed: int
) -> None:
    shape = shapes.changed(shapes.load(name), endpoints={"per_class": 5})
    night = plan.night(shape, seed)
    starts = [one.intended for one in night.arrivals]
    assert starts == sorted(starts)
    assert starts[0] >= 0
    assert starts[-1] <= night.lasts
    assert len({one.code for one in night.arrivals}) == len(night.arrivals)
    assert night == plan.night(shape, seed)
    assert night.fingerprint == plan.night(shape, seed).fingerprint
    assert night.fingerprint != plan.night(shape, seed + 1).fingerprint


def test_a_compressed_plan_is_the_same_night_on_a_faster_clock() -> None:
    slow = shapes.changed(shapes.load("nightly"), window={"factor": 1}, endpoints={"per_class": 5})
    fast = shapes.changed(shapes.load("nightly"), endpoints={"per_class": 5})
    at_leisure, in_haste = plan.night(slow, 1), plan.night(fast, 1)
    assert [one.code for one in at_leisure.arrivals] == [one.code for one in in_haste.arrivals]
    for calm, hasty in zip(at_leisure.arrivals, in_haste.arrivals, strict=True):
        assert hasty.intended == pytest.approx(calm.intended / 315, abs=1)


def test_schedules_begin_more_often_early_than_late_and_stay_in_their_quarter() -> None:
    shape = shapes.changed(shapes.load("nightly"), window={"factor": 1})
    first, second = plan.night(shape, 1, 0), plan.night(shape, 1, 1)
    quarters = Counter(one.intended // 900_000_000 for one in first.arrivals)
    assert sorted(quarters) == list(range(25))
    assert sum(quarters[at] for at in range(5)) > 2 * sum(quarters[at] for at in range(20, 25))
    again = {one.code: one.intended // 900_000_000 for one in second.arrivals}
    assert again == {one.code: one.intended // 900_000_000 for one in first.arrivals}
    assert [one.intended for one in first.arrivals] != [one.intended for one in second.arrivals]


def test_only_those_listed_take_part_with_what_falls_to_them_in_the_whole_country() -> None:
    whole = {one.code: one.records for one in plan.night(shapes.load("march-peak"), 1).arrivals}
    few = shapes.changed(shapes.load("march-peak"), endpoints={"only": ["131041", "011011"]})
    assert {one.code: one.records for one in plan.night(few, 1).arrivals} == {
        "011011": whole["011011"],
        "131041": whole["131041"],
    }


def test_the_summary_counts_all_nights() -> None:
    shape = shapes.changed(shapes.load("nightly"), window={"nights": 3})
    told = plan.summary(shape, 1)
    assert (told.endpoints, told.records, told.spread) == (1_892, 24_000, "schedules")


def test_what_a_real_night_leaves_the_last_to_begin_is_not_compressed() -> None:
    assert plan.left_to_the_last(shapes.load("slow-lines")) == 8.5 * 3_600 * 1_000_000
    assert plan.left_to_the_last(shapes.load("nightly")) == (4.5 * 3_600 - 840) * 1_000_000


@pytest.mark.parametrize("name", shapes.names())
def test_assumptions_are_told_in_both_languages_with_their_source(name: str) -> None:
    shape = shapes.load(name)
    rows = plan.assumptions(shape)
    assert all(row.ja and row.en and row.source_ja and row.source_en for row in rows)
    told = " ".join(row.en for row in rows)
    assert "3,323,374" in told
    assert "42,157" in told
    assert (f"{shape.window.factor:g} times as fast" in told) == (shape.window.factor > 1)
