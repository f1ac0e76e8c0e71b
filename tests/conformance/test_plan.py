"""A plan is checked completely, holds no secret, and is read back as it was written."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.adapters.command import CommandSettings
from conformance.adapters.secrets import Secret
from conformance.plan import Plan, load
from conformance.plan_text import plan_text, write_plan
from conformance.profiles import profile_of, profiles
from conformance.protocol.roles import ALL, FORBIDDEN, MUNICIPAL, Role
from sim.base.errors import UsageError

HEAD = 'version = 1\nrole = "municipal-system"\n'
COMMAND = '[adapter]\nkind = "command"\ncommand = ["adapter"]\n'
SECRET = "hunter2-no-one-may-see-this"

WITH_PROFILE = [role for role in ALL if any(profile.role == role.id for profile in profiles())]


def plan_of(tmp_path: Path, text: str) -> Plan:
    path = tmp_path / "plan.toml"
    path.write_text(text, encoding="utf-8")
    return load(path)


def refused(tmp_path: Path, text: str) -> UsageError:
    with pytest.raises(UsageError) as raised:
        plan_of(tmp_path, text)
    return raised.value


@pytest.mark.parametrize("role", WITH_PROFILE, ids=lambda role: role.id)
def test_the_plan_that_init_writes_is_read_back(role: Role, tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    write_plan(role, path)
    plan = load(path)
    assert plan.what is role
    assert plan.profile == "standard"
    assert plan.text == path.read_text(encoding="utf-8")


def test_every_key_of_a_plan_stands_in_the_written_one() -> None:
    text = plan_text(MUNICIPAL)
    for name, field in Plan.model_fields.items():
        assert any(one in text for one in (f"{name} = ", f"[{name}]", f"[{name}.")), name
        inner = getattr(field.annotation, "model_fields", {})
        assert all(f"{key} = " in text for key in inner), name


def test_a_plan_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text("mine")
    with pytest.raises(UsageError, match="there already"):
        write_plan(MUNICIPAL, path)
    assert path.read_text() == "mine"


def test_a_plan_cannot_be_written_into_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be written"):
        write_plan(MUNICIPAL, tmp_path / "nowhere" / "plan.toml")


@pytest.mark.parametrize(
    ("text", "place", "hint"),
    [
        (HEAD + "profil = 1\n" + COMMAND, "'profil'", "profile"),
        (HEAD + '[adapter]\nkind = "command"\ncomand = ["x"]\n', "'adapter.comand'", "command"),
        (HEAD + COMMAND + '[implementation]\nversio = "1"\n', "'implementation.versio'", "version"),
        (HEAD + COMMAND + 'env = { A = { fil = "x" } }\n', "'adapter.env.A.fil'", "file"),
        ('version = 1\nrole = "municipal-sistem"\n' + COMMAND, "no such role", "municipal-system"),
        (HEAD + 'profile = "standrad"\n' + COMMAND, "no such profile", "standard"),
    ],
)
def test_a_wrong_name_is_told_with_its_place_and_the_nearest_right_one(
    text: str, place: str, hint: str, tmp_path: Path
) -> None:
    error = refused(tmp_path, text)
    assert place in str(error)
    assert error.remedy is not None and hint in error.remedy


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("version = 2\n", "version"),
        (HEAD, "adapter"),
        (HEAD + "adapter = 3\n", "adapter"),
        (HEAD + "[adapter]\n", "kind of adapter"),
        (HEAD + '[adapter]\nkind = "telepathy"\n', "kind of adapter"),
        (HEAD + '[adapter]\nkind = "command"\ncommand = []\n', "adapter.command"),
        (HEAD + COMMAND + "start = 0\n", "adapter.start"),
        (HEAD + COMMAND + "start = inf\n", "adapter.start"),
        (HEAD + COMMAND + "timeouts = { clock = -1.0 }\n", "adapter.timeouts.clock"),
        (HEAD + '[adapter]\nkind = "http"\nurl = "ftp://here"\n', "adapter.url"),
        (HEAD + '[adapter]\nkind = "folder"\n', "adapter.folder"),
        (HEAD + COMMAND + '[exchange]\nform = "pdf"\n', "exchange.form"),
        (HEAD + COMMAND + "[limits]\nrun = 0\n", "limits.run"),
        ("not toml", "not TOML"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(text: str, told: str, tmp_path: Path) -> None:
    assert told in str(refused(tmp_path, text))


def test_a_plan_that_is_not_there_or_no_text_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        load(tmp_path / "none.toml")
    (tmp_path / "plan.toml").write_bytes(b'role = "\xff"')
    with pytest.raises(UsageError, match="not UTF-8"):
        load(tmp_path / "plan.toml")


def test_paths_count_from_the_folder_of_the_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    text = HEAD + COMMAND + 'folder = "here"\nenv = { A = { file = "a.txt" } }\n[baseline]\npath = "b.toml"\n'
    plan = plan_of(tmp_path, text)
    settings = plan.adapter
    assert isinstance(settings, CommandSettings)
    assert settings.folder == tmp_path / "here"
    assert settings.env["A"] == Secret(file=tmp_path / "a.txt")
    assert plan.baseline.path == tmp_path / "b.toml"


@pytest.mark.parametrize(
    "adapter",
    [
        f'kind = "command"\ncommand = ["a"]\nenv = {{ DB_PASSWORD = "{SECRET}" }}',
        f'kind = "http"\nurl = "http://localhost"\nheaders = {{ Authorization = "{SECRET}" }}',
        f'kind = "http"\nurl = "http://localhost"\nheaders = {{ x-api-key = "{SECRET}" }}',
        f'kind = "http"\nurl = "http://me:{SECRET}@localhost"',
        f'kind = "http"\nurl = "https://localhost"\npassphrase = "{SECRET}"',
        f'kind = "http"\nurl = "https://localhost"\npassphrase = {{ env = "A", file = "{SECRET}" }}',
        f'kind = "command"\ncommand = ["a"]\nenv = {{ DB_PASSWORD = {{ env = "A", value = "{SECRET}" }} }}',
    ],
)
def test_a_secret_that_is_written_out_is_refused_and_not_repeated(adapter: str, tmp_path: Path) -> None:
    assert SECRET not in str(refused(tmp_path, HEAD + "[adapter]\n" + adapter + "\n"))


def test_a_secret_is_looked_up_in_a_variable_or_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RENKEI_TEST_SECRET", SECRET)
    assert Secret(env="RENKEI_TEST_SECRET").look_up("here") == SECRET
    (tmp_path / "secret").write_text(SECRET + "\n")
    assert Secret(file=tmp_path / "secret").look_up("here") == SECRET


def test_a_secret_that_is_not_there_is_told_with_its_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RENKEI_TEST_SECRET", raising=False)
    (tmp_path / "empty").write_text("")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    for secret in (
        Secret(env="RENKEI_TEST_SECRET"),
        Secret(file=tmp_path / "none"),
        Secret(file=tmp_path / "empty"),
        Secret(file=tmp_path / "bytes"),
    ):
        with pytest.raises(UsageError) as raised:
            secret.look_up("adapter.env.X")
        assert raised.value.where == "adapter.env.X"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(text=st.text(max_size=60))
def test_any_text_at_all_is_a_plan_or_a_clear_error(text: str, tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(HEAD + COMMAND + text, encoding="utf-8", errors="replace", newline="")
    try:
        assert load(path).role == "municipal-system"
    except UsageError as error:
        assert error.where


def test_each_role_with_a_profile_has_two_and_they_name_its_capabilities() -> None:
    assert MUNICIPAL in WITH_PROFILE
    for role in WITH_PROFILE:
        ours = [profile for profile in profiles() if profile.role == role.id]
        assert {"standard", "minimal"} <= {profile.name for profile in ours}
        for profile in ours:
            assert profile_of(role, profile.name) is profile
            known = {name for name in role.capabilities if not name.startswith(FORBIDDEN)}
            assert {*profile.mandatory, *profile.optional(role)} == known
        assert set(profile_of(role, "standard").mandatory) == set(role.mandatory)
