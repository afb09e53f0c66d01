"""Activations that devices hold -> the memory they take, and its words."""

from __future__ import annotations

from sphinx_pipeviz.errors import StyleError
from sphinx_pipeviz.metrics import Metrics
from sphinx_pipeviz.picture import Sizes


def memory_words(metrics: Metrics, sizes: Sizes | None) -> tuple[list[str], str] | None:
    """Return the most memory that each device takes, and any of them, such as ``8.5 GB``."""
    if sizes is None:
        return None
    check_sizes(sizes, len(metrics.peak_activations))
    most = [
        sizes.always(device) + sizes.activations * held
        for device, held in enumerate(metrics.peak_activations)
    ]
    return [f"{gigabytes(held)} GB" for held in most], f"{gigabytes(max(most, default=0))} GB"


def gigabytes(number: float) -> str:
    """Return a number with at most two decimals, and none that say nothing."""
    return f"{number:.2f}".rstrip("0").rstrip(".")


def check_sizes(sizes: Sizes, devices: int) -> None:
    """Check that a list of sizes has one for each device.

    Raises:
        StyleError: It has not.
    """
    if isinstance(sizes.constant, list) and len(sizes.constant) != devices:
        message = f"sizes.constant has {len(sizes.constant)} entries for {devices} devices"
        hint = "give one number, or one per device"
        raise StyleError(message, hint=hint, path=("sizes", "constant"))
