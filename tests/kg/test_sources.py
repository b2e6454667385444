"""Each source's toy file -> its records, and what another release of it is told."""

import json
import lzma
import zipfile

import pytest

from kg.catalogue import SOURCES
from kg.errors import SourceError
from kg.schema import Concept, ConceptKind, Disease, RelationKind
from kg.sources.ddxplus import read_conditions, read_evidences
from kg.sources.medquad import convert_release, load_documents
from kg.sources.records import Symptom
from tests.toy_sources import TEXTS, source_file


def load(folder, source, **texts):
    """A source's records from its toy files; ``texts`` by the name of a set stand for the usual ones."""
    changed = {name.replace("_", "-"): text for name, text in texts.items()}
    files = {name: source_file(folder, name, changed.get(name)) for name in SOURCES[source].sets}
    return SOURCES[source].load(files)


def said(relations):
    return [(r.subject_id, r.kind, r.object_id) for r in relations]


def test_disease_ontology(tmp_path):
    records = load(tmp_path, "do")
    assert records.diseases[2] == Disease(
        disease_id="DOID:3", name="zorbitis", definition="A disease of the zorb.", parent_ids=("DOID:2",)
    )
    assert records.diseases[1].parent_ids == ()  # the root is no entry
    assert [(c.disease_id, c.other_id) for c in records.cross_references] == [
        ("DOID:3", "MESH:D03"),
        ("DOID:3", "UMLS:C03"),
        ("DOID:4", "OMIM:900003"),
        ("DOID:1", "OMIM:900002"),
    ]
    assert [(a.term_id, str(a.predicate), a.evidence_code) for a in records.associations] == [
        ("HP:0000118", "has_phenotype", "IEA"),
        ("HP:9000011", "has_phenotype", "IEA"),
        ("HP:9000013", "has_phenotype", "IEA"),
        ("HP:9000004", "has_clinical_course", "IEA"),
    ]
    assert [(s.disease_id, s.symptom_id) for s in records.symptom_statements] == [
        ("DOID:3", "SYMP:1"),
        ("DOID:3", "SYMP:2"),
        ("DOID:3", "SYMP:3"),
    ]
    assert records.symptom_statements[0].provenance.reference == "DOID:3"
    assert records.symptom_statements[0].provenance.source == "toy do-symptoms"


def test_a_parent_without_a_row_is_told(tmp_path):
    with pytest.raises(SourceError, match=r"HumanDO\.tsv, line 2: the parent 'b' is not in the table"):
        load(tmp_path, "do", do_names="id\tlabel\tsubClassOf\nDOID:1\ta\tb\n")


def test_symptom_ontology(tmp_path):
    assert load(tmp_path, "symp").symptoms == (
        Symptom(symptom_id="SYMP:1", name="striped zorb"),
        Symptom(symptom_id="SYMP:2", name="unease", synonyms=("uneasiness",)),
        Symptom(symptom_id="SYMP:3", name="frailty", other_ids=("UMLS:C0001",)),
    )


def test_mondo(tmp_path):
    records = load(tmp_path, "mondo")
    assert records.mondo_ids == {
        "OMIM:900001": "MONDO:1",
        "ORPHA:901": "MONDO:1",
        "DOID:1": "MONDO:1",
        "OMIM:900002": "MONDO:2",
    }
    assert [(c.disease_id, c.other_id) for c in records.cross_references] == [("MONDO:1", "MESH:D01")]
    assert records.names == {"MONDO:9": "rare thing"}


def test_hetionet(tmp_path):
    records = load(tmp_path, "hetionet")
    assert [(s.disease_id, s.symptom_id, s.evidence_code) for s in records.symptom_statements] == [
        ("DOID:3", "MESH:D1", "IEA"),
        ("DOID:77", "MESH:D1", "IEA"),
    ]
    assert records.symptoms == (Symptom(symptom_id="MESH:D1", name="Wobbling Flim"),)
    assert said(records.relations) == [
        ("DRUGBANK:DB1", RelationKind.TREATS, "DOID:3"),
        ("DRUGBANK:DB1", RelationKind.PALLIATES, "DOID:77"),
    ]
    assert records.concepts == (Concept(concept_id="DRUGBANK:DB1", name="Zorbicin", kind=ConceptKind.DRUG),)
    assert records.names == {"DOID:3": "zorbitis", "DOID:77": "old disease"}


def test_pharmacotherapydb(tmp_path):
    records = load(tmp_path, "pharmacotherapydb")
    assert said(records.relations) == [
        ("DRUGBANK:DB1", RelationKind.NO_BENEFIT, "DOID:3"),
        ("DRUGBANK:DB2", RelationKind.PALLIATES, "DOID:1"),
    ]
    assert records.relations[0].note == "curators: 2, resources: 1"


def test_maxo(tmp_path):
    records = load(tmp_path, "maxo")
    assert said(records.relations) == [
        ("MAXO:1", RelationKind.TREATS, "MONDO:1"),
        ("MAXO:1", RelationKind.CONTRAINDICATED, "MONDO:9"),
        ("MAXO:2", RelationKind.OBSERVES, "HP:9000012"),
        ("MAXO:2", RelationKind.OBSERVES, "HP:9999999"),
        ("MAXO:3", RelationKind.OBSERVES_PRENATALLY, "HP:9000012"),
    ]
    assert [(r.term_id, r.evidence_code, r.note, r.provenance.reference) for r in records.relations[:2]] == [
        ("HP:9000013", "TAS", "in bed", "PMID:7"),
        ("HP:9000013", "PCS", "flimol", "PMID:8"),
    ]
    assert records.relations[2].provenance.version == "2031-01-01"
    assert records.left_out == {"actions whose relation is 'unknown'": 1}
    assert [c.name for c in records.concepts] == ["rest", "zorbography", "ultrasonography"]


def test_ddxplus(tmp_path):
    records = load(tmp_path, "ddxplus")
    entry = "DDXPLUS:paroxysmal-supraventricular-tachycardia"
    assert [(s.disease_id, s.symptom_id) for s in records.symptom_statements] == [
        (entry, "DDXPLUS:E_201"),
        (entry, "DDXPLUS:E_55"),
    ]
    assert said(records.relations) == [(entry, RelationKind.RISK_FACTOR, "DDXPLUS:E_79")]
    assert records.names[entry] == "Paroxysmal supraventricular tachycardia"
    (condition,) = read_conditions(source_file(tmp_path, "ddxplus-conditions"))
    assert (condition.icd10, condition.severity) == ("I47.1", 2)
    asked = read_evidences(source_file(tmp_path, "ddxplus-evidences"))
    assert [e.is_antecedent for e in asked] == [False, False, True]
    assert asked[1].values == (("V_1", "nose"),)


@pytest.mark.parametrize(
    ("source", "texts", "message"),
    [
        ("symp", {"symptom_ontology": "format-version: 1.2\n"}, r"symp\.obo: it holds no SYMP terms"),
        ("symp", {"symptom_ontology": "[Term\nno obo"}, r"symp\.obo: it (is no ontology|holds no SYMP)"),
        ("hetionet", {"hetionet_edges": "source\tmetaedge\ttarget\n"}, "it has no edges of the kinds DpS, CtD, CpD"),
        (
            "hetionet",
            {"hetionet_nodes": "id\tname\tkind\nDisease::DOID:3\tz\tDisease\n"},
            r"edges\.sif\.gz, line 3: the node MESH:D1 is not in",
        ),
        (
            "pharmacotherapydb",
            {"indications": TEXTS["indications"][1].replace("NOT", "MAYBE")},
            r"line 2: expected one of the categories DM, SYM, NOT, got 'MAYBE'",
        ),
        (
            "maxo",
            {"maxo_diagnostic": TEXTS["maxo-diagnostic"][1].replace("is_observable_through", "seen_by", 1)},
            r"line 3: expected is_observable_through or .*, got 'seen_by'",
        ),
        ("maxo", {"maxo_diagnostic": "hpo_id\tx\n"}, "it has no line #version"),
        ("ddxplus", {"ddxplus_conditions": '{"a": {\n"b": '}, r"conditions\.json, line 2: it is no JSON, or cut off"),
        ("ddxplus", {"ddxplus_conditions": '{"a": {"symptoms": {}}}'}, "an entry has no field 'cond-name-eng'"),
        ("ddxplus", {"ddxplus_conditions": "[]"}, "it is not laid out as the English release"),
        (
            "ddxplus",
            {"ddxplus_conditions": TEXTS["ddxplus-conditions"][1].replace("PSVT", "Gicht")},
            r"it has the condition 'Gicht', which ddxplus_conditions\.tsv does not know",
        ),
        (
            "ddxplus",
            {"ddxplus_conditions": TEXTS["ddxplus-conditions"][1].replace("E_201", "E_999")},
            "PSVT names DDXPLUS:E_999, which is not in",
        ),
        ("medquad", {"medquad": '{"url": "x"}\n'}, "is not MedQuAD as JSON Lines"),
        ("mondo", {"mondo_equivalencies": "format-version: 1.2\n"}, "names no entry of OMIM"),
        ("mondo", {"mondo_names": "class\tlabel\n"}, "it has no column cls, cls_label"),
    ],
)
def test_another_release_is_one_clear_line(tmp_path, source, texts, message):
    with pytest.raises(SourceError, match=message) as raised:
        load(tmp_path, source, **texts)
    assert "fetch it again: citedx data pull " in str(raised.value)
    assert "\n" not in str(raised.value)


DOCUMENT = """<?xml version="1.0"?><Document id="1" source="X" url="https://nih.example/1"><Focus>Zorbitis</Focus>
<FocusAnnotations><UMLS><CUIs><CUI>C03</CUI></CUIs></UMLS><Synonyms><Synonym>sore zorb</Synonym></Synonyms>
</FocusAnnotations><QAPairs><QAPair pid="1"><Question qid="1-1" qtype="symptoms">What?</Question>
<Answer> It   is
striped. </Answer></QAPair><QAPair pid="2"><Question qtype="causes">Why?</Question><Answer/></QAPair></QAPairs>
</Document>"""
UNANSWERED = DOCUMENT.replace("It   is\nstriped.", "")


def test_the_release_of_medquad_becomes_json_lines(tmp_path):
    with zipfile.ZipFile(tmp_path / "m.zip", "w") as archive:
        archive.writestr("MedQuAD-master/1_X/1.xml", DOCUMENT)
        archive.writestr("MedQuAD-master/1_X/2.xml", UNANSWERED)
        archive.writestr("MedQuAD-master/readme.txt", "x")
    convert_release(tmp_path / "m.zip", tmp_path / "m.jsonl.xz")
    (row,) = map(json.loads, lzma.decompress((tmp_path / "m.jsonl.xz").read_bytes()).splitlines())
    assert row["qa"] == [{"type": "symptoms", "question": "What?", "answer": "It is striped."}]
    (document,) = load_documents(tmp_path / "m.jsonl.xz")
    assert (document.focus, document.synonyms, document.cuis) == ("Zorbitis", ("sore zorb",), ("C03",))


@pytest.mark.parametrize("text", ["<Document>", '<!DOCTYPE x [<!ENTITY a "b">]><Document/>', UNANSWERED])
def test_a_zip_that_is_not_medquad_is_refused(tmp_path, text):
    with zipfile.ZipFile(tmp_path / "m.zip", "w") as archive:
        archive.writestr("1.xml", text)
    with pytest.raises(ValueError, match=r"is no XML|declares entities|holds no XML file with an answer"):
        convert_release(tmp_path / "m.zip", tmp_path / "m.jsonl.xz")
