"""Further wordings of a term, made from those that the ontology lists.

Promise: a table of phrases that mean the same ("lower limb", "leg") and a few patterns of names ("Inability to walk":
"cannot walk") turn each listed wording into those that clinicians write beside it; what is made never outranks what the
ontology lists. Single words that mean the same are ``retrieval.words``' matter.
Deliberately not done here: anything about a single term or a single text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

# "listed: made | made": a phrase of the ontology, and what is also written for it.
_PHRASES = """
lower limb: leg | lower extremity
upper limb: arm | upper extremity
lower limbs: legs
upper limbs: arms
limb: extremity
vertebral column: spine
hearing impairment: hearing loss | deafness
intellectual disability: mental retardation | intellectual impairment | intellectual deficit | cognitive deficit
global developmental delay: developmental delay | psychomotor retardation | psychomotor delay
central nervous system: CNS
nervous system: neurologic
atrioventricular: AV
left ventricular: LV
right ventricular: RV
premature ventricular contraction: ventricular extrasystole | ventricular ectopy
creatine kinase: CK | CPK | creatine phosphokinase
c-reactive protein: CRP
erythrocyte sedimentation rate: ESR
lactate dehydrogenase: LDH
alkaline phosphatase: ALP
aspartate aminotransferase: AST | SGOT
alanine aminotransferase: ALT | SGPT
hepatic transaminase: transaminase | liver enzyme | liver transaminase | aminotransferase
thyroid-stimulating hormone: TSH
parathyroid hormone: PTH
growth hormone: GH
body mass index: BMI
low-density lipoprotein: LDL
high-density lipoprotein: HDL
alpha-fetoprotein: AFP
very long chain fatty acid: VLCFA
hemoglobin: Hb
vermilion border: lip
lip vermilion: lip
cerebral white matter: white matter
deep tendon reflexes: tendon reflexes | reflexes
premature birth: preterm birth | prematurity | born prematurely | born preterm
urinary frequency: frequency of urination
external auditory canal: ear canal | auditory canal
cryptorchidism: undescended testes
brainstem: brain stem
polymicrogyria: microgyria
cerebellar vermis: vermis
flexion contracture: flexion deformity | fixed flexion deformity
white blood cell: leukocyte | WBC
red blood cell: erythrocyte | RBC
complement c3: C3
complement c4: C4
bone mineral density: bone density
small for gestational age: SGA
ventricular septal defect: VSD
on mri: on magnetic resonance imaging
metacarpophalangeal joints: MCP joints
interphalangeal joints: IP joints
motor delay: delayed motor development | delayed motor milestones | motor retardation
speech and language development: language | speech development | language development
ability to walk: walking
self-injurious behavior: self-injury | self-harm
feeding difficulties: poor feeding | difficulty feeding | feeding problems | difficulty eating
skin rash: rash | exanthem
dyspnea: breathlessness | shortness of breath | difficulty breathing | short of breath
syncope: fainting | loss of consciousness
"""
# A name of this form, and how else it is put; \1 is the rest.
_PATTERNS = tuple(
    (re.compile(pattern, re.IGNORECASE), made.split(" | "))
    for pattern, made in (
        (
            r"inability to (?P<x>.+)",
            r"cannot \g<x> | unable to \g<x> | not able to \g<x>",
        ),
        (
            r"difficulty (?P<x>\w+ing .*|\w+ing)",
            r"trouble \g<x> | problems \g<x> | difficulties with \g<x> | difficulty in \g<x>",
        ),
        (
            r"(?:elevated|increased) circulating (?P<x>.+?)(?: concentration| level| activity)?",
            r"elevated \g<x> | elevated blood \g<x>",
        ),
        (
            r"(?:decreased|reduced) circulating (?P<x>.+?)(?: concentration| level| activity)?",
            r"decreased \g<x> | decreased blood \g<x> | \g<x> deficiency | deficient \g<x>",
        ),
        (
            r"(?:elevated|increased) urin(?:e|ary) (?P<x>.+?)(?: concentration| level)?",
            r"elevated urine \g<x> | elevated urinary \g<x> | increased \g<x> in urine",
        ),
        (r"(?:conspicuously|abnormally) (?P<x>.+)", r"\g<x>"),
        (r"hyper(?P<x>\w+)emia", r"elevated \g<x>"),
        (r"hypo(?P<x>\w+)emia", r"decreased \g<x>"),
        (r"(?P<x>.+) muscle weakness", r"\g<x> weakness"),
        (r"muscle weakness", r"weakness"),
        (r"recurrent (?P<x>.+) infections?", r"frequent \g<x> infections | repeated \g<x> infections"),
        (r"abnormality of the (?P<x>.+?)(?: system)?", r"abnormality of \g<x> | \g<x> manifestation"),
        (r"abnormal (?P<x>.+) (?:morphology|physiology)", r"abnormal \g<x> | \g<x> manifestation"),
        (
            r"aplasia/hypoplasia (?:of|involving)(?: the)? (?P<x>.+)",
            r"aplasia of \g<x> | hypoplasia of \g<x> | aplasia or hypoplasia of \g<x>",
        ),
        (r"hypoplasia of(?: the)? (?P<x>.+)", r"short \g<x> | small \g<x> | hypoplastic \g<x>"),
        (r"neoplasm of(?: the)? (?P<x>.+)", r"\g<x> tumor | \g<x> neoplasm"),
        (r"(?P<x>.+), (?P<y>mild|moderate|severe|profound|borderline)", r"\g<y> \g<x>"),
        (r"(?P<x>.+), (?P<y>\w+ .+)", r"\g<x> and \g<y>"),
    )
)
_DYSMORPHIC = (
    "dysmorphic",
    "distinctive",
    "characteristic",
    "unusual",
    "abnormal",
    "peculiar",
    "typical",
    "recognizable",
)
_FACIAL = ("facial features", "facial appearance", "facial gestalt", "face", "facies", "facial characteristics")
_FACIAL_NAME = "Abnormal facial shape"


def _phrases() -> tuple[tuple[re.Pattern[str], tuple[str, ...]], ...]:
    rules = []
    for line in _PHRASES.strip().splitlines():
        listed, _, made = line.partition(":")
        rules.append(
            (re.compile(rf"\b{re.escape(listed)}\b", re.IGNORECASE), tuple(m.strip() for m in made.split("|")))
        )
    return tuple(rules)


_RULES = _phrases()


def other_wordings(wording: str) -> Iterator[str]:
    """What is written beside a listed wording; may repeat it, and each other."""
    made = [wording, *_replaced(wording)]
    for text in made:
        for pattern, templates in _PATTERNS:
            if match := pattern.fullmatch(text):
                made_here = [match.expand(t) for t in templates]
                yield from made_here
        if text != wording:
            yield text
    if wording == _FACIAL_NAME:
        yield from (f"{adjective} {noun}" for adjective in _DYSMORPHIC for noun in _FACIAL)
        yield from (f"{adjective} craniofacial features" for adjective in _DYSMORPHIC)


def _replaced(wording: str) -> Iterator[str]:
    folded = wording.casefold()
    for pattern, made in _RULES:
        if pattern.search(folded):
            yield from (pattern.sub(m, wording) for m in made)
