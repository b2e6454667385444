"""Spanish for the lexicon: words as stems, whatever their accents, number, gender and order.

Promise: two ways of comparing, by inflection and by meaning; function words are left out. Accents may be missing,
composed or decomposed. Deliberately not done here: which wordings there are (``retrieval.translated_lexicon``).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from retrieval.translated_lexicon import JOINT, Unit, unit_numbers

_EVERYDAY_WORDS = """
amigdalitis antebrazo cambios crisis deriva lesión masa paso pica resfriado
"""
EVERYDAY = frozenset(_EVERYDAY_WORDS.split())
"""Labels of one word that say nothing by themselves; with another word they are wordings still."""

_TOKEN = re.compile(r"[^\W_\u0300-\u036f](?:[^\W_]|[\u0300-\u036f])*")
_BARRIER = re.compile(r"[.;!?¿¡()\[\]{}|•]|:|\n\s*[-*\n]")
_FUNCTION_WORDS = """
a al ante como con de del desde el en entre es esta este la las le les lo los me mi mis muy nos para por que se ser su
sus tan te un una uno unas unos
"""
_FUNCTION = frozenset(_FUNCTION_WORDS.split())
_JOINTS = frozenset({"y", "e", "o", "u", "ni"})
_MODIFIERS_WORDS = """
derecho derecha derechos derechas izquierdo izquierda izquierdos izquierdas bilateral bilaterales unilateral
unilaterales ambos ambas leve leves moderado moderada moderados moderadas grave graves severo severa severos severas
marcado marcada marcados marcadas importante importantes discreto discreta discretos discretas ligero ligera ligeros
ligeras franco franca evidente evidentes intenso intensa intensos intensas ocasional ocasionales frecuente
frecuentes aislado aislada aislados aisladas progresivo progresiva progresivos progresivas algo algun alguna algunos
algunas bastante mucho mucha muchos muchas poco kg g cm mm
"""
_MODIFIERS = frozenset(_MODIFIERS_WORDS.split())

# The first ending that fits is used: ending > what stands for it : letters that must stand before it.
_PLURAL = """
ciones>cion:1 siones>sion:1 ces>z:2 itis>itis:0 osis>osis:0 asis>asis:0 esis>esis:0 isis>isis:0 ones>on:2 ores>or:2
ares>ar:2 ales>al:2 iles>il:2 eles>el:2 ades>ad:2 enes>en:2 ines>in:2 anes>an:2 us>us:0 s>:3
"""
# Nouns and adjectives of Greek make: hipotonía/hipotónico, hipoplasia/hipoplásico, autismo/autista.
_GREEK = """
osis>os:3 otico>os:3 otica>os:3 plasico>plasia:1 plasica>plasia:1 trofico>trofia:1 trofica>trofia:1 istico>ismo:3
istica>ismo:3 ista>ismo:3 itico>itis:3 itica>itis:3 ico>ia:4 ica>ia:4
"""
_GENDER = "ia>i:3 a>:3 o>:3 e>:4"
# elevación/elevada, disminución/disminuido, ausencia/ausente, adelgazamiento/adelgazado.
_DERIVATION = """
imiento>:4 amiento>:4 izacion>iz:3 acion>:4 icion>:4 ucion>u:3 cion>:4 sion>:4 idad>:4 edad>:4 eza>:4 ancia>an:3
ante>an:3 encia>en:3 ente>en:3 izado>iz:3 izada>iz:3 ado>:4 ada>:4 ido>:4 ida>:4 uido>u:3 uida>u:3 ivo>:4 iva>:4
oso>:4 osa>:4 al>:4 ar>:4
"""

# Words that name the same thing inside a longer wording; the first of a group stands for it.
_MEANINGS = """
anormal anomalia anormalidad alteracion alterado alterada malformacion deformidad trastorno defecto anomalo anomala
irregular | ausencia ausente falta agenesia carencia ausentes | disminucion disminuido disminuida reduccion reducido
reducida bajo baja descenso descendido descendida escaso escasa pobre deficit | aumento aumentado aumentada elevado
elevada elevacion alto alta incremento incrementado incrementada exceso exaltado exaltada | pequeño pequeña chico
chica diminuto diminuta corto corta acortamiento acortado acortada | grande agrandado agrandada agrandamiento |
ancho ancha amplio amplia ensanchado ensanchada ensanchamiento | estrecho estrecha estrechamiento angosto angosta |
delgado delgada fino fina adelgazado adelgazada adelgazamiento | grueso gruesa engrosado engrosada engrosamiento |
dificultad problema incapacidad imposibilidad | retraso retardo retrasado retrasada demora tardio tardia retardado
retardada | recurrente repeticion repetido repetida recidivante recurrencia | convulsion crisis epilepsia epileptico
epileptica convulsivo convulsiva comicial ataque | abdomen abdominal vientre | cara facial facies rostro | oido
auditivo auditiva audicion | ojo ocular | corazon cardiaco cardiaca | riñon renal | higado hepatico hepatica |
cerebro cerebral encefalico encefalica | cerebelo cerebeloso cerebelosa | hueso oseo osea | piel cutaneo cutanea |
musculo muscular | pulmon pulmonar | diente dental dentario dentaria | nariz nasal | lengua lingual | visual vision
vista | mano manual | miembro extremidad | pierna | cabello pelo | hoyuelo foseta | fisura hendidura | prominente
prominencia saliente protruyente abombado abombada | hundido hundida hundimiento deprimido deprimida plano plana
aplanado aplanada | debilidad debil paresia | dolor doloroso
dolorosa duele duelen dolia | infeccion | marcha deambulacion | habla
lenguaje lingüistico | intelectual mental cognitivo cognitiva cognoscitivo cognoscitiva | desarrollo | crecimiento |
neonatal | sanguineo sanguinea sangre serico serica suero plasmatico plasmatica plasma circulante | nivel
concentracion | orina urinario urinaria | sangrado hemorragia | temblor | rigidez | talla estatura | rechazo |
perdida perder | caminar andar
"""


def _endings(table: str) -> tuple[tuple[str, str, int], ...]:
    return tuple((old, new, int(n)) for old, new, n in (re.split("[>:]", rule) for rule in table.split()))


_TABLES = {"plural": _endings(_PLURAL), "greek": _endings(_GREEK), "gender": _endings(_GENDER)}
_DERIVATIONS = _endings(_DERIVATION)


# Compared in capitals only: in small letters they are other words.
_ACRONYMS_WORDS = """
ACV ACVA ADHD AIT ASD BPN BRD BRI CIA CIR CIV CK CPK DAP DCM DM DPN EPOC ERC ERCT ERGE FA FOP GEG GOT GPT HAP HCM HSA
HTA HTP HVI IAM ICC IRC ITU MCH PCA PCR PDA PEG PFO RCIU RCP RGD RGE RNPT ROT RVU SAHS SAOS SNG TDAH TEA TEP TIC TICs
TVNS TVP VSD VSG
"""
_ACRONYMS = frozenset(_ACRONYMS_WORDS.split())


def plain(word: str) -> str:
    """A word without case and accents, but with its ñ: ``Hipotonía`` -> ``hipotonia``."""
    if word in _ACRONYMS:
        return word
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFC", word.casefold()).replace("ñ", "\0"))
    return "".join(c for c in decomposed if not unicodedata.combining(c)).replace("\0", "ñ")


def inflection_of(word: str) -> str:
    """A word without accents, plural, gender and Greek adjective ending: ``microcefálicas`` -> ``microcefali``."""
    word = plain(word)
    if len(word) < 4:
        return word
    for table in _TABLES.values():
        word = _with_ending(word, table)
    return word


def derivation_of(word: str) -> str:
    """The stem that a word shares with its relatives: ``elevación``, ``elevada`` -> ``elev``."""
    stem = _with_ending(_with_ending(plain(word), _TABLES["plural"]), _DERIVATIONS)
    return inflection_of(stem)


def _with_ending(word: str, table: tuple[tuple[str, str, int], ...]) -> str:
    for old, new, n_before in table:
        if word.endswith(old) and len(word) - len(old) >= n_before:
            return word.removesuffix(old) + new
    return word


_MEANING_OF = {
    derivation_of(word): derivation_of(group.split()[0]) for group in _MEANINGS.split("|") for word in group.split()
}


@lru_cache(maxsize=1 << 16)
def _numbers(word: str) -> tuple[int, int]:
    derived = derivation_of(word)
    return unit_numbers(inflection_of(word), _MEANING_OF.get(derived, derived))


def analyse(text: str) -> Iterator[list[Unit]]:
    """Segments of a Spanish text, ended by sentence ends, brackets and bullets; commas and "y" are joints."""
    segment: list[Unit] = []
    end = 0
    for match in _TOKEN.finditer(text):
        between = text[end : match.start()]
        start, end = match.span()
        if _BARRIER.search(between):
            yield segment
            segment = []
        elif "," in between or "/" in between:
            _join(segment, start)
        word = plain(match[0])
        if match[0] in _JOINTS:  # a capital Y is the form of a bone
            _join(segment, start)
        elif word not in _FUNCTION:
            form, meaning = _numbers(match[0])
            segment.append(Unit(start, end, form, meaning, "modifier" if word in _MODIFIERS or word.isdigit() else ""))
    yield segment


def _join(segment: list[Unit], place: int) -> None:
    if segment and segment[-1].kind != "joint":
        segment.append(JOINT._replace(start=place, end=place))


_INSIDE = re.compile(r"\s*\(([^)]*)\)")
_NO_PAIR = re.compile(r"[\d(-]")


def variants(label: str) -> tuple[str, ...]:
    """A label as it is, and without what stands in brackets: ``Ceguera nocturna (nictalopia)``.

    ``Vejiga neurógena/hiperactiva`` is both of two bladders; a word after the slash is no wording by itself.
    """
    without = _INSIDE.sub("", label).strip()
    first, slash, rest = (part.strip() for part in label.partition("/"))
    is_pair = slash and " " not in rest and min(len(first), len(rest)) > 3 and not _NO_PAIR.search(label)
    either = (first, f"{first.rpartition(' ')[0]} {rest}".strip()) if is_pair else ()
    return tuple(dict.fromkeys(w for w in (label, without, *either) if w))
