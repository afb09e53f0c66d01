"""The words of a figure itself, and what they are in other languages.

English is what the code says; the tables turn it into the other languages.
"""

from __future__ import annotations

import re

from sphinx_pipeviz.errors import Path, StyleError, did_you_mean
from sphinx_pipeviz.languages import de, fr, ja, ko, zh_cn, zh_tw

#: Language -> English -> what it is there.
TABLES: dict[str, dict[str, str]] = {
    "de": de.TABLE,
    "en": {},
    "fr": fr.TABLE,
    "ja": ja.TABLE,
    "ko": ko.TABLE,
    "zh_CN": zh_cn.TABLE,
    "zh_TW": zh_tw.TABLE,
}
#: Chinese in the script of Taiwan, as tags of languages name it.
_TRADITIONAL = {"tw", "hk", "mo", "hant"}


def language_of(tag: str) -> str:
    """Return the language of TABLES that a tag such as ``de_AT`` or ``zh-Hant-HK`` means.

    It is empty for a language that has no table.
    """
    first, *others = re.split("[-_]", tag.lower())
    if first == "zh":
        return "zh_TW" if _TRADITIONAL & {*others} else "zh_CN"
    return first if first in TABLES else ""


def known_language(tag: str, path: Path = ("language",)) -> str:
    """Return the language that has words for a tag such as ``de_AT``.

    Raises:
        StyleError: There is none.
    """
    if not (language := language_of(tag)):
        hint = did_you_mean(tag, TABLES) or f"known: {', '.join(TABLES)}"
        raise StyleError(f"there are no words in '{tag[:40]}'", hint=hint, path=path)
    return language


def say(language: str, text: str, **values: object) -> str:
    """Return a text in a language, with its ``{fields}`` replaced.

    Args:
        language: A key of TABLES; every other language is English.
        text: What is said in English.
        **values: What stands in the place of each field.
    """
    said = TABLES.get(language, {}).get(text, text)
    return said.format(**values) if values else said


def inside(language: str, word: str) -> str:
    """Return a word as it stands inside a sentence: only German nouns keep their capital."""
    return word if language == "de" else word[:1].lower() + word[1:]
