"""`renkei conform …`: heavy imports stand inside the functions, so that `renkei --help` answers at once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from conformance.adapters.kind import Settings
    from conformance.protocol.roles import Role

app = typer.Typer(
    help="Conformance: an implementation against the rules, or the harness against itself (準拠確認).",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON, the same bytes for the same result.")]

RoleName = Annotated[str, typer.Option("--role", help="What is tested, such as municipal-system.")]

PlanPath = Annotated[Path, typer.Argument(metavar="PLAN.toml", help="The plan (`renkei conform init`).")]


@app.callback()
def conform() -> None:
    """Conformance: an implementation against the rules, or the harness against itself (準拠確認)."""


@app.command()
def init(
    role: Annotated[str, typer.Option("--role", help="What is to be tested, such as municipal-system.")],
    out: Annotated[Path, typer.Option("--out", help="The file to write; it must not be there yet.")],
) -> None:
    """Write a plan to begin with: every key with what it means (計画のひな形を書く)."""
    from conformance.plan_text import write_plan
    from conformance.protocol.roles import role_of

    write_plan(role_of(role), out)
    typer.echo(f"{out}: fill in [implementation] and [adapter], then `renkei conform doctor {out}`")


@app.command()
def profiles(
    role: Annotated[str, typer.Option("--role", help="Only the profiles of this role.")] = "",
    as_json: Json = False,
) -> None:
    """List the recommended profiles: mandatory and optional capabilities, and what is tested."""
    from conformance.profiles import profiles as recommended
    from conformance.protocol.roles import ROLES, role_of

    roles = (role_of(role).id,) if role else tuple(ROLES)
    wanted = [one for one in recommended() if one.role in roles]
    if as_json:
        told = [
            one.model_dump(mode="json") | {"optional": list(one.optional(role_of(one.role)))}
            for one in wanted
        ]
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    for one in wanted:
        capabilities = role_of(one.role).capabilities
        typer.echo(f"{one.role}  {one.name}\n  {one.ja} / {one.en}")
        for label, names in (
            ("必須 mandatory", one.mandatory),
            ("任意 optional", one.optional(role_of(one.role))),
        ):
            typer.echo(f"  {label}:" + ("" if names else " –"))
            for name in names:
                typer.echo(f"    {name}  {' / '.join(capabilities[name])}")
        typer.echo("  試験の内容 tested:")
        for thing in one.tested:
            typer.echo(f"    {thing.ja} / {thing.en}")


@app.command()
def reference(
    role: RoleName,
    port: Annotated[
        int | None,
        typer.Option("--http", min=0, max=65535, help="Serve HTTP on this port of this machine (0: any)."),
    ] = None,
    lacks: Annotated[
        list[str] | None, typer.Option("--lacks", help="A capability that it does as if it had not.")
    ] = None,
) -> None:
    """Serve the built-in reference as an adapter: a correct peer to compare your own with.

    It reads a line of JSON from standard input and writes one to standard output, until `bye`.
    """
    import sys

    from conformance.adapters import channel_of
    from conformance.adapters.builtin import BuiltinSettings
    from conformance.adapters.serving import HERE, serve_lines, server
    from conformance.protocol.conversation import Channel
    from conformance.protocol.roles import role_of

    what = role_of(role)
    settings = BuiltinSettings(kind="builtin", lacks=tuple(lacks or ()))

    def make() -> Channel:
        return channel_of(settings, what)

    if port is None:
        serve_lines(make(), sys.stdin.buffer, sys.stdout.buffer)
        return
    make().close()
    with server(make, port) as serving:
        typer.echo(f"http://{HERE}:{serving.server_address[1]}/")
        serving.serve_forever()


@app.command("adapter-check")
def adapter_check(
    plan: Annotated[Path | None, typer.Argument(metavar="PLAN.toml", help="The plan of the adapter.")] = None,
    command: Annotated[
        str, typer.Option("--command", help="Instead of a plan: program and arguments in one text.")
    ] = "",
    role: RoleName = "municipal-system",
    as_json: Json = False,
) -> None:
    """Test an adapter alone: whether it speaks the protocol, before the product behind it is judged.

    Exit code 0: it does. 1: something is to be mended, and the list says what. 2: it cannot be started.
    """
    from conformance import inspecting
    from conformance.adapter_check import check_adapter

    settings, what = _adapter(plan, command, role)
    points = check_adapter(settings, what, _say)
    if as_json:
        typer.echo(inspecting.as_json(points))
    else:
        inspecting.show(points, typer.echo)
    raise typer.Exit(1 if inspecting.failed(points) else 0)


@app.command()
def doctor(plan: PlanPath, as_json: Json = False) -> None:
    """Look at everything before a run, and say what to mend: plan, adapter, folders, certificates, clock.

    Exit code 0: nothing is in the way of a run. 1: something is to be mended.
    """
    from conformance import inspecting
    from conformance.doctor import examine

    points = examine(plan, _say)
    if as_json:
        typer.echo(inspecting.as_json(points))
    else:
        inspecting.show(points, typer.echo)
    raise typer.Exit(1 if inspecting.failed(points) else 0)


@app.command()
def run(
    plan: PlanPath,
    out: Annotated[Path, typer.Option("--out", help="The folder for the bundle; it must be new or empty.")],
    only: Annotated[
        list[str] | None, typer.Option("--only", help="A case by its id or its tag; may be given again.")
    ] = None,
    gate: Annotated[
        str, typer.Option("--gate", help="What must be reached: `certificate`, or `baseline`.")
    ] = "",
    on: Annotated[
        str,
        typer.Option("--on", help="The day on which the baseline is read (2026-06-03); today by default."),
    ] = "",
    sign_key: Annotated[
        Path | None,
        typer.Option("--sign-key", help="Sign the bundle with this private key (`renkei conform keygen`)."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Run the cases of a role against an implementation, judge them, and leave a bundle (docs/outputs.md).

    Exit codes: 0 nothing broken, 1 FAIL, 2 wrong use or a fault, 3 INCONCLUSIVE, 4 NOT_RUN, 5 REVIEW, 6 no
    certificate, 7 otherwise than the baseline, 130 interrupted (docs/adapter.md).
    """
    from conformance.running import perform
    from reports.conformance.pages import pages

    done = perform(plan, out, tuple(only or ()), gate, on, _say, pages, sign_key)
    if as_json:
        typer.echo(done.as_json())
    else:
        done.show(typer.echo)
    raise typer.Exit(done.code)


@app.command()
def keygen(
    out: Annotated[Path, typer.Option("--out", help="The folder for the two files.")],
) -> None:
    """Make a pair of Ed25519 keys to sign bundles with (署名の鍵を作る). Give the public one to the city."""
    from conformance import attest

    private, public, fingerprint = attest.keygen(out)
    typer.echo(f"{private}: 秘密鍵。共有しない / private, to be kept\n{public}: 公開鍵 / public")
    typer.echo(f"SHA-256 {fingerprint}")


@app.command()
def protocol(
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema instead.")] = False,
) -> None:
    """Print docs/adapter.md, the protocol of an adapter with examples; or its JSON Schema."""
    from conformance.protocol.page import page
    from conformance.protocol.schema import schema_text

    typer.echo(schema_text() if schema else page(), nl=False)


@app.command()
def selftest(
    role: RoleName = "municipal-system",
    record: Annotated[
        bool,
        typer.Option("--record", help="Write down which checks were exercised and which mutants caught."),
    ] = False,
    strangers: Annotated[
        bool,
        typer.Option("--strangers", help="Instead: mutants written by somebody who had not seen the checks."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Test the harness itself: the reference passes every case, and each mutant is caught by its check.

    Exit code 0: so it is. 1: the reference fails a case, or a mutant survives. 2: a fault of the harness.
    """
    from conformance import selftest as testing
    from conformance.register.record import FOLDER

    if strangers:
        _strangers(role, as_json)
    result = testing.selftest(role, _say)
    if record:
        FOLDER.mkdir(exist_ok=True)
        (FOLDER / f"{role}.json").write_text(result.record.text, encoding="utf-8")
    if as_json:
        typer.echo(testing.as_json(result))
    else:
        testing.show(result)
    raise typer.Exit(result.exit_code)


@app.command()
def explore(
    plan: Annotated[
        Path | None, typer.Argument(metavar="PLAN.toml", help="The plan; without one, the reference.")
    ] = None,
    role: Annotated[
        str, typer.Option("--role", help="What is explored without a plan; by default municipal-system.")
    ] = "",
    stories: Annotated[int, typer.Option("--stories", min=1, help="How many stories are tried.")] = 100,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Another seed, other stories.")] = 0,
    save: Annotated[
        Path | None,
        typer.Option("--save", help="A .feature file for the shortest story; its journal goes beside it."),
    ] = None,
    mutant: Annotated[str, typer.Option("--mutant", hidden=True, help="A mutant of the reference.")] = "",
    as_json: Json = False,
) -> None:
    """Try random stories, and show the shortest one that comes out otherwise than by the rules (自動探索).

    Exit code 0: every story came out as it must. 1: one did not (FAIL). 2: wrong use, or the harness is in
    doubt (INCONCLUSIVE).
    """
    from conformance.model import asking
    from conformance.model.exploring import save as save_story

    explored = asking.explored(plan, role, stories, seed, mutant, _say)
    if save is not None and explored.feature:
        save_story(explored, save)
    if as_json:
        typer.echo(explored.as_json())
    else:
        asking.show(explored, typer.echo)
    raise typer.Exit(explored.code)


@app.command()
def coverage(
    role: Annotated[str, typer.Option("--role", help="Only the requirements of this role.")] = "",
    page: Annotated[bool, typer.Option("--page", help="Print docs/coverage.md.")] = False,
    freeze: Annotated[
        str, typer.Option("--freeze", help="Print a new frozen set of requirements of this name.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Show each requirement with its checks, cases and mutants, or the reason why there are none.

    Exit code 0: nothing is missing. 1: there are gaps, which the list names.
    """
    from conformance import coverage as covering

    found = covering.shipped(role)
    if freeze:
        typer.echo(covering.frozen(found, freeze).text, nl=False)
        return
    if as_json:
        typer.echo(covering.as_json(found))
    elif page:
        typer.echo(covering.page(found), nl=False)
    else:
        for line in covering.told(found):
            typer.echo(line)
    raise typer.Exit(found.exit_code)


@app.command("list")
def list_cases(role: RoleName = "municipal-system", as_json: Json = False) -> None:
    """List the cases with their titles, the capabilities they need and the requirements they show."""
    from conformance.protocol.roles import role_of
    from conformance.register import load
    from conformance.runner import collect

    register = load()
    rows = [
        {
            "case": info.id,
            "tag": info.tag,
            "title": info.title,
            "feature": info.feature,
            "roles": list(info.roles),
            "needs": list(info.needs),
            "requirements": list(register.of_case(info.tag)),
        }
        for info in collect(role_of(role).id)
    ]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for row in rows:
        typer.echo(f"{row['case']}  {row['title']}")
        typer.echo("    " + "  ".join(", ".join(row[key]) for key in ("needs", "requirements") if row[key]))


def _strangers(role: str, as_json: bool) -> NoReturn:
    """Tries the mutants that name no check, and ends the command."""
    from conformance import strangers
    from conformance.kits import kit_of

    met = strangers.meet(kit_of(role).role.id, say=_say)
    if as_json:
        typer.echo(strangers.as_json(met))
    else:
        for line in strangers.told(met):
            typer.echo(line)
    raise typer.Exit(met.exit_code)


def _say(text: str) -> None:
    """Tells people how it goes on, beside the result."""
    typer.echo(text, err=True)


def _adapter(plan: Path | None, command: str, role: str) -> tuple[Settings, Role]:
    """The adapter that is meant, from a plan or a command."""
    import shlex

    from conformance.adapters import settings_of
    from conformance.plan import load
    from conformance.protocol.roles import role_of
    from sim.base.errors import UsageError

    if (plan is None) == (not command):
        raise UsageError(
            "give the plan of the adapter, or its command",
            expected="PLAN.toml, or --command 'PROGRAM ARGUMENTS' with --role",
            received="both" if command else "neither",
        )
    if plan is not None:
        loaded = load(plan)
        return loaded.adapter, loaded.what
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise UsageError("the command cannot be read", where="--command", received=str(error)) from error
    return settings_of({"kind": "command", "command": words, "folder": str(Path.cwd())}), role_of(role)
