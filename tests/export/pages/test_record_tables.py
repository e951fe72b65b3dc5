from spacy_clinical.export.html import render_note
from spacy_clinical.export.pages.record_tables import (
    STATUSES,
    group_by_section,
    group_measurements,
    list_finding_rows,
    list_measurements,
    list_medications,
)
from spacy_clinical.relations.sig import statuses
from tests.export.made import RELATED_TEXT, make_related


def test_list_medications_says_how_drugs_are_taken():
    rows = {row.name: row for row in list_medications(make_related())}
    metoprolol = rows["Metoprolol tartrate"]
    assert metoprolol.others == "Lopressor"
    assert metoprolol.product == "25 mg tablet"
    [use] = metoprolol.uses
    assert use == "25 mg, oral, twice a day, as needed for chest pain"
    start, end = metoprolol.place
    assert RELATED_TEXT[start:end] == "Metoprolol tartrate"
    assert rows["Prednisone"].uses == [
        "40 mg, daily for 5 days",
        "20 mg, daily for 5 days",
    ]
    assert rows["Lisinopril"].status == "stopped"
    assert [mark.word for mark in rows["warfarin"].marks] == ["denied"]
    assert rows["ibuprofen"].uses == ["2\u20134 tablets, every 6 hours"]
    assert [row.key for row in rows.values()] == [
        f"M{i}" for i in range(1, len(rows) + 1)
    ]
    starts = [row.start for row in rows.values()]
    assert starts == sorted(starts)


def test_list_measurements_says_values_ranges_and_flags():
    rows = {row.name: row for row in list_measurements(make_related())}
    sodium = rows["Sodium"]
    assert (sodium.value, sodium.unit) == ("128", "mmol/L")
    assert sodium.range == "135\u2013145"
    assert sodium.flag == ("\u25bc", "low")
    assert sodium.is_computed
    assert sodium.known_as == ""
    assert (rows["BP"].value, rows["BP"].known_as) == ("120/80", "blood pressure")
    assert (rows["EF"].value, rows["EF"].unit) == ("< 35", "%")
    troponin = rows["Troponin"]
    assert troponin.flag[1] == "high"
    assert not troponin.is_computed
    assert troponin.date == "1 Mar 2020"


def test_what_is_not_taken_or_not_the_patients_says_so():
    record = make_related()
    [drug] = [m for m in record["medications"] if m["drug"]["text"] == "ibuprofen"]
    for status, word in (
        *(("allergy", "allergy"), ("planned", "planned")),
        *(("not_taken", "not taken"), ("hold", "on hold")),
    ):
        drug["status"] = status
        [row] = [row for row in list_medications(record) if row.name == "ibuprofen"]
        assert row.words == [word]
    drug |= {"assertion": ["is_family"], "former": drug["dosages"]}
    [row] = [row for row in list_medications(record) if row.name == "ibuprofen"]
    assert row.words[1:] == ["family", f"before: {row.uses[0]}"]
    [one] = [m for m in record["measurements"] if m["analyte"]["key"] == "sodium"]
    one |= {"former": True, "assertion": ["is_family"]}
    [row] = [row for row in list_measurements(record) if row.name == "Sodium"]
    assert row.words == ["before", "family"]
    page = render_note(record)
    for words in ("on hold", "before: 2\u20134 tablets", ">before<"):
        assert words in page


def test_every_status_has_a_word():
    assert set(STATUSES) == set(statuses.STATUSES)


def test_rows_are_grouped_by_section_and_date():
    record = make_related()
    sections = [section for section, _ in group_by_section(list_medications(record))]
    assert sections == ["medications", "history_of_present_illness"]
    groups = list(group_measurements(list_measurements(record)))
    assert groups[-1][1] == "1 Mar 2020"
    assert sum(len(rows) for *_, rows in groups) == len(record["measurements"])


def test_findings_are_in_words():
    [row] = list_finding_rows(make_related())
    assert row.name == "pain"
    assert (row.site, row.side, row.severity) == ("left knee", "left", "Severe")
    assert "site: left knee" in row.words
    assert any("2019-02-03" in words for words in row.words) == bool(row.time)


def test_records_from_elsewhere_make_rows_or_none():
    odd = {"text": "x" * 10_000, "entities": [], "medications": [None, {"drug": 1}]}
    assert list_medications(odd) == []
    place = {"start": 0, "end": 10_000}
    odd["medications"] = [{"drug": {"text": "x" * 10_000, **place}, **place}]
    [row] = list_medications(odd)
    assert len(row.name) == 80
    odd["measurements"] = [{**place, "analyte": {}, "flag": "?", "value_text": "+"}]
    [value] = list_measurements(odd)
    assert (value.name, value.value, value.flag) == ("", "+", ("", ""))
    # Without text nothing is quoted.
    [bare] = list_medications(
        {**odd, "text": None, "medications": [{"drug": place, **place}]}
    )
    assert bare.name == ""


def test_limits_may_be_open():
    place = {"start": 0, "end": 2, "analyte": {"key": "sodium"}}
    rows = [
        {**place, "value": 1, "range_low": low, "range_high": high}
        for low, high in ((None, None), (1, None), (None, 2.5), (3, 3))
    ]
    found = list_measurements({"text": "Na", "entities": [], "measurements": rows})
    assert [row.range for row in found] == ["", "\u2265 1", "\u2264 2.5", "3"]
