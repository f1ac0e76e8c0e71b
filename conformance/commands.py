"""`renkei conform …`: heavy imports stand inside the functions, so that `renkei --help` answers at once."""

from __future__ import annotations

import json
from typing import Annotated

import typer

app = typer.Typer(
    help="Conformance: cases, checks and the harness's own test (準拠確認).",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON, the same bytes for the same result.")]


@app.callback()
def conform() -> None:
    """Conformance: cases, checks and the harness's own test (準拠確認)."""


@app.command()
def selftest(as_json: Json = False) -> None:
    """Test the harness itself: the reference passes every case, and each mutant is caught by its check.

    Exit code 0: so it is. 1: the reference fails a case, or a mutant survives. 2: a fault of the harness.
    """
    from conformance import selftest as testing

    result = testing.selftest(lambda text: typer.echo(text, err=True))
    if as_json:
        typer.echo(testing.as_json(result))
    else:
        testing.show(result)
    raise typer.Exit(result.exit_code)


@app.command("list")
def list_cases(as_json: Json = False) -> None:
    """List the cases with their titles and the requirements that they show."""
    from conformance.register import load
    from conformance.runner import collect

    register = load()
    rows = [
        {
            "case": info.id,
            "title": info.title,
            "feature": info.feature,
            "roles": list(info.roles),
            "requirements": list(register.of_case(info.tag)),
        }
        for info in collect()
    ]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for row in rows:
        typer.echo(f"{row['case']}  {row['title']}")
        typer.echo(f"    {row['feature']}  {', '.join(row['roles'])}  {', '.join(row['requirements'])}")
