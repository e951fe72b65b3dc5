"""Read times of day: "14:30", "2 pm", "0530", "noon"."""

from spacy_clinical.relations.dates.forms import drop_groups, join_forms, read_groups

_HOURS = r"(?P<hour>[01]?\d|2[0-4])"
_HALF = r"(?P<half>[ap])\.? ?m\b\.?"
_FORMS = [
    rf"{_HOURS}[:.](?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d))?(?: ?{_HALF})?(?: ?(?:h|hrs?|hours))?",
    rf"{_HOURS} ?{_HALF}",
    r"(?P<hour>[01]\d|2[0-3])(?P<minute>[0-5]\d)(?: ?(?:h|hrs?|hours))?",
    r"(?P<word>noon|midday|midnight)",
]
CLOCK = drop_groups(_FORMS)
_TIME = join_forms(_FORMS)
# Of TIMEX3.
PARTS = {
    "morning": "TMO",
    "afternoon": "TAF",
    "evening": "TEV",
    "night": "TNI",
    "tonight": "TNI",
    "overnight": "TNI",
}


def read_clock(folded: str) -> str | None:
    """Read a time of day as ISO 8601: "T14:30"; None if it is none."""
    match = _TIME.fullmatch(folded)
    if match is None:
        return None
    parts = read_groups(match)
    if word := parts.get("word"):
        return "T00:00" if word == "midnight" else "T12:00"
    hour, minute = int(parts["hour"]), parts.get("minute", "00")
    if half := parts.get("half"):
        if not 1 <= hour <= 12 and half == "a":
            return None
        hour = hour % 12 + 12 * (half == "p") if hour <= 12 else hour
    if hour > 24 or (hour == 24 and minute != "00"):
        return None
    second = f":{parts['second']}" if "second" in parts else ""
    return f"T{hour % 24:02}:{minute}{second}"
