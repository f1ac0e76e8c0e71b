"""Uploads that were answered for, uploads in pieces and sealed batches, on every database."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.base.errors import HarnessError
from sim.base.instant import Instant
from sim.base.node import NodeId, Reply, Send, Step
from sim.nodes.messages.network import Carry
from sim.stores.arrivals import Arrivals, Backlog, KeyReused, Misplaced, Partial, Receipt, Upload
from sim.stores.sql import SqlStore
from tests.stores.databases import KINDS, Reopen, places
from tests.stores.test_contract import ME, NOW, PEER, give, same

TOKYO, OSAKA = NodeId("terminal-131041"), NodeId("terminal-271004")
LATER = Instant(NOW + 1_000)
EXPIRES = Instant(NOW + 5_000)
OK = Reply()

Open = Callable[[], Arrivals]


def upload(key: str, sealed: bytes = b"sealed", peer: NodeId = TOKYO) -> Upload:
    return Upload(peer, key, f"ref-{key}", f"cause-{key}", sealed)


@pytest.fixture(params=KINDS)
def databases(request: pytest.FixtureRequest) -> Iterator[Reopen]:
    with places(request.param, request) as reopen:
        yield reopen


@pytest.fixture
def reopen(databases: Reopen) -> Open:
    """Gives the arrivals as they were left, as after a restart."""
    return lambda: Arrivals(databases())


@pytest.fixture
def arrivals(reopen: Open) -> Arrivals:
    """Opened once, for tests in which nothing is restarted."""
    return reopen()


# --- uploads that were answered for ---------------------------------------------------------------------
def test_uploads_are_kept_in_their_order_with_a_receipt_each(reopen: Open) -> None:
    receipts = reopen().keep([upload("a", b"1"), upload("b", b"22"), upload("a", b"3", OSAKA)], NOW)
    assert [(one.n, one.peer, one.key, one.size) for one in receipts if isinstance(one, Receipt)] == [
        (1, TOKYO, "a", 1),
        (2, TOKYO, "b", 2),
        (3, OSAKA, "a", 1),
    ]
    first = receipts[0]
    assert isinstance(first, Receipt)
    assert (first.ref, first.cause, first.kept_at, first.state) == ("ref-a", "cause-a", NOW, "kept")
    assert first.digest == hashlib.sha256(b"1").hexdigest()
    assert reopen().receipt(TOKYO, "a") == first
    assert reopen().receipt(TOKYO, "c") is None
    assert reopen().receipt(OSAKA, "b") is None


def test_the_same_bytes_under_the_same_key_get_the_same_receipt(reopen: Open) -> None:
    [first] = reopen().keep([upload("a")], NOW)
    assert reopen().keep([upload("a")], LATER) == [first]
    assert len(reopen().undecided(10)) == 1


def test_the_same_key_twice_in_one_commit_is_kept_once(reopen: Open) -> None:
    first, again, other = reopen().keep([upload("a"), upload("a"), upload("a", b"other")], NOW)
    assert first == again
    assert isinstance(other, KeyReused)
    assert [one.sealed for one in reopen().undecided(10)] == [b"sealed"]


def test_other_bytes_under_a_known_key_are_refused_even_after_it_was_decided(reopen: Open) -> None:
    reopen().keep([upload("a")], NOW)
    expected, received = (hashlib.sha256(data).hexdigest() for data in (b"sealed", b"other"))
    refused = [KeyReused(TOKYO, "a", expected, received)]
    assert reopen().keep([upload("a", b"other")], NOW) == refused
    reopen().decide(1, OK, LATER)
    assert reopen().keep([upload("a", b"other")], NOW) == refused


def test_one_that_is_refused_does_not_keep_the_others_out(reopen: Open) -> None:
    reopen().keep([upload("a")], NOW)
    _, receipt = reopen().keep([upload("a", b"other"), upload("b")], NOW)
    assert isinstance(receipt, Receipt)
    assert receipt.n == 2


def test_the_undecided_come_in_the_order_of_keeping_until_they_are_decided(reopen: Open) -> None:
    reopen().keep([upload(key, key.encode()) for key in "cab"], NOW)
    assert [(one.receipt.key, one.sealed) for one in reopen().undecided(2)] == [("c", b"c"), ("a", b"a")]
    reopen().decide(1, OK, LATER)
    assert [one.receipt.n for one in reopen().undecided(10)] == [2, 3]
    assert [one.receipt.n for one in reopen().undecided(10, after=2)] == [3]


def test_a_decision_keeps_the_receipt_with_the_reply_and_drops_the_bytes(
    reopen: Open, databases: Reopen
) -> None:
    reopen().keep([upload("a")], NOW)
    reply = Reply(False, "SEQUENCE_GAP", "expected 2, received 3")
    reopen().decide(1, reply, LATER)
    receipt = reopen().receipt(TOKYO, "a")
    assert receipt is not None
    assert (receipt.reply, receipt.state, receipt.digest) == (
        reply,
        "decided",
        hashlib.sha256(b"sealed").hexdigest(),
    )
    assert reopen().keep([upload("a")], NOW) == [receipt]
    with databases().reading() as cursor:
        assert cursor.execute("SELECT sealed FROM kept").fetchall() == [(None,)]


def test_deciding_twice_keeps_the_first_decision(reopen: Open) -> None:
    reopen().keep([upload("a")], NOW)
    reopen().decide(1, OK, LATER)
    reopen().decide(1, Reply(False, "OTHER"), LATER)
    receipt = reopen().receipt(TOKYO, "a")
    assert receipt is not None
    assert receipt.reply == OK


def test_deciding_what_was_never_kept_is_an_error(reopen: Open) -> None:
    with pytest.raises(HarnessError, match="never kept"):
        reopen().decide(1, OK, LATER)


def test_a_decision_stands_or_falls_with_the_batch_that_it_is_part_of(databases: Reopen) -> None:
    database = databases()
    arrivals, store = Arrivals(database), SqlStore(database, ME, same)
    arrivals.keep([upload("a")], NOW)
    with pytest.raises(ZeroDivisionError), database.batch():
        give(store, "k", lambda state: Step())
        arrivals.decide(1, OK, LATER)
        assert arrivals.undecided() == []
        raise ZeroDivisionError
    assert len(arrivals.undecided()) == 1


def test_the_backlog_tells_how_many_wait_and_since_when(reopen: Open) -> None:
    assert reopen().backlog() == Backlog(0, None, 0)
    reopen().keep([upload("a")], NOW)
    reopen().keep([upload("b"), upload("c")], LATER)
    assert reopen().backlog() == Backlog(3, NOW, 0)
    reopen().decide(1, OK, LATER)
    assert reopen().backlog() == Backlog(2, LATER, 1)


def test_old_receipts_can_be_forgotten_and_no_number_comes_twice(reopen: Open) -> None:
    reopen().keep([upload("a"), upload("b"), upload("c")], NOW)
    for n in (1, 3):
        reopen().decide(n, OK, LATER)
    assert reopen().forget(LATER) == 0
    assert reopen().forget(Instant(LATER + 1)) == 1  # the undecided one stays, and the last number too
    assert reopen().receipt(TOKYO, "a") is None
    [again] = reopen().keep([upload("a")], LATER)
    assert isinstance(again, Receipt)
    assert again.n == 4


def test_many_threads_keep_at_once_and_each_gets_its_own(databases: Reopen) -> None:
    arrivals = Arrivals(databases())
    outcomes: dict[int, object] = {}

    def run(number: int) -> None:
        outcomes[number] = arrivals.keep([upload(f"{number % 4}", b"%d" % number)], NOW)[0]

    threads = [threading.Thread(target=run, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = [one for one in outcomes.values() if isinstance(one, Receipt)]
    assert sorted(one.n for one in kept) == [1, 2, 3, 4]
    assert len(outcomes) == 16
    assert sum(isinstance(one, KeyReused) for one in outcomes.values()) == 12


# --- uploads in pieces ----------------------------------------------------------------------------------
def test_an_upload_in_pieces_is_kept_with_its_last_piece(reopen: Open) -> None:
    begun = reopen().begin(TOKYO, "a", "ref", "cause", 6, EXPIRES)
    assert begun == Partial(TOKYO, "a", "ref", "cause", 6, 0, EXPIRES)
    later = Instant(EXPIRES + 1)
    partial = reopen().append(TOKYO, "a", 0, b"1234", later, NOW)
    assert partial == Partial(TOKYO, "a", "ref", "cause", 6, 4, later)
    assert reopen().partial(TOKYO, "a") == partial
    receipt = reopen().append(TOKYO, "a", 4, b"56", later, LATER)
    assert isinstance(receipt, Receipt)
    assert (receipt.n, receipt.ref, receipt.size, receipt.kept_at) == (1, "ref", 6, LATER)
    assert receipt.digest == hashlib.sha256(b"123456").hexdigest()
    assert [one.sealed for one in reopen().undecided()] == [b"123456"]
    assert reopen().partial(TOKYO, "a") is None
    assert reopen().begin(TOKYO, "a", "ref", "cause", 6, EXPIRES) == receipt
    assert isinstance(reopen().begin(TOKYO, "a", "ref", "cause", 7, EXPIRES), KeyReused)
    assert reopen().keep([Upload(TOKYO, "a", "ref", "cause", b"123456")], NOW) == [receipt]


@pytest.mark.parametrize(("offset", "piece"), [(0, b"x"), (5, b"x"), (4, b"567"), (3, b"")])
def test_a_piece_that_does_not_follow_is_not_kept(reopen: Open, offset: int, piece: bytes) -> None:
    reopen().begin(TOKYO, "a", "ref", "", 6, EXPIRES)
    partial = reopen().append(TOKYO, "a", 0, b"1234", EXPIRES, NOW)
    assert isinstance(partial, Partial)
    assert reopen().append(TOKYO, "a", offset, piece, EXPIRES, NOW) == Misplaced(partial, offset, len(piece))
    assert isinstance(reopen().append(TOKYO, "a", 4, b"56", EXPIRES, NOW), Receipt)
    assert [one.sealed for one in reopen().undecided()] == [b"123456"]


def test_an_empty_piece_changes_nothing_but_the_time(reopen: Open) -> None:
    reopen().begin(TOKYO, "a", "ref", "", 2, EXPIRES)
    for _ in range(2):
        partial = reopen().append(TOKYO, "a", 0, b"", LATER, NOW)
        assert isinstance(partial, Partial)
        assert (partial.received, partial.expires_at) == (0, LATER)
    assert isinstance(reopen().append(TOKYO, "a", 0, b"12", LATER, NOW), Receipt)


def test_announcing_it_again_tells_how_far_it_has_come(reopen: Open) -> None:
    reopen().begin(TOKYO, "a", "ref", "", 6, EXPIRES)
    partial = reopen().append(TOKYO, "a", 0, b"1234", EXPIRES, NOW)
    assert reopen().begin(TOKYO, "a", "ref", "", 6, LATER) == partial
    assert isinstance(reopen().begin(TOKYO, "a", "ref", "", 5, LATER), KeyReused)
    assert isinstance(reopen().begin(OSAKA, "a", "ref", "", 5, LATER), Partial)
    assert [one.key for one in reopen().partials(TOKYO)] == ["a"]


def test_what_nobody_goes_on_with_expires_and_takes_nothing_in_any_more(reopen: Open) -> None:
    reopen().begin(TOKYO, "a", "ref", "", 6, EXPIRES)
    reopen().begin(TOKYO, "b", "ref", "", 6, Instant(EXPIRES + 1))
    assert reopen().append(TOKYO, "a", 0, b"1", LATER, EXPIRES) is None
    assert reopen().expire(Instant(EXPIRES - 1)) == 0
    assert reopen().expire(EXPIRES) == 1
    assert reopen().partial(TOKYO, "a") is None
    assert reopen().partial(TOKYO, "b") is not None
    assert reopen().append(TOKYO, "a", 0, b"1", LATER, NOW) is None


def test_an_upload_that_is_abandoned_leaves_no_piece_behind(reopen: Open) -> None:
    reopen().begin(TOKYO, "a", "ref", "", 6, EXPIRES)
    reopen().append(TOKYO, "a", 0, b"1234", EXPIRES, NOW)
    assert reopen().abandon(TOKYO, "a")
    assert not reopen().abandon(TOKYO, "a")
    reopen().begin(TOKYO, "a", "ref", "", 2, EXPIRES)
    receipt = reopen().append(TOKYO, "a", 0, b"ab", EXPIRES, NOW)
    assert isinstance(receipt, Receipt)
    assert [one.sealed for one in reopen().undecided()] == [b"ab"]


def test_an_upload_that_came_whole_while_its_pieces_came_is_kept_once(arrivals: Arrivals) -> None:
    arrivals.begin(TOKYO, "a", "ref-a", "", 4, EXPIRES)
    arrivals.append(TOKYO, "a", 0, b"ab", EXPIRES, NOW)
    (whole,) = arrivals.keep([upload("a", b"abcd")], NOW)
    assert arrivals.append(TOKYO, "a", 2, b"cd", EXPIRES, NOW) is None
    assert arrivals.partials(TOKYO) == []
    assert arrivals.begin(TOKYO, "a", "ref-a", "", 4, EXPIRES) == whole


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
@given(pieces=st.lists(st.binary(max_size=40), min_size=1, max_size=6))
def test_pieces_of_any_size_make_the_upload_that_was_sent(arrivals: Arrivals, pieces: list[bytes]) -> None:
    key, whole = f"k{arrivals.backlog().decided}", b"".join(pieces)
    arrivals.begin(TOKYO, key, "ref", "", len(whole), EXPIRES)
    at, outcome = 0, None
    for piece in pieces:
        if not isinstance(outcome, Receipt):
            outcome = arrivals.append(TOKYO, key, at, piece, EXPIRES, NOW)
            at += len(piece)
    [kept] = arrivals.undecided()
    assert (kept.receipt, kept.sealed) == (outcome, whole)
    arrivals.decide(kept.receipt.n, OK, LATER)


# --- sealed batches -------------------------------------------------------------------------------------
SEALED = bytes(range(256)) * 4 * 300  # more than a block of 256 KiB


def test_any_range_of_a_sealed_batch_can_be_had(reopen: Open) -> None:
    assert reopen().sealed(ME, 1) is None
    told = reopen().keep_sealed(ME, 1, SEALED)
    assert (told.size, told.digest) == (len(SEALED), hashlib.sha256(SEALED).hexdigest())
    assert reopen().sealed(ME, 1) == told
    arrivals = reopen()
    assert arrivals.sealed_bytes(ME, 1) == SEALED
    block = 256 * 1024
    for start in (0, 1, block - 1, block, len(SEALED) - 1, len(SEALED), len(SEALED) + 5):
        for end in (None, start, start + 1, block, block + 1, len(SEALED) + 5):
            assert arrivals.sealed_bytes(ME, 1, start, end) == SEALED[start:end], (start, end)


def test_a_batch_is_sealed_once_however_often_it_is_asked_for(reopen: Open) -> None:
    first = reopen().keep_sealed(ME, 1, b"first")
    assert reopen().keep_sealed(ME, 1, b"second, of another length") == first
    assert reopen().sealed_bytes(ME, 1) == b"first"


def test_an_empty_batch_has_no_bytes(reopen: Open) -> None:
    assert reopen().keep_sealed(ME, 1, b"").size == 0
    assert reopen().sealed_bytes(ME, 1) == b""


def test_the_sealed_bytes_go_with_the_send_and_those_of_others_stay(databases: Reopen) -> None:
    database = databases()
    store, arrivals = SqlStore(database, ME, same), Arrivals(database)
    give(store, "k", lambda state: Step(sends=(Send(NodeId("lgwan"), Carry(TOKYO, "r", b"plain")),) * 2))
    for n in (1, 2):
        arrivals.keep_sealed(ME, n, SEALED)
    arrivals.keep_sealed(PEER, 1, SEALED)
    store.dispatched(store.outbox()[0])
    assert arrivals.sealed(ME, 1) is None
    assert arrivals.sealed_bytes(ME, 1) == b""
    assert arrivals.sealed_bytes(ME, 2) == arrivals.sealed_bytes(PEER, 1) == SEALED
    with database.reading() as cursor:
        assert cursor.execute("SELECT DISTINCT node, n FROM block ORDER BY node").fetchall() == [
            (ME, 2),
            (PEER, 1),
        ]
