"""Kinds of questions of forms of clinics."""

import random
from collections.abc import Callable
from typing import NamedTuple

from synthetic_forms.lists import (
    OCCUPATIONS,
    PLACES,
    PRODUCTS,
    SHORT,
    SUBJECTS,
)
from synthetic_forms.makers import (
    make_address,
    make_allergies,
    make_company,
    make_complaint,
    make_conditions,
    make_date,
    make_doctor,
    make_drug,
    make_drugs,
    make_first,
    make_id,
    make_last,
    make_money,
    make_name,
    make_number,
    make_phone,
    make_street,
    make_text,
    make_town,
    make_vital,
    pick,
)


class Field(NamedTuple):
    """A kind of question: ways to ask it, and what makes an answer."""

    labels: tuple[str, ...]
    make: Callable[[random.Random], str]


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
