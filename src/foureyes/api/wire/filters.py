"""Query parameters of lists: filters with 1.x's generated lookups, and a 400 for anything unknown.

A repeated value means "or"; a negated lookup leaves out every row that any value fits.
"""

from datetime import UTC, datetime
from typing import Any, ClassVar

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.filters import BaseFilterBackend
from rest_framework.request import Request

from foureyes.api.wire.clients import ignored_parameters
from foureyes.conf import get_conf
from foureyes.users.patterns import PatternError, check_pattern

RESERVED = frozenset({"limit", "offset", "brief", "include", "api_version", "format"})

TEXT_LOOKUPS = {
    "n": ("exact", True),
    "ic": ("icontains", False),
    "nic": ("icontains", True),
    "isw": ("istartswith", False),
    "nisw": ("istartswith", True),
    "iew": ("iendswith", False),
    "niew": ("iendswith", True),
    "ie": ("iexact", False),
    "nie": ("iexact", True),
    "re": ("pattern", False),
    "nre": ("pattern", True),
    "ire": ("ipattern", False),
    "nire": ("ipattern", True),
}
ORDER_LOOKUPS = {
    "n": ("exact", True),
    "lt": ("lt", False),
    "lte": ("lte", False),
    "gt": ("gt", False),
    "gte": ("gte", False),
}
EQUAL_LOOKUPS = {"n": ("exact", True)}

MAX_TEXT = 10_000
MAX_VALUES = 500  # SQLite refuses expressions deeper than 1,000
A_TEXT = {"type": "string"}
A_NUMBER = {"type": "number"}
AN_INSTANT = {"type": "string", "format": "date-time"}
AN_ID = {"type": "string", "format": "uuid"}


class ManyField(forms.Field):
    """Any number of values, each cleaned by `each`; empty ones do not count."""

    widget = forms.SelectMultiple

    def __init__(self, *, each: forms.Field, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.each = each

    def clean(self, value: list[str] | None) -> list[Any]:
        """The cleaned values."""
        if len(value or ()) > MAX_VALUES:
            raise forms.ValidationError(f"There are {len(value or ())} values; at most {MAX_VALUES} are possible.")
        return [self.each.clean(one) for one in value or [] if one != ""]


class ShortTextField(forms.CharField):
    """A text that every database can look for: SQLite refuses long patterns of LIKE with an error."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=MAX_TEXT, **kwargs)


class UuidField(forms.UUIDField):
    """Names the bad value, in 1.x's words."""

    def to_python(self, value: Any) -> Any:
        """The id."""
        try:
            return super().to_python(value)
        except forms.ValidationError:
            raise forms.ValidationError(f"“{value}” is not a valid UUID.") from None


class InstantField(forms.DateTimeField):
    """An instant that is one in every zone: databases compare in UTC."""

    def to_python(self, value: Any) -> datetime | None:
        """The instant."""
        found: datetime | None = super().to_python(value)
        try:
            return found and found.astimezone(UTC)
        except OverflowError:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from None


class PatternField(forms.CharField):
    """A regular expression of the dialect that every database here has."""

    def to_python(self, value: Any) -> Any:
        """The expression."""
        text = super().to_python(value) or ""
        try:
            check_pattern(text)
        except PatternError as error:
            raise forms.ValidationError(str(error)) from None
        return text


class WireFilter(django_filters.Filter):
    """One query parameter: rows in which any of the values fits. `lookups` are its generated companions.

    `since` is the version of the API that has it first; empty: all have.
    """

    field_class = ManyField
    each: ClassVar[type[forms.Field]] = ShortTextField
    lookups: dict[str, tuple[str, bool]] = EQUAL_LOOKUPS
    described: dict[str, Any] = A_TEXT  # one value, in the OpenAPI description

    def __init__(
        self,
        field_name: str | None = None,
        *,
        lookups: dict[str, tuple[str, bool]] | None = None,
        each_options: dict[str, Any] | None = None,
        since: str = "",
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("required", False)
        super().__init__(field_name=field_name, **kwargs)
        self.each_options = each_options or {}
        self.since = since
        self.extra["each"] = self.one_field()
        if lookups is not None:
            self.lookups = lookups

    def one_field(self) -> forms.Field:
        """Cleans a single value."""
        kind = PatternField if "pattern" in self.lookup_expr else self.each
        return kind(required=False, **self.each_options)

    def companion(self, lookup: str, *, negated: bool) -> "WireFilter":
        """The same filter with another lookup."""
        return type(self)(self.field_name, lookup_expr=lookup, exclude=negated, **self.own_options())

    def own_options(self) -> dict[str, Any]:
        """What a companion shares with this filter."""
        return {"distinct": self.distinct, "each_options": self.each_options, "since": self.since}

    def condition(self, value: Any) -> Q:
        """Rows that fit one value."""
        return Q(**{f"{self.field_name}__{self.lookup_expr}": value})

    def filter(self, qs: QuerySet, value: list[Any]) -> QuerySet:
        """Rows that fit any value, or, negated, none of them."""
        if not value:
            return qs
        wanted = Q()
        for one in value:
            wanted |= self.condition(one)
        found = qs.exclude(wanted) if self.exclude else qs.filter(wanted)
        return found.distinct() if self.distinct else found


class TextFilter(WireFilter):
    """Text, with all of 1.x's lookups."""

    lookups = TEXT_LOOKUPS


class NumberFilter(WireFilter):
    """A number, with comparisons."""

    each = forms.FloatField
    described = A_NUMBER
    lookups = ORDER_LOOKUPS


class InstantFilter(WireFilter):
    """An instant, with comparisons."""

    each = InstantField
    described = AN_INSTANT
    lookups = ORDER_LOOKUPS


class IdFilter(WireFilter):
    """A UUID, also of a related row."""

    each = UuidField
    described = AN_ID


class ChoiceFilter(WireFilter):
    """One of the values in `choices`."""

    each = forms.ChoiceField

    def __init__(self, field_name: str | None = None, *, choices: Any = (), **kwargs: Any) -> None:
        kwargs.setdefault("each_options", {"choices": choices})
        super().__init__(field_name, **kwargs)
        self.described = {"type": "string", "enum": [value for value, _ in self.each_options["choices"]]}


class RelatedFilter(WireFilter):
    """A related row by its id or by its natural name (`name_path`, a slug or a user name)."""

    def __init__(self, field_name: str | None = None, *, name_path: str = "", **kwargs: Any) -> None:
        super().__init__(field_name, **kwargs)
        self.name_path = name_path

    def own_options(self) -> dict[str, Any]:
        """As of every filter, and the path of the name."""
        return {**super().own_options(), "name_path": self.name_path}

    def condition(self, value: Any) -> Q:
        """By id if it can be one, else by name."""
        try:
            return Q(**{f"{self.field_name}_id": UuidField().clean(value)})
        except forms.ValidationError:
            return Q(**{self.name_path: value})


class FlagField(forms.Field):
    """true, false, 1 or 0."""

    def to_python(self, value: Any) -> bool | None:
        """The flag; None for anything else."""
        text = str(value or "").lower()
        return {"true": True, "1": True, "false": False, "0": False}.get(text)


class FlagFilter(django_filters.Filter):
    """A flag; what is none is ignored, as in 1.x."""

    field_class = FlagField

    def __init__(self, field_name: str | None = None, **kwargs: Any) -> None:
        super().__init__(field_name, required=False, **kwargs)


class SearchFilter(django_filters.CharFilter):
    """`q`: text contained in any of `fields`."""

    def __init__(self, *, fields: tuple[str, ...], **kwargs: Any) -> None:
        super().__init__(max_length=MAX_TEXT, **kwargs)
        self.fields = fields

    def filter(self, qs: QuerySet, value: str) -> QuerySet:
        """Rows that contain it."""
        if not value or not value.strip():
            return qs
        wanted = Q()
        for field in self.fields:
            wanted |= Q(**{f"{field}__icontains": value.strip()})
        return qs.filter(wanted)


class WireFilterSet(django_filters.FilterSet):
    """Base of the filters of a list: adds the companions of every filter that has lookups."""

    @classmethod
    def get_filters(cls) -> dict[str, Any]:
        """Declared filters, each followed by its companions."""
        filters = dict(super().get_filters())
        for name, one in list(filters.items()):
            for suffix, (lookup, negated) in getattr(one, "lookups", {}).items():
                filters[f"{name}__{suffix}"] = one.companion(lookup, negated=negated)
        return filters


class WireFilterBackend(BaseFilterBackend):
    """Applies a view's `filterset_class`, strictly."""

    def filter_queryset(self, request: Request, queryset: QuerySet, view: Any) -> QuerySet:
        """The rows asked for; 400 with the parameters at fault."""
        filterset_class = getattr(view, "filterset_class", None)
        filters = filterset_class.base_filters if filterset_class else {}
        known = {name for name, one in filters.items() if getattr(one, "since", "") <= (request.version or "")}
        reserved = RESERVED.union(getattr(view, "paging_parameters", ()), ignored_parameters(request))
        unknown = [key for key in request.query_params if key not in known and key not in reserved]
        if unknown and get_conf().strict_filtering:
            raise ValidationError({key: ["Unknown filter field"] for key in unknown})
        if filterset_class is None:
            return queryset
        filterset = filterset_class(data=request.query_params, queryset=queryset, request=request)
        if not filterset.is_valid():
            raise ValidationError(filterset.errors)
        found: QuerySet = filterset.qs
        return found

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """The parameters, for the OpenAPI description."""
        filterset_class = getattr(view, "filterset_class", None)
        if filterset_class is None:
            return []
        return [
            {"name": name, "in": "query", "required": False, **_described(one)}
            for name, one in filterset_class.base_filters.items()
        ]


def _described(one: django_filters.Filter) -> dict[str, Any]:
    if isinstance(one, WireFilter):
        return {"schema": {"type": "array", "items": one.described}, "explode": True, "style": "form"}
    return {"schema": {"type": "boolean" if isinstance(one, FlagFilter) else "string"}}
