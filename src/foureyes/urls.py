"""Where requests go."""

from typing import Any

urlpatterns: list[Any] = []
