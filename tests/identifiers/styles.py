"""Invented notes in ten styles, with what rules find in them in double brackets."""

STYLES = {
    "epic": """\
Progress Notes by [[Kowalczyk, Magda A]], MD at [[3/14/2023]]  [[2:47 PM]]
Author: [[Kowalczyk, Magda A]], MD  Service: Cardiology  Author Type: Physician
Filed: [[3/14/2023]]  [[3:02 PM]]  Encounter Date: [[3/14/2023]]  Status: Signed
Editor: [[Kowalczyk, Magda A]], MD (Physician)

Patient Name: [[Delacroix-Ndiaye, Amadou T.]]    MRN: [[E1029384756]]   DOB: [[11/2/1951]]   CSN: [[400283746]]
PCP: [[Yolanda Ferreira-Santos]], DO     Phone: [[(312) 555-0147]] (H)  [[312-555-0199]] (M)
Insurance: BCBS PPO  Member ID: [[XQJ884920193]]   Group #: [[0071823]]

Subjective: [[Amadou]] is a [[71]] y.o. male here with his wife [[Fatou]]. BP 128/76, HR 72, SpO2 98%. Last seen [[12/20/22]]. Echo on [[1/9]] showed EF 45-50%. Strength 5/5.
Walks 2-3 miles. Takes metoprolol 25 mg 1/2 tab BID. K 4.2, Cr 1.1.
MyChart message sent to [[a.ndiaye51@example.net]].
Electronically signed by [[Magda A Kowalczyk]], MD on [[3/14/23]] at [[1502]]
""",
    "cerner": """\
DOCUMENT NAME:                Discharge Summary
SERVICE DATE/TIME:            [[2/28/2022]] [[18:05]] EST
RESULT STATUS:                Auth (Verified)
PERFORM INFORMATION:          [[Okonkwo]] MD, [[Chidi]] ([[2/28/2022]] [[18:22]] EST)
SIGN INFORMATION:             [[Okonkwo]] MD, [[Chidi]] ([[3/1/2022]] [[07:10]] EST)
FIN: [[88-20394857]]    Admit: [[2/24/2022]]   Disch: [[2/28/2022]]
Name: [[PRZYBYLSKI, WANDA J]]   MRN: [[00-48-29-17]]   Age: [[93]] years   Sex: Female  DOB: [[05/17/1928]]
Attending Physician: [[Okonkwo]] MD, [[Chidi]]
Location: 4 West; Rm [[412-B]]
Hospital Course
[[93]] yo F fell at home in [[Grand Rapids]], [[MI]] [[49503]]. Lives at [[2217 Leonard St NE, Apt 3B]]. Daughter [[Krystyna]] ([[616-555-0102]]) is HCPOA. Hip fx repaired [[2/25]]. T12-L1 stable. Ambulating 50 feet x2. Next appt w/ Dr. [[Haruki Tanaka]] [[3/15]] @ [[10:30]].
""",
    "mimic": """\
Admission Date:  [[[**2151-7-16**]]]       Discharge Date:  [[[**2151-8-4**]]]
Date of Birth:   [[[**2080-1-21**]]]        Sex:  F
Service: MEDICINE
Attending:[[[**First Name3 (LF) 1234**]]]
History: [[[**Known lastname 9876**]]] is a [[[**Age over 90 **]]] year old female from [[[**Hospital3 **]]] rehab. PCP [[[**Last Name (NamePattern1) **]]] [[[**Telephone/Fax (1) 2233**]]]. Seen by Dr. [[[**Last Name (STitle) 88**]]] on [[[**7-17**]]].
Followup Instructions: [[[**First Name8 (NamePattern2) **]]] MD Phone:[[[**Telephone/Fax (1) 170**]]] Date/Time:[[[**2151-9-1**]]] 9:30
""",
    "dictated": """\
PATIENT NAME: [[Theodora Vasquez-Whitfield]]
DATE OF SERVICE: [[October 3rd, 2021]]

DICTATED BY: [[Bartholomew Nyqvist]], M.D.

This is a followup for Ms. [[Vasquez-Whitfield]], a pleasant [[58]]-year-old right-handed
woman referred by Dr. [[Ingeborg]]
[[Halvorsen]]. She was last seen on the [[14th of August]]. She works as a paralegal. Grade 3/6 systolic murmur. I spoke with Dr. [[O'Shaughnessy]] yesterday.
She has Crohn's disease and Parkinson disease in the family. May return in 6 weeks. Call 911 if worse.

[[Bartholomew Nyqvist]], M.D.
[[BN/tlk]]
D: [[10/03/2021]] [[14:20:00]]   T: [[10/04/2021]] [[08:12:33]]
Job #: [[5583921]]
cc:  [[Ingeborg Halvorsen]], M.D.
     [[Priya Raghunathan]], PhD
""",
    "radiology": """\
EXAM: CT ABD/PELVIS W CONTRAST  ACCESSION: [[CT-22-0098127]]
PATIENT: [[NAKAMURA, KENJI]]   ID: [[7748291]]   DOB: [[1967-09-30]]
ORDERING: [[L. Fitzgerald]], NP   DATE: [[11-JAN-2022]] [[09:44]]
COMPARISON: CT of [[06/2019]] and MRI [[12 Nov 2020]].
FINDINGS: 3.2 x 2.1 cm lesion in segment 4/8, previously 2.8 cm. L4-L5 disc. Series 3 image 45.
IMPRESSION: Stable.
Dictated by: [[S. Abernathy]] MD   Signed: [[1/11/22]] [[10:15]]
Findings discussed with Dr [[Fitzgerald]] at [[10:20 am]] by telephone.
""",
    "pathology": """\
SURGICAL PATHOLOGY REPORT   Case: [[S21-04412]]
Patient: [[Sixsmith, Dorothy Anne]]  Med Rec #: [[0038827]]  Age/Sex: [[77]]/F
Collected: [[04/19/2021]]  Received: [[04/20/2021]]  Reported: [[04/23/2021]]
Physician(s): [[R. Montague-Bell]] MD
Gross: Received in formalin labeled "[[Sixsmith]], left breast" is 4.5 x 3.2 x 1.1 cm. Block A1-A4. ER 8/8, PR 7/8. Ki-67 20%. pT1c N0 (0/3).
Pathologist: [[Ezekiel Oyelaran]], M.D., Ph.D.
ICD-10: C50.912  CPT: 88307
""",
    "ed_triage": """\
ED TRIAGE [[0312]] hrs. pt brought in by ems from [[88 Ocean View Blvd]], Daly City. pt: [[jorge luis benavides]], [[34]]M, dob [[4/4/88]], ssn [[412-55-9087]]. c/o cp x 2 days. bp 142/91 hr 110 rr 22 t 99.1 sat 95% ra. gcs 15. pain 8/10. wife maria at bedside, cell [[415.555.0134]]. drivers license [[D4839201]] CA. allergies pcn. triage rn t. mcallister
""",
    "nursing": """\
NURSING NOTE [[07/04]] [[1900-0700]]: Assumed care from [[Keisha]] RN. Pt A&Ox3, resting. Room [[214]] bed [[2]]. Mrs. [[Lindqvist]] c/o pain 6/10, given 5-10 mg oxycodone at 2130. IVF 125 mL/hr. Son [[Anders]] called @ [[22:15]], number [[(603)555-0188]]. Will f/u w/ Dr. [[Eriksen]] in AM. Braden 18/23. Foley 16 Fr. I/O 1200/950. -- [[J. Abara]], RN
""",
    "operative": """\
OPERATIVE REPORT
DATE OF OPERATION: [[09/09/2020]]
SURGEON: [[Xiulan Zhao]], MD     ASSISTANT: [[Tomasz Wieczorek]], PA-C
ANESTHESIA: General, by Dr. [[Bhattacharya]]
PATIENT: [[Hope May Brown]]   MR#: [[5567120]]   ROOM: OR 4
IMPLANT: Zimmer femoral stem size 5, Lot [[61823345]], Serial No. [[ZB-9920-118]]
Pacemaker: Medtronic Azure, S/N [[RNB482910H]]
The patient was taken to OR at 0730. EBL 150 mL. 2-0 Vicryl, 3-0 nylon. The May-Thurner lesion was noted. Miss [[Brown]] tolerated well.
""",
    "letter": """\
[[St. Brendan's Hospital]], [[12 Quay Street]], Galway [[H91 X2Y3]]
Tel: [[+353 91 555 012]]   Fax: [[091 555 013]]   [[www.stbrendans.example.ie]]
[[23 May 2019]]
Our ref: [[AK/MN/449281]]     NHS No: [[943 476 5919]]

Dr [[Siobhan Ni Mhurchu]]
The Surgery, [[4 High St]], [[Bristol]] [[BS1 5TR]]

Dear Dr [[Ni Mhurchu]],

RE: Mr [[Padraig O'Ceallaigh]], DOB [[02.03.1944]], [[7 Marine Terrace]], Salthill

Thank you for referring this [[75]] year old retired teacher. He was admitted from [[3-7 May]]. His HbA1c is 58 mmol/mol. I plan to see him at [[Christmas]]. His son [[Cormac]] emailed [[cormac.oc@example.ie]].

Yours sincerely,

[[Anneliese Krüger]]
Consultant Physician
GMC [[7012345]]
cc: Mr [[P O'Ceallaigh]]
""",
}
