"""`renkei law …`: each command is one question of a clerk, a vendor or an analyst, and one rule that answers.

Every answer names its clause as it was numbered on the day, explains itself in Japanese and English, and says
what it rests on that nobody could confirm. `--json` prints the same as one object.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, Any, Final, TypeVar

import typer

from sim.base.errors import UsageError, nearest

law_app = typer.Typer(
    help="Ask the law: limits, deemed filings, consequences, each with its clause.", no_args_is_help=True
)

# Until then the law can be asked; holidays further away are anybody's guess.
LAST_DAY: Final = date(2100, 12, 31)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Word = TypeVar("Word", bound=StrEnum)

CLASS_HELP: Final = "Class of the person, such as mid_long_term_resident."
HISTORY_HELP: Final = "How the person came to owe a notification, such as residence_on_card."
WORDS_HELP: Final = "A wrong word lists them all."


@law_app.command("deadline")
def deadline_command(
    event: Annotated[
        str, typer.Option(help="The day of the event, YYYY-MM-DD; of moving_out the planned day.")
    ],
    filing: Annotated[
        str, typer.Option(help=f"What is filed, such as moving_in, or birth_report. {WORDS_HELP}")
    ],
    person_class: Annotated[str | None, typer.Option("--class", help=CLASS_HELP)] = None,
    history: Annotated[str | None, typer.Option(help=HISTORY_HELP)] = None,
    permitted: Annotated[
        str | None, typer.Option(help="The day of the permission, where one was given (art. 19-8).")
    ] = None,
    filed: Annotated[str | None, typer.Option(help="The day of a filing: was it in time?")] = None,
    json_output: Json = False,
) -> None:
    """Until when must a filing be made, by which clause, and why that day.

    With --class and --history, a residence_notification names its article and finds its first day: --event is
    then the day the person began to live there, or moved.
    """
    from sim.law.birth import BIRTH_REPORT, birth_report
    from sim.law.filing_period import MovingOut, deadline, moving_out_handling, residence_deadline
    from sim.law.kinds import Filing, History, PersonClass

    day = _date(event, "--event")
    given = {"--class": person_class, "--history": history, "--permitted": permitted}
    described = [option for option, value in given.items() if value is not None]
    if filing == BIRTH_REPORT and not described:
        report = birth_report(day)
        answer, rests_on, kind = report.as_dict(), list(report.unconfirmed), None
        last = report.last_day
    else:
        kind = _word(Filing, filing, "--filing", more=(BIRTH_REPORT,))
        if described and (kind is not Filing.RESIDENCE_NOTIFICATION or not (person_class and history)):
            raise UsageError(
                f"{' and '.join(described)} cannot stand alone or with {filing}",
                expected="--filing residence_notification with both --class and --history",
                received=" ".join([f"--filing {filing}", *described]),
                where="renkei law deadline",
                remedy="leave them out, or give both for a residence_notification",
            )
        if described:
            limit = residence_deadline(
                _word(PersonClass, person_class or "", "--class"),
                _word(History, history or "", "--history"),
                day,
                None if permitted is None else _date(permitted, "--permitted"),
            )
        else:
            limit = deadline(kind, day)
        answer, rests_on, last = limit.as_dict(), list(limit.unconfirmed), limit.last_day
    if filed is not None:
        made = _date(filed, "--filed")
        answer["filed"] = made.isoformat()
        if kind is Filing.MOVING_OUT:
            answer["handling"] = moving_out_handling(day, made).value
            rests_on.append("moving-out-ex-officio")
        answer["in_time"] = made <= last
    answer["unconfirmed"] = rests_on
    if json_output:
        _json(answer)
        return
    typer.echo(f"{answer['last_day']}  {answer['clause']}")
    _why(answer)
    if filed is not None:
        word = ("期限内です / in time", "期限後です / late")[not answer["in_time"]]
        typer.echo(f"{answer['filed']}: {word}")
        if "handling" in answer:
            handling = MovingOut(str(answer["handling"]))
            typer.echo(f"{handling.ja} / {handling.en}")
    _rests_on(rests_on)


@law_app.command("deem")
def deem_command(
    person_class: Annotated[str, typer.Option("--class", help=f"{CLASS_HELP} {WORDS_HELP}")],
    history: Annotated[str, typer.Option(help=f"{HISTORY_HELP} {WORDS_HELP}")],
    filing: Annotated[str, typer.Option(help=f"What is filed, such as moving_in. {WORDS_HELP}")],
    card: Annotated[str, typer.Option(help=f"The card, such as presented. {WORDS_HELP}")],
    on: Annotated[
        str, typer.Option(help="The day of the filing; articles are cited as of then.")
    ] = "2026-04-01",
    json_output: Json = False,
) -> None:
    """Is a register filing deemed the residence notification, by which paragraph, and what stays due."""
    from sim.law.citation import citation
    from sim.law.classing import goes_out, governing
    from sim.law.deeming import at_permission, deem
    from sim.law.kinds import CardState, Filing, History, PersonClass

    day = _date(on, "--on")
    who = _word(PersonClass, person_class, "--class")
    how = _word(History, history, "--history")
    what = _word(Filing, filing, "--filing")
    found = deem(who, how, what, _word(CardState, card, "--card"))
    cited = {
        name: None if clause is None else citation(clause, day)
        for name, clause in (
            ("clause", found.clause),
            ("basis", found.basis),
            ("still_due", found.still_due),
        )
    }
    before = at_permission(who, how)
    answer: dict[str, Any] = {"deemed": found.deemed, "ground": found.ground.value}
    for name, clause in cited.items():
        answer |= {
            name: clause and clause.ja,
            f"{name}_en": clause and clause.en,
            f"{name}_id": clause and clause.id,
        }
    answer |= {
        "at_permission": before and before.basis,
        "governing": governing(what, found.deemed).value,
        "goes_out": list(goes_out(what, found.deemed)),
        "why": found.why_ja,
        "why_en": found.why_en,
        "unconfirmed": list(found.unconfirmed),
    }
    if json_output:
        _json(answer)
        return
    clause, basis, due = cited["clause"], cited["basis"], cited["still_due"]
    if clause and basis:
        typer.echo(f"みなし届出になります / deemed  {clause.ja}（{basis.short}）")
    else:
        typer.echo("みなし届出になりません / not deemed")
    _why(answer)
    if due:
        typer.echo(f"別に必要な届出 / still due: {due.ja}")
    if before:
        typer.echo(before.why_ja)
        typer.echo(before.why_en)
    _rests_on(found.unconfirmed)


@law_app.command("citation")
def citation_command(
    provision: Annotated[
        str | None, typer.Argument(help="Id of a provision, such as immi.19-9-1; without it, all of them.")
    ] = None,
    on: Annotated[str, typer.Option(help="As it was numbered on this day.")] = "2026-04-01",
    json_output: Json = False,
) -> None:
    """How a provision is numbered and named on a day; without an id, every provision and every change."""
    from sim.law.changes import CHANGES
    from sim.law.citation import PROVISIONS, citation, counterpart, first_day

    day = _date(on, "--on")
    if provision is not None:
        found = citation(provision, day)
        answer = {"id": found.id, "on": on, "clause": found.ja, "short": found.short, "clause_en": found.en}
        if json_output:
            _json(answer)
            return
        typer.echo(f"{found.ja}\n{found.en}")
        return
    known = [citation(name, day) for name in PROVISIONS if first_day(name) <= day]
    if json_output:
        _json(
            {
                "on": on,
                "counterpart": counterpart(day)[0],
                "counterpart_en": counterpart(day)[1],
                "provisions": [{"id": c.id, "clause": c.ja, "clause_en": c.en} for c in known],
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
            _json({"year": year, "closed": rows, "unconfirmed": _of_year(year)})
            return
        for row in rows:
            typer.echo(f"{row['day']}  {row['why']}  {row['why_en']}")
        typer.echo("土曜日・日曜日も閉庁日です。 Saturdays and Sundays are closed as well.")
        _rests_on(_of_year(year))
        return
    answer: dict[str, Any]
    if day is not None:
        asked = _date(day, "--day")
        reason = closed_reason(asked)
        answer = {
            "day": day,
            "open": not is_closed(asked),
            "why": reason and reason.ja,
            "why_en": reason and reason.en,
            "next_open": next_open(asked).isoformat(),
        }
        if json_output:
            _json(answer)
        elif reason is None:
            typer.echo(f"{day}  開庁日です / open")
        else:
            typer.echo(f"{day}  閉庁日です / closed: {reason.ja} / {reason.en}")
            typer.echo(f"次の開庁日 / next open day: {answer['next_open']}")
        return
    begun = _date(start or "", "--from")
    end = (
        count_days(begun, days, first_day_counts=first_day_counts)
        if days is not None
        else count_months(begun, months or 0, first_day_counts=first_day_counts)
    )
    closed = closed_reason(end)
    answer = {
        "from": begun.isoformat(),
        "counted_last_day": end.isoformat(),
        "why_closed": closed and closed.ja,
        "why_closed_en": closed and closed.en,
        "last_open_day": next_open(end).isoformat(),
    }
    if json_output:
        _json(answer)
        return
    typer.echo(f"{end}  期間の末日 / the count ends")
    if closed is not None:
        typer.echo(f"{answer['last_open_day']}  閉庁日（{closed.ja}）の次の開庁日 / next open day")


def _of_year(year: int) -> list[str]:
    from sim.law.calendar import ANNOUNCED_UNTIL

    future = ["future-holidays"] if year > ANNOUNCED_UNTIL.year else []
    return ["local-closed-days", "year-end-closed-days", *future]


def _json(answer: Mapping[str, Any]) -> None:
    typer.echo(json.dumps(answer, ensure_ascii=False, indent=2))


def _why(answer: Mapping[str, Any]) -> None:
    typer.echo(str(answer["why"]))
    typer.echo(str(answer["why_en"]))


def _rests_on(ids: Iterable[str]) -> None:
    """What nobody could confirm, below the answer."""
    from sim.law.unconfirmed import unconfirmed

    for name in ids:
        entry = unconfirmed(name)
        typer.echo(f"  未確認 {name}: {entry.statement_ja}\n    {entry.statement_en}")


def _word(kind: type[Word], text: str, option: str, more: tuple[str, ...] = ()) -> Word:
    """The member of `kind` that the user wrote; `more`: other words that the option takes."""
    known = [member.value for member in kind]
    if text in known:
        return kind(text)
    hint = nearest(text, [*known, *more])
    raise UsageError(
        f"{option} does not know {text!r}",
        expected=", ".join([*known, *more]),
        received=text,
        where=option,
        remedy=f"did you mean `{option} {hint}`?" if hint else "take one of the words above",
    )


def _date(text: str, option: str) -> date:
    try:
        if not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            raise ValueError("not of the form YYYY-MM-DD")
        day = date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            f"{text!r} is not a day",
            expected="YYYY-MM-DD, such as 2026-04-22",
            received=str(error),
            where=option,
            remedy=f"write `{option} 2026-04-22`",
        ) from error
    if day > LAST_DAY:
        raise UsageError(
            f"{text} is too far away: nobody knows its holidays",
            expected=f"a day until {LAST_DAY}",
            received=text,
            where=option,
            remedy=f"write `{option} 2026-04-22`",
        )
    return day
