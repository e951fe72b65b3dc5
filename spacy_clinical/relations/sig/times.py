"""Units of time, by UCUM code."""

_SPELLINGS = {
    "min": "min mins minute minutes",
    "h": "h hr hrs hour hours",
    "d": "d day days",
    "wk": "w wk wks week weeks",
    "mo": "mo mos month months",
    "a": "yr yrs year years",
}
TIME_UNITS = {
    name: code for code, names in _SPELLINGS.items() for name in names.split()
}
ADVERBS = {
    "hourly": "h",
    "daily": "d",
    "weekly": "wk",
    "monthly": "mo",
    "yearly": "a",
    "annually": "a",
}
