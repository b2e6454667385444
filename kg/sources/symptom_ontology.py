"""Symptom Ontology (SYMP), ``symp.obo`` -> symptoms with their exact synonyms and cross references.

Source: https://github.com/DiseaseOntology/SymptomOntology; CC0. ``kg.symptom_mapping`` says which HPO terms they are.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from textwrap import shorten
from typing import Any

import obonet

from kg.sources.delimited import read_lines, refuse, require_end
from kg.sources.records import SetFiles, SourceRecords, Symptom

_EXACT = re.compile(r'"(.*)" EXACT')
_PREFIXES = {"UMLS_CUI": "UMLS", "MESH": "MSH"}


def load_symptom_ontology(files: SetFiles) -> SourceRecords:
    """Read ``symptom-ontology``. Raises SourceError."""
    file = files["symptom-ontology"]
    lines = [line for _, line in read_lines(file)]
    try:
        nodes = obonet.read_obo(io.StringIO("".join(lines))).nodes(data=True)
        symptoms = tuple(_symptom(i, data) for i, data in nodes if i.startswith("SYMP:"))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        refuse(file, f"it is no ontology in OBO format ({shorten(str(error), 100)})", cause=error)
    if not symptoms:
        refuse(file, "it holds no SYMP terms")
    require_end(file, len(lines), lines[-1])
    return SourceRecords(symptoms=symptoms)


def _symptom(symptom_id: str, data: Mapping[str, Any]) -> Symptom:
    exact = (_EXACT.match(text) for text in data.get("synonym", ()))
    referred = (reference.partition(":") for reference in data.get("xref", ()))
    return Symptom(
        symptom_id=symptom_id,
        name=data["name"],
        synonyms=tuple(found[1] for found in exact if found),
        other_ids=tuple(f"{_PREFIXES[prefix]}:{local}" for prefix, _, local in referred if prefix in _PREFIXES),
    )
