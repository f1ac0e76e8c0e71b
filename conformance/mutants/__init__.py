"""Deliberately broken implementations: each must be caught by the check that it names.

Production code has no switch for being wrong. A mutant comes from outside: it replaces a rule of the `Rules`
bundle, wraps a node's step, or changes what an implementation answers. `shape` says what one is and has the
changes that fit every role; a module for each role has its own.
"""
