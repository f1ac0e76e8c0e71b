"""Whoever waits for his turn gets it in the order of asking."""

from __future__ import annotations

import threading

from sim.stores.turns import Turns


def test_turns_are_given_in_the_order_of_asking_even_to_one_who_asks_again_at_once() -> None:
    turns, order = Turns(), list[str]()
    turns.take()
    threads: list[threading.Thread] = []
    for name in "abc":
        asked = len(threads) + 1

        def run(name: str = name) -> None:
            turns.take()
            order.append(name)
            turns.give_back()

        threads.append(threading.Thread(target=run))
        threads[-1].start()
        while turns.waiting < asked:
            pass
    turns.give_back()
    turns.take()
    order.append("again")
    turns.give_back()
    for thread in threads:
        thread.join()
    assert order == ["a", "b", "c", "again"]


def test_whoever_has_his_turn_may_take_it_again_and_keeps_it_until_he_gave_both_back() -> None:
    turns, came = Turns(), threading.Event()
    turns.take()
    turns.take()
    assert turns.mine

    def other() -> None:
        assert not turns.mine
        turns.take()
        came.set()
        turns.give_back()

    thread = threading.Thread(target=other)
    thread.start()
    turns.give_back()
    while not turns.waiting:
        pass
    assert not came.is_set()
    turns.give_back()
    thread.join()
    assert came.is_set()
    assert not turns.mine
