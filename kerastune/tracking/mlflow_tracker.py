"""Runs for MLflow."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kerastune.errors import InputError, MissingExtraError, reason
from kerastune.tracking.tracker import Tracker

_LONGEST = 6000  # Letters of a parameter.
_STATES = {"finished": "FINISHED", "interrupted": "KILLED"}


class MLflowTracker(Tracker):
    """Curves, pictures, settings and files as a run of MLflow.

    Where it goes is decided as MLflow does, by `MLFLOW_TRACKING_URI` and
    `MLFLOW_EXPERIMENT_NAME`; without them to a database in the current directory, and the
    experiment `kerastune`. Runs of other code that has begun are left alone.

    Args:
        run_dir: as for `Tracker`.
        name: likewise.
        settings: likewise.
        former: str, the identifier of the run of MLflow that goes on, or None for a new one.

    Raises:
        MissingExtraError: if MLflow is not installed.
        InputError: if the server does not answer, or the former run is gone.
    """

    library = "mlflow"

    def __init__(
        self, run_dir: Path, name: str, settings: Mapping[str, Any], former: str | None
    ) -> None:
        try:
            import mlflow
        except ImportError as error:
            raise MissingExtraError("Tracking by MLflow", "mlflow") from error
        super().__init__(run_dir, name, settings, former)
        self._client = mlflow.MlflowClient()
        try:
            self._run = former or self._new(mlflow)
            if former:
                self._client.update_run(former, status="RUNNING")
        except Exception as error:  # Of its own kinds, and those of the server's connection.
            raise InputError(
                f"Expected a server or a folder of MLflow that can be written. Received: "
                f"{mlflow.get_tracking_uri()}: {reason(error)}. Set MLFLOW_TRACKING_URI"
            ) from error

    @property
    def identity(self) -> str:
        """str, the identifier of MLflow's run."""
        return self._run

    @property
    def told(self) -> str:
        """str, the run and where it is."""
        return f"run {self._run} of MLflow; `mlflow ui` shows it"

    def log(self, values: Mapping[str, float], step: int) -> None:
        """Sends numbers at a step."""
        for name, value in values.items():
            self._client.log_metric(self._run, name, value, step=step)

    def picture(self, name: str, path: Path, step: int) -> None:  # noqa: ARG002
        """Sends a picture, to the artefacts under `pictures`."""
        self._client.log_artifact(self._run, str(path), "pictures")

    def files(self, paths: Sequence[Path]) -> None:
        """Sends files, to the artefacts."""
        for path in paths:
            self._client.log_artifact(self._run, str(path))

    def ended(self, status: str) -> None:
        """Tells how it ended."""
        self._client.set_terminated(self._run, _STATES.get(status, "FAILED"))

    def _new(self, mlflow: Any) -> str:
        """Begins a run, with the settings as parameters."""
        from mlflow.environment_variables import MLFLOW_EXPERIMENT_NAME

        wanted = MLFLOW_EXPERIMENT_NAME.get() or "kerastune"
        known = self._client.get_experiment_by_name(wanted)
        experiment = known.experiment_id if known else self._client.create_experiment(wanted)
        run = self._client.create_run(experiment, run_name=self.name)
        entities = mlflow.entities
        parameters = [
            entities.Param(name, str(value)[:_LONGEST]) for name, value in self.settings.items()
        ]
        for start in range(0, len(parameters), 100):  # The most that it takes at once.
            self._client.log_batch(run.info.run_id, params=parameters[start : start + 100])
        return str(run.info.run_id)
