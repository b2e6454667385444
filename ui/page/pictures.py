"""The pictures of an answer as views beside the evidence."""

from __future__ import annotations

from kg.ontology import Ontology
from llm.schema import Differential
from ui.figures import Wording, candidate_matrix, evidence_graph, similar_cases, waterfalls
from ui.figures.wording import TEXTS
from ui.page.evidence import View
from ui.page.words import Words


def picture_views(differential: Differential | None, ontology: Ontology, words: Words) -> list[View]:
    """The views that there is something to show in; none without an answer."""
    if differential is None or not differential.diagnoses:
        return []
    said = TEXTS[words.language]
    wording = Wording(
        term=lambda term_id: words.label(term_id, ontology.name(term_id)),
        say=lambda text: said.get(text, text),
    )
    views = (
        View(name="graph", title=words("Graph"), body=evidence_graph(differential, wording)),
        View(
            name="weights",
            title=words("Weights"),
            body=candidate_matrix(differential, wording) + waterfalls(differential, wording),
        ),
        View(name="cases", title=words("Similar patients"), body=similar_cases(differential, ontology, wording)),
    )
    return [view for view in views if view.body]
