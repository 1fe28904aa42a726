import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("extras", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="inputfile",
            name="user",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="approvalrequest",
            name="job",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="approval_requests",
                to="extras.job",
            ),
        ),
        migrations.AddField(
            model_name="jobresult",
            name="grant",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="runs",
                to="extras.grant",
            ),
        ),
        migrations.AddField(
            model_name="jobresult",
            name="job_model",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="results",
                to="extras.job",
            ),
        ),
        migrations.AddField(
            model_name="jobresult",
            name="user",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="job_results",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="joblogentry",
            name="job_result",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="logs", to="extras.jobresult"
            ),
        ),
        migrations.AddField(
            model_name="inputfile",
            name="job_result",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="input_files",
                to="extras.jobresult",
            ),
        ),
        migrations.AddField(
            model_name="jobresult",
            name="occurrence",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="job_result",
                to="extras.occurrence",
            ),
        ),
        migrations.AddField(
            model_name="outputfile",
            name="job_result",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="files", to="extras.jobresult"
            ),
        ),
        migrations.AddField(
            model_name="requestcomment",
            name="request",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="comments", to="extras.approvalrequest"
            ),
        ),
        migrations.AddField(
            model_name="requestparty",
            name="request",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="parties", to="extras.approvalrequest"
            ),
        ),
        migrations.AddField(
            model_name="runchange",
            name="job_result",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="changes",
                to="extras.jobresult",
            ),
        ),
        migrations.AddField(
            model_name="scheduledjob",
            name="approved_by_user",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="scheduledjob",
            name="job_model",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="scheduled_jobs",
                to="extras.job",
            ),
        ),
        migrations.AddField(
            model_name="scheduledjob",
            name="user",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="scheduled_jobs",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="occurrence",
            name="scheduled_job",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="occurrences", to="extras.scheduledjob"
            ),
        ),
        migrations.AddField(
            model_name="jobresult",
            name="schedule",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="results",
                to="extras.scheduledjob",
            ),
        ),
        migrations.AddField(
            model_name="approvalrequest",
            name="scheduled_job",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="approval_requests",
                to="extras.scheduledjob",
            ),
        ),
        migrations.AddField(
            model_name="jobresult",
            name="bundle",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="runs",
                to="extras.sourcebundle",
            ),
        ),
        migrations.AddField(
            model_name="job",
            name="bundle",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="jobs",
                to="extras.sourcebundle",
            ),
        ),
        migrations.AddField(
            model_name="approvalrequest",
            name="bundle",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="approval_requests", to="extras.sourcebundle"
            ),
        ),
        migrations.AddIndex(
            model_name="worker",
            index=models.Index(fields=["heartbeat_at"], name="worker_by_heartbeat"),
        ),
        migrations.AddField(
            model_name="jobresult",
            name="worker",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="runs",
                to="extras.worker",
            ),
        ),
        migrations.AddIndex(
            model_name="grant",
            index=models.Index(fields=["digest"], name="grant_by_digest"),
        ),
        migrations.AddConstraint(
            model_name="joblogentry",
            constraint=models.UniqueConstraint(fields=("job_result", "sequence"), name="log_line_once"),
        ),
        migrations.AddConstraint(
            model_name="outputfile",
            constraint=models.UniqueConstraint(fields=("job_result", "name"), name="output_file_one_per_name"),
        ),
        migrations.AddIndex(
            model_name="requestcomment",
            index=models.Index(fields=["request", "at"], name="request_comment_by_request"),
        ),
        migrations.AddConstraint(
            model_name="requestparty",
            constraint=models.UniqueConstraint(fields=("request", "person_id"), name="decision_four_eyes"),
        ),
        migrations.AddConstraint(
            model_name="requestparty",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("part", "contributor"), ("verdict", "")),
                    models.Q(("part", "decider"), ("verdict__in", ["approve", "deny"])),
                    _connector="OR",
                ),
                name="request_party_verdict_of_deciders_only",
            ),
        ),
        migrations.AddConstraint(
            model_name="runchange",
            constraint=models.UniqueConstraint(fields=("job_result", "sequence"), name="run_change_once"),
        ),
        migrations.AddIndex(
            model_name="scheduledjob",
            index=models.Index(
                condition=models.Q(("next_run_at__isnull", False), ("state__in", ["active", "paused"])),
                fields=["next_run_at"],
                name="scheduled_job_due",
            ),
        ),
        migrations.AddIndex(
            model_name="scheduledjob",
            index=models.Index(fields=["job_model", "state", "listed"], name="scheduled_job_by_job"),
        ),
        migrations.AddIndex(
            model_name="scheduledjob",
            index=models.Index(
                condition=models.Q(("listed", True)), fields=["name", "id", "listed"], name="scheduled_job_by_name"
            ),
        ),
        migrations.AddConstraint(
            model_name="scheduledjob",
            constraint=models.CheckConstraint(
                condition=models.Q(("sensitive", False)), name="scheduled_job_never_sensitive"
            ),
        ),
        migrations.AddConstraint(
            model_name="scheduledjob",
            constraint=models.CheckConstraint(
                condition=models.Q(("approved_at__isnull", False), ("approved_by_user__isnull", True), _connector="OR"),
                name="scheduled_job_approver_with_instant",
            ),
        ),
        migrations.AddIndex(
            model_name="occurrence",
            index=models.Index(fields=["planned_at"], name="occurrence_by_instant"),
        ),
        migrations.AddIndex(
            model_name="occurrence",
            index=models.Index(
                condition=models.Q(("fate", "queued")), fields=["scheduled_job"], name="occurrence_waiting"
            ),
        ),
        migrations.AddConstraint(
            model_name="occurrence",
            constraint=models.UniqueConstraint(
                fields=("scheduled_job", "planned_at"), name="occurrence_once_per_instant"
            ),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(models.F("grouping"), models.F("name"), models.F("id"), name="job_order"),
        ),
        migrations.AddConstraint(
            model_name="job",
            constraint=models.UniqueConstraint(
                fields=("source", "module_name", "job_class_name"), name="job_one_row_per_class"
            ),
        ),
        migrations.AddConstraint(
            model_name="job",
            constraint=models.UniqueConstraint(fields=("grouping", "name"), name="job_name_unique_in_grouping"),
        ),
        migrations.AddConstraint(
            model_name="job",
            constraint=models.CheckConstraint(
                condition=models.Q(("approval_required", False), ("gated", True), _connector="OR"),
                name="job_requiring_approval_is_gated",
            ),
        ),
        migrations.AddConstraint(
            model_name="job",
            constraint=models.CheckConstraint(
                condition=models.Q(("soft_time_limit__gte", 0), ("time_limit__gte", 0)), name="job_limits_not_negative"
            ),
        ),
        migrations.AddConstraint(
            model_name="job",
            constraint=models.CheckConstraint(
                condition=models.Q(("concurrency_limit__isnull", True), ("concurrency_limit__gte", 1), _connector="OR"),
                name="job_concurrency_positive",
            ),
        ),
        migrations.AddIndex(
            model_name="approvalrequest",
            index=models.Index(condition=models.Q(("state", "open")), fields=["created"], name="approval_request_open"),
        ),
        migrations.AddIndex(
            model_name="approvalrequest",
            index=models.Index(fields=["job", "state"], name="approval_request_by_job"),
        ),
        migrations.AddConstraint(
            model_name="approvalrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(("sensitive", False)), name="approval_request_never_sensitive"
            ),
        ),
        migrations.AddConstraint(
            model_name="approvalrequest",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "open")),
                fields=("scheduled_job",),
                name="approval_request_one_open_per_schedule",
            ),
        ),
        migrations.AddIndex(
            model_name="jobresult",
            index=models.Index(
                models.OrderBy(models.F("created"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                models.F("hidden_at"),
                condition=models.Q(("hidden_at__isnull", True)),
                name="run_newest_first",
            ),
        ),
        migrations.AddIndex(
            model_name="jobresult",
            index=models.Index(
                models.F("job_model"),
                models.OrderBy(models.F("created"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                models.F("hidden_at"),
                condition=models.Q(("hidden_at__isnull", True)),
                name="run_by_job",
            ),
        ),
        migrations.AddIndex(
            model_name="jobresult",
            index=models.Index(
                models.F("status"),
                models.OrderBy(models.F("created"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                models.F("hidden_at"),
                condition=models.Q(("hidden_at__isnull", True)),
                name="run_by_status",
            ),
        ),
        migrations.AddIndex(
            model_name="jobresult",
            index=models.Index(
                models.F("user"),
                models.OrderBy(models.F("created"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                models.F("hidden_at"),
                condition=models.Q(("hidden_at__isnull", True)),
                name="run_by_user",
            ),
        ),
        migrations.AddIndex(
            model_name="jobresult",
            index=models.Index(
                models.F("name"),
                models.OrderBy(models.F("created"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                models.F("hidden_at"),
                condition=models.Q(("hidden_at__isnull", True)),
                name="run_by_name",
            ),
        ),
        migrations.AddIndex(
            model_name="jobresult",
            index=models.Index(
                condition=models.Q(("hidden_at__isnull", False)), fields=["hidden_at"], name="run_hidden"
            ),
        ),
        migrations.AddIndex(
            model_name="jobresult",
            index=models.Index(
                models.F("queue"),
                models.OrderBy(models.F("priority"), descending=True),
                models.F("id"),
                condition=models.Q(("status", "pending")),
                name="run_claimable",
            ),
        ),
        migrations.AddIndex(
            model_name="jobresult",
            index=models.Index(condition=models.Q(("status", "running")), fields=["lease_until"], name="run_leases"),
        ),
        migrations.AddConstraint(
            model_name="jobresult",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("purpose", "run"), _negated=True),
                    ("gated", False),
                    ("grant__isnull", False),
                    _connector="OR",
                ),
                name="run_gated_needs_grant",
            ),
        ),
        migrations.AddConstraint(
            model_name="jobresult",
            constraint=models.CheckConstraint(
                condition=models.Q(models.Q(("purpose", "dry_run"), _negated=True), ("commit", False), _connector="OR"),
                name="run_dry_run_never_commits",
            ),
        ),
        migrations.AddConstraint(
            model_name="jobresult",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("purpose", "hook"), _negated=True),
                    models.Q(("hook_event_id__isnull", False), ("hook_id__isnull", False)),
                    _connector="OR",
                ),
                name="run_of_hook_names_its_cause",
            ),
        ),
        migrations.AddConstraint(
            model_name="jobresult",
            constraint=models.UniqueConstraint(
                condition=models.Q(("concurrency_slot__isnull", False)),
                fields=("job_model", "concurrency_slot"),
                name="run_concurrency_limit",
            ),
        ),
        migrations.AddConstraint(
            model_name="jobresult",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "running"), _negated=True), ("lease_until__isnull", False), _connector="OR"
                ),
                name="run_running_has_lease",
            ),
        ),
        migrations.AddConstraint(
            model_name="jobresult",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("status__in", ["pending", "running"]), ("completed__isnull", False), _connector="OR"
                ),
                name="run_ended_has_instant",
            ),
        ),
    ]
