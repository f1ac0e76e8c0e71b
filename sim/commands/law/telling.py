"""What the commands of the law share: the application, words and days as a user writes them, answers."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Final, TypeVar

import typer

from sim.base.errors import UsageError, nearest
from sim.base.instant import JAPAN

law_app = typer.Typer(
    help="Ask the law: limits, deemed filings, consequences, each with its clause.", no_args_is_help=True
)

# Until then the law can be asked; holidays further away are anybody's guess.
LAST_DAY: Final = date(2100, 12, 31)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Word = TypeVar("Word", bound=StrEnum)

WORDS_HELP: Final = "`renkei law words` lists the words."
ON_HELP: Final = "The day as of which articles are cited; today in Japan unless given."
CLASS_HELP: Final = "Class of the person, such as mid_long_term_resident."
HISTORY_HELP: Final = "How the person came to owe a notification, such as residence_on_card."
FILING_HELP: Final = "What is filed, such as moving_in."


def today() -> date:
    """Today in Japan: a clerk who gives no day asks about today."""
    return datetime.now(JAPAN).date()  # noqa: TID251


def tell_clause(answer: Mapping[str, Any], key: str = "clause") -> str:
    """The clause in both languages, or nothing."""
    return f"{answer[key]} / {answer[f'{key}_en']}" if answer[key] else ""


def tell_json(answer: Mapping[str, Any]) -> None:
    typer.echo(json.dumps(answer, ensure_ascii=False, indent=2))


def tell_why(answer: Mapping[str, Any]) -> None:
    typer.echo(str(answer["why"]))
    typer.echo(str(answer["why_en"]))


def tell_unconfirmed(ids: Iterable[str]) -> None:
    """What nobody could confirm, below the answer."""
    from sim.law.unconfirmed import unconfirmed

    for name in ids:
        entry = unconfirmed(name)
        typer.echo(f"  未確認 {name}: {entry.statement_ja}\n    {entry.statement_en}")


def read_word(kind: type[Word], text: str, option: str, more: tuple[str, ...] = ()) -> Word:
    """The member that the user wrote, by its word or its Japanese name; `more`: other words of the option."""
    known = [member.value for member in kind]
    for member in kind:
        if text in (member.value, getattr(member, "ja", None)):
            return member
    hint = nearest(text, [*known, *more])
    raise UsageError(
        f"{option} does not know {text!r}",
        expected=", ".join([*known, *more]),
        received=text,
        where=option,
        remedy=f"did you mean `{option} {hint}`?" if hint else "take one of the words above",
    )


def read_day(text: str, option: str) -> date:
    """The day that the user wrote as YYYY-MM-DD; other ways of writing it are proposed, not guessed."""
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
            remedy=f"write `{option} {_proposed(text)}`",
        ) from error
    if day > LAST_DAY:
        raise UsageError(
            f"{text} is too far away: the law is answered until {LAST_DAY}",
            expected=f"a day until {LAST_DAY}",
            received=text,
            where=option,
            remedy=f"write `{option} 2026-04-22`",
        )
    return day


def _proposed(text: str) -> str:
    """The day as it should be written, where it can be read at all, else an example."""
    numbers = re.fullmatch(
        r"([0-9]{4})\D?([0-9]{1,2})\D?([0-9]{1,2})\D?", unicodedata.normalize("NFKC", text)
    )
    try:
        return date(*map(int, numbers.groups())).isoformat() if numbers else "2026-04-22"
    except ValueError:
        return "2026-04-22"
