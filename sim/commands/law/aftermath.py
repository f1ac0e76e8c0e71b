"""What follows afterwards: consequences, the 90 days of revocation, the policy on writing chips."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Any, Final

import typer

from sim.base.errors import UsageError
from sim.commands.law.telling import (
    CLASS_HELP,
    FILING_HELP,
    HISTORY_HELP,
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

# 1,892 municipalities, and one of them asks.
OTHERS: Final = 1891


@law_app.command("consequence")
def consequence_command(
    filing: Annotated[str, typer.Option(help=f"{FILING_HELP} {WORDS_HELP}")],
    conduct: Annotated[str, typer.Option(help=f"What was done, such as omission. {WORDS_HELP}")],
    person_class: Annotated[
        str, typer.Option("--class", help=f"{CLASS_HELP} {WORDS_HELP}")
    ] = "mid_long_term_resident",
    history: Annotated[str, typer.Option(help=f"{HISTORY_HELP} {WORDS_HELP}")] = "residence_on_card",
    on: Annotated[
        str | None,
        typer.Option(help="The day of the act, or the day after the period ended; today unless given."),
    ] = None,
    deemed: Annotated[
        bool, typer.Option("--deemed", help="The filing is deemed the residence notification too.")
    ] = False,
    json_output: Json = False,
) -> None:
    """What may follow when a filing is not made, late, false, or made without the card.

    Administrative, criminal, or revocation, each with its ceiling and who decides. Nothing here decides.
    """
    from sim.law.citation import citation
    from sim.law.consequences import Conduct, consequences
    from sim.law.kinds import Filing, History, PersonClass

    day = today() if on is None else read_day(on, "--on")
    found = consequences(
        read_word(PersonClass, person_class, "--class"),
        read_word(History, history, "--history"),
        read_word(Filing, filing, "--filing"),
        read_word(Conduct, conduct, "--conduct"),
        day,
        deemed=deemed,
    )
    rows: list[dict[str, Any]] = []
    for one in found:
        clause = None if one.clause is None else citation(one.clause, day)
        rows.append(
            {
                "kind": one.kind.value,
                "clause": clause and clause.ja,
                "clause_en": clause and clause.en,
                "clause_id": one.clause,
                "max_fine_yen": one.max_fine_yen,
                "max_imprisonment_years": one.max_imprisonment_years,
                "term": one.term and one.term.ja,
                "term_en": one.term and one.term.en,
                "conditional": one.conditional,
                "decided_by": one.decided_by_ja,
                "decided_by_en": one.decided_by_en,
                "why": one.why_ja,
                "why_en": one.why_en,
                "unconfirmed": list(one.unconfirmed),
            }
        )
    if json_output:
        tell_json({"on": day.isoformat(), "consequences": rows})
        return
    for one, row in zip(found, rows, strict=True):
        typer.echo(f"{one.kind.ja} / {one.kind.en}  {tell_clause(row)}".rstrip())
        tell_why(row)
        typer.echo("")
    tell_unconfirmed(dict.fromkeys(name for one in found for name in one.unconfirmed))


@law_app.command("revocation")
def revocation_command(
    ground: Annotated[str, typer.Option(help=f"not_notified, not_renewed or false. {WORDS_HELP}")],
    start: Annotated[
        str, typer.Option(help="The day of the permission, of leaving the residence, or of the false filing.")
    ],
    as_of: Annotated[str, typer.Option(help="The day asked about.")],
    notified: Annotated[str | None, typer.Option(help="The day of the first valid notification.")] = None,
    excuse: Annotated[str | None, typer.Option(help=f"A good reason claimed. {WORDS_HELP}")] = None,
    person_class: Annotated[str, typer.Option("--class", help=CLASS_HELP)] = "mid_long_term_resident",
    extend: Annotated[
        bool, typer.Option("--extend-over-closed-days", help="Carry day 90 over closed days; no source does.")
    ] = False,
    json_output: Json = False,
) -> None:
    """Where a person stands in the 90 days for notifying a residence: at worst a candidate.

    The clock is the agency's, and whether to revoke is for the Minister of Justice to judge.
    """
    from sim.law.citation import citation
    from sim.law.kinds import PersonClass
    from sim.law.revocation import Excuse, Facts, Ground, assess

    day = read_day(as_of, "--as-of")
    found = assess(
        Facts(
            person_class=read_word(PersonClass, person_class, "--class"),
            ground=read_word(Ground, ground, "--ground"),
            start=read_day(start, "--start"),
            as_of=day,
            notified=None if notified is None else read_day(notified, "--notified"),
            excuse=None if excuse is None else read_word(Excuse, excuse, "--excuse"),
        ),
        extend_over_closed_days=extend,
    )
    clause = None if found.clause is None else citation(found.clause, day)
    answer = {
        "as_of": day.isoformat(),
        "status": found.status.value,
        "candidate": found.candidate,
        "last_day": found.last_day and found.last_day.isoformat(),
        "days_elapsed": found.days_elapsed,
        "clause": clause and clause.ja,
        "clause_en": clause and clause.en,
        "clause_id": found.clause,
        "clock_kept_by": found.kept_by_ja,
        "clock_kept_by_en": found.kept_by_en,
        "why": found.why_ja,
        "why_en": found.why_en,
        "unconfirmed": list(found.unconfirmed),
    }
    if json_output:
        tell_json(answer)
        return
    typer.echo(f"{found.status.ja} / {found.status.en}  {tell_clause(answer)}".rstrip())
    tell_why(answer)
    if found.last_day is not None:
        typer.echo(f"期間の管理 / clock kept by: {found.kept_by_ja} / {found.kept_by_en}")
    tell_unconfirmed(found.unconfirmed)


@law_app.command("write-policy")
def write_policy_command(
    on: Annotated[str | None, typer.Option(help="The day asked about; today in Japan unless given.")] = None,
    survey: Annotated[str | None, typer.Option(help="What if: the day on which the survey begins.")] = None,
    decided: Annotated[
        str | None, typer.Option(help="What if: the day on which both ministries have decided.")
    ] = None,
    start: Annotated[str | None, typer.Option(help="What if: the day from which writing starts.")] = None,
    terminal: Annotated[
        str | None, typer.Option(help=f"The card terminal: lgwan, lan_only or standalone. {WORDS_HELP}")
    ] = None,
    lacks: Annotated[
        list[str] | None,
        typer.Option(help=f"A requirement that the municipality lacks; may be repeated. {WORDS_HELP}"),
    ] = None,
    elsewhere_unready: Annotated[
        int, typer.Option(help="How many other municipalities are not ready.", min=0, max=OTHERS)
    ] = 0,
    authorised: Annotated[
        str | None, typer.Option(help="The authorisation to write: online, offline, used or none.")
    ] = None,
    json_output: Json = False,
) -> None:
    """May a municipality write the residence into a chip, and everything that speaks against it.

    Without options: the policy as it stands, suspended since 2011. With --survey, --decided and --start: what
    if both ministries had decided. Exit code 0 in both cases; `allowed` tells.
    """
    from sim.law.changes import SYSTEM_FIRST_DAY
    from sim.law.citation import citation
    from sim.law.write_policy import (
        WHY_SUSPENDED,
        Authorisation,
        Decision,
        Ministry,
        Place,
        Policy,
        Signature,
        State,
        may_write,
    )
    from sim.law.write_requirements import (
        REMEDIES,
        Connection,
        Municipality,
        Readiness,
        Requirement,
        Terminal,
        lacking,
    )

    day = today() if on is None else read_day(on, "--on")
    if day < SYSTEM_FIRST_DAY:
        raise UsageError(
            "there were no residence cards yet",
            expected=f"a day from {SYSTEM_FIRST_DAY} on",
            received=day.isoformat(),
            where="--on",
            remedy="give a day on which there were",
        )
    steps = (survey, decided, start)
    if any(later is not None and before is None for before, later in pairwise(steps)):
        raise UsageError(
            "the policy takes one step after the other",
            expected="--survey, then --decided, then --start",
            where="renkei law write-policy",
            remedy="give the days of the earlier steps too",
        )
    decision = None
    begins = None if start is None else read_day(start, "--start")
    if decided is not None:
        signed = read_day(decided, "--decided")
        both = tuple(Signature(ministry, signed) for ministry in Ministry)
        decision = Decision(both, begins or signed)
    policy = Policy(None if survey is None else read_day(survey, "--survey"), decision, begins)
    missing = {read_word(Requirement, name, "--lacks") for name in lacks or ()}
    connection = Connection.LGWAN if terminal is None else read_word(Connection, terminal, "--terminal")
    kinds = ("online", "offline", "used", "none")
    how = authorised or "online"
    if how not in kinds:
        raise UsageError(
            f"--authorised does not know {how!r}",
            expected=", ".join(kinds),
            received=how,
            where="--authorised",
            remedy="take one of the words above",
        )
    # The question is whether it may be switched on, so it is.
    here = Terminal("T1", "main_office", connection, writes=True)
    # A municipality that lacks the first requirement has another terminal off LGWAN.
    others = (
        (Terminal("T2", "main_office", Connection.LAN_ONLY, writes=True),)
        if Requirement.LGWAN in missing
        else ()
    )
    municipality = Municipality(
        "131041",
        Requirement.SECURITY_POLICY not in missing,
        Requirement.LAN_SETTINGS not in missing,
        (here, *others),
    )
    unready = tuple(f"other-{n + 1}" for n in range(elsewhere_unready))
    permit = None if how == "none" else Authorisation("A1", "T1", how != "offline", how == "used")
    found = may_write(
        policy, Place(Readiness(elsewhere_unready + 1, unready), municipality, "T1"), permit, day
    )
    suspended = policy.state_on(day) is State.SUSPENDED
    clause = citation("immi.19-7-2", day)
    answer = {
        "on": day.isoformat(),
        "state": found.state.value,
        "clause": clause.ja,
        "clause_en": clause.en,
        "clause_id": clause.id,
        "assumed": {
            "terminal": connection.value,
            "lacks": sorted(one.value for one in missing),
            "authorised": how,
            "elsewhere_unready": elsewhere_unready,
        },
        "allowed": found.allowed,
        "reasons": [{"id": one.value, "why": one.ja, "why_en": one.en} for one in found.reasons],
        "remedies": [
            {"requirement": one.value, "what": REMEDIES[one][0], "what_en": REMEDIES[one][1]}
            for one in lacking(municipality)
        ],
        "why": WHY_SUSPENDED[0] if suspended else found.state.ja,
        "why_en": WHY_SUSPENDED[1] if suspended else found.state.en,
        "unconfirmed": list(found.unconfirmed),
    }
    if json_output:
        tell_json(answer)
        return
    verdict = "書き込めます / may be written" if found.allowed else "書き込めません / may not be written"
    typer.echo(f"{verdict}  ({found.state.ja} / {found.state.en})")
    if suspended:
        tell_why(answer)
    for one in found.reasons:
        typer.echo(f"- {one.ja}\n  {one.en}")
    for requirement in lacking(municipality):
        ja, en = REMEDIES[requirement]
        typer.echo(f"→ {ja}\n  {en}")
    typer.echo(
        f"前提 / assumed: {connection.ja} / {connection.en}; 権限認証 / authorisation: {how};"
        f" 根拠 / under: {tell_clause(answer)}"
    )
    tell_unconfirmed(found.unconfirmed)
