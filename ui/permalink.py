"""A case <-> the fragment of a web address: ``#hpo=HP:0001250,-HP:0000365&sex=FEMALE&age=P7Y&setting=emergency``.

Promise: a link holds HPO ids, sex, age and where the patient is seen, never a word of the story; what it gives back is
the case that it was made from, without the quotes. A fragment, since a query goes through every proxy on the way, and
into its log. A link that cannot be read is one clear line. ``-`` is an excluded finding, ``!`` one that was denied when
asked for, ``~`` one that the story words as possible only. Other parts of the address are left to whoever they are for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import parse_qs, urlencode

from kg.common_schema import Setting
from kg.errors import UsageError
from kg.ontology import Ontology
from kg.schema import Finding
from retrieval.demographics import ADULT_YEARS, UNKNOWN, Demographics, parse_demographics
from retrieval.findings import parse_finding_ids
from ui.case import ADULT, MAX_FINDINGS, parse_setting

MAX_CHARACTERS = 4_000
"""Of a fragment: more than any link that this module makes, less than any browser or proxy cuts off."""

_POSSIBLE = "~"
_DENIED = "!"


def format_permalink(
    findings: Sequence[Finding], person: Demographics = UNKNOWN, setting: Setting | None = None
) -> str:
    """The fragment, without its ``#``; empty for an empty case.

    Args:
        findings: of the patient.
        person: age and sex.
        setting: where the patient is seen; None: wherever the reader's citedx is used.

    Raises:
        UsageError: the case has more than ``MAX_FINDINGS`` findings.
    """
    if len(findings) > MAX_FINDINGS:
        raise UsageError(
            f"a link holds up to {MAX_FINDINGS} findings, and this case has {len(findings)}: save the case"
        )
    fields = {
        "hpo": ",".join(_sign(f) + f.term_id for f in findings),
        "sex": person.sex or "",
        "age": person.age or ("" if person.years is None else ADULT),
        "setting": setting or "",
    }
    return urlencode({name: value for name, value in fields.items() if value}, safe=":,~!")


def parse_permalink(fragment: str, ontology: Ontology) -> tuple[tuple[Finding, ...], Demographics, Setting | None]:
    """Findings with today's ids and labels, age and sex, and where the patient is seen; nothing of one that names none.

    Raises:
        UsageError, UnknownIdError: the fragment is too long, or one of its values cannot be used.
    """
    if len(fragment) > MAX_CHARACTERS:
        raise UsageError(f"the link has {len(fragment):,} characters, more than the limit of {MAX_CHARACTERS:,}")
    fields = {name: values[-1] for name, values in parse_qs(fragment.removeprefix("#")).items()}
    setting = parse_setting(fields["setting"]) if "setting" in fields else None
    return _findings(fields.get("hpo", ""), ontology), _person(fields.get("sex"), fields.get("age")), setting


def _sign(finding: Finding) -> str:
    if finding.excluded:
        return _DENIED if finding.asked else "-"
    return _POSSIBLE if finding.uncertain else ""


def _findings(ids: str, ontology: Ontology) -> tuple[Finding, ...]:
    if not ids:
        return ()
    words = ids.split(",")
    if len(words) > MAX_FINDINGS:
        raise UsageError(f"the link has {len(words):,} findings, more than the limit of {MAX_FINDINGS}")
    found = parse_finding_ids(",".join(w.removeprefix(_POSSIBLE) for w in words), ontology)
    possible = {ontology.current_id(w[1:]) for w in words if w.startswith(_POSSIBLE)}
    return tuple(replace(f, uncertain=f.term_id in possible) for f in found)


def _person(sex: str | None, age: str | None) -> Demographics:
    if age == ADULT:
        return replace(parse_demographics(sex, None), years=ADULT_YEARS)
    return parse_demographics(sex, age)
