"""What several kinds of rows have in them: the job in short, and the files of a source."""

from typing import Any

from foureyes.api.wire.links import Links
from foureyes.catalog.source import read_source
from foureyes.models import Job, SourceBundle


def short_job(job: Job | None, to: Links) -> dict[str, Any] | None:
    """The job as other rows name it; None if it was deleted."""
    if job is None:
        return None
    return {"id": str(job.pk), "name": job.name, "slug": job.slug, "url": to.to("job", job.pk)}


def source_shape(bundle: SourceBundle) -> dict[str, Any]:
    """Digest and files, those that are no text without one."""
    files = [
        {"path": file.path, "size": file.size, "sha256": file.sha256, "text": file.text}
        for file in read_source(bundle=bundle)
    ]
    return {"digest": bundle.digest, "files": files}
