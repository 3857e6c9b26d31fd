"""The routes: every path that the server answers."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from importlib.metadata import version

from starlette.routing import Route

from gateway.auth.viewer import Viewer
from gateway.db.readiness import check_ready, check_writable
from gateway.embed.routes import embed_routes
from gateway.files.description import file_paths
from gateway.files.routes import file_routes
from gateway.graphql.endpoint.routes import GRAPHQL_PATH, graphql_routes
from gateway.http.probes import probe_routes
from gateway.rest.about import about_routes
from gateway.rest.ckan.routes import ckan_routes
from gateway.rest.eras.routes import eras_routes
from gateway.rest.jsonapi.call import Dependencies
from gateway.rest.jsonapi.routes import jsonapi_routes
from gateway.rest.retired import retired_route
from gateway.rest.stream_route import stream_route
from gateway.services import Services
from gateway.web.roles import role_routes
from gateway.web.runtime_config import CONFIG_PATH, RuntimeConfig
from gateway.web.sign_in import configured_sign_in


def build_routes(services: Services) -> list[Route]:
    """The routes of one process, the first that fits a request answers it."""
    settings, database = services.settings, services.database
    identify, open_operation = services.authenticator.identify, services.open_operation

    async def identify_not_erased(headers: Iterable[tuple[str, str]]) -> Viewer:
        # What executes operations finds out itself, without reading the change log again.
        viewer = await identify(headers)
        await services.erased.check(viewer.id)
        return viewer

    unexpected = services.mask.unexpected
    dependencies = Dependencies(
        identify_not_erased,
        open_operation,
        unexpected,
        services.groups.run_all if settings.groups != "off" else None,
        services.budget.spend if services.budget is not None else None,
        settings.body_limit_bytes,
        settings.operation_timeout_seconds,
    )
    config = RuntimeConfig(settings, configured_sign_in(settings), services.roles)
    return [
        # Most requests are for it, and each route before it would be tried on them.
        *graphql_routes(
            settings,
            services.executor,
            identify,
            identify_not_erased,
            open_operation,
            services.mask,
            services.live_answers,
            services.connections,
            services.consistent_reads,
        ),
        *about_routes(
            version("stats-gateway"),
            GRAPHQL_PATH,
            unexpected,
            services.pages.home,
            file_paths(),
        ),
        *role_routes(services.roles, services.pages.page),
        Route(CONFIG_PATH, config.respond, methods=["GET"]),
        *services.pages.routes(),
        *(
            embed_routes(
                services.executor,
                services.mask,
                services.clock,
                has_pages=services.pages.home is not None,
            )
            if settings.pages
            else ()
        ),
        *file_routes(
            settings,
            database,
            services.executor,
            identify_not_erased,
            services.authenticator,
            services.erased,
            unexpected,
            services.clock,
            services.budget.spend if services.budget is not None else None,
            services.consistent_reads,
        ),
        stream_route(settings, services.intake, services.clock),
        *ckan_routes(identify_not_erased, open_operation, settings.body_limit_bytes),
        *eras_routes(
            identify_not_erased, open_operation, unexpected, settings.operation_timeout_seconds
        ),
        *jsonapi_routes(dependencies, settings.allowed_origins),
        retired_route(unexpected),
        *probe_routes(
            [
                services.starting.check_ready,
                partial(check_ready, database),
                services.authenticator.check_ready,
            ],
            [partial(check_writable, database)],
            services.draining,
            database.reading_from,
        ),
    ]
