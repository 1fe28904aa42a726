"""The app of somebody else, installed, with its tables."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import override_settings


@pytest.fixture
def inventory(db: None) -> Iterator[Any]:
    with override_settings(INSTALLED_APPS=[*settings.INSTALLED_APPS, "tests.events.inventory"]):
        from tests.events.inventory import models

        with connection.cursor() as cursor:
            for model in (models.Rack, models.Device, models.Place):
                columns = ", ".join(
                    f'"{field.column}" {field.db_type(connection)}' for field in model._meta.local_fields
                )
                cursor.execute(f'CREATE TABLE "{model._meta.db_table}" ({columns})')
        yield models
