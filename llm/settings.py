"""What is known in each setting, and what ranks there; common conditions are loaded when a setting first needs them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from threading import Lock

from kg.common_schema import Setting
from kg.errors import NotReadyError
from kg.schema import Finding
from llm.conversation.case import Sources
from retrieval.candidates import Ranker
from retrieval.everyday import EverydayPractice, EverydayRanker
from retrieval.multilingual import MultilingualReader
from retrieval.schema import Ranking, UrgentCondition
from retrieval.urgent import find_urgent


class SettingSources:
    """The sources of each setting; those of the genetics clinic are there from the start.

    Args:
        clinic: sources of the genetics clinic.
        stories: tells the words of a story that are the patient's.
        load_everyday: gives what ranks outside the clinic; None to do without other settings.
    """

    def __init__(
        self,
        clinic: Sources,
        stories: MultilingualReader,
        load_everyday: Callable[[], EverydayPractice] | None = None,
    ) -> None:
        self._stories = stories
        self._load_everyday = load_everyday
        self._loading = Lock()
        self._sources = {Setting.GENETICS_CLINIC: clinic}

    @cached_property
    def _everyday(self) -> EverydayPractice:
        if self._load_everyday is None:
            raise NotReadyError("this assistant was made without common conditions, so it has no other setting")
        return self._load_everyday()

    def of(self, setting: Setting) -> Sources:
        """What is known, and what ranks it, in a setting. Raises NotReadyError without common conditions."""
        if setting in self._sources:
            return self._sources[setting]
        with self._loading:  # who asks meanwhile waits instead of loading the same again
            if setting not in self._sources:
                everyday, clinic = self._everyday, self._sources[Setting.GENETICS_CLINIC]
                self._sources[setting] = Sources(
                    everyday.model, everyday.ranker(setting), clinic.lexicon, clinic.library, stories=self._stories
                )
        return self._sources[setting]

    def is_loaded(self, setting: Setting) -> bool:
        """Whether nothing has to be loaded for a setting."""
        return setting in self._sources

    def ranker(self, setting: Setting, story: str, findings: Sequence[Finding]) -> Ranker:
        """What ranks in a setting; outside the genetics clinic by the words and the history that a story tells too."""
        ranker = self.of(setting).ranker
        if not story.strip() or not isinstance(ranker, EverydayRanker):
            return ranker
        words = self._stories.patient_words(story, findings)
        return ranker.for_story(words, self._everyday.history_told(story) if words else None)

    def urgent(self, setting: Setting, findings: Sequence[Finding], ranked: Ranking) -> tuple[UrgentCondition, ...]:
        """What must not be missed, by the ranking that is shown; nothing in the clinic."""
        if setting is Setting.GENETICS_CLINIC:
            return ()
        everyday = self._everyday
        return find_urgent(everyday.model, everyday.table, findings, ranked)
