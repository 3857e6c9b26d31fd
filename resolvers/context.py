"""The info that resolvers get."""

from __future__ import annotations

import strawberry

from gateway.loaders.operation import Operation

Info = strawberry.Info[Operation, None]
