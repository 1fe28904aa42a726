"""Which jobs exist, and what an administrator decided about them."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from foureyes.models.bundle import SourceBundle
from foureyes.users.ids import uuid7

# Fields whose value follows the class unless `<field>_override` is set, as on the 1.x wire.
OVERRIDABLE = (
    "grouping",
    "name",
    "description",
    "has_sensitive_variables",
    "approval_required",
    "commit_default",
    "hidden",
    "read_only",
    "soft_time_limit",
    "time_limit",
    "task_queues",
)


class JobQuerySet(models.QuerySet["Job"]):
    """Named questions about jobs."""

    def in_order(self) -> "JobQuerySet":
        """By grouping, then name: the order of every list."""
        return self.order_by("grouping", "name", "id")


class Job(models.Model):
    """An installed piece of work: the mirror of an author's class, and the switches that people set."""

    class Source(models.TextChoices):
        LOCAL = "local", "Installed in the jobs folder"
        GIT = "git", "Provided by a Git repository"
        PLUGINS = "plugins", "Part of an installed package"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    source = models.CharField(max_length=16, choices=Source.choices)
    module_name = models.CharField(max_length=100)
    job_class_name = models.CharField(max_length=100)
    slug = models.CharField(max_length=320, unique=True)
    grouping = models.CharField(max_length=255)
    name = models.CharField(max_length=100)
    description = models.TextField(blank=True)

    installed = models.BooleanField(default=True)
    enabled = models.BooleanField(default=False)
    is_job_hook_receiver = models.BooleanField(default=False)
    is_job_button_receiver = models.BooleanField(default=False)
    has_sensitive_variables = models.BooleanField(default=True)
    approval_required = models.BooleanField(default=False)
    # Needs a grant. Raised together with approval_required, lowered only by a second person (gate G2).
    gated = models.BooleanField(default=False)
    commit_default = models.BooleanField(default=True)
    hidden = models.BooleanField(default=False)
    read_only = models.BooleanField(default=False)
    soft_time_limit = models.FloatField(default=0)  # seconds, 0: the installation's default
    time_limit = models.FloatField(default=0)  # seconds, 0: the installation's default
    task_queues = models.JSONField(default=list)  # first is the default; empty: the installation's default queue

    grouping_override = models.BooleanField(default=False)
    name_override = models.BooleanField(default=False)
    description_override = models.BooleanField(default=False)
    has_sensitive_variables_override = models.BooleanField(default=False)
    approval_required_override = models.BooleanField(default=False)
    commit_default_override = models.BooleanField(default=False)
    hidden_override = models.BooleanField(default=False)
    read_only_override = models.BooleanField(default=False)
    soft_time_limit_override = models.BooleanField(default=False)
    time_limit_override = models.BooleanField(default=False)
    task_queues_override = models.BooleanField(default=False)

    # What the class says, as the last successful discovery read it.
    class_values = models.JSONField(default=dict)  # {overridable field: value}
    variables = models.JSONField(default=list)  # specs in form order, see foureyes.jobs.variables
    test_methods = models.JSONField(default=list)
    uses_database = models.BooleanField(default=False)  # Meta.database
    concurrency_limit = models.PositiveIntegerField(null=True, blank=True)  # runs at the same time; null: no limit
    priority = models.SmallIntegerField(default=0)  # higher is claimed first
    max_retries = models.PositiveIntegerField(default=0)
    retry_delay_seconds = models.FloatField(default=0)
    bundle = models.ForeignKey(SourceBundle, null=True, blank=True, on_delete=models.PROTECT, related_name="jobs")
    import_error = models.TextField(blank=True)  # first line of what went wrong at the last import; empty: loadable

    created = models.DateField()
    last_updated = models.DateTimeField()

    objects = JobQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["source", "module_name", "job_class_name"], name="job_one_row_per_class"),
            models.UniqueConstraint(fields=["grouping", "name"], name="job_name_unique_in_grouping"),
            models.CheckConstraint(
                condition=Q(approval_required=False) | Q(gated=True), name="job_requiring_approval_is_gated"
            ),
            models.CheckConstraint(
                condition=Q(soft_time_limit__gte=0) & Q(time_limit__gte=0), name="job_limits_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(concurrency_limit__isnull=True) | Q(concurrency_limit__gte=1),
                name="job_concurrency_positive",
            ),
        ]
        indexes: ClassVar = [models.Index(F("grouping"), F("name"), F("id"), name="job_order")]

    def __str__(self) -> str:
        return self.name

    @property
    def class_path(self) -> str:
        """`source/module/Class`, the name under which results are filed."""
        return f"{self.source}/{self.module_name}/{self.job_class_name}"
