"""Before and at the counter: until when, deemed or not, who may file."""

from __future__ import annotations

from typing import Annotated, Any, Final

import typer

from sim.base.errors import UsageError
from sim.commands.law.telling import (
    CLASS_HELP,
    FILING_HELP,
    HISTORY_HELP,
    ON_HELP,
    WORDS_HELP,
    Json,
    law_app,
    read_day,
    read_word,
    tell_clause,
    tell_json,
    tell_unconfirmed,
    tell_why,
    today,
)

_SENT: Final = {"municipality_notice": "市町村通知", "municipality_transmission": "市町村伝達"}


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
    from sim.law.birth import BIRTH_REPORT, BirthReport, birth_report
    from sim.law.filing_period import Deadline, MovingOut, deadline, moving_out_handling, residence_deadline
    from sim.law.kinds import Filing, History, PersonClass

    day = read_day(event, "--event")
    given = {"--class": person_class, "--history": history, "--permitted": permitted}
    described = [option for option, value in given.items() if value is not None]
    kind = None if filing == BIRTH_REPORT else read_word(Filing, filing, "--filing", more=(BIRTH_REPORT,))
    if described and (kind is not Filing.RESIDENCE_NOTIFICATION or not (person_class and history)):
        raise UsageError(
            f"{' and '.join(described)} can be given only with a described residence_notification",
            expected="--filing residence_notification with both --class and --history",
            received=" ".join([f"--filing {filing}", *described]),
            where="renkei law deadline",
            remedy="leave them out, or add "
            + " and ".join(option for option in ("--class", "--history") if option not in described)
            if kind is Filing.RESIDENCE_NOTIFICATION
            else "leave them out",
        )
    limit: BirthReport | Deadline
    if kind is None:
        limit = birth_report(day)
    elif described:
        who = read_word(History, history or "", "--history")
        if permitted is not None and not who.value.startswith("permitted"):
            raise UsageError(
                "the day of the permission counts only where a permission opened the duty",
                expected="a history that begins with permitted_",
                received=who.value,
                where="--permitted",
                remedy="leave --permitted out",
            )
        limit = residence_deadline(
            read_word(PersonClass, person_class or "", "--class"),
            who,
            day,
            None if permitted is None else read_day(permitted, "--permitted"),
        )
    else:
        limit = deadline(kind, day)
    answer, rests_on, last = limit.as_dict(), list(limit.unconfirmed), limit.last_day
    begun = limit.born if isinstance(limit, BirthReport) else limit.event
    if filed is not None:
        made = read_day(filed, "--filed")
        answer["filed"] = made.isoformat()
        if kind is Filing.MOVING_OUT:
            answer["handling"] = moving_out_handling(day, made).value
            rests_on.append("moving-out-ex-officio")
        elif made < begun:
            raise UsageError(
                "nothing can be filed before it has happened",
                expected=f"a day from {begun} on",
                received=made.isoformat(),
                where="--filed",
                remedy="give the day on which the filing was made",
            )
        answer["in_time"] = made <= last
    answer["unconfirmed"] = rests_on
    if json_output:
        tell_json(answer)
        return
    typer.echo(f"{answer['last_day']}  {tell_clause(answer)}")
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
    on: Annotated[str | None, typer.Option(help=ON_HELP)] = None,
    json_output: Json = False,
) -> None:
    """Is a register filing deemed the residence notification, by which paragraph, and what stays due."""
    from sim.law.citation import citation
    from sim.law.classing import goes_out, governing
    from sim.law.deeming import Ground, at_permission, deem
    from sim.law.kinds import CardState, Filing, History, PersonClass

    day = today() if on is None else read_day(on, "--on")
    who = read_word(PersonClass, person_class, "--class")
    how = read_word(History, history, "--history")
    what = read_word(Filing, filing, "--filing")
    found = deem(who, how, what, read_word(CardState, card, "--card"))
    made = found.still_due is None and found.ground is not Ground.NO_DUTY
    before = at_permission(who, how)
    sent = () if what is Filing.RESIDENCE_NOTIFICATION and not made else goes_out(what, found.deemed)
    under = governing(what, found.deemed)
    answer: dict[str, Any] = {"on": day.isoformat(), "deemed": found.deemed, "ground": found.ground.value}
    for name, clause in (
        ("clause", found.clause),
        ("basis", found.basis),
        ("still_due", found.still_due),
        ("at_permission", before.basis if before else None),
    ):
        cited = None if clause is None else citation(clause, day)
        answer |= {
            name: cited and cited.ja,
            f"{name}_en": cited and cited.en,
            f"{name}_id": cited and cited.id,
        }
    answer |= {
        "governing": under.value,
        "governing_en": under.en,
        "goes_out": list(sent),
        "why": found.why_ja,
        "why_en": found.why_en,
        "unconfirmed": [*found.unconfirmed, "governing-classes"],
    }
    if json_output:
        tell_json(answer)
        return
    if found.deemed:
        typer.echo(f"みなし届出になります / deemed: {tell_clause(answer)}")
        typer.echo(f"根拠 / by: {tell_clause(answer, 'basis')}")
    else:
        typer.echo("みなし届出になりません / not deemed")
    tell_why(answer)
    if found.still_due:
        typer.echo(f"必要な届出 / still due: {tell_clause(answer, 'still_due')}")
    if before:
        if before.why_ja != found.why_ja:
            tell_why({"why": before.why_ja, "why_en": before.why_en})
        typer.echo(f"根拠 / by: {tell_clause(answer, 'at_permission')}")
    names = " + ".join(f"{_SENT[kind]} / {kind}" for kind in sent) or "なし / nothing"
    typer.echo(f"区分 / under: {under.ja} / {under.en}; 送るもの / sent: {names}")
    tell_unconfirmed(answer["unconfirmed"])


@law_app.command("filer")
def filer_command(
    filing: Annotated[str, typer.Option(help=f"{FILING_HELP} {WORDS_HELP}")],
    tie: Annotated[str, typer.Option(help=f"What the filer is to the person, such as spouse. {WORDS_HELP}")],
    living: Annotated[
        str | None,
        typer.Option(
            help="How the filer lives: same_household, same_address or elsewhere, seen from the person."
        ),
    ] = None,
    age: Annotated[int, typer.Option(help="Age of the person in years.", min=0, max=150)] = 30,
    filer_age: Annotated[int, typer.Option(help="Age of the filer in years.", min=0, max=150)] = 30,
    person_class: Annotated[str, typer.Option("--class", help=CLASS_HELP)] = "mid_long_term_resident",
    head: Annotated[bool, typer.Option("--head", help="The filer is the head of the household.")] = False,
    unable: Annotated[bool, typer.Option("--unable", help="The person is ill or cannot come.")] = False,
    asked: Annotated[bool, typer.Option("--asked", help="The person asked the filer to file.")] = False,
    mandate: Annotated[bool, typer.Option("--mandate", help="A written mandate (委任状) is shown.")] = False,
    represents: Annotated[
        bool, typer.Option("--represents", help="The filer is the legal representative (法定代理人).")
    ] = False,
    proof: Annotated[bool, typer.Option("--proof", help="Papers on that are shown.")] = False,
    identity: Annotated[
        bool, typer.Option("--identity/--no-identity", help="The filer's identity is shown.")
    ] = True,
    card_in_hand: Annotated[
        bool, typer.Option("--card/--no-card", help="The person's own card is handed in.")
    ] = True,
    relatives: Annotated[
        list[str] | None,
        typer.Option("--relative", help="A relative of 16 or over who lives with the person; repeat."),
    ] = None,
    on: Annotated[str | None, typer.Option(help=ON_HELP)] = None,
    json_output: Json = False,
) -> None:
    """Who may file for whom: the register filing, and the residence notification that it may be deemed to be.

    The two follow different rules, so both are answered, for this person alone: ask again for each member of
    a household.
    """
    from sim.law.citation import citation
    from sim.law.deeming import SETTLING
    from sim.law.filers import Filer, Living, Person, Tie, as_deemed, may_file
    from sim.law.kinds import Filing, PersonClass

    day = today() if on is None else read_day(on, "--on")
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
    if living is not None:
        where = read_word(Living, living, "--living")
    else:
        where = Living.ELSEWHERE if who is Tie.UNRELATED and not head else Living.SAME_HOUSEHOLD
    filer = Filer(
        tie=who,
        age=age if who is Tie.SELF else filer_age,
        living=where,
        head=head,
        represents=represents,
        proof=proof,
        mandate=mandate,
        identity_shown=identity,
    )
    answers = {what: may_file(what, person, filer)}
    if what in SETTLING:
        notification = Filing.RESIDENCE_NOTIFICATION
        answers[notification] = as_deemed(may_file(notification, person, filer), filer)
    rows: list[dict[str, Any]] = []
    for one, found in answers.items():
        clause = None if found.basis is None else citation(found.basis, day)
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
    if json_output:
        tell_json({"on": day.isoformat(), "living": where.value, "answers": rows})
        return
    typer.echo(f"届出人 / filer: {who.ja}、{where.ja} / {who.en}, {where.en}")
    for (one, found), row in zip(answers.items(), rows, strict=True):
        may = "できます / may file" if found.allowed else "できません / may not file"
        capacity = f"（{found.capacity.ja} / {found.capacity.en}）" if found.capacity else ""
        typer.echo(f"{one.ja}: {may}{capacity}  {tell_clause(row)}".rstrip())
        for why in found.reasons:
            typer.echo(f"- {why.ja}\n  {why.en}")
    tell_unconfirmed(dict.fromkeys(fact for found in answers.values() for fact in found.unconfirmed))
