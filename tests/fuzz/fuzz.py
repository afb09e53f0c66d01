"""Fuzz one target, guided by what code it reaches: ``python tests/fuzz/fuzz.py TARGET``.

Further arguments are libFuzzer's, such as ``-max_total_time=600`` or a folder of inputs.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from tempfile import mkdtemp

import atheris

sys.path.insert(0, str(Path(__file__).parents[2]))
with atheris.instrument_imports(include=["sphinx_pipeviz"]):
    from tests.fuzz.targets import TARGETS, seeds

#: Seconds of processor time; instrumented code is several times slower than plain code.
SLOW = 4.0


def main() -> None:
    """Fuzz until libFuzzer is told to end, or something is found."""
    name, *arguments = sys.argv[1:]
    target = TARGETS[name]

    def run(data: bytes) -> None:
        begin = time.process_time()
        target(data)
        took = time.process_time() - begin
        if took > SLOW:
            raise RuntimeError(f"{took:.1f} s for {len(data)} bytes")

    folder = Path(mkdtemp(prefix="pipeviz-seeds-"))
    for number, text in enumerate(seeds(name)):
        (folder / str(number)).write_bytes(text)
    target(b"")  # what is imported or made once is not measured
    atheris.Setup([sys.argv[0], "-max_len=8000", *arguments, str(folder)], run)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
