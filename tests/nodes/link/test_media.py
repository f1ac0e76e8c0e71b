"""Pattern 2: media are written, carried and read at set times; wrong ones are refused, lost ones replaced."""

from __future__ import annotations

from datetime import date, time, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.base.errors import HarnessError, UsageError
from sim.base.instant import Instant, instant, japan_date
from sim.exchange.batch import DOWN, UP
from sim.exchange.folders import OVERHEAD, FolderCode, Found, open_at_rest, seal_at_rest
from sim.exchange.records import AnyRecord
from sim.law.calendar import is_closed
from sim.nodes.link import DRILLS, LINE, MANUAL_STEPS, MEDIA, Link, LinkState, Media, labour
from sim.nodes.link.media import read_medium, write_medium
from sim.nodes.link.state import Medium
from sim.nodes.messages import encode_body
from sim.nodes.messages.link import DrillMedium, FindMedium, LoseMedium, SwitchLink
from sim.nodes.messages.registry import Inbound, Outbound
from tests.exchange.samples import agency_notice, any_record, notice, transmission
from tests.nodes.link.legs import DAY, KEY, NAME, REGISTRY, RUNS, TERMINAL, Leg, link

CODE = "131041"


def leg() -> Leg:
    return Leg(link(pattern=MEDIA))


def medium_under_way(one: Leg, direction: str = UP) -> Medium:
    with one.rig.store.transaction() as transaction:
        state: LinkState = transaction.state
        underway = state.underway(direction)
        assert underway is not None
        medium = state.medium(direction, underway.id)
        assert medium is not None
        return medium


# --- refused ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("direction", [UP, DOWN])
@pytest.mark.parametrize("fault", DRILLS)
def test_a_medium_that_is_not_the_next_of_this_leg_is_refused_and_changes_nothing(
    fault: str, direction: str
) -> None:
    """S1-015; S2-013."""
    one = leg()
    one.hand_in(direction, notice(1))
    one.clock(11)
    before = one.records(direction)
    assert len(before) == 1
    one.hand_in(direction, notice(2))
    one.clock(12, 5)  # the second medium is under way
    reply = one.give(DrillMedium(direction, fault))
    assert (reply.ok, reply.code) == (False, DRILLS[fault])
    assert one.data("medium_refused")["code"] == DRILLS[fault]
    assert one.records(direction) == before
    one.clock(13)
    assert one.records(direction) == [notice(1), notice(2)]


def test_every_drill_has_a_code_of_the_folders_rules() -> None:
    assert set(DRILLS.values()) == {code for code in FolderCode if code.startswith("MEDIUM_")}


def test_before_the_first_medium_none_is_used_or_stale() -> None:
    one = leg()
    assert {one.give(DrillMedium(UP, fault)).code for fault in ("used", "stale")} == {"none_read_yet"}
    assert one.give(DrillMedium(UP, "cursed")).code == "unknown_drill"
    assert one.give(DrillMedium("sideways", "early")).code == "unknown_direction"
    assert one.lines() == []


def test_where_nobody_works_with_media_none_is_handed_in_or_lost() -> None:
    one = Leg(Link(NAME, REGISTRY, TERMINAL))
    assert one.give(DrillMedium(UP, "early")).code == "not_set_up"
    assert one.give(LoseMedium(UP)).code == "no_medium_under_way"
    assert one.give(FindMedium(UP)).code == "none_lost"
    assert one.give(SwitchLink(MEDIA)).code == "not_set_up"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"key": b"short"}, "32 bytes"),
        ({"runs": ()}, "once a day"),
        ({"carry_minutes": -1}, "minutes"),
        ({"writing": ("write", "ejct")}, "eject"),
        ({"reading": ("pray",)}, "is no manual step"),
    ],
)
def test_what_cannot_be_carried_out_is_refused_when_it_is_declared(
    changes: dict[str, object], told: str
) -> None:
    with pytest.raises(UsageError) as caught:
        Media(**({"key": KEY} | changes))  # type: ignore[arg-type]
    assert told in str(caught.value)


def test_a_leg_with_media_needs_a_municipality_for_its_labels() -> None:
    with pytest.raises(UsageError, match="municipality"):
        Link(NAME.replace("131041", "131042"), REGISTRY, TERMINAL, media=Media(KEY))  # type: ignore[arg-type]


def test_an_office_that_never_opens_is_refused() -> None:
    one = Leg(link(pattern=MEDIA, media=Media(KEY, closed=lambda _: True)))
    with pytest.raises(UsageError, match="closed every day"):
        one.up(notice())


def test_a_leg_whose_key_changed_under_way_says_so_and_keeps_the_records() -> None:
    one = leg()
    one.up(notice(1))
    one.clock(9, 5)
    one.rig.node = link(pattern=MEDIA, media=Media(b"x" * 32, RUNS, 15))
    with pytest.raises(HarnessError, match="its own medium") as caught:
        one.clock(10)
    assert FolderCode.MEDIUM_FORGED in str(caught.value)
    assert medium_under_way(one).records == 1


# --- lost ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("direction", [UP, DOWN])
def test_a_lost_medium_is_told_and_written_again_under_its_number_with_another_id(direction: str) -> None:
    """S1-015."""
    one = leg()
    one.hand_in(direction, notice(1), notice(2))
    one.clock(9, 5)
    assert one.give(LoseMedium(direction)).ok
    written = [line.data for line in one.lines("medium_written")]
    assert written[0]["sequence"] == written[1]["sequence"] == 1
    assert written[0]["medium"] != written[1]["medium"]
    lost, again = one.data("medium_lost"), one.data("medium_reissued")
    assert (lost["medium"], lost["direction"], lost["records"]) == (written[0]["medium"], direction, 2)
    assert again == {"medium": written[1]["medium"], "replaces": written[0]["medium"]}
    one.clock(9, 16)  # when the first would have come
    assert one.records(direction) == []
    one.clock(23)
    assert one.records(direction) == [notice(1), notice(2)]


def test_a_lost_medium_that_is_found_later_is_refused() -> None:
    """S1-015."""
    one = leg()
    one.up(notice(1))
    one.clock(9, 5)
    one.give(LoseMedium(UP))
    one.clock(11)
    assert one.give(FindMedium(UP)).code == FolderCode.MEDIUM_STALE
    assert one.data("medium_refused")["medium"] == one.data("medium_lost")["medium"]
    assert one.give(FindMedium(UP)).code == "none_lost"  # it was set aside
    one.clock(23)
    assert one.records(UP) == [notice(1)]


def test_a_lost_medium_that_is_found_before_its_successor_counts_and_the_successor_is_refused() -> None:
    """S1-015: whichever is taken in first counts (`sim.exchange.folders.Label`)."""
    one = leg()
    one.up(notice(1))
    one.clock(9, 5)
    one.give(LoseMedium(UP))
    assert one.give(FindMedium(UP)).ok
    assert one.records(UP) == [notice(1)]
    one.clock(10)
    assert one.data("medium_refused")["medium"] == one.data("medium_reissued")["medium"]
    one.up(notice(2))
    one.clock(23)
    assert one.records(UP) == [notice(1), notice(2)]


def test_a_medium_lost_again_and_again_arrives_in_the_end() -> None:
    one = leg()
    one.up(notice(1))
    one.clock(9)
    for _ in range(5):
        assert one.give(LoseMedium(UP)).ok
    one.up(notice(2))
    one.clock(23)
    assert one.records(UP) == [notice(1), notice(2)]
    assert len(one.lines("medium_lost")) == 5


@pytest.mark.parametrize("lost", [False, True])
def test_a_run_that_finds_the_last_medium_on_the_way_is_made_up_for_when_it_has_arrived(lost: bool) -> None:
    carry = 20 if lost else 40
    one = Leg(link(pattern=MEDIA, media=Media(KEY, (time(9), time(9, 30)), carry)))
    one.up(notice(1))
    one.clock(9, 20 - lost)
    if lost:
        one.clock(9, 20 - lost)
        assert one.give(LoseMedium(UP)).ok  # written again at 9:19, and on the way until 9:39
    one.up(notice(2))
    arrives = 39 if lost else 40
    one.clock(9, arrives - 1)
    assert one.records(UP) == []
    one.clock(9, arrives)
    assert one.records(UP) == [notice(1)]
    assert (one.data("medium_written")["sequence"], one.data("medium_written")["records"]) == (2, 1)
    one.clock(11)
    assert one.records(UP) == [notice(1), notice(2)]


# --- unreadable to the finder ------------------------------------------------------------------------------
def test_whoever_finds_a_medium_reads_nothing_of_it_without_the_key_of_the_place() -> None:
    """S1-015; S2-014: encrypted at rest."""
    one = leg()
    secret = notice(1, name="NGUYEN VAN AN", card_number="AB12345678CD")
    one.up(secret)
    one.clock(9, 5)
    medium = medium_under_way(one)
    ((name, sealed),) = medium.files
    assert medium.label is not None
    for private in ("NGUYEN", "AB12345678CD", "大久保", secret.person_ref, secret.record_id):
        assert private.encode() not in sealed + medium.label + name.encode()
    other = open_at_rest(sealed, "medium", name, b"o" * 32)
    assert isinstance(other, Found)
    assert other.code is FolderCode.OTHER_KEY
    ours = open_at_rest(sealed, "medium", name, KEY)
    assert isinstance(ours, bytes)
    # It is the real sealing: under its own nonce the real function gives the very same bytes.
    assert seal_at_rest(ours, name, KEY, sealed[4:16]) == sealed
    assert len(sealed) == len(ours) + OVERHEAD


def test_neither_key_nor_content_stands_in_the_journal_or_in_what_is_shown_of_a_link() -> None:
    one = leg()
    one.up(notice(1))
    one.clock(9, 5)
    one.give(LoseMedium(UP))
    one.clock(23)
    told = repr([line.data for line in one.lines()])
    assert "NGUYEN" not in told
    assert "AB12345678CD" not in told
    assert repr(KEY) not in told + repr(one.rig.node)


def test_no_two_media_are_sealed_under_one_nonce() -> None:
    one, nonces = leg(), set()
    for number in range(20):
        one.clock(8, 0, DAY + timedelta(days=number))
        one.up(notice(1))  # the same content every time
        one.clock(9, 5, DAY + timedelta(days=number))
        nonces.add(medium_under_way(one).files[0][1][4:16])
        one.give(LoseMedium(UP))
        nonces.add(medium_under_way(one).files[0][1][4:16])
    assert len(nonces) == 40


def test_an_altered_medium_is_refused() -> None:
    medium = write_medium("131041-U000001-1", CODE, UP, 1, (Outbound((notice(),)),), KEY, instant(DAY, 9))
    ((name, sealed),) = medium.files
    for place in range(0, len(sealed), 7):
        altered = sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]
        found = read_medium(
            msgspec.structs.replace(medium, files=((name, altered),)), CODE, UP, KEY, 1, frozenset()
        )
        assert isinstance(found, Found)
        assert found.code is FolderCode.MEDIUM_INCOMPLETE


@given(st.binary(max_size=80))
def test_any_bytes_for_a_label_are_refused(label: bytes) -> None:
    medium = write_medium("131041-U000001-1", CODE, UP, 1, (), KEY, instant(DAY, 9))
    broken = msgspec.structs.replace(medium, label=label)
    assert isinstance(read_medium(broken, CODE, UP, KEY, 1, frozenset()), Found)


# --- carried ---------------------------------------------------------------------------------------------
@given(st.lists(st.lists(any_record(), max_size=3), max_size=4), st.sampled_from([UP, DOWN]))
def test_a_medium_gives_what_the_line_gives_byte_for_byte(
    handed: list[list[AnyRecord]], direction: str
) -> None:
    """S2-015; S2-006: the pattern does not change what a message says."""
    by_line, by_medium = Leg(link(pattern=LINE)), leg()
    for one in (by_line, by_medium):
        for records in handed:
            one.hand_in(direction, *records)
        one.clock(23)
    carried = [[encode_body(message) for message in one.out[direction]] for one in (by_line, by_medium)]
    assert carried[0] == carried[1]
    assert len(carried[0]) == len(handed)


@pytest.mark.parametrize("direction", [UP, DOWN])
def test_what_waits_is_written_at_the_next_run_and_read_after_the_carrying_time(direction: str) -> None:
    one = leg()
    one.hand_in(direction, notice(1))
    one.hand_in(direction, notice(2), notice(3))
    one.clock(8, 59)
    assert one.lines() == []
    one.clock(9)
    written = {"direction": direction, "sequence": 1, "records": 3, "steps": 6}
    assert written.items() <= one.data("medium_written").items()
    one.clock(9, 14)
    assert one.out[direction] == []
    one.clock(9, 15)
    assert one.records(direction) == [notice(1), notice(2), notice(3)]
    read = {"direction": direction, "sequence": 1, "records": 3, "steps": 9, "minutes": 15}
    assert read.items() <= one.data("medium_read").items()


def test_what_is_handed_in_when_a_run_begins_has_missed_it() -> None:
    one = leg()
    one.clock(9)
    one.up(notice(1))
    one.clock(11)
    assert one.lines() == []
    one.clock(12)
    assert one.data("medium_written")["records"] == 1


def test_between_handing_in_and_reading_nothing_passes_between_the_two_sides() -> None:
    """S1-014: no network path to the registry."""
    one = leg()
    one.up(notice(1))
    one.down(agency_notice(1))
    one.clock(9)
    assert one.out == {UP: [], DOWN: []}
    one.clock(9, 15)
    assert one.came_at == {UP: [instant(DAY, 9, 15)], DOWN: [instant(DAY, 9, 15)]}
    assert [line.kind for line in one.lines() if line.at == one.now] == ["medium_read", "medium_read"]


def test_what_was_taken_in_is_erased() -> None:
    """S2-014: deletion after import."""
    one = leg()
    one.up(notice(1))
    one.clock(9, 5)
    name = medium_under_way(one).id
    one.clock(10)
    with one.rig.store.transaction() as transaction:
        state: LinkState = transaction.state
        assert state.medium(UP, name) is None
        assert state.underway(UP) is None
        assert not state.anything_waits(UP)


def test_a_day_on_which_nothing_is_handed_in_costs_nothing() -> None:
    one = leg()
    one.clock(23, 0, DAY + timedelta(days=30))
    assert (one.rung, one.lines()) == (0, [])
    one.up(notice(1))
    one.clock(23, 0, DAY + timedelta(days=60))
    assert one.rung == 2  # one run and one arrival
    assert len(one.lines()) == 2


def test_media_rest_when_the_office_is_closed() -> None:
    one = Leg(link(pattern=MEDIA, media=Media(KEY, (time(9),), closed=is_closed)))
    holiday_eve = date(2026, 5, 2)  # a Saturday; Golden Week lasts until Wednesday
    one.clock(10, 0, holiday_eve)
    one.up(notice(1))
    one.clock(23, 0, date(2026, 5, 31))
    (came,) = one.came_at[UP]
    assert japan_date(came) == date(2026, 5, 7)


def test_numbers_count_up_without_a_gap_in_each_direction() -> None:
    """S2-013."""
    one = leg()
    for days in range(450):  # longer than used media are remembered
        day = DAY + timedelta(days=days)
        one.clock(8, 30, day)
        one.up(notice(days))
        if days % 3 == 0:
            one.down(agency_notice(days))
        one.clock(9, 1, day)
        if days % 5 == 0:
            one.give(LoseMedium(UP))
    one.until(Instant(one.now + 86_400_000_000))
    for direction, count in ((UP, 450), (DOWN, 150)):
        read = [line.data for line in one.lines("medium_read") if line.data["direction"] == direction]
        assert [data["sequence"] for data in read] == list(range(1, count + 1))
        assert len({data["medium"] for data in read}) == count
    assert one.records(UP) == [notice(days) for days in range(450)]
    with one.rig.store.transaction() as transaction:
        state: LinkState = transaction.state
        assert len(state.used(UP)) == 400


# --- counted ---------------------------------------------------------------------------------------------
def test_every_manual_step_of_a_medium_is_counted() -> None:
    """S1-013."""
    media = Media(
        KEY, RUNS, writing=("write", "eject"), reading=("carry", "insert", "read"), refusing=("insert",)
    )
    one = Leg(link(pattern=MEDIA, media=media))
    one.up(notice(1), transmission(2))
    one.clock(9, 1)
    one.give(LoseMedium(UP))  # 2 written, 1 reported, 2 written
    one.clock(10)  # 3 read
    one.give(FindMedium(UP))  # 1 refused
    counted = labour(one.lines())
    assert (counted[MEDIA].steps, counted[MEDIA].lost) == (2 + 1 + 2 + 3 + 1, 1)
    assert counted[LINE].steps == 0


def test_every_step_of_the_table_is_told_in_both_languages() -> None:
    assert all(ja and en and ja != en for ja, en in MANUAL_STEPS.values())
    assert {"write", "eject", "carry", "insert", "scan", "read", "erase", "log_on"} <= set(MANUAL_STEPS)


def test_what_came_down_keeps_the_name_of_its_batch() -> None:
    one = leg()
    one.down(agency_notice(1), batch="ISA-131041-01-00000007.2")
    one.clock(10)
    assert one.out[DOWN] == [Inbound("ISA-131041-01-00000007.2", (agency_notice(1),))]
