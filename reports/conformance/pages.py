"""Everything that people read in a bundle, by name. The command line gives `pages` to `conformance`."""

from __future__ import annotations

from conformance.results import CERTIFICATE_FILE, REPORT_FILE, Journals, Proof, Results
from reports.conformance import certificate, report


def pages(results: Results, journals: Journals, proof: Proof) -> dict[str, str]:
    """The pages of a bundle: the same text for the same bundle."""
    return {
        REPORT_FILE: report.render(results, journals, proof),
        CERTIFICATE_FILE: certificate.render(results, proof),
    }
