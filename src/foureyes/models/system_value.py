"""Single facts about the installation that processes share."""

from django.db import models


class SystemValue(models.Model):
    """One named value, such as the edition of the time zone rules that stored instants were computed with."""

    name = models.CharField(primary_key=True, max_length=100)
    value = models.JSONField()

    def __str__(self) -> str:
        return self.name
