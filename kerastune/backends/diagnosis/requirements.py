"""Requirements of installed packages that are not met."""

import importlib.metadata

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name


def installed_version(name: str) -> str | None:
    """Returns the version of an installed distribution.

    Args:
        name: str, such as `keras-hub`.

    Returns:
        A str, or None if it is not installed.

    Example:

    >>> installed_version("no-such-package") is None
    True
    """
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def extras_of(name: str) -> list[str]:
    """Returns the extras that an installed distribution declares.

    Args:
        name: str.

    Returns:
        List of str; empty if it is not installed.

    Example:

    >>> extras_of("no-such-package")
    []
    """
    try:
        declared = importlib.metadata.metadata(name).get_all("Provides-Extra")
    except importlib.metadata.PackageNotFoundError:
        return []
    return [str(extra) for extra in declared or ()]


def unmet(name: str, extra: str | None = None) -> list[str]:
    """Returns the requirements of an installed distribution that are not met.

    Args:
        name: str, such as `kerastune`.
        extra: str, an extra whose requirements are meant, and not those that always hold. Of
            its own extras, what they ask for is meant too. Defaults to None.

    Returns:
        List of str, such as `numpy>=2 (1.26.4 is installed)` or `seqeval>=1.2.2`, in order.

    Example:

    >>> unmet("packaging")
    []
    """
    found: dict[str, None] = {}
    for requirement in _requirements(name, extra):
        if canonicalize_name(requirement.name) == canonicalize_name(name):
            for inner in requirement.extras:
                found |= dict.fromkeys(unmet(name, inner))
            continue
        version = installed_version(requirement.name)
        wanted = f"{requirement.name}{requirement.specifier}"
        if version is None:
            found[wanted] = None
        elif not requirement.specifier.contains(version, prereleases=True):
            found[f"{wanted} ({version} is installed)"] = None
    return list(found)


def _requirements(name: str, extra: str | None) -> list[Requirement]:
    """Returns the requirements of a distribution that hold here: those of an extra, or of none."""
    try:
        declared = importlib.metadata.requires(name) or []
    except importlib.metadata.PackageNotFoundError:
        return []
    found = []
    for line in declared:
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            continue  # Of a foreign package, which pip did not mind.
        marker = requirement.marker
        without = marker is None or marker.evaluate({"extra": ""})
        within = marker is not None and marker.evaluate({"extra": extra or ""})
        if without if extra is None else (within and not without):
            found.append(requirement)
    return found
