"""Files that a run made: downloads that no browser opens as a page."""

from uuid import UUID

from django.http import FileResponse, Http404
from django.views.decorators.http import require_safe

from foureyes.models import OutputFile
from foureyes.processes.headers import INERT
from foureyes.runs.files import content_path
from foureyes.web.results.run import visible_run
from foureyes.web.shell.access import SignedInRequest, signed_in


@require_safe
@signed_in
def file(request: SignedInRequest, pk: UUID, name: str) -> FileResponse:
    """The content, as an attachment."""
    found = OutputFile.objects.filter(job_result=visible_run(request.user, pk), name=name).first()
    path = content_path(found.sha256) if found else None
    if found is None or path is None or not path.exists():
        raise Http404
    answer = FileResponse(path.open("rb"), as_attachment=True, filename=found.name, content_type=found.media_type)
    answer["Content-Security-Policy"] = INERT
    return answer
