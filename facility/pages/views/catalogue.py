"""The catalogue with every fact and its source, and what the words mean."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from facility.catalogue import lookup
from facility.catalogue.documents import CatalogueItem
from facility.catalogue.reader import sources
from facility.kernel.errors import InputError
from facility.pages.doors import signed_in
from facility.reports.facts import fact_rows
from facility.reports.words import WORDS


@require_safe
@signed_in
def catalogue(request: HttpRequest) -> HttpResponse:
    """Show the kinds, or the items whose name, vendor or id hold the words searched for."""
    text = request.GET.get("q", "").strip()
    context: dict[str, Any] = {"section": "catalogue", "q": text}
    if text:
        context["found"] = [
            (lookup.KINDS[kind].title, item)
            for kind, items in lookup.all_items().items()
            for item in items
            if _matches(item, text)
        ]
    else:
        context["kinds"] = [
            (kind, lookup.KINDS[kind].title, items) for kind, items in lookup.all_items().items()
        ]
    return render(request, "pages/catalogue.html", context)


def _matches(item: CatalogueItem, text: str) -> bool:
    words = f"{item.name} {item.vendor} {item.id} {item.kind}".lower()
    return all(word in words for word in text.lower().split())


@require_safe
@signed_in
def item(request: HttpRequest, kind: str, item_id: str) -> HttpResponse:
    """Show one item: every fact with its unit, source and confidence."""
    try:
        found = lookup.find(kind, item_id)
    except InputError as error:
        raise Http404(str(error)) from error
    context = {
        "section": "catalogue",
        "item": found,
        "kind_title": lookup.KINDS[kind].title,
        "warnings": lookup.warning_texts(found),
        "facts": fact_rows(found, sources()),
        "n_unverified": len(found.unverified()),
    }
    return render(request, "pages/catalogue_item.html", context)


@require_safe
@signed_in
def words(request: HttpRequest) -> HttpResponse:
    """Show what the words and figures on the pages mean."""
    return render(request, "pages/words.html", {"section": "words", "words": WORDS})
