"""Each scenario shows what its name promises: it happens, it is counted, and nothing is lost by it."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, time
from functools import lru_cache
from itertools import pairwise

import pytest

from sim.base.instant import DAY, at_time, instant, japan_time
from sim.base.journal import Line, encode
from sim.studies import simulate
from sim.studies.scenario import loading
from tests.studies.played import SHORT, Played, by_case, date_of, played, run, shortened, sound


def test_every_scenario_that_comes_along_is_played_here() -> None:
    assert set(SHORT) == set(loading.names())


@pytest.mark.parametrize("name", ["outage-day", "paper-village", "standalone-terminals"])
def test_the_same_seed_gives_the_same_bytes_and_another_one_others(name: str) -> None:
    """Keys and envelopes are new in every run; nothing of them reaches a journal."""
    scenario = loading.lasting(shortened(name), 4)
    scenario = scenario.model_copy(
        update={"cards": scenario.cards.model_copy(update={"real_chips": min(3, scenario.cards.real_chips)})}
    )
    first, again, other = (
        b"\n".join(encode(line) for line in simulate.run(scenario, seed).site.lines()) for seed in (3, 3, 4)
    )
    assert first == again
    assert first != other


# --- shinjuku-2019 ---------------------------------------------------------------------------------------
def test_shinjuku_exchanges_every_night_and_refuses_three_batches() -> None:
    """S3-003, S1-022: nothing is lost, and each day has its exchange but that of the maintenance."""
    one = run("shinjuku-2019")
    sound(one)
    assert [row["code"] for row in one.measures.rejected_batches] == [
        "NOT_OPENED",
        "DIGEST_MISMATCH",
        "NOT_OPENED",
    ]
    assert one.measures.exchange["2019-04-13"].delayed > 0
    assert sum(cell.card.get("absent", 0) for cell in one.measures.filings.values()) > 0


# --- branch-offices --------------------------------------------------------------------------------------
CLOSED, UNTRAINED = "branch_office-03", "branch_office-04"


def test_an_office_that_takes_no_filings_takes_none_and_sends_people_on() -> None:
    """S0-020, S0-057: it refuses and refers; it never takes half."""
    one = run("branch-offices")
    sound(one)
    assert one.count("visit_turned_away", office=CLOSED, reason="not_accepted_here") > 50
    assert {
        line.data["referred_to"] for line in one.of("visit_turned_away") if line.data["office"] == CLOSED
    } == {"main_office"}
    accepted = {line.data["office"] for line in one.of("filing_accepted")}
    assert accepted == {"main_office", "branch_office-02", UNTRAINED}
    until = date(2019, 4, 1)  # afterwards some are still on their way to the office that serves them
    turned = {line.case for line in one.of("visit_turned_away") if date_of(line) <= until}
    assert turned <= {line.case for line in one.of("visit_served")}


def test_an_office_without_trained_staff_serves_nobody_who_hands_in_a_card() -> None:
    """S0-050, S0-060: training and temporary posts run out on 2 April and 31 March."""
    one = run("branch-offices")
    turned = [line for line in one.of("visit_turned_away") if line.data["reason"] == "no_trained_clerk"]
    assert len(turned) > 10
    assert {line.data["office"] for line in turned} == {UNTRAINED}
    assert min(date_of(line) for line in turned) == date(2019, 4, 3)
    last = max(date_of(line) for line in one.of("card_endorsed") if line.data["office"] == UNTRAINED)
    assert last == date(2019, 4, 2)


def test_each_person_takes_four_steps_in_their_order_in_one_office_and_session() -> None:
    """S0-018, S0-019, S0-032, S0-053, S0-054, S0-055: no endorsement elsewhere or before its filing."""
    one = run("branch-offices")
    steps = ("identity_confirmed", "authenticity_confirmed", "filing_accepted", "card_endorsed")
    seen: Counter[tuple[str, ...]] = Counter()
    for case, lines in by_case(one.of(*steps)).items():
        assert case
        assert len({(line.data["office"], line.data["session"]) for line in lines}) == 1
        kinds = [line.kind for line in sorted(lines, key=lambda line: line.n)]
        assert kinds == [kind for kind in steps if kind in kinds]
        seen[tuple(kinds)] += 1
    assert seen[steps] > 500


def test_people_wait_and_a_mixed_household_is_served_together() -> None:
    """S0-059: one session, an outcome for each by status."""
    one = run("branch-offices")
    offices = one.measures.offices
    assert max((office.waited.largest or 0) for office in offices.values()) > 30
    classes: dict[str, set[str]] = defaultdict(set)
    for line in one.of("filing_accepted"):
        classes[line.data["session"]].add(line.data["person_class"])
    assert any(len(found) == 2 for found in classes.values())
    shared = [line for line in one.of("visit_served") if line.data["persons"] > 1]
    assert len(shared) > 100


def test_a_printer_that_fails_leaves_cases_open_until_it_is_mended_on_that_day() -> None:
    """S0-049, S0-017: a case stays open while a presented card has no endorsement, and says so."""
    one = run("branch-offices")
    left = {line.case: line for line in one.of("case_left_open")}
    closed = {line.case: line for line in one.of("case_closed")}
    assert left.keys() == closed.keys()
    assert len(left) > 3
    for case, line in left.items():
        assert date_of(line) == date_of(closed[case]) == date(2019, 3, 27)
        assert 10 <= japan_time(line.at).hour <= 11
        assert line.data["office"] == closed[case].data["office"] == "main_office"


# --- cutover-2019 ----------------------------------------------------------------------------------------
def test_what_is_on_the_line_over_midnight_of_the_change_is_taken_in() -> None:
    """S3-008, S3-016: the batches of 31 March arrive on 1 April, and none is refused."""
    one = run("cutover-2019")
    sound(one)
    midnight = instant(date(2019, 4, 1))
    over = {line.subject for line in one.of("transfer_done") if line.data["started"] < midnight <= line.at}
    assert over
    accepted = {line.subject for line in one.of("batch_accepted", "batch_received")}
    assert over <= accepted
    assert one.measures.rejected_batches == []
    assert all(balance.rejected == 0 for balance in one.measures.balances.values())


def test_both_names_of_the_counterpart_stand_on_what_messengers_carry() -> None:
    """S3-007: 法務大臣 until 31 March 2019, 出入国在留管理庁長官 from then on."""
    one = run("cutover-2019")
    names = {
        (date_of(line), line.data["addressee"])
        for line in one.of("emergency_delivered")
        if line.data["to"] == "ministry"
    }
    assert names == {(date(2019, 3, 29), "法務大臣"), (date(2019, 4, 4), "出入国在留管理庁長官")}


# --- forty-cities ----------------------------------------------------------------------------------------
def test_forty_cities_exchange_every_day_over_all_three_links() -> None:
    """S1-022, S2-006, S2-007: at least one exchange a day for each, whatever the link."""
    one = run("forty-cities")
    sound(one)
    assert Counter(site.pattern for site in one.measures.run.sites) == {"line": 28, "media": 10, "paper": 2}
    made: dict[tuple[str, date], int] = Counter(
        (line.node, date_of(line)) for line in one.of("batch_made") if line.node != "ministry"
    )
    assert len(made) == 40 * 12
    for pattern, least in (("media", 100), ("paper", 20)):
        work = [link for key, link in one.measures.links.items() if key.endswith(pattern)]
        assert sum(link.records for link in work) > least
        assert sum(link.steps for link in work) > least


def test_wards_that_are_cut_off_drain_when_the_line_is_back() -> None:
    one = run("forty-cities")
    delayed = {line.node for line in one.of("batch_delayed")}
    assert {"terminal-131083", "terminal-131164", "terminal-131075"} <= delayed
    back = at_time(date(2019, 4, 11), time(9))
    waited = {line.subject for line in one.of("batch_delayed")}
    assert all(line.at >= back for line in one.of("batch_accepted") if line.subject in waited)


def test_people_move_between_the_cities_and_are_struck_off_before_they_are_recorded_again() -> None:
    """S1-007: a person is in one register at a time."""
    one = run("forty-cities")
    at: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for line in one.of("filing_accepted"):
        if line.data["filing"] in ("moving_out", "moving_in"):
            at[line.subject].append((line.data["filing"], line.node))
    pairs = [pair for steps in at.values() for pair in pairwise(steps)]
    assert sum(before[0] == "moving_out" for before, _ in pairs) > 50
    for (kind, node), (next_kind, next_node) in pairs:
        assert kind != next_kind
        assert (node == next_node) is (kind == "moving_in")


def test_births_departures_certificates_and_people_without_a_record_occur() -> None:
    """S3-004, S3-005, S3-013: those with an abode only belong to it as well."""
    one = run("forty-cities")
    assert one.count("abode_recorded") == 20
    handed = one.of("certificate_handed_over")
    assert handed
    assert one.found.sums()["certificate_issuance_notice"].sent == len(handed)
    assert one.count("record_made", filing="birth") > 0
    assert one.count("notice_raised", reason="departed") > 0
    assert one.measures.candidates.found


# --- media-city ------------------------------------------------------------------------------------------
def test_a_lost_medium_is_written_again_and_refused_when_it_is_found() -> None:
    """S1-015: the loss is in the journal, the batch goes again, and nothing is doubled."""
    one = run("media-city")
    sound(one)
    lost, again = one.of("medium_lost"), one.of("medium_reissued")
    assert [line.data["direction"] for line in lost] == ["up", "down"]
    assert [line.data["medium"] for line in lost] == [line.data["replaces"] for line in again]
    read = {line.data["medium"] for line in one.of("medium_read")}
    assert not read & {line.data["medium"] for line in lost}
    assert {line.data["medium"] for line in again} <= read
    refused = {line.data["medium"]: line.data["code"] for line in one.of("medium_refused")}
    assert refused[lost[0].data["medium"]] == "MEDIUM_STALE"
    assert sorted(refused.values()) == ["MEDIUM_FOREIGN", "MEDIUM_FORGED", "MEDIUM_STALE"]


def test_the_city_goes_over_to_a_line_and_loses_and_doubles_nothing() -> None:
    """S2-006, S2-009, S2-018, S1-014: one pattern at a time, the change with its day, the line's state."""
    one = run("media-city")
    (switch,) = one.of("link_switched")
    assert (switch.data["from"], switch.data["to"], date_of(switch)) == ("media", "line", date(2019, 6, 24))
    written = one.of("medium_written")
    assert len(written) > 20
    assert max(line.at for line in written) < switch.at
    down, up = one.of("link_down")[0], one.of("link_up")[0]
    assert (up.at - down.at) * 24 * 60 // DAY == 150


def test_media_cost_people_steps_that_the_line_does_not() -> None:
    """S1-012, S1-013."""
    links = run("media-city").measures.links
    assert links["992011/media"].steps > 200
    assert "992011/line" not in links or links["992011/line"].steps == 0


def test_who_files_on_the_last_day_is_a_false_candidate_until_the_medium_is_in() -> None:
    """S0-012, S0-013: a candidate only, withdrawn when the filing arrives; made by the delay of the link."""
    one = run("media-city")
    false = [line for line in one.of("candidate_withdrawn") if line.data["why"] == "filed_in_time"]
    assert len(false) >= 1
    assert one.measures.candidates.false == len(false)
    found = {line.subject: line for line in one.of("candidate_found")}
    for line in false:
        assert line.data["filed_date"] <= line.data["last_day"] < line.data["arrived_date"]
        assert found[line.subject].at < line.at


# --- outage-day ------------------------------------------------------------------------------------------
def test_an_outage_holds_batches_up_and_they_drain() -> None:
    """S3-003, S1-022: what was delayed is taken in, by messenger or when the line is back."""
    one = run("outage-day")
    sound(one)
    delayed = {line.subject for line in one.of("batch_delayed")}
    taken = {line.subject for line in one.of("batch_accepted", "batch_received")}
    assert len(delayed) > 3
    assert delayed <= taken
    assert all(balance.pending == 0 for balance in one.measures.batches.values())


def test_the_centre_sees_the_working_day_without_an_exchange_and_when_it_is_over() -> None:
    """S1-022, S1-026: a due day with no exchange is a finding, with time, place and kind."""
    one = run("outage-day")
    (missed,) = (line for line in one.of("fault_reported") if line.data["fault"] == "no_exchange")
    assert (missed.data["place"], missed.data["day"]) == ("terminal-992011", "2019-05-20")
    (over,) = (line for line in one.of("fault_cleared") if line.data["fault"] == "no_exchange")
    assert over.at > missed.at


def test_a_messenger_carries_what_waits_both_ways_in_the_declared_outage() -> None:
    """S1-027: another way for the same batches; media serve on this leg in a declared outage only."""
    one = run("outage-day")
    carried = one.of("emergency_delivered")
    assert {line.data["to"] for line in carried} == {"ministry", "terminal-992011"}
    assert {date_of(line) for line in carried} == {date(2019, 5, 21)}
    assert one.of("emergency_refused") == []


def test_another_terminal_goes_on_at_the_right_number() -> None:
    """S1-018, S1-026: no number is used twice or left out, and the centre saw the fault."""
    one = run("outage-day")
    (swap,) = one.of("terminal_replaced")
    assert swap.data["after"] == "T-0002"
    numbers: dict[str, list[int]] = defaultdict(list)
    for line in one.of("batch_accepted"):
        *business, number = line.subject.split("-")
        numbers["-".join(business)].append(int(number))
    assert numbers
    for seen in numbers.values():
        assert seen == list(range(1, len(seen) + 1))
    faults = [
        line for line in one.of("fault_reported", "fault_cleared") if line.data["fault"] == "disk_failed"
    ]
    fault, mended = faults
    assert fault.data["place"] == "terminal-992011"
    assert mended.data["minutes"] == 40


def test_the_safeguards_of_the_terminal_are_at_work() -> None:
    """S3-026, S3-028, S3-030, S3-031, S3-032, S3-033, S3-034, each with what shows it."""
    one = run("outage-day")
    audited = Counter((line.data["what"], line.data["operator"]) for line in one.of("audit_logged"))
    assert one.count("peer_refused", peer="terminal-000000") == 1
    assert one.count("batch_quarantined") == 1
    assert audited["log_on_failed", "suzuki"] == 5
    assert audited["locked", "suzuki"] == audited["unlocked", "tanaka"] == 1
    assert audited["timed_out", "suzuki"] == 1
    for who in ("suzuki", "tanaka", "service"):
        assert audited["log_on", who] == audited["log_off", who] > 0
    assert audited["view", "suzuki"] == audited["export", "tanaka"] == one.count("log_exported") == 1
    assert audited["send", "tanaka"] > 0  # the messenger's batches are his
    assert audited["log_on_failed", "sato"] == 1
    assert {line.data["operator"] for line in one.of("training_overdue")} == {"sato"}


# --- paper-village ---------------------------------------------------------------------------------------
def test_on_paper_some_errors_are_seen_and_some_are_passed_on() -> None:
    """S2-016, S2-017, S1-013: every record is compared with its source, and the rate is known."""
    one = run("paper-village")
    sound(one)
    (work,) = one.measures.links.values()
    assert work.rekeyed == one.count("record_rekeyed") > 400
    assert work.errors > work.caught > 0
    assert work.passed_on > 0
    assert 0.004 < work.errors / work.fields < 0.03
    wrong = [line for line in one.of("record_rekeyed") if line.data["differs"]]
    assert len(wrong) == work.wrong > 0


def test_the_village_connects_for_each_exchange() -> None:
    """S1-016, S1-023: connect, exchange, disconnect."""
    one = run("paper-village")
    opened, closed = one.of("session_opened"), one.of("session_closed")
    assert len(opened) == len(closed) >= 180
    assert one.of("session_refused") == []


# --- renewal-then-copy -----------------------------------------------------------------------------------
def test_copies_after_an_extension_are_stale_under_one_option() -> None:
    """S1-006, S1-008: by the record, what the card says already is not on the copy."""
    one = run("renewal-then-copy")
    sound(one)
    copies = one.measures.copies["stale_record"]
    assert copies.issued > copies.stale > 10
    assert copies.behind.total == copies.stale
    assert {line.data["option"] for line in one.of("copy_issued")} == {"stale_record"}


def test_copies_after_an_extension_follow_the_card_under_the_other_option() -> None:
    """S1-008: nobody is given a stale copy, the record is corrected by the card and the agency told of it."""
    one = played(shortened("renewal-then-copy", {"exchange.copies": '"card_based"'}))
    sound(one)
    copies = one.measures.copies["card_based"]
    assert copies.issued > 10
    assert copies.stale == 0
    assert one.count("record_corrected", filing="corrected_ex_officio") > 10


# --- same-day-in-and-out ---------------------------------------------------------------------------------
def on_one_day(one: Played) -> dict[str, list[Line]]:
    """The filings of those who moved in and out of one city on one day."""
    found: dict[tuple[str, str, date], list[Line]] = defaultdict(list)
    for line in one.of("filing_accepted"):
        if line.data["filing"] in ("moving_in", "moving_out"):
            found[line.subject, line.node, date_of(line)].append(line)
    return {who: lines for (who, _, _), lines in found.items() if len(lines) == 2}


def test_who_moves_in_and_out_on_one_day_does_both_in_that_order() -> None:
    """S1-007: both notices go up, in order, and the agency takes both in."""
    one = run("same-day-in-and-out")
    sound(one)
    both = on_one_day(one)
    assert len(both) > 20
    of_case = {
        line.case: line for line in one.of("record_raised") if line.data["kind"] == "municipality_notice"
    }
    accepted = {line.data["record"] for line in one.of("record_accepted")}
    for lines in both.values():
        assert [line.data["filing"] for line in lines] == ["moving_in", "moving_out"]
        raised = [of_case[line.case] for line in lines]
        assert [line.data["action"] for line in raised] == ["made", "removed"]
        assert {line.data["record"] for line in raised} <= accepted


def test_a_later_notice_of_the_agency_goes_to_the_city_that_holds_the_record() -> None:
    """S1-007: none is misrouted, so none is refused by a register that does not know the person."""
    one = run("same-day-in-and-out")
    assert one.of("notice_refused") == []
    made = {line.data["record"] for line in one.of("record_raised") if line.data.get("action") == "made"}
    home: dict[str, str] = {}
    last: dict[str, str] = {}
    for line in one.lines:
        if line.kind == "record_accepted" and line.data["record"] in made:
            home[line.subject] = line.data["record"].partition("-")[0]
        elif line.kind == "notice_raised":
            last[line.subject] = line.data["holder"]
            if line.subject in home:
                assert line.data["holder"] == home[line.subject]
    assert len(last.keys() & home.keys()) > 10
    assert last.keys() & on_one_day(one).keys()


# --- standalone-terminals --------------------------------------------------------------------------------
@lru_cache(maxsize=1)
def standalone() -> Played:
    scenario = shortened("standalone-terminals")
    return played(scenario.model_copy(update={"cards": scenario.cards.model_copy(update={"real_chips": 15})}))


def test_standalone_terminals_read_cards_and_some_of_them_are_real_chips() -> None:
    """S0-048, S0-031, S0-026: without any line, and a forged face stops the filing."""
    one = standalone()
    sound(one)
    reads = Counter((line.data["connection"], line.data["real"]) for line in one.of("card_read"))
    assert reads["standalone", False] > 50
    assert reads["standalone", True] > 0
    assert reads["standalone", True] + reads["lgwan", True] == 15
    assert one.count("read_refused") == 0
    assert one.count("card_read", outcome="mismatch") == one.count("authenticity_failed") > 0


def test_a_standalone_terminal_cannot_write_and_keeps_the_whole_country_from_it() -> None:
    """S0-034, S0-035, S0-036: no cached authorisation, and one terminal off the network is enough."""
    one = standalone()
    reasons = Counter((line.data["terminal"], line.data["reason"]) for line in one.of("write_refused"))
    assert reasons["cards-992011-01", "standalone"] > 0
    assert reasons["cards-992011-02", "standalone"] > 0
    assert reasons["cards-992011-03", "suspended"] > 0
    assert one.count("policy_not_moved", step="start") == 1
    assert one.of("address_written", "write_authorised") == []


def test_pattern_files_grow_old_until_somebody_brings_one() -> None:
    """S0-051, S0-052: by medium where there is no line, by itself where there is one."""
    one = standalone()
    assert {line.node for line in one.of("pattern_outdated")} == {"cards-992011-01", "cards-992011-02"}
    manners = {(line.node, line.data["manner"]) for line in one.of("pattern_updated")}
    assert manners == {
        ("cards-992011-01", "medium"),
        ("cards-992011-02", "medium"),
        ("cards-992011-03", "automatic"),
    }


# --- write-start -----------------------------------------------------------------------------------------
FIRST_TRY, START = date(2019, 7, 1), date(2019, 7, 8)


def test_nothing_is_written_before_the_start_and_chips_are_written_after_it() -> None:
    """S0-034, S0-045, S0-047: the suspension holds until all are ready and both ministries have signed."""
    one = run("write-start")
    sound(one)
    written = one.of("address_written")
    assert len(written) > 20
    assert min(date_of(line) for line in written) == START
    steps = [
        (line.kind, line.data["step"], date_of(line)) for line in one.of("policy_moved", "policy_not_moved")
    ]
    assert steps == [
        ("policy_moved", "survey", date(2019, 6, 5)),
        ("policy_moved", "decision", date(2019, 6, 20)),
        ("policy_not_moved", "start", FIRST_TRY),
        ("policy_moved", "start", START),
    ]


def test_one_city_that_is_late_keeps_every_office_from_writing() -> None:
    """S0-034, S0-038, S0-040: it reports its readiness on 4 July."""
    one = run("write-start")
    before = [line for line in one.of("write_not_authorised") if date_of(line) < START]
    assert {line.data["terminal"].split("-")[1] for line in before} == {"992011", "992020", "992038"}
    lacking = [
        (line.data["municipality"], bool(line.data["lacking"])) for line in one.of("readiness_reported")
    ]
    assert [lacks for code, lacks in lacking if code == "992020"] == [True, True, False]
    assert not any(lacks for code, lacks in lacking if code != "992020")
    own = [line.data["reasons"] for line in before if "-992020-" in line.data["terminal"]]
    assert any("security_policy" in reasons and "lan_settings" in reasons for reasons in own)


def test_an_office_that_does_not_write_bars_its_city_after_the_start() -> None:
    """S0-043: all offices of a city write, or none does."""
    one = run("write-start")
    writing = {line.data["terminal"] for line in one.of("address_written")}
    assert writing == {f"cards-{code}-{n}" for code in ("992011", "992020") for n in ("01", "02")}
    after = [line for line in one.of("write_refused") if date_of(line) >= START]
    reasons = {(line.data["terminal"], line.data["reason"]) for line in after}
    assert ("cards-992038-01", "offices_differ") in reasons
    assert ("cards-992038-02", "switched_off") in reasons
    differ = {(date_of(line), line.data["municipality"]) for line in one.of("offices_differ")}
    # All were switched on at the first attempt, while writing was still suspended; at the start one is not.
    assert differ == {*((FIRST_TRY, code) for code in ("992011", "992020", "992038")), (START, "992038")}
