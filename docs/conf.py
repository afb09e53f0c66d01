"""How the documentation is built."""

import sys
from pathlib import Path

from sphinx_pipeviz import __version__

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "sphinx-pipeviz"
author = "The sphinx-pipeviz developers"
copyright = author
version = release = __version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "myst_parser",
    "sphinx_pipeviz",
    # Our own, in _ext
    "examples",
    "reference_tables",
    "style_samples",
    "behaviours",
]
exclude_patterns = ["_build", "benchmarks-results.md", "examples"]
numfig = True
highlight_language = "none"
smartquotes = False
# `sphinx-build -b epub` keeps doctrees among its files, and warns of them.
suppress_warnings = ["epub.unknown_project_files"]

# One cache for all builders.
pipeviz_cache_dir = "_build/pipeviz"

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
napoleon_numpy_docstring = False
napoleon_use_rtype = False

html_theme = "furo"
html_title = f"sphinx-pipeviz {release}"
html_static_path = ["_static"]
html_css_files = ["docs.css"]
html_copy_source = False
html_show_sphinx = False

epub_title = project
epub_show_urls = "no"

latex_documents = [("index", "sphinx-pipeviz.tex", project, author, "howto")]
latex_show_urls = "no"
man_pages = [
    ("reference", "sphinx-pipeviz", "draw pipeline-parallel schedules", [author], 1),
]
text_newlines = "unix"
