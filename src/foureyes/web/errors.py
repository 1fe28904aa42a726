"""What an address that does not exist answers, and a request that crashes outside the API's own views."""

from django.http import HttpRequest, HttpResponse, JsonResponse


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404; JSON below `/api/`, where programs ask."""
    if request.path.startswith("/api/"):
        return JsonResponse({"detail": "Not found."}, status=404)
    return HttpResponse("Not found.\n", status=404, content_type="text/plain; charset=utf-8")


def crashed(request: HttpRequest) -> HttpResponse:
    """500 without any detail: the log has it."""
    if request.path.startswith("/api/"):
        return JsonResponse({"error": "The server failed to answer; its log has the details."}, status=500)
    return HttpResponse("The server failed to answer.\n", status=500, content_type="text/plain; charset=utf-8")
