"""Settings of the rules for identifiers, and their version."""

from typing import NamedTuple

# Raise it whenever the rules give other results.
RULES_VERSION = "4"


class RuleSettings(NamedTuple):
    """Settings of what rules look for besides what they always do.

    holidays: Whether names of holidays are dates.
    times: Whether times of day are found.
    only_over_89: Whether of ages only those over 89 are found.
    """

    holidays: bool = True
    times: bool = True
    only_over_89: bool = False


DEFAULT = RuleSettings()
