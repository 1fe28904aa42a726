"""docs/data-model.md names every record, field and constraint of ours."""

from pathlib import Path

import pytest
from django.apps import apps
from django.db import models

DOCUMENT = Path(__file__).parents[2] / "docs" / "data-model.md"
OWN = [model for label in ("users", "extras") for model in apps.get_app_config(label).get_models()]


def section(model: type[models.Model]) -> str:
    _, _, rest = DOCUMENT.read_text().partition(f"### {model.__name__}\n")
    return rest.partition("\n#")[0]


@pytest.mark.parametrize("model", OWN, ids=lambda model: model.__name__)
def test_the_record_is_described_with_all_its_fields_and_constraints(model: type[models.Model]) -> None:
    text = section(model)
    names = [field.name for field in model._meta.local_fields + model._meta.local_many_to_many]
    names += [constraint.name for constraint in model._meta.constraints]
    assert [name for name in names if name not in text] == []
