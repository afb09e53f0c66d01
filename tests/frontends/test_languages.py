"""Sites in other languages: the figure's own words, and the translation of an author's."""

from __future__ import annotations

import pytest

FIGURE = """\
T
=

.. pipeline-schedule::

   schedule: 1f1b
   devices: 2
   microbatches: 3
"""


def test_pictures_speak_the_sites_language(site):
    site.configure("language = 'de_AT'", "pipeviz_html_embed = 'inline'")
    site.write("index.rst", FIGURE)
    assert site.build_apart().warnings == []
    page = site.page("index.html")
    assert ">Gerät 1</text>" in page
    assert ">Pipeline-Ablauf, 1f1b: 2 Geräte" in page
    assert "<summary>Dieser Ablauf als Text</summary>" in page


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
    assert 'alt="Pipeline-Ablauf, 1f1b: 2 Geräte' in good
    assert "pipeline-schedule (Zeile 3)" in bad
