"""Word forms: which words count as the same when a text is compared with the wordings of terms.

Promise: three ways of comparing, each coarser than the one before: by inflection, by derivation, by meaning. Words are
numbers, and the key of a wording is the sum over its words, so that their order cannot matter.
Deliberately not done here: which wordings there are (``retrieval.lexicon``), misspellings
(``retrieval.misspellings``), other languages.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

# A hyphened prefix belongs to its word ("non-verbal" is "nonverbal"); every other hyphen parts two words.
_PREFIX = (
    "anti|bi|co|de|dys|extra|hemi|hyper|hypo|in|inter|intra|macro|mal|mega|micro|mid|multi|neo|non|over|para|peri|poly|"
    "post|pre|pseudo|re|semi|sub|supra|tri|ultra|un|under"
)
# Soft hyphen, zero-width space, word joiner, byte order mark: inside a word they are no part of it.
_UNSEEN = "\u00ad\u200b\u2060\ufeff"
_WITHOUT_UNSEEN = str.maketrans("", "", _UNSEEN)
_DOTS = str.maketrans("ıİ", "ii")
# "Cannot", "can't" and "could not" are one word, so are "does not" and "didn't"; of "isn't" the "not" is left.
_CANNOT, _DOES_NOT = ("can", "could"), ("do", "does", "did", "will")
_NOT = "|".join(rf"(?<=\b{verb}\snot)" for verb in (*_CANNOT, *_DOES_NOT))
_TOKEN = re.compile(
    rf"(?:(?:{_PREFIX})-(?=[^\W\d_]{{3}}))?[^\W_]+(?:[{_UNSEEN}]+[^\W_]+)*(?:['’][st]\b|\snot\b(?:{_NOT}))?",
    re.IGNORECASE,
)
_VERB_DENIED = re.compile(r"(?P<verb>can|could|do|does|did|wo|will|is|are|was|were|has|have|had|would)(?:n?'t|\s?not)")

_KINDS = {
    "function": "a an the of in on at to for from by as his her hers their its my our your is are was were be been "
    "being affecting affects affected involving appeared seemed became become has had have this these both",
    "conjunction": "and or",
    # Said of a finding without changing which one it is; skipped inside a wording that does not have it itself.
    "modifier": "left right bilateral bilaterally unilateral mild moderate severe marked profound slight "
    "significant very so quite rather extremely markedly mildly moderately severely slightly nearly almost both some "
    "several somewhat relatively usually often typically generally sometimes commonly occasionally invariably also "
    "still grossly strikingly consistently persistently transiently intermittently massively profoundly minimally "
    "borderline progressively greatly substantially considerably clearly repeatedly initially constantly modestly",
}
JOINTS = ("conjunction", "comma")
_KIND_OF = {word: kind for kind, words in _KINDS.items() for word in words.split()}

_IRREGULAR_FORMS = """
feet>foot teeth>tooth testes>testis nares>naris phalanges>phalanx children>child comedones>comedo lost>loss lose>loss
loses>loss losing>loss swollen>swelling extremity>limb dilatation>dilated dilation>dilated grey>gray deaf>deafness
larger>large atria>atrium corpora>corpus cortices>cortex crises>crisis disk>disc disks>disc diverticula>diverticulum
femora>femur foramina>foramen ganglia>ganglion helices>helix irides>iris lenses>lens pelves>pelvis septa>septum
abdo>abdomen pee>urine pees>urine peed>urine peeing>urine weeing>urine poo>stool poos>stool poop>stool
smaller>small broader>broad wider>wide shorter>short thinner>thin thicker>thick narrower>narrow coarser>coarse
"""
_IRREGULAR = dict(pair.split(">") for pair in _IRREGULAR_FORMS.split())
_BRITISH = (
    (re.compile(r"(?<=.)[ao]e(?=.)|^[ao]e"), "e"),  # anaemia, oedema
    (re.compile(r"(?<=\w\w)our(?=$|s$|ed$|al$|less$|ing$)"), "or"),  # tumour, behaviour
    (re.compile(r"(?<=\w\w\w)is(?=e$|es$|ed$|ing$|ation$)"), "iz"),  # localised
    (re.compile(r"(?<=\w[tb])re$"), "er"),  # fibre, goitre, centre
    (re.compile("sulph"), "sulf"),
    (re.compile("^leuco"), "leuko"),
    (re.compile("^lach?rym"), "lacrim"),
)


def _endings(table: str) -> tuple[tuple[str, str, int], ...]:
    """``ies>y:2`` -> the ending "ies" becomes "y" where at least 2 letters stand before it."""
    return tuple((old, new, int(n)) for old, new, n in (re.split("[>:]", rule) for rule in table.split()))


# The first ending that fits is used. ss, us and is are listed to keep their s.
_PLURAL = _endings(
    "omata>oma:2 ies>y:2 oses>osis:3 yses>ysis:3 stases>stasis:3 sses>ss:1 xes>x:1 ches>ch:2 shes>sh:2 ae>a:2 i>us:3 "
    "ss>ss:0 us>us:0 is>is:0 s>:3"
)
# Nouns and adjectives of Greek make: cyanosis/cyanotic, hypoplasia/hypoplastic, microcephaly/microcephalic.
_GREEK = _endings(
    "eic>ea:3 osis>os:3 otic>os:3 plasia>plas:1 plastic>plas:1 trophic>troph:1 trophy>troph:1 ism>ist:3 istic>ist:3 "
    "itis>it:4 itic>it:4 ic>ia:4 y>ia:4"
)
# deceleration/decelerated, irregularity/irregular (its y became ia), shortening/shortened/short, absence/absent.
_DERIVATION = _endings(
    "ness>:4 ment>:4 ibilitia>ibl:3 abilitia>abl:3 "
    "itia>:4 ification>if:3 ified>if:3 ation>:3 ated>:4 ating>:4 ate>:4 tion>t:3 sion>s:2 ance>an:3 "
    "ancia>an:3 ant>an:3 ence>en:3 encia>en:3 ent>en:3 ened>:4 ening>:4 ied>:3 ed>:3 ing>:4 ical>:4 lia>:4 ia>:5 e>:3"
)
_DOUBLED = re.compile(r"(?<=\w\w)([bdgmnprt])\1$")

# Words that name the same thing inside a longer wording; the first of a group stands for it.
_QUALITIES = """
abnormal abnormality anomaly irregular unusual atypical aberrant defect malformation disorder disturbance problem
disturbed disrupted | manifestation lesion | deformity | absent absence lack loss missing aplasia agenesis | decreased
reduced reduction low diminished poor subnormal decline | increased elevated high raised excess excessive | small
underdeveloped hypoplasia tiny underdevelopment | large big enlarged enlargement | broad wide widened | impaired
deficit difficulty dysfunction | delayed retarded late | thin narrow narrowing | extra supernumerary accessory |
frequent recurrent repeated | premature early precocious | fused fusion synostosis | atrophy wasting | dislocation
luxation dislocated | inability unable cannot | flat flattened | bowed bowing bent | crowded crowding | unstable
unsteady instability unsteadiness | rapid fast | weak weakness
"""
_THINGS = """
abdomen abdominal belly | blood serum plasma circulating | bone osseous skeletal skeleton | brain cerebral | breathing
respiration respiratory | skull cranium cranial calvaria calvarial | ear aural otic | eye ocular ophthalmic
ophthalmologic ophthalmological | face facial facies | gait walk walking | hearing auditory | heart cardiac |
intellectual mental cognitive | intestine intestinal bowel gut | kidney renal | language speech vocalization | limb
extremity | little pinky pinkie fifth 5th v | first 1st | second 2nd ii | third 3rd iii | fourth 4th iv | liver
hepatic | lung pulmonary | muscle muscular | nose nasal | naris nostril | skin cutaneous dermal dermatologic
dermatological | stool fecal | tongue lingual | tooth dental dentition | tumor neoplasm neoplasia | vision visual
sight | vertebra vertebral | bleeding hemorrhage | edema swelling | paralysis palsy | seizure convulsion epilepsy
epileptic | mouth oral | pinna auricular auricle | neck nuchal | chest thoracic thorax | lip labial | rib costal |
nail ungual | spine spinal | stomach gastric | ovary ovarian | testis testicular | uterus uterine | penis penile |
artery arterial | vein venous | vessel vascular | retina retinal | cornea corneal | lens lenticular | choroid
choroidal | cerebellum cerebellar | joint articular | palate palatal palatine | maxilla maxillary | mandible
mandibular | femur femoral | tibia tibial | fibula fibular | radius radial | ulna ulnar | humerus humeral | pelvis
pelvic | scapula scapular | clavicle clavicular | sternum sternal | spleen splenic | pancreas pancreatic | esophagus
esophageal | trachea tracheal | larynx laryngeal | anus anal | rectum rectal | colon colonic | ureter ureteral |
urethra urethral | genitalia genital | phalanx phalangeal | cortex cortical | ventricle ventricular | atrium atrial |
septum septal | valve valvular | aorta aortic | epiphysis epiphyseal | metaphysis metaphyseal | diaphysis diaphyseal |
trunk truncal | nerve nervous neurologic neurological neural | neuroma neurinoma schwannoma neurilemmoma | palm palmar
| sole plantar | patella patellar | pain painful hurt ache aching
"""
# Words of a term's name that people leave out, or add; not compared by meaning.
_LEFT_OUT = frozenset(
    (
        "morphology",
        "morphological",
        "circulating",
        "concentration",
        "concentrations",
        "level",
        "levels",
        "serum",
        "plasma",
    )
)


# Second halves of the names of germs; no more the disease than "influenzae" is influenza.
_SPECIES = frozenset(("diphtheriae", "influenzae", "meningitidis", "pneumoniae"))


def fold_case(text: str) -> str:
    """Small letters as ``re.IGNORECASE`` takes them: a Turkish dotless or dotted i, unlike in ``casefold``, is an i."""
    return text.translate(_DOTS).casefold()


def plain_phrase(text: str) -> str:
    """A phrase's key: small letters, one space for what parts its words."""
    return fold_case(re.sub(r"[\s-]+", " ", text))


def inflection_of(word: str) -> str:
    """A word without case, accents, British spelling, plural and Greek adjective ending: ``Anaemic`` -> ``anemia``."""
    word = word.casefold().replace("’", "'").removesuffix("'s").replace("-", "")
    if not word.isascii():
        word = "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))
    if len(word) < 3 or word in _SPECIES:
        return word
    if match := _VERB_DENIED.fullmatch(word):
        return "cannot" if match["verb"] in _CANNOT else "doesnot" if match["verb"] in (*_DOES_NOT, "wo") else "not"
    for pattern, to in _BRITISH:
        word = pattern.sub(to, word)
    word = _IRREGULAR.get(word, word)
    singular = _with_ending(word, _PLURAL)
    return _with_ending(_IRREGULAR.get(singular, singular), _GREEK)


def derivation_of(inflected: str) -> str:
    """The stem of an inflected form: ``deceleration`` and ``decelerated`` -> ``deceler``."""
    return _DOUBLED.sub(r"\1", _with_ending(_with_ending(inflected, _DERIVATION), _DERIVATION[-1:]))


def _with_ending(word: str, endings: tuple[tuple[str, str, int], ...]) -> str:
    for old, new, n_before in endings:
        if word.endswith(old) and len(word) - len(old) >= n_before:
            return word.removesuffix(old) + new
    return word


_MEANING_OF = {
    derivation_of(inflection_of(word)): derivation_of(inflection_of(group.split()[0]))
    for group in f"{_QUALITIES}|{_THINGS}".split("|")
    for word in group.split()
}


def meaning_of(word: str) -> str:
    """The stem that stands for all words of this meaning: ``renal`` -> that of ``kidney``."""
    stem = derivation_of(inflection_of(word))
    return _MEANING_OF.get(stem, stem)


_QUALITY_STEMS = frozenset(
    _MEANING_OF[derivation_of(inflection_of(word))] for word in _QUALITIES.replace("|", " ").split()
)


class Word(NamedTuple):
    """A word as numbers. The key of a wording is the sum over its words, so their order cannot matter."""

    inflected: int
    derived: int
    meaning: int
    """0 for words that are not compared by meaning."""
    core: int
    """The meaning, and 0 for modifiers too."""
    is_quality: bool
    """Says how something is, not what."""
    kind: str
    """``function``, ``conjunction``, ``modifier``, ``comma``, or empty for a content word."""


def number(word: str) -> int:
    """A word as 64 bits."""
    # 64 bits: the sums of 80,000 keys and of all the windows of a text do not meet by chance.
    return int.from_bytes(blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest())


@lru_cache(maxsize=1 << 16)
def analyse(raw: str) -> Word:
    """A token as it is compared."""
    kind = "" if raw == "A" else _KIND_OF.get(raw.casefold(), "")  # hemoglobin A, not: a hemoglobin
    inflected = "&" if kind == "conjunction" else inflection_of(raw)
    derived = derivation_of(inflected)
    stem = _MEANING_OF.get(derived, derived)
    meaning = 0 if raw.casefold() in _LEFT_OUT else number(f"{stem} m")
    # The marks keep the ways of comparing apart in the one dictionary of keys.
    core = 0 if kind == "modifier" else meaning
    return Word(number(inflected), number(f"{derived} d"), meaning, core, stem in _QUALITY_STEMS, kind)


def _parting(kind: str) -> Word:
    """A token that no wording has."""
    return Word(number(", i"), number(", d"), number(", m"), number(", m"), False, kind)


_COMMA, _COMMA_AND = _parting("comma"), _parting("conjunction")


class Token(NamedTuple):
    """A word or comma of a text, with its offsets."""

    start: int
    end: int
    word: Word


_BARRIER = re.compile(r"[.;:!?()\[\]{}|•]|\n\s*[-*\n]")
_NEW_ENTRY = re.compile(r"[A-Z][^\n.:]{0,40}:")  # a line "Hearing: ..." begins anew; other lines are wrapped


def segments(text: str, read: Callable[[str], Word] = analyse) -> Iterator[list[Token]]:
    """Runs of tokens that no sentence end, bracket or bullet parts; function words left out, commas as tokens.

    Args:
        text: any text.
        read: how a token is compared.
    """
    segment: list[Token] = []
    end = 0
    for match in _TOKEN.finditer(text):
        between = text[end : match.start()]
        start, end = match.span()
        if between not in ("", " ", "-"):
            if _BARRIER.search(between) or ("\n" in between and _NEW_ENTRY.match(text, start)):
                yield segment
                segment = []
            elif "," in between:
                segment.append(Token(start, start, _COMMA))
            elif ("/" in between or "&" in between) and segment and segment[-1].word.kind not in JOINTS:  # "and/or"
                segment.append(Token(start, start, analyse("and")))
        raw = match[0]
        word = read(raw if raw.isascii() else raw.translate(_WITHOUT_UNSEEN))
        if word.kind == "conjunction" and segment and segment[-1].word.kind in JOINTS:
            if segment[-1].word.kind == "comma":
                segment[-1] = Token(start, start, _COMMA_AND)
            continue
        if word.kind != "function":
            segment.append(Token(start, end, word))
    yield segment
