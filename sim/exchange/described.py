"""The sections of `docs/renkei-open-1.md` on sequence, versions, envelope, keys, folders, media and security.

Pure functions that give Markdown, from the very constants and tables by which the code decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from sim.base.instant import HOUR
from sim.exchange import folders, reconciliation, sequence
from sim.exchange.codes import Code
from sim.exchange.envelope import EnvelopeCode
from sim.exchange.folders import FOLDERS, QUARANTINED, FolderCode
from sim.exchange.pki import ORGANISATION, Usage
from sim.exchange.sequence import REMEDIES, Remedy

_BATCH: Final = "131041-ISA-01-00000012"

STANDINGS: Final = (
    ("the next one", "taken in; the following number is due", ""),
    ("lower, the same bytes as were taken in", "nothing: it is answered already", ""),
    ("lower, other bytes", "refused", Code.SEQUENCE_REUSED),
    (f"lower, more than {sequence.REMEMBERED} numbers ago", "refused", Code.SEQUENCE_STALE),
    ("higher", "refused; its results on whole batches count all the same", Code.SEQUENCE_GAP),
)

REMEDY_TEXT: Final[dict[Remedy, str]] = {
    Remedy.AGAIN: "Send the same bytes again after 15 minutes, then 30, then hourly. If the file that"
    " you kept has the"
    " fault itself, send another edition.",
    Remedy.AFTER: "Send the same bytes again as soon as the missing batch is in. Send the missing one"
    " again, unless"
    " you heard of it.",
    Remedy.REPLACE: "The batch is refused for what it is, and stays so, byte for byte. Send another"
    " edition under the"
    " same number: the records in an older version of the profile, or corrected, or none.",
    Remedy.NEXT: "The number is spent. What the batch held goes under the next number.",
    Remedy.CORRECT: "The batch is taken in, the record is not: the corrected one goes under a new record"
    " number in a later batch.",
}

ENVELOPE_TEXT: Final[dict[EnvelopeCode, str]] = {
    EnvelopeCode.NOT_CMS: "not a ContentInfo of CMS with EnvelopedData",
    EnvelopeCode.NOT_FOR_US: "no recipient in it is our certificate",
    EnvelopeCode.DAMAGED: "it does not decrypt",
    EnvelopeCode.EXTRA_RECIPIENT: "others can open it as well",
    EnvelopeCode.NOT_FOR_ENCRYPTION: "encrypted for a certificate of ours that is not for encryption",
    EnvelopeCode.NOT_SIGNED: "what was decrypted is not SignedData with one signer and its content",
    EnvelopeCode.UNKNOWN_SIGNER: "the signer's certificate does not reach the trust anchor",
    EnvelopeCode.BAD_SIGNATURE: "the signature does not fit the content",
    EnvelopeCode.EXPIRED: "a certificate is not valid on the day",
    EnvelopeCode.WRONG_USAGE: "the signer's certificate is not for signing batches",
    EnvelopeCode.REVOCATION_UNKNOWN: "the list of revoked certificates is not for this day",
    EnvelopeCode.REVOKED: "the authority has taken the signer's certificate back",
}

USAGE_TEXT: Final[dict[Usage, tuple[str, str]]] = {
    Usage.ENVELOPE: ("signs batches and receives content keys", "digitalSignature, keyEncipherment"),
    Usage.SIGNING: ("signs batches", "digitalSignature"),
    Usage.ENCRYPTION: ("receives content keys", "keyEncipherment"),
    Usage.TLS_SERVER: ("the server's end of a link", "serverAuth"),
    Usage.TLS_CLIENT: ("a terminal's end of a link", "clientAuth"),
}

SAFEGUARDS: Final = (
    (
        "Only the listed peers speak over LGWAN; each by its own TLS certificate",
        "seed 003, lines 251 and 261",
    ),
    ("Nobody but the recipient can read a batch: fresh content key, one recipient", "seed 003, line 255"),
    (
        "A batch is believed only when a certified sender signed it and is the sender that it names",
        "line 255",
    ),
    ("What comes in is scanned before it is opened and before it is taken in", "seed 003, line 257"),
    (
        "Payloads lie sealed with the key of the place; the key lies in one file elsewhere",
        "seed 002, line 99",
    ),
    ("A payload is deleted once it was taken in", "seed 002, line 99"),
    ("Everything that is refused is journalled with its code and without its content", "seed 003, line 270"),
)
"""What an implementation must do, each with where it comes from."""


PKI_FILES: Final = {
    "authority/authority.cert.pem": "the authority's certificate: the trust anchor",
    "authority/authority.key.pem": "its key, which signs certificates and the list",
    "issued/131041-envelope-1/131041.cert.pem": "the first certificate of that name and usage",
    "issued/131041-envelope-1/131041.key.pem": "its key, readable by the owner only",
    "revoked.crl.pem": "the list of what was taken back",
}
"""What lies where in the folder of a test PKI."""

OPENSSL_SEAL: Final = """\
openssl cms -sign -binary -nodetach -md sha256 -outform DER \\
  -signer pki/issued/131041-envelope-1/131041.cert.pem \\
  -inkey pki/issued/131041-envelope-1/131041.key.pem -in batch.csv -out signed
openssl cms -encrypt -binary -aes256 -outform DER -in signed -out batch.csv.p7m \\
  pki/issued/ISA-envelope-1/ISA.cert.pem"""

OPENSSL_OPEN: Final = """\
cat pki/authority/authority.cert.pem pki/revoked.crl.pem > trust.pem
openssl cms -decrypt -binary -inform DER -recip pki/issued/ISA-envelope-1/ISA.cert.pem \\
  -inkey pki/issued/ISA-envelope-1/ISA.key.pem -in batch.csv.p7m -out signed
openssl cms -verify -binary -inform DER -CAfile trust.pem -crl_check -in signed -out opened.csv"""
"""Commands of a shell, which a test runs as they stand."""


def sequence_section() -> str:
    """Numbers, refusals, editions."""
    codes: dict[Remedy, list[str]] = {one: [] for one in Remedy}
    for code, what in REMEDIES.items():
        codes[what].append(f"`{code}`")
    codes[Remedy.REPLACE].append("every other code")
    codes[Remedy.CORRECT].append("a code of a record alone")
    return _joined(
        "## Sequence and re-sending",
        "Whoever sends numbers its batches from 1 without a gap, apart for each recipient and business. The"
        " recipient spends a number only when it takes a batch in. A batch's number is:",
        _table(("number", "what the recipient does", "code"), [(a, b, _code(c)) for a, b, c in STANDINGS]),
        "A batch is answered under its name with `accepted`, or with `rejected` and a code; each record"
        " in it under"
        " its own number. What a rejection asks of its sender:",
        _table(("codes", "the sender"), [(", ".join(codes[one]), REMEDY_TEXT[one]) for one in Remedy]),
        f"Another edition travels as `{sequence.edition_ref(_BATCH, 2)}`,"
        f" `{sequence.edition_ref(_BATCH, 3)}` and"
        " so on; the first bears the batch's own name. A verdict names the edition that it is on. A rejected"
        " batch's records are rejected with its code, unless the next edition holds them.",
        f"A batch that was handed over and not answered within {sequence.ANSWER_WITHIN // HOUR} hours"
        " goes again. Re-sending has no effect but the answer. On 2019-04-01 the counterpart's name changed"
        " from 法務大臣 to 出入国在留管理庁長官: numbers, addresses and forms did not, and what was under way"
        " stays good.",
    )


def versions_section() -> str:
    """Two versions of the profile side by side."""
    return _joined(
        "## Versions side by side",
        "Each side lists the versions that it speaks, newest first, and writes in the newest that the"
        " other has"
        f" not refused. On `{Code.UNKNOWN_PROFILE}` the same number goes again as another edition in the"
        " next older"
        " version. Once a batch of the other has come in a version, that is no longer held to be"
        " refused. A side"
        " speaks a version for as long as a batch that it wrote in it is not answered.",
    )


def envelope_section() -> str:
    """CMS, and why an envelope is not opened."""
    return _joined(
        "## Envelope",
        "CMS, DER. SignedData (SHA-256, RSA PKCS #1 v1.5, one signer with its certificate, the content"
        " attached as"
        " id-data) inside EnvelopedData (AES-256-CBC, a fresh content key, carried under the recipient's"
        " RSA key"
        " by PKCS #1 v1.5, one recipient). We sign without signed attributes; with them is accepted, and"
        " so is a"
        " streamed encoding (BER of indefinite length). The checks, in their order:",
        _table(
            ("code", "why it was not opened"), [(_code(code), ENVELOPE_TEXT[code]) for code in EnvelopeCode]
        ),
        f"A batch that names another sender than its signer is not believed either: `{Code.WRONG_SENDER}`."
        " `renkei exchange open` then writes nothing, and `renkei exchange seal` refuses to make it.",
        "To the sender `NOT_OPENED` is said, with a code of this table that anybody could find without a key,"
        " and `DAMAGED` for all others: which check stopped would tell a stranger about the padding.",
        "The same with `openssl`, where `pki` is the folder that `renkei pki init` made: first the sender's"
        " side, then the recipient's. Without the list and `-crl_check` a certificate that was taken back"
        " passes. `openssl` refuses a certificate as soon as the list names it, also where the entry's day is"
        " still to come; and it does not compare the signer with the batch's sender.",
        f"```\n{OPENSSL_SEAL}\n\n{OPENSSL_OPEN}\n```",
    )


def pki_section() -> str:
    """Certificates, usages, revocation."""
    return _joined(
        "## Keys and certificates",
        f"X.509 from a test authority shaped like LGPKI ({ORGANISATION}). The common name is `ISA` or the"
        " municipality's code with its check digit. Keys are RSA of 2048 bits.",
        _table(
            ("usage", "for", "key usage or purpose"),
            [(_code(usage), *USAGE_TEXT[usage]) for usage in Usage],
        ),
        "What the authority takes back stands in one signed list (CRL) with a number and the day until"
        " which it is"
        " believed. Whoever opens an envelope needs a list that is believed on that day; without one"
        " nothing is"
        " opened. A certificate is refused from the moment that its entry names, which may be to come: the"
        " list itself is believed from the authority's first day on.",
        "`renkei pki init DIR`, `renkei pki issue DIR 131041`, `renkei pki revoke DIR 131041 --on DATE`,"
        " `renkei pki show DIR`. A key is never overwritten: the next certificate gets the next number."
        " In the folder:",
        _table(("file", "what it is"), [(f"`{path}`", text) for path, text in PKI_FILES.items()]),
    )


def folders_section() -> str:
    """Folders, names, what is not taken in."""
    return _joined(
        "## Folders",
        _table(
            ("folder", "日本語", "what lies in it"), [(f"`{name}/`", *told) for name, told in FOLDERS.items()]
        ),
        "A payload's name is the batch's, with the edition where there is one:"
        f" `{folders.file_name(_BATCH, 'csv')}`,"
        f" `{folders.file_name(sequence.edition_ref(_BATCH, 2), 'xml')}`. It is written under that name and"
        f" `{folders.PART}`, and renamed when it is whole and on the disk. Files are taken in the order"
        " of their"
        " names. Everything else is left where it is and reported. Nothing outside the folders is read"
        " or written.",
        f"Folders have mode {folders.FOLDER_MODE:04o}, files {folders.FILE_MODE:04o}. A file is at most"
        f" {folders.LARGEST:,} bytes and is judged before it is read. A payload that was taken in is"
        " deleted.",
        _codes(FolderCode, lambda code: not code.startswith("MEDIUM")),
        "Moved to quarantine, sealed, with a file"
        f" `NAME.N{folders.FINDING}` beside it: {', '.join(_code(code) for code in sorted(QUARANTINED))}.",
        "### At rest",
        "A payload lies as `RKB1`, a nonce of"
        f" {folders.NONCE_BYTES} bytes, and AES-256-GCM of the content with the file's name as"
        " associated data. The"
        " key is HMAC-SHA-256 of `renkei-open/1 at rest` under the key of the place:"
        f" {folders.KEY_BYTES} bytes in"
        " hexadecimal in one file outside the folders.",
    )


def media_section() -> str:
    """Media and their labels."""
    return _joined(
        "## Media",
        f"A medium carries payloads as they lie in a folder, and `{folders.LABEL}`: JSON with `label`"
        " (1), `id`,"
        " `municipality`, `direction`, `sequence` (from 1, apart for each municipality and direction),"
        " `created`,"
        " `files` (`name`, `size`, `sha256` of the sealed bytes) and `mac`. The MAC is HMAC-SHA-256 in"
        " hexadecimal"
        " of everything else as JSON with sorted keys, without spaces and with only ASCII characters,"
        " under the"
        " HMAC-SHA-256 of `renkei-open/1 label` under the key of the place. The label is written last"
        " and deleted"
        " first. A medium is taken in whole or not at all, and once. One that was lost is made again"
        " under the same"
        " sequence and another id; whichever is taken in first counts.",
        _codes(FolderCode, lambda code: code.startswith("MEDIUM")),
    )


def security_section() -> str:
    """What an implementation must do."""
    return _joined(
        "## Security rules",
        _table(("rule", "from"), SAFEGUARDS),
        "Scanning is left to an antivirus program behind a port. The built-in one knows the public test"
        " file only,"
        " which every program must find.",
    )


def reconciliation_section() -> str:
    """What must add up."""
    return _joined(
        "## Reconciliation",
        "At any instant and for every record and every batch: sent = accepted + rejected + pending."
        " `renkei exchange reconcile JOURNAL…` holds any journals against each other; for a run's folder it"
        " takes the `journal.ndjson` in it. What does not add up:",
        _table(
            ("code", "日本語", "meaning"),
            [(_code(code), *told) for code, told in reconciliation.EXPLAINED.items()],
        ),
    )


SECTIONS: Final = (
    sequence_section,
    versions_section,
    envelope_section,
    pki_section,
    folders_section,
    media_section,
    security_section,
    reconciliation_section,
)
"""In the order of the document."""


def _codes(codes: Iterable[FolderCode], chosen: Callable[[FolderCode], bool]) -> str:
    rows = [(_code(code), *folders.EXPLAINED[code]) for code in codes if chosen(code)]
    return _table(("code", "日本語", "meaning"), rows)


def _code(code: str) -> str:
    return f"`{code}`" if code else ""


def _joined(*parts: str) -> str:
    return "\n\n".join(parts) + "\n"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [_row(head), _row(["---"] * len(head)), *map(_row, rows)]
    return "\n".join(lines)


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
