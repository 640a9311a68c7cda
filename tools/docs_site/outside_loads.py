"""What a page makes a browser load without being asked to."""

import re

_OUTSIDE = r"""=\s*["']?((?:https?:)?//[^"'\s>]+)"""
_LOADED = (
    re.compile(rf"<(?:script|img|iframe|source|video|audio|embed)\b[^>]*?\ssrc{_OUTSIDE}", re.I),
    re.compile(
        r"<link\b(?=[^>]*\srel=[\"']?(?:stylesheet|preload|prefetch|preconnect|icon|manifest))"
        rf"[^>]*?\shref{_OUTSIDE}",
        re.I,
    ),
)


def loaded_from_elsewhere(html: str) -> list[str]:
    """The addresses of other hosts that a page loads something from."""
    return [address for pattern in _LOADED for address in pattern.findall(html)]
