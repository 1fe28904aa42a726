"""How the properties here are tried: cheap but many; `FOUREYES_EXAMPLES` raises how many of each."""

import os

from hypothesis import HealthCheck, settings

tried = settings(
    deadline=None,
    max_examples=int(os.environ.get("FOUREYES_EXAMPLES", "60")),
    suppress_health_check=[HealthCheck.too_slow],
    database=None,
)
