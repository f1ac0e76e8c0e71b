"""What can be looked up: citations, the calendar, the page of all rules."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.base.errors import UsageError
from sim.commands.law.telling import (
    LAST_DAY,
    Json,
    law_app,
    read_day,
    tell_json,
    tell_unconfirmed,
    today,
)

if TYPE_CHECKING:
    from sim.law.citation import Citation


@law_app.command("citation")
def citation_command(
    provision: Annotated[
        str | None, typer.Argument(help="Id of a provision, such as immi.19-9-1; without it, all of them.")
    ] = None,
    on: Annotated[str | None, typer.Option(help="As it is numbered on this day; today unless given.")] = None,
    json_output: Json = False,
) -> None:
    """How a provision is numbered and named on a day; without an id, every provision and every change."""
    from sim.law.changes import CHANGES
    from sim.law.citation import PROVISIONS, citation, counterpart, first_day

    day = today() if on is None else read_day(on, "--on")
    if provision is not None:
        found = citation(provision, day)
        if json_output:
            tell_json({"on": day.isoformat(), **_cited(found), "short": found.short})
            return
        typer.echo(f"{found.ja}\n{found.en}\n{day}現在 / as of {day}")
        tell_unconfirmed(found.unconfirmed)
        return
    known = [citation(name, day) for name in sorted(PROVISIONS) if first_day(name) <= day]
    if json_output:
        tell_json(
            {
                "on": day.isoformat(),
                "counterpart": counterpart(day)[0],
                "counterpart_en": counterpart(day)[1],
                "provisions": [_cited(found) for found in known],
                "changes": [
                    {
                        "id": c.id,
                        "on": c.on and c.on.isoformat(),
                        "what": c.ja,
                        "what_en": c.en,
                        "unconfirmed": [c.unconfirmed] if c.unconfirmed else [],
                    }
                    for c in CHANGES
                ],
            }
        )
        return
    width = max(len(c.id) for c in known)
    for c in known:
        typer.echo(f"{c.id:<{width}}  {c.ja}")
        typer.echo(f"{'':<{width}}  {c.en}")
    typer.echo("")
    for change in CHANGES:
        when = change.on.isoformat() if change.on else "日付未確認"
        typer.echo(f"{when}  {change.ja}\n            {change.en}")


@law_app.command("calendar")
def calendar_command(
    year: Annotated[
        int | None, typer.Argument(help="List this year's closed weekdays.", min=2012, max=LAST_DAY.year)
    ] = None,
    day: Annotated[str | None, typer.Option(help="Is the office open on this day?")] = None,
    start: Annotated[str | None, typer.Option("--from", help="Count a period from this day…")] = None,
    days: Annotated[int | None, typer.Option(help="… of so many days, or", min=1, max=3660)] = None,
    months: Annotated[int | None, typer.Option(help="of so many months.", min=1, max=120)] = None,
    first_day_counts: Annotated[
        bool, typer.Option("--first-day-counts", help="The first day is day 1, as for a birth report.")
    ] = False,
    json_output: Json = False,
) -> None:
    """The closed days of a year, one day, or the end of a period.

    One of: a year; --day; --from with --days or --months.
    """
    from sim.law import calendar
    from sim.law.calendar import closed_reason, count_days, count_months, is_closed, next_open

    counted = (days is not None) + (months is not None)
    if [year is not None, day is not None, start is not None].count(True) != 1 or counted != (
        start is not None
    ):
        raise UsageError(
            "the calendar answers one question at a time",
            expected="a year, or --day, or --from with one of --days and --months",
            where="renkei law calendar",
            remedy="write `renkei law calendar 2026`, or `renkei law calendar --from 2026-04-22 --days 14`",
        )
    if year is not None:
        first = date(year, 1, 1)
        all_days = (first + timedelta(days=n) for n in range((date(year, 12, 31) - first).days + 1))
        rows = [
            {"day": one.isoformat(), "why": why.ja, "why_en": why.en}
            for one in all_days
            if (why := closed_reason(one)) is not None and why.en not in ("Saturday", "Sunday")
        ]
        if json_output:
            tell_json({"year": year, "closed": rows, "unconfirmed": _of_year(year)})
            return
        for row in rows:
            typer.echo(f"{row['day']}  {row['why']}  {row['why_en']}")
        typer.echo("土曜日・日曜日も閉庁日です。 Saturdays and Sundays are closed as well.")
        tell_unconfirmed(_of_year(year))
        return
    answer: dict[str, Any]
    if day is not None:
        asked = read_day(day, "--day")
        reason = closed_reason(asked)
        answer = {
            "day": day,
            "open": not is_closed(asked),
            "why": reason and reason.ja,
            "why_en": reason and reason.en,
            "next_open": next_open(asked).isoformat(),
            "unconfirmed": list(calendar.rests_on(asked, next_open(asked))),
        }
        if json_output:
            tell_json(answer)
        elif reason is None:
            typer.echo(f"{day}  開庁日です / open")
        else:
            typer.echo(f"{day}  閉庁日です / closed: {reason.ja} / {reason.en}")
            typer.echo(f"次の開庁日 / next open day: {answer['next_open']}")
        if not json_output:
            tell_unconfirmed(answer["unconfirmed"])
        return
    begun = read_day(start or "", "--from")
    end = (
        count_days(begun, days, first_day_counts=first_day_counts)
        if days is not None
        else count_months(begun, months or 0, first_day_counts=first_day_counts)
    )
    if end > LAST_DAY:
        raise UsageError(
            f"the period ends on {end}: too far away",
            expected=f"an end until {LAST_DAY}",
            received=str(end),
            where="renkei law calendar",
            remedy="take an earlier day or a shorter period",
        )
    closed = closed_reason(end)
    answer = {
        "from": begun.isoformat(),
        "counted_last_day": end.isoformat(),
        "why": closed and closed.ja,
        "why_en": closed and closed.en,
        "last_day": next_open(end).isoformat(),
        "unconfirmed": list(calendar.rests_on(end, next_open(end))),
    }
    if json_output:
        tell_json(answer)
        return
    typer.echo(f"{end}  期間の末日 / the count ends")
    if closed is not None:
        typer.echo(f"{answer['last_day']}  閉庁日（{closed.ja}）の次の開庁日 / next open day ({closed.en})")
    tell_unconfirmed(answer["unconfirmed"])


@law_app.command("kanji")
def kanji_command(
    text: Annotated[str, typer.Argument(help="A name in kanji; [E473] stands for a code of the notice.")],
    rank: Annotated[int, typer.Option(help="Rank of the standard where there are two.", min=1, max=2)] = 1,
    json_output: Json = False,
) -> None:
    """A name in standard kanji (正字) by notice 582, character by character.

    With the small table that comes along, or the whole one that `make kanji-table` builds; what was not
    converted is marked with the reason.
    """
    import os

    from sim.drivers.kanji_table import load_table
    from sim.law.citation import citation
    from sim.law.kanji.conversion import Outcome, convert

    if not text.strip():
        raise UsageError(
            "there is no name to convert",
            expected="a name in kanji",
            received=repr(text),
            where="renkei law kanji",
            remedy="write `renkei law kanji 张`",
        )
    table = load_table(os.environ)
    found = convert(text, table, rank)
    if json_output:
        tell_json(
            {
                "text": found.text,
                "result": found.result,
                "settled": found.settled,
                "clause": citation("notice-582", today()).ja,
                "clause_en": citation("notice-582", today()).en,
                "table": found.table,
                "complete": table.complete,
                "steps": [
                    {
                        "source": step.source,
                        "result": step.result,
                        "outcome": step.outcome.value,
                        "part": step.part and step.part.value,
                        "rank": step.rank,
                        "candidates": list(step.candidates),
                        "reason": step.reason and step.reason.ja,
                        "reason_en": step.reason and step.reason.en,
                    }
                    for step in found.steps
                ],
                "unconfirmed": list(found.unconfirmed),
            }
        )
        return
    typer.echo(f"{found.text} -> {found.result}")
    for step in found.steps:
        if step.outcome is Outcome.CONVERTED:
            candidates = "・".join(
                f"{one} U+{ord(one):04X}" if len(one) == 1 else one for one in step.candidates
            )
            choice = f"（候補 {candidates}、第{step.rank}順位）" if len(step.candidates) > 1 else ""
            typer.echo(f"- {step.source} -> {step.result}{choice}")
        elif step.outcome is Outcome.STANDARD:
            typer.echo(f"- {step.source} 正字 / standard already")
        elif step.reason is not None:
            typer.echo(f"- {step.source} 未置換 / not converted: {step.reason.ja}\n    {step.reason.en}")
    size = (
        "全体 / whole"
        if table.complete
        else "小さい表 / small table: `make kanji-table` builds the whole one"
    )
    typer.echo(f"対応表 / table: {found.table} ({size})")
    tell_unconfirmed(found.unconfirmed)


@law_app.command("words")
def words_command(json_output: Json = False) -> None:
    """The words that the options take, with their Japanese and English names; either may be written."""
    from sim.law.page import WORDS

    if json_output:
        tell_json(
            {
                option: [{"word": one.value, "ja": one.ja, "en": one.en} for one in kind]
                for option, kind in WORDS.items()
            }
        )
        return
    for option, kind in WORDS.items():
        typer.echo(f"--{option}")
        for one in kind:
            typer.echo(f"  {one.value:<28}{one.ja}\n{'':<30}{one.en}")


@law_app.command("page")
def page_command() -> None:
    """Every rule with its clauses, dates and what is unconfirmed, as Markdown."""
    from sim.law.page import page

    typer.echo(page(), nl=False)


def _cited(found: Citation) -> dict[str, Any]:
    return {
        "clause": found.ja,
        "clause_en": found.en,
        "clause_id": found.id,
        "unconfirmed": list(found.unconfirmed),
    }


def _of_year(year: int) -> list[str]:
    from sim.law.calendar import ANNOUNCED_UNTIL

    future = ["future-holidays"] if year > ANNOUNCED_UNTIL.year else []
    return ["local-closed-days", "year-end-closed-days", *future]
