"""Choose what to send by the header Accept."""

from collections.abc import Sequence

from spacy_clinical.errors import Errors
from spacy_clinical.service.problems import Problem

JSON = "application/json"
NDJSON = "application/x-ndjson"
FHIR = "application/fhir+json"
FHIR_NDJSON = "application/fhir+ndjson"
HTML = "text/html"


def choose_type(accept: str, offered: Sequence[str]) -> str:
    """Choose a media type, as RFC 9110 says.

    accept: The header; "" for any.
    offered: What can be sent, the best first.
    RAISES Problem: C990, if the header allows none of them.
    """
    wanted = [_parse(item) for item in accept.split(",") if item.strip()]
    if not wanted:
        return offered[0]
    best, best_weight = "", 0.0
    for name in offered:
        weight = _weigh(name, wanted)
        if weight > best_weight:
            best, best_weight = name, weight
    if not best:
        raise Problem(406, Errors.C990.format(offered=", ".join(offered)))
    return best


def _parse(item: str) -> tuple[str, float]:
    """Parse one media range: its name and its weight."""
    name, *parameters = (part.strip().lower() for part in item.split(";"))
    weight = 1.0
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                weight = min(1.0, max(0.0, float(parameter[2:])))
            except ValueError:
                weight = 0.0
    # NaN is smaller than nothing.
    return name, weight if weight == weight else 0.0


def _weigh(name: str, wanted: Sequence[tuple[str, float]]) -> float:
    """Get the weight of the most specific range that a name is in."""
    weights = dict(wanted)
    for pattern in (name, f"{name.partition('/')[0]}/*", "*/*"):
        if pattern in weights:
            return weights[pattern]
    return 0.0
