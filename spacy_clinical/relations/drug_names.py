"""Tell drugs from words of sigs and of lists that look like drugs to a model."""

from functools import lru_cache

from spacy_clinical.relations.sig.find import find_parts

# Labels of entities that are drugs.
DRUG_LABELS = frozenset({"Medication", "Drug"})
# Heads of columns and fields of lists, and what else is no drug.
_FIELDS = frozenset(
    word.replace("_", " ")
    for words in (
        "medication medications meds medicine medicines drug drugs",
        "current_medications home_medications general extra_strength",
        "sig rfl refill refills disp dispense dose doses total qty route freq frequency",
        "notdone not_done pending po prn iv im inhale titrate taper",
        "allergy allergies rtc l su sa tu th mon wed fri sat sun",
    )
    for word in words.split()
)
_OF_SIGS = frozenset(
    {"frequency", "moment", "route", "site", "dispense", "refills", "status", "prn"}
)
# Other forms may be what is given: "an inhaler".
_COUNTED_FORMS = frozenset({"tablet", "capsule", "pill", "solution", "suspension"})


@lru_cache(maxsize=4096)
def names_drug(text: str) -> bool:
    """Check that an entity isn't a frequency, a form, a field of a list or a number: "od",
    "nocte", "Fri", "Tablet", "Rfl", "1430".

    text: Of the entity.
    """
    words = " ".join(text.lower().split()).strip(" .,:;()[]*-")
    if words in _FIELDS or not any(char.isalpha() for char in words):
        return False
    # As in a sig: "od" behind an amount.
    lead = "1 mg "
    parts = find_parts(lead + words)
    covered = sum(
        part.end - part.start
        for part in parts
        if part.kind in _OF_SIGS
        or (part.kind == "form" and part.value in _COUNTED_FORMS)
    )
    return covered < sum(not char.isspace() for char in words)
