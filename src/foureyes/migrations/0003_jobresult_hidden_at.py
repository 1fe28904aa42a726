from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("extras", "0002_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="jobresult",
            name="hidden_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
