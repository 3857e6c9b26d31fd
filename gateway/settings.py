"""All settings, from ``STATS_GATEWAY_*`` variables of the environment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from gateway.errors import SettingsError
from gateway.reasons import as_reason
from gateway.unknown_settings import warnings_of

PREFIX = "STATS_GATEWAY_"

GroupsMode = Literal["off", "own", "panoptes"]
LogFormat = Literal["auto", "json", "console"]
LogLevel = Literal["debug", "info", "warning", "error"]


class Settings(BaseSettings):
    """One frozen value a setting; each description stands in ``docs/settings.md`` too."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    host: str = Field("127.0.0.1", description="Address the server listens on.")
    port: int = Field(8000, ge=0, le=65535, description="Port the server listens on.")
    workers: int = Field(1, ge=1, le=256, description="Server processes.")
    database_url: str = Field(
        "sqlite:///stats-gateway.db",
        description="sqlite:///file.db or postgresql://user:password@host/name.",
    )
    read_database_urls: str | None = Field(
        None,
        description="PostgreSQL standbys that answers are read from, with spaces between their "
        "URLs. If unset, answers are read from STATS_GATEWAY_DATABASE_URL.",
    )
    read_lag_seconds: float = Field(
        10,
        gt=0,
        description="How far a standby may be behind the primary before answers are read "
        "elsewhere.",
    )
    primary_reads_per_minute: int = Field(
        600,
        ge=0,
        description="How often one viewer's consistency token may lead to the primary in a minute, "
        "where a standby is behind it.",
    )
    database_connections: int = Field(
        4,
        ge=1,
        le=256,
        description="Database connections of one process, and so the answers "
        "that it reads at once.",
    )
    database_timeout_seconds: float = Field(
        30,
        gt=0,
        description="Longest time that a statement may run, or a writer may wait for its turn.",
    )
    cache_bytes: int = Field(
        67_108_864,
        ge=0,
        description="Memory of each process for cached data; 0 switches this cache off.",
    )
    answer_cache_bytes: int = Field(
        16_777_216,
        ge=0,
        description="Memory of each process for cached answers; 0 switches this cache off.",
    )
    document_cache_bytes: int = Field(
        33_554_432,
        ge=0,
        description="Memory of each process for parsed operations, their plans and variables; "
        "0 switches this cache off.",
    )
    operation_timeout_seconds: float = Field(
        60,
        gt=0,
        description="Longest time that one GraphQL operation may take, with all its statements.",
    )
    body_limit_bytes: int = Field(
        1_048_576, ge=1024, description="Largest body of a GraphQL request."
    )
    document_limit_bytes: int = Field(
        32_768, ge=1024, description="Longest text of a GraphQL document."
    )
    token_limit: int = Field(
        2000, ge=1, description="Most tokens (names, values and punctuation) of a GraphQL document."
    )
    depth_limit: int = Field(
        30,
        ge=1,
        le=100,
        description="Deepest nesting of selections in a GraphQL document, with its fragments.",
    )
    alias_limit: int = Field(
        100,
        ge=0,
        description="Most fields of a document that have an alias or are selected again.",
    )
    directive_limit: int = Field(
        50, ge=0, description="Most directives, such as @include, of a document."
    )
    cost_limit: int = Field(
        250_000, ge=1, description="Highest cost of one operation, in points; see limits.md."
    )
    value_limit: int = Field(
        1_000_000,
        ge=1000,
        description="Most values (fields and items of lists) that one operation may produce.",
    )
    answer_limit_bytes: int = Field(
        16_777_216,
        ge=1024,
        description="Largest answer of one operation, or of a batch, before it is compressed.",
    )
    file_limit_bytes: int = Field(67_108_864, ge=1024, description="Largest file of /files.")
    files_at_once: int = Field(
        8,
        ge=1,
        description="Most files of /files that one process makes or sends at once; each may be on "
        "the disk meanwhile.",
    )
    cost_per_minute: int = Field(
        0, ge=0, description="Cost points that one viewer may spend in a minute; 0 sets no limit."
    )
    budget_redis_url: str | None = Field(
        None,
        description="Redis that counts costs and live operations for all processes, such as "
        "redis://host:6379/0. If unset, each process counts by itself.",
    )
    trusted_proxies: str | None = Field(
        None,
        description="Addresses and networks of proxies whose X-Forwarded-For is trusted, "
        "comma-separated.",
    )
    batch_limit: int = Field(
        0, ge=0, le=100, description="Most operations of one request (batch); 0 refuses batches."
    )
    persisted_queries: int = Field(
        1000,
        ge=0,
        le=100_000,
        description="Automatic persisted queries that each process keeps; 0 switches them off.",
    )
    trusted_documents_file: str | None = Field(
        None, description="JSON manifest of trusted operations, which clients run by identifier."
    )
    trusted_documents_only: bool = Field(
        False,
        description="Whether only the operations of that manifest, and of the pages, may run.",
    )
    pages: bool = Field(
        True,
        description="Whether the pages for people are served, where they are built, and what is "
        "embedded.",
    )
    incremental_delivery: bool = Field(
        False, description="Whether @defer and @stream are supported."
    )
    live_seconds: float = Field(
        1, gt=0, le=60, description="How often live answers are looked at for changes."
    )
    live_connections: int = Field(
        2,
        ge=1,
        le=256,
        description="Database connections of one process for live answers, and so those that it "
        "evaluates again at once.",
    )
    live_share: float = Field(
        0.5,
        gt=0,
        le=0.5,
        description="Largest part of the time in which live answers are evaluated again: with "
        "more to do they are looked at less often.",
    )
    live_bytes: int = Field(
        67_108_864,
        ge=1_048_576,
        description="Memory of each process for live operations, and as much for their answers "
        "that slow clients have not read yet.",
    )
    live_per_viewer: int = Field(
        100, ge=1, description="Most live operations (subscriptions) of one viewer at once."
    )
    live_operations: int = Field(
        5000, ge=1, description="Most live operations that one process has at once."
    )
    websocket_operations: int = Field(
        100, ge=1, description="Most operations under way at once on one WebSocket."
    )
    heartbeat_seconds: float = Field(
        10,
        gt=0,
        le=60,
        description="How often a stream of live answers says something when nothing changes.",
    )
    introspection: bool = Field(
        True,
        description="Whether everyone may read the schema. If false, only site admins may, and "
        "errors reveal nothing of it.",
    )
    suggestions: bool = Field(
        True, description="Whether errors suggest similar names; never if introspection is off."
    )
    loopback_hosts_only: bool = Field(
        False,
        description="Whether only requests to localhost, 127.0.0.1 or [::1] are answered, as on a "
        "machine that serves nobody else: web pages cannot come in by another name (DNS "
        "rebinding).",
    )
    connections: int = Field(
        1000,
        ge=1,
        le=65_536,
        description="Most connections with clients that one process has at once.",
    )
    keep_alive_seconds: int = Field(
        5, ge=1, description="How long an idle connection stays open between two requests."
    )
    head_limit_bytes: int = Field(
        65_536,
        ge=1024,
        le=1_048_576,
        description="Most bytes of the request line and headers together.",
    )
    header_limit: int = Field(100, ge=10, le=10_000, description="Most header lines of a request.")
    head_timeout_seconds: float = Field(
        10, gt=0, description="Longest time for a request's line and headers to arrive."
    )
    stall_seconds: float = Field(
        10,
        gt=0,
        description="How long a client may send a body or read an answer more slowly than "
        "STATS_GATEWAY_BYTES_PER_SECOND.",
    )
    bytes_per_second: int = Field(
        500, ge=1, description="Lowest speed at which a client must send a body and read an answer."
    )
    shutdown_timeout_seconds: int = Field(
        10, ge=0, description="How long a stopping server waits for requests in progress."
    )
    drain_seconds: float = Field(
        0,
        ge=0,
        description="How long a stopping server still accepts requests, while /readyz answers 503.",
    )
    log_format: LogFormat = Field(
        "auto",
        description="json, console (for people), or auto: console on a terminal, json elsewhere.",
    )
    log_level: LogLevel = Field(
        "info",
        description="debug, info, warning or error; each request is logged at level info.",
    )
    metrics_port: int | None = Field(
        None,
        ge=1,
        le=65535,
        description="Port where Prometheus reads metrics; each further worker uses the next port.",
    )
    metrics_host: str = Field("127.0.0.1", description="Address where metrics are served.")
    traces: bool = Field(
        False,
        description="Whether traces are sent by OTLP over HTTP; OTEL_* variables configure them.",
    )
    server_timing: bool = Field(
        True,
        description="Whether answers of /graphql have a Server-Timing header, for site admins "
        "only.",
    )
    cors_origins: str = Field(
        "*",
        description="Origins whose web pages may use /graphql and /api (CORS), comma-separated; "
        "* allows any.",
    )
    jwt_public_key_file: str | None = Field(
        None,
        description="PEM files with public keys that verify tokens; separated as in PATH.",
    )
    jwt_jwks_url: str | None = Field(
        None, description="Where the issuer publishes its keys (JWKS): https://…"
    )
    jwt_issuer: str = Field("pan-prod", description="The issuer (iss) that a token must have.")
    jwt_audience: str | None = Field(
        None,
        description="The audience (aud) that a token must have; if unset, a token must have none.",
    )
    jwt_algorithms: str = Field(
        "RS512",
        description="Accepted signature algorithms, comma-separated: RS256 to RS512, PS256 to "
        "PS512, ES256 to ES512.",
    )
    jwt_id_claim: str = Field("data.id", description="The claim with the user's id.")
    jwt_login_claim: str = Field("data.login", description="The claim with the login.")
    jwt_name_claim: str = Field("data.dname", description="The claim with the display name.")
    jwt_admin_claim: str = Field(
        "data.admin", description="The claim that is true for a site admin."
    )
    jwt_scope_claim: str = Field("data.scope", description="The claim with the scopes.")
    jwt_admin_scope: str | None = Field(
        None, description="A scope that also makes a site admin; if unset, no scope does."
    )
    sign_in_issuer: str | None = Field(
        None,
        description="The issuer (OpenID Connect) at which people sign in on the pages: https://… "
        "If unset, they paste a token.",
    )
    sign_in_client_id: str | None = Field(
        None, description="The pages' client id there; they are a public client, without a secret."
    )
    sign_in_scopes: str = Field(
        "openid", description="Scopes that the pages ask for, with spaces between them."
    )
    sign_in_resource: str | None = Field(
        None,
        description="The resource (RFC 8707) that the token is for; if unset, none is named.",
    )
    sign_in_audience: str | None = Field(
        None,
        description="The same as a parameter audience, for issuers that know no resource.",
    )
    sign_in_return_url: str | None = Field(
        None,
        description="Where the issuer leads back to; if unset, /sign-in of this gateway, as the "
        "browser sees it.",
    )
    sign_in_authorize_url: str | None = Field(
        None,
        description="Where people sign in; if unset, the issuer's discovery document says it.",
    )
    sign_in_token_url: str | None = Field(
        None,
        description="Where codes are exchanged for tokens; if unset, the discovery document says "
        "it.",
    )
    sign_in_implicit: bool = Field(
        False,
        description="Whether the issuer sends the token in the address (implicit flow), for "
        "issuers that know no code with PKCE: less safe.",
    )
    stream_username: str | None = Field(None, description="User name for POST /kinesis.")
    stream_password: SecretStr | None = Field(None, description="Password for POST /kinesis.")
    stream_max_body_bytes: int = Field(
        16_777_216, ge=1024, description="Largest body of POST /kinesis."
    )
    groups_per_event: int = Field(
        1000,
        ge=0,
        description="Most groups that an event may list; an event with more counts to none of "
        "them.",
    )
    groups: GroupsMode = Field(
        "off",
        description="own: people create, join and lead groups here, and this gateway decides about "
        "them. panoptes: their commands are forwarded to STATS_GATEWAY_PANOPTES_URL with their own "
        "tokens. off: groups cannot be changed.",
    )
    group_scope: str = Field(
        "group",
        description="The scope that a token needs to change groups, if it has scopes at all; empty "
        "asks for none.",
    )
    group_page_url: str | None = Field(
        None,
        description="The page of a group, such as https://example.org/groups/{id}; join links lead "
        "there, with the token in the fragment.",
    )
    groups_per_volunteer: int = Field(
        200, ge=0, description="Most groups that one volunteer may create."
    )
    groups_per_day: int = Field(
        20, ge=0, description="Most groups that one volunteer may create within a day."
    )
    groups_of_volunteer: int = Field(
        500, ge=1, description="Most active groups that one volunteer may be a member of."
    )
    memberships_per_group: int = Field(
        50_000, ge=1, description="Most memberships of a group, ended ones included."
    )
    invitations_per_day: int = Field(
        200, ge=0, description="Most invitations that one volunteer may send within a day."
    )
    group_changes_per_day: int = Field(
        5_000,
        ge=1,
        description="Most changes of groups that one volunteer may make within a day; leaving, "
        "removing, deactivating, and deleting a goal are always possible.",
    )
    open_invitations: int = Field(
        500, ge=0, description="Most invitations of a group that are neither accepted nor declined."
    )
    panoptes_url: str | None = Field(
        None,
        description="URL of Panoptes, whose API provides groups, such as "
        "https://www.zooniverse.org.",
    )
    panoptes_client_id: str | None = Field(
        None,
        description="Client id of the OAuth application for Panoptes; its owner must be an admin.",
    )
    panoptes_client_secret: SecretStr | None = Field(
        None, description="Client secret of that OAuth application."
    )
    panoptes_fresh_seconds: float = Field(
        60, ge=0, description="How long an answer of Panoptes is fresh and not asked for again."
    )
    panoptes_stale_seconds: float = Field(
        600,
        ge=0,
        description="How long an older answer is still used when Panoptes does not answer.",
    )
    panoptes_timeout_seconds: float = Field(
        2, gt=0, description="Longest time that an operation waits for Panoptes."
    )
    panoptes_change_seconds: float = Field(
        10,
        gt=0,
        le=60,
        description="Longest time that a change of a group at Panoptes may take, with looking what "
        "became of it.",
    )
    panoptes_unknown_per_minute: int = Field(
        1000,
        ge=1,
        description="Most unknown ids that one viewer or address may look up at Panoptes in a "
        "minute.",
    )
    panoptes_unknown_in_all_per_minute: int = Field(
        10_000,
        ge=1,
        description="The same limit for all signed-in viewers together, and again for all others.",
    )

    @property
    def standby_urls(self) -> tuple[str, ...]:
        """The URLs of the standbys that answers are read from."""
        return tuple((self.read_database_urls or "").split())

    @property
    def allowed_origins(self) -> tuple[str, ...]:
        """The origins whose pages may ask at /graphql and /api."""
        return tuple(origin.strip() for origin in self.cors_origins.split(",") if origin.strip())


def unknown_settings(environ: Mapping[str, str]) -> list[str]:
    """A warning for each variable that looks like a setting and is none."""
    return warnings_of(environ, PREFIX, Settings.model_fields)


def load_settings(**overrides: Any) -> Settings:
    """Read the environment; ``overrides`` that are not None win. A bad value is one sentence."""
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = PREFIX + str(first["loc"][0]).upper()
        raise SettingsError(f"{name} cannot be used: {as_reason(first['msg'])}.") from None
