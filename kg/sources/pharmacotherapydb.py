"""PharmacotherapyDB 1.0: drug indications that physicians have sorted into disease-modifying, symptomatic and none.

Source: Himmelstein et al., eLife 2017, doi:10.7554/eLife.26726; https://github.com/dhimmel/indications; CC0.
"""

from __future__ import annotations

from kg.schema import Concept, ConceptKind, Relation, RelationKind
from kg.sources.delimited import read_rows, refuse
from kg.sources.records import SetFiles, SourceRecords

_CATEGORIES = {"DM": RelationKind.TREATS, "SYM": RelationKind.PALLIATES, "NOT": RelationKind.NO_BENEFIT}
_COLUMNS = ("doid_id", "drugbank_id", "disease", "drug", "category", "n_curators", "n_resources")


def load_pharmacotherapydb(files: SetFiles) -> SourceRecords:
    """Read ``indications``. Raises SourceError."""
    file = files["indications"]
    drugs: dict[str, Concept] = {}
    names: dict[str, str] = {}
    relations = []
    for number, row in read_rows(file, _COLUMNS, quoted=False):
        if row["category"] not in _CATEGORIES:
            refuse(file, f"expected one of the categories {', '.join(_CATEGORIES)}, got {row['category']!r}", number)
        drug_id = f"DRUGBANK:{row['drugbank_id']}"
        drugs[drug_id] = Concept(concept_id=drug_id, name=row["drug"], kind=ConceptKind.DRUG)
        names[row["doid_id"]] = row["disease"]
        relations.append(
            Relation(
                subject_id=drug_id,
                kind=_CATEGORIES[row["category"]],
                object_id=row["doid_id"],
                note=f"curators: {row['n_curators']}, resources: {row['n_resources']}",
                provenance=file.provenance,
            )
        )
    return SourceRecords(names=names, concepts=tuple(drugs.values()), relations=tuple(relations))
