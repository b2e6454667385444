"""Compact identifiers (CURIEs) such as ``HP:0001250`` and the public pages they stand for."""

from __future__ import annotations

import re

_CURIE = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*:\S+")

_PAGES = {
    "HP": "https://hpo.jax.org/browse/term/HP:{}",
    "OMIM": "https://omim.org/entry/{}",
    "ORPHA": "https://www.orpha.net/en/disease/detail/{}",
    "DECIPHER": "https://www.deciphergenomics.org/syndrome/{}",
    "PMID": "https://pubmed.ncbi.nlm.nih.gov/{}/",
    "DOI": "https://doi.org/{}",
    "NCBIGene": "https://www.ncbi.nlm.nih.gov/gene/{}",
    "MONDO": "https://monarchinitiative.org/MONDO:{}",
    "DOID": "https://disease-ontology.org/?id=DOID:{}",
    "MESH": "https://meshb.nlm.nih.gov/record/ui?ui={}",
    "UMLS": "https://uts.nlm.nih.gov/uts/umls/concept/{}",
    "SYMP": "http://purl.obolibrary.org/obo/SYMP_{}",
    "MAXO": "http://purl.obolibrary.org/obo/MAXO_{}",
    "DRUGBANK": "https://go.drugbank.com/drugs/{}",
}

_WRITTEN = {prefix.upper(): prefix for prefix in _PAGES} | {"MIM": "OMIM", "ORPHANET": "ORPHA"}
"""Prefix in capitals -> as the graph writes it."""


def is_curie(text: str) -> bool:
    """Whether the text has the form ``PREFIX:LOCAL``."""
    return _CURIE.fullmatch(text) is not None


def canonical(curie: str) -> str:
    """The id with its prefix as the graph writes it: of ``omim:154700`` and ``MIM:154700`` it is ``OMIM:154700``."""
    prefix, colon, local = curie.partition(":")
    return f"{_WRITTEN.get(prefix.upper(), prefix)}:{local}" if colon else curie


def url_of(curie: str) -> str | None:
    """Public page of an id; a web address is its own page; None where the kind has no page."""
    if curie.startswith(("https://", "http://")):
        return curie
    prefix, _, local = curie.partition(":")
    page = _PAGES.get(prefix)
    return page.format(local) if page and local else None
