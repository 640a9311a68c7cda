"""Runs for TensorBoard, as event files in the run directory."""

import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kerastune.errors import MissingExtraError
from kerastune.tracking.tracker import Tracker

FOLDER = "tensorboard"


class TensorBoardTracker(Tracker):
    """Curves, pictures and settings in `RUN/tensorboard`.

    The records are TensorBoard's own, and its `RecordWriter` writes them, so that TensorFlow is
    not imported: `keras.callbacks.TensorBoard` needs it on every backend, and counts the steps of
    each `fit` from 0.

    Args:
        run_dir: as for `Tracker`.
        name: likewise.
        settings: likewise.
        former: not used: files of a run that goes on lie beside those of before.

    Raises:
        MissingExtraError: if TensorBoard is not installed.

    Example:

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     tracker = TensorBoardTracker(Path(folder), "new", {"seed": 0}, None)
    ...     tracker.log({"training/loss": 0.5}, step=3)
    ...     tracker.ended("finished")
    ...     len(list((Path(folder) / "tensorboard").iterdir()))
    1
    """

    library = "tensorboard"
    writes = (FOLDER,)

    def __init__(
        self, run_dir: Path, name: str, settings: Mapping[str, Any], former: str | None
    ) -> None:
        try:
            from tensorboard.compat.proto import event_pb2, summary_pb2
            from tensorboard.plugins.hparams import metadata, plugin_data_pb2
            from tensorboard.summary.writer.record_writer import RecordWriter
        except ImportError as error:
            raise MissingExtraError("Tracking by TensorBoard", "tensorboard") from error
        super().__init__(run_dir, name, settings, former)
        self._events, self._summaries = event_pb2, summary_pb2
        self._metadata, self._data = metadata, plugin_data_pb2
        folder = run_dir / FOLDER
        folder.mkdir(exist_ok=True)
        # One process writes at a time, and none twice in a nanosecond.
        file = f"events.out.tfevents.{time.time_ns()}.{socket.gethostname()}"
        self._writer = RecordWriter((folder / file).open("xb"))
        self._write(file_version="brain.Event:2")
        self._summary(self._settings())

    @property
    def told(self) -> str:
        """str, the command that shows it."""
        return f"tensorboard --logdir '{self.run_dir}'"

    def log(self, values: Mapping[str, float], step: int) -> None:
        """Writes numbers at a step."""
        value = self._summaries.Summary.Value
        self._summary(*(value(tag=name, simple_value=one) for name, one in values.items()), at=step)

    def picture(self, name: str, path: Path, step: int) -> None:
        """Writes a picture."""
        image = self._summaries.Summary.Image(encoded_image_string=path.read_bytes())
        self._summary(self._summaries.Summary.Value(tag=name, image=image), at=step)

    def ended(self, status: str) -> None:
        """Tells the HPARAMS page how it ended, and closes the file."""
        states = {"finished": "STATUS_SUCCESS", "failed": "STATUS_FAILURE"}
        from tensorboard.plugins.hparams import api_pb2

        code = api_pb2.Status.Value(states.get(status, "STATUS_UNKNOWN"))
        info = self._data.SessionEndInfo(status=code, end_time_secs=time.time())
        self._summary(
            self._hparams(
                self._metadata.SESSION_END_INFO_TAG,
                self._data.HParamsPluginData(session_end_info=info),
            )
        )
        self._writer.close()

    def _settings(self) -> Any:
        """Returns the settings for the HPARAMS page, which knows numbers, texts and truths."""
        info = self._data.SessionStartInfo(start_time_secs=time.time())
        for name, value in self.settings.items():
            if isinstance(value, bool):
                info.hparams[name].bool_value = value
            elif isinstance(value, int | float):
                info.hparams[name].number_value = value
            else:
                info.hparams[name].string_value = str(value)
        return self._hparams(
            self._metadata.SESSION_START_INFO_TAG,
            self._data.HParamsPluginData(session_start_info=info),
        )

    def _hparams(self, tag: str, data: Any) -> Any:
        told = self._metadata.create_summary_metadata(data)
        return self._summaries.Summary.Value(
            tag=tag, metadata=told, tensor=self._metadata.NULL_TENSOR
        )

    def _summary(self, *values: Any, at: int = 0) -> None:
        self._write(step=at, summary=self._summaries.Summary(value=values))

    def _write(self, **content: Any) -> None:
        event = self._events.Event(wall_time=time.time(), **content)
        self._writer.write(event.SerializeToString())
        self._writer.flush()
