"""``Info``: what a resolver gets, with the operation as its context."""

from __future__ import annotations

import strawberry

from gateway.loaders.operation import Operation

Info = strawberry.Info[Operation, None]
