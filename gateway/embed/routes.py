"""Routes of embeds: of the site, of a project, of a group."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from starlette.routing import Route

from gateway.embed.chart import draw_card
from gateway.embed.counter import draw_counter
from gateway.embed.endpoint import SVG, EmbedEndpoint, Form
from gateway.embed.figures import Figures, read_chart_figures, read_counter_figures
from gateway.embed.markup import as_svg
from gateway.embed.operations import chart_request, counter_request
from gateway.embed.page import chart_document, counter_document
from gateway.embed.palette import DARK, LIGHT, Palette
from gateway.embed.parameters import EmbedOptions, Theme, read_chart, read_counter
from gateway.embed.subjects import GROUP, PROJECT, SITE
from gateway.graphql.execution.executor import Executor
from gateway.graphql.masking import ErrorMask
from gateway.http.media import HTML

_SUBJECTS = {
    "/embed/site": SITE,
    "/embed/projects/{id}": PROJECT,
    "/embed/groups/{id}": GROUP,
}


def embed_routes(
    executor: Executor, mask: ErrorMask, clock: Callable[[], datetime], *, has_pages: bool
) -> Iterator[Route]:
    """All embed routes; ``clock`` returns an aware datetime. ``has_pages`` adds links to pages."""
    for path, kind in _SUBJECTS.items():
        for name, form in _FORMS.items():
            endpoint = EmbedEndpoint(kind, form, executor, mask, clock, has_pages=has_pages)
            yield Route(path + name, endpoint)


def _palette(options: EmbedOptions) -> Palette:
    # The policy of an image allows no style, so no media query for the preferred colours.
    return DARK if options.theme is Theme.DARK else LIGHT


def _chart_image(figures: Figures, options: EmbedOptions, _: str | None) -> bytes:
    return as_svg(draw_card(figures, _palette(options)))


def _counter_image(figures: Figures, options: EmbedOptions, _: str | None) -> bytes:
    return as_svg(draw_counter(figures, _palette(options)))


def _chart_page(figures: Figures, options: EmbedOptions, link: str | None) -> bytes:
    return chart_document(figures, options.theme, link)


def _counter_page(figures: Figures, options: EmbedOptions, link: str | None) -> bytes:
    return counter_document(figures, options.theme, link)


_FORMS = {
    "": Form(HTML, read_chart, chart_request, read_chart_figures, _chart_page),
    "/counter": Form(HTML, read_counter, counter_request, read_counter_figures, _counter_page),
    "/chart.svg": Form(SVG, read_chart, chart_request, read_chart_figures, _chart_image),
    "/counter.svg": Form(SVG, read_counter, counter_request, read_counter_figures, _counter_image),
}
