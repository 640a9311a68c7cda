"""A profile: the fastest backend and settings for a machine, as `kerastune compare` found them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from kerastune import files
from kerastune.errors import InputError, closest, reason
from kerastune.files import with_home
from kerastune.untrusted.yaml_text import read_yaml

_SETTINGS = {"jit_compile": (bool, str), "precision": (str,), "threads": (int,)}


@dataclass(frozen=True)
class Profile:
    """The fastest backend and settings for a machine.

    Args:
        fastest: str, a backend.
        settings: dictionary from each backend to its settings, some of `jit_compile`,
            `precision` and `threads`.
        of: str, what they were found with. Defaults to nothing.

    Example:

    >>> profile = Profile("jax", {"jax": {"threads": 4}, "torch": {"jit_compile": True}})
    >>> profile.to_arguments(), profile.threads()
    (['--backend=jax'], 4)
    >>> profile.to_arguments("torch")
    ['--backend=torch', '--jit_compile=true']
    """

    fastest: str
    settings: Mapping[str, Mapping[str, Any]]
    of: str = ""

    def to_arguments(self, backend: str | None = None) -> list[str]:
        """The options of a recipe that the profile stands for.

        Args:
            backend: str, the backend that is asked for. Defaults to the fastest.

        Returns:
            List of str; of a backend that the profile does not know, the backend alone.
        """
        chosen = backend or self.fastest
        found = {**self.settings.get(chosen, {})}
        found.pop("threads", None)
        options = [f"--{name}={str(value).lower()}" for name, value in found.items()]
        return [f"--backend={chosen}", *options]

    def threads(self, backend: str | None = None) -> int | None:
        """On how many threads of the processor the backend is fastest, or None for its choice.

        Args:
            backend: str, the backend that is asked for. Defaults to the fastest.
        """
        return self.settings.get(backend or self.fastest, {}).get("threads")

    def write(self, path: Path) -> Path:
        """Write it as YAML.

        Args:
            path: Path.

        Returns:
            The path.
        """
        settings = {name: dict(found) for name, found in self.settings.items()}
        content = {"of": self.of, "fastest": self.fastest, "settings": settings}
        told = "# The fastest settings for this machine: kerastune run RECIPE --profile FILE\n"
        files.write_text(path, told + yaml.safe_dump(content, sort_keys=False))
        return path

    @classmethod
    def read(cls, path: str | Path) -> "Profile":
        """The profile in a file.

        Args:
            path: str or Path of a file that `write` wrote, or of the report beside it.

        Raises:
            InputError: if the file is missing, or no profile.
        """
        file = with_home(path)
        file = file / "profile.yaml" if file.is_dir() else file
        try:
            content = read_yaml(file)
        except (OSError, ValueError) as error:
            raise InputError(
                "Expected a profile that `kerastune compare --tune` wrote. "
                f"Received: '{path}': {reason(error)}"
            ) from error
        content = content if isinstance(content, dict) else {}
        settings, fastest = content.get("settings"), content.get("fastest")
        if (
            not isinstance(settings, dict)
            or not isinstance(fastest, str)
            or fastest not in settings
        ):
            raise InputError(
                "Expected a profile with `settings` by backend and the `fastest` of them. "
                f"Received: '{path}'"
            )
        for backend, found in settings.items():
            if not isinstance(found, dict | None):
                raise InputError(
                    f"Expected settings by name for {backend} in '{path}'. Received: {found!r}"
                )
            for name, value in (found or {}).items():
                if name not in _SETTINGS:
                    raise InputError(
                        f"Expected settings out of {', '.join(_SETTINGS)} in '{path}'. Received: "
                        f"{name!r} for {backend}." + closest(str(name), list(_SETTINGS))
                    )
                if type(value) not in _SETTINGS[name]:
                    kinds = " or ".join(kind.__name__ for kind in _SETTINGS[name])
                    raise InputError(
                        f"Expected {name} of type {kinds} in '{path}'. Received: {value!r} "
                        f"for {backend}"
                    )
        by_backend = {str(name): dict(found or {}) for name, found in settings.items()}
        return cls(fastest, by_backend, str(content.get("of", "")))
