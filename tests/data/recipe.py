"""The toy release: an invented ontology and its annotations, written as the files that the HPO project publishes.

``python tests/data/recipe.py`` writes ``toy.obo``, ``toy.json``, ``toy.hpoa`` and ``toy_genes.txt`` beside itself. Only
the two root terms have real ids, since the code knows them; no other term, disease, gene or publication exists.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

VERSION = "2030-01-01"
OBO = "http://purl.obolibrary.org/obo"
OIO = "http://www.geneontology.org/formats/oboInOwl"

# id, name, parents
TERMS = (
    ("HP:0000001", "All", ()),
    ("HP:0000118", "Phenotypic abnormality", ("HP:0000001",)),
    ("HP:9000001", "Way of inheritance", ("HP:0000001",)),
    ("HP:9000002", "Inherited from the left", ("HP:9000001",)),
    ("HP:9000003", "Onset of the toy", ("HP:0000001",)),
    ("HP:9000004", "Early toy onset", ("HP:9000003",)),
    ("HP:9000005", "Modifier of the toy", ("HP:0000001",)),
    ("HP:9000006", "Waxing", ("HP:9000005",)),
    ("HP:9000010", "Abnormality of the zorb", ("HP:0000118",)),
    ("HP:9000011", "Large zorb", ("HP:9000010",)),
    ("HP:9000012", "Striped zorb", ("HP:9000010",)),
    ("HP:9000013", "Very large zorb", ("HP:9000011",)),
    ("HP:9000014", "Red striped zorb", ("HP:9000012",)),
    ("HP:9000020", "Abnormality of the flim", ("HP:0000118",)),
    ("HP:9000021", "Brittle flim", ("HP:9000020",)),
    ("HP:9000022", "Wobbling flim", ("HP:9000020",)),
    ("HP:9000023", "Brittle tip of the flim", ("HP:9000021",)),
    ("HP:9000024", "Stripes of the zorb that wobble with the flim", ("HP:9000012", "HP:9000022")),
)
# id -> (text, references)
DEFINITIONS = {
    "HP:0000118": ("What is not as it should be.", ()),
    "HP:9000011": ('A zorb of more than 3 "units" [of the toy scale],\nat rest.', ("PMID:90000001", "TOY:someone")),
    "HP:9000021": ("A flim that breaks.", ("https://orcid.org/0000-0000-0000-0000",)),
}
# id, text, scope, kind
SYNONYMS = (
    ("HP:9000011", "Zorbomegaly", "EXACT", ""),
    ("HP:9000011", "Big zorb", "EXACT", "layperson"),
    ("HP:9000011", 'So-called "mega" zorb', "EXACT", ""),
    ("HP:9000012", "Striped zorbs", "EXACT", "plural_form"),
    ("HP:9000012", "Patterned zorb", "BROAD", ""),
    ("HP:9000021", "Fragile flim", "EXACT", ""),
    ("HP:9000021", "Brittle flimme", "EXACT", "uk_spelling"),
    ("HP:9000021", "BFL", "EXACT", "abbreviation"),
    ("HP:9000021", "Snapping flim", "NARROW", "layperson"),
    ("HP:9000021", "Glass flim", "RELATED", "obsolete_synonym"),
    ("HP:9000022", "Shaky flim", "RELATED", ""),
    ("HP:9000022", "Wobbling flim, both sides", "NARROW", "HP:9000006"),
)
ALT_IDS = {"HP:9000021": ("HP:9000092", "HP:9000093")}
# id, name, what replaces it
OBSOLETE = (
    ("HP:9000090", "obsolete Overgrown zorb", "HP:9000011"),
    ("HP:9000091", "obsolete Odd zorb", None),
)

ALPHA, ALPHA_ORPHA = ("OMIM:900001", "Alpha syndrome, type II"), ("ORPHA:901", "Alpha syndrome type 2")
BETA, GAMMA = ("OMIM:900002", "Beta disease"), ("OMIM:900003", "Gamma dysplasia")
DELTA, EPSILON = ("ORPHA:902", "Delta syndrome"), ("OMIM:900004", "Epsilon deficiency")
# disease, qualifier, term, references, evidence code, onset, frequency, sex, modifiers, aspect
ANNOTATIONS = (
    (ALPHA, "", "HP:9000013", "PMID:90000001;PMID:90000002", "PCS", "HP:9000004", "7/8", "", "HP:9000006", "P"),
    (ALPHA, "", "HP:9000012", "PMID:90000001", "PCS", "", "3/4", "MALE", "", "P"),
    (ALPHA, "NOT", "HP:9000021", "PMID:90000001", "PCS", "", "", "", "", "P"),
    (ALPHA, "", "HP:9000002", "OMIM:900001", "TAS", "", "", "", "", "I"),
    (ALPHA, "", "HP:9000004", "OMIM:900001", "TAS", "", "", "", "", "C"),
    (ALPHA_ORPHA, "", "HP:9000013", "ORPHA:901", "TAS", "", "HP:0040281", "", "", "P"),
    (ALPHA_ORPHA, "", "HP:9000022", "ORPHA:901", "TAS", "", "HP:0040283", "", "", "P"),
    (BETA, "", "HP:9000021", "PMID:90000003", "PCS", "", "45%", "", "HP:9000006;HP:9000005", "P"),
    (BETA, "", "HP:9000092", "OMIM:900002", "IEA", "", "", "", "", "P"),
    (BETA, "", "HP:9000014", "PMID:90000003", "PCS", "", "0/5", "", "", "P"),
    (BETA, "", "HP:9000006", "OMIM:900002", "TAS", "", "", "", "", "M"),
    (BETA, "", "HP:9000022", "OMIM:900002", "TAS", "", "", "", "", "H"),
    (GAMMA, "", "HP:9000090", "PMID:90000004", "PCS", "", "10/10", "", "", "P"),
    (GAMMA, "", "HP:9000011", "PMID:90000005", "PCS", "", "4/5", "female", "", "P"),
    (GAMMA, "", "HP:9000024", "PMID:90000004", "PCS", "", "1/1", "", "", "P"),
    (GAMMA, "", "HP:9000023", "PMID:90000004", "TAS", "", "HP:0040285", "", "", "P"),
    (DELTA, "", "HP:9000022", "ORPHA:902", "TAS", "", "HP:0040282", "", "", "P"),
    (DELTA, "", "HP:9000012", "ORPHA:902", "TAS", "", "HP:0040284", "", "", "P"),
    (EPSILON, "", "HP:9000020", "OMIM:900004", "TAS", "", "", "", "", "P"),
    (EPSILON, "", "HP:9000091", "OMIM:900004", "TAS", "", "", "", "", "P"),
)
# NCBI gene id, symbol, disease
GENES = (
    ("900101", "ZRB1", "OMIM:900001"),
    ("900101", "ZRB1", "ORPHA:901"),
    ("900103", "FLM2", "OMIM:900002"),
    ("900102", "FLM1", "OMIM:900002"),
    ("900101", "ZRB1", "OMIM:900099"),
)


def obo_text() -> str:
    """The ontology in OBO format."""
    stanzas = [f"format-version: 1.2\ndata-version: hp/releases/{VERSION}\nontology: hp.obo"]
    for term_id, name, parents in TERMS:
        lines = ["[Term]", f"id: {term_id}", f"name: {name}"]
        lines += [f"alt_id: {alt_id}" for alt_id in ALT_IDS.get(term_id, ())]
        if term_id in DEFINITIONS:
            text, references = DEFINITIONS[term_id]
            lines.append(f'def: "{_escaped(text)}" [{", ".join(references)}]')
        for owner, text, scope, kind in SYNONYMS:
            if owner == term_id:
                lines.append(f'synonym: "{_escaped(text)}" {scope}{" " if kind else ""}{kind} []')
        lines += [f"is_a: {parent} ! comment" for parent in parents]
        stanzas.append("\n".join(lines))
    for term_id, name, new_id in OBSOLETE:
        replaced = f"\nreplaced_by: {new_id}" if new_id else ""
        stanzas.append(f"[Term]\nid: {term_id}\nname: {name}\nis_obsolete: true{replaced}")
    stanzas.append("[Term]\nid: TOY:1\nname: A term of another ontology")
    stanzas.append("[Typedef]\nid: part_of\nname: part of")
    return "\n\n".join(stanzas) + "\n"


def obographs() -> dict[str, Any]:
    """The ontology as an obographs document."""
    nodes = [{"id": _iri(i), "lbl": name, "type": "CLASS", "meta": _meta(i)} for i, name, _ in TERMS]
    for term_id, name, new_id in OBSOLETE:
        values = [{"pred": f"{OBO}/IAO_0100001", "val": new_id}] if new_id else []
        meta = {"deprecated": True, "basicPropertyValues": values}
        nodes.append({"id": _iri(term_id), "lbl": name, "type": "CLASS", "meta": meta})
    nodes.append({"id": _iri("TOY:1"), "lbl": "A term of another ontology", "type": "CLASS"})
    nodes.append({"id": _iri("HP:9000099"), "lbl": "part of", "type": "PROPERTY"})
    edges = [{"sub": _iri(i), "pred": "is_a", "obj": _iri(parent)} for i, _, parents in TERMS for parent in parents]
    edges.append({"sub": _iri("HP:9000024"), "pred": f"{OBO}/part_of", "obj": _iri("HP:9000021")})
    meta = {"version": f"{OBO}/hp/releases/{VERSION}/hp.json"}
    return {"graphs": [{"id": f"{OBO}/hp.json", "meta": meta, "nodes": nodes, "edges": edges}]}


def _meta(term_id: str) -> dict[str, Any]:
    meta: dict[str, Any] = {}
    if term_id in DEFINITIONS:
        text, references = DEFINITIONS[term_id]
        meta["definition"] = {"val": text, "xrefs": list(references)}
    for owner, text, scope, kind in SYNONYMS:
        if owner == term_id:
            synonym = {"pred": f"has{scope.capitalize()}Synonym", "val": text}
            if kind:
                synonym["synonymType"] = _iri(kind) if ":" in kind else f"{OBO}/hp#{kind}"
            meta.setdefault("synonyms", []).append(synonym)
    for alt_id in ALT_IDS.get(term_id, ()):
        value = {"pred": f"{OIO}#hasAlternativeId", "val": alt_id}
        meta.setdefault("basicPropertyValues", []).append(value)
    return meta


def hpoa_text() -> str:
    """The annotations as ``phenotype.hpoa``."""
    columns = (
        "database_id disease_name qualifier hpo_id reference evidence onset frequency sex modifier aspect biocuration"
    )
    lines = ['#description: "invented"', f"#version: {VERSION}", "#hpo-version: toy", "\t".join(columns.split())]
    lines += ["\t".join((*disease, *facts, f"TOY:someone[{VERSION}]")) for disease, *facts in ANNOTATIONS]
    return "\n".join(lines) + "\n"


def genes_text() -> str:
    """The genes as ``genes_to_phenotype.txt``."""
    lines = ["\t".join(("ncbi_gene_id", "gene_symbol", "hpo_id", "hpo_name", "frequency", "disease_id"))]
    lines += ["\t".join((gene, symbol, "HP:9000011", "Large zorb", "-", disease)) for gene, symbol, disease in GENES]
    return "\n".join(lines) + "\n"


def write_toy(folder: Path) -> None:
    """Write the four files into a folder."""
    (folder / "toy.obo").write_text(obo_text(), encoding="utf-8")
    (folder / "toy.json").write_text(json.dumps(obographs(), indent=1) + "\n", encoding="utf-8")
    (folder / "toy.hpoa").write_text(hpoa_text(), encoding="utf-8")
    (folder / "toy_genes.txt").write_text(genes_text(), encoding="utf-8")


def _escaped(text: str) -> str:
    return text.replace('"', '\\"').replace("\n", "\\n")


def _iri(curie: str) -> str:
    return f"{OBO}/{curie.replace(':', '_')}"


if __name__ == "__main__":
    write_toy(Path(__file__).parent)
