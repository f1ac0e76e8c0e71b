"""Implementations under test behind the seam `conformance.stage.Adapter`: so far the built-in one.

Imports sim and, of this package, `stage` and `mutants`.
"""
