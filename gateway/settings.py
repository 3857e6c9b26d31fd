"""All settings, from ``STATS_GATEWAY_*`` variables of the environment."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from gateway.errors import SettingsError

PREFIX = "STATS_GATEWAY_"

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
    database_connections: int = Field(
        4, ge=1, le=256, description="Answers that one process reads from the database at once."
    )
    database_timeout_seconds: float = Field(
        30, gt=0, description="How long a statement may run, and a writer may wait for its turn."
    )
    cache_bytes: int = Field(
        67_108_864,
        ge=0,
        description="Memory of each process for what was read before; 0 keeps nothing.",
    )
    answer_cache_bytes: int = Field(
        16_777_216,
        ge=0,
        description="Memory of each process for whole answers, beside that; 0 keeps none.",
    )
    document_cache_bytes: int = Field(
        33_554_432,
        ge=0,
        description="Memory of each process for operations that were parsed, their plans and"
        " variables; 0 keeps none.",
    )
    operation_timeout_seconds: float = Field(
        60,
        gt=0,
        description="How long one GraphQL operation may take, all its statements included.",
    )
    body_limit_bytes: int = Field(
        1_048_576, ge=1024, description="Largest body of a GraphQL request."
    )
    document_limit_bytes: int = Field(
        32_768, ge=1024, description="Longest text of a GraphQL document."
    )
    token_limit: int = Field(
        2000, ge=1, description="Names, values and punctuation that a GraphQL document may have."
    )
    depth_limit: int = Field(
        30, ge=1, le=100, description="Selections within selections, those of fragments included."
    )
    alias_limit: int = Field(
        100,
        ge=0,
        description="Fields of a document under another name, or selected again in one place.",
    )
    directive_limit: int = Field(
        50, ge=0, description="Directives that a document may have, such as @include."
    )
    cost_limit: int = Field(
        250_000, ge=1, description="What one operation may cost; see limits.md."
    )
    value_limit: int = Field(
        1_000_000,
        ge=1000,
        description="Values that one operation may produce: fields, and items of lists.",
    )
    answer_limit_bytes: int = Field(
        16_777_216,
        ge=1024,
        description="Largest answer of one operation, or of a batch, before it is compressed.",
    )
    cost_per_minute: int = Field(
        0, ge=0, description="What one viewer's operations may cost in a minute; 0 is any cost."
    )
    budget_redis_url: str | None = Field(
        None,
        description="Where minutes are counted for all processes: redis://host:6379/0. Unset, each"
        " process counts for itself.",
    )
    trusted_proxies: str | None = Field(
        None,
        description="Addresses and networks of proxies whose X-Forwarded-For is believed,"
        " comma-separated.",
    )
    batch_limit: int = Field(
        0, ge=0, le=100, description="Operations that one request may hold; 0 refuses batches."
    )
    persisted_queries: int = Field(
        1000,
        ge=0,
        le=100_000,
        description="Operations that each process keeps by their hash (automatic persisted"
        " queries); 0 keeps none.",
    )
    trusted_documents_file: str | None = Field(
        None, description="A manifest (JSON) of operations that are run by their identifiers."
    )
    trusted_documents_only: bool = Field(
        False, description="Whether nothing but the operations of that manifest runs."
    )
    incremental_delivery: bool = Field(
        False, description="Whether @defer and @stream are known, and answered piece by piece."
    )
    introspection: bool = Field(
        True,
        description="Whether the schema is open. Closed, only site admins may ask for it, and"
        " errors do not tell of it.",
    )
    suggestions: bool = Field(
        True, description="Whether errors propose names that look alike; never in a closed schema."
    )
    connections: int = Field(
        1000, ge=1, le=65_536, description="Connections that one process has with clients at once."
    )
    keep_alive_seconds: int = Field(
        5, ge=1, description="How long a connection stays open between two requests."
    )
    head_limit_bytes: int = Field(
        65_536, ge=1024, le=1_048_576, description="Longest request line and headers together."
    )
    header_limit: int = Field(100, ge=10, le=10_000, description="Header lines of a request.")
    head_timeout_seconds: float = Field(
        10, gt=0, description="How long a request's line and headers may take to come."
    )
    stall_seconds: float = Field(
        10,
        gt=0,
        description="How long a body may come, or an answer be taken, more slowly than"
        " STATS_GATEWAY_BYTES_PER_SECOND.",
    )
    bytes_per_second: int = Field(
        500, ge=1, description="How fast a body has to come, and an answer to be taken, at least."
    )
    shutdown_timeout_seconds: int = Field(
        10, ge=0, description="How long a server that is told to stop waits for requests under way."
    )
    drain_seconds: float = Field(
        0,
        ge=0,
        description="How long before that it still takes requests, while /readyz answers 503.",
    )
    log_format: LogFormat = Field(
        "auto",
        description="json, console (for people), or auto: console on a terminal, json elsewhere.",
    )
    log_level: LogLevel = Field(
        "info",
        description="debug, info, warning or error; each request is a line of the level info.",
    )
    metrics_port: int | None = Field(
        None,
        ge=1,
        le=65535,
        description="Port that Prometheus asks for metrics; each further worker takes the next.",
    )
    metrics_host: str = Field("127.0.0.1", description="Address that metrics are served at.")
    traces: bool = Field(
        False,
        description="Whether traces are sent by OTLP over HTTP, as the OTEL_* variables say.",
    )
    server_timing: bool = Field(
        True,
        description="Whether answers at /graphql tell site admins how long they took"
        " (Server-Timing).",
    )
    cors_origins: str = Field(
        "*",
        description="Origins whose pages may ask at /graphql, comma-separated; * is any.",
    )
    jwt_public_key_file: str | None = Field(
        None,
        description="PEM files with public keys that tokens are verified with; separated as in"
        " PATH.",
    )
    jwt_jwks_url: str | None = Field(
        None, description="Where the issuer publishes its keys (JWKS): https://…"
    )
    jwt_issuer: str = Field("pan-prod", description="The issuer that a token must name.")
    jwt_audience: str | None = Field(
        None, description="The audience that a token must name; unset, it must name none."
    )
    jwt_algorithms: str = Field(
        "RS512",
        description="Signature algorithms that are accepted, comma-separated: of RS256 to RS512,"
        " PS256 to PS512, ES256 to ES512.",
    )
    jwt_id_claim: str = Field("data.id", description="The claim that holds the user's id.")
    jwt_login_claim: str = Field("data.login", description="The claim that holds the login.")
    jwt_name_claim: str = Field("data.dname", description="The claim that holds the name shown.")
    jwt_admin_claim: str = Field(
        "data.admin", description="The claim that is the JSON value true for a site admin."
    )
    jwt_scope_claim: str = Field("data.scope", description="The claim that holds the scopes.")
    jwt_admin_scope: str | None = Field(
        None, description="A scope that makes a site admin as well; unset, none does."
    )
    stream_username: str | None = Field(None, description="User name for POST /kinesis.")
    stream_password: SecretStr | None = Field(None, description="Password for POST /kinesis.")
    stream_max_body_bytes: int = Field(
        16_777_216, ge=1024, description="Largest body of POST /kinesis."
    )
    groups_per_event: int = Field(
        1000,
        ge=0,
        description="Groups that an event may list; one that lists more counts to none of them.",
    )
    panoptes_url: str | None = Field(
        None, description="Panoptes whose API tells of groups, such as https://www.zooniverse.org."
    )
    panoptes_client_id: str | None = Field(
        None, description="Id of the OAuth application that asks Panoptes; its owner is an admin."
    )
    panoptes_client_secret: SecretStr | None = Field(
        None, description="Secret of that OAuth application."
    )
    panoptes_fresh_seconds: float = Field(
        60, ge=0, description="How long what Panoptes said of a group is not asked for again."
    )
    panoptes_stale_seconds: float = Field(
        600, ge=0, description="How long it serves when Panoptes does not answer."
    )
    panoptes_timeout_seconds: float = Field(
        2, gt=0, description="How long an operation waits for Panoptes."
    )
    panoptes_unknown_per_minute: int = Field(
        1000,
        ge=1,
        description="Unknown ids that one viewer or address may have looked up at Panoptes in a"
        " minute.",
    )
    panoptes_unknown_in_all_per_minute: int = Field(
        10_000,
        ge=1,
        description="The same of all who are signed in together, and again of all others.",
    )

    @property
    def allowed_origins(self) -> tuple[str, ...]:
        """The origins whose pages may ask at /graphql."""
        return tuple(origin.strip() for origin in self.cors_origins.split(",") if origin.strip())


def load_settings(**overrides: Any) -> Settings:
    """Read the environment; ``overrides`` that are not None win. A bad value is one sentence."""
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = PREFIX + str(first["loc"][0]).upper()
        raise SettingsError(f"{name} cannot be used: {first['msg']}.") from None
