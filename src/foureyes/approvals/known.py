"""What a request is looked at with, read for many requests at once: its review, its risk and lists tell from that."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from foureyes.approvals.differences import related_to
from foureyes.approvals.trials import Trial, facts_about, trials_of
from foureyes.catalog.inputs import label_of
from foureyes.catalog.source import are_known
from foureyes.models import ApprovalRequest, Event, SourceBundle

Content = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A request with what it is looked at with: what was approved last, its dry runs, and what happened to it."""

    request: ApprovalRequest
    before: ApprovalRequest | None
    trials: list[Trial]
    facts: list[Event]  # about it, in order; only of the request that was to be read closely

    @property
    def content(self) -> Content:
        found: Content = self.request.snapshot["content"]
        return found

    @property
    def about(self) -> Content:
        found: Content = self.request.snapshot["about"]
        return found

    @property
    def labels(self) -> dict[str, str]:
        """What people call the variables, by name."""
        return {spec["name"]: label_of(spec) for spec in self.about.get("variables", [])}


def known_of(requests: Collection[ApprovalRequest], *, closely: ApprovalRequest | None = None) -> dict[UUID, Known]:
    """What requests are looked at with, read once for everything that is told of them, and of one every fact.

    By a number of queries that does not depend on how many there are.
    """
    if not requests:
        return {}
    related = related_to(requests)
    facts = facts_about(related, closely=closely)
    trials = trials_of(requests, related=related, facts=facts)
    own = [fact for fact in facts if closely and fact.subject_id == str(closely.pk)]
    return {
        one.pk: Known(
            request=one,
            before=related[one.pk].before,
            trials=trials[one.pk],
            facts=own if closely and one.pk == closely.pk else [],
        )
        for one in requests
    }


def bring_sources(every: Iterable[Known], *, closely: Known | None = None) -> None:
    """Read sources in one query: those that nobody has looked at yet, and those of one request to show them."""
    wanted = [known.request for known in every if not are_known(known.request.bundle_id)]
    wanted += [one for one in (closely.request, closely.before) if one is not None] if closely else []
    bundles = SourceBundle.objects.in_bulk({one.bundle_id for one in wanted})
    for one in wanted:
        one.bundle = bundles[one.bundle_id]
