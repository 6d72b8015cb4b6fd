"""The questions that Django's autodetector asks, answered from what was given and kept for whoever did not."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import models
from django.db.migrations.questioner import MigrationQuestioner
from django.utils import timezone

from ..core.plan import Question

NOW = "timezone.now"
KEEP = "NOT_PROVIDED"
"""The answer that leaves existing NULLs alone, in Django's own word."""

WORDS = {"true": "True", "yes": "True", "false": "False", "no": "False"}


class Questioner(MigrationQuestioner):
    """Answers for one app; what is asked for the models of others is answered as makemigrations would by itself."""

    def __init__(self, app: str, answers: Mapping[str, str]) -> None:
        super().__init__(specified_apps={app})
        self.app = app
        self.answers = answers
        self.asked: dict[str, Question] = {}
        self.former: dict[str, list[str]] = {}
        """By the key of a question about a rename, the names that it may have had."""
        self.wrong: list[str] = []
        """Answers that are none, one sentence each."""
        self.notes: list[str] = []

    def ask_not_null_addition(self, field_name: str, model_name: str) -> Any:
        """Return the value that existing rows get in a new column."""
        text = f"What do existing rows of {model_name} get in the new column {field_name}?"
        return self._value(model_name, field_name, text)

    def ask_not_null_alteration(self, field_name: str, model_name: str) -> Any:
        """Return the value that replaces NULL."""
        text = (
            f"What do rows of {model_name} get whose {field_name} is NULL ({KEEP}: nothing, and the migration fails"
            " where there are any)?"
        )
        return self._value(model_name, field_name, text, keeps=True)

    def ask_auto_now_add_addition(self, field_name: str, model_name: str) -> Any:
        """Return the moment at which existing rows were added."""
        text = f"When were existing rows of {model_name} added ({NOW}: when the migration runs)?"
        return self._value(model_name, field_name, text, NOW)

    def ask_unique_callable_default_addition(self, field_name: str, model_name: str) -> None:
        """Note that all rows get the same value."""
        if self._field(model_name, field_name) is not None:
            self.notes.append(
                f"{model_name}.{field_name} is unique, and existing rows all get the one value that its default gives"
                " first: with more than one row the migration fails."
            )

    def ask_rename(self, model_name: str, old_name: str, new_name: str, field_instance: Any) -> bool:
        """Tell whether a field was renamed."""
        if self._field(model_name, new_name) is None:
            return False
        text = f"Was {model_name}.{new_name} called {{}} before (no: what that one holds is lost)?"
        return self._renamed(f"rename.{model_name}.{new_name}", text, old_name)

    def ask_rename_model(self, old_model_state: Any, new_model_state: Any) -> bool:
        """Tell whether a model was renamed."""
        if new_model_state.app_label != self.app:
            return False
        text = f"Was the model {new_model_state.name} called {{}} before (no: what that one holds is lost)?"
        return self._renamed(f"rename.{new_model_state.name_lower}", text, old_model_state.name)

    def _renamed(self, key: str, text: str, old: str) -> bool:
        former = self.former.setdefault(key, [])
        former.append(old)
        answer = self.answers.get(key)
        single = len(former) == 1 and answer in (None, "yes", "no")
        self.asked[key] = Question(
            key, text.format(" or ".join(former)), ("yes", "no") if single else (*former, "no"), answer
        )
        return answer in ("yes", old)

    def _value(
        self, model_name: str, field_name: str, text: str, usual: str | None = None, *, keeps: bool = False
    ) -> Any:
        field = self._field(model_name, field_name)
        if field is None:
            return None
        key = f"default.{model_name}.{field_name}"
        answer = self.answers.get(key, usual)
        self.asked[key] = Question(key, text, answer=answer)
        if answer is None:
            return None
        if answer == KEEP and keeps:
            return models.NOT_PROVIDED
        try:
            return value_of(field, answer)
        except (ValidationError, ValueError, TypeError) as error:
            why = " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
            self.wrong.append(f"'{answer}' is no value for {model_name}.{field_name}: {why}")
            return None

    def _field(self, model_name: str, field_name: str) -> Any:
        """Return the field of the app's own model, or None where it is another app's that was asked for."""
        try:
            return apps.get_model(self.app, model_name)._meta.get_field(field_name)
        except (LookupError, FieldDoesNotExist):
            return None

    def questions(self, names: set[tuple[str, str]]) -> tuple[Question, ...]:
        """Return what was asked about models, and about these (model, field) pairs; another app may have namesakes."""
        found = []
        for key, question in self.asked.items():
            _, model, *field = key.split(".")
            if field and (model, field[0].lower()) not in names:
                continue
            if question.choices and question.answer not in (None, *question.choices):
                self.wrong.append(f"{key} takes {' or '.join(question.choices)}, not '{question.answer}'.")
                question = replace(question, answer=None)
            found.append(question)
        return tuple(found)


def value_of(field: Any, text: str) -> Any:
    """Return the value that a text stands for in a field.

    Raises:
        ValidationError, ValueError, TypeError: when it stands for none.
    """
    if isinstance(field, (models.DateField, models.TimeField)) and text == NOW:
        return timezone.now
    if isinstance(field, models.UUIDField) and text == "uuid.uuid4":
        return uuid.uuid4
    target = field.target_field if isinstance(field, models.ForeignKey) else field
    if isinstance(field, models.JSONField):
        return json.loads(text)
    if isinstance(field, models.BooleanField):
        text = WORDS.get(text.lower(), text)
    value = target.to_python(text)
    if value is None:
        raise ValidationError("It must not be NULL.")
    choices = [choice for choice, _ in field.flatchoices] if field.choices else []
    if choices and value not in choices:
        raise ValidationError(f"It is none of {', '.join(map(str, choices))}.")
    target.run_validators(value)
    return bytes(value) if isinstance(value, memoryview) else value
