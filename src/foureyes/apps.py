from django.apps import AppConfig
from django.conf import settings
from django.db.models.signals import post_migrate, pre_migrate


class FoureyesConfig(AppConfig):
    """Label `extras`: permission names such as `extras.run_job` are public."""

    name = "foureyes"
    label = "extras"
    verbose_name = "Foureyes"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # The apps registry must be full before models are imported.
        if getattr(settings, "RECORDS_CHANGES", True):
            from foureyes.events.others import watch_other_apps

            watch_other_apps()
        from foureyes.models.gate_rules import drop_rules, hold_rules
        from foureyes.models.object_change import drop_view, make_view
        from foureyes.models.protection import protect_tables

        pre_migrate.connect(drop_rules, sender=self, dispatch_uid="foureyes.drop_rules")
        pre_migrate.connect(drop_view, sender=self, dispatch_uid="foureyes.drop_view")
        post_migrate.connect(make_view, sender=self, dispatch_uid="foureyes.make_view")
        post_migrate.connect(hold_rules, sender=self, dispatch_uid="foureyes.hold_rules")
        post_migrate.connect(protect_tables, sender=self, dispatch_uid="foureyes.protect_tables")
