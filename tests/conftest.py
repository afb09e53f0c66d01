import os

from hypothesis import HealthCheck, settings

SLOW = [HealthCheck.too_slow]
settings.register_profile("local", deadline=None, max_examples=150, suppress_health_check=SLOW)
settings.register_profile(
    "ci", deadline=None, max_examples=150, suppress_health_check=SLOW, derandomize=True
)
settings.load_profile("ci" if os.environ.get("CI") else "local")
