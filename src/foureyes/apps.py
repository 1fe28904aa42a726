from django.apps import AppConfig


class FoureyesConfig(AppConfig):
    """Label `extras`: permission names such as `extras.run_job` are public."""

    name = "foureyes"
    label = "extras"
    verbose_name = "Foureyes"
    default_auto_field = "django.db.models.BigAutoField"
