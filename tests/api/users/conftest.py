"""Builders of permissions."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model

from foureyes.users.models import ObjectPermission, User


@pytest.fixture
def permit(db: None) -> Callable[..., ObjectPermission]:
    """`permit(alice, "view", Job, constraints=...)`: an enabled permission for that person."""

    def permit(user: User, actions: str, *models: type[Model], constraints: Any = None) -> ObjectPermission:
        row = ObjectPermission.objects.create(
            name=f"{user} {actions}", actions=actions.split(), constraints=constraints
        )
        row.object_types.set([ContentType.objects.get_for_model(model) for model in models])
        row.users.add(user)
        return row

    return permit
