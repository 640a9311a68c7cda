"""What is installed: this package, by which installer and command, and folders of others."""

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from importlib.metadata import Distribution

_NAME = "kerastune"


def install_command(*extras: str) -> str:
    """Returns the command that installs optional dependencies the way this package was.

    Known are pip in a virtual environment, an editable checkout, a URL or a file, uv (as a
    project's environment and as a tool), pipx and conda.

    Args:
        *extras: str, names of extras, such as `"hub"`.

    Returns:
        A line for a shell, str.

    Example:

    >>> install_command("hub", "tables").endswith("[hub,tables]'")
    True
    """
    prefix = Path(sys.prefix)
    found = _distribution()
    editable, requirement = _requirement(found, ",".join(extras))
    quote = '"' if os.name == "nt" else "'"
    wanted = f"{'-e ' if editable else ''}{quote}{requirement}{quote}"
    if (prefix / "uv-receipt.toml").is_file():
        return f"uv tool install --force {wanted}"
    if (prefix / "pipx_metadata.json").is_file():
        return f"pipx install --force {wanted.replace('-e ', '--editable ')}"
    if _installer(found) == "uv" or _made_by_uv(prefix):
        return f"uv pip install {wanted}"
    if (prefix / "conda-meta").is_dir():
        # A bare `pip` may be that of another environment.
        return f"python -m pip install {wanted}"
    return f"pip install {wanted}"


def package_folder(package: str) -> Path | None:
    """Returns the folder of an installed package, of which nothing is imported or run for it.

    Args:
        package: str, the name by which it would be imported.

    Returns:
        A Path, or None where it is not installed.

    Example:

    >>> package_folder("numpy").name, package_folder("no_such_package")
    ('numpy', None)
    """
    from importlib.util import find_spec

    found = find_spec(package)
    return None if found is None or found.origin is None else Path(found.origin).parent


def _distribution() -> "Distribution | None":
    """Returns this package as it is installed, or None where it is only on the path."""
    # Every command imports this file, and few need that one.
    import importlib.metadata

    try:
        return importlib.metadata.distribution(_NAME)
    except importlib.metadata.PackageNotFoundError:
        return None


def _requirement(found: "Distribution | None", extras: str) -> tuple[bool, str]:
    """Returns whether the package is installed in place, and what to ask an installer for."""
    if found is None:
        checkout = Path(__file__).resolve().parents[1]
        if (checkout / "pyproject.toml").is_file():
            return True, f"{checkout}[{extras}]"
        return False, f"{_NAME}[{extras}]"
    origin = _origin(found)
    url = str(origin.get("url", ""))
    if "dir_info" in origin:
        is_editable = bool(origin["dir_info"].get("editable"))
        return is_editable, f"{_path(url)}[{extras}]"
    if url:
        vcs = origin.get("vcs_info", {})
        scheme = f"{vcs['vcs']}+" if "vcs" in vcs else ""
        revision = f"@{vcs['requested_revision']}" if vcs.get("requested_revision") else ""
        return False, f"{_NAME}[{extras}] @ {scheme}{url}{revision}"
    return False, f"{_NAME}[{extras}]"


def _origin(found: "Distribution") -> dict[str, Any]:
    """Returns the origin of a package, if it is not an index of packages."""
    try:
        origin = json.loads(found.read_text("direct_url.json") or "{}")
    except ValueError:
        return {}
    return origin if isinstance(origin, dict) else {}


def _path(url: str) -> str:
    from urllib.parse import urlsplit
    from urllib.request import url2pathname

    return url2pathname(urlsplit(url).path)


def _installer(found: "Distribution | None") -> str:
    return ((found and found.read_text("INSTALLER")) or "").strip()


def _made_by_uv(prefix: Path) -> bool:
    """Returns whether uv has made the virtual environment, which then may have no pip."""
    try:
        lines = (prefix / "pyvenv.cfg").read_text(encoding="utf-8").splitlines()
    except OSError:
        return False
    return any(line.split("=")[0].strip() == "uv" for line in lines)
