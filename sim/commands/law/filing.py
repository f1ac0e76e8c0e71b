"""Before and at the counter: until when, deemed or not, who may file."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from sim.base.errors import UsageError
from sim.commands.law.telling import (
    CLASS_HELP,
    DEFAULT_DAY,
    FILING_HELP,
    HISTORY_HELP,
    WORDS_HELP,
    Json,
    law_app,
    read_day,
    read_word,
    tell_json,
    tell_unconfirmed,
    tell_why,
)


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

    day = read_day(event, "--event")
    given = {"--class": person_class, "--history": history, "--permitted": permitted}
    described = [option for option, value in given.items() if value is not None]
    if filing == BIRTH_REPORT and not described:
        report = birth_report(day)
        answer, rests_on, kind = report.as_dict(), list(report.unconfirmed), None
        last = report.last_day
    else:
        kind = read_word(Filing, filing, "--filing", more=(BIRTH_REPORT,))
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
                read_word(PersonClass, person_class or "", "--class"),
                read_word(History, history or "", "--history"),
                day,
                None if permitted is None else read_day(permitted, "--permitted"),
            )
        else:
            limit = deadline(kind, day)
        answer, rests_on, last = limit.as_dict(), list(limit.unconfirmed), limit.last_day
    if filed is not None:
        made = read_day(filed, "--filed")
        answer["filed"] = made.isoformat()
        if kind is Filing.MOVING_OUT:
            answer["handling"] = moving_out_handling(day, made).value
            rests_on.append("moving-out-ex-officio")
        answer["in_time"] = made <= last
    answer["unconfirmed"] = rests_on
    if json_output:
        tell_json(answer)
        return
    typer.echo(f"{answer['last_day']}  {answer['clause']}")
    tell_why(answer)
    if filed is not None:
        word = ("期限内です / in time", "期限後です / late")[not answer["in_time"]]
        typer.echo(f"{answer['filed']}: {word}")
        if "handling" in answer:
            handling = MovingOut(str(answer["handling"]))
            typer.echo(f"{handling.ja} / {handling.en}")
    tell_unconfirmed(rests_on)


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

    day = read_day(on, "--on")
    who = read_word(PersonClass, person_class, "--class")
    how = read_word(History, history, "--history")
    what = read_word(Filing, filing, "--filing")
    found = deem(who, how, what, read_word(CardState, card, "--card"))
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
        tell_json(answer)
        return
    clause, basis, due = cited["clause"], cited["basis"], cited["still_due"]
    if clause and basis:
        typer.echo(f"みなし届出になります / deemed  {clause.ja}（{basis.short}）")
    else:
        typer.echo("みなし届出になりません / not deemed")
    tell_why(answer)
    if due:
        typer.echo(f"別に必要な届出 / still due: {due.ja}")
    if before:
        typer.echo(before.why_ja)
        typer.echo(before.why_en)
    tell_unconfirmed(found.unconfirmed)


@law_app.command("filer")
def filer_command(
    filing: Annotated[str, typer.Option(help=f"{FILING_HELP} {WORDS_HELP}")],
    tie: Annotated[str, typer.Option(help=f"What the filer is to the person, such as spouse. {WORDS_HELP}")],
    living: Annotated[
        str, typer.Option(help=f"How the filer lives, seen from the person. {WORDS_HELP}")
    ] = "same_household",
    age: Annotated[int, typer.Option(help="Age of the person in years.", min=0, max=150)] = 30,
    filer_age: Annotated[int, typer.Option(help="Age of the filer in years.", min=0, max=150)] = 30,
    person_class: Annotated[str, typer.Option("--class", help=CLASS_HELP)] = "mid_long_term_resident",
    head: Annotated[bool, typer.Option("--head", help="The filer is the head of the household.")] = False,
    unable: Annotated[bool, typer.Option("--unable", help="The person is ill or cannot come.")] = False,
    asked: Annotated[bool, typer.Option("--asked", help="The person asked the filer to file.")] = False,
    mandate: Annotated[bool, typer.Option("--mandate", help="A written mandate (委任状) is shown.")] = False,
    card_in_hand: Annotated[
        bool, typer.Option("--card/--no-card", help="The person's own card is handed in.")
    ] = True,
    relatives: Annotated[
        list[str] | None,
        typer.Option("--relative", help="A relative of 16 or over who lives with the person; repeat."),
    ] = None,
    json_output: Json = False,
) -> None:
    """Who may file for whom: the register filing, and the residence notification that it may be deemed to be.

    The two follow different rules, so both are answered, for this person alone: ask again for each member of
    a household.
    """
    from sim.law.citation import citation
    from sim.law.filers import Filer, Living, Person, Tie, may_file
    from sim.law.kinds import Filing, PersonClass

    what = read_word(Filing, filing, "--filing")
    who = read_word(Tie, tie, "--tie")
    person = Person(
        person_class=read_word(PersonClass, person_class, "--class"),
        age=age,
        unable=unable,
        asked=asked,
        card_in_hand=card_in_hand,
        relatives=tuple(read_word(Tie, one, "--relative") for one in relatives or ()),
    )
    filer = Filer(
        tie=who,
        age=age if who is Tie.SELF else filer_age,
        living=Living.SAME_HOUSEHOLD if who is Tie.SELF else read_word(Living, living, "--living"),
        head=head,
        mandate=mandate,
    )
    asked_about = [what] if what is Filing.RESIDENCE_NOTIFICATION else [what, Filing.RESIDENCE_NOTIFICATION]
    rows: list[dict[str, Any]] = []
    rests_on: dict[str, None] = {}
    for one in asked_about:
        found = may_file(one, person, filer)
        clause = None if found.basis is None else citation(found.basis, read_day(DEFAULT_DAY, "--on"))
        rests_on |= dict.fromkeys(found.unconfirmed)
        rows.append(
            {
                "filing": one.value,
                "allowed": found.allowed,
                "capacity": found.capacity and found.capacity.value,
                "clause": clause and clause.ja,
                "clause_en": clause and clause.en,
                "clause_id": found.basis,
                "reasons": [{"id": why.value, "why": why.ja, "why_en": why.en} for why in found.reasons],
                "unconfirmed": list(found.unconfirmed),
            }
        )
        if not json_output:
            may = "できます / may file" if found.allowed else "できません / may not file"
            capacity = f"（{found.capacity.ja} / {found.capacity.en}）" if found.capacity else ""
            typer.echo(f"{one.ja}: {may}{capacity}" + (f"  {clause.ja}" if clause else ""))
            for why in found.reasons:
                typer.echo(f"- {why.ja}\n  {why.en}")
    if json_output:
        tell_json({"answers": rows})
        return
    tell_unconfirmed(rests_on)
