"""Short invented messages: with what rules find in double brackets, and with nothing to find."""

MESSAGES = """\
Seen [[2021-03-04T13:45:00Z]] by the on-call team
visit on the [[3rd of May]] was fine
next review [[Mon 4 Mar]] at [[9am]]
collected [[04MAR2021]] [[0930]]
my period was [[3/21]] and i am late
last HbA1c was in [[Q3 2022]], fine
started lisinopril in [[Q1 of 2021]]
appointment [[Tues, 4th March]] [[2:15pm]]
LMP was [[12.1.24]]
Discharge planned the [[21st of February]]
Scan [[8-29]] compared with [[11-23]]: no change
Surgery [[Nov. 3rd, '22]], recovered well
onset mid-[[March]] with worsening in early [[April 2023]]
born [[7th July 1958]]
She was born [[July the 4th, 1961]]
DOB [[1958.07.07]]
d.o.b [[07 07 58]]
birthday is [[4 april]]
DOB:[[19580707]] sex F
seen on [[20230415]] for rash
seen [[4/15/23 @ 14:30]] for rash
Timestamp [[2023-04-15 14:30:22.123]]
[[2023/04/15]] [[14h30]] admission
[[15. April 2023]] OP
lab drawn [[15-IV-2023]]
Labs from [[Apr15]] and [[Apr 22]]
exp [[04/27]], lot number [[A1B2C34]]
The fever began last [[Tuesday]] and broke on [[Friday]]
Follow up week of [[March 3]]
Her surgery is set for [[Wednesday the 12th]]
He was well until the night of [[12/24/2022]]
between [[Jan 2-9, 2024]] she was in hospital
hospitalised [[1st–5th June 2023]]
vaccinated [[2/3/2021]] and [[2/24/2021]]
from [[12 through 15 August 2022]]
Call me at [[555.867.5309]]
call [[(212) 555-0143]] or text [[+1-917-555-0122]]
my cell is [[9175550122]]
my number is [[917 555 0122]] thanks
phone: [[1 (800) 555-0199]] [[ext. 441]]
tel [[020 7946 0958]] before 5
mobile [[07700 900123]]
ring [[+44 (0)20 7946 0958]]
Tel. [[+49 (0)30 901820]]
reach him on [[+33 1 23 45 67 89]]
numéro [[01 23 45 67 89]]
contact [[+91 98765 43210]]
call son [[098765 43210]]
phone [[+61 2 9876 5432]] or [[0412 345 678]]
tel [[+34 912 34 56 78]]
mobile [[612 34 56 78]] any time
WhatsApp [[+55 11 91234-5678]]
call [[+81 3-1234-5678]]
tel [[+353 1 234 5678]]
daughter's phone [[+86 138 0013 8000]]
Whatsapp: [[+52 55 1234 5678]]
fax [[212-555-0143]]
Fax to [[212 555 0199]] attn records
office [[555-0182]] [[x22]]
text me at [[nine one seven five five five oh one two two]]
number [[617-555-O142]]
reach me [[212•555•0188]]
pager [[#4471]]
pgr [[33871]]
desk [[5-0138]]
email me at [[maria.lopez@gmail.com]]
email [[maria . lopez @ gmail . com]]
mail to [[maria dot lopez at gmail dot com]]
[[m_lopez+clinic@mail.co.uk]] is best
[[maria.lopez(at)gmail.com]]
email: [[maria.lopez@hospital]]
[[Maria.Lopez@GMAIL.COM]]
see [[patientportal.example.org/u/4471]]
portal [[mychart.stmarys.org]] login
[[http://10.0.3.17:8080/chart?id=88]]
linkedin [[linkedin.com/in/maria-lopez-71]]
facebook [[facebook.com/maria.lopez]]
[[https://www.example.com/p?x=1&y=2]]
blog at [[maria-runs.blogspot.com]]
logged in from [[192.168.10.44]]
host [[2001:0db8:85a3::8a2e:0370:7334]]
ipv6 [[fe80::1ff:fe23:4567:890a]]
MAC [[00-1B-44-11-3A-B7]]
IMEI [[490154203237518]]
MRN [[88-12-903]]
mrn [[b0044871]]
patient id [[PT-00932]]
Pt ID#[[932114]]
chart [[#44-1902]]
record number is [[1902 4471]]
hospital no [[H0912/22]]
encounter [[90218833]]
acct [[7781-22-9]]
account ending in [[4471]]
visit number [[V00093321]]
claim [[#CLM-2023-00918]]
policy number [[BCX 4471 902]]
insurance [[W2419 88123]]
member [[ZGP123456789]]
Aetna ID [[W123456789]]
Medicare [[1EG4-TE5-MK72]]
Medicaid ID [[AB12345C]]
group [[0098123-A]]
beneficiary number [[912345678A]]
SSN [[123-45-6789]]
ssn [[123456789]]
social [[123 45 6789]]
last four of social [[6789]]
SSN ending [[6789]]
soc sec [[xxx-xx-6789]]
ITIN [[912-70-1234]]
NHS [[943 476 5919]]
nhs number [[9434765919]]
NPI [[1234567893]]
DEA [[AB1234563]]
medical license [[MD-44821]]
license [[A123-456-78-901-0]]
driver's licence number [[MORGA657054SM9IJ]]
DL [[D1234567]]
nursing lic [[RN 556123]]
passport [[C01X00T47]]
passport number [[543210987]]
Aadhaar [[2345 6789 0123]]
visa card [[4111-1111-1111-1111]]
credit card [[4111 1111 1111 1111]] exp [[09/26]]
amex [[378282246310005]]
IBAN [[DE89 3704 0044 0532 0130 00]]
IBAN [[DE89370400440532013000]]
routing [[021000021]]
license plate [[7ABC123]]
plate [[XYZ-4471]]
plate no. [[KL 07 AB 1234]]
car reg [[AB12 CDE]]
VIN [[1HGCM82633A004352]]
pacemaker serial [[PJN-441902-H]]
ICD device id [[8842-AX-11]]
implant lot [[23-0918]]
serial [[SN44719022]]
insulin pump S/N [[902-4471]]
device [[#DX-77120]]
case number [[23-CV-00871]]
specimen [[S-23-004471]]
employee id [[E00471]]
badge [[88213]]
student ID [[U20231187]]
username [[mlopez71]]
twitter [[@marialopez71]]
insta handle [[maria_lopez_71]]
handle is [[@m.lopez]]
fingerprint id [[FP-99812]]
Room [[4412B]] bed [[2]]
lives at [[4412 N Oak St, Apt 3B]], zip [[60614]]
address: [[12 Elm Grove Rd]], unit [[5]]
[[PO Box 1190]], ZIP [[04101-1190]]
mail to [[P.O. Box 77]]
[[22 Rue de Rivoli]], [[75004 Paris]]
[[Bahnhofstrasse 12]], [[8001 Zürich]]
postcode [[SW1A 2AA]]
in [[M5V 3L9]] area
[[90210]] zip
zip code [[02139]]
lives at [[221B Baker Street]]
[[1600 Pennsylvania Ave NW]]
[[15 Beach Rd]], Bondi [[NSW 2026]]
flat [[4]], [[17 Queens Gate]]
she is [[94]] and frail
a [[ninety-one]] year old woman
age [[101]]
[[97]]yo male with sepsis
pt is [[92]] y F
my grandmother is [[93]]
grandpa turned [[90]] in may
[[99]] years young
Hi, this is Maria Lopez, dob [[4/5/71]], my number is [[555-0134]], I need a refill
hello i'm john smith born [[3-12-80]] my mrn is [[4471902]] can i take ibuprofen
Daniel Okafor (MRN [[7719-22]]), DOB [[09/14/1949]], admitted [[1/9/24]]: start DOAC?
Refill for Lopez, Maria [[04-05-1971]] ph [[555 0134]]
I was seen yesterday at [[3pm]]... call [[555-0134]]
this is karen calling for my dad robert hayes, he is [[91]], his medicare is [[1EG4TE5MK73]]
booked for [[28th Feb '25]] in the morning
[[Thurs 9 Jan]] clinic cancelled
seen [[9 Jan 24 10:05]]
[[Jan-2024]] MRI stable
rash since end of [[October]]
tx'd [[10/2022]]-[[01/2023]]
[[2022-W14]] audit note
last dose [[14/02]] at [[20.30]]
admitted on [[Feb. 30]] (sic)
[[14 de marzo de 2021]] ingresó
fell on [[Xmas Eve]]
Date [[14th March, 2021]] Time [[10.15 am]]
[[06:45]] glucose 80 on [[Tuesday, June 4]]
on [[6.4.2024]] and again [[6.18.2024]]
seen in the spring of [[2018]]
call back [[347-555-0110]], or home [[(347)5550111]]
text [[3475550110]]
tel: [[0161 496 0000]]
ring her mobile [[+44 7700 900 456]]
Tel [[0131-496-0123]]
call [[+39 06 698 1234]]
ph [[03 9876 5432]]
number's [[+64 21 123 4567]]
[[+7 495 123-45-67]] daughter
[[00 41 44 668 18 00]] clinic abroad
[[555 0177]] is my work phone
phone five five five zero one seven seven? yes [[555-0177]]
extension [[7712]], pager [[09912]]
email is [[jdoe99 at yahoo dot com]]
[[jane.doe@nhs.scot]]
[[J_Doe@mail.house.gov]]
url [[clinicname.health/results/8812]]
ftp [[ftp://files.example.net/pt/88]]
ip [[172.16.254.1]], gateway [[10.0.0.1]]/24
v6 [[2001:db8::ff00:42:8329]]
medical record [[A-771-902]]
MRN# is [[000123456]]
MRN=[[77-88-99]]
my chart number: [[C8812]]
FIN [[10029938]]
acct no [[AC/9921/B]]
invoice [[INV-20391]]
health plan id [[HPN8812-44]]
Blue Cross member # [[XYP 900 123 456]]
subscriber [[990-12-3344-01]]
Medicare beneficiary id [[4AB1-CD2-EF34]]
prior auth [[PA-551209]]
ssn: [[987 65 4321]]
social security [[987654321]]
ssn last 4: [[4321]]
NI number [[QQ 12 34 56 C]]
NHS no. [[450 557 7104]]
SIN [[046 454 286]]
NPI# [[1093817465]]
DEA number [[FB1234563]]
GMC no [[7654321]]
driver license [[S530-4608-7771]]
state ID [[NY 882 991 034]]
passport [[K1234567]]
certificate [[CN-8829-X]]
mastercard [[5500 0000 0000 0004]]
bank account [[12345678]], sort code [[12-34-56]]
IBAN: [[GB29NWBK60161331926819]]
license tag [[GHT 4471]]
vehicle [[2T1BURHE5JC123456]]
stent lot [[LX-22091]]
CPAP serial number [[22190AX7]]
hip implant ref REF [[1102-55]]
cochlear device SN: [[CI-88-7120]]
accession [[23-004871]]
lab id [[L0099123]]
trial subject [[SUBJ-0042-17]]
employee no. [[77120]]
userid: [[jdoe_99]]
IG [[@jane.doe99]]
skype [[jane.doe99]]
biometric [[RET-77123]]
lives at [[88 King's Road]], [[SW3 4NX]]
resides [[1901 E. Elm Blvd, Ste 200]], [[Tulsa, OK 74104]]
[[RR 2 Box 119]]
[[10 Downing St]]
[[Hwy 61 South, Lot 4]]
[[Via Roma 12]], [[00184 Roma]]
[[K1A 0B1]] Ottawa
pin code [[560034]]
[[100-0001]] Tokyo postal code
he's [[ninety-six]] now
[[103]] y/o F
aged [[ninety]]
pt's age is [[95]] years
Hey doc its Tom Nguyen again ([[tomn@aol.com]], [[408.555.0199]]) bday [[2/2/66]]
patient Aisha Bello, DOB [[2 Feb 1966]], MRN: [[0099123]], lives [[77 Cedar Ln]], pls advise on warfarin
R. Castillo [[66]]F acct [[88123]] seen [[2/2]] by Dr Amin, call x[[4412]]
[[400 W 42nd St]], [[10036]]
"""
CHARTED = """\
C5-6 disc herniation with T2 hyperintensity
L4-5 and L5-S1 stenosis; T12 fracture; C1-2 fusion
BP 128/76 HR 72 RR 16 T 98.6 SpO2 98%
Na 138 K 5.2 Cl 101 HCO3 24 BUN 18 Cr 1.1 Glu 110
WBC 11.2, Hgb 9.8, Plt 188, INR 2.3
ICD-10 E11.65, I25.10, Z79.4; CPT 99214, 93000
BRCA1 and CYP2D6*4, HER2 3+, PD-L1 50%
NCT04368728 and KEYNOTE-189 and CHADS2-VASc 4
GCS 15, NIHSS 4, APGAR 8/9, MMSE 27/30, PHQ-9 12
1/2 tab daily, 3/4 strength, 5/5 power, 2/6 murmur
500 mg q8h x 7 days, 10-15 mg/kg, 0.5 mL
acetaminophen 325-650 mg q4-6h prn, max 4 g/day
EF 55-60%, LVIDd 4.2 cm, E/A 0.8
FEV1/FVC 0.65, DLCO 55%, PaO2 62
pH 7.32/pCO2 48/HCO3 22
CD4 350, VL 12,500 copies, HLA-B*57:01
6 cycles of R-CHOP, 3 Gy x 10, 50.4 Gy in 28 fractions
stage T2N1M0, grade 2/3, Gleason 3+4=7
20 pack-year smoker, 2-3 drinks per week
Bishop score 6, 38w4d, G3P2012
20/40 OD, 20/25 OS, IOP 14/15
ABI 0.9, 4x5 mm nodule, 2.3 x 1.1 x 0.8 cm
Titer 1:320; ratio 3:1; dilution 1:10
visit 2 of 5; week 12; day 3; cycle 2
16 Fr Foley, 7.0 ETT at 22 cm, 18G IV
Insulin glargine 20 units qhs, lispro 5-5-5
lidocaine 1% 10 mL, epi 1:1000 0.3 mL
Temp 101.3 F, Tmax 39.2
P/F ratio 180, PEEP 10, FiO2 0.5, TV 450
C3 85, C4 12, C-peptide 1.2, IgG 1100
vitamin B12 350 pg/mL, D3 2000 IU daily
Factor VIII 45%, factor V Leiden, protein S
HPV 16/18, H1N1, SARS-CoV-2, BA.5
Type 2 MI, class III obesity, phase 3 trial
5-FU, 6-MP, 17-OHP, 25-OH vitamin D
A1AT MZ, JAK2 V617F, EGFR L858R, KRAS G12C
12-lead ECG, PR 160, QRS 92, QTc 448
Na 140 mmol/L; K+ 4.0; Mg 2.0; Phos 3.3; Ca 9.1
ASA 81, metoprolol 25, atorva 40, lisinopril 10
Section 504 plan; Rule of 9s; 911 called; 24/7 care
Which statin for LDL 190 with CK 900?
eGFR 44, UACR 320, phosphate 1.9
Start at 0.1 mcg/kg/min, titrate by 0.05 q5min
10% dextrose, 0.9% NaCl 1000 mL at 125 mL/h
Braden 18, Morse 45, pain 4/10, RASS -2
3-0 Vicryl, size 11 blade, 5 mm trocar x3
VAS 20/100, WOMAC 45, ODI 38
HbA1c 7.2% (55 mmol/mol), TSH 2.31, T4 1.1
MELD 18, Child-Pugh B7, AFP 450
200 J shock x 2, epi x 3, ROSC after 12 min
UA: SG 1.015, pH 6.0, 5-10 WBC, 0-2 RBC
Cobb angle 32, T5-T12 kyphosis 40
NYHA II-III, CCS 2, ECOG 1, ASA 3
E. coli >100,000 CFU/mL, MIC 0.25
Norco 5/325 q6h, Augmentin 875/125 bid, Bactrim 800/160
1-2 puffs q4h; 90 mcg HFA; 2-4 L NC
Figure 3 and Table 2; ref 12-15; p<0.001; 95% CI 1.2-3.4
n=1204, OR 2.1, HR 0.76 (0.61-0.94)
DSM-5 criteria; 21st century cures; 12-step program
May have 2 tabs; march in place; august presentation; will fall
flat T waves, IgM-16 mg/dL, unit 4 of 6, subject 12 of 40
Regards. Continue Lasix
section 4.2.10 and version 2.3.1 of the protocol
on 2-3 occasions, from 5-6 L, pain 4-5
at 20.30 mmol/L, ratio 12.40, 10.15 cm
study NCT01234567
plate 5 of the growth plate; badge of honor
login and password were reset; the handle broke
last four days; last 4 weeks; account for 1200 mL
"""
