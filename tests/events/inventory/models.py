"""Two models with a relation to many."""

import uuid

from django.db import models


class Rack(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    name = models.CharField(max_length=50)

    class Meta:
        app_label = "inventory"


class Device(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    name = models.CharField(max_length=50)
    password = models.CharField(max_length=50, default="")
    racks = models.ManyToManyField(Rack, through="Place")

    class Meta:
        app_label = "inventory"

    def __str__(self) -> str:
        return self.name


class Place(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    device = models.ForeignKey(Device, on_delete=models.CASCADE)
    rack = models.ForeignKey(Rack, on_delete=models.CASCADE)

    class Meta:
        app_label = "inventory"
