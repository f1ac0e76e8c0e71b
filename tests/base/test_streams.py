"""Streams depend on seed and path, and on nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from sim.base.streams import Streams

ROOT = Path(__file__).parents[2]
PARTS = st.lists(st.one_of(st.text(max_size=8), st.integers()), min_size=1, max_size=4)


@given(st.integers(0, 2**63), PARTS)
def test_the_same_seed_and_path_give_the_same_draws(seed: int, path: list[str | int]) -> None:
    first, again = Streams(seed).generator(*path), Streams(seed).generator(*path)
    assert first.integers(1 << 62, size=4).tolist() == again.integers(1 << 62, size=4).tolist()


def test_a_longer_path_is_another_stream_however_its_parts_are_cut() -> None:
    streams = Streams(1)
    assert len({streams.number("ab", "c"), streams.number("a", "bc"), streams.number("abc")}) == 3


def test_drawing_from_one_stream_moves_no_other() -> None:
    streams = Streams(7)
    alone = streams.generator("b").random()
    streams.generator("a").random(1000)
    assert streams.generator("b").random() == alone


def test_another_process_with_another_hash_seed_draws_the_same() -> None:
    code = (
        "from sim.base.streams import Streams;"
        "print(Streams(7).number('a', 1), Streams(7).generator('a').random())"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1
