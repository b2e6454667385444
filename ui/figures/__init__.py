"""Pictures of an answer: pure functions from a ``Differential`` to escaped HTML with SVG in it.

Promise: every word that comes from a user or a source is escaped, nothing is loaded from elsewhere, every citation is
of the answer's evidence, and each picture says the same in words. ``figures.css`` and ``figures.js`` go with them.
"""

from ui.figures.evidence_graph import evidence_graph
from ui.figures.matrix import candidate_matrix
from ui.figures.similar_cases import similar_cases
from ui.figures.waterfall import waterfalls
from ui.figures.wording import Wording

__all__ = ["Wording", "candidate_matrix", "evidence_graph", "similar_cases", "waterfalls"]
