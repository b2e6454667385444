"""Terms in another language: the official labels that the user pulled, and the project's own clinical wordings.

Promise: a label is shown exactly as its translators published it; ids are those of the ontology in use, and a term
without a translation has no label rather than a made-up one.
Deliberately not done here: reading the files (``kg.sources``), finding wordings in text (``retrieval``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from kg import datasets
from kg.cache import checksum
from kg.errors import NotReadyError, UsageError
from kg.ontology import Ontology
from kg.schema import Provenance
from kg.sources.babelon import Translation, load_babelon
from kg.sources.wordings import bundled_wordings, load_wordings

GROUP = "translations"
"""Name of the translations in ``citedx data pull``."""


class Language(StrEnum):
    """Languages that stories are read in, by their codes."""

    ENGLISH = "en"
    CHINESE = "zh"
    SPANISH = "es"

    @property
    def english_name(self) -> str:
        """The language's English name."""
        return self.name.capitalize()


TRANSLATED = (Language.CHINESE, Language.SPANISH)
"""Languages that a translation of HPO is offered for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Translations:
    """An ontology's terms in one language."""

    language: Language
    labels: Mapping[str, str]
    """Current term id -> official label."""
    synonyms: tuple[tuple[str, str], ...]
    """Current term id and another wording of it: labels of older ids, and the project's own wordings."""
    provenance: Provenance
    """Of the labels; the version is the start of the file's SHA-256, since the home keeps no releases."""

    def label(self, term_id: str) -> str | None:
        """Official label of a current id; None where the term is not translated."""
        return self.labels.get(term_id)


def is_at_hand(language: Language, folder: Path | None = None) -> bool:
    """Whether stories in a language can be read: in English always, in others where their labels have been pulled."""
    return language is Language.ENGLISH or datasets.path_of(_dataset_of(language), folder).is_file()


def _dataset_of(language: Language) -> datasets.DataSet:
    return next(d for d in datasets.load_manifest() if d.name == f"hpo-{language}")


def load_translations(language: Language, ontology: Ontology, folder: Path | None = None) -> Translations:
    """The terms of an ontology in Chinese or Spanish.

    Args:
        language: one of ``TRANSLATED``.
        ontology: whose current ids are wanted.
        folder: data folder; default ``kg.datasets.data_folder()``.

    Raises:
        NotReadyError: the translations have not been pulled.
        SourceError: the file is no Babelon table.
        UsageError: there is no translation into the language.
    """
    if language not in TRANSLATED:
        raise UsageError(f"expected one of the languages {', '.join(TRANSLATED)}, got {language}")
    dataset = _dataset_of(language)
    path = datasets.path_of(dataset, folder)
    if not path.is_file():
        raise NotReadyError(
            f"{language.english_name} needs HPO's {language.english_name} labels, which this installation has not "
            f"pulled yet: citedx data pull {GROUP}"
        )
    records = load_babelon(path)
    return Translations(
        language=language,
        labels={t.term_id: t.label for t in records if t.term_id in ontology.terms},
        synonyms=_labels_of_older_ids(records, ontology) + _own_wordings(language, ontology),
        provenance=Provenance(
            source=f"HPO translation ({language})", version=checksum(path)[:12], reference="", licence=dataset.licence
        ),
    )


def _labels_of_older_ids(records: tuple[Translation, ...], ontology: Ontology) -> tuple[tuple[str, str], ...]:
    older = (t for t in records if t.term_id in ontology.older_ids)
    return tuple((ontology.current_id(t.term_id), t.label) for t in older if not t.label.startswith("obsolet"))


def _own_wordings(language: Language, ontology: Ontology) -> tuple[tuple[str, str], ...]:
    wordings = load_wordings(bundled_wordings(language))
    return tuple((ontology.current_id(term_id), text) for term_id, text in wordings if term_id in ontology)
