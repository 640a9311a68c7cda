from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kerastune.data import calendar, days

pytestmark = pytest.mark.any_backend


@given(st.datetimes())
def test_the_calendar_is_python_s(moment):
    places = calendar([moment])
    assert places["month"] == moment.month - 1
    assert places["weekday"] == moment.weekday()
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    assert places["hour"] == pytest.approx((moment - midnight) / timedelta(hours=1))
    assert days([moment]) == pytest.approx((moment - datetime(1970, 1, 1)) / timedelta(days=1))


def test_missing_dates_are_nan():
    places = calendar([None, datetime(2000, 1, 1)])
    for values in (*places.values(), days([None, datetime(2000, 1, 1)])):
        assert np.isnan(values).tolist() == [True, False]
    assert days([]).shape == (0,)
