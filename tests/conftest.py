"""What the tests share: no screen, and the same random examples every time."""

import matplotlib
from hypothesis import HealthCheck, settings

matplotlib.use("agg")
settings.register_profile(
    "steady", deadline=None, derandomize=True, max_examples=60, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("steady")
