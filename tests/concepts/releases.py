"""Tiny releases of vocabularies, in the shapes in which they are published."""

import json

# UMLS: the columns are those of the Reference Manual, each row ends with "|".
MRCONSO = """\
C0027051|ENG|P|L0027051|PF|S0064505|Y|A0084011||M0014340|D009203|MSH|MH|D009203|Myocardial Infarction|0|N|1792|
C0027051|ENG|S|L0018767|PF|S0046635|Y|A2882200|22298006||22298006|SNOMEDCT_US|SY|22298006|Heart attack|9|N|256|
C0027051|ENG|S|L0000001|PF|S0000001|N|A0000001||||ICD10CM|PT|I21.9|Acute myocardial infarction, unspecified|4|N||
C0027051|ENG|S|L0000002|PF|S0000002|Y|A0000002||||MTH|SY|NOCODE|Cardiac infarct|0|N||
C0027051|SPA|P|L2338262|PF|S2758764|Y|A4761452||||MSHSPA|MH|D009203|Infarto del Miocardio|3|N||
C0027051|ENG|S|L0000003|PF|S0000003|Y|A0000003||||SNOMEDCT_US|OAP|1|Old name of the heart|9|O||
C0004057|ENG|P|L0004057|PF|S0000004|Y|A0000004||||MSH|MH|D001241|Aspirin|0|N||
C0004057|GER|P|L0004057|PF|S0000005|Y|A0000005||||MSHGER|MH|D001241|Acetylsalicylsäure|3|N||
"""
MRSTY = """\
C0027051|T047|B2.2.1.2.1|Disease or Syndrome|AT32679180|256|
C0004057|T121|A1.4.1.1.1|Pharmacologic Substance|AT17745447|256|
C0004057|T109|A1.4.1.2.1|Organic Chemical|AT17645447|256|
"""
MRDEF = """\
C0027051|A0084011|AT38139111||MSH|NECROSIS of the MYOCARDIUM.|N||
"""
MRSAB = """\
C4050237|C0025315|MSH2023_2024|MSH|Medical Subject Headings, 2024|MSH|2023_2024|||2024AA||||0|1|1|FULL|MH|TERMUI|ENG|UTF-8|Y|Y|MeSH||
C3812126|C1140118|ICD10CM_2023|ICD10CM|ICD-10-CM, 2023|ICD10CM|2023|||2023AA||||4|1|1|FULL|PT|SOS|ENG|UTF-8|Y|Y|ICD-10-CM||
"""
RXNSAB = """\
C5780000|C1140284|RXNORM_24AA_240304F|RXNORM|RxNorm Vocabulary, 24AA_240304F|RXNORM|24AA_240304F|||2023AB||||0|1|1||IN|NDC|ENG|UTF-8|Y|Y|RXNORM||
"""
RXNCONSO = """\
161|ENG||||||1||||RXNORM|IN|161|Acetaminophen||N|4096|
161|ENG||||||2||||RXNORM|SY|161|Paracetamol||N||
161|ENG||||||3||||DRUGBANK|IN|DB00316|APAP||N||
202433|ENG||||||4||||RXNORM|BN|202433|Tylenol||N|4096|
9|ENG||||||5||||RXNORM|IN|9|Withdrawn drug||O||
"""
RXNSTY = """\
161|T121|A1.4.1.1.1|Pharmacologic Substance|||
"""
# Athena's tables have tabs and no quotation marks, whatever their names say.
OMOP_CONCEPT = """\
concept_id\tconcept_name\tdomain_id\tvocabulary_id\tconcept_class_id\tstandard_concept\tconcept_code\tvalid_start_date\tvalid_end_date\tinvalid_reason
4329847\tMyocardial infarction\tCondition\tSNOMED\tDisorder\tS\t22298006\t19700101\t20991231\t
35207669\tAcute "heart" infarction\tCondition\tICD10CM\t3-char nonbill code\t\tI21\t19700101\t20991231\t
1125315\tacetaminophen\tDrug\tRxNorm\tIngredient\tS\t161\t19700101\t20991231\t
77\tOld concept\tCondition\tSNOMED\tDisorder\t\t77\t19700101\t20050101\tD
"""
OMOP_SYNONYM = """\
concept_id\tconcept_synonym_name\tlanguage_concept_id
4329847\tHeart attack\t4180186
4329847\tInfarto de miocardio\t4182511
77\tSynonym of an old concept\t4180186
"""
OMOP_RELATIONSHIP = """\
concept_id_1\tconcept_id_2\trelationship_id\tvalid_start_date\tvalid_end_date\tinvalid_reason
35207669\t4329847\tMaps to\t19700101\t20991231\t
4329847\t4329847\tMaps to\t19700101\t20991231\t
4329847\t1125315\tIs a\t19700101\t20991231\t
"""
OMOP_VOCABULARY = """\
vocabulary_id\tvocabulary_name\tvocabulary_reference\tvocabulary_version\tvocabulary_concept_id
None\tOMOP Standardized Vocabularies\tOMOP generated\tv5.0 29-FEB-24\t44819096
"""
SNOMED_CONCEPT = """\
id\teffectiveTime\tactive\tmoduleId\tdefinitionStatusId
22298006\t20020131\t1\t900000000000207008\t900000000000073002
155304006\t20100131\t0\t900000000000207008\t900000000000074008
"""
SNOMED_DESCRIPTION = """\
id\teffectiveTime\tactive\tmoduleId\tconceptId\tlanguageCode\ttypeId\tterm\tcaseSignificanceId
751689013\t20170731\t1\t900000000000207008\t22298006\ten\t900000000000003001\tMyocardial infarction (disorder)\t900000000000448009
37436014\t20170731\t1\t900000000000207008\t22298006\ten\t900000000000013009\tHeart attack\t900000000000448009
37443015\t20170731\t1\t900000000000207008\t22298006\ten\t900000000000013009\tMI - "Myocardial infarction"\t900000000000017005
1784873012\t20170731\t0\t900000000000207008\t22298006\ten\t900000000000013009\tInactive name\t900000000000448009
9001\t20100131\t1\t900000000000207008\t155304006\ten\t900000000000003001\tCoronary thing (disorder)\t900000000000448009
"""
SNOMED_LANGUAGE = """\
id\teffectiveTime\tactive\tmoduleId\trefsetId\treferencedComponentId\tacceptabilityId
a\t20170731\t1\t900000000000207008\t900000000000509007\t37436014\t900000000000548007
b\t20170731\t1\t900000000000207008\t900000000000509007\t37443015\t900000000000549004
"""
SNOMED_DEFINITION = """\
id\teffectiveTime\tactive\tmoduleId\tconceptId\tlanguageCode\ttypeId\tterm\tcaseSignificanceId
1\t20170731\t1\t900000000000207008\t22298006\ten\t900000000000550004\tNecrosis of the heart muscle.\t900000000000017005
"""
SNOMED_MAP = """\
id\teffectiveTime\tactive\tmoduleId\trefsetId\treferencedComponentId\tmapGroup\tmapPriority\tmapRule\tmapAdvice\tmapTarget\tcorrelationId\tmapCategoryId
m\t20200131\t1\t449080006\t6011000124106\t22298006\t1\t1\tTRUE\tALWAYS I21.9\tI21.9\t447561005\t447637006
"""
LOINC_HEAD = (
    '"LOINC_NUM","COMPONENT","PROPERTY","TIME_ASPCT","SYSTEM","SCALE_TYP","METHOD_TYP",'
    '"CLASS","VersionLastChanged","CHNG_TYPE","DefinitionDescription","STATUS",'
    '"CONSUMER_NAME","CLASSTYPE","FORMULA","RELATEDNAMES2","SHORTNAME","ORDER_OBS",'
    '"LONG_COMMON_NAME","DisplayName"\n'
)
LOINC = (
    LOINC_HEAD
    + '"2345-7","Glucose","MCnc","Pt","Ser/Plas","Qn","","CHEM","2.73","MIN",'
    '"Sugar, in ""blood""","ACTIVE","Glucose, Blood","1","",'
    '"Glu; Gluc; Plasma; Random","Glucose SerPl-mCnc","Both",'
    '"Glucose [Mass/volume] in Serum or Plasma","Glucose [Mass/Vol]"\n'
    '"1-8","Acyclovir","Susc","Pt","Isolate","OrdQn","","ABXBACT","2.42","DEL","",'
    '"DEPRECATED","","1","","","Acyclovir Islt","Both","Acyclovir [Susceptibility]",""\n'
)
LOINC_GERMAN = (
    '"LOINC_NUM","COMPONENT","LONG_COMMON_NAME"\n'
    '"2345-7","Glukose","Glukose [Masse/Volumen] in Serum oder Plasma"\n'
)
OBO = """\
format-version: 1.2
data-version: hp/releases/2025-01-16
ontology: hp
property_value: http://purl.org/dc/terms/license https://hpo.jax.org/app/license

[Term]
id: HP:0000001
name: All

[Term]
id: HP:0000118
name: Phenotypic abnormality
is_a: HP:0000001 ! All

[Term]
id: HP:0001635
name: Congestive heart failure
alt_id: HP:0001636
def: "The heart \\"fails\\" to pump." [HPO:curators, PMID:1]
synonym: "Cardiac failure" EXACT layperson []
synonym: "Heart problem" BROAD []
xref: MSH:D006333
xref: SNOMEDCT_US:42343007 {source="x"}
xref: http://example.org/a
is_a: HP:0000118 {source="HPO"} ! Phenotypic abnormality

[Term]
id: HP:0000057
name: obsolete Clitoromegaly
is_obsolete: true
replaced_by: HP:0008665

[Typedef]
id: part_of
name: part of
"""
OBO_GRAPHS = json.dumps(
    {
        "graphs": [
            {
                "id": "http://purl.obolibrary.org/obo/mondo.json",
                "meta": {
                    "version": "http://purl.obolibrary.org/obo/mondo/releases/2025-02-04/mondo.json",
                    "basicPropertyValues": [
                        {
                            "pred": "http://purl.org/dc/terms/license",
                            "val": "https://creativecommons.org/licenses/by/4.0/",
                        }
                    ],
                },
                "nodes": [
                    {
                        "id": "http://purl.obolibrary.org/obo/MONDO_0000001",
                        "lbl": "disease",
                        "type": "CLASS",
                    },
                    {
                        "id": "http://purl.obolibrary.org/obo/MONDO_0005148",
                        "lbl": "type 2 diabetes mellitus",
                        "type": "CLASS",
                        "meta": {
                            "definition": {"val": "A kind of diabetes."},
                            "synonyms": [
                                {"pred": "hasExactSynonym", "val": "NIDDM"},
                                {"pred": "hasBroadSynonym", "val": "diabetes"},
                            ],
                            "xrefs": [{"val": "ICD9:250.00"}, {"val": "MESH:D003924"}],
                            "basicPropertyValues": [
                                {
                                    "pred": "http://www.geneontology.org/formats/oboInOwl#hasAlternativeId",
                                    "val": "http://purl.obolibrary.org/obo/MONDO_0000999",
                                }
                            ],
                        },
                    },
                    {
                        "id": "http://purl.obolibrary.org/obo/MONDO_0000002",
                        "lbl": "obsolete ague",
                        "type": "CLASS",
                        "meta": {"deprecated": True},
                    },
                    {
                        "id": "http://purl.obolibrary.org/obo/RO_0002200",
                        "lbl": "has phenotype",
                        "type": "PROPERTY",
                    },
                ],
                "edges": [
                    {
                        "sub": "http://purl.obolibrary.org/obo/MONDO_0005148",
                        "pred": "is_a",
                        "obj": "http://purl.obolibrary.org/obo/MONDO_0000001",
                    }
                ],
            }
        ]
    }
)
TERM_LIST = json.dumps(
    [
        {"id": "0000001", "name": "disease", "namespace": "mondo"},
        {
            "id": "0005148",
            "name": "type 2 diabetes mellitus",
            "namespace": "mondo",
            "synonyms": ["NIDDM"],
            "relations": {"is_a": ["0000001"]},
            "alt_ids": ["0000999"],
            "xrefs": [
                {"id": "250.00", "namespace": "ICD9"},
                {"id": "44054006", "namespace": "SCTID"},
            ],
        },
    ]
)
MESH_XML = """\
<?xml version="1.0"?>
<!DOCTYPE DescriptorRecordSet SYSTEM "https://www.nlm.nih.gov/databases/dtd/nlmdescriptorrecordset_20250101.dtd">
<DescriptorRecordSet LanguageCode = "eng">
<DescriptorRecord DescriptorClass = "1">
  <DescriptorUI>D002318</DescriptorUI>
  <DescriptorName><String>Cardiovascular Diseases</String></DescriptorName>
  <TreeNumberList><TreeNumber>C14</TreeNumber></TreeNumberList>
</DescriptorRecord>
<DescriptorRecord DescriptorClass = "1">
  <DescriptorUI>D006333</DescriptorUI>
  <DescriptorName><String>Heart Failure</String></DescriptorName>
  <TreeNumberList><TreeNumber>C14.280.434</TreeNumber></TreeNumberList>
  <ConceptList>
    <Concept PreferredConceptYN="Y">
      <ConceptUI>M0009955</ConceptUI>
      <ConceptName><String>Heart Failure</String></ConceptName>
      <ScopeNote>A heterogeneous condition.</ScopeNote>
      <TermList>
        <Term><TermUI>T1</TermUI><String>Heart Failure</String></Term>
        <Term><TermUI>T2</TermUI><String>Cardiac Failure</String></Term>
      </TermList>
    </Concept>
    <Concept PreferredConceptYN="N">
      <ConceptUI>M0009956</ConceptUI>
      <ConceptName><String>Heart Failure, Congestive</String></ConceptName>
      <ScopeNote>Another note.</ScopeNote>
      <TermList><Term><TermUI>T3</TermUI><String>Congestive Heart Failure</String></Term></TermList>
    </Concept>
  </ConceptList>
</DescriptorRecord>
</DescriptorRecordSet>
"""
MESH_SUPPLEMENT = """\
<?xml version="1.0"?>
<SupplementalRecordSet LanguageCode = "eng">
<SupplementalRecord SCRClass = "3">
  <SupplementalRecordUI>C562694</SupplementalRecordUI>
  <SupplementalRecordName><String>Epilepsy, Idiopathic Generalized</String></SupplementalRecordName>
  <ConceptList><Concept PreferredConceptYN="Y"><TermList>
    <Term><String>EIG</String></Term>
  </TermList></Concept></ConceptList>
</SupplementalRecord>
</SupplementalRecordSet>
"""
MESH_ASCII = """\
*NEWRECORD
RECTYPE = D
MH = Cardiovascular Diseases
MN = C14
UI = D002318

*NEWRECORD
RECTYPE = D
MH = Heart Failure
PRINT ENTRY = Cardiac Failure|T047|NON|EQV|NLM (1994)|941114|abbcdef
ENTRY = Heart Decompensation|T047|NON|EQV|NLM (1994)|941114|abbcdef
ENTRY = Myocardial Failure
MN = C14.280.434
MS = A heterogeneous condition.
UI = D006333
"""
MESH_TABLE = (
    "D002318\tCardiovascular Diseases\t\tC14\t\n"
    "D006333\tHeart Failure\tCardiac Failure|Failure, Heart\tC14.280.434\t\n"
)
SCISPACY = (
    '{"concept_id": "C0027051", "canonical_name": "Myocardial Infarction", '
    '"aliases": ["Heart attack", "MI"], "types": ["T047"], '
    '"definition": "NECROSIS of the MYOCARDIUM."}\n'
    '{"concept_id": "C0004057", "canonical_name": "Aspirin", "aliases": [], '
    '"types": ["T109", "T121"]}\n'
)
CSV = (
    "id,name,synonyms,type,xrefs,language\n"
    'L1,"Fever, of ""unknown"" origin",FUO|PUO,finding,ICD10CM:R50.9|MESH:D005335,en\n'
    "L1,Fieber unklarer Genese,,,,de\n"
    'L2,=HYPERLINK("x"),,,,\n'.replace('=HYPERLINK("x")', '"=HYPERLINK(""x"")"')
)

UMLS_FILES = {
    "MRCONSO.RRF": MRCONSO,
    "MRSTY.RRF": MRSTY,
    "MRDEF.RRF": MRDEF,
    "MRSAB.RRF": MRSAB,
}
RXNORM_FILES = {
    "rrf/RXNCONSO.RRF": RXNCONSO,
    "rrf/RXNSTY.RRF": RXNSTY,
    "rrf/RXNSAB.RRF": RXNSAB,
}
OMOP_FILES = {
    "CONCEPT.csv": OMOP_CONCEPT,
    "CONCEPT_SYNONYM.csv": OMOP_SYNONYM,
    "CONCEPT_RELATIONSHIP.csv": OMOP_RELATIONSHIP,
    "VOCABULARY.csv": OMOP_VOCABULARY,
}
_TERMINOLOGY = "Snapshot/Terminology/sct2"
_REFSET = "Snapshot/Refset"
SNOMED_FILES = {
    f"{_TERMINOLOGY}_Concept_Snapshot_INT_20240101.txt": SNOMED_CONCEPT,
    f"{_TERMINOLOGY}_Description_Snapshot-en_INT_20240101.txt": SNOMED_DESCRIPTION,
    f"{_TERMINOLOGY}_TextDefinition_Snapshot-en_INT_20240101.txt": SNOMED_DEFINITION,
    f"{_REFSET}/Language/der2_cRefset_LanguageSnapshot-en_INT_20240101.txt": SNOMED_LANGUAGE,
    f"{_REFSET}/Map/der2_iisssccRefset_ExtendedMapSnapshot_US1000124_20240301.txt": SNOMED_MAP,
}
LOINC_FILES = {
    "Loinc_2.77/LoincTable/Loinc.csv": LOINC,
    "Loinc_2.77/AccessoryFiles/LinguisticVariants/deDE15LinguisticVariant.csv": LOINC_GERMAN,
}


def write_files(folder, files):
    """Write files by their paths in a folder. RETURNS: The folder."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf8")
    return folder
