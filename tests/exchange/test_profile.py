"""Layouts are data: another profile binds other columns without code, a broken one is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.base.errors import HarnessError
from sim.exchange import batch as batches
from sim.exchange.profile import FOLDER, OPEN_1, open_profile, open_profiles, read_profile
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
    newest = open_profiles()[0]
    for kind, struct in KINDS.items():
        profile = newest
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


def test_every_value_of_a_choice_has_a_meaning_in_both_languages() -> None:
    profile = open_profiles()[0]
    values = {v for layout in profile.layouts.values() for c in layout.columns for v in c.values}
    assert set(profile.meanings) == values
    assert all(ja and en for ja, en in profile.meanings.values())


def test_assumed_values_are_values() -> None:
    for layout in open_profiles()[0].layouts.values():
        for column in layout.columns:
            assert set(column.assumed_values) <= set(column.values)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('day = "event"', 'day = "monday"', "unknown rule for a day"),
        ('form = "text", max = 160 }', 'form = "text", max = 160, day = "past" }', "is no date"),
        ('since = "renkei-open/1.1"', 'since = "renkei-open/3"', "came later"),
        ("optional = true, assumed = true, since", "assumed = true, since", "came later"),
        ('{ reason = ["moving_out"] }', '{ reason = ["moved_out"] }', "depends on 'reason'"),
        (
            'item = "birth_date", ja = "出生の年月日", en = "date of birth", form = "birth_date"',
            'item = "birth_date", ja = "出生の年月日", en = "date of birth", form = "text", max = 10',
            "date on one side",
        ),
        ('form = "birth_date" }', 'form = "date" }', "known in part on one side"),
        ('form = "date", day = "event"', 'form = "birth_date"', "known in part on one side"),
        ('empty_when = { outcome = ["accepted"] }', 'empty_when = { outcome = ["taken"] }', "depends on"),
        ("never_with = { made = {", "never_with = { born = {", "lacks a value of its own rule"),
        ('made = { reason = ["moving_out"', 'made = { reason = ["moved_out"', "depends on 'reason'"),
        ('other_than = "record_id"', 'other_than = "number"', "differs from 'number'"),
        (
            'values = ["accepted", "rejected"] }',
            'values = ["accepted", "rejected"], empty_when = { scope = ["batch"] } }',
            "sometimes empty",
        ),
        ("payload_bytes", "payload_bites", "not a profile"),
        ("file_bytes", "file_bites", "not a profile"),
        ("first_day = 2012-07-09", 'first_day = "2012-07-09"', "not a profile"),
    ],
)
def test_a_rule_that_cannot_hold_is_refused(tmp_path: Path, old: str, new: str, says: str) -> None:
    with pytest.raises(HarnessError, match=says):
        read_profile(variant(tmp_path, (old, new)))


def test_a_newer_version_only_adds_columns_at_the_end() -> None:
    newer, older = open_profiles()
    for kind, layout in older.layouts.items():
        assert newer.layouts[kind].items[: len(layout.items)] == layout.items
