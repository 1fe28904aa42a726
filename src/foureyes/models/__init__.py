"""The records of jobs, schedules, approvals and runs, with the constraints that no entry point can forget.

Rules that need more than one row are triggers (`gate_rules.py`), or operations in the packages above.
`docs/data-model.md` describes every record.
"""

from foureyes.models.approval import ApprovalRequest, Grant, RequestComment, RequestParty
from foureyes.models.bundle import SourceBundle
from foureyes.models.event import Event
from foureyes.models.files import InputFile, OutputFile
from foureyes.models.hooks import JobHook, Webhook, WebhookDelivery
from foureyes.models.job import Job
from foureyes.models.job_result import JobResult
from foureyes.models.log_entry import JobLogEntry, RunChange
from foureyes.models.object_change import ObjectChange
from foureyes.models.scheduled_job import Occurrence, ScheduledJob
from foureyes.models.sending import Sending
from foureyes.models.system_value import SystemValue
from foureyes.models.worker import Worker

__all__ = [
    "ApprovalRequest",
    "Event",
    "Grant",
    "InputFile",
    "Job",
    "JobHook",
    "JobLogEntry",
    "JobResult",
    "ObjectChange",
    "Occurrence",
    "OutputFile",
    "RequestComment",
    "RequestParty",
    "RunChange",
    "ScheduledJob",
    "Sending",
    "SourceBundle",
    "SystemValue",
    "Webhook",
    "WebhookDelivery",
    "Worker",
]
