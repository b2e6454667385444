"""What follows from the evidence, and which evidence says so."""

from llm.assistant import DiagnosisAssistant
from llm.schema import Claim, Diagnosis, Differential, Question

__all__ = ["Claim", "Diagnosis", "DiagnosisAssistant", "Differential", "Question"]
