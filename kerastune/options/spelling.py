"""Options spelled with hyphens or with underscores, which mean the same."""

from collections.abc import Iterable


def spelled_as(argument: str, known: Iterable[str]) -> str:
    """Returns an argument of a command line, an option in it spelled as among those that are known.

    Args:
        argument: str, such as `--batch-size=8`.
        known: iterable of str, options with their hyphens in front.

    Returns:
        The argument, str; what is none of the options is as it was.

    Example:

    >>> spelled_as("--batch-size=8", ["--batch_size"]), spelled_as("--new", ["--batch_size"])
    ('--batch_size=8', '--new')
    """
    if not argument.startswith("--"):
        return argument
    name, equals, value = argument.partition("=")
    spelled = {option.replace("_", "-"): option for option in known}
    return f"{spelled.get(name.replace('_', '-'), name)}{equals}{value}"
