"""Addresses of the audit log."""

from django.urls import path

from foureyes.web.govern.audit import audit, export

urlpatterns = [
    path("govern/audit/", audit, name="audit"),
    path("govern/audit/export.<str:form>", export, name="audit-export"),
]
