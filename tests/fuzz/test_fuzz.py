"""A fuzzer's short run on every target; ``tests/fuzz/fuzz.py`` runs longer."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from .targets import TARGETS

pytestmark = [
    pytest.mark.fuzz,
    pytest.mark.skipif(
        importlib.util.find_spec("atheris") is None,
        reason="atheris is not installed",
    ),
]
FUZZ = Path(__file__).with_name("fuzz.py")
#: Seconds of each target; 16 targets stay below three minutes.
SECONDS = int(os.environ.get("FUZZ_SECONDS", "4"))


@pytest.mark.parametrize("target", TARGETS)
def test_no_exception_but_ours_leaves(target, tmp_path):
    limits = [f"-max_total_time={SECONDS}", "-timeout=60", "-rss_limit_mb=1500", "-seed=1"]
    done = subprocess.run(
        [sys.executable, str(FUZZ), target, *limits, f"-artifact_prefix={tmp_path}/"],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        env=os.environ | {"TMPDIR": str(tmp_path)},
    )
    assert done.returncode == 0, done.stderr[-4000:]
    assert "Done" in done.stderr
