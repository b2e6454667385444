"""The Human Phenotype Ontology: ``hp.obo`` or obographs JSON -> terms.

Licence: https://hpo.jax.org/app/license (cite it, show the version, leave it unaltered).
Deliberately not done here: closure, look-up, anything about diseases.
"""

from __future__ import annotations

import gzip
import json
import re
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import shorten
from typing import Any

import obonet

from kg.errors import SourceError
from kg.schema import Synonym, Term

SOURCE = "Human Phenotype Ontology"
LICENCE = "https://hpo.jax.org/app/license"

_OBO_SYNONYM = re.compile(r'"(?P<text>.*)" (?P<scope>[A-Z]+)(?: (?P<kind>\S+))? \[')
_OBOGRAPHS_SCOPES = {
    "hasExactSynonym": "EXACT",
    "hasBroadSynonym": "BROAD",
    "hasNarrowSynonym": "NARROW",
    "hasRelatedSynonym": "RELATED",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OntologyRelease:
    """The terms of one release of the ontology."""

    version: str
    """Date of the release, e.g. ``2025-01-16``."""
    terms: tuple[Term, ...]
    """Current terms, sorted by id."""
    replaced: dict[str, str]
    """Obsolete id -> the id that replaces it, where the source names one."""
    cross_references: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Term id -> what other vocabularies call it, e.g. ``UMLS:C0036572``."""


def load_ontology(path: Path) -> OntologyRelease:
    """Read a release from ``.obo`` or obographs ``.json``, plain or gzipped.

    Raises:
        SourceError: the file is missing, or not one of the two formats.
    """
    opener = gzip.open if path.suffix == ".gz" else open
    is_json = path.name.removesuffix(".gz").endswith(".json")
    try:
        with opener(path, "rt", encoding="utf-8") as lines:
            release = parse_obographs(json.load(lines)) if is_json else parse_obo(obonet.read_obo(lines, False))
    except OSError as error:
        raise SourceError(f"cannot read the ontology {path}: {error.strerror or error}") from error
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, EOFError, zlib.error) as error:
        reason = shorten(str(error), 200)  # obonet quotes whole lines
        raise SourceError(f"{path} is not an HPO release in OBO or obographs JSON: {reason}") from error
    if not release.terms:
        raise SourceError(f"{path} holds no HP terms; expected hp.obo or hp.json")
    return release


def parse_obo(graph: Any) -> OntologyRelease:
    """Turn obonet's graph into records."""
    terms, replaced, references = [], {}, {}
    for term_id, data in graph.nodes(data=True):
        if not term_id.startswith("HP:"):
            continue
        references[term_id] = tuple(data.get("xref", ()))
        if data.get("is_obsolete") == "true":
            if "replaced_by" in data:
                replaced[term_id] = data["replaced_by"][0]
            continue
        terms.append(
            Term(
                term_id=term_id,
                name=data["name"],
                definition=_unquoted(data.get("def", "")),
                synonyms=tuple(_parse_obo_synonym(s) for s in data.get("synonym", ())),
                parent_ids=tuple(data.get("is_a", ())),
                alt_ids=tuple(data.get("alt_id", ())),
            )
        )
    return OntologyRelease(
        version=_date_of(graph.graph.get("data-version", "")),
        terms=_sorted(terms),
        replaced=replaced,
        cross_references=references,
    )


def parse_obographs(document: dict[str, Any]) -> OntologyRelease:
    """Turn an obographs document into records."""
    graph = document["graphs"][0]
    parents: dict[str, list[str]] = {}
    for edge in graph["edges"]:
        if edge["pred"] == "is_a":
            parents.setdefault(_curie(edge["sub"]), []).append(_curie(edge["obj"]))
    terms, replaced, references = [], {}, {}
    for node in graph["nodes"]:
        term_id, meta = _curie(node["id"]), node.get("meta", {})
        if not term_id.startswith("HP:") or node.get("type") != "CLASS":
            continue
        references[term_id] = tuple(x["val"] for x in meta.get("xrefs", ()))
        properties = {
            p["pred"].rpartition("#")[2].rpartition("/")[2]: p["val"] for p in meta.get("basicPropertyValues", ())
        }
        if meta.get("deprecated"):
            if "IAO_0100001" in properties:
                replaced[term_id] = _curie(properties["IAO_0100001"])
            continue
        alt_ids = [p["val"] for p in meta.get("basicPropertyValues", ()) if p["pred"].endswith("#hasAlternativeId")]
        terms.append(
            Term(
                term_id=term_id,
                name=node["lbl"],
                definition=meta.get("definition", {}).get("val", ""),
                synonyms=tuple(
                    Synonym(
                        text=s["val"],
                        scope=_OBOGRAPHS_SCOPES[s["pred"]],
                        kind=_kind(s.get("synonymType", "")),
                    )
                    for s in meta.get("synonyms", ())
                ),
                parent_ids=tuple(parents.get(term_id, ())),
                alt_ids=tuple(alt_ids),
            )
        )
    version = graph.get("meta", {}).get("version", "")
    return OntologyRelease(
        version=_date_of(version), terms=_sorted(terms), replaced=replaced, cross_references=references
    )


def _parse_obo_synonym(line: str) -> Synonym:
    found = _OBO_SYNONYM.match(line)
    if found is None:
        raise ValueError(f"synonym line not understood: {line!r}")
    return Synonym(text=_unescaped(found["text"]), scope=found["scope"], kind=found["kind"] or "")


def _unquoted(definition: str) -> str:
    """The text of an OBO definition without its quotes and its list of references."""
    return _unescaped(definition[1:].rpartition('" [')[0]) if definition.startswith('"') else definition


def _unescaped(text: str) -> str:
    r"""OBO text as it is meant: ``\n`` is a line break, ``\t`` a tab, ``\"`` a quote."""
    return re.sub(r"\\(.)", lambda found: {"n": "\n", "t": "\t"}.get(found[1], found[1]), text)


def _kind(synonym_type: str) -> str:
    """The kind of a synonym as the OBO file writes it: ``layperson``, or an id where the kind is a term."""
    return synonym_type.partition("#")[2] or _curie(synonym_type)


def _curie(iri: str) -> str:
    return iri.rpartition("/")[2].replace("_", ":", 1)


def _date_of(version: str) -> str:
    found = re.search(r"\d{4}-\d{2}-\d{2}", version)
    return found[0] if found else version or "unknown"


def _sorted(terms: list[Term]) -> tuple[Term, ...]:
    return tuple(sorted(terms, key=lambda t: t.term_id))
