"""Trials that are not trained, for what of a search is no matter of training."""

import pytest
import sqlalchemy

from kerastune.searching import ending, search, trying
from tests.searching.quick import Trials


@pytest.fixture(autouse=True)
def _without_waiting_for_the_disk():
    """A study of a test need not outlive a power failure."""

    def hurry(connection, _):
        connection.execute("PRAGMA synchronous=OFF")

    sqlalchemy.event.listen(sqlalchemy.Engine, "connect", hurry)
    yield
    sqlalchemy.event.remove(sqlalchemy.Engine, "connect", hurry)


@pytest.fixture
def trials(monkeypatch):
    """Trials that are not trained, and no pictures."""
    made = Trials()
    monkeypatch.setattr(trying, "validate_job", lambda job: made.validate(job))
    monkeypatch.setattr(ending, "measure_on_test", made.measure)
    monkeypatch.setattr(ending, "load", made.load)
    monkeypatch.setattr(search, "write_report", lambda found, study: None)
    return made
