"""Which language a story is in: English, Chinese, Spanish, or one that is not read.

Promise: nothing is fetched, and a note of two words is enough. The script tells Chinese, Japanese, Korean, Russian or
Arabic; for Latin letters function words, the vocabulary of the wordings that can be found, and word endings vote, since
a clinical note often has no function word at all ("Seizures, hypotonia"). English is the answer where nothing speaks
for another language. Libraries for this were measured and are worse on notes of a few words (docs/log.md).
Deliberately not done here: telling unread languages apart reliably; the name given is the likeliest.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Set
from functools import lru_cache
from itertools import chain

from kg.ontology import Ontology
from kg.sources.wordings import bundled_wordings, load_wordings
from kg.translations import Language
from retrieval.errors import UnsupportedLanguageError

_MAX_CHARACTERS = 20_000
"""Of a longer text the start decides."""
_HAN_WEIGHT = 3  # a Han character says about as much as three letters
_MIN_KANA_SHARE = 0.1  # of Han and kana; Japanese has about half
_MIN_HAN_SHARE = 0.3  # of the Latin letters: English words in a Chinese note are read too, but not the other way round
_MIN_SCORE = 1.0
_LETTER_WEIGHT = 0.75  # a name may have them in any language
_ENDING_WEIGHT = 0.5
_LETTER_WORD_WEIGHT = 0.3  # a single letter is a word of several languages, and in "2 y/o" of none

_SCRIPTS = {
    "CJK": "zh", "HIRAGANA": "Japanese", "KATAKANA": "Japanese", "HANGUL": "Korean", "LATIN": "latin",
    "CYRILLIC": "Russian or a language in Cyrillic letters", "ARABIC": "Arabic or a language in its letters",
    "HEBREW": "Hebrew", "GREEK": "Greek", "DEVANAGARI": "Hindi or a language in Devanagari", "THAI": "Thai",
    "BENGALI": "Bengali", "TAMIL": "Tamil", "GEORGIAN": "Georgian", "ARMENIAN": "Armenian", "ETHIOPIC": "Amharic",
}  # fmt: skip
# Characters that Japan alone writes so.
_JAPANESE_HAN = frozenset("発検児対応気単経続総変歩悪黒臓徴圧覚聴帯庁痩渋髄鉄満両伝売県団図囲")

# Function words, and the commonest words of notes: fever, cough, pain, seizures, delay, years.
_COMMON_WORDS = {
    "English": """
        i you your we our do does did his him the and of with is was were are has had have no not for in on at to from
        by he she her they it this that which who an a as after since but or without there been be old year years
        month months patient my pt hx dx yo neg pos boy girl man woman male female infant child baby
    """,
    "Spanish": """
        yo mi me el la los las un una de del con sin y no que en por para se su sus al es son fue ha años meses
        presenta desde pero como más muy paciente niño niña hay también
    """,
    "German": """
        ich mein meine sie er es wir der die das und ist nicht ein eine einer eines einem einen mit von zu den dem des
        im auf für bei seit sich wurde wird hat keine kein nach aus auch oder war bis sowie durch über seine ihre
        patientin jahre jahren fieber husten atemnot schmerzen anfälle krampfanfälle entwicklungsverzögerung
        kleinwuchs muskelhypotonie taubheit
    """,
    "French": """
        vous je nous votre vos avez êtes mon ma mes le la les des du et est une un dans avec pour sur pas qui que au
        aux ce cette il elle sans depuis été chez ne plus par ou son sa ses avait présente de ans mois fièvre toux
        douleur retard crises surdité taille petite
    """,
    "Italian": """
        io mio mia suo sua lui lei il lo la gli le di del della dei delle e è un una con per non che da dal nel nella
        alla al sono ha anni mesi senza anche si stato paziente febbre tosse dolore ritardo convulsioni statura bassa
    """,
    "Portuguese": """
        eu meu minha você ele ela o a os as do da dos das de e é um uma com não que em no na nos nas por para ao foi
        sem há ou seu sua anos meses mais paciente febre tosse dor atraso convulsões baixa surdez tem
    """,
    "Dutch": """
        ik mijn we de het een en van is niet met in op te zijn voor aan bij geen ook naar door heeft werd sinds of uit
        hij zij jaar maanden koorts hoest pijn aanvallen kleine doofheid
    """,
    "Swedish": "och är en ett att på med av för inte som har den det till från utan hon han år",
    "Danish or Norwegian": "og er en et at på med af av for ikke som har den det til fra uten uden hun han år",
    "Polish": "na nie jest się do od po bez oraz u przez ma lat dla miesięcy pacjent gorączka kaszel drgawki ból",
    "Czech": "na je se že do od bez pro byl byla má let",
    "Turkish": "ve bir bu ile için olan değil var yok da de hasta ateş öksürük nöbet ağrı",
    "Romanian": "și în cu de la nu este o un pe fără din ani pacient",
    "Finnish": "ja on ei oli että sekä hän myös vuotias",
    "Hungarian": "és a az nem egy van volt hogy éves",
    "Vietnamese": "và có không của là bệnh nhân cho bị trẻ",
    "Indonesian": "dan yang dengan tidak pada di dari ini anak",
    "Catalan": "i el la els les amb no de per que és una un sense",
}
_ENDINGS = {
    "English": "tion tions ity ness ing ings ly ous ed sh al ia y ies",
    "Spanish": "ción ciones cion dad dades miento ía ías ia ias oso osa ado ada ados adas",
    "German": "ung ungen heit keit isch ische ie ien ose ität fälle sucht",
    "French": "tion tions ité eux euse isme ose ie ies ique ée és",
    "Italian": "zione zioni ità ismo osi ia ie ale ato ata",
    "Portuguese": "ção ções dade ismo ose ia ias ões ado ada",
    "Dutch": "ing heid isch ie ieën aal",
}
_LETTERS = {
    "German": "äöüß", "French": "àâçèêëîïôœùû", "Italian": "àèìòù", "Portuguese": "ãõâêôç", "Dutch": "ëï",
    "Swedish": "åäö", "Danish or Norwegian": "åæø", "Polish": "ąćęłńśźż", "Czech": "ěščřžýů", "Turkish": "şğıçö",
    "Romanian": "șțăâî", "Finnish": "äö", "Hungarian": "őűö", "Vietnamese": "đơưăạảấầẩậắằẹẻếềểệỉịọỏốồổộớờởợụủứừửựỳỵỷỹ",
    "Catalan": "çàèòï",
}  # fmt: skip
_WORD = re.compile(r"[^\W\d_]+(?:[\u0300-\u036f][^\W\d_]*)*")
_WORDS_OF = {name: frozenset(words.split()) for name, words in _COMMON_WORDS.items()}
_ENDINGS_OF = {name: tuple(endings.split()) for name, endings in _ENDINGS.items()}
_READ = {"English": Language.ENGLISH, "Spanish": Language.SPANISH}


class LanguageDetector:
    """Tells the language of a text.

    Args:
        vocabularies: words of the wordings that can be found in English and in Spanish, in small letters.
    """

    def __init__(self, vocabularies: Mapping[Language, Set[str]]) -> None:
        self._vocabulary_of = {language.english_name: words for language, words in vocabularies.items()}

    @classmethod
    def of(cls, ontology: Ontology, spanish_labels: Iterable[str] = ()) -> LanguageDetector:
        """The detector that knows an ontology's names and synonyms, Spanish labels and the project's own wordings."""
        terms = (ontology.terms[t] for t in ontology.phenotypic_abnormalities)
        english = _words(text for term in terms for text in (term.name, *(s.text for s in term.synonyms)))
        own = (text for _, text in load_wordings(bundled_wordings(Language.SPANISH)))
        spanish = _words(chain(own, spanish_labels))
        return cls({Language.ENGLISH: english, Language.SPANISH: spanish})

    def detect(self, text: str) -> Language:
        """The language of a text.

        Raises:
            UnsupportedLanguageError: it is none that is read.
        """
        text = unicodedata.normalize("NFC", text[:_MAX_CHARACTERS])
        script = _script_of(text)
        if script == "zh":
            return Language.CHINESE
        if script != "latin":
            raise _unsupported(script)
        scores = self._scores([w.casefold() for w in _WORD.findall(text)])
        # The order decides between equals: what is read comes first, and English before Spanish.
        best = max(scores, key=lambda name: scores[name])
        if scores[best] < _MIN_SCORE:
            return Language.ENGLISH
        if best in _READ:
            return _READ[best]
        raise _unsupported(best)

    def _scores(self, words: list[str]) -> dict[str, float]:
        scores = dict.fromkeys(_COMMON_WORDS, 0.0)
        for word in words:
            letters = set(word)
            for name in scores:
                if word in _WORDS_OF[name] or word in self._vocabulary_of.get(name, ()):
                    scores[name] += 1.0 if len(word) > 1 else _LETTER_WORD_WEIGHT
                elif letters & set(_LETTERS.get(name, "")):
                    scores[name] += _LETTER_WEIGHT
                elif len(word) > 4 and word.endswith(_ENDINGS_OF.get(name, ("\0",))):
                    scores[name] += _ENDING_WEIGHT
        return scores


def _unsupported(name: str) -> UnsupportedLanguageError:
    return UnsupportedLanguageError(
        f"the text seems to be {name}; stories are read in English, Chinese and Spanish: "
        "translate it, or give the findings as HPO ids"
    )


def _words(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(w for text in texts for w in _WORD.findall(text.casefold()) if len(w) > 1)


@lru_cache(maxsize=1 << 14)
def _script(character: str) -> str:
    words = unicodedata.name(character, "").split()
    word = words[1] if words[:1] in (["FULLWIDTH"], ["HALFWIDTH"]) and len(words) > 1 else (words or [""])[0]
    return _SCRIPTS.get(word, "")


def _script_of(text: str) -> str:
    """``zh``, ``latin``, or the name of a language that is not read."""
    counts: Counter[str] = Counter(_script(c) for c in text if c.isalpha())
    counts.pop("", None)
    kana, han = counts["Japanese"], counts["zh"]
    if kana > _MIN_KANA_SHARE * (kana + han) or any(c in _JAPANESE_HAN for c in text):
        counts["Japanese"] = kana + counts.pop("zh", 0)
    for name in ("zh", "Japanese", "Korean"):
        counts[name] *= _HAN_WEIGHT
    if counts["zh"] > _MIN_HAN_SHARE * counts["latin"]:
        counts["latin"] = 0
    best, n = max(counts.items(), key=lambda item: item[1], default=("latin", 0))
    return best if n else "latin"
