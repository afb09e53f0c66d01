"""Small sites, built as users build them: with MkDocs, ProperDocs and Zensical."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from textwrap import indent

import pytest

from sphinx_pipeviz.frontends.fence_header import OPTIONS

pytest.importorskip("markdown", reason="Python-Markdown is not installed")

from sphinx_pipeviz.frontends.fence import FenceExtension

PAGE = Path(__file__).parents[2] / "docs" / "mkdocs.md"
YAML = "schedule: 1f1b\ndevices: 2\nmicrobatches: 3\n"
FENCE = f'```pipeline-schedule caption="C"\n{YAML}```\n'
FILE = "```pipeline-schedule\nfile: order.csv\n```\n"
WRONG = (
    "---\ntitle: x\n---\n\n# Title\n\n```pipeline-schedule\nschedule: 1f1b\ndevices: x\n```\n"
)


def needs(*names):
    lacking = [name for name in names if importlib.util.find_spec(name) is None]
    return pytest.mark.skipif(bool(lacking), reason=f"not installed: {', '.join(lacking)}")


#: A site with the smallest theme there can be.
CONFIG = "site_name: S\ntheme: {name: null, custom_dir: theme}\n"
#: The builders that load the plugin.
BUILDERS = [
    pytest.param("mkdocs", marks=needs("mkdocs")),
    pytest.param("properdocs", marks=needs("properdocs")),
]


class Site:
    def __init__(self, folder):
        self.folder = folder

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def build(self, tool, *arguments, strict=True):
        """Run a tool, mostly with --strict; return its exit code and what it said."""
        config = "zensical.toml" if tool == "zensical" else "mkdocs.yml"
        command = [sys.executable, "-m", tool, "build", "-f", config, *arguments]
        command += ["--strict"] if strict else []
        quiet = {"NO_MKDOCS_2_WARNING": "1", "DISABLE_MKDOCS_2_WARNING": "true"}
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=os.environ | quiet,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=120,
        )
        return done.returncode, done.stdout

    def page(self, name):
        return (self.folder / "site" / name).read_text(encoding="utf-8")

    def pictures(self, name):
        """Return the files that a page's images name."""
        return self.files(name, r'<img [^>]*src="([^"]*pipeviz-[^"]+)')

    def loaded(self, name):
        """Return the stylesheets and scripts of ours that a page loads."""
        return self.files(name, r'(?:href|src)="([^"]*pipeviz[^"]*\.(?:css|js))"')

    def files(self, name, pattern):
        page = self.folder / "site" / name
        found = re.findall(pattern, self.page(name))
        return [(page.parent / address).resolve() for address in found]


@pytest.fixture
def site(tmp_path):
    made = Site(tmp_path)
    made.write("theme/main.html", "{{ page.content }}")
    made.write("mkdocs.yml", f"{CONFIG}plugins: [pipeviz]\n")
    made.write("docs/index.md", f"# Title\n\n{FENCE}\n- item\n\n    text\n")
    return made


# MkDocs and ProperDocs


@pytest.mark.behaviour(36)
@needs("pymdownx")
@pytest.mark.parametrize("tool", BUILDERS)
@pytest.mark.parametrize("first", [True, False])
def test_the_extension_without_the_plugin_works_before_and_after_others(tool, first, site):
    names = ["sphinx_pipeviz", "pymdownx.superfences"]
    extensions = ", ".join(names if first else reversed(names))
    site.write("mkdocs.yml", f"{CONFIG}plugins: []\nmarkdown_extensions: [{extensions}]\n")
    site.write("docs/index.md", f"# Title\n\n{FENCE}\n- item\n\n{indent(FENCE, '    ')}")
    code, said = site.build(tool)
    assert code == 0, said
    assert site.page("index.html").count("<svg") == 2
    site.write("docs/index.md", WRONG)
    code, said = site.build(tool)
    assert code == 1
    assert "devices must be a whole number" in said  # the page is known to the plugin only


IMAGES = f"{CONFIG}plugins: [{{pipeviz: {{embed: image}}}}]\n"


@pytest.mark.parametrize("tool", BUILDERS)
@pytest.mark.parametrize("urls", ["true", "false"])
def test_pages_hold_pictures_and_load_files_with_relative_addresses(tool, urls, site):
    site.write("mkdocs.yml", f"{CONFIG}use_directory_urls: {urls}\nplugins: [pipeviz]\n")
    site.write("docs/sub/other.md", FENCE + FILE)
    site.write("docs/sub/order.csv", "0F0,0B0\n1F0,1B0\n")
    site.write("docs/plain.md", "# No picture\n")
    code, said = site.build(tool)
    assert code == 0, said
    other, plain = (
        f"{name}/index.html" if urls == "true" else f"{name}.html"
        for name in ("sub/other", "plain")
    )
    assert site.page("index.html").count("<svg") == 1
    assert site.page(other).count("<svg") == 2
    assert site.loaded("index.html") == site.loaded(other)
    names = [path.name for path in site.loaded(other) if path.read_text()]
    assert [re.sub("-[0-9a-f]{10}", "-N", name) for name in names] == [
        "pipeviz.css",
        "pipeviz-style-N.css",
        "pipeviz.js",
    ]
    assert "pipeviz" not in site.page(plain)
    assert "<style" not in site.page(other)
    assert 'style="' not in site.page(other)
    assert "<figcaption>C</figcaption>" in site.page("index.html")


@pytest.mark.parametrize("tool", BUILDERS)
@pytest.mark.parametrize("urls", ["true", "false"])
def test_images_are_files_with_relative_addresses(tool, urls, site):
    site.write("mkdocs.yml", f"use_directory_urls: {urls}\n{IMAGES}")
    site.write("docs/sub/other.md", FENCE + FILE)
    site.write("docs/sub/order.csv", "0F0,0B0\n1F0,1B0\n")
    code, said = site.build(tool)
    assert code == 0, said
    other = "sub/other/index.html" if urls == "true" else "sub/other.html"
    light, dark = site.pictures("index.html")
    assert site.pictures(other)[:2] == [light, dark]
    assert len(site.pictures(other)) == 4
    for picture in site.pictures(other):
        assert b"<svg" in picture.read_bytes()
    assert light.read_bytes() != dark.read_bytes()
    assert [path.name for path in site.loaded(other)] == ["pipeviz.css"]


@pytest.mark.parametrize("tool", BUILDERS)
@pytest.mark.parametrize("search", ["search", "material/search"])
def test_a_search_finds_pages_by_captions_and_not_by_numbers_of_tasks(tool, search, site):
    if search != "search" and importlib.util.find_spec("material") is None:
        pytest.skip("not installed: material")
    config = CONFIG if search == "search" else "site_name: S\ntheme: {name: material}\n"
    site.write("mkdocs.yml", f"{config}plugins: [{search}, pipeviz]\n")
    site.write("docs/index.md", f"# Title\n\n{FENCE}\nbehind\n")
    code, said = site.build(tool)
    assert code == 0, said
    index = site.page("search/search_index.json")
    assert "behind" in index
    assert "Forward" not in index
    assert "Device" not in index
    assert "pipeviz" not in index
    assert site.page("index.html").count("Forward 3, Device 2,") == 1


@pytest.mark.parametrize("tool", BUILDERS)
def test_links_in_captions_are_those_of_the_site(tool, site):
    caption = "*One* of [the others](sub/other.md#fig)"
    site.write("docs/index.md", FENCE.replace('"C"', f'"{caption}"'))
    site.write("docs/sub/other.md", FENCE.replace('"C"', "C #fig"))
    strict = "validation: {anchors: warn}\n"
    site.write("mkdocs.yml", f"{CONFIG}{strict}plugins: [pipeviz]\n")
    code, said = site.build(tool)
    assert code == 0, said
    assert '<em>One</em> of <a href="sub/other/#fig">the others</a>' in site.page("index.html")
    site.write("docs/sub/other.md", FENCE)
    assert site.build(tool)[0] == 1


@pytest.mark.parametrize("tool", BUILDERS)
def test_cache_is_outside_of_the_site_and_fills_it_again(tool, site):
    site.write("mkdocs.yml", IMAGES)
    assert site.build(tool)[0] == 0
    kept = sorted((site.folder / ".cache" / "pipeviz").rglob("*.svg"))
    shown = site.pictures("index.html")
    stamps = [path.stat().st_mtime_ns for path in kept]
    assert {path.read_bytes() for path in shown} == {path.read_bytes() for path in kept}
    assert site.build(tool)[0] == 0
    assert [path.stat().st_mtime_ns for path in kept] == stamps
    assert all(path.is_file() for path in shown)


@pytest.mark.behaviour(35)
@pytest.mark.parametrize("tool", BUILDERS)
def test_mistake_names_file_and_line_and_fails_the_build(tool, site):
    site.write("docs/sub/wrong.md", WRONG)
    code, said = site.build(tool)
    assert code == 1
    assert f"docs{os.sep}sub{os.sep}wrong.md:9: devices must be a whole number" in said
    code, said = site.build(tool, strict=False)
    assert code == 0
    assert "pipeviz-error" in site.page("sub/wrong/index.html")
    assert site.page("index.html").count("<svg") == 1


@pytest.mark.parametrize("tool", BUILDERS)
def test_mistakes_have_lines_and_name_no_folder_outside_of_the_site(tool, site):
    open_fence = FENCE.removesuffix("```\n")
    site.write("docs/index.md", f"# Title\n\n{FILE}\n{open_fence}")
    status, said = site.build(tool)
    assert status == 1
    page = Path("docs", "index.md")
    assert f"{page}:4: there is no file 'order.csv'" in said
    assert f"{page}:7: this fence has no end" in said
    assert "(line 7)" in site.page("index.html")


@pytest.mark.parametrize("tool", BUILDERS)
def test_wrong_option_stops_the_build(tool, site):
    site.write("mkdocs.yml", CONFIG + "plugins: [{pipeviz: {style: sead}}]\n")
    code, said = site.build(tool)
    assert code == 1
    assert "there is no style 'sead' (did you mean 'seed'?)" in said
    assert "Traceback" not in said


def linked(*links):
    """Return a figure whose links lead to addresses."""
    body = "".join(f"- {{device: {at}, to: '{to}'}}\n" for at, to in enumerate(links))
    return f"```pipeline-schedule\n{YAML}links:\n{body}```\n"


def hrefs(html):
    return re.findall(r'<a class="pv-a" xlink:href="([^"]*)"', html)


@pytest.mark.parametrize("tool", BUILDERS)
@pytest.mark.parametrize("urls", ["true", "false"])
def test_links_of_a_picture_are_those_of_the_site(tool, urls, site):
    site.write("mkdocs.yml", f"{CONFIG}use_directory_urls: {urls}\nplugins: [pipeviz]\n")
    site.write("docs/index.md", "# Title\n")
    site.write("docs/sub/other.md", linked("../index.md#title", "https://a.org/b.md"))
    code, said = site.build(tool)
    assert code == 0, said
    page = site.page("sub/other/index.html" if urls == "true" else "sub/other.html")
    home = "../../" if urls == "true" else "../index.html"
    assert hrefs(page) == [f"{home}#title", "https://a.org/b.md"]


@pytest.mark.parametrize("tool", BUILDERS)
def test_links_of_a_picture_are_checked_as_those_of_the_page(tool, site):
    checks = "validation: {anchors: warn}\nplugins: [pipeviz]\n"
    site.write("mkdocs.yml", CONFIG + checks)
    site.write("docs/index.md", "# Title\n")
    site.write("docs/sub/other.md", linked("gone.md", "../index.md#gone"))
    code, said = site.build(tool)
    assert code == 1
    assert "'sub/other.md' contains a link 'gone.md', but the target" in said
    assert "'sub/other.md' contains a link '../index.md#gone', but the doc" in said


@pytest.mark.parametrize("tool", BUILDERS)
def test_cross_references_are_refused_with_the_line_of_the_link(tool, site):
    site.write("mkdocs.yml", f"{CONFIG}plugins: [pipeviz]\n")
    site.write("docs/sub/other.md", "# O\n\n" + linked("a.html", ":ref:`x`"))
    code, said = site.build(tool)
    assert code == 1
    assert "other.md:9: the link to ':ref:`x`' is a cross-reference, which needs Sphinx" in said


@needs("zensical")
@pytest.mark.parametrize("urls", ["true", "false"])
def test_links_of_a_picture_are_those_of_zensical(urls, site):
    names = ["../index.md#title", "https://a.org/b.md", "next.md", "#x", "../third.md"]
    site.write(
        "zensical.toml", TOML.replace("[project]", f"[project]\nuse_directory_urls={urls}")
    )
    site.write("docs/index.md", "# Title\n")
    site.write("docs/third.md", "# Third\n")
    site.write("docs/sub/next.md", "# Next\n")
    text = "".join(f"[x]({name}) " for name in names)
    site.write("docs/sub/other.md", f"## X\n\n{text}\n\n" + "".join(map(linked, names)))
    code, said = site.build("zensical")
    assert code == 0, said
    page = site.page("sub/other/index.html" if urls == "true" else "sub/other.html")
    assert hrefs(page) == re.findall(r'<a href="([^"]*)">x</a>', page)


@pytest.mark.parametrize("tool", BUILDERS)
def test_downloads_are_files(tool, site):
    site.write("mkdocs.yml", f"{CONFIG}plugins: [{{pipeviz: {{downloads: [yaml, pdf]}}}}]\n")
    site.write("docs/sub/other.md", FENCE)
    code, said = site.build(tool)
    assert code == 0, said
    found = re.findall(r'href="([^"]+)" download="1f1b', site.page("sub/other/index.html"))
    page = site.folder / "site/sub/other/index.html"
    pdf, yaml = ((page.parent / address).read_bytes() for address in found)
    assert pdf.startswith(b"%PDF")
    assert yaml.startswith(b"schedule: ")
    site.write("mkdocs.yml", f"{CONFIG}plugins: [{{pipeviz: {{downloads: [gif]}}}}]\n")
    code, said = site.build(tool)
    assert code == 1
    assert "Traceback" not in said


@pytest.mark.parametrize("tool", BUILDERS)
def test_options_reach_the_fence(tool, site):
    options = "{max_ops: 3, allow_python: false, cache_dir: kept}"
    site.write("mkdocs.yml", f"{CONFIG}plugins: [{{pipeviz: {options}}}]\n")
    site.write("docs/python.md", "```pipeline-schedule\npython: os:path\n```\n")
    code, said = site.build(tool)
    assert code == 1
    assert "(the option max_ops sets the limit)" in said
    assert "(the option allow_python decides on that)" in said


@needs("mkdocs")
def test_serve_watches_data_files(tmp_path):
    code = """
from pathlib import Path
from types import SimpleNamespace
from sphinx_pipeviz.frontends.mkdocs_plugin import PipevizPlugin
plugin, watched = PipevizPlugin(), []
plugin._note(Path("one.csv")); plugin._note(Path("gone.csv"))
plugin.on_serve(SimpleNamespace(watch=watched.append), config=None, builder=None)
plugin._note(Path("two.csv")); plugin._note(Path("two.csv"))
assert watched == ["one.csv", "two.csv"], watched
"""
    for name in ("one.csv", "two.csv"):
        (tmp_path / name).touch()
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, timeout=60)


# Zensical

TOML = """\
[project]
site_name = "S"
[project.markdown_extensions.pymdownx.superfences]
[project.markdown_extensions.sphinx_pipeviz]
"""


@pytest.mark.behaviour(36)
@needs("zensical")
@pytest.mark.parametrize("seed", ["0", "1"])  # Zensical has extensions in a set
def test_zensical_takes_the_extension(seed, site, monkeypatch):
    monkeypatch.setenv("PYTHONHASHSEED", seed)
    site.write("zensical.toml", TOML)
    site.write("docs/sub/other.md", FENCE + FILE)
    site.write("docs/sub/order.csv", "0F0,0B0\n1F0,1B0\n")
    code, said = site.build("zensical")
    assert code == 0, said
    assert "pipeviz" not in said
    page = site.page("sub/other/index.html")
    assert page.count('<svg class="pipeviz-svg ') == 2
    assert page.count("\n.pipeviz-svg {") == page.count('"svg.pipeviz-svg"') == 1
    assert "Forward 3" not in site.page("search.json")


@needs("zensical")
@pytest.mark.parametrize("urls", ["true", "false"])
def test_zensical_has_files_for_what_pages_load(urls, site):
    named = TOML.replace('"S"', f'"S"\nuse_directory_urls = {urls}')
    site.write("zensical.toml", f'{named}assets = "assets/pipeviz"\n')
    image = FENCE.replace(" caption", " embed=image caption")
    site.write("docs/sub/other.md", FENCE + image)
    for _ in range(2):  # the second time from Zensical's cache
        code, said = site.build("zensical")
        assert code == 0, said
        other = "sub/other/index.html" if urls == "true" else "sub/other.html"
        assert len(site.loaded(other)) == 3
        assert site.loaded(other) == site.loaded("index.html")
        assert len(site.pictures(other)) == 2
        for path in (*site.loaded(other), *site.pictures(other)):
            assert path.read_text()
            assert path.is_relative_to((site.folder / "site" / "assets" / "pipeviz").resolve())
        assert "data:image/svg+xml;base64" not in site.page(other)
        shutil.rmtree(site.folder / "site")


@needs("zensical")
def test_zensical_names_an_option_that_does_not_exist(site):
    site.write("zensical.toml", TOML + "embde = true\n")
    _, said = site.build("zensical")
    assert "no option 'embde' (did you mean 'embed'?)" in said


@pytest.mark.behaviour(35)
@needs("zensical")
def test_zensical_shows_mistakes_and_fails_where_it_is_strict(site):
    place = f"docs{os.sep}wrong.md:"
    site.write("zensical.toml", TOML)
    site.write("docs/wrong.md", WRONG)
    code, said = site.build("zensical", strict=False)
    assert (code, f"pipeviz: {place}9: devices must be" in said) == (0, True)
    assert "pipeviz-error" in site.page("wrong/index.html")
    code, said = site.build("zensical", "--clean")
    assert (code != 0, f"{place}9: devices must be" in said) == (True, True)
    site.write(
        "docs/wrong.md", WRONG.replace("x\n```", "2\n```").replace("ule\n", "ule captoin=C\n")
    )
    code, said = site.build("zensical", "--clean")
    assert (code != 0, f"{place}7: there is no option 'captoin'" in said) == (True, True)
    site.write("zensical.toml", TOML + "strict = true\n")
    assert site.build("zensical", "--clean", strict=False)[0] != 0


# The page of the documentation


def test_examples_of_the_documentation_are_drawn(caplog):
    import markdown  # noqa: PLC0415

    shown = re.findall(r"^````markdown\n(.*?)^````", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    pytest.importorskip("pymdownx", reason="PyMdown Extensions are not installed")
    base = {"base_path": [str(PAGE.parents[1])], "check_paths": True}
    html = markdown.markdown(
        "\n".join(shown),
        extensions=["sphinx_pipeviz", "pymdownx.snippets"],
        extension_configs={"pymdownx.snippets": base},
    )
    assert html.count("<figure") == len(shown) > 1
    assert not caplog.records


def options_of(heading):
    """Return the names that a section's table explains."""
    text = PAGE.read_text().partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`.*?) \|", text, re.MULTILINE)
    return [name for row in rows for name in re.findall(r"`(\w+)`", row)]


def test_documentation_has_every_option():
    assert sorted(options_of("Options of a figure")) == sorted(OPTIONS)
    assert sorted(options_of("Python-Markdown")) == sorted(FenceExtension().config)


@needs("mkdocs")
def test_documentation_has_every_option_of_the_plugin():
    code = (
        "from sphinx_pipeviz.frontends.mkdocs_plugin import Options\n"
        "print(*dict(Options()._schema))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert sorted(options_of("MkDocs and ProperDocs")) == sorted(done.stdout.split())
