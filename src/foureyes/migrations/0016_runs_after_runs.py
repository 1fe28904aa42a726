from typing import Any

from django.db import migrations, models

# Of the event that started a hook: the run of which it tells, or which changed the object of which it tells.
RUN = "CASE WHEN subject_type = 'extras.jobresult' THEN subject_id WHEN substr(kind, 1, 7) = 'object.' THEN {} END"
BEHIND = {
    "sqlite": "replace(" + RUN.format("json_extract(data, '$.run')") + ", '-', '')",
    "postgresql": "(" + RUN.format("data ->> 'run'") + ")::uuid",
}


def read_events(apps: Any, schema_editor: Any) -> None:
    behind = BEHIND[schema_editor.connection.vendor]
    event = f"(SELECT {behind} FROM extras_event WHERE extras_event.id = extras_jobresult.hook_event_id)"  # noqa: S608
    schema_editor.execute(f"UPDATE extras_jobresult SET hook_run_id = {event} WHERE purpose = 'hook'")  # noqa: S608


class Migration(migrations.Migration):
    dependencies = [
        ("extras", "0015_runs_with_errors"),
    ]

    operations = [
        migrations.AddField(
            model_name="jobresult",
            name="hook_run_id",
            field=models.UUIDField(blank=True, null=True),
        ),
        migrations.AddIndex(
            model_name="jobresult",
            index=models.Index(
                condition=models.Q(("hook_run_id__isnull", False)),
                fields=["hook_run_id", "created", "id"],
                name="run_after_run",
            ),
        ),
        migrations.RunPython(read_events, migrations.RunPython.noop),
    ]
