"""How a command shows warnings."""

import warnings

import pytest

import kerastune
from kerastune.commands.warning_lines import warnings_in_lines

pytestmark = pytest.mark.any_backend

OURS = kerastune.__file__


def shown(message, filename):
    return warnings.formatwarning(message, UserWarning, filename, 1)


def test_a_warning_of_this_library_is_one_line_and_told_once():
    with warnings_in_lines():
        assert shown("too\nshort", OURS) == "kerastune: too short\n"
        assert shown("too short", OURS) == ""
        assert shown("too long", OURS) == "kerastune: too long\n"


def test_others_are_as_python_shows_them():
    as_python_does = shown("no", "elsewhere.py")
    with warnings_in_lines():
        assert shown("no", "elsewhere.py") == as_python_does
    assert shown("yes", OURS).startswith(f"{OURS}:1: UserWarning: yes")
