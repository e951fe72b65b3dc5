"""Notes with marked entities, and the records of their medications written down shortly."""

import re

import spacy
from spacy.tokens import Doc

from spacy_clinical.relations.medication_records import MedicationRecord

_MARK = re.compile(r"\[\[(?:(\w+):)?(.*?)\]\]", re.S)


def make_doc(marked: str) -> Doc:
    """Make a Doc of a text with entities: "[[aspirin]]", "[[Dosage:81 mg]]"."""
    text, ents, end = "", [], 0
    for match in _MARK.finditer(marked):
        text += marked[end : match.start()]
        ents.append((len(text), len(text) + len(match[2]), match[1] or "Medication"))
        text += match[2]
        end = match.end()
    doc = spacy.blank("en").make_doc(text + marked[end:])
    spans = [
        doc.char_span(start, stop, label=label, alignment_mode="expand")
        for start, stop, label in ents
    ]
    doc.ents = [span for span in spans if span is not None]
    return doc


def show_medication(record: MedicationRecord, text: str) -> str:
    """Write a record as "aspirin: 81 mg, oral, 1 in 1 d; stop"."""
    frequency, duration = record["frequency"], record["duration"]
    shown = [
        record["strength"] and f"strength {show_amount(record['strength'])}",
        record["form"] and record["form"]["name"],
        record["dose"] and show_amount(record["dose"]),
        record["rate"] and f"at {show_amount(record['rate'])}",
        record["route"] and record["route"]["name"],
        frequency and show_frequency(frequency),
        duration
        and f"for {show_span(duration['low'], duration['high'])} {duration['unit']}",
        record["prn"] and "prn",
        record["reason"] and f"for {read(text, record['reason'])}",
        record["dispense"] and f"dispense {show_amount(record['dispense'])}",
        record["refills"] and f"refills {record['refills']['value']}",
        record["status"],
    ]
    name = " = ".join(read(text, d) for d in [record["drug"], *record["other_names"]])
    steps = f" ({len(record['dosages'])} steps)" if len(record["dosages"]) > 1 else ""
    return f"{name}: {', '.join(filter(None, shown))}{steps}"


def read(text, place):
    """Read a place of the text."""
    return text[place["start_char"] : place["end_char"]]


def show_amount(quantity):
    """Write an amount."""
    number = show_span(quantity["low"], quantity["high"])
    number = "+".join(map(str, quantity["ingredients"])) or number
    per = quantity["per"]
    shown = f"{number} {quantity['unit'] or ''}".strip()
    return f"{shown} per {per['value']} {per['unit']}" if per else shown


def show_frequency(frequency):
    """Write how often and when."""
    often = show_span(frequency["frequency"], frequency["frequency_max"])
    period = show_span(frequency["period"], frequency["period_max"])
    when = "+".join(
        [*frequency["when"], *frequency["days_of_week"], *frequency["times_of_day"]]
    )
    shown = (
        f"{often} in {period} {frequency['period_unit']}" if frequency["period"] else ""
    )
    return " ".join(filter(None, [shown, when]))


def show_span(low, high):
    """Write a range, or the only value that there is."""
    return str(low) if high in (None, low) else f"{'' if low is None else low}-{high}"
