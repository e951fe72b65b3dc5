"""What stands on forms: labels with values that fit them, headers, tables, sentences."""

import random
from collections.abc import Callable
from typing import NamedTuple

FIRST = [
    "Anna",
    "Maria",
    "James",
    "John",
    "Robert",
    "Linda",
    "Ruth",
    "Peter",
    "Ahmed",
    "Wei",
    "Olga",
    "Carlos",
    "Fatima",
    "Ines",
    "Noah",
    "Emma",
    "George",
    "Walter",
    "Gerald",
    "Dorothy",
    "Helen",
    "Frank",
    "Louise",
    "Harold",
    "Sven",
    "Yuki",
    "Priya",
    "Omar",
    "Charles",
    "Doris",
    "Keith",
    "Brenda",
    "Mike",
    "Susan",
    "Thomas",
    "Edith",
]
LAST = [
    "Smith",
    "Jones",
    "Miller",
    "Garcia",
    "Nguyen",
    "Kowalski",
    "Okafor",
    "Haddad",
    "Larsen",
    "Rossi",
    "Meyer",
    "Chen",
    "Patel",
    "Brown",
    "Davis",
    "Wilson",
    "O'Neill",
    "McKay",
    "Schmidt",
    "Dubois",
    "Novak",
    "Silva",
    "Tanaka",
    "Cohen",
    "Baker",
    "Turner",
    "Hughes",
    "Fischer",
    "Lindgren",
    "Harper",
    "Stone",
    "Whitfield",
]
STREETS = [
    "High",
    "Oak",
    "Mill",
    "Station",
    "Park",
    "Elm",
    "Church",
    "River",
    "Lake",
    "Maple",
    "Hill",
    "Union",
    "Main",
]
KINDS = [
    "Street",
    "Road",
    "Avenue",
    "Lane",
    "Drive",
    "Blvd",
    "St.",
    "Ave.",
    "Court",
    "Square",
]
TOWNS = [
    "Springfield",
    "Ashford",
    "Riverton",
    "Milton",
    "Franklin",
    "Greenville",
    "Bristol",
    "Clinton",
    "Salem",
    "Dayton",
    "Burlington",
    "Winston-Salem",
    "Louisville",
    "Richmond",
    "Norwich",
    "Halifax",
    "Aberdeen",
]
STATES = ["NY", "CA", "TX", "OH", "NC", "VA", "KY", "MA", "IL", "PA", "NJ", "WA"]
DRUGS = [
    "aspirin",
    "metformin",
    "lisinopril",
    "atorvastatin",
    "metoprolol",
    "warfarin",
    "insulin",
    "albuterol",
    "omeprazole",
    "prednisone",
    "gabapentin",
    "sertraline",
    "furosemide",
    "amoxicillin",
    "ibuprofen",
    "heparin",
    "levothyroxine",
    "amlodipine",
    "morphine",
    "ondansetron",
]
DISEASES = """hypertension|type 2 diabetes|asthma|COPD|coronary artery disease|atrial
fibrillation|chronic kidney disease|hypothyroidism|depression|osteoarthritis|migraine|
breast cancer|pneumonia|anemia|GERD|hyperlipidemia|stroke in 2011|heart failure|epilepsy|
psoriasis|none known|chronic back pain|gout|sleep apnea|hip fracture""".replace(
    "\n", " "
)
SYMPTOMS = """chest pain|shortness of breath|headache|dizziness|nausea|abdominal pain|fever|
cough|fatigue|swelling of both ankles|palpitations|blurred vision|back pain|weight loss|
numbness of the left hand|joint stiffness in the morning""".replace("\n", " ")
ALLERGENS = [
    "penicillin",
    "sulfa",
    "latex",
    "peanuts",
    "none",
    "NKDA",
    "codeine",
    "iodine",
    "shellfish",
]
LABS = [
    "Hemoglobin",
    "Hematocrit",
    "WBC",
    "Platelets",
    "Sodium",
    "Potassium",
    "Chloride",
    "Creatinine",
    "Glucose",
    "BUN",
    "Calcium",
    "Albumin",
    "AST",
    "ALT",
    "Bilirubin",
    "TSH",
    "HbA1c",
    "Cholesterol",
    "Triglycerides",
    "INR",
    "Ferritin",
    "CRP",
    "LDH",
    "Troponin",
]
UNITS = [
    "mg/dL",
    "g/dL",
    "mmol/L",
    "%",
    "U/L",
    "mEq/L",
    "10^9/L",
    "ng/mL",
    "mIU/L",
    "fL",
]
FREQUENCIES = "daily|twice daily|BID|TID|at bedtime|as needed|every 8 hours|weekly"
COMPANIES = """Acme|Global|United|Pacific|Lorimer|Central|Northern|Atlas|Delta|Harmon|
Premier|Superior|Philmore|Reynard|Liberty|Continental""".replace("\n", "")
TRADES = (
    "Tobacco Company|Industries|Laboratories|Products|Insurance|Medical Group|Hospital"
)
TRADES += "|Clinic|Research Inc.|Associates|Distributors|Corp.|Ltd.|University|Press"
PRODUCTS = (
    "Filter 100s|Lights Menthol|Kings Box|carton display|sample pack|counter rack"
)
PRODUCTS += "|coupon booklet|research report|annual survey|test batch 14|paper stock"
SHORT = """pending|approved|see attached|none|N/A|unknown|to follow|not applicable|routine|
urgent|normal|abnormal|left|right|negative|positive|stable|improved|per protocol|same|
complete|in progress|first visit|as above|declined|self|spouse|on file""".replace(
    "\n", ""
)
PLACES = "Cardiology|Radiology|Neurology|Internal Medicine|Ward 4B|Emergency|Outpatient"
PLACES += "|Marketing|Research & Development|Sales|Quality Assurance|Legal|Accounts"
OCCUPATIONS = "teacher|nurse|retired|carpenter|driver|clerk|engineer|farmer|student"
SUBJECTS = """Budget for the second quarter|Revised shipping schedule|Referral for cardiac
evaluation|Results of the consumer test|Request for records|Change of address|Competitive
activity in your area|Follow up after discharge|Approval of new package|Sample request|
Meeting on product development|Prior authorization|Retail price survey""".replace(
    "\n", " "
)
TEXT = """The patient was seen today for a follow up visit.|She reports that the pain has been
worse at night.|There is no history of trauma or surgery.|Symptoms started about three weeks
ago and are getting worse.|He takes his tablets every morning and has had no falls.|Blood
pressure was well controlled at the last visit.|We would be grateful for your opinion on
further treatment.|An ultrasound of the abdomen showed no stones.|The wound is clean and dry
with no sign of infection.|Distribution will begin in selected stores next month.|Sales
representatives should report any activity at once.|The sample was stored at room
temperature and tested in duplicate.|Results were within the limits given in the protocol.|
No further action is needed at this time.|Please call the office if the delivery has not
arrived by Friday.|Competitor offers two packs for the price of one in most outlets.|Advised
to rest and to return if there is fever or new pain.|Mother had breast cancer at the age of
sixty two.|The project will be completed in four stages.""".replace("\n", " ")
RULES = """Please print clearly and complete all sections of this form.|I certify that the
information above is true and complete to the best of my knowledge.|For office use only. Do
not write below this line.|Return this form to the address shown above within 14 days.|This
message is intended only for the person to whom it is addressed and may contain confidential
information.|If you have any questions regarding this form please call our office.|I
authorize the release of any medical information necessary to process this claim.|Attach
additional sheets if necessary.|White copy: office. Yellow copy: patient.|All information is
kept strictly confidential.|Failure to complete this form may delay your request.|Use the
reverse side for further remarks.|If you do not receive all pages, please notify the sender
immediately.|Submit the original and one copy.""".replace("\n", " ")
TITLES = """Patient Intake Form|Referral Letter|Medical History Questionnaire|Laboratory
Report|Registration Form|Consent for Treatment|Discharge Summary|Claim Form|Request for
Services|Facsimile Transmittal Sheet|Fax Cover Sheet|Memorandum|Project Approval Form|Sales
Report|Expense Statement|Application for Benefits|Incident Report|Research Proposal Summary|
Order Form|Purchase Requisition|Pathology Report|Radiology Request|Prescription|Progress
Report|Test Request Form|Weekly Activity Report|Medication Administration Record|Employment
Application|Retail Survey Form|Sample Analysis Request|Vaccination Record|Nursing Admission
Assessment|Quality Control Record|Confirmation of Order""".replace("\n", " ")
SECTIONS = """Patient Information|Insurance|Medical History|Social History|Family History|
Current Medications|Allergies|Review of Systems|Vital Signs|Emergency Contact|Laboratory
Results|Employer Information|Referral Details|Diagnosis and Treatment|Surgical History|
Office Use Only|General Information|Budget|Distribution|Schedule|Comments|Authorization|
Competitive Brands|Test Conditions|Sample Description|Background|Responsible Party|Orders|
Physical Examination|Personal Data|Product Details|Instructions|Summary of
Findings|Approvals|Work History|Education""".replace("\n", " ")


class Field(NamedTuple):
    """A kind of question: ways to ask it, and what makes an answer."""

    labels: tuple[str, ...]
    make: Callable[[random.Random], str]


class Table(NamedTuple):
    """A kind of table: titles of columns, and what makes their cells."""

    columns: tuple[str, ...]
    makers: tuple[Callable[[random.Random], str], ...]


def pick(text: str) -> Callable[[random.Random], str]:
    choices = [part.strip() for part in text.split("|")]
    return lambda rng: rng.choice(choices)


def make_name(rng: random.Random) -> str:
    first, last = rng.choice(FIRST), rng.choice(LAST)
    initial = rng.choice("ABCDEFGHJKLMRSTW")
    return rng.choice(
        [
            f"{first} {last}",
            f"{last}, {first}",
            f"{first} {initial}. {last}",
            f"{first[0]}. {last}",
            f"{initial}. {first[0]}. {last}",
            f"{last.upper()}, {first.upper()}",
        ]
    )


def make_doctor(rng: random.Random) -> str:
    name = f"{rng.choice(FIRST)} {rng.choice(LAST)}"
    return rng.choice([f"Dr. {name}", f"{name}, MD", f"Dr {name.split()[1]}", name])


def make_last(rng: random.Random) -> str:
    return rng.choice(LAST)


def make_first(rng: random.Random) -> str:
    return rng.choice(FIRST)


def make_date(rng: random.Random) -> str:
    day, month, year = rng.randint(1, 28), rng.randint(1, 12), rng.randint(1935, 2024)
    name = (
        "January February March April May June July August September October November"
    )
    months = [*name.split(), "December"]
    return rng.choice(
        [
            f"{month:02d}/{day:02d}/{year}",
            f"{month}/{day}/{year % 100:02d}",
            f"{day:02d}.{month:02d}.{year}",
            f"{year}-{month:02d}-{day:02d}",
            f"{months[month - 1]} {day}, {year}",
            f"{day} {months[month - 1][:3]} {year}",
            f"{month:02d}-{day:02d}-{year % 100:02d}",
        ]
    )


def make_phone(rng: random.Random) -> str:
    a, b, c = rng.randint(200, 989), rng.randint(200, 989), rng.randint(0, 9999)
    return rng.choice([f"({a}) {b}-{c:04d}", f"{a}-{b}-{c:04d}", f"{a} {b} {c:04d}"])


def make_id(rng: random.Random) -> str:
    n = rng.randint(1000, 99_999_999)
    return rng.choice(
        [
            f"{n}",
            f"{rng.choice('ABCMPRX')}{n}",
            f"{n % 1000:03d}-{n % 97:02d}-{n % 9999}",
        ]
    )


def make_number(rng: random.Random) -> str:
    n = rng.randint(1, 999)
    return rng.choice([f"{n}", f"{n / 10:.1f}", f"{n},{rng.randint(0, 999):03d}"])


def make_money(rng: random.Random) -> str:
    return f"${rng.randint(1, 9999):,}.{rng.randint(0, 99):02d}"


def make_street(rng: random.Random) -> str:
    return f"{rng.randint(1, 2400)} {rng.choice(STREETS)} {rng.choice(KINDS)}"


def make_town(rng: random.Random) -> str:
    code = rng.randint(10000, 99999)
    return rng.choice(
        [rng.choice(TOWNS), f"{rng.choice(TOWNS)}, {rng.choice(STATES)} {code}"]
    )


def make_address(rng: random.Random) -> str:
    return f"{make_street(rng)}, {rng.choice(TOWNS)}, {rng.choice(STATES)}"


def make_drug(rng: random.Random) -> str:
    return (
        f"{rng.choice(DRUGS)} {rng.choice([5, 10, 20, 25, 40, 81, 100, 250, 500])} mg"
    )


def make_drugs(rng: random.Random) -> str:
    return ", ".join(
        f"{make_drug(rng)} {pick(FREQUENCIES)(rng)}" for _ in range(rng.randint(1, 4))
    )


def make_conditions(rng: random.Random) -> str:
    return ", ".join(rng.sample(DISEASES.split("|"), rng.randint(1, 3)))


def make_complaint(rng: random.Random) -> str:
    return rng.choice(SYMPTOMS.split("|")).strip() + rng.choice(
        [" for two days", " since Monday", " on exertion", "", " x 3 weeks"]
    )


def make_allergies(rng: random.Random) -> str:
    return ", ".join(rng.sample(ALLERGENS, rng.randint(1, 2)))


def make_company(rng: random.Random) -> str:
    return f"{pick(COMPANIES)(rng)} {pick(TRADES)(rng)}"


def make_vital(rng: random.Random) -> str:
    return rng.choice(
        [
            f"{rng.randint(95, 180)}/{rng.randint(55, 105)}",
            f"{rng.randint(50, 120)} bpm",
            f"{rng.randint(45, 110)} kg",
            f"{rng.randint(150, 195)} cm",
            f"{rng.randint(96, 104)}.{rng.randint(0, 9)} F",
            f"{rng.randint(88, 100)} %",
        ]
    )


def make_text(rng: random.Random) -> str:
    return " ".join(rng.sample(TEXT.split("|"), rng.randint(1, 3)))


def make_range(rng: random.Random) -> str:
    low = rng.randint(1, 90)
    return f"{low}-{low + rng.randint(5, 60)}"


def make_unit(rng: random.Random) -> str:
    return rng.choice(UNITS)


def make_lab(rng: random.Random) -> str:
    return rng.choice(LABS)


def _fields(text: str, make: Callable[[random.Random], str]) -> list[Field]:
    return [Field(tuple(line.split("/")), make) for line in text.split("|")]


FIELDS = [
    *_fields(
        "Name/Patient name/Full name/Name of patient/Patient's name|Contact/Contact "
        "person|To/TO|From/FROM|Attention/Attn|Requested by/Requestor|Prepared by|"
        "Approved by|Submitted by|Reviewed by|Sales representative|Recipient|Sender|"
        "Guarantor/Responsible party|Emergency contact/In case of emergency notify|"
        "Next of kin|Parent or guardian|Supervisor/Manager|Spouse name|Witness|"
        "Account executive|Collected by|Originator|Employee/Employee name|Author|"
        "cc/CC/Copies to|Interviewer|Subscriber/Insured's name|Buyer",
        make_name,
    ),
    *_fields("Last name/Surname/Family name|Maiden name", make_last),
    *_fields("First name/Given name/Forename|Middle name|Nickname", make_first),
    *_fields(
        "Physician/Attending physician/Doctor|Referring physician/Referred by|Primary "
        "care provider/PCP/GP|Surgeon|Ordering provider/Ordered by|Investigator/Principal "
        "investigator|Pharmacist|Consultant|Radiologist|Interpreted by",
        make_doctor,
    ),
    *_fields(
        "Date of birth/DOB/Birth date/Born|Date|Date of visit/Visit date|Admission date/"
        "Admitted/Date of admission|Discharge date/Discharged|Date received/Received|"
        "Due date/Date required|Effective date|Date of injury|Collected/Collection date|"
        "Reported/Report date|Date of last exam|Last menstrual period/LMP|Issued/Issue "
        "date|Expiration date/Expires|Start date/Starting date|Completion date|Date of "
        "surgery|Date prepared|Date signed|Time and date|Period covered|Date shipped",
        make_date,
    ),
    *_fields(
        "Phone/Telephone/Tel/Phone number/Tel. No.|Fax/Fax number/Telefax|Home phone|"
        "Work phone/Business phone|Cell/Mobile/Cell phone|Extension",
        make_phone,
    ),
    *_fields(
        "MRN/Medical record number/Record No./Chart #|SSN/Social security number|Policy "
        "number/Policy #|Group number/Group No.|Account number/Acct #|Case number/Case "
        "No./File No.|Order number/Order #/P.O. number|Claim number|Invoice No.|Member "
        "ID/Subscriber ID|Sample number/Specimen No./Sample ID|Lab number|License No./"
        "License number|Room/Room No.|Code/Job code|Project number/Project No.|Batch No./"
        "Lot number|Protocol|Control number|Reg. number|NPI|Accession number|Brand code|"
        "Cost center|Form number|Study number",
        make_id,
    ),
    *_fields(
        "Age|Number of pages/Pages/No. of pages (including cover)|Quantity/Qty|Number of "
        "children|Weight|Height|Total|Packs per day|Years of education|Refills|Number of "
        "stores|Rate|Sample size|Volume|Circulation|Number of respondents|Minutes|"
        "Percent|Gestational age|Score|Temperature|Number of cartons",
        make_number,
    ),
    *_fields(
        "Amount/Amount due|Total cost/Cost|Estimated cost|Co-pay|Balance|Budget|Charges|"
        "Price/Unit price|Deductible|Total charges|Fee|Expenses|Current year",
        make_money,
    ),
    *_fields("Address/Home address/Mailing address/Street address", make_address),
    *_fields("Street|Street and number", make_street),
    *_fields("City/Town|City, state, zip/City/State/Zip|Place of birth", make_town),
    *_fields(
        "Company/Company name|Employer|Insurance/Insurance company/Insurance carrier|"
        "Facility/Hospital|Pharmacy|Clinic|Manufacturer|Supplier/Vendor|Client|School|"
        "Agency|Account|Firm|Sponsor|Laboratory|Publication|Bank",
        make_company,
    ),
    *_fields(
        "Medications/Current medications/Meds/List current medications|Discharge "
        "medications|Treatment/Therapy|Prescriptions",
        make_drugs,
    ),
    *_fields("Drug/Medication/Drug name|Last dose", make_drug),
    *_fields(
        "Diagnosis/Admitting diagnosis/Dx|Past medical history/Medical history/PMH|"
        "Family history/FH|Secondary diagnosis|Comorbidities|Previous illnesses|"
        "Indication|Clinical impression/Impression|Known conditions",
        make_conditions,
    ),
    *_fields(
        "Chief complaint/Reason for visit/Reason for referral/CC|Symptoms/Presenting "
        "symptoms|Complaint|Nature of problem/Problem|Reason for test",
        make_complaint,
    ),
    *_fields("Allergies/Drug allergies/Known allergies|Reactions", make_allergies),
    *_fields(
        "Blood pressure/BP|Pulse/Heart rate/HR|Temp/Temp.|Respirations/Resp rate|SpO2/O2 "
        "sat|BMI|Body weight/Wt|Body height/Ht",
        make_vital,
    ),
    *_fields(
        "Department/Dept/Dept.|Ward/Unit|Specialty|Division|Location|Service|Region|"
        "District|Section|Clinic location",
        pick(PLACES),
    ),
    *_fields("Occupation/Job title/Profession|Position/Title", pick(OCCUPATIONS)),
    *_fields(
        "Subject/RE/Re/Regarding|Project/Project title|Title of study|Topic|Purpose|"
        "Description|Objective|Type of request",
        pick(SUBJECTS),
    ),
    *_fields(
        "Product/Brand/Product name|Item|Variety|Material|Test product|Competitive brand",
        pick(PRODUCTS),
    ),
    *_fields(
        "Status|Result/Results|Priority|Relationship/Relationship to patient|Sex/Gender|"
        "Marital status|Religion|Race/Ethnicity|Language/Preferred language|Smoking "
        "status/Tobacco use|Alcohol/Alcohol use|Blood group/Blood type|Specimen/Specimen "
        "type|Method|Route|Condition|Side|Diet|Activity|Exercise|Mode of transport|"
        "Hearing|Vision|Appetite|Sleep|Pain|Type/Type of visit|Frequency|Category|Size|"
        "Color|Shift|Plan/Plan name|Living situation|Immunizations|Advance directive|"
        "Tumor site|Stage|Grade|Margins|Media|Market|Distribution|Coverage|Terms",
        pick(SHORT),
    ),
    *_fields(
        "Comments/Remarks/Notes|History of present illness/HPI|Findings|Plan of care/"
        "Recommendations|Instructions/Special instructions|Summary|Clinical information/"
        "Clinical details|Assessment|Describe the problem|Conclusion/Conclusions|"
        "Additional information|Message|Action taken|Follow up/Follow-up plan|Other "
        "information|Discussion|Explanation|How did the injury happen?|What makes it "
        "worse?",
        make_text,
    ),
]
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
