from typing import Any

from django.db import migrations, models

FIRST_FAILURE = {
    "sqlite": "json_extract(log_summary, '$.first_failure')",
    "postgresql": "(log_summary ->> 'first_failure')::integer",
}


def read_summaries(apps: Any, schema_editor: Any) -> None:
    found = FIRST_FAILURE[schema_editor.connection.vendor]
    known = f"UPDATE extras_jobresult SET first_failure = {found} WHERE {found} IS NOT NULL"  # noqa: S608 - words of ours
    schema_editor.execute(known)


class Migration(migrations.Migration):
    dependencies = [
        ("extras", "0014_events_of_people"),
    ]

    operations = [
        migrations.AddField(
            model_name="jobresult",
            name="first_failure",
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.AddIndex(
            model_name="jobresult",
            index=models.Index(
                condition=models.Q(("first_failure__isnull", False)),
                fields=["created", "id", "hidden_at"],
                name="run_with_errors",
            ),
        ),
        migrations.RunPython(read_summaries, migrations.RunPython.noop),
    ]
