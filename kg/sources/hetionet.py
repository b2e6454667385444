"""Hetionet v1.0: which symptoms diseases present, which compounds treat or palliate them.

Source: Himmelstein et al., eLife 2017, doi:10.7554/eLife.26726; https://het.io; CC0 and per source.
The symptoms (DpS) were found by how often MEDLINE names both, so they are inferred (``IEA``) and some are no symptoms;
the treatments (CtD, CpD) are those of PharmacotherapyDB 1.0, so both sources together say no more than one.
"""

from __future__ import annotations

from dataclasses import replace

from kg.schema import Concept, ConceptKind, Relation, RelationKind
from kg.sources.delimited import read_rows, refuse
from kg.sources.records import SetFiles, SourceFile, SourceRecords, Symptom, SymptomStatement

REFERENCE = "DOI:10.7554/eLife.26726"
_KINDS = {"Disease": "", "Compound": "DRUGBANK:", "Symptom": "MESH:"}
"""Kind of a node -> what its id lacks of a CURIE."""
_TREATMENTS = {"CtD": RelationKind.TREATS, "CpD": RelationKind.PALLIATES}
_PRESENTS = "DpS"


def load_hetionet(files: SetFiles) -> SourceRecords:
    """Read ``hetionet-nodes`` and ``hetionet-edges``; symptoms are MeSH terms. Raises SourceError."""
    names = _read_names(files["hetionet-nodes"])
    edges = files["hetionet-edges"]
    provenance = replace(edges.provenance, reference=REFERENCE)
    relations, statements = [], []
    for number, row in read_rows(edges, ("source", "metaedge", "target"), quoted=False):
        kind = row["metaedge"]
        if kind not in _TREATMENTS and kind != _PRESENTS:
            continue
        start, end = _curie(row["source"]), _curie(row["target"])
        for node in (start, end):
            if node not in names:
                refuse(edges, f"the node {node} is not in {files['hetionet-nodes'].path}", number)
        if kind == _PRESENTS:
            statements.append(
                SymptomStatement(disease_id=start, symptom_id=end, evidence_code="IEA", provenance=provenance)
            )
        else:
            relations.append(Relation(subject_id=start, kind=_TREATMENTS[kind], object_id=end, provenance=provenance))
    if not statements or not relations:
        refuse(edges, f"it has no edges of the kinds {', '.join((_PRESENTS, *_TREATMENTS))}")
    diseases = dict.fromkeys([*(s.disease_id for s in statements), *(r.object_id for r in relations)])
    return SourceRecords(
        names={d: names[d] for d in diseases},
        symptoms=tuple(Symptom(symptom_id=s, name=names[s]) for s in dict.fromkeys(s.symptom_id for s in statements)),
        symptom_statements=tuple(statements),
        concepts=tuple(
            Concept(concept_id=c, name=names[c], kind=ConceptKind.DRUG)
            for c in dict.fromkeys(r.subject_id for r in relations)
        ),
        relations=tuple(relations),
    )


def _read_names(file: SourceFile) -> dict[str, str]:
    rows = read_rows(file, ("id", "name", "kind"), quoted=False)
    return {_curie(row["id"]): row["name"] for _, row in rows if row["kind"] in _KINDS}


def _curie(node: str) -> str:
    """``Compound::DB00945`` -> ``DRUGBANK:DB00945``; other kinds as they are."""
    kind, _, local = node.partition("::")
    return _KINDS[kind] + local if kind in _KINDS else node
