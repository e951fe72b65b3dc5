"""Sentences, titles and headings of forms of clinics, parted by bars."""

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
