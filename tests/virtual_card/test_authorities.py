"""The certificates that readers pin are those of the test PKI, and no key comes with them.

After a change of the PKI: `python tests/virtual_card/test_authorities.py` prints the certificates anew.
"""

import subprocess
import sys

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from virtual_card.authorities import PINNED, pinned_pem
from virtual_card.personalise.pki import AUTHORITIES
from virtual_card.reader.certificates import anchors_in

READER_ALONE = """
import sys
from virtual_card.reader.verify import pinned_test_anchors
assert len(pinned_test_anchors()) == 6 and all(each.test for each in pinned_test_anchors())
print(*(name for name in sys.modules if name.startswith("virtual_card.personalise")))
"""


def made() -> dict[str, str]:
    return {
        one.id: x509.load_der_x509_certificate(one.certificate).public_bytes(Encoding.PEM).decode()
        for one in AUTHORITIES
    }


def test_the_pinned_certificates_are_those_of_the_test_pki() -> None:
    assert dict(PINNED) == made()
    assert list(PINNED) == [one.id for one in AUTHORITIES]


def test_all_of_them_stand_in_one_text_and_no_key_does() -> None:
    assert len(anchors_in(pinned_pem().encode(), "ca.pem")) == len(AUTHORITIES)
    assert "PRIVATE" not in pinned_pem()


def test_a_reader_finds_its_test_authorities_without_the_keys_that_issue_cards() -> None:
    done = subprocess.run([sys.executable, "-c", READER_ALONE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == ""


if __name__ == "__main__":
    for authority_id, certificate in made().items():
        print(f'        "{authority_id}": """\\\n{certificate}""",')
