"""Data from outside, checked completely: the first fault with its place, and the nearest known key."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from sim.base.errors import UsageError, nearest

M = TypeVar("M", bound=BaseModel)


def toml_of(path: Path, what: str, remedy: str) -> tuple[str, dict[str, Any]]:
    """The text of a TOML file, and what it says. `what`: how a message calls it.

    Raises:
        UsageError: there is no such file, or it is not TOML in UTF-8.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"{what} cannot be read", where=str(path), received=str(error.strerror), remedy=remedy
        ) from error
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{what} is not UTF-8", where=str(path), received=str(error), remedy="save it in UTF-8"
        ) from error
    try:
        return text, tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(
            f"{what} is not TOML", where=str(path), received=str(error), remedy=remedy
        ) from error


def validated(model: type[M], raw: Any, where: str, remedy: str, *, under: str = "") -> M:
    """What a file says, as the model has it. `under`: the key of the table that `raw` is.

    Raises:
        UsageError: a wrong key or value. The value itself is never shown: it could be a secret.
    """
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        raise _explained(error, model, where, remedy, under) from error


def _explained(
    error: ValidationError, model: type[BaseModel], where: str, remedy: str, under: str
) -> UsageError:
    faults = error.errors(include_url=False, include_input=False)
    # A misspelt key shows twice, as unknown and as missing: the first of the two says more.
    first = next((fault for fault in faults if fault["type"] == "extra_forbidden"), faults[0])
    # Between the keys stand names of the members of a union, which nobody wrote.
    keys = [str(part) for part in first["loc"] if "[" not in str(part) and part != "str"]
    place = ".".join([*([under] if under else []), *keys])
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    if first["type"] == "extra_forbidden":
        key = str(first["loc"][-1])
        known = _keys_at(model, first["loc"][:-1])
        hint = nearest(key, known)
        return UsageError(
            f"unknown key {place!r}{more}",
            where=where,
            expected=", ".join(known),
            received=key,
            remedy=f"did you mean {hint!r}?" if hint else "remove it",
        )
    return UsageError(f"{place or 'the file'}: {first['msg']}{more}", where=where, remedy=remedy)


def _keys_at(model: type[BaseModel], place: tuple[int | str, ...]) -> list[str]:
    """The keys that the part of the model at `place` knows."""
    models = [model]
    for part in place:
        if isinstance(part, str):
            # A key of a free table, or a member of a union, is no field: what is there is known already.
            found = [
                inner
                for one in models
                if part in one.model_fields
                for inner in _models_in(one.model_fields[part].annotation)
            ]
            models = found or models
    return sorted({name for one in models for name in one.model_fields})


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    """The models that an annotation speaks of: itself, or those in its list, union or table."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for inner in get_args(annotation) for model in _models_in(inner)]
