"""Layouts are data: another profile binds other columns without code, a broken one is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.base.errors import HarnessError
from sim.exchange import batch as batches
from sim.exchange.profile import FOLDER, OPEN_1, open_profile, read_profile
from sim.exchange.records import KINDS
from tests.exchange.samples import header, notice

TEXT = (FOLDER / f"{OPEN_1}.toml").read_text(encoding="utf-8")


def variant(tmp_path: Path, *changes: tuple[str, str]) -> Path:
    text = TEXT
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path = tmp_path / "profile.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_open_profile_lays_out_every_item_of_every_kind_once() -> None:
    profile = open_profile()
    for kind, struct in KINDS.items():
        items = [column.item for column in profile.layouts[kind].columns]
        assert sorted(items) == sorted(struct.__struct_fields__)
        assert all(column.ja for column in profile.layouts[kind].columns)


def test_the_three_businesses_are_those_of_the_register(  # seed 003, line 179
) -> None:
    assert [business.ja for business in open_profile().businesses.values()] == [
        "住民基本台帳事務",
        "市区町村在留関連事務",
        "特別永住許可事務",
    ]


def test_another_profile_with_other_codes_and_order_carries_the_same_records(tmp_path: Path) -> None:
    other = read_profile(
        variant(
            tmp_path,
            ('profile = "renkei-open/1"', 'profile = "closed/7"'),
            ('code = "MN"', 'code = "J01"'),
        )
    )
    sent = header(1, profile="closed/7")
    content = batches.encode(sent, (notice(),), other)
    assert b"D,J01," in content
    decoded = batches.decode(content, other)
    assert decoded.batch == batches.Batch(sent, (notice(),))
    assert batches.decode(content, open_profile()).batch is None


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("[kind.result]", "[kind.resolt]", "unknown kind 'resolt'"),
        ('item = "action"', 'item = "akction"', "items differ"),
        ('item = "reason"', 'item = "action"', "items differ"),
        ('form = "choice"', 'form = "guess"', "unknown form 'guess'"),
        ('profile = "renkei-open/1"', "profile = ", "not a profile"),
        ('agency = "ISA"', "", "not a profile"),
    ],
)
def test_a_broken_profile_is_refused_with_its_place(tmp_path: Path, old: str, new: str, says: str) -> None:
    path = variant(tmp_path, (old, new))
    with pytest.raises(HarnessError) as raised:
        read_profile(path)
    assert says in str(raised.value)
    assert str(path) in str(raised.value)


def test_a_missing_profile_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match="not a profile"):
        read_profile(tmp_path / "none.toml")
