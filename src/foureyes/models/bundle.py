"""Content-addressed copies of job source."""

from django.db import models


class SourceBundle(models.Model):
    """What a run executes: the job's module, what it imports from the jobs folder, and its data files.

    `digest` is the SHA-256 over `files` (path, size and hash of each, sorted by path), so equal source has one row.
    Of a packaged job it hashes distribution name, version and RECORD, and `archive` is empty. Rows never change.
    """

    class Kind(models.TextChoices):
        FOLDER = "folder"
        DISTRIBUTION = "distribution"

    digest = models.CharField(primary_key=True, max_length=64)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    module_name = models.CharField(max_length=100)
    distribution = models.CharField(max_length=200, blank=True)
    files = models.JSONField(default=list)  # [{"path", "size", "sha256"}]
    archive = models.BinaryField(default=bytes)  # zip of the files
    created = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.module_name} {self.digest[:12]}"
