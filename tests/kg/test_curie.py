"""CURIEs and the pages they stand for."""

import pytest

from kg.curie import canonical, is_curie, url_of


@pytest.mark.parametrize(
    "text", ["HP:0001250", "OMIM:154700", "NCBIGene:4204", "DOI:10.1000/a(b)c", "ISBN-13:978-0721606156"]
)
def test_curies(text):
    assert is_curie(text)


@pytest.mark.parametrize("text", ["", "HP", "HP:", ":1", "HP:1 2", " HP:1", "HP:1\n", "1HP:2", "seizure: yes"])
def test_other_texts(text):
    assert not is_curie(text)


@pytest.mark.parametrize(
    ("written", "curie"),
    [
        ("hp:0001250", "HP:0001250"),
        ("omim:154700", "OMIM:154700"),
        ("MIM:154700", "OMIM:154700"),
        ("Orphanet:558", "ORPHA:558"),
        ("ncbigene:4204", "NCBIGene:4204"),
        ("OMIM:154700", "OMIM:154700"),
        ("https://example.org/A", "https://example.org/A"),
        ("Seizure", "Seizure"),
        ("MIM", "MIM"),
    ],
)
def test_prefixes_have_one_spelling(written, curie):
    assert canonical(written) == curie


@pytest.mark.parametrize(
    ("curie", "url"),
    [
        ("HP:0001250", "https://hpo.jax.org/browse/term/HP:0001250"),
        ("OMIM:154700", "https://omim.org/entry/154700"),
        ("ORPHA:558", "https://www.orpha.net/en/disease/detail/558"),
        ("DECIPHER:1", "https://www.deciphergenomics.org/syndrome/1"),
        ("PMID:9792883", "https://pubmed.ncbi.nlm.nih.gov/9792883/"),
        ("DOI:10.1016/j.ajhg.2020.06.021", "https://doi.org/10.1016/j.ajhg.2020.06.021"),
        ("NCBIGene:4204", "https://www.ncbi.nlm.nih.gov/gene/4204"),
        ("MONDO:0010726", "https://monarchinitiative.org/MONDO:0010726"),
        ("DOID:2841", "https://disease-ontology.org/?id=DOID:2841"),
        ("MAXO:0000571", "http://purl.obolibrary.org/obo/MAXO_0000571"),
        ("DRUGBANK:DB00945", "https://go.drugbank.com/drugs/DB00945"),
        ("https://example.org/a", "https://example.org/a"),
        ("http://example.org/a", "http://example.org/a"),
        ("ISBN-13:978-0721606156", None),
        ("PMID:", None),
        ("unknown", None),
    ],
)
def test_pages(curie, url):
    assert url_of(curie) == url
