"""Sentences of answers and claims in Spanish, by their English templates (``kg.phrases``)."""

from __future__ import annotations

SPANISH_ANSWERS = {
    # Joints
    " ": " ",
    " and ": " y ",
    "{parts}.": "{parts}.",
    "{said}.": "{said}.",
    "{what} ({more})": "{what} ({more})",
    "{what}: {words}": "{what}: {words}",
    "{words} and {n} more": "{words} y {n} más",
    "and {findings}": "y {findings}",
    "{question} {parts}.": "{question} {parts}.",
    # How often
    "patient": "paciente",
    "patients": "pacientes",
    "female patient": "paciente mujer",
    "female patients": "pacientes mujeres",
    "male patient": "paciente varón",
    "male patients": "pacientes varones",
    "{n} of {m} {who}": "{n} de {m} {who}",
    "{share} of {who}": "{share} de los {who}",
    "{low} to {high} of {who}": "{low} a {high} de los {who}",
    "obligate": "siempre",
    "very frequent": "muy frecuente",
    "frequent": "frecuente",
    "occasional": "ocasional",
    "very rare": "muy raro",
    "excluded": "excluido",
    "seen in {of_whom}": "se ve en {of_whom}",
    "reported": "consta",
    "reported in {who}": "consta en {who}",
    "reported absent": "consta como ausente",
    "reported absent in {who}": "consta como ausente en {who}",
    "reported absent ({of_whom})": "consta como ausente ({of_whom})",
    "not stated": "no consta",
    "1 in {few} people": "1 de cada {few} personas",
    "1 in {few} to {many} people": "entre 1 de cada {few} y 1 de cada {many} personas",
    # Claims
    "this disease": "esta enfermedad",
    "{label} is {how}": "{label}: {how}",
    "{label} is {how}.": "{label}: {how}.",
    "{label}: the more specific {annotated} is {how}": "{label}: más específico, «{annotated}», {how}",
    "{label}: the more general {annotated} is {how}": "{label}: más general, «{annotated}», {how}",
    "{label} is absent here, and it is {how}": "{label}: ausente aquí, y {how}",
    "{label} is absent here, but it is {how}": "{label}: ausente aquí, pero {how}",
    "{label} is present here, but it is {how}": "{label}: presente aquí, pero {how}",
    "{label} is absent here, and {annotated} is {how}": "{label}: ausente aquí, y «{annotated}», {how}",
    "{label} is absent here, but {annotated} is {how}": "{label}: ausente aquí, pero «{annotated}», {how}",
    "{label} is present here, but {annotated} is {how}": "{label}: presente aquí, pero «{annotated}», {how}",
    "Expected and not mentioned: {label} is {how}": "Esperable y no mencionado: {label}, {how}",
    "{told} makes it likelier: a risk factor is {factor}": (
        "{told} la hace más probable: un factor de riesgo es {factor}"
    ),
    "Words of the story also in this disease's description: {words}": (
        "Palabras de la historia que también están en la descripción de esta enfermedad: {words}"
    ),
    "Published patients": "Pacientes publicados",
    "A published patient": "Un paciente publicado",
    "{who} with {disease} had {shared}": "{who} con {disease}: {shared}",
    # Evidence
    "{disease} ({id}): associated with {genes}.": "{disease} ({id}): se asocia con {genes}.",
    "{disease} ({id}): about {share}.": "{disease} ({id}): cerca de {share}.",
    "{disease} ({id}): a risk factor is {factor}.": "{disease} ({id}): un factor de riesgo es {factor}.",
    "{disease} ({id}): {finding}, {how}.": "{disease} ({id}): {finding}, {how}.",
    "{disease} ({id}): {finding}, {how}, no frequency given.": "{disease} ({id}): {finding}, {how}, sin frecuencia.",
    "{disease} ({id}): {said}.": "{disease} ({id}): {said}.",
    "a test is {name}": "una prueba es {name}",
    "a red flag is {flag}": "un signo de alarma es {flag}",
    "no definition given.": "sin definición.",
    "Also called: {names}.": "También llamado: {names}.",
    "A kind of: {names}.": "Es un tipo de: {names}.",
    "Published patient": "Paciente publicado",
    "{who} with {disease}: {findings}.": "{who} con {disease}: {findings}.",
    "no findings listed": "sin hallazgos",
    "Not seen: {findings}.": "No se vio: {findings}.",
    "{finding} ({n} of {m})": "{finding} ({n} de {m})",
    # Standing
    "first": "la primera",
    "number {rank}": "la número {rank}",
    "{place} of {n} candidates, with a probability of {share}": (
        "{place} de {n} candidatas, con una probabilidad de {share}"
    ),
    "none of the {n} candidates": "ninguna de las {n} candidatas",
    "above 99.9%": "más de 99.9%",
    "below 0.1%": "menos de 0.1%",
    "Number {rank} is {name}, with a probability of {share}.": (
        "La número {rank} es {name}, con una probabilidad de {share}."
    ),
    "That it is none of the {n} shown: {share}.": "Que no sea ninguna de las {n} que se muestran: {share}.",
    (
        "How soon this patient must be seen, and where, no source here decides. That nothing is listed does not mean "
        "that nothing is urgent."
    ): (
        "Cuándo y dónde hay que atender a este paciente no lo decide ninguna de estas fuentes. Que no se liste nada no "
        "quiere decir que nada sea urgente."
    ),
    "By these findings nothing is listed that must not be missed.": (
        "Con estos hallazgos no se lista nada que no se deba pasar por alto."
    ),
    "What must not be missed is listed in general practice and emergency, not in the genetics clinic.": (
        "Lo que no se debe pasar por alto se lista en medicina general y urgencias, no en la consulta de genética."
    ),
    "Not to be missed: {name} ({urgency}), {share}": "No pasar por alto: {name} ({urgency}), {share}",
    "red flags here: {flags}": "signos de alarma en este caso: {flags}",
    "to ask for: {flags}": "pregunte por: {flags}",
    "emergency": "emergencia",
    "urgent": "urgente",
    "routine": "sin urgencia",
    "No disease reaches a probability of {least}, the least that an accepted risk of {risk} allows.": (
        "Ninguna enfermedad alcanza una probabilidad de {least}, la mínima que permite un riesgo aceptado de {risk}."
    ),
    # Why, and what tells apart
    "The sources state no finding of {name}, so it cannot be weighed.": (
        "Las fuentes no dan ningún hallazgo de {name}, así que no se puede sopesar."
    ),
    "The sources do not state of it: {findings}.": "Las fuentes no dan de ella: {findings}.",
    "{said} (likelihood ratio {ratio})": "{said} (razón de verosimilitud {ratio})",
    "{name} is not among the {n} candidates that the graph and published cases bring up.": (
        "{name} no está entre las {n} candidatas que dan el grafo y los casos publicados."
    ),
    "{name} is {standing}.": "{name} es {standing}.",
    "{finding} (likelihood ratio {better} against {worse})": (
        "{finding} (razón de verosimilitud {better} frente a {worse})"
    ),
    "Over the second, {name}, it is favoured most by: {findings}.": (
        "Frente a la segunda, {name}, lo que más la favorece: {findings}."
    ),
    "The first, {name}, explains better: {findings}.": "La primera, {name}, explica mejor: {findings}.",
    "{finding} favours {name}: {parts}.": "{finding} favorece a {name}: {parts}.",
    "{finding} favours {name} a little: {parts}.": "{finding} favorece un poco a {name}: {parts}.",
    "None of the patient's findings tells them apart.": "Ningún hallazgo del paciente las distingue.",
    "the findings together": "los hallazgos en conjunto",
    "how common the two are": "cuán frecuentes son ambas",
    "the story's own words": "las palabras de la historia",
    "what the story tells beside findings": "lo que la historia cuenta además de los hallazgos",
    "what the ranking learned from published patients makes of that": (
        "lo que de eso hace la ordenación, aprendida de pacientes publicados,"
    ),
    "{what} {odds}": "{what} {odds}",
    "What puts {first} before {last} ({share} against {other}), in odds: {parts}.": (
        "Lo que pone a {first} por delante de {last} ({share} frente a {other}), en odds: {parts}."
    ),
    "Of the published patients most like this one {one} have the one and {other} the other.": (
        "De los pacientes publicados más parecidos a este, {one} tienen la una y {other} la otra."
    ),
    "of their product the ranking takes a root, since what belongs to one disease comes together": (
        "de su producto la ordenación toma una raíz, porque lo que es de una enfermedad viene junto"
    ),
    "{n} to 1": "{n} a 1",
    "1 to {n}": "1 a {n}",
    "over 10,000 to 1": "más de 10 000 a 1",
    "1 to over 10,000": "1 a más de 10 000",
    # Next
    "Worth looking for: {finding}: {parts}.": "Conviene buscar: {finding}: {parts}.",
    "The sources name no finding that would tell more.": "Las fuentes no nombran ningún hallazgo que diga más.",
    "What would change the order most, if it were known, the most telling first:": (
        "Lo que más cambiaría el orden si se supiera, primero lo que más dice:"
    ),
    "Does the patient have {finding}?": "¿Presenta el paciente «{finding}»?",
    "Tests for {name}: {tests}.": "Pruebas para {name}: {tests}.",
    "To sequence for {name}: {genes}.": "Para secuenciar por {name}: {genes}.",
    "The sources name no test of {names}.": "Las fuentes no nombran ninguna prueba de {names}.",
    "To look for in {name}: {finding}, {words}.": "Para buscar en {name}: {finding}, {words}.",
    "Without that no finding is left to rank by; the case stays as it is.": (
        "Sin eso no queda ningún hallazgo por el que ordenar; el caso sigue como está."
    ),
    "If the patient also had {findings}, the order would be as follows; the case stays as it is.": (
        "Si el paciente tuviera además {findings}, el orden sería este; el caso sigue como está."
    ),
    "no {finding}": "{finding} (ausente)",
    "no candidate before": "antes no era candidata",
    "before: number {rank}, {share}": "antes: la número {rank}, {share}",
    "Number {rank} would be {name}, {share} ({was}).": "La número {rank} sería {name}, {share} ({was}).",
    "There are no published cases here.": "Aquí no hay casos publicados.",
    "No published patient was found who shares findings with this one.": (
        "No se encontró ningún paciente publicado que comparta hallazgos con este."
    ),
    "No published patient with {named} was found who shares findings with this one.": (
        "No se encontró ningún paciente publicado con {named} que comparta hallazgos con este."
    ),
    # Terms, diseases, genes
    "the ontology gives no definition.": "la ontología no da definición.",
    "{name} ({id}): {meaning}": "{name} ({id}): {meaning}",
    "Also called {names}.": "También llamado {names}.",
    "It is a kind of: {names}.": "Es un tipo de: {names}.",
    "More specific: {names}.": "Más específicos: {names}.",
    "The graph states it, or something more specific, of {n} diseases.": (
        "El grafo lo da, o algo más específico, en {n} enfermedades."
    ),
    "The graph states {finding}, or something more specific, of {n} diseases.": (
        "El grafo da «{finding}», o algo más específico, en {n} enfermedades."
    ),
    "In the differential: {parts}.": "En el diagnóstico diferencial: {parts}.",
    "{name}: {finding}, {words}.": "{name}: {finding}, {words}.",
    "{finding} is not stated of {names}.": "«{finding}» no consta en {names}.",
    "{finding} {how}": "«{finding}» {how}",
    "{finding} (“{quote}”)": "{finding} (“{quote}”)",
    "This patient has {finding}.": "Este paciente presenta {finding}.",
    "This patient has no {finding}.": "Este paciente no presenta {finding}.",
    "The sources have nothing on {names} but the name.": "Las fuentes no tienen nada de {names} salvo el nombre.",
    "The sources name no gene of {names}.": "Las fuentes no nombran ningún gen de {names}.",
    "{name}: gene {genes}.": "{name}: gen {genes}.",
    "{name}: genes {genes}.": "{name}: genes {genes}.",
    "By the findings alone; no variant is weighed.": "Solo por los hallazgos; no se sopesa ninguna variante.",
    "{symbol}: no candidate has it; it has {n}.": "{symbol}: ninguna candidata lo tiene; es de {n}.",
    "{name}, {standing}": "{name}, {standing}",
    "{symbol}: {disease}": "{symbol}: {disease}",
    "{said}; {n} of this gene": "{said}; {n} de este gen",
    "1 disease": "1 enfermedad",
    "{n} diseases": "{n} enfermedades",
    "1 more disease": "1 enfermedad más",
    "{n} more diseases": "{n} enfermedades más",
    "{gene} is associated with {n}.": "{gene} se asocia con {n}.",
    "And {n} more.": "Y {n} más.",
    "how it is inherited": "cómo se hereda",
    "when it begins": "cuándo empieza",
    "The sources do not say {what}: {names}.": "Las fuentes no dicen {what}: {names}.",
    "{name}: {terms}.": "{name}: {terms}.",
    "{name}: about {share}.": "{name}: cerca de {share}.",
    "Pages about diseases are not installed here: citedx data pull medquad.": (
        "Aquí no están instaladas las páginas sobre enfermedades: citedx data pull medquad."
    ),
    "No page in the sources speaks of {topic} in {names}.": (
        "Ninguna página de las fuentes habla de {topic} en {names}."
    ),
    "{page} on {title}: “{quote}”": "{page} sobre {title}: “{quote}”",
    "this": "esto",
    "pages": "páginas",
    "treatment": "tratamiento",
    "outlook": "pronóstico",
    "cause": "causa",
    "tests": "pruebas",
    "urgency": "urgencia",
    # How a question was read
    "Not in the sources.": "No está en las fuentes.",
    "“{said}” is taken for {name}.": "“{said}” se toma por {name}.",
    "1 other disease": "otra enfermedad",
    "{n} other diseases": "otras {n} enfermedades",
    "{name} (number {rank})": "{name} (la número {rank})",
    "{n} in the sources could be meant by “{said}”.": "“{said}” podría ser también {n} de las fuentes.",
    "{n} in the sources could be meant by “{said}”, of which the list has {names}.": (
        "“{said}” podría ser también {n} de las fuentes; en la lista está {names}."
    ),
    "This is about the likeliest of all here, {name}.": "Se responde por la más probable aquí, {name}.",
    "This is about {names}.": "Se responde por {names}.",
    "{name} is taken for {kind}, which is in the list.": "{name} se toma por {kind}, que está en la lista.",
    "Of the diseases of {genes}, this is about {names}.": "De las enfermedades de {genes}, se responde por {names}.",
    "{id} is not a disease of the sources.": "{id} no es una enfermedad de las fuentes.",
    "{id} is not a term of HPO {version}, nor an older id of one.": (
        "{id} no es un término de HPO {version}, ni un identificador antiguo de uno."
    ),
    "There is no number {rank} in the list of {n}.": "No hay número {rank} en la lista de {n}.",
    "{symbol} is no gene of these sources.": "{symbol} no es un gen de estas fuentes.",
    (
        "I do not know “{said}”: no disease of these sources is called so. Ask with another name, an id such as "
        "OMIM:154700, or a number of the list."
    ): (
        "No conozco “{said}”: ninguna enfermedad de estas fuentes se llama así. Pregunte con otro nombre, un "
        "identificador como OMIM:154700 o un número de la lista."
    ),
    "I know “{said}” as a finding, not as a disease of these sources.": (
        "Conozco “{said}” como hallazgo, no como enfermedad de estas fuentes."
    ),
    "No page in the sources speaks of “{said}” in {name}, and no disease of the sources is called so.": (
        "Ninguna página de las fuentes habla de “{said}” en {name}, y ninguna enfermedad de las fuentes se llama así."
    ),
    "It is a common condition: those are known in general practice and emergency, not in this setting.": (
        "Es una enfermedad frecuente: esas se conocen en medicina general y urgencias, no aquí."
    ),
    "There is no patient with a finding yet: tell the story first.": (
        "Aún no hay un paciente con algún hallazgo: cuente primero la historia."
    ),
    "No disease of the sources was recognised in the question; name one, its id, or its number in the list.": (
        "No se reconoció en la pregunta ninguna enfermedad de las fuentes; nombre una, su identificador o su número en "
        "la lista."
    ),
    "Name two diseases to compare, or their numbers in the list.": (
        "Nombre dos enfermedades para comparar, o sus números en la lista."
    ),
    "No finding of the sources was recognised in the question; name one, or its HPO id.": (
        "No se reconoció en la pregunta ningún hallazgo de las fuentes; nombre uno, o su identificador de HPO."
    ),
    "Understood as: diseases of {genes}.": "Entendido: enfermedades de {genes}.",
    "Understood as: which of the genes {genes} fits this patient.": (
        "Entendido: cuál de los genes {genes} encaja con este paciente."
    ),
    "Understood as: genes of {diseases}.": "Entendido: genes de {diseases}.",
    "Understood as: how common {diseases} is.": "Entendido: cuán frecuente es {diseases}.",
    "Understood as: how {diseases} is inherited.": "Entendido: cómo se hereda {diseases}.",
    "Understood as: onset and course of {diseases}.": "Entendido: inicio y curso de {diseases}.",
    "Understood as: published patients like this one.": "Entendido: pacientes publicados parecidos a este.",
    "Understood as: published patients like this one: {diseases}.": (
        "Entendido: pacientes publicados parecidos a este: {diseases}."
    ),
    "Understood as: the differential, and how sure it is.": ("Entendido: el diagnóstico diferencial y cuán seguro es."),
    "Understood as: the differential, if the patient also had {findings}.": (
        "Entendido: el diagnóstico diferencial, si el paciente tuviera además {findings}."
    ),
    "Understood as: what must not be missed, and the differential.": (
        "Entendido: lo que no se debe pasar por alto, y el diagnóstico diferencial."
    ),
    "Understood as: what speaks for and against {diseases} in this patient.": (
        "Entendido: qué habla a favor y en contra de {diseases} en este paciente."
    ),
    "Understood as: what tells {diseases} apart in this patient.": (
        "Entendido: qué distingue {diseases} en este paciente."
    ),
    "Understood as: what to ask or examine next.": "Entendido: qué preguntar o explorar ahora.",
    "Understood as: what to ask or examine next: {diseases}.": "Entendido: qué preguntar o explorar ahora: {diseases}.",
    "Understood as: what to test, and what to ask or examine next.": (
        "Entendido: qué pruebas hacer, y qué preguntar o explorar ahora."
    ),
    "Understood as: what to test, and what to ask or examine next: {diseases}.": (
        "Entendido: qué pruebas hacer, y qué preguntar o explorar ahora: {diseases}."
    ),
    "Understood as: what {diseases} is.": "Entendido: qué es {diseases}.",
    "Understood as: what {findings} means.": "Entendido: qué significa {findings}.",
    "Understood as: {findings} in the differential.": "Entendido: {findings} en el diagnóstico diferencial.",
    "Understood as: {findings} in {diseases}.": "Entendido: {findings} en {diseases}.",
    "Understood as: {topic} of {diseases}.": "Entendido: {topic} de {diseases}.",
}
"""English template -> Spanish."""
