"""Trials that are not trained, for what of a search is no matter of training."""

import pytest

from kerastune.searching import ending, search, trying
from tests.searching.quick import Trials


@pytest.fixture
def trials(monkeypatch):
    """Trials that are not trained, and no pictures."""
    made = Trials()
    monkeypatch.setattr(trying, "validate_job", lambda job: made.validate(job))
    monkeypatch.setattr(ending, "measure_on_test", made.measure)
    monkeypatch.setattr(ending, "load", made.load)
    monkeypatch.setattr(search, "write_report", lambda found, study: None)
    return made
