"""What somebody typed and has not sent yet, on its way from one page to the next."""

from foureyes.approvals.reasons import kept
from foureyes.models import ApprovalRequest
from foureyes.web.shell.access import SignedInRequest

COMMENTS = "approval comments"  # in the session, by request
KEPT_COMMENTS = 5


def typed(request: SignedInRequest) -> str:
    """The comment of a form."""
    return request.POST.get("comment", "").replace("\r\n", "\n").strip()


def keep_comment(request: SignedInRequest, found: ApprovalRequest) -> None:
    """Carry what was typed over to another page; refuses what could not be said there either."""
    if text := kept(typed(request)):
        comments = dict(request.session.get(COMMENTS, {}))
        comments.pop(str(found.pk), None)
        comments[str(found.pk)] = text
        request.session[COMMENTS] = dict(list(comments.items())[-KEPT_COMMENTS:])


def kept_comment(request: SignedInRequest, found: ApprovalRequest) -> str:
    """What was typed on the page before."""
    return str(request.session.get(COMMENTS, {}).get(str(found.pk), ""))


def forget_comment(request: SignedInRequest, found: ApprovalRequest) -> None:
    """It has been said."""
    if str(found.pk) in request.session.get(COMMENTS, {}):
        comments = dict(request.session[COMMENTS])
        comments.pop(str(found.pk))
        request.session[COMMENTS] = comments
