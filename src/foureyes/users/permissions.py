"""The one answer to "may this person do that?", for querysets, single rows and explanations.

A superuser may everything, an inactive or anonymous person nothing, everybody else what an enabled object permission of
theirs or of one of their groups opens. The rows are read once per user object, so once per request.

Permissions with constraints take a query for each question about a row. Whoever has many questions asks them together:
`questions` for the query, `knowing` for what comes after it.
"""

import functools
import operator
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.db.models import Exists, Model, Q, QuerySet

from foureyes.errors import NotAllowed
from foureyes.users import constraints
from foureyes.users.answers import RowsOf
from foureyes.users.models import ObjectPermission, User

Person = User | AnonymousUser
Rows = TypeVar("Rows", bound=QuerySet[Any])
Row = TypeVar("Row", bound=Model)
MEMO = "_foureyes_rules"
KNOWN = "_foureyes_known"
COLUMNS = ("pk", "name", "constraints", "actions", "enabled", "object_types__app_label", "object_types__model")
OUR_APPS = ("extras", "users", "auth")  # permissions for other types come from 1.x, and are kept as they are


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One object permission, as far as it concerns one action on one model."""

    permission_id: UUID
    name: str
    constraints: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What a right comes from: the permission, and `user`, a group's name or `superuser` as the way it reached them."""

    permission_id: UUID | None
    name: str
    via: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The answer with its sentence and its sources."""

    allowed: bool
    reason: str
    sources: tuple[Source, ...] = ()


Rules = dict[tuple[str, str], list[Rule]]
Right = tuple[str, Model]  # the action, and the row that it is done to


@dataclass(frozen=True, kw_only=True)
class Held:
    """What one person has: the rules of enabled permissions by action and model, and the ids of all permissions."""

    rules: Rules
    permissions: frozenset[UUID]

    @functools.cached_property
    def in_full(self) -> str:
        """Every rule with all that it says."""
        return repr(sorted(self.rules.items()))


def restrict(queryset: Rows, *, user: Person, action: str) -> Rows:
    """Those rows on which the user may do the action; every row once. Call it before slicing."""
    if _is_almighty(user):
        return queryset
    rules = _rules_for(user, action, queryset.model)
    if not rules:
        return queryset.none()
    if any(constraints.opens_everything(rule.constraints) for rule in rules):
        return queryset
    return queryset.filter(_any_of(rules, model=queryset.model, user=user))


def rights_key(user: User) -> tuple[bool, str]:
    """Equal for people with the same rights only: with the id all that the answers of `restrict` depend on."""
    return user.is_active, "superuser" if user.is_superuser else _held(user).in_full


def stand_in(user: User, *, pk: UUID) -> User:
    """Somebody with this id and the same rights, of whom nothing else is known: to ask for it fails."""
    known = {"id": pk, "is_active": user.is_active, "is_superuser": user.is_superuser}
    names = [field.attname for field in User._meta.concrete_fields if field.attname in known]
    somebody = User.from_db(None, names, [known[name] for name in names])
    somebody.__dict__[MEMO] = Held(rules={}, permissions=frozenset()) if user.is_superuser else _held(user)
    return somebody


def may(user: Person, action: str, model: type[Model], obj: Model | None = None) -> bool:
    """May the user do the action on that row? Without a row: on any row at all, as far as permissions tell."""
    if _is_almighty(user):
        return True
    if obj is not None and (known := user.__dict__.get(KNOWN, {}).get(_key((action, obj)))) is not None:
        return bool(known)
    rules = _rules_for(user, action, model)
    if obj is None or any(constraints.opens_everything(rule.constraints) for rule in rules):
        return bool(rules)
    return any(_fits(rule, obj, user) for rule in rules)


def questions(user: User, rights: Sequence[Right]) -> dict[str, Exists]:
    """Those of these rights that only a query tells, by name: for `answers`, and then for `knowing`."""
    found = {}
    for number, (action, obj) in enumerate(rights):
        rules = [] if _is_almighty(user) else _rules_for(user, action, type(obj))
        if rules and not any(constraints.opens_everything(rule.constraints) for rule in rules):
            rows = type(obj)._base_manager.filter(_any_of(rules, model=type(obj), user=user), pk=obj.pk)
            found[f"may_{number}"] = Exists(rows)
    return found


@contextmanager
def knowing(user: User, rights: Sequence[Right], answers: Mapping[str, Any]) -> Iterator[None]:
    """Inside, `may` takes what was answered to `questions` a moment ago. For showing what there is: nothing is written.

    An answer by the name `may_<place of the right>` counts, whoever found it out.
    """
    told = {_key(right): answers[f"may_{number}"] for number, right in enumerate(rights) if f"may_{number}" in answers}
    before = user.__dict__.get(KNOWN, {})
    user.__dict__[KNOWN] = {**before, **told}
    try:
        yield
    finally:
        user.__dict__[KNOWN] = before


def demand_may(user: Person, action: str, model: type[Model], obj: Model | None = None) -> None:
    """Refuses who may not do the action on that row, or on any row at all; says which permission it takes."""
    if not may(user, action, model, obj):
        raise NotAllowed(what_it_takes(action, model, obj))


def what_it_takes(action: str, model: type[Model], obj: Model | None = None) -> str:
    """The sentence for who may not do the action on that row, or on any row: which permission it takes."""
    named = f"“{obj}”" if obj is not None else many_of(str(model._meta.verbose_name))
    app, name = _label(model).split(".")
    return f"You may not {action} {named}. That takes the permission {app}.{action}_{name}."


def many_of(name: str) -> str:
    """The plural of what a type of objects is called: jobs, job log entries."""
    return f"{name[:-1]}ies" if name.endswith("y") else f"{name}s"


def all_or_nothing(work: Callable[[], list[Row]], *, user: Person, action: str, model: type[Row]) -> list[Row]:
    """Does `work` in one transaction; undoes and refuses it if a row it returns is one the user may not `action`."""
    with transaction.atomic():
        done = work()
        mine = restrict(model._default_manager.all(), user=user, action=action)
        if mine.filter(pk__in=[row.pk for row in done]).count() != len(done):
            sentence = "The result would be something that you have no right to touch. Nothing was changed."
            raise NotAllowed(sentence, code="beyond_rights")
    return done


def forget(user: Person) -> None:
    """Read the permissions anew at the next question; for whoever changed them and goes on with the same object."""
    user.__dict__.pop(MEMO, None)


def explain(user: User, action: str, target: Model | type[Model], *, called: str = "") -> Explanation:
    """Whether and why the user may do the action on a row, or on a model as a whole; `called` names them in it."""
    model, who = target if isinstance(target, type) else type(target), called or str(user)
    one = str(model._meta.verbose_name)
    what = f"{action} {many_of(one)}" if isinstance(target, type) else f"{action} the {one} “{target}”"
    if not user.is_active:
        return Explanation(allowed=False, reason=f"{who} may not {what}: the account is inactive.")
    if user.is_superuser:
        source = Source(permission_id=None, name="", via="superuser")
        return Explanation(allowed=True, reason=f"{who} may {what}: superusers may do everything.", sources=(source,))
    rules = _rules_for(user, action, model)
    fitting = [rule for rule in rules if isinstance(target, type) or _fits(rule, target, user)]
    if fitting:
        names = ", ".join(f"“{rule.name}”" for rule in fitting)
        return Explanation(allowed=True, reason=f"{who} may {what} by {names}.", sources=tuple(_sources(fitting, user)))
    missed = ", ".join(f"“{rule.name}”" for rule in rules)
    why = f"the constraints of {missed} do not fit it" if missed else "no enabled permission gives that"
    return Explanation(allowed=False, reason=f"{who} may not {what}: {why}.")


def who_may(action: str, obj: Model) -> QuerySet[User]:
    """The active people who may do the action on that row, by name."""
    return who_may_each([(action, obj)])[0]


def who_may_each(rights: Sequence[tuple[str, Model]], *, told: Mapping[str, Any] | None = None) -> list[QuerySet[User]]:
    """The same of several actions on rows, in their order. The permissions are read once for all; not at all, if
    `question_of_holders` was asked with others and `told` has the answer."""
    rows = told["holders"] if told is not None else None
    permissions = _permissions_on([(action, type(obj)) for action, obj in rights], rows)
    return [_who_may(obj, held) for (_, obj), held in zip(rights, permissions, strict=True)]


def question_of_holders(rights: Sequence[tuple[str, Model]]) -> dict[str, RowsOf]:
    """What `who_may_each` has to know of these, by name, for `users.answers`."""
    return {"holders": RowsOf(_on([(action, type(obj)) for action, obj in rights]), *COLUMNS)}


def _who_may(obj: Model, permissions: list[ObjectPermission]) -> QuerySet[User]:
    people = Q(is_superuser=True)
    for permission in permissions:
        holders = Q(object_permissions=permission) | Q(groups__object_permissions=permission)
        those = Q(pk__in=User.objects.filter(holders).values("pk"))
        if constraints.opens_everything(permission.constraints):
            people |= those
        elif (each := constraints.condition_of_each(permission.constraints, model=type(obj))) is not None:
            people |= those & Q(Exists(type(obj)._base_manager.filter(each, pk=obj.pk)))
        else:
            held = User.objects.filter(holders, is_active=True).distinct()
            people |= Q(pk__in=[user.pk for user in held if _fits(_rule(permission), obj, user)])
    return User.objects.filter(people, is_active=True).order_by("username", "pk")


def who_may_any(action: str, model: type[Model]) -> QuerySet[User]:
    """The active people who may do the action on some rows of the model, as far as permissions tell, by name."""
    people = Q(is_superuser=True)
    for permission in _permissions_on([(action, model)])[0]:
        holders = Q(object_permissions=permission) | Q(groups__object_permissions=permission)
        people |= Q(pk__in=User.objects.filter(holders).values("pk"))
    return User.objects.filter(people, is_active=True).order_by("username", "pk")


def groups_that_may(action: str, obj: Model) -> list[str]:
    """The names of the groups whose members may do the action on that row, in order."""
    fitting = [row for row in _permissions_on([(action, type(obj))])[0] if _fits(_rule(row), obj, None)]
    return sorted({name for row in fitting for name in row.groups.values_list("name", flat=True)})


def _is_almighty(user: Person) -> bool:
    return user.is_active and user.is_superuser


def _label(model: type[Model]) -> str:
    concrete = model._meta.concrete_model
    return (concrete or model)._meta.label_lower


def _rule(permission: ObjectPermission) -> Rule:
    return Rule(permission_id=permission.pk, name=permission.name, constraints=permission.constraints)


def _any_of(rules: list[Rule], *, model: type[Model], user: Person) -> Q:
    found = constraints.NOTHING
    for rule in rules:
        found |= constraints.condition(rule.constraints, model=model, user_id=user.pk or constraints.ANYBODY)
    return found


def _fits(rule: Rule, obj: Model, user: Person | None) -> bool:
    return constraints.opens_everything(rule.constraints) or _fitting(rule, obj, user).exists()


def _fitting(rule: Rule, obj: Model, user: Person | None) -> QuerySet[Any]:
    """The row, if the constraints of the rule let it through."""
    user_id = user.pk if user and user.pk else constraints.ANYBODY
    found = constraints.condition(rule.constraints, model=type(obj), user_id=user_id)
    return type(obj)._base_manager.filter(found, pk=obj.pk)


def _key(right: Right) -> tuple[str, str, Any]:
    action, obj = right
    return action, _label(type(obj)), obj.pk


def held_permissions(user: User) -> frozenset[UUID]:
    """The permissions that a person has, alone or by a group, the disabled ones too."""
    return _held(user).permissions


def _rules_for(user: Person, action: str, model: type[Model]) -> list[Rule]:
    if not user.is_active or not isinstance(user.pk, UUID):
        return []
    return _held(user).rules.get((action, _label(model)), [])


def _held(user: Person) -> Held:
    held: Held | None = user.__dict__.get(MEMO)
    if held is None:
        held = user.__dict__[MEMO] = _read_held(user.pk)
    return held


def asking_permissions(people: QuerySet[User], *, pk: Any) -> QuerySet[User]:
    """The person with that key, if among these, and all permissions with them, in one query: for `with_permissions`."""
    return people.annotate(held=RowsOf(_rows_of(pk), *COLUMNS)).filter(pk=pk)


def with_permissions(found: Iterable[User]) -> User | None:
    """The first of these people, who need not be asked for their permissions any more."""
    for user in found:
        user.__dict__[MEMO] = _held_by(user.__dict__.pop("held"))
        return user
    return None


def _read_held(user_id: Any) -> Held:
    """All permissions of one person, by action and model, in one query."""
    return _held_by(_rows_of(user_id).values_list(*COLUMNS))


def _rows_of(user_id: Any) -> QuerySet[Any]:
    """A row for every permission and each of its types."""
    own = ObjectPermission.users.through.objects.filter(user=user_id).values("objectpermission")
    by_group = ObjectPermission.groups.through.objects.filter(group__user=user_id).values("objectpermission")
    return ObjectPermission.objects.filter(Q(pk__in=own) | Q(pk__in=by_group)).order_by("name", "pk")


def _held_by(rows: Iterable[Sequence[Any]]) -> Held:
    rules: Rules = defaultdict(list)
    permissions = set()
    for pk, name, limits, actions, enabled, app, model in rows:
        permissions.add(pk)
        for action in set(actions) if enabled and isinstance(actions, list) else ():
            rules[action, f"{app}.{model}"].append(Rule(permission_id=pk, name=name, constraints=limits))
    return Held(rules=dict(rules), permissions=frozenset(permissions))


def _permissions_on(
    rights: Sequence[tuple[str, type[Model]]], rows: Iterable[Sequence[Any]] | None = None
) -> list[list[ObjectPermission]]:
    """The enabled permissions for each action on a model, in one query, or from the answer to `question_of_holders`."""
    found = []
    for pk, name, limits, actions, _, app, model in _on(rights).values_list(*COLUMNS) if rows is None else rows:
        row = ObjectPermission(pk=pk, name=name, constraints=limits, actions=actions)
        found.append((f"{app}.{model}", actions if isinstance(actions, list) else [], row))
    return [
        [row for label, actions, row in found if label == _label(model) and action in actions]
        for action, model in rights
    ]


def _on(rights: Sequence[tuple[str, type[Model]]]) -> QuerySet[ObjectPermission]:
    labels = [_label(model).split(".") for _, model in rights]
    types = [Q(object_types__app_label=app, object_types__model=name) for app, name in labels]
    return ObjectPermission.objects.filter(functools.reduce(operator.or_, types), enabled=True).order_by("pk")


def _sources(rules: list[Rule], user: User) -> list[Source]:
    found = []
    for rule in rules:
        permission = ObjectPermission.objects.filter(pk=rule.permission_id)
        ways = ["user"] if permission.filter(users=user).exists() else []
        groups = user.groups.filter(object_permissions__in=permission).order_by("name", "pk")
        ways += groups.values_list("name", flat=True)
        found += [Source(permission_id=rule.permission_id, name=rule.name, via=way) for way in ways]
    return found
