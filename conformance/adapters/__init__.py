"""Implementations under test behind the seam `conformance.stage.Adapter`: for now only the built-in one.

Imports sim and, of this package, `stage` and `mutants`.
"""
