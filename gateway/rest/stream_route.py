"""Route of the event stream, configured by the settings."""

from __future__ import annotations

from starlette.routing import Route

from gateway.db.instants import Clock
from gateway.http.configuration import configured_proxies
from gateway.ingestion.intake import Intake
from gateway.rest.credentials import StreamCredentials
from gateway.rest.kinesis import KinesisEndpoint
from gateway.rest.stream_body import read_stream_body
from gateway.rest.stream_description import PATH
from gateway.rest.wrong_passwords import WrongPasswords
from gateway.settings import Settings


def stream_route(settings: Settings, intake: Intake, clock: Clock) -> Route:
    """The route for POST by clients with the stream's credentials."""
    password = settings.stream_password
    endpoint = KinesisEndpoint(
        intake,
        lambda body: read_stream_body(body, clock(), settings.groups_per_event),
        StreamCredentials(
            settings.stream_username, None if password is None else password.get_secret_value()
        ),
        WrongPasswords(lambda: clock().timestamp()),
        settings.stream_max_body_bytes,
        configured_proxies(settings),
    )
    return Route(PATH, endpoint, methods=["POST"])
