"""What all tests share: Hypothesis draws the same examples every time and never measures time."""

from hypothesis import settings

# A test that fails only on a slow machine, or only today, tells nobody anything about the code.
settings.register_profile("renkei", deadline=None, derandomize=True)
settings.load_profile("renkei")
