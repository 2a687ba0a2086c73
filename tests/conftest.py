"""What the tests share: no screen, and the same random examples every time."""

import matplotlib
import pytest
from hypothesis import HealthCheck, settings

matplotlib.use("agg")
settings.register_profile(
    "steady", deadline=None, derandomize=True, max_examples=60, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("steady")


@pytest.fixture
def shown(monkeypatch):
    """Collect what is displayed, as (data, metadata)."""
    calls = []
    monkeypatch.setattr("IPython.display.display", lambda data, metadata, raw: calls.append((data, metadata, raw)))
    return calls
