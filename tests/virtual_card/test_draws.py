"""Draws follow from seed and path, and from nothing else."""

from collections import Counter

from virtual_card.draws import Draws


def test_the_same_seed_and_path_give_the_same_bytes_in_any_portions() -> None:
    whole = Draws(7, "photo").octets(100)
    parts = Draws(7, "photo")
    assert b"".join(parts.octets(n) for n in (1, 31, 33, 0, 35)) == whole


def test_another_seed_or_path_gives_other_bytes() -> None:
    streams = {Draws(seed, *path).octets(16) for seed in (1, 2, "1 ") for path in ((), ("a",), ("a", "b"))}
    assert len(streams) == 9


def test_numbers_stay_within_their_bounds_and_reach_both_ends() -> None:
    draws = Draws(1, "numbers")
    assert {draws.between(3, 5) for _ in range(100)} == {3, 4, 5}
    assert {draws.below(1) for _ in range(5)} == {0}


def test_every_option_is_chosen_about_as_often() -> None:
    draws = Draws(1, "choices")
    counts = Counter(draws.choice("abcd") for _ in range(4000))
    assert all(900 < count < 1100 for count in counts.values())


def test_a_chance_of_nothing_never_comes_and_a_chance_of_everything_always() -> None:
    draws = Draws(1, "chances")
    assert not any(draws.chance(0) for _ in range(50))
    assert all(draws.chance(100) for _ in range(50))
