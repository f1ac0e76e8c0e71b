"""Scenarios from files: those that come with the harness, and one's own."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError

from sim.base.errors import UsageError, nearest
from sim.studies.scenario import END_OF_TIME, Scenario
from sim.studies.scenario.parts import SLUG

FOLDER: Final = Path(__file__).parent.parent / "scenarios"
_OF_THE_FILE: Final = ("name", "shows_ja", "shows_en", "answers")
"""Keys that no other file takes over: they speak of the one in which they stand."""


def names() -> list[str]:
    """The scenarios that come with the harness."""
    return sorted(path.stem for path in FOLDER.glob("[a-z]*.toml"))


def text(name: str) -> str:
    """The file of a scenario that comes with the harness, as a starting point for one's own.

    Raises:
        UsageError: there is none of that name.
    """
    if name not in names():
        raise _unknown(name, "renkei sim scenarios --show")
    return (FOLDER / f"{name}.toml").read_text(encoding="utf-8")


def lasting(scenario: Scenario, days: int) -> Scenario:
    """The scenario with another number of days; its outages and bad batches stay where they are.

    Raises:
        UsageError: it would run beyond the last day that can be simulated.
    """
    if scenario.start > END_OF_TIME - timedelta(days=days):
        raise UsageError(
            f"{days} days from {scenario.start} are too many",
            where="--days",
            expected=f"a last day before {END_OF_TIME}",
            remedy=f"give at most --days {(END_OF_TIME - scenario.start).days}",
        )
    return scenario.model_copy(update={"days": days})


def _unknown(name: str, command: str, why: str | None = None) -> UsageError:
    hint = nearest(name, names())
    return UsageError(
        f"there is no scenario {name!r}",
        expected=", ".join(names()) + (", or a file that ends in .toml" if why else ""),
        received=why,
        remedy=f"did you mean `{command} {hint}`?" if hint else "`renkei sim scenarios` lists them",
    )


def load(name_or_path: str, command: str = "renkei sim run") -> Scenario:
    """The scenario of that name, or of that file when it ends in `.toml`.

    `extends = "NAME"` takes everything from another scenario that comes along, or from a file beside this
    one, and then what stands here: tables are merged key by key, everything else is replaced. What the other
    promises (`shows_ja`, `shows_en`, `answers`) is not taken, since this one shows something else. Without a
    `name` of its own it has that of its file. `command`: what a message proposes for a misspelt name.

    Raises:
        UsageError: no such scenario, not TOML, a wrong key or value; each with its place.
    """
    path = _path_of(name_or_path, Path())
    raw = _read(path, name_or_path, (), command)
    try:
        return Scenario.model_validate(raw)
    except ValidationError as error:
        raise _explained(error, path) from error


def changed(scenario: Scenario, settings: Sequence[str]) -> Scenario:
    """The scenario with some keys set otherwise: `exchange.at=12:00:00`, `municipality.residents=500`.

    The key is written with dots (a number is a place in a list, from 0), the value as TOML has it.

    Raises:
        UsageError: not KEY=VALUE, not a TOML value, no such key, a value that the scenario cannot have.
    """
    raw = _changeable(scenario.model_dump(by_alias=True, exclude_unset=True))
    for setting in settings:
        key, equals, text = setting.partition("=")
        where = f"--set {setting}"
        try:
            given = tomllib.loads(f"value = {text}")
        except tomllib.TOMLDecodeError as error:
            raise UsageError(
                "this is no TOML value" if equals else "this sets nothing",
                where=where,
                expected="KEY=VALUE, such as exchange.at=12:00:00 or title_en='\"mine\"'",
                received=str(error),
                remedy="text wants quotes, a clock time seconds",
            ) from error
        if len(given) > 1:
            raise UsageError(
                "this sets more than one value",
                where=where,
                expected="KEY=VALUE in one line",
                received=f"{len(given)} lines",
                remedy="give --set once for each of them",
            )
        _set(raw, key.split("."), given["value"], where)
    try:
        return Scenario.model_validate(raw)
    except ValidationError as error:
        raise _explained(error, Path("--set"), _left_out(raw)) from error


def _left_out(raw: dict[str, Any]) -> str | None:
    """What to do when the scenario can be as it was set, but not what it plans for certain moments."""
    if not raw.get("happenings"):
        return None
    try:
        Scenario.model_validate({**raw, "happenings": []})
    except ValidationError:
        return None
    return (
        "what happens was planned for the scenario as it was: leave all of it out with --set 'happenings=[]',"
        " or write a file that extends it and plans what can happen"
    )


def _changeable(value: Any) -> Any:
    """The same values in lists and tables that can be changed."""
    if isinstance(value, dict):
        return {key: _changeable(inner) for key, inner in value.items()}
    return [_changeable(inner) for inner in value] if isinstance(value, list | tuple) else value


def _set(raw: Any, path: list[str], value: Any, where: str) -> None:
    """Puts a value to its place; tables on the way are made."""
    for place, part in enumerate(path):
        last = place == len(path) - 1
        if isinstance(raw, dict):
            if last:
                raw[part] = value
            else:
                raw = raw.setdefault(part, {})
        elif isinstance(raw, list) and part.isdecimal() and int(part) < len(raw):
            if last:
                raw[int(part)] = value
            else:
                raw = raw[int(part)]
        else:
            raise UsageError(
                f"there is no place {'.'.join(path[: place + 1])!r} in the scenario",
                where=where,
                remedy="`renkei sim scenarios --schema` prints what there is",
            )


def _path_of(name_or_path: str, folder: Path) -> Path:
    return folder / name_or_path if name_or_path.endswith(".toml") else FOLDER / f"{name_or_path}.toml"


def _read(path: Path, asked: str, on_the_way: tuple[Path, ...], command: str = "extends =") -> dict[str, Any]:
    """What a file says, with all that it extends."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise _unknown(asked, command, str(error.strerror)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError("the scenario is not TOML", where=str(path), received=str(error)) from error
    base = raw.pop("extends", None)
    if base is None:
        return raw
    if not isinstance(base, str) or path.resolve() in on_the_way:
        raise UsageError(
            "a scenario extends one other by its name, and never itself",
            where=f"{path}: extends",
            received=str(base),
            remedy='write extends = "NAME"; `renkei sim scenarios` lists the names',
        )
    below = _read(_path_of(base, path.parent), base, (*on_the_way, path.resolve()))
    for key in _OF_THE_FILE:
        below.pop(key, None)
    for here, there in (("municipality", "municipalities"), ("municipalities", "municipality")):
        if here in raw:
            below.pop(there, None)
    own = {} if on_the_way or "name" in raw else {"name": _named_after(path)}
    return _merged(below, raw | own)


def _named_after(path: Path) -> str:
    """The name of a file that extends another one and gives none: that of the file."""
    if re.fullmatch(SLUG, path.stem) is None:
        raise UsageError(
            "the scenario has no name, and its file's name cannot be one",
            where=f"{path}: name",
            expected="small letters, digits and hyphens",
            received=path.stem,
            remedy='write name = "…" into the file, or rename it',
        )
    return path.stem


def _merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Both tables in one: tables are merged, anything else is taken from `above`."""
    merged = dict(below)
    for key, value in above.items():
        known = merged.get(key)
        merged[key] = _merged(known, value) if isinstance(known, dict) and isinstance(value, dict) else value
    return merged


def schema() -> dict[str, Any]:
    """The JSON Schema of a scenario file, for editors and for other programs.

    A file is complete, or `extends` another one: then nothing is required of the tables that are merged.
    """
    whole = Scenario.model_json_schema(ref_template="#/$defs/{model}")
    parts: dict[str, Any] = whole.pop("$defs")
    base = {
        "description": "A scenario that comes along, or a file beside this one that ends in .toml;"
        " what stands here is merged into what it says.",
        "type": "string",
        "minLength": 1,
    }
    below: dict[str, Any] = {}
    change = _merging(whole, parts, below)
    change["properties"] = {"extends": base, **change["properties"]}
    change["required"] = ["extends"]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": whole["title"],
        "description": whole["description"],
        "anyOf": [{"$ref": "#/$defs/Scenario"}, {"$ref": "#/$defs/ExtendingScenario"}],
        "$defs": {**parts, **below, "Scenario": whole, "ExtendingScenario": change},
    }


def _merging(part: dict[str, Any], parts: dict[str, Any], below: dict[str, Any]) -> dict[str, Any]:
    """A table of which any key may be missing, since another file has it; so are the tables in it."""
    loose = {key: value for key, value in part.items() if key not in ("required", "anyOf")}
    loose["properties"] = {
        key: _merged_table(value, parts, below) for key, value in part["properties"].items()
    }
    return loose


def _merged_table(value: Any, parts: dict[str, Any], below: dict[str, Any]) -> Any:
    """A property of a merged table: a table in it is merged as well, a list or a value is replaced."""
    if not isinstance(value, dict):
        return value
    if "anyOf" in value:
        return {**value, "anyOf": [_merged_table(option, parts, below) for option in value["anyOf"]]}
    name = str(value.get("$ref", "")).removeprefix("#/$defs/")
    if "properties" not in parts.get(name, {}):
        return value
    merged = f"Extending{name}"
    if merged not in below:
        below[merged] = {}  # so that a table in itself ends
        below[merged] = _merging(parts[name], parts, below)
    return {**value, "$ref": f"#/$defs/{merged}"}


def _explained(error: ValidationError, path: Path, remedy: str | None = None) -> UsageError:
    """The first fault with its place; a wrong key with the nearest right one. `remedy`: if one is known."""
    faults = error.errors(include_url=False)
    # A misspelt key shows twice, as unknown and as missing: the first of the two says more.
    first = next((fault for fault in faults if fault["type"] == "extra_forbidden"), faults[0])
    place = ".".join(str(part) for part in first["loc"])
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    if first["type"] == "extra_forbidden":
        key = str(first["loc"][-1])
        known = _keys_at(first["loc"][:-1])
        hint = nearest(key, known)
        return UsageError(
            f"unknown key {place!r}{more}",
            where=str(path),
            expected=", ".join(known),
            received=key,
            remedy=f"did you mean {hint!r}?" if hint else "remove it",
        )
    return UsageError(
        f"{place or 'the scenario'}: {first['msg']}{more}",
        where=str(path),
        received=_shown(first.get("input")),
        remedy=remedy or "`renkei sim scenarios --schema` prints what is allowed",
    )


def _shown(value: Any) -> str | None:
    """A value as a message shows it; a whole table says nothing."""
    if isinstance(value, dict | BaseModel | list | tuple):
        return None
    return value.isoformat(" ") if isinstance(value, datetime) else repr(value)[:120]


def _keys_at(place: tuple[int | str, ...]) -> list[str]:
    """The keys that the part of the scenario at `place` knows, as TOML spells them."""
    models: list[type[BaseModel]] = [Scenario]
    for part in place:
        if isinstance(part, int):
            continue
        tagged = [model for model in models if _tag(model) == part]
        if tagged:
            models = tagged
            continue
        models = [inner for model in models for inner in _models_in(model.model_fields[part].annotation)]
    fields = [item for model in models for item in model.model_fields.items()]
    return sorted({field.alias or name for name, field in fields})


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    """The models that an annotation speaks of: itself, or those in its list, union or table."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for inner in get_args(annotation) for model in _models_in(inner)]


def _tag(model: type[BaseModel]) -> str:
    """Which `kind` of a planned event the model is; nothing for any other part."""
    kind = model.model_fields.get("kind")
    options = () if kind is None else get_args(kind.annotation)
    return str(options[0]) if len(options) == 1 else ""
