"""What all tests share: Hypothesis draws the same examples every time and never measures time.

`RENKEI_HYPOTHESIS=quick` takes few examples and does not look for the smallest one, for runs that only
want to know whether a test fails.
"""

import os

from hypothesis import Phase, settings

from tests.postgres import postgresql, postgresql_cluster

__all__ = ["postgresql", "postgresql_cluster"]  # fixtures

# A test that fails only on a slow machine, or only today, tells nobody anything about the code.
settings.register_profile("renkei", deadline=None, derandomize=True)
settings.register_profile(
    "quick", settings.get_profile("renkei"), max_examples=20, phases=(Phase.explicit, Phase.generate)
)
settings.load_profile(os.environ.get("RENKEI_HYPOTHESIS", "renkei"))
