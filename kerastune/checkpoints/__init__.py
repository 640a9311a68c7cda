"""Checkpoints: everything that a training needs to go on, in files that are whole or not there."""

from kerastune.checkpoints.folder import CheckpointFolder
from kerastune.checkpoints.settings import Checkpoints, checkpoint_settings
from kerastune.checkpoints.state import State

__all__ = ["CheckpointFolder", "Checkpoints", "State", "checkpoint_settings"]
