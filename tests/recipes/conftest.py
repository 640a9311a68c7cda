"""What every test of this room uses."""

from tests.unarranged import unarranged_pictures

__all__ = ["unarranged_pictures"]
