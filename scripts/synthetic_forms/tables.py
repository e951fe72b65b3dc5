"""Kinds of tables, and of options to tick, of forms of clinics."""

import random
from collections.abc import Callable
from typing import NamedTuple

from synthetic_forms.lists import (
    DISEASES,
    DRUGS,
    FIRST,
    FREQUENCIES,
    LAST,
    OCCUPATIONS,
    PRODUCTS,
    SHORT,
    TOWNS,
)
from synthetic_forms.makers import (
    make_company,
    make_date,
    make_doctor,
    make_id,
    make_lab,
    make_money,
    make_name,
    make_number,
    make_range,
    make_unit,
    make_vital,
    pick,
)


class Table(NamedTuple):
    """A kind of table: titles of columns, and what makes their cells."""

    columns: tuple[str, ...]
    makers: tuple[Callable[[random.Random], str], ...]


TABLES = [
    Table(
        ("Test", "Result", "Units", "Reference range", "Flag"),
        (make_lab, make_number, make_unit, make_range, pick("H|L|normal|")),
    ),
    Table(
        ("Analyte", "Value", "Unit", "Normal"),
        (make_lab, make_number, make_unit, make_range),
    ),
    Table(
        ("Medication", "Dose", "Frequency", "Route", "Start"),
        (
            lambda rng: rng.choice(DRUGS),
            lambda rng: f"{rng.randint(1, 20) * 5} mg",
            pick(FREQUENCIES),
            pick("PO|IV|SC|IM|oral"),
            make_date,
        ),
    ),
    Table(
        ("Drug name", "Strength", "Directions"),
        (
            lambda rng: rng.choice(DRUGS),
            lambda rng: f"{rng.randint(1, 20) * 5} mg",
            pick(FREQUENCIES),
        ),
    ),
    Table(
        ("Date", "Procedure", "Surgeon", "Outcome"),
        (
            make_date,
            pick("appendectomy|knee replacement|cataract surgery|biopsy|MRI brain"),
            make_doctor,
            pick(SHORT),
        ),
    ),
    Table(
        ("Item", "Quantity", "Unit price", "Amount"),
        (pick(PRODUCTS), make_number, make_money, make_money),
    ),
    Table(
        ("Name", "Relationship", "Age", "Condition"),
        (make_name, pick("mother|father|son|sister|wife"), make_number, pick(DISEASES)),
    ),
    Table(
        ("Brand", "Sales", "Share", "Change"),
        (pick(PRODUCTS), make_number, make_number, make_number),
    ),
    Table(
        ("Date", "Time", "BP", "Pulse", "Temp", "Initials"),
        (
            make_date,
            lambda rng: f"{rng.randint(0, 23):02d}:{rng.randint(0, 59):02d}",
            make_vital,
            make_vital,
            make_vital,
            lambda rng: rng.choice(FIRST)[0] + rng.choice(LAST)[0],
        ),
    ),
    Table(
        ("Employer", "From", "To", "Position"),
        (make_company, make_date, make_date, pick(OCCUPATIONS)),
    ),
    Table(
        ("Vaccine", "Date given", "Lot", "Site"),
        (
            pick("Influenza|Tdap|MMR|Hepatitis B|Zoster|HPV|PCV13"),
            make_date,
            make_id,
            pick("left arm|right arm|thigh"),
        ),
    ),
    Table(
        ("City", "Stores", "Start date", "Comments"),
        (lambda rng: rng.choice(TOWNS), make_number, make_date, pick(SHORT)),
    ),
]
CHOICES = [
    ("Sex", ("Male", "Female")),
    ("Gender", ("M", "F", "Other")),
    ("Smoker", ("Yes", "No")),
    ("Do you smoke?", ("Yes", "No", "Former")),
    ("Tobacco use", ("Never", "Former", "Current")),
    ("Marital status", ("Single", "Married", "Divorced", "Widowed")),
    ("Alcohol", ("None", "Occasional", "Daily")),
    ("Insurance", ("Medicare", "Medicaid", "Private", "Self-pay")),
    ("Pregnant", ("Yes", "No", "N/A")),
    ("Priority", ("Routine", "Urgent", "STAT")),
    ("Type of visit", ("New", "Follow up", "Consult")),
    ("Do you have any allergies?", ("Yes", "No")),
    ("Have you had surgery before?", ("Yes", "No")),
    ("Diabetes", ("Yes", "No")),
    ("Specimen", ("Blood", "Urine", "Tissue", "Swab")),
    ("Please", ("Reply", "Comment", "Recycle", "Review")),
    ("Distribution", ("Full", "Partial", "None")),
    ("Handedness", ("Right", "Left")),
    ("Consent given", ("Yes", "No")),
    ("Media", ("Print", "Radio", "Outdoor")),
    ("Pain today", ("None", "Mild", "Moderate", "Severe")),
    ("History of", ("Asthma", "Stroke", "Cancer", "Seizures")),
    ("Check one", ("Original", "Revision", "Final")),
]
