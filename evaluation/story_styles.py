"""Twelve ways in which a patient's findings are written down, from the clinic letter to the parent's own words.

Promise: a style says each finding once and nothing else of the patient's health but what ``Told.normal`` holds; a
relative's finding is said to be the relative's. Deliberately not done here: the choice of wordings and of what is told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from evaluation.story_sentences import (
    MOST_IN_LIST,
    Told,
    join_blocks,
    join_sentences,
    list_bare,
    list_full,
    split_dated,
    split_portions,
    verb_before,
    word_denials,
    word_family,
    word_section,
    word_sentences,
)
from evaluation.story_wordings import Register, capitalised


class Style(NamedTuple):
    """A kind of text."""

    register: Register
    write: Callable[[Told], str]


_NOT_FOUND = (
    "There was no evidence of {list}.",
    "{There_was} no {list}.",
    "{She} had no {list}.",
    "No {list} {was} noted.",
    "On examination {she} was without {list}.",
)
_FOUND = (
    "{She} has {full}.",
    "Examination showed {full}.",
    "{Full} {was} noted.",
    "In addition {there_was} {full}.",
)


# Styles


def _write_clinic_letter(told: Told) -> str:
    undated, dated = split_dated(told)
    first, rest = undated[:3], undated[3:]
    reason = f" because of {list_full(first)}" if first else ""
    return join_blocks(
        "Dear colleague,",
        join_sentences(
            [
                f"Thank you for asking me to see this {told.person.described}{reason}.",
                *dated,
                *word_sentences(told, rest, _FOUND),
                *word_denials(told, _NOT_FOUND),
                *told.normal,
                word_family(told, "The mother has {x}.", "{X} runs in the father's family.", "{Her} father has {x}."),
            ]
        ),
        "I will review the results of the investigations in three months.\n\nYours sincerely",
    )


def _write_discharge_summary(told: Told) -> str:
    undated, dated = split_dated(told)
    half = (len(undated) + 1) // 2
    history, found = undated[:half], undated[half:]
    reason = f" with {list_full(history[:MOST_IN_LIST])}" if history else " for investigation"
    return join_blocks(
        "DISCHARGE SUMMARY",
        word_section(
            "History of present illness",
            [
                f"{capitalised(told.person.introduced)} was admitted{reason}.",
                *word_sentences(told, history[MOST_IN_LIST:], ("{She} also had {full}.", "{Full} {was} reported.")),
                *dated,
            ],
        ),
        word_section(
            "Family history", [word_family(told, "Maternal grandmother with {x}.", "A paternal uncle has {x}.")]
        ),
        word_section(
            "Physical examination",
            [
                *told.normal,
                *word_sentences(
                    told, found, ("Notable for {full}.", "{Full} {was} seen.", "On inspection {there_was} {full}.")
                ),
                *word_denials(told, ("No {list}.", "No {list} {was} seen.", "{There_was} no {list}.")),
            ],
        ),
        "Disposition:\nDischarged home in stable condition. Follow-up in the outpatient clinic.",
    )


def _write_telegraphic_note(told: Told) -> str:
    head = f"{told.person.short_age} {told.person.letter}".strip() or "Pt"
    present = list(split_portions(told.present, told.rng))
    lines = [f"{head}, p/w {', '.join(p.listed for p in present[0])}."]
    lines += [f"Also {', '.join(p.listed for p in portion)}." for portion in present[1:]]
    for number, portion in enumerate(split_portions(told.absent, told.rng)):
        forms = ("No {0}.", "Neg for {1}.", "No {2}.")
        texts = (
            list_bare(portion, "or"),
            ", ".join(p.listed for p in portion),
            ", no ".join(p.listed for p in portion),
        )
        lines.append(forms[number % 3].format(*texts))
    lines += [word_family(told, "FHx: mother w/ {x}.", "FHx: {x} in maternal aunt."), *told.normal]
    return join_sentences(lines)


def _write_case_report(told: Told) -> str:
    undated, dated = split_dated(told)
    first, rest = undated[:4], undated[4:]
    came = f"presented with {list_full(first)}" if first else "was referred for evaluation"
    return join_sentences(
        [
            f"{capitalised(told.person.introduced)}, the second child of unrelated parents, {came}.",
            *dated,
            *word_sentences(
                told,
                rest,
                (
                    "Clinical features included {full}.",
                    "Physical examination revealed {full}.",
                    "In addition, {full} {was} observed.",
                    "Further evaluation disclosed {full}.",
                ),
            ),
            *word_denials(
                told,
                (
                    "There was no evidence of {list}.",
                    "No {list} {was} found.",
                    "{She} did not show {list}.",
                    "Evaluation was negative for {list}.",
                ),
            ),
            word_family(told, "{Her} mother had {x}.", "A maternal cousin was affected by {x}."),
        ]
    )


def _write_referral_email(told: Told) -> str:
    undated, dated = split_dated(told)
    return join_blocks(
        "Hi,",
        join_sentences(
            [
                f"could you please see {told.person.introduced} for us?",
                *word_sentences(
                    told, undated, ("{She} has {full}.", "We also noticed {full}.", "Then {there_was} {full}.")
                ),
                *dated,
            ]
        ),
        join_sentences(
            word_denials(
                told, ("We found no {list}.", "{She} does not have {list}.", "So far there is no sign of {list}.")
            )
        ),
        join_sentences(
            [word_family(told, "FYI, the mother has {x}.", "By the way, there is a family history of {x}.")]
        ),
        "Bloods are on the way. Happy to talk on the phone.\n\nMany thanks and best wishes",
    )


def _write_problem_list(told: Told) -> str:
    lines = [f"- {p.capitalised}{f' (first noted {p.when})' if p.when else ''}" for p in told.present]
    denied = [f"- No {p.listed}." if told.rng.random() < 0.7 else f"- {p.capitalised}: absent" for p in told.absent]
    return join_blocks(
        f"{capitalised(told.person.described)}. Problem list:",
        "\n".join(lines),
        "\n".join(["Pertinent negatives:", *denied] if denied else []),
    )


def _write_systems_review(told: Told) -> str:
    lines = [f"Review of systems, {told.person.described}."]
    for system, (present, absent) in sorted(told.by_system().items()):
        has = capitalised(list_bare(present)) + "." if present else ""
        has_not = f"No {list_bare(absent, 'or')}." if absent else ""
        lines.append(f"{system}: {join_sentences([has, has_not])}")
    return "\n".join([*lines, *told.normal])


def _write_form(told: Told) -> str:
    yes, no = told.rng.choice((("yes", "no"), ("present", "absent"), ("Yes", "No"), ("positive", "negative")))
    answers = [(p, yes) for p in told.present] + [(p, no) for p in told.absent]
    told.rng.shuffle(answers)
    sex = {"F": "female", "M": "male"}.get(told.person.letter, "not stated")
    return (
        "\n".join([f"Sex: {sex}", f"Age: {told.person.short_age or 'not stated'}"])
        + "\n"
        + "\n".join(f"{p.capitalised}: {answer}" for p, answer in answers)
    )


def _write_parent(told: Told) -> str:
    child = {"F": "daughter", "M": "son"}.get(told.person.letter, "child")
    undated, dated = split_dated(told)
    return join_sentences(
        [
            f"I am writing about our {f'{told.person.age} {child}'.lstrip()} because nobody can tell us what is wrong.",
            *word_sentences(
                told, undated, ("{She} has {full}.", "The doctors told us about {full}.", "We also noticed {full}.")
            ),
            *dated,
            *word_sentences(
                told,
                told.absent,
                ("{She} does not have {list}.", "{She} has never had {list}.", "There is no {list}."),
                "or",
            ),
            word_family(told, "My sister has {x}.", "My own mother had {x}.", "My husband's brother has {x}."),
            "Please help us.",
        ]
    )


def _write_genetics_consultation(told: Told) -> str:
    lines = [
        f"GENETICS CONSULTATION\n\nWe evaluated this {told.person.described} for a possible genetic disorder.",
        word_section(
            "Family history",
            [
                "The parents are healthy and not related to each other.",
                word_family(told, "A paternal aunt has {x}.", "There is a maternal family history of {x}."),
            ],
        ),
    ]
    undated, dated = split_dated(told)
    return join_blocks(
        *lines,
        word_section("Medical history", dated),
        word_section(
            "Phenotype",
            [
                *word_sentences(
                    told,
                    undated,
                    ("Significant for {list}.", "Features include {list}.", "{List} {was} appreciated."),
                ),
                *word_denials(told, ("Absent were {list}.", "No {list} {was} appreciated.", "Negative for {list}.")),
                *told.normal,
            ],
        ),
        "Plan:\nTrio exome sequencing was discussed, and consent was obtained.",
    )


def _write_dictation(told: Told) -> str:
    """Sentences that run on, with what is absent in the same breath."""
    absent = list(split_portions(told.absent, told.rng, most=3))
    sentences = [f"this is {told.person.introduced} seen in clinic today"]
    for number, portion in enumerate(split_portions(told.present, told.rng)):
        text = ("on examination {there_was} {full}", "{she} has {full}", "I also see {full}")[number % 3].format(
            there_was=verb_before(portion), full=" and ".join(p.full for p in portion), **told.words()
        )
        if absent:
            text += f" but no {list_bare(absent.pop(0), 'or')}"
        sentences.append(text)
    sentences += [f"no {' and no '.join(p.listed for p in portion)}" for portion in absent]
    sentences += [s.removesuffix(".") for s in told.normal]
    sentences.append(word_family(told, "the mother has {x}", "there is {x} in the family on the father's side"))
    return join_sentences(f"{capitalised(s)}." for s in sentences if s)


def _write_handover(told: Told) -> str:
    present, absent = told.present, told.absent
    return "\n".join(
        line
        for line in (
            f"Situation: {capitalised(told.person.described)}, known for {list_bare(present[:2])}.",
            "Background: " + join_sentences(word_sentences(told, present[2:], ("{List}.", "Also {list}.")))
            if present[2:]
            else "",
            "Family: " + word_family(told, "brother has {x}.", "mother has {x}.") if told.relative else "",
            "Assessment: " + join_sentences([*told.normal, *word_denials(told, ("No {list}.", "Without {list}."))])
            if absent or told.normal
            else "",
            "Recommendation: continue observations every four hours, call if worse.",
        )
        if line
    )


STYLES: Mapping[str, Style] = {
    "clinic letter": Style(Register.FORMAL, _write_clinic_letter),
    "discharge summary": Style(Register.FORMAL, _write_discharge_summary),
    "telegraphic note": Style(Register.NOTES, _write_telegraphic_note),
    "case report": Style(Register.FORMAL, _write_case_report),
    "referral e-mail": Style(Register.ANY, _write_referral_email),
    "problem list": Style(Register.ANY, _write_problem_list),
    "review of systems": Style(Register.ANY, _write_systems_review),
    "form": Style(Register.ANY, _write_form),
    "parent": Style(Register.LAY, _write_parent),
    "genetics consultation": Style(Register.FORMAL, _write_genetics_consultation),
    "dictation": Style(Register.ANY, _write_dictation),
    "handover": Style(Register.NOTES, _write_handover),
}
