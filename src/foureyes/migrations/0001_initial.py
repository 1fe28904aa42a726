import django.db.models.deletion
from django.db import migrations, models

import foureyes.users.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="ApprovalRequest",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=foureyes.users.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("number", models.PositiveIntegerField(unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[("run", "Run"), ("series", "Series"), ("open_gate", "Open Gate")], max_length=16
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("granted", "Granted"),
                            ("denied", "Denied"),
                            ("withdrawn", "Withdrawn"),
                            ("expired", "Expired"),
                            ("superseded", "Superseded"),
                        ],
                        default="open",
                        max_length=16,
                    ),
                ),
                ("snapshot", models.JSONField()),
                ("digest", models.CharField(max_length=64)),
                ("rule", models.JSONField(default=dict)),
                ("reason", models.TextField(blank=True)),
                ("sensitive", models.BooleanField(default=False)),
                ("created", models.DateTimeField()),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="InputFile",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=foureyes.users.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=255)),
                ("sha256", models.CharField(db_index=True, max_length=64)),
                ("size", models.PositiveBigIntegerField()),
                ("created", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Job",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=foureyes.users.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("local", "Installed in the jobs folder"),
                            ("git", "Provided by a Git repository"),
                            ("plugins", "Part of an installed package"),
                        ],
                        max_length=16,
                    ),
                ),
                ("module_name", models.CharField(max_length=100)),
                ("job_class_name", models.CharField(max_length=100)),
                ("slug", models.CharField(max_length=320, unique=True)),
                ("grouping", models.CharField(max_length=255)),
                ("name", models.CharField(max_length=100)),
                ("description", models.TextField(blank=True)),
                ("installed", models.BooleanField(default=True)),
                ("enabled", models.BooleanField(default=False)),
                ("is_job_hook_receiver", models.BooleanField(default=False)),
                ("is_job_button_receiver", models.BooleanField(default=False)),
                ("has_sensitive_variables", models.BooleanField(default=True)),
                ("approval_required", models.BooleanField(default=False)),
                ("gated", models.BooleanField(default=False)),
                ("commit_default", models.BooleanField(default=True)),
                ("hidden", models.BooleanField(default=False)),
                ("read_only", models.BooleanField(default=False)),
                ("soft_time_limit", models.FloatField(default=0)),
                ("time_limit", models.FloatField(default=0)),
                ("task_queues", models.JSONField(default=list)),
                ("grouping_override", models.BooleanField(default=False)),
                ("name_override", models.BooleanField(default=False)),
                ("description_override", models.BooleanField(default=False)),
                ("has_sensitive_variables_override", models.BooleanField(default=False)),
                ("approval_required_override", models.BooleanField(default=False)),
                ("commit_default_override", models.BooleanField(default=False)),
                ("hidden_override", models.BooleanField(default=False)),
                ("read_only_override", models.BooleanField(default=False)),
                ("soft_time_limit_override", models.BooleanField(default=False)),
                ("time_limit_override", models.BooleanField(default=False)),
                ("task_queues_override", models.BooleanField(default=False)),
                ("class_values", models.JSONField(default=dict)),
                ("variables", models.JSONField(default=list)),
                ("test_methods", models.JSONField(default=list)),
                ("uses_database", models.BooleanField(default=False)),
                ("concurrency_limit", models.PositiveIntegerField(blank=True, null=True)),
                ("priority", models.SmallIntegerField(default=0)),
                ("max_retries", models.PositiveIntegerField(default=0)),
                ("retry_delay_seconds", models.FloatField(default=0)),
                ("import_error", models.TextField(blank=True)),
                ("created", models.DateField()),
                ("last_updated", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="JobLogEntry",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=foureyes.users.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("sequence", models.PositiveIntegerField()),
                ("created", models.DateTimeField()),
                (
                    "log_level",
                    models.CharField(
                        choices=[
                            ("default", "Default"),
                            ("success", "Success"),
                            ("info", "Info"),
                            ("warning", "Warning"),
                            ("failure", "Failure"),
                        ],
                        default="default",
                        max_length=32,
                    ),
                ),
                ("grouping", models.CharField(default="main", max_length=100)),
                ("message", models.TextField(blank=True)),
                ("log_object", models.CharField(blank=True, max_length=200, null=True)),
                ("absolute_url", models.CharField(blank=True, max_length=255, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="JobResult",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=foureyes.users.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=255)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("running", "Running"),
                            ("completed", "Completed"),
                            ("errored", "Errored"),
                            ("failed", "Failed"),
                        ],
                        default="pending",
                        max_length=16,
                    ),
                ),
                (
                    "cause",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("job_failed", "the job reported a failure"),
                            ("exception", "the job raised an exception"),
                            ("soft_limit", "the soft time limit was over"),
                            ("hard_limit", "the time limit was over"),
                            ("cancelled", "cancelled"),
                            ("worker_lost", "worker lost"),
                            ("process_died", "the job's process died"),
                            ("refused", "refused before the start"),
                            ("source", "the job's source could not be loaded"),
                        ],
                        max_length=16,
                    ),
                ),
                ("created", models.DateTimeField()),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("completed", models.DateTimeField(blank=True, null=True)),
                (
                    "purpose",
                    models.CharField(
                        choices=[("run", "Run"), ("dry_run", "Dry Run"), ("hook", "Hook")], default="run", max_length=16
                    ),
                ),
                ("gated", models.BooleanField(default=False)),
                ("hook_id", models.UUIDField(blank=True, null=True)),
                ("hook_event_id", models.UUIDField(blank=True, null=True)),
                ("user_name", models.CharField(blank=True, max_length=150)),
                ("environment", models.CharField(blank=True, max_length=64)),
                ("commit", models.BooleanField(default=True)),
                ("job_kwargs", models.JSONField(blank=True, null=True)),
                ("sealed_inputs", models.BinaryField(blank=True, null=True)),
                ("queue", models.CharField(max_length=200)),
                ("priority", models.SmallIntegerField(default=0)),
                ("soft_limit_seconds", models.FloatField()),
                ("time_limit_seconds", models.FloatField()),
                ("available_at", models.DateTimeField()),
                ("attempt", models.PositiveIntegerField(default=0)),
                ("max_retries", models.PositiveIntegerField(default=0)),
                ("retry_delay_seconds", models.FloatField(default=0)),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                ("concurrency_slot", models.PositiveIntegerField(blank=True, null=True)),
                ("cancel_requested_at", models.DateTimeField(blank=True, null=True)),
                ("cancelled_by_name", models.CharField(blank=True, max_length=150)),
                ("data", models.JSONField(blank=True, null=True)),
                ("progress_done", models.FloatField(blank=True, null=True)),
                ("progress_total", models.FloatField(blank=True, null=True)),
                ("progress_text", models.CharField(blank=True, max_length=200)),
                ("log_count", models.PositiveIntegerField(default=0)),
                ("hidden_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Occurrence",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=foureyes.users.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("revision", models.PositiveIntegerField()),
                ("planned_at", models.DateTimeField()),
                ("last_planned_at", models.DateTimeField(blank=True, null=True)),
                ("count", models.PositiveIntegerField(default=1)),
                (
                    "fate",
                    models.CharField(
                        choices=[
                            ("planned", "Planned"),
                            ("fired", "Fired"),
                            ("skipped", "Skipped"),
                            ("missed", "Missed"),
                            ("refused", "Refused"),
                            ("queued", "Queued"),
                            ("held", "Held"),
                        ],
                        default="planned",
                        max_length=16,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="OutputFile",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=foureyes.users.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=255)),
                ("sha256", models.CharField(db_index=True, max_length=64)),
                ("size", models.PositiveBigIntegerField()),
                ("media_type", models.CharField(default="application/octet-stream", max_length=100)),
                ("created", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="RequestComment",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=foureyes.users.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("person_id", models.UUIDField()),
                ("person_name", models.CharField(max_length=150)),
                ("text", models.TextField(blank=True)),
                ("suggestion", models.JSONField(blank=True, null=True)),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="RequestParty",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=foureyes.users.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("person_id", models.UUIDField()),
                ("person_name", models.CharField(max_length=150)),
                (
                    "part",
                    models.CharField(choices=[("contributor", "Contributor"), ("decider", "Decider")], max_length=16),
                ),
                ("roles", models.JSONField(default=list)),
                (
                    "verdict",
                    models.CharField(blank=True, choices=[("approve", "Approve"), ("deny", "Deny")], max_length=16),
                ),
                ("reason", models.TextField(blank=True)),
                ("digest", models.CharField(blank=True, max_length=64)),
                ("token_hint", models.CharField(blank=True, max_length=6)),
                ("address", models.CharField(blank=True, max_length=64)),
                ("client", models.CharField(blank=True, max_length=200)),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="RunChange",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=foureyes.users.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("sequence", models.PositiveIntegerField()),
                ("created", models.DateTimeField()),
                ("target", models.TextField()),
                ("before", models.JSONField(blank=True, null=True)),
                ("after", models.JSONField(blank=True, null=True)),
                ("summary", models.TextField(blank=True)),
            ],
        ),
        migrations.CreateModel(
            name="ScheduledJob",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=foureyes.users.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                ("description", models.TextField(blank=True)),
                ("job_class", models.CharField(max_length=255)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("active", "Active"),
                            ("paused", "Paused"),
                            ("finished", "Finished"),
                            ("errored", "Errored"),
                            ("denied", "Denied"),
                            ("withdrawn", "Withdrawn"),
                            ("expired", "Expired"),
                            ("cancelled", "Cancelled"),
                            ("deleted", "Deleted"),
                        ],
                        default="active",
                        max_length=16,
                    ),
                ),
                ("state_reason", models.TextField(blank=True)),
                (
                    "listed",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.ExpressionWrapper(
                            models.Q(("state__in", ["denied", "withdrawn", "cancelled", "deleted"]), _negated=True),
                            output_field=models.BooleanField(),
                        ),
                        output_field=models.BooleanField(),
                    ),
                ),
                ("revision", models.PositiveIntegerField(default=1)),
                ("inputs", models.JSONField(default=dict)),
                ("commit", models.BooleanField(default=True)),
                ("queue", models.CharField(blank=True, max_length=200, null=True)),
                ("priority", models.SmallIntegerField(default=0)),
                ("sensitive", models.BooleanField(default=False)),
                (
                    "interval",
                    models.CharField(
                        choices=[
                            ("immediately", "Once immediately"),
                            ("future", "Once in the future"),
                            ("hourly", "Recurring hourly"),
                            ("daily", "Recurring daily"),
                            ("weekly", "Recurring weekly"),
                            ("custom", "Recurring custom"),
                        ],
                        max_length=16,
                    ),
                ),
                ("crontab", models.CharField(blank=True, max_length=255)),
                ("time_zone", models.CharField(default="UTC", max_length=64)),
                ("day_rule", models.CharField(choices=[("or", "Or"), ("and", "And")], default="or", max_length=8)),
                (
                    "gap",
                    models.CharField(choices=[("after", "After"), ("skip", "Skip")], default="after", max_length=8),
                ),
                (
                    "fold",
                    models.CharField(
                        choices=[("first", "First"), ("second", "Second"), ("both", "Both")],
                        default="first",
                        max_length=8,
                    ),
                ),
                ("start_time", models.DateTimeField()),
                ("end_time", models.DateTimeField(blank=True, null=True)),
                ("one_off", models.BooleanField(default=False)),
                ("max_runs", models.PositiveIntegerField(blank=True, null=True)),
                ("jitter_seconds", models.PositiveIntegerField(default=0)),
                (
                    "misfire",
                    models.CharField(
                        choices=[("latest", "Latest"), ("skip", "Skip"), ("all", "All")], default="latest", max_length=8
                    ),
                ),
                ("misfire_limit", models.PositiveIntegerField(blank=True, null=True)),
                ("latest_start_seconds", models.PositiveIntegerField(blank=True, null=True)),
                (
                    "overlap",
                    models.CharField(
                        choices=[("allow", "Allow"), ("skip", "Skip"), ("queue", "Queue")],
                        default="allow",
                        max_length=8,
                    ),
                ),
                ("next_run_at", models.DateTimeField(blank=True, null=True)),
                ("decided_until", models.DateTimeField()),
                ("last_run_at", models.DateTimeField(blank=True, null=True)),
                ("total_run_count", models.PositiveIntegerField(default=0)),
                ("user_name", models.CharField(blank=True, max_length=150)),
                ("approval_required", models.BooleanField(default=False)),
                ("approved_at", models.DateTimeField(blank=True, null=True)),
                ("created", models.DateTimeField()),
                ("date_changed", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="SourceBundle",
            fields=[
                ("digest", models.CharField(max_length=64, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(choices=[("folder", "Folder"), ("distribution", "Distribution")], max_length=16),
                ),
                ("module_name", models.CharField(max_length=100)),
                ("distribution", models.CharField(blank=True, max_length=200)),
                ("files", models.JSONField(default=list)),
                ("archive", models.BinaryField(default=bytes)),
                ("created", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="SystemValue",
            fields=[
                ("name", models.CharField(max_length=100, primary_key=True, serialize=False)),
                ("value", models.JSONField()),
            ],
        ),
        migrations.CreateModel(
            name="Worker",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=foureyes.users.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("worker", "Worker"), ("scheduler", "Scheduler")], default="worker", max_length=16
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                ("queues", models.JSONField(default=list)),
                ("slots", models.PositiveIntegerField(default=0)),
                (
                    "state",
                    models.CharField(
                        choices=[("running", "Running"), ("draining", "Draining"), ("stopped", "Stopped")],
                        default="running",
                        max_length=16,
                    ),
                ),
                ("started_at", models.DateTimeField()),
                ("heartbeat_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Event",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=foureyes.users.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("kind", models.CharField(max_length=100)),
                ("at", models.DateTimeField()),
                ("actor_id", models.UUIDField(blank=True, null=True)),
                ("actor_name", models.CharField(blank=True, max_length=150)),
                ("subject_type", models.CharField(max_length=100)),
                ("subject_id", models.CharField(max_length=64)),
                ("subject_text", models.CharField(blank=True, max_length=200)),
                ("request_id", models.UUIDField(blank=True, null=True)),
                ("data", models.JSONField(default=dict)),
                ("sequence", models.BigIntegerField(blank=True, null=True, unique=True)),
                ("hash", models.CharField(blank=True, max_length=64)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["subject_type", "subject_id", "id"], name="event_by_subject"),
                    models.Index(condition=models.Q(("sequence__isnull", True)), fields=["id"], name="event_unsealed"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Grant",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=foureyes.users.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("scope", models.CharField(choices=[("run", "Run"), ("series", "Series")], max_length=16)),
                ("digest", models.CharField(max_length=64)),
                ("granted_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("uses_left", models.PositiveIntegerField(blank=True, null=True)),
                ("voided_at", models.DateTimeField(blank=True, null=True)),
                ("void_reason", models.CharField(blank=True, max_length=200)),
                (
                    "request",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="grant", to="extras.approvalrequest"
                    ),
                ),
            ],
        ),
    ]
