"""Exit 0 when the server in this container is ready to answer, and 1 when it is not.

Only the standard library: the image has no curl, and loading the gateway would cost a second.
"""

import os
import sys
from http.client import HTTPConnection, HTTPException


def ready(port: int) -> bool:
    """Whether /readyz on this machine answers 200 within three seconds."""
    connection = HTTPConnection("127.0.0.1", port, timeout=3)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(0 if ready(int(os.environ.get("STATS_GATEWAY_PORT", "8000"))) else 1)
