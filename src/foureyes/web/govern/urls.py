"""Addresses of the audit log."""

from django.urls import path

from foureyes.web.govern.audit import audit, export
from foureyes.web.govern.chain import chain

urlpatterns = [
    path("govern/audit/", audit, name="audit"),
    path("govern/audit/verify/", chain, name="audit-verify"),
    path("govern/audit/export.<str:form>", export, name="audit-export"),
]
