"""The figures' own text in Spanish. Names of diseases stay as their sources have them."""

from __future__ import annotations

SPANISH = {
    ", ": ", ",
    "{finding} (excluded)": "{finding} (excluido)",
    "annotated": "anotado",
    "a more specific term is annotated": "está anotado un término más específico",
    "only a more general term is annotated": "solo está anotado un término más general",
    "reported absent in others with it": "descrito como ausente en otros con ella",
    "reported present in others with it": "descrito como presente en otros con ella",
    "reported absent in others with it, too": "descrito como ausente también en otros con ella",
    "not annotated": "sin anotar",
    "Evidence: findings of the patient, annotated terms, diseases": (
        "Evidencia: hallazgos del paciente, términos anotados, enfermedades"
    ),
    "{term} is more specific than {finding}": "«{term}» es más específico que «{finding}»",
    "{term} is more general than {finding}": "«{term}» es más general que «{finding}»",
    "Not annotated for these diseases": "Sin anotar en estas enfermedades",
    "For": "A favor",
    "Against": "En contra",
    "for": "a favor",
    "against": "en contra",
    "{disease}: show what speaks for and against it": "{disease}: ver qué habla a favor y en contra",
    "speaks for (here ×100)": "habla a favor (aquí ×100)",
    "speaks against (here ÷10)": "habla en contra (aquí ÷10)",
    "annotated is a more general or more specific term": "está anotado un término más general o más específico",
    "{n} findings that weigh less are left out.": "Se omiten {n} hallazgos que pesan menos.",
    "Width: how many times likelier a finding makes the disease, by the graph’s likelihood model.": (
        "Grosor: cuántas veces más probable hace un hallazgo la enfermedad, según el modelo de verosimilitud del grafo."
    ),
    "Disease": "Enfermedad",
    "Finding": "Hallazgo",
    "Annotated term": "Término anotado",
    "Speaks": "Habla",
    "Ratio": "Razón",
    "Evidence": "Evidencia",
    "The same as a table": "Lo mismo en una tabla",
    "How common it is": "Cuán frecuente es",
    "against a disease of which no source says it": "frente a una enfermedad de la que ninguna fuente lo dice",
    "The story’s own words": "Las palabras de la historia",
    "The patient’s history": "Los antecedentes del paciente",
    "beyond those in the average disease’s texts": "más que en los textos de la enfermedad media",
    "Together": "En conjunto",
    "What speaks for and against {disease}": "Qué habla a favor y en contra de {disease}",
    "The graph’s likelihood model: how many times likelier (×) or less likely (÷) each finding makes the disease, "
    "compared with the average disease.": (
        "El modelo de verosimilitud del grafo: cuántas veces más (×) o menos (÷) probable hace cada hallazgo la "
        "enfermedad, en comparación con la enfermedad media."
    ),
    "An excluded finding can speak for a disease in which its absence is often noted.": (
        "Un hallazgo excluido puede hablar a favor de una enfermedad en la que a menudo se anota su ausencia."
    ),
    "The answer’s {probability} is no sum of these: it also weighs similar cases, related diseases and what goes "
    "together.": (
        "La probabilidad de {probability} de la respuesta no es la suma de esto: también sopesa casos parecidos, "
        "enfermedades afines y lo que suele ir junto."
    ),
    "The answer’s {probability} is the sum against those of all other diseases, made milder, since findings of one "
    "disease come together.": (
        "La probabilidad de {probability} de la respuesta es esta suma frente a las de todas las demás enfermedades, "
        "atenuada, porque los hallazgos de una enfermedad vienen juntos."
    ),
    "The first diagnoses side by side": "Los primeros diagnósticos, comparados",
    "The answer’s probability": "La probabilidad de la respuesta",
    "Each cell: how many times likelier (×) or less likely (÷) the finding makes the disease, by the graph’s "
    "likelihood model; findings that tell the first two apart come first.": (
        "Cada celda: cuántas veces más (×) o menos (÷) probable hace el hallazgo la enfermedad, según el modelo de "
        "verosimilitud del grafo; primero van los hallazgos que distinguen las dos primeras."
    ),
    "Similarity: cosine of the findings’ embeddings. Findings count as shared when one is the other or implies it.": (
        "Parecido: coseno de las representaciones vectoriales de los hallazgos. Cuentan como comunes si uno es el otro "
        "o lo implica."
    ),
    "Published patients": "Pacientes publicados",
    "Published patient": "Paciente publicado",
    "Only this patient": "Solo este paciente",
    "Both": "Ambos",
    "Only the published case": "Solo el caso publicado",
    "Present in one, absent in the other": "Presente en uno, ausente en el otro",
    "Similarity": "Parecido",
    "{n} more": "{n} más",
    "there: {finding}": "allí: {finding}",
    "absent here": "ausente aquí",
    "absent there": "ausente allí",
    "absent here; there: {finding}": "ausente aquí; allí: {finding}",
    "absent there: {finding}": "allí, ausente: {finding}",
}
