"""Does all that was planned come out again? The sum must be zero."""

from __future__ import annotations

from load.results import Balance, Results
from reports import labels
from reports.blocks import Block, Column, Row, Section, Table, Text, Verdict
from reports.language import Language


def section(results: Results, say: Language) -> Section:
    """The verdict, the balance of records and batches, and the codes of what was rejected."""
    both = (
        (say("レコード", "Records"), "records", results.records),
        (say("バッチ", "Batches"), "batches", results.batches),
    )
    blocks: list[Block] = [
        _verdict(results, say),
        Table(
            "balance",
            say("突合", "Reconciliation"),
            (
                Column(say("区分", "Of"), "text"),
                Column(say("予定", "Planned")),
                Column(say("未送信", "Never sent")),
                Column(say("受理", "Accepted")),
                Column(say("拒否", "Rejected")),
                Column(say("処理待ち", "Pending")),
                Column(say("喪失", "Lost")),
                Column(say("差引残", "Rest")),
                Column(say("二重処理", "Doubled")),
                Column(say("結果受領", "Answered")),
            ),
            tuple(
                Row(
                    (
                        name,
                        *(
                            say.number(value)
                            for value in (
                                *(one.planned, one.unsent, one.accepted, one.rejected, one.pending),
                                *(one.lost, one.rest, one.doubled, one.answered),
                            )
                        ),
                    ),
                    key=key,
                    warn=not _sound(one),
                )
                for name, key, one in both
            ),
            note=say(
                "受理から喪失までは、送り手の記録とサーバの記録を、終わった後に突き合わせて数える。"
                "結果受領は、その結果を端末が受け取り、確認したもの。",
                "Accepted to lost are counted after the end, the senders' records against the server's."
                " Answered: those whose result a terminal has received and acknowledged.",
            ),
        ),
    ]
    codes = {**results.batches.codes, **results.records.codes}
    if codes:
        blocks.append(_codes(results, say))
    return Section(
        "reconciliation",
        say("突合", "Reconciliation"),
        say(
            "予定 − 未送信 − 受理 − 拒否 − 処理待ち − 喪失 = 差引残。"
            "二重処理は、そのうち一度より多く判定されたもの。",
            "Planned − never sent − accepted − rejected − pending − lost = rest. Doubled were decided more"
            " than once.",
        ),
        tuple(blocks),
    )


def _sound(one: Balance) -> bool:
    return not (one.rest or one.lost or one.doubled)


def _verdict(results: Results, say: Language) -> Verdict | Text:
    if not results.batches.planned and not results.records.planned:
        return Text(say("予定がなく、突合の対象がない。", "Nothing was planned."), empty=True)
    sound = _sound(results.records) and _sound(results.batches)
    rest = abs(results.records.rest) + abs(results.batches.rest)
    left = results.records.pending + results.records.unsent
    return Verdict(
        sound,
        say("差引残はゼロである。", "The sum is zero.")
        if sound
        else say("差引残はゼロではない。", "The sum is NOT zero.")
        if rest
        else say("失われたもの又は二重に処理されたものがある。", "Something was lost or doubled."),
        say("喪失も二重処理もない。", "Nothing is lost, nothing doubled.")
        + (
            say(f" 未送信と処理待ちのレコードが{left:,}件残る。", f" {left:,} records are unsent or pending.")
            if left
            else ""
        )
        if sound
        else say(
            f"喪失 {results.records.lost:,}件、二重 {results.records.doubled:,}件（バッチではそれぞれ"
            f"{results.batches.lost:,}件、{results.batches.doubled:,}件）。",
            f"{results.records.lost:,} records lost, {results.records.doubled:,} doubled; of batches"
            f" {results.batches.lost:,} and {results.batches.doubled:,}.",
        ),
    )


def _codes(results: Results, say: Language) -> Table:
    records, batches = results.records.codes, results.batches.codes
    found = labels.in_order(labels.CODES, set(records) | set(batches))
    return Table(
        "codes",
        say("拒否の理由", "Why something was rejected"),
        (
            Column(say("コード", "Code"), "code"),
            Column(say("意味", "Meaning"), "text"),
            Column(say("レコード", "Records")),
            Column(say("バッチ", "Batches")),
        ),
        tuple(
            Row(
                (
                    code,
                    say.of(labels.named(labels.CODES, code)),
                    say.number(records.get(code, 0)),
                    say.number(batches.get(code, 0)),
                ),
                key=code,
            )
            for code in found
        ),
    )
