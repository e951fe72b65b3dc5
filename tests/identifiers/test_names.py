import pytest

from tests.identifiers.marked import find, read_marked, show

NAMES = """
PATIENT|my name is [[ana]], i live here; my name is [[ana lee]]. i cough
PATIENT|her sons [[Al]] and [[Ed]]; daughters: none; twins, [[Bo]], Cy and [[Di]]
PATIENT|Tochter [[Ute]], madre [[Lupe]], mum [[Barb]]
STAFF|Dr. [[Do]]. Dr. [[An]] and Dr. [[Will]]; Dr. [[See]]'s plan
STAFF|Transcribed by: [[lkm]]
STAFF|DR [[HO]] NOTIFIED
STAFF|Dr. [[Wilson]] and Dr [[Ann Lee]]; DR. [[WILSON]]; dr. [[wilson]] said; Prof. [[van der Berg]]
PATIENT|Mr. [[Rocky Balboa]] and Mrs. [[O'Neil]]; MS [[GARCIA-LOPEZ]]; mr. [[smith]] denies; Miss [[Hope]]
PATIENT|Patient: [[Bruce Wayne]]; Patient Name: [[Norris, Chuck K]]; Pt: [[OSCAR,JOHNNY]]
PATIENT|patient name: [[jane roe]], 45
PATIENT|his wife [[Jill]], her son [[Tom Reed]]; Next of kin: [[Mar\u00eda Jos\u00e9 \u00c1lvarez]]
PATIENT|[[Jane Doe]]'s labs, [[Tom A. Reed]]'s wife
PATIENT|Re: [[Hope May Brown]]
STAFF|Attending: [[Roger C Kelly]], MD. PCP: [[Hassan V. Kim]], DO
STAFF|[[Roger C. Kelly]], M.D. and [[Smith]], MD; [[Keisha]] RN gave it; Okonkwo MD, [[Chidi]]
STAFF|Dictated by: [[Bartholomew Nyqvist]]; Electronically signed by [[Ann Lee]], PA-C
STAFF|cc: [[Priya Raghunathan]], PhD; /s/ [[Ann Lee]]
STAFF|Seen by [[Ann Lee]] in clinic
STAFF|Case manager [[Ann Lee]] called; copied to [[B. Mthalane]]
PATIENT|Client [[F. Neves]] of; next of kin [[Ann Lee]] was; emergency contact [[Tom A. Reed]]
PATIENT|It is worse. Regards, [[Aida Hand III]]
PATIENT|My cough is back. Thanks, [[Ann Lee]]
PATIENT|[[Sophia Brown]] is a very pleasant [[75]]-year-old
PATIENT|Patient: [[\u05d3\u05d5\u05d3 \u05db\u05d4\u05df]], Name: [[\u0418\u0432\u0430\u043d \u041f\u0435\u0442\u0440\u043e\u0432]]
PATIENT|Mr. [[Jose\u0301 Nu\u0301n\u0303ez]]
"""
NO_NAMES = """
Patient: Stable; Pt: denies pain; Patient reports pain; Mother: Breast Cancer; Father: CAD, HTN
Parkinson's disease, Crohn disease, Apgar score, Foley catheter, Hodgkin lymphoma, Bell's palsy
Crohn's disease; St. Mary's; today's plan; the Left Eye's vision; Graves' disease
Seen by Cardiology; confirmed by Doppler; approved by the Ethics Committee; by mouth
the doctor will call; dr appointment; Dr. recommended; nurse notified; see Dr. today
PT FELL AT HOME. PT AMBULATED. FAMILY NOTIFIED; PT TRANSFERRED, PATIENT INTUBATED.
Dr. Do not call; see Dr. Will follow; my name is on the list; his name is not known
Transcribed by: rn; Dictated by: me; sons and daughters; Daughter: Healthy; Mother: Diabetes, 2001
Hypertension, DO not resuscitate; Stable, RN notified
Also known as: TYLENOL; from Mother (Fig. 3); Sister Joseph nodule
Regards. Continue Lasix; no change. Thanks for the referral; client services; case manager notified
Plan: MS Contin 15 mg; PA and lateral; MD aware; RE: fever
"""


@pytest.mark.parametrize("row", NAMES.strip().split("\n"))
def test_names_are_found(row):
    label, marked = row.split("|")
    text, expected = read_marked(marked)
    rows = find(text)
    assert show(text, rows) == expected
    assert {r.label for r in rows} - {"AGE"} == {label}


def test_a_relative_with_a_telephone_has_a_name():
    text = "Daughter: Inge, 0761 5550123; Mother: Diabetes, 0761 5550124"
    assert show(text, find(text)) == ["Inge", "0761 5550123", "0761 5550124"]


@pytest.mark.parametrize("text", NO_NAMES.strip().split("\n"))
def test_what_looks_like_a_name_is_none(text):
    wanted = [row for row in find(text) if row.label in ("PATIENT", "STAFF")]
    assert show(text, wanted) == []


def test_a_name_is_found_again_wherever_it_stands():
    text = "Mr. Lindqvist came. Anders Lindqvist, or LINDQVIST, left; Lindqvist's wife."
    rows = find(text)
    assert show(text, rows) == [
        "Lindqvist",
        "Anders Lindqvist",
        "LINDQVIST",
        "Lindqvist",
    ]
    assert [row.source for row in rows] == ["names", *["repeated_names"] * 3]


def test_an_eponym_of_the_same_word_is_kept():
    text = "Mr. Parkinson has Parkinson's disease. Mr. Crohn has Crohn disease."
    assert show(text, find(text)) == ["Parkinson", "Crohn"]


def test_signatures_and_letters_are_read():
    text = (
        "Dear Dr Ni Mhurchu,\n\nThank you.\n\nYours sincerely,\n\nAnneliese Krüger\n"
        "Consultant\n\nRCK/mk\n"
    )
    assert show(text, find(text)) == ["Ni Mhurchu", "Anneliese Krüger", "RCK/mk"]


def test_a_name_goes_on_in_the_next_line_of_a_wrapped_note():
    line = (
        "This is a followup for a pleasant right-handed woman referred by Dr. Ingeborg"
    )
    text = f"{line}\nHalvorsen, who saw her."
    assert show(text, find(text)) == ["Ingeborg\nHalvorsen"]
    short = "By Dr. Lee\nPlan: rest"
    assert show(short, find(short)) == ["Lee"]
