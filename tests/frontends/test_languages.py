"""Sites in other languages: the figure's own words, and the translation of an author's."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

FIGURE = """\
T
=

.. pipeline-schedule::

   schedule: 1f1b
   devices: 2
   microbatches: 3
"""


def test_pictures_speak_the_sites_language(site):
    site.configure("language = 'de_AT'", "pipeviz_html_embed = 'inline'", "pipeviz_zoom = True")
    site.write("index.rst", FIGURE)
    assert site.build_apart().warnings == []
    page = site.page("index.html")
    assert ">Gerät 1</text>" in page
    assert ">Pipeline-Ablauf, 1f1b: 2 Geräte" in page
    assert "<summary>Dieser Ablauf als Text</summary>" in page
    assert 'data-open="Vergrößern"' in page


def test_a_site_in_another_language_has_english_words(site):
    site.configure("language = 'it'", "pipeviz_html_embed = 'inline'")
    site.write("index.rst", FIGURE)
    assert site.build_apart().warnings == []
    assert ">Device 1</text>" in site.page("index.html")


@pytest.mark.parametrize("setting", ["'megatron'", "{'base': 'megatron', 'language': 'de'}"])
def test_the_configured_style_and_its_language_are_kept(site, setting):
    site.configure("language = 'fr'", f"pipeviz_style = {setting}")
    site.write("index.rst", FIGURE)
    assert site.build_apart("text").warnings == []
    word = "Gerät" if "de" in setting else "Appareil"
    assert f"{word} 1 │F1│" in site.page("index.txt", "text")


def test_the_key_and_the_option_name_a_language(site):
    option = FIGURE.replace("schedule::\n", "schedule::\n   :language: de\n")
    key = FIGURE.replace("T\n=\n", "") + "   language: ko\n"
    site.write("index.rst", option + "\n" + key)
    assert site.build("text").warnings == []
    page = site.page("index.txt", "text")
    assert "Gerät 1 │F1│" in page
    assert "장치 1 │F1│" in page


def test_an_error_box_names_its_line_in_the_sites_language(site):
    site.configure("language = 'de'")
    site.write("index.rst", FIGURE.replace("devices: 2", "devices: x"))
    (warning,) = site.build_apart().warnings[:1]
    assert warning.startswith("index.rst:7: WARNING:")
    assert "pipeline-schedule (Zeile 7): " in site.page("index.html")


def test_markdown_speaks_the_language_of_its_style():
    markdown = pytest.importorskip("markdown", reason="Python-Markdown is not installed")
    fence = "```pipeline-schedule\nschedule: 1f1b\ndevices: {}\nmicrobatches: 3\n```\n"
    options = {"sphinx_pipeviz": {"style": {"language": "de"}}}
    good, bad = (
        markdown.markdown(
            fence.format(devices),
            extensions=["sphinx_pipeviz"],
            extension_configs=options,
        )
        for devices in (2, "x")
    )
    assert ">Pipeline-Ablauf, 1f1b: 2 Geräte" in good
    assert "pipeline-schedule (Zeile 3)" in bad


# An author's texts


WORDS = """\
T
=

.. pipeline-schedule::
   :alt: Two devices
   :caption: A caption
   :title: A title

   schedule: 1f1b
   devices: 2
   microbatches: 3
   labels: F{mb}
   rows:
     label:
       - First row
       - Second row
   legend:
     forward: Ahead
   notes:
     - {text: Look here, time: 3, device: 0}

.. pipeline-schedule:: own.yaml
"""
OWN = """\
compare:
  - {schedule: gpipe, title: Flushed}
  - schedule: 1f1b
    title: Not translated
devices: 2
microbatches: 2
"""
#: Message -> its file and line, and its translation.
MESSAGES = {
    "A caption": ("index.rst:6", "Eine Unterschrift"),
    "Two devices": ("index.rst:5", "Zwei Geräte"),
    "A title": ("index.rst:7", "Ein Titel"),
    "First row": ("index.rst:15", "Erste Zeile"),
    "Second row": ("index.rst:16", "Zweite Zeile"),
    "Ahead": ("index.rst:18", "Hin"),
    "Look here": ("index.rst:20", "Da"),
    "Flushed": ("own.yaml:2", "Geleert"),
    "Not translated": ("own.yaml:4", ""),
}


@pytest.fixture
def translated(site):
    """Return a site whose texts are translated by a compiled catalogue, but for one."""
    site.configure("pipeviz_html_embed = 'inline'", "locale_dirs = ['locale']")
    site.write("index.rst", WORDS)
    site.write("own.yaml", OWN)
    catalog = Catalog(locale="de")
    for message, (_, told) in MESSAGES.items():
        catalog.add(message, told)
    path = site.source / "locale/de/LC_MESSAGES/index.mo"
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        write_mo(file, catalog)
    return site


@pytest.mark.behaviour(22)
def test_an_authors_texts_are_offered_with_their_lines(translated):
    assert translated.build_apart("gettext").warnings == []
    template = read_po(
        translated.page("index.pot", "gettext").encode().splitlines(keepends=True)
    )
    found = {
        message.id: [f"{Path(file).name}:{line}" for file, line in message.locations]
        for message in template
        if message.id
    }
    assert found == {"T": ["index.rst:2"]} | {
        message: [place] for message, (place, _) in MESSAGES.items()
    }


@pytest.mark.behaviour(22)
def test_translated_texts_come_back_in_the_picture(translated):
    assert translated.build_apart("html", "-D", "language=de").warnings == []
    page = translated.page("index.html")
    for message, (_, told) in MESSAGES.items():
        assert (told or message) in page
        assert not told or message not in page
    assert "Rückwärts" in page


@pytest.mark.behaviour(22)
def test_each_language_has_pictures_of_its_own(translated):
    shown = []
    for language in ("en", "de", "en"):
        given = ("-D", f"language={language}", "-D", "pipeviz_html_embed=image", "-E")
        assert translated.build_apart("html", *given).warnings == []
        shown.append(
            re.findall(r'src="_images/(pipeviz-[0-9a-f-]+)', translated.page("index.html"))
        )
    assert shown[0] == shown[2]
    assert not {*shown[0]} & {*shown[1]}


OLD_MYST = int(version("myst-parser").partition(".")[0]) < 5


@pytest.mark.behaviour(22)
def test_markdown_offers_its_texts_with_their_lines(site):
    pytest.importorskip("myst_parser", reason="MyST is not installed")
    site.configure("extensions += ['myst_parser']")
    fence = "# T\n\n```{pipeline-schedule}\n:alt: Two devices\n\nschedule: 1f1b\ndevices: 2\n"
    site.write("index.md", fence + "microbatches: 3\ntitle: A title\n```\n")
    assert site.build_apart("gettext").warnings == []
    page = site.page("index.pot", "gettext")
    line = 3 if OLD_MYST else 4  # before 5, MyST only tells where the directive starts
    assert f'index.md:{line}\nmsgid "Two devices"' in page
    assert 'index.md:9\nmsgid "A title"' in page


def test_a_translation_that_names_what_there_is_not_is_an_error_box(translated):
    translated.write("index.rst", WORDS.replace("A title", "A title of {name}"))
    translated.write(
        "locale/de/LC_MESSAGES/index.po",
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
        'msgid "A title of {name}"\nmsgstr "Ein Titel von {nam}"\n',
    )
    result = translated.build_apart("html", "-D", "language=de", "-D", "gettext_auto_build=1")
    assert any("a title has no '{nam}'" in line for line in result.warnings)
    assert "pipeline-schedule" in translated.page("index.html")


@pytest.mark.parametrize(
    ("theme", "alt"),
    [
        ("{name: null, custom_dir: theme, language: de}", "Pipeline-Ablauf, 1f1b: "),
        ("{name: mkdocs, locale: fr}", "Ordonnancement de pipeline, 1f1b : "),
    ],
)
def test_mkdocs_speaks_the_themes_language(tmp_path, theme, alt):
    pytest.importorskip("mkdocs", reason="MkDocs is not installed")
    for name in ("theme", "docs"):
        (tmp_path / name).mkdir()
    (tmp_path / "theme" / "main.html").write_text("{{ page.content }}")
    fence = "```pipeline-schedule\nschedule: 1f1b\ndevices: 2\nmicrobatches: 3\n```\n"
    (tmp_path / "docs" / "index.md").write_text(fence)
    config = f"site_name: S\ntheme: {theme}\nplugins: [pipeviz]\n"
    (tmp_path / "mkdocs.yml").write_text(config)
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-f", "mkdocs.yml"]
    quiet = os.environ | {"NO_MKDOCS_2_WARNING": "1", "DISABLE_MKDOCS_2_WARNING": "true"}
    subprocess.run(command, cwd=tmp_path, env=quiet, check=True, capture_output=True)
    page = (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    assert f">{alt}" in page


def test_a_translation_is_no_markup(translated):
    """Sphinx reads other translations as reStructuredText, and warns of what is not."""
    text = "See *all of `it"
    translated.write("index.rst", WORDS.replace("Look here", text))
    translated.write(
        "locale/de/LC_MESSAGES/index.po",
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
        f'msgid "{text}"\nmsgstr "Alles *davon_ `da"\n',
    )
    assert translated.build_apart("html", "-D", "language=de").warnings == []
    assert ">Alles *davon_ `da</text>" in translated.page("index.html")
