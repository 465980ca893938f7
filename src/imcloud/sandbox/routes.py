"""Which operation a method and path mean. Operations carry the guide's heading anchors with underscores."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule

from . import accounts, catalogue, order_api, reports, subscription_api, tokens, validation
from .errors import gateway_refusal
from .settings import Settings
from .web import Request

BASE_PATH = "/marketplace/sandbox"
Handler = Callable[..., Any]


@dataclass(frozen=True)
class Route:
    """One operation. `access`: bearer (token and key), key (sign-in itself) or open (a signed download)."""

    method: str
    path: str
    operation: str
    handler: Handler
    access: str = "bearer"
    verb_of: str | None = None  # which document gives this verb, where they disagree


_PRICING = "update_subscription_pricing_details"
ROUTES = (
    Route("POST", "/token", "token", tokens.sign_in, access="key"),
    Route("GET", "/customers", "list_customers", accounts.list_customers),
    Route("POST", "/customers", "create_customer", accounts.create_customer),
    Route("GET", "/customers/<id>", "get_customer", accounts.get_customer),
    Route("PATCH", "/customers/<id>", "update_customer", accounts.update_customer),
    Route("GET", "/resellers", "list_resellers", accounts.list_resellers),
    Route("POST", "/resellers", "create_reseller", accounts.create_reseller),
    Route("GET", "/resellers/<id>", "get_reseller", accounts.get_reseller),
    Route("PATCH", "/resellers/<id>", "update_reseller", accounts.update_reseller),
    Route("GET", "/resellers/<id>/customers", "list_reseller_customers", accounts.list_reseller_customers),
    Route("POST", "/resellers/<id>/customers", "create_reseller_customer", accounts.create_reseller_customer),
    Route("GET", "/resellers/<id>/orders", "list_resellers_orders", order_api.list_resellers_orders),
    Route("GET", "/orders", "list_orders", order_api.list_orders),
    Route("POST", "/orders", "create_order", order_api.create_order),
    Route("POST", "/orders/estimate", "estimate_an_order_price", order_api.estimate),
    Route("GET", "/orders/<id>", "get_order", order_api.get_order),
    Route("PATCH", "/orders/<id>", "update_order", order_api.update_order),
    Route("GET", "/products", "list_products", catalogue.list_products),
    Route("GET", "/plans", "list_service_plans", catalogue.list_plans),
    Route("GET", "/plans/<id>", "get_service_plan", catalogue.get_plan),
    Route("GET", "/reports", "list_reports", reports.list_reports),
    Route("POST", "/reports", "schedule_a_one_time_report", reports.schedule),
    Route("GET", "/reports/<id>", "get_report", reports.get_report),
    Route("GET", "/download/<id>", "download", reports.download, access="open"),
    Route("GET", "/subscriptions", "list_subscriptions", subscription_api.list_subscriptions),
    Route("GET", "/subscriptions/<id>", "get_subscription", subscription_api.get_subscription),
    Route("POST", "/subscriptions/<id>", "update_subscription", subscription_api.update, verb_of="guide"),
    Route("PATCH", "/subscriptions/<id>", "update_subscription", subscription_api.update, verb_of="vendor"),
    Route("PATCH", "/subscriptions/<id>/specialPricing", _PRICING, subscription_api.special_pricing, verb_of="guide"),
    Route("POST", "/subscriptions/<id>/specialPricing", _PRICING, subscription_api.special_pricing, verb_of="vendor"),
    Route("POST", "/validation/parameters", "validate_product_activation_parameters", validation.validate),
)


@lru_cache(maxsize=3)
def _adapter(served: str) -> Any:
    rules = [
        Rule(BASE_PATH + route.path, methods=[route.method], endpoint=route)
        for route in ROUTES
        if route.verb_of is None or served in ("both", route.verb_of)
    ]
    return Map(rules, strict_slashes=False, redirect_defaults=False, merge_slashes=False).bind("sandbox")


def find(request: Request, settings: Settings) -> tuple[Route, dict[str, str]]:
    """The route and the values in its path; a gateway's 404 when it knows no such operation."""
    try:
        route, values = _adapter(settings.verbs).match(request.path, method=request.method)
    except HTTPException as error:
        known_path = error.code == 405
        status = settings.wrong_verb_status if known_path else 404
        text = "Method not allowed" if status == 405 else "Resource not found"
        raise gateway_refusal(status, text) from None
    if request.method != route.method:  # HEAD rides on GET in werkzeug, the gateway has no such operation
        raise gateway_refusal(404, "Resource not found")
    return route, values
