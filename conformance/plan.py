"""A plan: everything that a run is made with, read from one TOML file that can be shared.

Secrets stand in it as references only, and are looked up where they are used; so the file can go into the
bundle as it is. Paths count from the folder of the plan.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self, TypeVar

from pydantic import (
    BaseModel,
    PrivateAttr,
    SerializeAsAny,
    StringConstraints,
    field_validator,
    model_validator,
)

from conformance.adapters import kind_of
from conformance.adapters.kind import PlanPart, Seconds, Settings
from conformance.adapters.secrets import Secret
from conformance.profiles import Profile, profile_of
from conformance.protocol.roles import Role, role_of
from sim.base.errors import UsageError
from sim.base.outside import toml_of, validated

P = TypeVar("P", bound=BaseModel)

Text = Annotated[str, StringConstraints(max_length=1000)]
Row = Annotated[str, StringConstraints(pattern=r"\A[A-Za-z0-9_.-]{1,64}\z")]
"""The id of a row of the register of requirements, or of a document for all its rows."""

Digest = Annotated[str, StringConstraints(pattern=r"\A(sha256:[0-9a-f]{64})?\z")]
"""SHA-256 of a file that was delivered, such as an installer."""

SECRET_NAMES: Final = re.compile(r"pass|secret|token|api.?key|authorization|cookie|credential", re.IGNORECASE)
"""Names of headers and variables whose values must be references."""
PARTNERS: Final = ("municipal-system",)
"""Roles whose other end another product may be."""
SECRET_TABLES: Final = ("headers", "env")
USERINFO: Final = re.compile(r"\A[a-z]+://[^/?#]*@")

REMEDY: Final = "`renkei conform init --role ROLE --out plan.toml` writes a plan with every key explained"


class Implementation(PlanPart):
    """What is tested, as the bundle and the certificate name it."""

    name: Text = ""
    vendor: Text = ""
    version: Text = ""
    digest: Digest = ""


class Requirements(PlanPart):
    """What is asked. `set`: the frozen set of requirements; `wishes`: wishes that count as duties."""

    set: Annotated[str, StringConstraints(min_length=1, max_length=64)] = "current"
    wishes: tuple[Row, ...] = ()


class BaselineFile(PlanPart):
    """What is known to fail. `path`: a file in the vendor's own repository; none for no baseline."""

    path: Path | None = None


class Challenge(PlanPart):
    """A text that a city gives, so that a bundle cannot have been made before."""

    text: Text = ""


class Signing(PlanPart):
    """Who signs the bundle. `key`: where the private key is (Ed25519, PEM); none for an unsigned bundle."""

    key: Secret | None = None


class Partner(PlanPart):
    """The product at the other end, for an interoperability run (相互接続確認): a ministry server."""

    implementation: Implementation = Implementation()
    adapter: SerializeAsAny[Settings]

    @field_validator("adapter", mode="plain")
    @classmethod
    def _of_its_kind(cls, given: Any) -> Settings:
        return _settings_of(given, "partner.adapter")


class ExchangeWay(PlanPart):
    """How the harness's own side writes its files. `form`: `csv` or `xml`."""

    form: Literal["csv", "xml"] = "csv"


class Limits(PlanPart):
    """Bounds of the run. `run`: seconds after which it stops, and what is missing is NOT_RUN."""

    run: Seconds = 3600.0


class Plan(PlanPart):
    """A whole plan."""

    version: Literal[1]
    role: str
    profile: str = "standard"
    implementation: Implementation = Implementation()
    adapter: SerializeAsAny[Settings]
    requirements: Requirements = Requirements()
    baseline: BaselineFile = BaselineFile()
    challenge: Challenge = Challenge()
    signing: Signing = Signing()
    exchange: ExchangeWay = ExchangeWay()
    limits: Limits = Limits()
    partner: Partner | None = None

    _text: str = PrivateAttr("")

    @field_validator("adapter", mode="plain")
    @classmethod
    def _of_its_kind(cls, given: Any) -> Settings:
        return _settings_of(given, "adapter")

    @model_validator(mode="after")
    def _possible(self) -> Self:
        profile_of(role_of(self.role), self.profile)
        _no_secrets(self.adapter, "adapter")
        if self.partner is not None:
            if self.role not in PARTNERS:
                raise ValueError(
                    f"[partner] goes with role = {' or '.join(map(repr, PARTNERS))}; the partner is the"
                    " ministry server"
                )
            _no_secrets(self.partner.adapter, "partner.adapter")
        return self

    @property
    def what(self) -> Role:
        """The role."""
        return role_of(self.role)

    @property
    def recommended(self) -> Profile:
        """The recommended profile."""
        return profile_of(self.what, self.profile)

    @property
    def text(self) -> str:
        """The file as it was read. It holds no secret, so the bundle keeps it as it is."""
        return self._text


def load(path: Path) -> Plan:
    """The plan of a file.

    Raises:
        UsageError: there is no such file, it is not TOML, or has a wrong key or value; each with its place.
    """
    text, raw = toml_of(path, "the plan", REMEDY)
    plan = validated(Plan, raw, str(path), REMEDY)
    home = Path(os.path.abspath(path.parent))
    plan = plan.model_copy(
        update={
            "adapter": anchored(plan.adapter, home),
            "baseline": anchored(plan.baseline, home),
            "signing": anchored(plan.signing, home),
            "partner": None if plan.partner is None else anchored(plan.partner, home),
        }
    )
    plan._text = text
    return plan


def anchored(part: P, home: Path) -> P:
    """The same part of a plan, its relative paths counted from `home`."""
    return part.model_copy(
        update={name: _absolute(getattr(part, name), home) for name in type(part).model_fields}
    )


def _absolute(value: Any, home: Path) -> Any:
    if isinstance(value, Path):
        return home / value
    if isinstance(value, BaseModel):
        return anchored(value, home)
    if isinstance(value, dict):
        return {key: _absolute(inner, home) for key, inner in value.items()}
    return value


def _settings_of(given: Any, under: str) -> Settings:
    """The settings of an adapter, as the model of its kind has them."""
    if isinstance(given, Settings):
        return given
    if not isinstance(given, dict):
        raise ValueError("Input should be a table")
    settings = kind_of(str(given.get("kind"))).settings
    return validated(settings, given, "the plan", REMEDY, under=under)


def _no_secrets(settings: Settings, where: str) -> None:
    """Refuses what looks like a secret and is written out.

    Raises:
        UsageError: it does.
    """
    for table in SECRET_TABLES:
        for name, value in getattr(settings, table, {}).items():
            if SECRET_NAMES.search(name) and not isinstance(value, Secret):
                raise _written_out(f"{where}.{table}.{name}")
    if USERINFO.match(getattr(settings, "url", "")):
        raise _written_out(f"{where}.url")


def _written_out(where: str) -> UsageError:
    return UsageError(
        "a plan must not hold a secret",
        where=where,
        expected='a reference: {env = "NAME"} or {file = "path"}',
        received="a text",
        remedy="plans are shared and go into the bundle",
    )
