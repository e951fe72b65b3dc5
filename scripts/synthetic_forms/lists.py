"""People, places and things that are on forms of clinics."""

from synthetic_forms.vocabulary import split

FIRST = split("""Anna|Maria|James|John|Robert|Linda|Ruth|Peter|Ahmed|Wei|Olga|Carlos|
Fatima|Ines|Noah|Emma|George|Walter|Gerald|Dorothy|Helen|Frank|Louise|Harold|Sven|Yuki|
Priya|Omar|Charles|Doris|Keith|Brenda|Mike|Susan|Thomas|Edith""")
LAST = split("""Smith|Jones|Miller|Garcia|Nguyen|Kowalski|Okafor|Haddad|Larsen|Rossi|
Meyer|Chen|Patel|Brown|Davis|Wilson|O'Neill|McKay|Schmidt|Dubois|Novak|Silva|Tanaka|
Cohen|Baker|Turner|Hughes|Fischer|Lindgren|Harper|Stone|Whitfield""")
STREETS = split("""High|Oak|Mill|Station|Park|Elm|Church|River|Lake|Maple|Hill|Union|
Main""")
KINDS = split("""Street|Road|Avenue|Lane|Drive|Blvd|St.|Ave.|Court|Square""")
TOWNS = split("""Springfield|Ashford|Riverton|Milton|Franklin|Greenville|Bristol|
Clinton|Salem|Dayton|Burlington|Winston-Salem|Louisville|Richmond|Norwich|Halifax|
Aberdeen""")
STATES = split("""NY|CA|TX|OH|NC|VA|KY|MA|IL|PA|NJ|WA""")
DRUGS = split("""aspirin|metformin|lisinopril|atorvastatin|metoprolol|warfarin|insulin|
albuterol|omeprazole|prednisone|gabapentin|sertraline|furosemide|amoxicillin|ibuprofen|
heparin|levothyroxine|amlodipine|morphine|ondansetron""")
ALLERGENS = split(
    """penicillin|sulfa|latex|peanuts|none|NKDA|codeine|iodine|shellfish"""
)
LABS = split("""Hemoglobin|Hematocrit|WBC|Platelets|Sodium|Potassium|Chloride|
Creatinine|Glucose|BUN|Calcium|Albumin|AST|ALT|Bilirubin|TSH|HbA1c|Cholesterol|
Triglycerides|INR|Ferritin|CRP|LDH|Troponin""")
UNITS = split("""mg/dL|g/dL|mmol/L|%|U/L|mEq/L|10^9/L|ng/mL|mIU/L|fL""")
DISEASES = split("""hypertension|type 2 diabetes|asthma|COPD|coronary artery disease|
atrial fibrillation|chronic kidney disease|hypothyroidism|depression|osteoarthritis|
migraine|breast cancer|pneumonia|anemia|GERD|hyperlipidemia|stroke in 2011|heart
failure|epilepsy|psoriasis|none known|chronic back pain|gout|sleep apnea|hip fracture""")
SYMPTOMS = split("""chest pain|shortness of breath|headache|dizziness|nausea|abdominal
pain|fever|cough|fatigue|swelling of both ankles|palpitations|blurred vision|back pain|
weight loss|numbness of the left hand|joint stiffness in the morning""")
FREQUENCIES = split("""daily|twice daily|BID|TID|at bedtime|as needed|every 8 hours|
weekly""")
COMPANIES = split("""Acme|Global|United|Pacific|Lorimer|Central|Northern|Atlas|Delta|
Harmon|Premier|Superior|Philmore|Reynard|Liberty|Continental""")
TRADES = split("""Tobacco Company|Industries|Laboratories|Products|Insurance|Medical
Group|Hospital|Clinic|Research Inc.|Associates|Distributors|Corp.|Ltd.|University|Press""")
PRODUCTS = split("""Filter 100s|Lights Menthol|Kings Box|carton display|sample pack|
counter rack|coupon booklet|research report|annual survey|test batch 14|paper stock""")
SHORT = split("""pending|approved|see attached|none|N/A|unknown|to follow|not
applicable|routine|urgent|normal|abnormal|left|right|negative|positive|stable|improved|
per protocol|same|complete|in progress|first visit|as above|declined|self|spouse|on file""")
PLACES = split("""Cardiology|Radiology|Neurology|Internal Medicine|Ward 4B|Emergency|
Outpatient|Marketing|Research & Development|Sales|Quality Assurance|Legal|Accounts""")
OCCUPATIONS = split("""teacher|nurse|retired|carpenter|driver|clerk|engineer|farmer|
student""")
SUBJECTS = split("""Budget for the second quarter|Revised shipping schedule|Referral for
cardiac evaluation|Results of the consumer test|Request for records|Change of address|
Competitive activity in your area|Follow up after discharge|Approval of new package|
Sample request|Meeting on product development|Prior authorization|Retail price survey""")
