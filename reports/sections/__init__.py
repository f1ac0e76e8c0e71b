"""The sections of a run's report: each a pure function from measures and a language to blocks."""
