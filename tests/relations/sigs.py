"""Write sigs down shortly, to compare them with what was worked out by hand."""

from spacy_clinical.relations.sig.sig import Dosage, Sig


def show_sig(sig: Sig, text: str) -> str:
    """Write a sig as "strength 25 mg, tablet | 2 {tablet}, oral, 2 in 1 d | dispense 60"."""
    head = [
        sig.strength and f"strength {show_quantity(sig.strength.value)}",
        sig.form and sig.form.value,
    ]
    tail = [
        sig.dispense and f"dispense {show_quantity(sig.dispense.value)}",
        sig.refills and f"refills {sig.refills.value}",
        sig.status and f"status {sig.status.value}",
        sig.former and f"former {', '.join(show_dosage(d, text) for d in sig.former)}",
    ]
    middle, before = "", None
    for dosage in sig.dosages:
        if before is not None:
            middle += " then " if dosage.sequence > before.sequence else " and "
        middle += show_dosage(dosage, text)
        before = dosage
    parts = [", ".join(filter(None, head)), middle, ", ".join(filter(None, tail))]
    return " | ".join(part for part in parts if part)


def show_dosage(dosage: Dosage, text: str) -> str:
    """Write one way of taking a drug."""
    often, moment, limit = (
        found.value if found else None
        for found in (dosage.frequency, dosage.moment, dosage.max_dose)
    )
    condition = dosage.condition.value if dosage.condition else None
    shown = [
        condition and f"if {condition.low}-{condition.high}",
        dosage.dose and show_quantity(dosage.dose.value),
        dosage.amount and f"({show_quantity(dosage.amount.value)})",
        dosage.rate and f"at {show_quantity(dosage.rate.value)}",
        dosage.route and dosage.route.value,
        dosage.site and dosage.site.value,
        often
        and f"{show_range(often.frequency, often.frequency_max)} in "
        f"{show_range(often.period, often.period_max)} {often.period_unit}",
        moment and "+".join([*moment.when, *moment.days_of_week, *moment.times_of_day]),
        dosage.duration and f"for {show_length(dosage.duration.value)}",
        dosage.infusion and f"over {show_length(dosage.infusion.value)}",
        dosage.n_times and f"x{dosage.n_times.value}",
        dosage.prn and "prn",
        dosage.reason and f"for {text[slice(*dosage.reason)]}",
        limit
        and f"max {show_quantity(limit.quantity)} in {limit.period} {limit.period_unit}",
    ]
    return ", ".join(filter(None, shown))


def show_quantity(quantity):
    """Write an amount."""
    number = show_range(quantity.low, quantity.high)
    if quantity.ingredients:
        number = "+".join(map(str, quantity.ingredients))
    per = f" per {quantity.per[0]} {quantity.per[1]}" if quantity.per else ""
    return f"{number} {quantity.unit}{per}" if quantity.unit else f"{number}{per}"


def show_range(low, high):
    """Write a range, or the only value that there is."""
    return str(low) if high in (None, low) else f"{'' if low is None else low}-{high}"


def show_length(length):
    """Write how long."""
    return f"{show_range(length.low, length.high)} {length.unit}"
