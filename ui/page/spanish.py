"""The page's words in Spanish, by their English wording, which names them."""

from __future__ import annotations

SPANISH = {
    # Joints
    ", ": ", ",
    ": ": ": ",
    ". ": ". ",
    "; ": "; ",
    ",": "\u00a0",  # between thousands
    # Head, box, search, foot
    "Decision support for professionals, not a medical device.": (
        "Apoyo a la decisión para profesionales; no es un producto sanitario."
    ),
    "Language": "Idioma",
    "New case": "Caso nuevo",
    "Log out": "Cerrar sesión",
    "Patient’s story": "Historia del paciente",
    "Describe what the patient has, and what is absent …": "Describa qué presenta el paciente y qué no presenta …",
    "Send": "Enviar",
    "Stop": "Detener",
    "Open a file: text, PDF or phenopacket": "Abrir un archivo: texto, PDF o phenopacket",
    "Save and share": "Guardar y compartir",
    "Copy a link": "Copiar un enlace",
    "Copy the report": "Copiar el informe",
    "Report as PDF": "Informe en PDF",
    "Report as Markdown": "Informe en Markdown",
    "Case as phenopacket": "Caso como phenopacket",
    "Copied": "Copiado",
    "The browser blocked copying.": "El navegador no permite copiar.",
    "File: {name}": "Archivo: {name}",
    "Case opened from a link": "Caso abierto desde un enlace",
    "Enter sends, Shift+Enter begins a new line.": "Intro envía; Mayús+Intro empieza una línea.",
    "Search for a finding": "Buscar un hallazgo",
    "Add a finding …": "Añadir un hallazgo …",
    "Replace {finding} with …": "Sustituir «{finding}» por …",
    "No finding has this name.": "Ningún hallazgo tiene ese nombre.",
    "The server cannot be reached.": "No se puede contactar con el servidor.",
    "Cancel": "Cancelar",
    "Findings and disease annotations": "Hallazgos y anotaciones de enfermedades",
    "licence": "licencia",
    "OMIM and Orphanet names are those of the HPO annotations.": (
        "Los nombres de OMIM y Orphanet son los de las anotaciones de HPO."
    ),
    # Welcome and examples
    "Tell the patient’s story": "Cuente la historia del paciente",
    (
        "Write in plain words what is seen, and what was looked for and is absent. citedx reads the findings, ranks "
        "the diseases that explain them, and cites the source of every statement."
    ): (
        "Escriba con sus palabras qué se observa, y qué se buscó y no está. citedx reconoce los hallazgos, ordena las "
        "enfermedades que los explican y cita la fuente de cada afirmación."
    ),
    "Stories may be in English, Chinese or Spanish.": "La historia puede estar en español, inglés o chino.",
    "Stories are read in English; Chinese and Spanish need a download first: citedx data pull translations.": (
        "Por ahora solo se leen historias en inglés; para español y chino hace falta una descarga: "
        "citedx data pull translations."
    ),
    "Names, dates and addresses are not needed: leave them out.": (
        "No hacen falta nombres, fechas ni direcciones: no los escriba."
    ),
    "Or begin with an example": "O empiece con un ejemplo",
    "A girl who lost hand use and speech": "Una niña que perdió el uso de las manos y el habla",
    "A tall man with a dislocated lens": "Un hombre alto con el cristalino luxado",
    "A boy with salty sweat and a cough": "Un niño con sudor salado y tos",
    "一名关节疼痛、皮肤松弛的女性": "Una mujer con articulaciones y piel laxas",
    "一名反复癫痫的男孩": "Un niño con crisis epilépticas repetidas",
    "Una mujer con bultos en la piel": "Una mujer con bultos en la piel",
    "Una mujer que sangra por la nariz": "Una mujer que sangra por la nariz",
    "rare, English": "rara, en inglés",
    "common, English": "frecuente, en inglés",
    "rare, Chinese": "rara, en chino",
    "rare, Spanish": "rara, en español",
    # Conversation
    "Conversation": "Conversación",
    "You": "Usted",
    "Reading the story": "Leyendo la historia",
    "Loading what is known of common conditions, once": (
        "Cargando lo que se sabe de enfermedades frecuentes (una sola vez)"
    ),
    "Ranking the diseases": "Ordenando las enfermedades",
    "Weighing the evidence": "Sopesando la evidencia",
    "Looking for the question that would help most": "Buscando la pregunta que más ayudaría",
    "The language model is reading the case": "El modelo de lenguaje está leyendo el caso",
    "Present": "Presentes",
    "Excluded": "Excluidos",
    "Uncertain": "Dudosos",
    "Family": "Familia",
    "No diagnosis.": "Sin diagnóstico.",
    "{name} leads with {share}.": "{name} encabeza la lista con {share}.",
    "No clear leader: {name} is first with {share}.": "Ninguna destaca: {name} es la primera con {share}.",
    "Then: {others}.": "Después: {others}.",
    "Earlier answer: its evidence is no longer shown.": "Respuesta anterior: su evidencia ya no se muestra.",
    "Most useful next questions": "Las preguntas más útiles ahora",
    "Yes": "Sí",
    "No": "No",
    "Not known": "No se sabe",
    "Looking for the answer": "Buscando la respuesta",
    "What the sources say": "Lo que dicen las fuentes",
    "Worded by {model}": "Redactado por {model}",
    "Also read by {model}": "Leído también por {model}",
    "Last change undone": "Último cambio deshecho",
    "{finding}: present": "{finding}: presente",
    "{finding}: absent": "{finding}: ausente",
    "{finding}: uncertain": "{finding}: dudoso",
    "{finding}: of a relative": "{finding}: de un familiar",
    "{finding}: removed": "{finding}: eliminado",
    "{finding}: not known": "{finding}: no se sabe",
    "{old} replaced with {new}": "{old} sustituido por {new}",
    "Patient: {who}": "Paciente: {who}",
    # Notes
    "No findings were recognised in this message; its words were weighed.": (
        "No se reconoció ningún hallazgo en este mensaje; se sopesaron sus palabras."
    ),
    "No findings were recognised in this message, so the findings are unchanged. Describe signs or symptoms.": (
        "No se reconoció ningún hallazgo en este mensaje, así que los hallazgos no cambian. Describa signos o síntomas."
    ),
    "Something went wrong inside citedx. Your case and text are kept: try again, or see the server’s log.": (
        "Ha fallado algo dentro de citedx. Su caso y su texto se conservan: inténtelo de nuevo o consulte el registro "
        "del servidor."
    ),
    "Stopped. The case keeps its findings.": "Detenido. El caso conserva sus hallazgos.",
    "This page was opened anew or the server restarted: here is your case again. The story itself is not kept.": (
        "La página se abrió de nuevo o el servidor se reinició: aquí está otra vez su caso. La historia en sí no se "
        "guarda."
    ),
    (
        "No finding was recognised, so there is nothing to reason from. Describe signs and symptoms in words, or give "
        "HPO ids."
    ): (
        "No se reconoció ningún hallazgo, así que no hay de qué partir. Describa signos y síntomas con palabras, o dé "
        "identificadores de HPO."
    ),
    "Only excluded findings were given. Add at least one finding that the patient has.": (
        "Solo se dieron hallazgos excluidos. Añada al menos uno que el paciente presente."
    ),
    # Patient and findings
    "Patient": "Paciente",
    "Findings": "Hallazgos",
    "Sex": "Sexo",
    "Age": "Edad",
    "age": "edad",
    "Unit of the age": "Unidad de la edad",
    "female": "mujer",
    "male": "varón",
    "sex not known": "sexo desconocido",
    "age not known": "edad desconocida",
    "adult": "persona adulta",
    "years": "años",
    "months": "meses",
    "days": "días",
    "Undo": "Deshacer",
    "Findings will appear here; each can be changed or removed.": (
        "Aquí aparecerán los hallazgos; cada uno se puede cambiar o eliminar."
    ),
    "counts as present until you say otherwise": "cuentan como presentes mientras usted no diga lo contrario",
    "not the patient's": "no son del paciente",
    "{finding}: mark as present": "{finding}: marcar como presente",
    "{finding}: mark as absent": "{finding}: marcar como ausente",
    "{finding}: replace": "{finding}: sustituir",
    "{finding}: remove": "{finding}: eliminar",
    "Replace": "Sustituir",
    # Differential and evidence
    "Differential": "Diagnóstico diferencial",
    "Where the patient is seen": "Dónde se atiende al paciente",
    "General practice": "Medicina general",
    "Emergency department": "Urgencias",
    "Genetics clinic": "Consulta de genética",
    "Seen in: {where}": "Se atiende en: {where}",
    "Treatment and risk": "Tratamiento y riesgo",
    "Choose “Treatment and risk” under a disease of the differential.": (
        "Elija «Tratamiento y riesgo» bajo una enfermedad del diagnóstico diferencial."
    ),
    "Decision support for professionals, not a medical device. No source here gives a dose, and none is shown.": (
        "Apoyo a la decisión para profesionales; no es un producto sanitario. Ninguna de estas fuentes da dosis, y no "
        "se muestra ninguna."
    ),
    "Not for this patient": "No para este paciente",
    "Not for this patient: {what}": "No para este paciente: {what}",
    "First tests": "Primeras pruebas",
    "Most supportive findings not yet mentioned": "Lo que más la apoyaría y aún no se ha mencionado",
    "No source here names a treatment.": "Ninguna de estas fuentes nombra un tratamiento.",
    "Not in these sources, so not checked: {names}": "No está en estas fuentes y no se ha comprobado: {names}",
    "another source says the opposite": "otra fuente dice lo contrario",
    "not mentioned, would matter if present: {what}": "no mencionado, importaría si lo hay: {what}",
    "Risk factors of this patient, for any disease": "Factores de riesgo de este paciente, para cualquier enfermedad",
    "Disease-modifying": "De la causa",
    "Symptomatic": "Sintomático",
    "Preventive": "Preventivo",
    "Drug, aim not stated by the source": "Fármaco; la fuente no dice con qué fin",
    "Procedure": "Procedimiento",
    "Other measure": "Otra medida",
    "Spoken against": "Desaconsejado",
    "no source here says who should not have it": "ninguna de estas fuentes dice quién no debe recibirlo",
    ("risk factors are only counted: a probability comes from a published score alone, for whom it applies to"): (
        "los factores de riesgo solo se cuentan: una probabilidad la da únicamente una escala publicada, para quienes "
        "vale"
    ),
    "None of the listed risk factors was mentioned.": "No se mencionó ninguno de los factores de riesgo de la lista.",
    "Applies to {whom}": "Vale para {whom}",
    "Points: {n}": "Puntos: {n}",
    "Not known: {what}": "No se sabe: {what}",
    "Don’t miss": "No pasar por alto",
    "Don’t miss: {names}.": "No pasar por alto: {names}.",
    "Red flags here: {flags}": "Signos de alarma en este caso: {flags}",
    "Ask for": "Pregunte por",
    "Appears with the first findings.": "Aparece con los primeros hallazgos.",
    "None of these: {share}": "Ninguna de estas: {share}",
    " and {n} more": " y {n} más",
    "about 1 in {few} people": "cerca de 1 de cada {few} personas",
    "about 1 in {few} to {many} people": "entre 1 de cada {few} y 1 de cada {many} personas",
    "how common it is": "cuán frecuente es",
    "{n} types in this list together: {share}": "los {n} tipos de esta lista juntos: {share}",
    "For": "A favor",
    "Against": "En contra",
    "and {n} more in the differential": "y {n} más en el diagnóstico diferencial",
    "Evidence": "Evidencia",
    "Graph": "Grafo",
    "Weights": "Pesos",
    "Similar patients": "Pacientes parecidos",
    "Each statement’s source is listed here.": "Aquí aparece la fuente de cada afirmación.",
    "annotation": "anotación",
    "case": "caso",
    "passage": "pasaje",
    "fact": "hecho",
    "definition": "definición",
    "Sources": "Fuentes",
    "Removed, not supported by the evidence: {n}": "Eliminado por falta de evidencia: {n}",
    # Terminal
    "present": "presente",
    "absent": "ausente",
    "{n} types: {share}": "{n} tipos: {share}",
    "{n} claims were removed: their evidence did not hold.": (
        "Se eliminaron {n} afirmaciones: su evidencia no se sostenía."
    ),
    "{n} sentences were removed: their evidence did not hold.": (
        "Se eliminaron {n} frases: su evidencia no se sostenía."
    ),
    # Report
    "Differential diagnosis": "Diagnóstico diferencial",
    "Ask next": "Pregunte ahora",
    "; possible only": "; solo posible",
    " ({n} listed types together: {share})": " (los {n} tipos de la lista juntos: {share})",
    "Language model": "Modelo de lenguaje",
    "Sources and licences": "Fuentes y licencias",
    "Versions": "Versiones",
    "No finding was recognised; the words of the story were weighed.": (
        "No se reconoció ningún hallazgo; se sopesaron las palabras de la historia."
    ),
    "Characters that the font of this report has not are shown as □: {n}.": (
        "Los caracteres que la letra de este informe no tiene se muestran como □: {n}."
    ),
}
"""English -> Spanish."""
