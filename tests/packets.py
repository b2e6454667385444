"""Phenopackets as files, of which only what matters to a test is given."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path


def write_packet(
    folder: Path,
    name: str,
    *,
    patient_id: str = "",
    disease: str | None,
    present: Sequence[str],
    absent: Sequence[str] = (),
    publication: str = "PMID:1",
    gene: str = "",
) -> None:
    """Write ``folder/name.json``, a phenopacket of version 2; the folder is made where missing.

    Args:
        folder: where.
        name: of the file, without its ending.
        patient_id: default: the name.
        disease: id of the diagnosis; None for a patient without one.
        present: ids of terms.
        absent: of excluded ones.
        publication: that describes the patient; empty for none.
        gene: symbol of the causal gene; empty for none.
    """
    features = [{"type": {"id": t, "label": t}, "excluded": t in absent} for t in (*present, *absent)]
    diagnosis: dict[str, object] = {"disease": {"id": disease, "label": f"disease {disease}"}}
    if gene:
        call = {"subjectOrBiosampleId": "s", "interpretationStatus": "CAUSATIVE", "gene": {"symbol": gene}}
        diagnosis["genomicInterpretations"] = [call]
    content = {
        "id": patient_id or name,
        "phenotypicFeatures": features,
        "interpretations": [{"id": "i", "progressStatus": "SOLVED", "diagnosis": diagnosis}] if disease else [],
        "metaData": {"externalReferences": [{"id": publication}] if publication else []},
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
