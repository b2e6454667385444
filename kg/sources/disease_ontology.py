"""Disease Ontology (DO): names, parents, definitions, cross references, symptoms; and phenotypes and onsets.

Source: Baron et al., Nucleic Acids Research 2024, doi:10.1093/nar/gkad1051; https://disease-ontology.org; CC0.
Of the facets (what DO's reasoner infers from its axioms, each with all that is above it) the phenotypes and onsets are
taken, since these are HPO terms. The facet "symptom" is left: it is the table of symptoms, passed down to every more
special disease. Cross references are kept to the vocabularies in which the graph or its users name diseases.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from kg.schema import Association, CrossReference, Disease, Predicate
from kg.sources.delimited import read_rows, refuse
from kg.sources.records import SetFiles, SourceFile, SourceRecords, Symptom, SymptomStatement

_PREFIXES = {"MIM": "OMIM", "ORDO": "ORPHA", "MESH": "MESH", "UMLS_CUI": "UMLS"}
_FACETS = {"phenotype": Predicate.PHENOTYPE, "onset": Predicate.CLINICAL_COURSE}
_INFERRED = "IEA"
_ROOT = "disease"
"""The root has no row of its own, and as a parent says nothing."""


def load_disease_ontology(files: SetFiles) -> SourceRecords:
    """Read ``do-names``, ``do-xrefs``, ``do-facets`` and ``do-symptoms``. Raises SourceError."""
    definitions, associations = _read_facets(files["do-facets"])
    symptoms, statements = _read_symptoms(files["do-symptoms"])
    return SourceRecords(
        diseases=tuple(_read_diseases(files["do-names"], definitions)),
        cross_references=tuple(_read_cross_references(files["do-xrefs"])),
        associations=associations,
        symptoms=symptoms,
        symptom_statements=statements,
    )


def _read_diseases(file: SourceFile, definitions: dict[str, str]) -> Iterator[Disease]:
    """One disease an id; the table has a row a parent, which it names by its label."""
    names: dict[str, str] = {}
    parents: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for number, row in read_rows(file, ("id", "label", "subClassOf")):
        names[row["id"]] = row["label"]
        if row["subClassOf"] not in ("", _ROOT):
            parents[row["id"]].append((number, row["subClassOf"]))
    ids = {name: disease_id for disease_id, name in names.items()}
    for disease_id, name in names.items():
        for number, parent in parents[disease_id]:
            if parent not in ids:
                refuse(file, f"the parent {parent!r} is not in the table", number)
        yield Disease(
            disease_id=disease_id,
            name=name,
            definition=definitions.get(disease_id, ""),
            parent_ids=tuple(ids[parent] for _, parent in parents[disease_id]),
        )


def _read_cross_references(file: SourceFile) -> Iterator[CrossReference]:
    for _, row in read_rows(file, ("id", "xref")):
        prefix, _, local = row["xref"].partition(":")
        if prefix in _PREFIXES and local.isalnum():
            provenance = replace(file.provenance, reference=row["id"])
            yield CrossReference(disease_id=row["id"], other_id=f"{_PREFIXES[prefix]}:{local}", provenance=provenance)


def _read_facets(file: SourceFile) -> tuple[dict[str, str], tuple[Association, ...]]:
    """Definitions by disease, and the facets that are HPO terms."""
    definitions: dict[str, str] = {}
    associations = []
    for _, row in read_rows(file, ("?id", "?definition", "?facet", "?import_id")):
        definitions[row["?id"]] = row["?definition"]
        predicate = _FACETS.get(row["?facet"])
        if predicate and row["?import_id"].startswith("HP:"):
            associations.append(
                Association(
                    disease_id=row["?id"],
                    predicate=predicate,
                    term_id=row["?import_id"],
                    evidence_code=_INFERRED,
                    provenance=(replace(file.provenance, reference=row["?id"]),),
                )
            )
    return definitions, tuple(associations)


def _read_symptoms(file: SourceFile) -> tuple[tuple[Symptom, ...], tuple[SymptomStatement, ...]]:
    """Symptoms by their names alone, of which the Symptom Ontology knows more, and which disease has which."""
    names: dict[str, str] = {}
    statements = []
    for _, row in read_rows(file, ("disease_id", "symptom_id", "symptom_label")):
        names[row["symptom_id"]] = row["symptom_label"]
        provenance = replace(file.provenance, reference=row["disease_id"])
        statements.append(
            SymptomStatement(disease_id=row["disease_id"], symptom_id=row["symptom_id"], provenance=provenance)
        )
    return tuple(Symptom(symptom_id=i, name=name) for i, name in names.items()), tuple(statements)
