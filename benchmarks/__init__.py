"""Speed and size, measured against the seed's way of drawing: ``python -m benchmarks``."""
