"""The identities of a load test: made once, kept whole, used again."""

import shutil
import ssl
from pathlib import Path

import pytest

from load import keys
from load.endpoints import tls_of
from load.keys import AUTHORITY, ENVELOPE, TLS, Keys
from load.payloads import DAY
from sim.base.errors import UsageError
from sim.exchange import pki
from sim.exchange.envelope import Opened, open_sealed, seal
from sim.exchange.pki import AUTHORITY_NAME, Usage
from tests.load.rig import CODES, made_keys

AGENCY = "ISA"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the keys of two endpoints, copied: to make them takes long."""
    folder, source = tmp_path / "keys", made_keys().folder
    for kind, names in (
        (AUTHORITY, [AUTHORITY_NAME]),
        (ENVELOPE, [AGENCY, *CODES[:2]]),
        (TLS, [AGENCY, *CODES[:2]]),
    ):
        (folder / kind).mkdir(mode=0o700, parents=True)
        for name in names:
            for ending in ("cert", "key"):
                shutil.copy(source / kind / f"{name}.{ending}.pem", folder / kind)
    folder.chmod(0o700)
    return folder


def times(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*.pem")}


def test_a_folder_that_cannot_be_written_is_refused_with_what_to_do(tmp_path: Path) -> None:
    place = tmp_path / "file"
    place.write_text("no folder")
    with pytest.raises(UsageError) as caught:
        keys.make(place / "keys", AGENCY, CODES[:1], workers=1)
    assert caught.value.remedy == "give a folder that can be written: --keys DIR"


def test_identities_without_the_authority_that_issued_them_are_refused(folder: Path) -> None:
    shutil.rmtree(folder / AUTHORITY)
    with pytest.raises(UsageError, match="whose authority is not there"):
        keys.make(folder, AGENCY, CODES[:2], workers=1)


def test_without_a_home_the_user_is_told_to_give_a_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("HOME", raising=False)
    with pytest.raises(UsageError, match="no place for the keys"):
        keys.default_folder()


def test_an_identity_that_was_left_half_made_is_made_anew(folder: Path) -> None:
    certificate, _ = Keys(folder).pair(ENVELOPE, CODES[0])
    certificate.unlink()
    keys.make(folder, AGENCY, CODES[:2], workers=1)
    identity = Keys(folder).envelope(CODES[0])
    assert identity.key.public_key() == identity.certificate.public_key()


def test_a_key_that_is_no_key_is_told_with_its_place(folder: Path) -> None:
    _, path = Keys(folder).pair(ENVELOPE, CODES[0])
    path.write_text("nothing")
    with pytest.raises(UsageError) as caught:
        Keys(folder).envelope(CODES[0])
    assert caught.value.where == str(path)


def test_keys_that_are_there_are_not_made_again(folder: Path) -> None:
    before = times(folder)
    told: list[tuple[int, int]] = []
    keys.make(folder, AGENCY, CODES[:3], workers=1, progress=lambda done, of: told.append((done, of)))
    after = times(folder)
    assert {path: after[path] for path in before} == before
    assert told == [(2, 2)]  # the third endpoint's two


def test_each_identity_is_for_its_use_and_reaches_the_root(folder: Path) -> None:
    for kind, name, usage in (
        (ENVELOPE, CODES[0], Usage.ENVELOPE),
        (ENVELOPE, AGENCY, Usage.ENVELOPE),
        (TLS, CODES[0], Usage.TLS_CLIENT),
        (TLS, AGENCY, Usage.TLS_SERVER),
    ):
        certificate = pki.load_certificate(folder / kind, name)
        assert pki.usage_of(certificate) is usage
        certificate.verify_directly_issued_by(Keys(folder).trust())


def test_what_an_endpoint_seals_the_agency_opens_and_nobody_else(folder: Path) -> None:
    held = Keys(folder)
    sealed = seal(b"H,content", held.envelope(CODES[0]), held.recipient(AGENCY))
    opened = open_sealed(sealed, held.envelope(AGENCY), held.trust(), DAY)
    assert isinstance(opened, Opened)
    assert (opened.content, opened.sender) == (b"H,content", CODES[0])
    other = open_sealed(sealed, held.envelope(CODES[1]), held.trust(), DAY)
    assert not isinstance(other, Opened)


def test_keys_are_their_owners_alone(folder: Path) -> None:
    assert {path.stat().st_mode & 0o777 for path in folder.rglob("*.key.pem")} == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700


def test_an_endpoint_has_a_context_of_its_own_for_its_links() -> None:
    context = tls_of(made_keys(), CODES[0])
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
