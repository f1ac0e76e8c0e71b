"""How much was exchanged, by direction and business."""

from __future__ import annotations

from reports import labels
from reports.blocks import Column, Row, Section, Table, Text
from reports.language import Language
from reports.sections.period import planned
from sim.studies.measures import Measures


def section(m: Measures, say: Language) -> Section:
    """Batches, records and bytes by direction and business."""
    title = say("情報連携の量", "Volumes")
    if not m.volumes:
        return Section(
            "volumes",
            title,
            blocks=(Text(say("バッチは作られていない。", "No batch was made."), empty=True),),
        )
    days = max(len(planned(m.run)), 1)
    rows = []
    totals = [0, 0, 0]
    for key in sorted(m.volumes, key=_volume_order):
        direction, _, business = key.partition("/")
        volume = m.volumes[key]
        way = say.of(labels.named(labels.DIRECTIONS, direction))
        name = f"{way} {say.of(labels.named(labels.BUSINESSES, business))}"
        parts = (volume.batches, volume.records, volume.plain_bytes)
        totals = [total + part for total, part in zip(totals, parts, strict=True)]
        rows.append(Row((name, *_volume(say, parts, days)), key=key))
    rows.append(Row((say("計", "Total"), *_volume(say, (totals[0], totals[1], totals[2]), days)), total=True))
    table = Table(
        "volumes",
        say("方向と業務ごとの量", "By direction and business"),
        (
            Column(say("方向・業務", "Direction, business"), "text"),
            Column(say("バッチ", "Batches")),
            Column(say("レコード", "Records")),
            Column(say("バイト", "Bytes")),
            Column(say("1レコードのバイト", "Bytes per record")),
            Column(say("1日のレコード", "Records a day")),
        ),
        tuple(rows),
        note=say(
            "レコードには、処理結果（レコードごと）と受領の結果（バッチごと）を含む。"
            "封筒に入れる前のバイト数。ヘッダーとトレーラーを含むため、"
            "空のバッチが多いと1レコードのバイトは大きくなる。",
            "Records include results (one a record) and receipts (one a batch). Bytes before the envelope."
            " Header and trailer count, so many empty batches make the bytes per record large.",
        ),
    )
    return Section("volumes", title, blocks=(table,))


def _volume_order(key: str) -> tuple[int, int, str]:
    direction, _, business = key.partition("/")
    directions, businesses = list(labels.DIRECTIONS), list(labels.BUSINESSES)
    return (
        directions.index(direction) if direction in directions else len(directions),
        businesses.index(business) if business in businesses else len(businesses),
        key,
    )


def _volume(say: Language, parts: tuple[int, int, int], days: int) -> tuple[str, ...]:
    batches, records, size = parts
    per_record = f"{size / records:,.1f}" if records else "–"
    return (*(say.number(part) for part in (batches, records, size)), per_record, f"{records / days:,.1f}")
