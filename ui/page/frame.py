"""What stays while a case changes: the head, the box for the story, the search for findings, the foot."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape

from kg.translations import Language
from retrieval.uploads import MAX_BYTES
from ui.page.markup import action, button, icon, link
from ui.page.words import TEXTS, Words
from ui.statements import HPO_PAPER

_HPO_LICENCE = "https://hpo.jax.org/app/license"
_ACCEPTED = ".txt,.md,.pdf,.json,text/plain,application/pdf,application/json"
_OWN_NAMES = {Language.ENGLISH: "English", Language.SPANISH: "Español", Language.CHINESE: "中文"}


def header(words: Words, *, has_password: bool = False) -> str:
    """Name, what this is not, the language, a new case, and the way out of a page that asks for a password."""
    options = "".join(
        f'<option value="{language}" lang="{language}"{" selected" if language is words.language else ""}>'
        f"{_OWN_NAMES[language]}</option>"
        for language in TEXTS
    )
    log_out = f'<a class="plain" href="logout" data-log-out>{escape(words("Log out"))}</a>' if has_password else ""
    return (
        f'<header data-language="{words.language}"><h1>citedx</h1>'
        f'<p class="banner">{escape(words("Decision support for professionals, not a medical device."))}</p>'
        f'<select data-field="language" data-key="language" aria-label="{escape(words("Language"))}">{options}</select>'
        f"{button(words('New case'), action('new'), key='new', css='plain')}{log_out}</header>"
    )


def compose(words: Words) -> str:
    """Where the story is written or handed in as a file, and what is said in passing."""
    story, send, stop = words("Patient’s story"), words("Send"), words("Stop")
    attach = escape(words("Open a file: text, PDF or phenopacket"))
    placeholder = escape(words("Describe what the patient has, and what is absent …"))
    return (
        f'<form class="compose"><label class="unseen" for="story">{escape(story)}</label>'
        f'<textarea id="story" rows="2" maxlength="1000000" placeholder="{placeholder}" '
        f'autocomplete="off" spellcheck="false" '
        f'aria-describedby="story-keys"></textarea>'
        f'<input id="file" type="file" accept="{_ACCEPTED}" data-max="{MAX_BYTES}" hidden>'
        f'<button type="button" class="attach" title="{attach}" aria-label="{attach}">{icon("clip")}</button>'
        f'<button type="submit" class="send" title="{escape(send)}" aria-label="{escape(send)}">{icon("send")}</button>'
        f"{button(stop, action('stop'), key='stop', css='stop', shown=icon('stop'))}"
        f'<p id="story-keys">{escape(words("Enter sends, Shift+Enter begins a new line."))}</p></form>'
        # Read out as the answer grows; in a part of the page that stays, or screen readers would miss it.
        '<div id="announce" class="unseen" role="status"></div>'
        f'<div id="toast" role="status" data-copied="{escape(words("Copied"))}" '
        f'data-failed="{escape(words("The browser blocked copying."))}"></div>'
    )


def search(words: Words) -> str:
    """The search for a finding, to add it or to put it in place of another.

    Its script words what it shows by ``data-words``.
    """
    said = {
        "add": words("Add a finding …"),
        "replace": words("Replace {finding} with …"),
        "none": words("No finding has this name."),
        "lost": words("The server cannot be reached."),
    }
    return (
        f'<div class="search" data-words="{escape(json.dumps(said, ensure_ascii=False))}">'
        f'<label class="unseen" for="term">{escape(words("Search for a finding"))}</label>'
        '<input id="term" type="text" role="combobox" autocomplete="off" spellcheck="false" maxlength="200" '
        f'aria-expanded="false" aria-controls="terms" aria-autocomplete="list" placeholder="{escape(said["add"])}">'
        f'<button type="button" class="quiet cancel" hidden>{escape(words("Cancel"))}</button>'
        f'<ul id="terms" role="listbox" aria-label="{escape(words("Findings"))}" hidden></ul></div>'
    )


def footer(versions: Mapping[str, str], words: Words) -> str:
    """Citation, version and licence of the ontology, as its licence asks for, and what made the answers."""
    release = f" ({escape(versions['hpo'])})" if "hpo" in versions else ""
    others = " · ".join(escape(f"{name} {version}") for name, version in versions.items() if name != "hpo")
    said = escape(words("Findings and disease annotations") + words(": "))
    return (
        f"<p>{said}Human Phenotype Ontology{release}, "
        f"{link(HPO_PAPER, 'Gargano 2024')}, {link(_HPO_LICENCE, words('licence'))}. "
        f"{escape(words('OMIM and Orphanet names are those of the HPO annotations.'))}</p><p>{others}</p>"
    )
