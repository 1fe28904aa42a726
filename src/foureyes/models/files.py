"""Files that go into a run and come out of it. The content lies in the data folder under its SHA-256."""

from typing import ClassVar

from django.db import models

from foureyes.models.job_result import JobResult
from foureyes.users.ids import uuid7
from foureyes.users.models import User


class InputFile(models.Model):
    """An uploaded file. Its id is the value of the file variable; the content goes with its last reference."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64, db_index=True)
    size = models.PositiveBigIntegerField()
    user = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    job_result = models.ForeignKey(
        JobResult, null=True, blank=True, on_delete=models.CASCADE, related_name="input_files"
    )
    created = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class OutputFile(models.Model):
    """A file that a run made, one per name."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    job_result = models.ForeignKey(JobResult, on_delete=models.CASCADE, related_name="files", db_index=False)
    name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64, db_index=True)
    size = models.PositiveBigIntegerField()
    media_type = models.CharField(max_length=100, default="application/octet-stream")
    created = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["job_result", "name"], name="output_file_one_per_name"),
        ]

    def __str__(self) -> str:
        return self.name
