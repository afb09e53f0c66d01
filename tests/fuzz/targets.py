"""What the fuzzers and the tests of hostile input call: bytes in, no exception out."""

from __future__ import annotations

import contextlib
import functools
import io
import logging
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sphinx_pipeviz.embed import embed
from sphinx_pipeviz.errors import Location, PipevizError
from sphinx_pipeviz.frontends import command, fence
from sphinx_pipeviz.frontends.fence_header import read_header
from sphinx_pipeviz.readers import READERS, read_files, recognised
from sphinx_pipeviz.readers.op_names import names_of_pattern
from sphinx_pipeviz.readers.text_file import ReadOptions, TextFile
from sphinx_pipeviz.readers.yaml_spec import read_spec
from sphinx_pipeviz.render import draw
from sphinx_pipeviz.spec import Spec

TESTS = Path(__file__).parents[1]
EXAMPLES = TESTS.parent / "docs" / "examples"
#: Ops of a picture; more only take longer.
MOST = 300
#: Between the files of one run.
NEXT = b"\n=next=\n"
#: A front end says this of an exception that is no mistake of the user's.
OURS = "drawing failed"

CONF = """\
extensions = ["sphinx_pipeviz", "myst_parser"]
pipeviz_max_ops = 300
"""


def plain(data: bytes) -> str:
    """Return text as files hold it."""
    return data.decode("utf-8", errors="replace")


def draws(spec: Spec) -> None:
    """Draw what was read, in the two ways that pages show."""
    draw(spec, "text", max_ops=MOST)
    embed(spec, most=MOST, max_ops=MOST)


def reads(name: str) -> Callable[[bytes], None]:
    """Return a target that reads the files of a format."""

    def target(data: bytes) -> None:
        parts = [plain(part) for part in data.split(NEXT)]
        files = [TextFile(file_name(name, i), text) for i, text in enumerate(parts)]
        with contextlib.suppress(PipevizError):
            recognised(files)
            draws(Spec(loaded=read_files(files, name, ReadOptions())))

    return target


def file_name(name: str, index: int) -> str:
    """Return what a run's file is called."""
    return {
        "primus": f"pp_rank_{index - 1}.json" if index else "config.json",
        "megatron-timers": f"event_times_PP2_DP_rank_0_pp_rank_{index}_rank_{index}.json",
    }.get(name, f"rank{index}")


def reads_yaml(data: bytes) -> None:
    """Read and draw what the body of a directive may hold."""
    with contextlib.suppress(PipevizError):
        draws(read_spec(plain(data), lambda line: Location("a", line + 1)))


def reads_pattern(data: bytes) -> None:
    """Read names by an author's pattern."""
    pattern, _, name = plain(data).partition("\n")
    with contextlib.suppress(PipevizError):
        names_of_pattern(pattern)(name)


def reads_header(data: bytes) -> None:
    """Read what stands behind the opening of a fence."""
    with contextlib.suppress(PipevizError):
        read_header(plain(data))


def converts(data: bytes) -> None:
    """Convert a page of Markdown."""
    import markdown  # noqa: PLC0415  (optional)

    with heard("mkdocs.plugins.pipeviz") as said:
        markdown.markdown(plain(data), extensions=[fence.FenceExtension(max_ops=MOST)])
    assert OURS not in said.getvalue(), said.getvalue()


@contextlib.contextmanager
def heard(name: str) -> Iterator[io.StringIO]:
    """Yield what a logger says meanwhile."""
    said = io.StringIO()
    handler = logging.StreamHandler(said)
    logger = logging.getLogger(name)
    logger.addHandler(handler)
    try:
        yield said
    finally:
        logger.removeHandler(handler)


class Pages:
    """Builds pages in one application, which is made when the first is built."""

    def __init__(self, suffix: str) -> None:
        self.suffix = suffix
        self.warnings = io.StringIO()

    @functools.cached_property
    def app(self) -> Any:
        """The application."""
        from sphinx.application import Sphinx  # noqa: PLC0415  (slow)

        folder = Path(tempfile.mkdtemp(prefix="pipeviz-fuzz-"))
        (folder / "conf.py").write_text(CONF)
        (folder / f"index{self.suffix}").write_text("x\n")
        places = (folder, folder, folder / "out", folder / "trees")
        app = Sphinx(*places, "html", status=None, warning=self.warnings)
        app.builder.read()
        return app

    def __call__(self, data: bytes) -> None:
        """Read a page, and draw its pictures."""
        page = Path(self.app.srcdir, f"index{self.suffix}")
        page.write_bytes(plain(data).encode())
        self.warnings.seek(0)
        self.warnings.truncate()
        self.app.env.clear_doc("index")
        self.app.builder.read_doc("index")
        told = self.warnings.getvalue()
        assert OURS not in told, told
        assert "Traceback" not in told, told


#: Of the command; none of them writes a file.
COMMANDS = (
    ["check"],
    ["show"],
    ["show", "--ascii"],
    ["convert", "--to", "json"],
)


def commands(data: bytes) -> None:
    """Run the command on a file; the first byte picks what it does."""
    which, text = data[:1], plain(data[1:])
    with tempfile.TemporaryDirectory(prefix="pipeviz-fuzz-") as folder:
        file = Path(folder, "a.yaml")
        file.write_bytes(text.encode())
        name, *options = COMMANDS[sum(which) % len(COMMANDS)]
        said = io.StringIO()
        with (
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(said),
            contextlib.suppress(SystemExit),
        ):
            command.main([name, str(file), *options, "--max-ops", str(MOST)])
        assert "Traceback" not in said.getvalue(), said.getvalue()


TARGETS: dict[str, Callable[[bytes], None]] = {
    **{name: reads(name) for name in READERS},
    "yaml": reads_yaml,
    "pattern": reads_pattern,
    "header": reads_header,
    "fence": converts,
    "directive": Pages(".rst"),
    "myst": Pages(".md"),
    "command": commands,
}


def seeds(target: str) -> list[bytes]:
    """Return texts to start from."""
    yaml = [path.read_bytes() for path in sorted(EXAMPLES.rglob("*.yaml"))]
    yaml += [path.read_bytes() for path in sorted((TESTS / "bad_specs").glob("*.yaml"))]
    yaml = [text for text in yaml if len(text) < 4000]
    if target in ("yaml", "fence", "directive", "myst", "command"):
        return [dress(target, text) for text in yaml]
    if target == "pattern":
        return [b"(?P<kind>fwd|bwd)-(?P<microbatch>\\d+)\nfwd-3", b"(?P<kind>a+)\naaa"]
    if target == "header":
        return [
            b'pipeline-schedule caption="a \\" b" width=60% .x #y',
            b"{.pipeline-schedule alt=''}",
        ]
    folders = {}
    for root in (TESTS / "formats", EXAMPLES / "formats"):
        for path in sorted(root.rglob("*.*")):
            folders.setdefault(path.parent if path.parent != root else path, []).append(path)
    texts = [NEXT.join(path.read_bytes() for path in paths) for paths in folders.values()]
    return [text for text in texts if len(text) < 8000]


def dress(target: str, yaml: bytes) -> bytes:
    """Return a page, or a command line, around a schedule's YAML."""
    if target == "yaml":
        return yaml
    if target == "command":
        return b"a" + yaml
    if target == "directive":
        body = b"\n".join(b"   " + line for line in yaml.split(b"\n"))
        head = b".. pipeline-schedule::\n   :caption: a `b`\n   :alt: c\n   :width: 50%\n"
        return head + b"   :downloads: svg\n\n" + body
    opening = b"```{pipeline-schedule}\n:caption: a\n:align: left\n\n"
    if target == "fence":
        opening = b'```pipeline-schedule caption="a" #b .c width=50%\n'
    return opening + yaml + b"\n```\n"
