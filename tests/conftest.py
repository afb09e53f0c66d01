import os

import pytest
from hypothesis import HealthCheck, settings

from sphinx_pipeviz.draw import fonts

SLOW = [HealthCheck.too_slow]
settings.register_profile("local", deadline=None, max_examples=150, suppress_health_check=SLOW)
settings.register_profile(
    "ci", deadline=None, max_examples=150, suppress_health_check=SLOW, derandomize=True
)
settings.load_profile("ci" if os.environ.get("CI") else "local")


@pytest.fixture(autouse=True)
def _no_other_fonts(monkeypatch):
    """Let pictures be the same whatever other fonts a computer has."""
    monkeypatch.setattr(fonts, "FOLDERS", ())


def pytest_collection_modifyitems(config, items):
    """Leave out what takes many minutes, unless ``-m`` names it."""
    if "faults" not in config.option.markexpr:
        long = [item for item in items if item.get_closest_marker("faults")]
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]
