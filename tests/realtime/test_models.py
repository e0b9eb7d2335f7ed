"""The models follow the declared tables, field by field."""

import pytest
from django.db import models

from realtime.models import MirroredRow
from realtime.schema import HELD_TABLES, TABLES, Kind, Table
from realtime.store import MODELS

COLUMNS: dict[Kind, type] = {
    Kind.TEXT: models.TextField,
    Kind.NUMBER: models.BigIntegerField,
    Kind.FLAG: models.BooleanField,
    Kind.TIMESTAMP: models.DateTimeField,
    Kind.REFERENCE: models.ForeignKey,
    Kind.COUNTS: models.JSONField,
}


def test_every_table_has_its_model() -> None:
    assert MODELS.keys() == HELD_TABLES.keys()
    assert len(TABLES) == 11


@pytest.mark.parametrize("table", HELD_TABLES.values(), ids=lambda table: table.name)
def test_model_has_the_tables_fields_and_no_others(table: Table) -> None:
    columns = {one.attname: one for one in MODELS[table.name]._meta.concrete_fields}
    assert set(columns) == {"key", "source", "extra"} | {one.name for one in table.fields}
    for one in table.fields:
        column = columns[one.name]
        assert type(column) is COLUMNS[one.kind]
        assert column.null
        if isinstance(column, models.ForeignKey):
            assert column.related_model is MODELS[one.target]
            assert column.db_constraint is False  # type: ignore[attr-defined]  # the stubs do not know it


@pytest.mark.parametrize("model", MODELS.values(), ids=lambda model: model.__name__)
def test_key_is_text_of_any_row_id(model: type[MirroredRow]) -> None:
    key = model._meta.pk
    assert isinstance(key, models.CharField)
    assert (key.name, key.max_length) == ("key", 200)
