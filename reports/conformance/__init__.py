"""Pages of a conformance run: the report, the certificate, and the matrix of several implementations.

Pure functions of the results and journals of a bundle, in Japanese and English. Imports `conformance.results`
and `conformance.verdicts`, journals, and the templates that all reports share.
"""
