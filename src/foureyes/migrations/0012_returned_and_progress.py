from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("extras", "0011_rare_runs"),
    ]

    operations = [
        migrations.AddField(
            model_name="jobresult",
            name="returned",
            field=models.TextField(blank=True, default=""),
        ),
        migrations.AddField(
            model_name="jobresult",
            name="progress_began_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="jobresult",
            name="progress_began_with",
            field=models.FloatField(blank=True, null=True),
        ),
    ]
