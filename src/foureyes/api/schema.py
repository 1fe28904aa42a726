"""How the OpenAPI description is made from the views: names of operations as 1.x has them."""

from drf_spectacular.openapi import AutoSchema


class Schema(AutoSchema):
    """Bulk operations have names of their own, so that they do not clash with those of single rows."""

    def get_operation_id(self) -> str:
        """`extras_jobs_bulk_update`, `extras_jobs_list`, ..."""
        name = super().get_operation_id()
        action = getattr(self.view, "action", "") or ""
        if action.startswith("bulk_"):
            stem = "_".join(self._tokenize_path()).replace("-", "_")
            return f"{stem}_{action}"
        return str(name)
