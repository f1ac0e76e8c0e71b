"""`card` itself, and what its commands have in common."""

from __future__ import annotations

import json
from typing import Annotated, Any, Final

import typer

BAD: Final = 1

card_app = typer.Typer(
    help="Cards: issue test cards, serve them in virtual readers, read any card (在留カード等).",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@card_app.callback()
def card() -> None:
    """Cards: issue test cards, serve them in virtual readers, read any card (在留カード等)."""


def tell_json(value: Any) -> None:
    """Print a value as JSON, for people to read too."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


def aside(text: str) -> None:
    """Say something to the person at the terminal, and not to the program behind a pipe."""
    typer.echo(text, err=True)
