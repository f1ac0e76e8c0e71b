"""A scenario is checked before anything runs, and a wrong one says what would be right."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import get_args

import pytest

from sim.base.errors import UsageError
from sim.studies.scenario import events, loading, places
from sim.studies.scenario.beyond import HAPPENINGS, SWITCHES, beyond
from sim.studies.scenario.loading import FOLDER

SHINJUKU = (FOLDER / "shinjuku-2019.toml").read_text(encoding="utf-8")


def changed(tmp_path: Path, old: str, new: str) -> str:
    assert old in SHINJUKU
    path = tmp_path / "mine.toml"
    path.write_text(SHINJUKU.replace(old, new, 1), encoding="utf-8")
    return str(path)


def test_every_scenario_that_comes_along_is_good_and_bears_the_name_of_its_file() -> None:
    assert loading.names()
    for name in loading.names():
        assert loading.load(name).name == name


def test_shinjuku_has_the_residents_of_the_day_that_the_source_names() -> None:
    assert loading.load("shinjuku-2019").only.residents == 42_157  # seed 003, line 161


@pytest.mark.parametrize(
    ("old", "new", "place", "hint"),
    [
        ("days = 30", "day = 30", "day", "days"),
        ("latency_ms", "latenzy_ms", "lgwan.latenzy_ms", "latency_ms"),
        ("until = 2019", "untill = 2019", "lgwan.outages.0.untill", "until"),
        ("from = 2019", "form = 2019", "lgwan.outages.0.form", "from"),
        ("card_absent", "card_apsent", "filing.card_apsent", "card_absent"),
    ],
)
def test_a_wrong_key_names_its_place_and_the_nearest_right_one(
    tmp_path: Path, old: str, new: str, place: str, hint: str
) -> None:
    path = changed(tmp_path, old, new)
    with pytest.raises(UsageError) as raised:
        loading.load(path)
    text = str(raised.value)
    assert f"unknown key {place!r}" in text
    assert f"did you mean {hint!r}?" in text
    assert path in text


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("days = 30", "days = 0", "days: Input should be greater than or equal to 1"),
        ('code = "131041"', 'code = "131042"', "the check digit should be 1"),
        ('code = "131041"', 'code = "131041\\n"', "municipality.code"),
        ('code = "131041"', 'code = "１３１０４１"', "municipality.code"),
        ("start = 2019-04-01", "start = 2012-07-08", "start"),
        ("card_absent = 0.035", "card_absent = 1.5", "filing.card_absent"),
        ("delay_days = [[0,", "delay_days = [[-1,", "filing.delay_days.0.0"),
        (
            "[[1, 0.35], [3, 0.30], [7, 0.20], [20, 0.15]]",
            "[[1, 0.0]]",
            "back_after_days: at least one weight",
        ),
        ("CHN = 0.34", "chn = 0.34", "population.nationalities"),
        ("opens = 08:30:00", "opens = 18:30:00", "opens must come before closes"),
        ("until = 2019-04-14T03:30:00", "until = 2019-04-13T03:30:00", "from must come before until"),
        ('kind = "truncated"', 'kind = "eaten"', "bad_batches.0.kind"),
        ('name = "shinjuku-2019"', 'name = "Shinjuku 2019"', "name"),
        ("start = 2019-04-01", "start = 2020-04-01", "lgwan.outages.0: 2019-04-13 20:00 lies outside"),
        ("days = 30", "days = 13", "lgwan.outages.0: 2019-04-14 03:30 lies outside"),
        ("at = 2019-04-09T23:10:00", "at = 2019-05-01T00:00:00", "bad_batches.0: 2019-05-01 00:00 lies"),
        ("at = 2019-04-09T23:10:00", "at = 2019-04-09T23:10:00Z", "bad_batches.0.at"),
        ("until = 2019-04-14T03:30:00", "until = 2019-04-14T03:30:00+09:00", "lgwan.outages.0.until"),
        ("at = 22:00:00", 'at = "22:00:00+09:00"', "exchange.at"),
        ("months = [0.9", "months = [inf", "rates.months.0"),
        ("months = [0.9", "months = [nan", "rates.months.0"),
        ("months = [0.9", "months = [100.5", "rates.months.0"),
        ("[[0, 0.22]", "[[0, 1e7]", "filing.delay_days.0.1"),
        ("[[0, 0.22]", "[[0, nan]", "filing.delay_days.0.1"),
        ("start = 2019-04-01", "start = 2048-12-15", "the last day must lie before 2049-01-01"),
        ('address_prefix = "東京都新宿区"', 'address_prefix = "a\\nb"', "municipality.address_prefix"),
        ('"大久保1丁目"', '"大久保\\u00851丁目"', "municipality.towns.0"),
        ('"東京都豊島区東池袋"', f'"{"東" * 61}"', "municipality.elsewhere.0"),
    ],
)
def test_a_wrong_value_is_refused_with_its_place(tmp_path: Path, old: str, new: str, says: str) -> None:
    with pytest.raises(UsageError) as raised:
        loading.load(changed(tmp_path, old, new))
    assert says in str(raised.value)


def test_a_file_that_is_not_toml_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not TOML") as raised:
        loading.load(changed(tmp_path, "days = 30", "days ="))
    assert "line" in str(raised.value)


def test_an_unknown_name_suggests_the_nearest() -> None:
    with pytest.raises(UsageError) as raised:
        loading.load("shinjuku-2018")
    assert "did you mean `renkei sim run shinjuku-2019`?" in str(raised.value)


def test_a_longer_run_of_a_scenario_must_end_before_2049() -> None:
    shinjuku = loading.load("shinjuku-2019")
    assert loading.lasting(shinjuku, 3660).days == 3660
    late = shinjuku.model_copy(update={"start": date(2048, 12, 1)})
    assert loading.lasting(late, 31).days == 31
    with pytest.raises(UsageError, match="32 days from 2048-12-01 are too many"):
        loading.lasting(late, 32)


def test_the_file_of_a_scenario_can_be_shown_and_is_a_scenario() -> None:
    assert loading.text("shinjuku-2019") == SHINJUKU
    with pytest.raises(UsageError, match="there is no scenario"):
        loading.text("../scenarios/shinjuku-2019")


def test_titles_name_no_month_and_assumptions_of_the_file_no_figure_of_it() -> None:
    shinjuku = loading.load("shinjuku-2019")
    assert "月" not in shinjuku.title_ja
    assert "April" not in shinjuku.title_en
    for row in shinjuku.assumptions:
        assert not re.search(r"42,157|%|Mbit", row.ja + row.en)


def test_the_published_schema_is_the_one_that_is_enforced() -> None:
    published = Path(__file__).parents[2] / "docs" / "scenario.schema.json"
    assert json.loads(published.read_text(encoding="utf-8")) == loading.schema()


# --- what cannot happen is refused -------------------------------------------------------------------------
BASE = 'extends = "media-city"\nname = "mine"\n'
NO_CARD_TERMINAL = "needs an office with a card_terminal"


def mine(tmp_path: Path, text: str) -> str:
    path = tmp_path / "mine.toml"
    path.write_text(BASE + text, encoding="utf-8")
    return str(path)


def happening(kind: str, at: str, more: str = "") -> str:
    return f'[[happenings]]\nkind = "{kind}"\nat = {at}\n{more}\n'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (happening("lose_medium", "2019-06-12T12:00:00"), "no medium is under way at 2019-06-12 12:00"),
        (happening("lose_medium", "2019-06-12T09:30:00"), "they set out on open days at 09:30"),
        (happening("lose_medium", "2019-06-16T09:40:00"), "no medium is under way"),  # a Sunday
        (happening("lose_medium", "2019-06-25T09:40:00"), "no media are carried at that time"),
        (happening("find_medium", "2019-06-12T12:00:00"), "was lost before"),
        (happening("break_line", "2019-06-12T12:00:00", "minutes = 10"), "no line is in use at that time"),
        (
            happening("break_line", "2019-06-26T09:00:00", "minutes = 90")
            + happening("break_line", "2019-06-26T10:00:00", "minutes = 90"),
            "happenings.1: break_line at 992011: the line is down already from 2019-06-26 09:00",
        ),
        (happening("printer_fails", "2019-06-12T12:00:00", "minutes = 9"), "office 1 is not there, of 0"),
        (
            happening("export_log", "2019-06-12T12:00:00", 'operator = "suzuki"'),
            "no operator 'suzuki', but tanaka",
        ),
        (happening("hand_over", "2019-06-12T12:00:00"), "in a declared outage only"),
        (happening("pattern_released", "2019-06-12T12:00:00", 'version = "1"'), NO_CARD_TERMINAL),
        (happening("survey_begins", "2019-06-12T12:00:00"), NO_CARD_TERMINAL),
        (happening("writing_starts", "2019-06-12T12:00:00"), NO_CARD_TERMINAL),
        ("happenings = []\n[cards]\nreal_chips = 3\n", "cards.real_chips: a chip is read by a card_terminal"),
        ("happenings = []\n[rates]\nsame_day = 0.1\n", "rates.same_day: who leaves at once goes to another"),
        ("happenings = []\n[rates]\nbetween = 0.1\n", "rates.between"),
        (
            happening("stranger", "2019-06-12T12:00:00", 'municipality = "131041"'),
            "131041 is none of the scenario's municipalities",
        ),
    ],
)
def test_what_cannot_happen_where_it_is_planned_is_refused(tmp_path: Path, text: str, says: str) -> None:
    """Nothing that a scenario plans is silently nothing."""
    with pytest.raises(UsageError) as raised:
        loading.load(mine(tmp_path, text))
    assert says in str(raised.value)


@pytest.mark.parametrize(
    ("name", "setting", "says"),
    [
        ("branch-offices", "happenings.0.office=5", "printer_fails at 992011: office 5 is not there, of 4"),
        ("outage-day", "municipality.operators=[]", "it needs operators of the exchange terminal"),
        ("outage-day", "lgwan.outages.0.declared=false", "hand_over at 992011: the network lets a messenger"),
        ("outage-day", "municipality.operators.0.administrator=false", "only an administrator unlocks"),
        ("write-start", 'happenings.0.municipality="992011"', "survey_begins concerns the whole country"),
        ("write-start", "rates.same_day=0.1", "served in turn only where no offices are described"),
        ("branch-offices", "municipality.offices.0.opens=18:00:00", "18:00 to 17:00: opens must come before"),
        (
            "branch-offices",
            "municipality.offices.0.clerks=[{ id = 'x', temporary = true }]",
            "x is temporary, so give the end: until",
        ),
        (
            "forty-cities",
            "happenings=[{ kind = 'break_line', at = 2019-04-03T10:00:00, minutes = 5 }]",
            "break_line at 131032: no line is in use at that time: link (name one that can)",
        ),
        ("paper-village", "municipality.residents=301", "301 residents are too many for paper"),
        ("paper-village", 'municipality.link.pattern="line"', "a line needs a registry that was adapted"),
    ],
)
def test_a_changed_scenario_is_checked_as_a_file_is(name: str, setting: str, says: str) -> None:
    with pytest.raises(UsageError) as raised:
        loading.changed(loading.load(name), [setting])
    assert says in str(raised.value)


def test_no_share_at_any_office_is_refused() -> None:
    with pytest.raises(UsageError, match="one share is above zero"):
        loading.changed(
            loading.load("branch-offices"), [f"municipality.offices.{n}.share=0" for n in range(4)]
        )


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("exchange.at", "this sets nothing"),
        ("exchange.at=", "this is no TOML value"),
        ("exchange.at=noon", "this is no TOML value"),
        ("exchange.at=12:00:00\nseed = 3", "this sets more than one value"),
        ("exchange.att=12:00:00", "did you mean 'at'?"),
        ("exchange.at.hour=12", "there is no place 'exchange.at.hour'"),
        ("municipalities.1.residents=5", "municipalities: Input should be"),
        ("municipality.offices.9.share=1", "there is no place 'municipality.offices.9'"),
        ("municipality.residents=-1", "municipality.residents"),
        ("=5", "unknown key ''"),
    ],
)
def test_a_wrong_setting_says_what_would_be_right(setting: str, says: str) -> None:
    with pytest.raises(UsageError) as raised:
        loading.changed(loading.load("branch-offices"), [setting])
    assert says in str(raised.value)


def test_settings_change_what_they_name_and_nothing_else() -> None:
    before = loading.load("branch-offices")
    after = loading.changed(before, ["exchange.at=12:00:00", "municipality.offices.1.windows=3"])
    assert after.exchange.at.hour == 12
    assert after.places[0].offices[1].windows == 3
    back = loading.changed(after, ["exchange.at=22:00:00", "municipality.offices.1.windows=2"])
    assert back == before
    assert loading.changed(before, []) == before


def test_a_scenario_that_extends_another_takes_its_tables_and_replaces_its_lists(tmp_path: Path) -> None:
    known = loading.load("media-city")
    found = loading.load(mine(tmp_path, "days = 40\nhappenings = []\n[filing]\ncard_absent = 0.5\n"))
    assert (found.name, found.days, found.happenings) == ("mine", 40, ())
    assert found.filing.card_absent == 0.5
    assert found.filing.lead_days == known.filing.lead_days
    assert found.places == known.places


def test_a_file_can_extend_one_beside_it_and_give_other_municipalities(tmp_path: Path) -> None:
    loading.load(mine(tmp_path, ""))
    other = tmp_path / "other.toml"
    row = '[[municipalities]]\ncode = "{}"\nja = "市"\nen = "city"\nresidents = 5\n'
    other.write_text(
        'extends = "mine.toml"\nhappenings = []\n' + row.format("992011") + row.format("992020"),
        encoding="utf-8",
    )
    assert [place.code for place in loading.load(str(other)).places] == ["992011", "992020"]


def test_a_file_that_extends_another_bears_its_own_name_and_makes_no_promise_of_the_other(
    tmp_path: Path,
) -> None:
    path = tmp_path / "my-city.toml"
    path.write_text('extends = "media-city"\n', encoding="utf-8")
    found = loading.load(str(path))
    assert found.name == "my-city"
    assert (found.shows_ja, found.shows_en, found.answers) == ("", "", ())
    assert found.title_en == loading.load("media-city").title_en
    path.write_text('extends = "media-city"\nname = "other"\nanswers = ["lost"]\n', encoding="utf-8")
    assert (loading.load(str(path)).name, loading.load(str(path)).answers) == ("other", ("lost",))


def test_a_file_whose_name_cannot_be_a_scenarios_must_give_one(tmp_path: Path) -> None:
    path = tmp_path / "My City.toml"
    path.write_text('extends = "media-city"\n', encoding="utf-8")
    with pytest.raises(UsageError, match="has no name") as raised:
        loading.load(str(path))
    assert raised.value.received == "My City"
    path.write_text('extends = "media-city"\nname = "mine"\n', encoding="utf-8")
    child = tmp_path / "child.toml"
    child.write_text('extends = "My City.toml"\n', encoding="utf-8")
    assert loading.load(str(child)).name == "child"


def test_a_promise_names_key_figures_that_there_are(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="did you mean 'media_lost'"):
        loading.load(mine(tmp_path, 'answers = ["media_los"]\n'))


# --- fewer days than the scenario's own -----------------------------------------------------------------
def test_what_is_planned_after_the_last_day_is_listed_in_the_order_of_its_moments() -> None:
    whole = loading.load("media-city")
    assert beyond(whole) == []
    late = beyond(loading.lasting(whole, 15))
    assert [(one["at"], one["place"]) for one in late] == [
        ("2019-06-18 09:40", "happenings.2"),
        ("2019-06-24 08:00", "992011.link.switches.0"),
        ("2019-06-27 09:30", "happenings.5"),
    ]
    assert [one["en"] for one in late][:2] == ["a medium is lost", "the change to a line"]
    late = beyond(loading.lasting(loading.load("shinjuku-2019"), 8))
    assert [one["place"] for one in late] == [*(f"bad_batches.{n}" for n in range(3)), "lgwan.outages.0"]
    assert (late[-1]["at"], late[-1]["ja"]) == ("2019-04-13 20:00", "アクセス回線の計画保守")


def test_the_command_says_what_its_days_are_too_few_for(tmp_path: Path) -> None:
    path = changed(tmp_path, "residents = 42157", "residents = 200")
    command = [
        str(Path(sys.executable).with_name("renkei")),
        "sim",
        "run",
        path,
        "--out",
        str(tmp_path / "out"),
    ]
    told = subprocess.run([*command, "--days", "8"], capture_output=True, text=True, check=True).stdout
    assert (
        "not played     4 planned after the last day: a batch that nobody should take in (2019-04-09 23:10"
        in told
    )
    assert "(2019-04-13 20:00, lgwan.outages.0)" in told
    asked = [*command, "--days", "8", "--json"]
    found = json.loads(subprocess.run(asked, capture_output=True, text=True, check=True).stdout)
    assert [one["place"] for one in found["beyond"]] == [
        *(f"bad_batches.{n}" for n in range(3)),
        "lgwan.outages.0",
    ]
    whole = subprocess.run([*command, "--days", "30"], capture_output=True, text=True, check=True).stdout
    assert "not played" not in whole


def test_everything_that_can_be_planned_has_a_name_in_both_languages() -> None:
    union = get_args(events.Happening)[0]
    kinds = {get_args(model.model_fields["kind"].annotation)[0] for model in get_args(union)}
    assert kinds == set(HAPPENINGS)
    assert set(SWITCHES) == set(get_args(places.Pattern))
    assert not any(re.search("[ぁ-んァ-ヶ一-龠]", en) for _, en in (*HAPPENINGS.values(), *SWITCHES.values()))


def test_a_setting_that_makes_planned_happenings_impossible_says_what_else_to_set() -> None:
    setting = 'municipality.link.pattern="line"'
    with pytest.raises(UsageError) as raised:
        loading.changed(loading.load("media-city"), [setting])
    assert "happenings.0: lose_medium" in raised.value.message
    assert "the same goes for happenings.2" in raised.value.message
    assert raised.value.remedy is not None
    assert "--set 'happenings=[]'" in raised.value.remedy
    assert loading.changed(loading.load("media-city"), [setting, "happenings=[]"]).happenings == ()
    with pytest.raises(UsageError) as raised:
        loading.changed(loading.load("media-city"), ["days=0"])
    assert "happenings" not in str(raised.value.remedy)


@pytest.mark.parametrize("base", ['"mine.toml"', '"./mine.toml"', '"sub/../mine.toml"', "3"])
def test_a_scenario_never_extends_itself(tmp_path: Path, base: str) -> None:
    (tmp_path / "sub").mkdir()
    path = tmp_path / "mine.toml"
    path.write_text(f"extends = {base}\n", encoding="utf-8")
    with pytest.raises(UsageError, match="never itself"):
        loading.load(str(path))


def test_what_a_scenario_extends_must_be_there(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('extends = "media-sity"\n', encoding="utf-8")
    with pytest.raises(UsageError) as raised:
        loading.load(str(path))
    assert "there is no scenario 'media-sity'" in str(raised.value)
    assert "media-city" in str(raised.value)


def test_every_scenario_says_in_both_languages_what_it_shows() -> None:
    for name in loading.names():
        scenario = loading.load(name)
        assert len(scenario.shows_ja) > 20
        assert len(scenario.shows_en) > 40


def test_the_schema_asks_a_file_that_extends_for_nothing_but_that() -> None:
    schema = loading.schema()
    whole, change = schema["$defs"]["Scenario"], schema["$defs"]["ExtendingScenario"]
    assert "extends" not in whole["properties"]
    assert set(whole["properties"]) | {"extends"} == set(change["properties"])
    assert change["required"] == ["extends"]
    assert "residents" in schema["$defs"]["Municipality"]["required"]
    assert "required" not in schema["$defs"]["ExtendingMunicipality"]
    # A list replaces the one below, so what stands in it is whole.
    listed = change["properties"]["municipalities"]["items"]
    assert listed == {"$ref": "#/$defs/Municipality"}
