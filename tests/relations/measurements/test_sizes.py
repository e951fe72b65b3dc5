import pytest

from spacy_clinical.relations.measurements.sizes import scan_sizes


def show(text):
    return [
        (*(part.value for part in one.parts), one.unit, one.is_former)
        for one in scan_sizes(text)
    ]


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        ("a 2.3 x 1.4 cm nodule", [(2.3, 1.4, "cm", False)]),
        ("A 5 mm nodule", [(5, "mm", False)]),
        ("12 mm in short axis", [(12, "mm", False)]),
        ("Aorta measures 4.1 cm.", [(4.1, "cm", False)]),
        ("effusion measuring up to 8 mm", [(8, "mm", False)]),
        ("3 mm calcified granuloma", [(3, "mm", False)]),
        ("Stone of 4 mm", [(4, "mm", False)]),
        ("Midline shift of 3 mm", [(3, "mm", False)]),
        (
            "2.3 x 1.4 cm mass, previously 1.9 x 1.2 cm",
            [(2.3, 1.4, "cm", False), (1.9, 1.2, "cm", True)],
        ),
        # Distances and tools.
        ("mass 0.4 cm from the deep margin", []),
        ("A 12 mm trocar was placed.", []),
        ("mass at 25 cm on colonoscopy", []),
        ("30 mm Hg", []),
        ("5 mm/h", []),
        ("nodule seen. 5 mm collimation", []),
    ],
)
def test_sizes_are_of_what_has_one(text, sizes):
    assert show(text) == sizes
