"""Words of offices, laboratories and shops, to make labels, values and sentences of."""

import json
from functools import cache
from pathlib import Path

MODELS = Path(__file__).parents[2] / "spacy_clinical/models"
FORM_MODEL = MODELS / "layoutlm_forms_sm"


def split(text: str) -> list[str]:
    return [part.strip() for part in text.replace("\n", " ").split("|")]


@cache
def list_any_words() -> list[str]:
    """Whole words of the shipped tokenizer's vocabulary: whatever may be on a form."""
    pieces = json.loads((FORM_MODEL / "tokenizer.json").read_text("utf8"))
    words = pieces["model"]["vocab"]
    return sorted(w for w in words if w.isascii() and w.isalpha() and len(w) > 3)


FIRST = split("""Arthur|Alice|Albert|Andrea|Alan|Anthony|Barbara|Bernard|Bruce|Carol|Cecil|
Clara|Curtis|Daniel|David|Deborah|Dennis|Diane|Donald|Douglas|Earl|Edward|Eileen|Elizabeth|
Ernest|Eugene|Evelyn|Florence|Fred|Gail|Gary|Gladys|Glenn|Gordon|Grace|Harry|Henry|Herbert|
Howard|Irene|Jack|Janet|Jeffrey|Jerry|Joan|Joseph|Joyce|Judith|Karen|Kathleen|Kenneth|Larry|
Lawrence|Leonard|Leslie|Lewis|Lillian|Lois|Marie|Marilyn|Mark|Martin|Mary|Max|Melvin|Michael|
Mildred|Milton|Nancy|Norman|Oscar|Pamela|Patricia|Paul|Philip|Phyllis|Ralph|Raymond|Rebecca|
Richard|Roger|Ronald|Rose|Roy|Russell|Samuel|Sandra|Sharon|Sheila|Shirley|Sidney|Stanley|
Stephen|Steve|Stuart|Theodore|Theresa|Victor|Vincent|Virginia|Warren|Wayne|William|Wanda""")
LAST = split("""Abbott|Adams|Alford|Allen|Anderson|Archer|Bailey|Barnes|Barrett|Bennett|Bishop|
Blackwell|Bowman|Boyd|Bradley|Brewer|Brooks|Bryant|Burke|Burns|Butler|Caldwell|Campbell|
Carlson|Carroll|Carter|Chapman|Clark|Collins|Cooper|Crawford|Cunningham|Dalton|Daniels|
Dawson|Dixon|Donahue|Drake|Duncan|Edwards|Elliott|Ellis|Farrell|Ferguson|Fletcher|Ford|
Foster|Fowler|Freeman|Gallagher|Gardner|Gibson|Goldberg|Graham|Grant|Greene|Griffin|
Hamilton|Hansen|Harding|Harrison|Hartman|Henderson|Hoffman|Holland|Holmes|Howell|Hudson|
Jacobson|Jennings|Johnson|Keller|Kelly|Klein|Knight|Kramer|Lambert|Lawson|Leonard|Lindsay|
Logan|Lynch|MacDonald|Marshall|Mason|Matthews|McCarthy|McDonald|McGuire|Mitchell|Monroe|
Morgan|Morris|Murphy|Murray|Myers|Nelson|Newman|Nichols|Norton|O'Brien|O'Connor|Olson|
Parker|Patterson|Payne|Perkins|Peters|Phillips|Pierce|Porter|Quinn|Ramsey|Reed|Reynolds|
Rhodes|Riley|Robbins|Roberts|Robinson|Rogers|Russo|Sanders|Sawyer|Schneider|Schultz|Shaw|
Sheridan|Simmons|Snyder|Spencer|Stein|Stevens|Stewart|Sullivan|Swanson|Taylor|Thompson|
Townsend|Vance|Vaughn|Wagner|Walker|Wallace|Walsh|Watkins|Weaver|Weber|Webster|Wheeler|
White|Williams|Winters|Wright|Young|Zimmerman""")
TOWNS = split("""New York|Chicago|Atlanta|Boston|Dallas|Denver|Houston|Detroit|Memphis|Miami|
Nashville|Raleigh|Durham|Greensboro|Charlotte|Cincinnati|Cleveland|Columbus|Baltimore|
Philadelphia|Pittsburgh|St. Louis|Kansas City|Minneapolis|Milwaukee|Seattle|Portland|San
Diego|Los Angeles|San Francisco|Sacramento|Phoenix|Tucson|Omaha|Buffalo|Rochester|Syracuse|
Albany|Hartford|Providence|Washington, D.C.|Norfolk|Roanoke|Macon|Savannah|Jacksonville|
Tampa|Mobile|New Orleans|Little Rock|Tulsa|Oklahoma City|London|Montreal|Geneva|Hamburg|
Basel|Brussels|Tokyo|Hong Kong|Mexico City|Indianapolis|Lansing|Toledo|Akron|Knoxville""")
STATES = split("""New York|Ohio|Georgia|Texas|Florida|Virginia|N. C.|S. C.|Tenn.|Kentucky|
Calif.|Mass.|Conn.|Penna.|Illinois|Michigan|NY|NJ|CA|NC|VA|KY|GA|OH|IL|TX|FL|PA|MO|MN|WI""")
# What is asked about.
NOUNS = split("""account|ad|address|agency|agent|amount|analysis|analyst|animal|application|
area|article|attorney|authorization|award|balance|batch|bid|blend|box|brand|broadcast|budget|
bulletin|buyer|campaign|cancer|carrier|carton|case|category|chain|change|charge|check|
cigarette|city|claim|class|client|code|color|column|committee|company|complaint|component|
compound|condition|conference|consumer|contract|control|copy|cost|coupon|court|coverage|
customer|date|deadline|delivery|department|deposition|design|dimension|direct account|
display|distributor|district|division|document|dose|edition|employee|employer|equipment|
estimate|event|exhibit|expense|experiment|facility|fee|field|file|filter|formula|fund|funding|
grade|grant|group|ingredient|inspection|instrument|insertion|institution|instruction|
invoice|issue|item|job|journal|key|label|laboratory|law firm|lease|length|letter|level|line|
list|load|location|lot|machine|magazine|mail|maker|manager|manual|manufacturer|market|
material|media|meeting|member|menthol|message|method|model|moisture|newspaper|notebook|office|
operation|operator|order|organization|origin|outlet|package|packing|page|panel|paper|part|
payee|payment|period|permit|personnel|phase|plan|plant|position|premium|price|printer|
priority|problem|procedure|process|product|production|program|project|promotion|proposal|
protocol|publication|purchase|quality|quantity|quarter|question|rate|reader|reason|record|
reference|region|release|replacement|report|representative|request|research|respondent|
result|retailer|review|route|run|sale|sample|schedule|section|service|session|shift|
shipment|sign|site|size|smoke|solution|source|space|speaker|species|specification|sponsor|
spot|staff|standard|state|station|status|stock|store|strain|study|subject|supervisor|
supplier|supply|survey|system|target|task|tax|team|telephone|territory|test|time|title|
topic|total|trade|transfer|travel|treatment|type|unit|value|variety|vehicle|vendor|version|
volume|voucher|warehouse|week|weight|wholesaler|witness|work|year|zone""")
ADJECTIVES = split("""Proposed|Current|Previous|Estimated|Original|Final|Revised|Actual|Total|
Authorized|Approximate|Average|Additional|Other|Special|Expected|Required|Requested|New|Old|
Present|Prior|Next|First|Last|Net|Gross|Standard|Maximum|Minimum|Local|National|Regional|
Primary|Secondary|Internal|External|Normal|Weekly|Monthly|Annual|Daily|Direct|General|
Competitive|Technical|Responsible|Principal|Principal's|Main|Overall|Suggested|Planned""")
PARTICIPLES = split("""Approved|Prepared|Requested|Submitted|Reviewed|Checked|Received|Tested|
Written|Issued|Ordered|Authorized|Signed|Completed|Verified|Recommended|Shipped|Released|
Collected|Analyzed|Typed|Revised|Distributed|Sold|Supplied|Used|Assigned|Witnessed|Reported""")
HEADINGS = split("""BACKGROUND|OBJECTIVE|METHODOLOGY|RESULTS|CONCLUSIONS|RECOMMENDATIONS|
DISTRIBUTION|SPECIFICATIONS|ADVERTISING|PROMOTION|MARKET INFORMATION|PRODUCT INFORMATION|
SALES FORCE|CONTACT INFORMATION|BILLING INFORMATION|SHIP TO|SUMMARY|FINDINGS|SCHEDULE|COSTS|
BUDGET|PERSONNEL|EQUIPMENT|MATERIALS|PHYSICAL DATA|CHEMICAL ANALYSIS|SMOKE DATA|TOBACCO BLEND|
FILTER SPECIFICATIONS|PACKAGING|LABORATORY USE ONLY|FOR OFFICE USE|APPROVALS|SIGNATURES|
COMMENTS|REMARKS|NOTES|TRANSMITTAL|INSTRUCTIONS|DIRECT ACCOUNTS|CHAIN STORES|INDEPENDENTS|
TEST CONDITIONS|SAMPLE IDENTIFICATION|ACTION ITEMS|STATUS OF PROJECT|EXPERIMENTAL DESIGN|
INVESTIGATOR|PUBLICATIONS|EDUCATION|PROFESSIONAL EXPERIENCE|HONORS|OTHER SUPPORT|
EFFECTIVENESS|VENDING|COMPETITION|PRICING|QUALITY CONTROL|ACCOUNTING|LEGAL|OPINION|SCOPE|
CASE INFORMATION|COUNSEL|MEDIA PLAN|CIRCULATION|PRODUCTION|CIGARETTE DESCRIPTION|
TOXICITY STUDIES|GENERAL|DETAILS|PURPOSE|TRAVEL|EXPENSES|PART A|PART B|SECTION I|SECTION II""")
TITLE_WORDS = split("""REPORT|REQUEST|FORM|SHEET|RECORD|SUMMARY|ORDER|NOTICE|APPLICATION|
AUTHORIZATION|PROPOSAL|AGREEMENT|CHECKLIST|QUESTIONNAIRE|SURVEY|SCHEDULE|STATEMENT|LOG|
TRANSMITTAL|MEMORANDUM|EVALUATION|SPECIFICATION|ANALYSIS|PROFILE|LIST|BULLETIN|INITIATION|
REGISTRATION|REVIEW|INVENTORY|CONFIRMATION|VOUCHER|REQUISITION|ESTIMATE|PLAN|ANNOUNCEMENT""")
TITLES = split("""MEMORANDUM|INTER-OFFICE MEMORANDUM|INTEROFFICE CORRESPONDENCE|FAX|
FACSIMILE COVER SHEET|FACSIMILE TRANSMISSION|FAX TRANSMITTAL SHEET|TELECOPY COVER SHEET|
TELEFAX MESSAGE|ROUTING SLIP|ROUTE SLIP|SPEED LETTER|PROGRESS REPORT|WEEKLY HIGHLIGHTS|
MARKETING RESEARCH PROPOSAL|REQUEST FOR ANALYSIS|LABORATORY ANALYSIS|ANALYTICAL REQUEST|
COMPETITIVE PRODUCT INTRODUCTION|MEDIA INSERTION ORDER|PRINT ADVERTISING ORDER|NEW ITEM FORM|
RETAIL ACCOUNT SURVEY|PACKAGE APPROVAL|CHECK REQUEST|TRAVEL AUTHORIZATION|EXPENSE REPORT|
PROJECT AUTHORIZATION|PURCHASE ORDER|CREDIT MEMO|TEST MARKET REPORT|CONSUMER COMPLAINT|
PRODUCT TEST REQUEST|BIOGRAPHICAL SKETCH|MEETING NOTICE|DOCUMENT CLEARANCE SHEET|
SPEAKER REQUEST FORM|CONTRACT REVIEW|LITIGATION SUPPORT REQUEST|SHIPPING NOTICE|
RECORDS TRANSFER LIST|PERSONNEL ACTION|SUGGESTION FORM|SAMPLE REQUEST|CHANGE NOTICE|
QUALITY IMPROVEMENT SUGGESTION|CIGARETTE REPORT FORM|TOBACCO SAMPLE DATA|INVOICE""")
PRODUCTS = split("""Kings|100's|Lights|Ultra Lights|Menthol|Filter|Box|Soft Pack|Full Flavor|
Slims|Regular|Non-Filter|Special|Extra|Gold|Premium|Deluxe|Classic|Select|Generic|120's""")
TRADES = split("""Company|Co.|Corporation|Corp.|Inc.|& Sons|Associates|Laboratories|Group|
Research Institute|Advertising|Wholesale|Markets|Drug Stores|Distributing Co.|& Company|
Printing Co.|Paper Co.|University|Medical School|Tobacco Co.|Industries, Inc.|Services|
International|Ltd.|Foods|News|Times|Herald|Council|Institute, Inc.|of America""")
COMPANY_ENDS = split(
    "and {last}|{last} & {last}|{last}, {last} & {last}|, {last} and {last}"
)
UNITS = split("""mg|mm|cm|g|kg|lbs.|oz.|ml|%|ppm|mg/cig|mg/m3|mcg|hours|days|weeks|min.|sec.|
inches|in.|feet|cartons|cases|packs|units|sheets|pcs.|degrees C|psi|mm H2O|puffs|ug|mg/kg""")
PHRASES = split("""None|N/A|Not available|See attached|Same|As required|Immediately|Pending|To be
determined|Open|Unknown|Good|Fair|Poor|Excellent|Very good|Approved|Rejected|Complete|On
schedule|First class mail|Air freight|Overnight|UPS|By hand|Confidential|Urgent|Routine|No
change|Not applicable|Yes|No|X|ASAP|TBD|All|Both|Retail|Wholesale|Test market|National|Black
& white|Four color|Full page|Half page|Male|Female|Rat|Mouse|Rabbit|Oral|Dermal|Inhalation|
Hard copy|Net 30 days|F.O.B. plant|Prepaid|Collect|Weekly|Monthly|Quarterly|Ongoing""")
VERBS = split("""was received from|will be sent to|has been approved by|is required by|was tested
with|should be returned to|may be used by|was discussed with|is expected from|has been changed
by|will be reviewed by|was prepared for|can be shipped to|is being developed for|was compared
with|has been assigned to|must be signed by|is limited to|will replace|does not include""")
STARTS = split("""The|This|Our|Each|Your|Their|Any|The new|The above|A second|Another|The
following|Every|The enclosed|The attached|Most of the|Some of the|All of the|One""")
TAILS = split("""before the end of the month|at your earliest convenience|in the amount shown|as
soon as possible|during the next quarter|for further information|without prior approval|in the
following markets|with no significant difference|on a weekly basis|under separate cover|in
accordance with our agreement|at the present time|at no additional cost|for your review and
comment|until further notice|as we discussed on the telephone|to all division managers|based
on these results|in all chain accounts|by return mail|within ten days""")
OPENERS = split("""Please|You are requested to|It is important to|We would like to|Do not|
Representatives should|In order to|If necessary,|When finished,|Kindly|Be sure to|We plan to|
Our intention is to|Attempt to|I have been asked to|It was agreed to""")
ACTIONS = split("""return|complete|sign|forward|review|send|check|list|describe|attach|contact|
submit|provide|destroy|mail|approve|place|sell|report|explain|use|verify|note|maintain""")
