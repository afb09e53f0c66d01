"""The files that a figure offers: which, where, under which name, and in which builders."""

from __future__ import annotations

import base64
import re
from html import unescape

import pytest

from sphinx_pipeviz.errors import PipevizError
from sphinx_pipeviz.frontends import kept, steps
from sphinx_pipeviz.frontends.command import main
from sphinx_pipeviz.frontends.downloads import FILES, download_line, files_named
from sphinx_pipeviz.render import draw

SPEC = "   schedule: gpipe\n   devices: 2\n   microbatches: 2\n"
ALL = "downloads: svg pdf png yaml"
STARTS = {"svg": b"<?xml", "pdf": b"%PDF", "png": b"\x89PNG", "yaml": b"schedule: "}


def picture(*options):
    return ".. pipeline-schedule::\n" + "".join(f"   :{o}\n" for o in options) + f"\n{SPEC}"


def page(*blocks):
    return "\n\n".join(["Title\n=====", *blocks]) + "\n"


def offered(html):
    """Return the address and the name of each link of downloads."""
    links = re.findall(
        r'<a class="reference download[^"]*" href="([^"]+)" download="(.+?)"', html
    )
    return {unescape(href): name for href, name in links}


@pytest.mark.parametrize(
    ("text", "found"),
    [("svg", ("svg",)), ("YAML, svg", ("svg", "yaml")), ("none", ()), ("png png", ("png",))],
)
def test_formats_are_read(text, found):
    assert files_named(text) == found


@pytest.mark.parametrize("text", ["", "gif", "svg none", "svg;pdf"])
def test_other_formats_are_refused(text):
    with pytest.raises(ValueError, match="choose from svg, pdf, png, yaml, or none"):
        files_named(text)


def test_hostile_words_do_not_leave_their_attributes():
    line = download_line({"svg": 'x"><script>'}, '"><script>../../x')
    assert "<script" not in line
    assert 'download="script-x.svg"' in line.replace("----", "-")


@pytest.mark.behaviour(37)
@pytest.mark.parametrize("builder", ["html", "dirhtml", "singlehtml"])
@pytest.mark.parametrize("embed", ["inline", "image"])
def test_every_link_leads_to_its_file(site, builder, embed):
    site.write("index.rst", page(".. toctree::\n\n   a/b"))
    site.write("a/b.rst", page(picture("caption: Text", "name: fig", f"embed: {embed}", ALL)))
    assert site.build(builder).warnings == []
    name = {"html": "a/b.html", "dirhtml": "a/b/index.html", "singlehtml": "index.html"}[
        builder
    ]
    html = site.page(name, builder)
    links = offered(html)
    assert list(links.values()) == [f"fig.{kind}" for kind in FILES]
    for href, saved in links.items():
        data = (site.output / builder / name).parent.joinpath(href).read_bytes()
        assert data.startswith(STARTS[saved.partition(".")[2]])
    figure = re.search(r"<figure.*?</figure>", html, re.DOTALL)[0]
    assert figure.index("caption-text") < figure.index("pipeviz-downloads")
    assert figure.count("<figcaption") == figure.count("</figcaption>") == 1
    assert figure.index("pipeviz-downloads") < figure.index("</figcaption>")


@pytest.mark.behaviour(37)
def test_the_source_draws_the_picture_again(site, tmp_path):
    site.configure("pipeviz_style = 'megatron'")
    site.write("index.rst", page(picture("width: 300px", ALL)))
    site.build()
    files = {path.suffix: path for path in (site.output / "html/_downloads").iterdir()}
    assert main(["render", str(files[".yaml"]), "-o", str(tmp_path / "again.svg")]) == 0
    assert (tmp_path / "again.svg").read_bytes() == files[".svg"].read_bytes()


@pytest.mark.behaviour(37)
def test_the_setting_is_for_all_and_the_option_for_one(site):
    site.configure("pipeviz_downloads = ['svg']")
    blocks = [picture(), picture("downloads: yaml"), picture("downloads: none")]
    site.write("index.rst", page(*blocks, "|p|", ".. |p| pipeline-schedule::\n\n" + SPEC))
    assert site.build().warnings == []
    links = offered(site.page("index.html"))
    assert list(links.values()) == ["gpipe.svg", "gpipe.yaml"]


@pytest.mark.behaviour(1)
def test_a_download_that_cannot_be_drawn_fails_unchanged_builds_again(site, monkeypatch):
    def fail(source, format, *args, **options):
        if format == "pdf":
            raise PipevizError("no PDF today")
        return draw(source, format, *args, **options)

    monkeypatch.setattr(kept, "draw", fail)
    site.write("index.rst", page(picture(ALL)))
    first, second = site.build().warnings, site.build().warnings
    assert len(first) == 1
    assert "no PDF today" in first[0]
    assert second == first


@pytest.mark.behaviour(31)
@pytest.mark.parametrize(("wanted", "told"), [("yaml", 0), ("png", 1)])
def test_characters_that_downloads_cannot_show_are_told(site, wanted, told):
    lacking = f"{picture('embed: inline', f'downloads: {wanted}')}   title: \U00012000\n"
    site.write("index.rst", page(lacking))
    found = site.build().warnings
    assert ["has no glyphs for" in text for text in found] == [True] * told


@pytest.mark.behaviour(37)
def test_a_change_of_the_setting_writes_pages_again(site):
    site.write("index.rst", page(picture()))
    site.build()
    assert offered(site.page("index.html")) == {}
    site.configure("pipeviz_downloads = ['pdf']")
    site.build()
    assert list(offered(site.page("index.html")).values()) == ["gpipe.pdf"]


def test_a_wrong_option_and_a_wrong_setting_are_told(site):
    site.configure("pipeviz_downloads = ['gif']")
    site.write("index.rst", page(picture("downloads: svg gif")))
    setting, option = site.build().warnings
    assert "WARNING: pipeviz_downloads: there is no download 'gif'" in setting
    assert option.startswith("index.rst:5: WARNING: the option 'downloads' cannot be 'svg gif'")


@pytest.mark.parametrize("builder", ["latex", "epub", "text", "man", "json", "xml"])
def test_other_builders_have_none(site, builder):
    site.write("index.rst", page(picture("caption: Text", ALL)))
    assert site.build(builder).warnings == []
    assert not list((site.output / builder).rglob("*.yaml"))
    assert not (site.output / builder / "_downloads").exists()


@pytest.mark.parametrize("block", ["target: https://example.org", "figclass: wide"])
def test_links_are_beside_what_holds_the_picture(site, block):
    site.write("index.rst", page(picture(block, "embed: inline", ALL)))
    assert site.build().warnings == []
    html = site.page("index.html")
    assert len(offered(html)) == len(FILES)
    assert (
        "<a"
        not in html.partition("pipeviz-downloads")[2]
        .partition("</p>")[0]
        .partition(">Download: ")[0]
    )
    assert html.count("<figcaption") == html.count("</figcaption>")


def test_builds_give_the_same_bytes_and_a_warm_one_draws_nothing(site, monkeypatch):
    site.write("index.rst", page(picture(ALL)))
    site.build()
    folder = site.output / "html" / "_downloads"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    monkeypatch.setattr(kept, "draw", lambda *_: pytest.fail("drawn again"))
    monkeypatch.setattr(steps, "figure_source", lambda *_: pytest.fail("written again"))
    site.build("html", "-E")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.behaviour(11)
def test_what_is_no_longer_offered_goes(site):
    site.write("index.rst", page(picture(ALL)))
    site.build()
    folder = site.output / "html" / "_downloads"
    assert len(list(folder.iterdir())) == len(FILES)
    site.write("index.rst", page(picture("downloads: yaml")))
    site.build()
    assert [path.suffix for path in folder.iterdir()] == [".yaml"]
    kept_files = {path.suffix for path in (site.doctrees / "pipeviz").rglob("pipeviz-*.*")}
    assert ".pdf" not in kept_files
    site.build()
    assert [path.suffix for path in folder.iterdir()] == [".yaml"]


# In Markdown


FENCE = "```pipeline-schedule {options}\nschedule: gpipe\ndevices: 2\nmicrobatches: 2\n```\n"


def in_markdown(options, **settings):
    markdown = pytest.importorskip("markdown", reason="Python-Markdown is not installed")
    text = FENCE.replace("{options}", options)
    configs = {"sphinx_pipeviz": settings}
    return markdown.markdown(text, extensions=["sphinx_pipeviz"], extension_configs=configs)


def test_a_fence_offers_files_that_are_part_of_its_page():
    links = offered(in_markdown('downloads="svg pdf png yaml" caption="C" #fig-1'))
    assert list(links.values()) == [f"fig-1.{kind}" for kind in FILES]
    for href, saved in links.items():
        assert href.startswith("data:")
        data = base64.b64decode(href.partition("base64,")[2])
        assert data.startswith(STARTS[saved.partition(".")[2]])


def test_the_extension_offers_files_of_all_fences():
    assert list(offered(in_markdown("", downloads="yaml")).values()) == ["gpipe.yaml"]
    assert offered(in_markdown("downloads=none", downloads="yaml")) == {}


def test_a_wrong_word_in_a_fence_is_told():
    html = in_markdown("downloads=gif")
    assert "downloads cannot be 'gif' (choose from svg, pdf, png, yaml, or none)" in unescape(
        html
    )
