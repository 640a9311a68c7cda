"""A check of the network that takes seconds at most."""

import http.client
import threading
import urllib.error
import urllib.request


def is_reachable(server: str, seconds: float = 5.0) -> bool:
    """Returns whether a server gives any answer in time, through a proxy if one is set.

    Args:
        server: str, the URL to ask, such as `"https://huggingface.co"`.
        seconds: float, how long to wait. Defaults to 5.

    Returns:
        True if it answered, with whatever status; False if it did not, or the URL is
        not one that can be asked.

    Example:

    >>> is_reachable("nowhere://x")
    False
    """
    answered = threading.Event()

    def ask() -> None:
        try:
            urllib.request.urlopen(server, timeout=seconds).close()
        except urllib.error.HTTPError as error:
            error.close()  # A page that says no is an answer too.
        except (OSError, ValueError, http.client.HTTPException):
            return
        answered.set()

    # Looking up a name has no timeout of its own and can take half a minute.
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(seconds)
    return answered.is_set()
