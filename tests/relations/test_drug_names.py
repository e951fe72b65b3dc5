import pytest

from spacy_clinical.relations.drug_names import names_drug


@pytest.mark.parametrize(
    "text",
    [
        *("L", "Inhale", "Extra Strength"),
        *("od", "OD", "nocte", "mane", "bd", "tds", "Fri", "Su", "QHS", "daily", "BID"),
        *(
            "Tablet",
            "tablets",
            "Capsule",
            "Rfl",
            "Rfl:",
            "Sig",
            "Medication",
            "PO",
            "po",
        ),
        *("1430", "60", "NotDone", "once a day", "Disp:", "prn", "titrate", ""),
    ],
)
def test_words_of_sigs_are_no_drugs(text):
    assert not names_drug(text)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "aspirin",
            "Sular",
            "Tylenol PM",
            "Oral contraceptives",
            "insulin",
            "nitro SL",
        ),
        *(
            "albuterol inhaler",
            "inhaler",
            "D50",
            "5-FU",
            "Advil",
            "Friar's balsam",
            "K",
        ),
        *("Bidil", "water pill", "iron tablets", "Sunscreen", "patch", "nebs"),
    ],
)
def test_drugs_are_drugs(text):
    assert names_drug(text)
