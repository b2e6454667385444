"""Toy files of further sources: what a publisher's file looks like, in a few lines."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from pathlib import Path

from kg.catalogue import SOURCES
from kg.schema import Provenance
from kg.sources.records import SourceFile

TEXTS: Mapping[str, tuple[str, str]] = {
    "do-names": (
        "HumanDO.tsv",
        (
            'id\tlabel\tsubClassOf\n"DOID:1"\t"alpha syndrome 2"\t"zorb disease"\n"DOID:2"\t"zorb disease"\t"disease"\n'
            '"DOID:3"\t"zorbitis"\t"zorb disease"\n"DOID:4"\t"gamma"\t"zorb disease"\n'
        ),
    ),
    "do-xrefs": (
        "xref.tsv",
        (
            'id\tlabel\txref\n"DOID:3"\t"zorbitis"\t"MESH:D03"\n"DOID:3"\t"zorbitis"\t"UMLS_CUI:C03"\n'
            '"DOID:4"\t"gamma"\t"MIM:900003"\n"DOID:3"\t"zorbitis"\t"ICD10CM:Z3"\n"DOID:1"\t"alpha"\t"MIM:900002"\n'
        ),
    ),
    "do-facets": (
        "facets.tsv.gz",
        "?id\t?name\t?definition\t?facet\t?import_keyword\t?import_id\n"
        + "".join(
            f'"DOID:3"\t"zorbitis"\t"A disease of the zorb."\t"{facet}"\t"x"\t"{value}"\n'
            for facet, value in (
                ("phenotype", "HP:0000118"),
                ("phenotype", "HP:9000011"),
                ("phenotype", "HP:9000013"),
                ("onset", "HP:9000004"),
                ("symptom", "SYMP:1"),
            )
        ),
    ),
    "do-symptoms": (
        "disease-symptom.tsv",
        (
            "disease_id\tdisease_label\tsymptom_id\tsymptom_label\n"
            "DOID:3\tzorbitis\tSYMP:1\tstriped zorb\nDOID:3\tzorbitis\tSYMP:2\tunease\n"
            "DOID:3\tzorbitis\tSYMP:3\tfrailty\n"
        ),
    ),
    "symptom-ontology": (
        "symp.obo",
        (
            "format-version: 1.2\n\n[Term]\nid: SYMP:1\nname: striped zorb\n\n[Term]\nid: SYMP:2\nname: unease\n"
            'synonym: "uneasiness" EXACT []\nsynonym: "something else" RELATED []\n\n'
            "[Term]\nid: SYMP:3\nname: frailty\n"
            "xref: UMLS_CUI:C0001\nxref: ICD9CM:1\n"
        ),
    ),
    "mondo-equivalencies": (
        "eq.obo.gz",
        (
            "format-version: 1.2\n\n[Term]\nid: MONDO:1\nequivalent_to: https://omim.org/entry/900001\n"
            "equivalent_to: Orphanet:901\nequivalent_to: DOID:1\n\n[Term]\nid: MESH:D01\nequivalent_to: MONDO:1\n\n"
            "[Term]\nid: MONDO:2\nequivalent_to: https://omim.org/entry/900002\n"
        ),
    ),
    "mondo-names": (
        "names.tsv.gz",
        'cls\tcls_label\tn\nMONDO:9\t"rare thing"\t1\nMONDO:8\t"obsolete thing"\t1\nGO:1\t"no disease"\t0\n',
    ),
    "hetionet-nodes": (
        "nodes.tsv.gz",
        (
            "id\tname\tkind\nDisease::DOID:3\tzorbitis\tDisease\nDisease::DOID:77\told disease\tDisease\n"
            "Compound::DB1\tZorbicin\tCompound\nSymptom::D1\tWobbling Flim\tSymptom\nGene::1\tA\tGene\n"
        ),
    ),
    "hetionet-edges": (
        "edges.sif.gz",
        (
            "source\tmetaedge\ttarget\nGene::1\tGiG\tGene::1\nDisease::DOID:3\tDpS\tSymptom::D1\n"
            "Disease::DOID:77\tDpS\tSymptom::D1\nCompound::DB1\tCtD\tDisease::DOID:3\nCompound::DB1\tCpD\tDisease::DOID:77\n"
        ),
    ),
    "indications": (
        "indications.tsv",
        (
            "doid_id\tdrugbank_id\tdisease\tdrug\tcategory\tn_curators\tn_resources\n"
            "DOID:3\tDB1\tzorbitis\tZorbicin\tNOT\t2\t1\nDOID:1\tDB2\talpha\tFlimol\tSYM\t1\t4\n"
        ),
    ),
    "maxo": (
        "maxo.tsv",
        (
            "disease_id\tdisease_name\tsource_id\tmaxo_id\tmaxo_name\thpo_id\trelation\tevidence\textension_id\t"
            "extension_name\tcomment\n"
            "MONDO:1\tAlpha\tPMID:7\tMAXO:1\trest\tHP:9000013\ttreats\tTAS\t\t\tin bed\n"
            "MONDO:9\tRare\tPMID:8\tMAXO:1\trest\tHP:9000013\tcontraindicated\tPCS\tCHEBI:1\tflimol\t\n"
            "MONDO:9\tRare\tPMID:8\tMAXO:1\trest\tHP:9999999\tunknown\tPCS\t\t\t\n"
        ),
    ),
    "maxo-diagnostic": (
        "tests.tsv",
        (
            "#version: 2031-01-01\nhpo_id\thpo_label\tpredicate_id\tmaxo_id\tmaxo_label\tcreator_id\n"
            "HP:9000012\tStriped zorb\tis_observable_through\tMAXO:2\tzorbography\tx\n"
            "HP:9999999\tNewer\tis_observable_through\tMAXO:2\tzorbography\tx\n"
            "HP:9000012\tStriped zorb\tis_prenatally_observable_through\tMAXO:3\tultrasonography\tx\n"
        ),
    ),
    "ddxplus-conditions": (
        "conditions.json",
        json.dumps(
            {
                "PSVT": {
                    "cond-name-eng": "PSVT",
                    "icd10-id": "i47.1",
                    "severity": 2,
                    "symptoms": {"E_201": {}, "E_55": {}},
                    "antecedents": {"E_79": {}},
                }
            }
        ),
    ),
    "ddxplus-evidences": (
        "evidences.json",
        json.dumps(
            {
                name: {
                    "name": name,
                    "code_question": name,
                    "question_en": question,
                    "is_antecedent": name == "E_79",
                    "data_type": kind,
                    "value_meaning": values,
                }
                for name, question, kind, values in (
                    ("E_201", "Do you have a cough?", "B", {}),
                    ("E_55", "Where?", "M", {"V_1": {"fr": "nez", "en": "nose"}}),
                    ("E_79", "Do you smoke cigarettes?", "B", {}),
                )
            }
        ),
    ),
    "medquad": (
        "medquad.jsonl",
        "".join(
            json.dumps({"url": url, "focus": focus, "synonyms": synonyms, "cuis": cuis, "qa": []}) + "\n"
            for url, focus, synonyms, cuis in (
                ("https://nih.example/1", "Zorbitis", [], []),
                ("https://nih.example/2", "Sore zorb", [], ["C03"]),
                ("https://nih.example/3", "Something", ["else"], ["C99"]),
            )
        ),
    ),
}


def source_file(folder: Path, name: str, text: str | None = None, version: str = "1") -> SourceFile:
    """A toy file of a set, written into the folder; with ``text`` of that content instead."""
    file_name, usual = TEXTS[name]
    path = folder / file_name
    content = (usual if text is None else text).encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    provenance = Provenance(source=f"toy {name}", version=version, reference=f"toy:{name}", licence="CC0-1.0")
    return SourceFile(path=path, provenance=provenance, pull=name)


def every_source(folder: Path) -> dict[str, dict[str, SourceFile]]:
    """All toy files, by source and set, as ``kg.build.SourceFiles.further`` has them."""
    return {name: {s: source_file(folder, s) for s in source.sets} for name, source in SOURCES.items()}
