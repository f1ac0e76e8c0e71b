"""The release, in one place: what reports and journals say they were made with."""

from typing import Final

VERSION: Final = "0.1.0"
