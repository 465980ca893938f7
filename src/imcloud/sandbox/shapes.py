"""The shapes of all request bodies: required fields, types and enumerations."""

from __future__ import annotations

from typing import Any

from .errors import bad_request
from .fields import (
    Field,
    Problems,
    amount,
    anything,
    boolean,
    date,
    instant,
    integer,
    listing,
    one_of,
    quantity,
    record,
    text,
    text_map,
)

PERIOD_TYPES = ("day", "month", "year", "statement_day", "unknown")
ACCOUNT_STATUSES = ("pending", "active", "creditHold", "adminHold", "cancelled", "error")
ORDER_TYPES = ("sales", "change", "renewal", "cancellation", "migration", "unknown")
_LINE_TYPES = (  # noqa: SIM905
    "CREATE RENEW CANCEL UPGRADE CHANGE_PLAN_PERIOD TRANSFER STOP_SERVICE DESTROY_SERVICE ONE_TIME_FEE "
    "BILLING_SUBSCRIPTION VENDOR_RATED_DATA MIGRATION MOVE"
).split()
_PRICE_TYPES = "TRANSFER SETUP RECURRING RENEWAL OVERUSE setup recurring renewal".split()  # noqa: SIM905

_name = text(1, 255)
_word = text(0, 255)
_PERIOD = record(("type", "duration"), type=one_of(*PERIOD_TYPES), duration=integer)
_LOOSE_PERIOD = record((), type=one_of(*PERIOD_TYPES), duration=integer)
_MONEY = record(("currency", "amount"), currency=text(3, 3), amount=amount)
_TIERS = listing(record(("lowerLimit", "amount"), lowerLimit=amount, amount=amount))
_TIERED_MONEY = record(("currency", "amount"), currency=text(3, 3), amount=amount, priceTiers=_TIERS)
_PARTIES = {"sellerId": _word, "buyerId": _word}

_ADDRESS = record(
    ("streetAddress", "postalCode", "city", "countryCode"),
    streetAddress=_name,
    addressExtension=_word,
    postalCode=_name,
    city=_name,
    state=_word,
    countryCode=text(2, 2, "[A-Z]{2}"),
)
_CONTACT = record(
    ("type", "firstName", "lastName", "email", "phoneNumber"),
    type=one_of("admin", "billing", "technical"),
    firstName=_name,
    lastName=_name,
    email=text(3, 255, r"[^@\s]+@[^@\s]+"),
    phoneNumber=_name,
    login=text(5, 256, "[A-Za-z0-9][A-Za-z0-9_.@-]{0,255}"),
    password=text(1, 256),
)
_ACCOUNT: dict[str, Field] = {
    "externalId": _word,
    "attributes": text_map,
    "status": one_of(*ACCOUNT_STATUSES),
    "name": _name,
    "address": _ADDRESS,
    "contactPersons": listing(_CONTACT, 1, 50),
    "language": text(2, 16),
    "taxRegId": _word,
    "currency": text(3, 3, "[A-Z]{3}"),
    "taxationProviderName": _word,
    "customerClass": _word,
}
CUSTOMER = record(("name", "address", "contactPersons", "language"), **_ACCOUNT)
RESELLER = record(("name", "address", "contactPersons", "language", "currency"), **_ACCOUNT)
ACCOUNT_UPDATE = record((), **_ACCOUNT)

_DEAL_PRICE = record(("currency", "amount", "type"), currency=text(3, 3), amount=amount, type=one_of(*_PRICE_TYPES))
_DEALS = record(
    ("freezePrices", "agreements"),
    freezePrices=boolean,
    agreements=listing(
        record(
            (),
            **_PARTIES,
            prices=listing(_DEAL_PRICE),
            priceTerm=_LOOSE_PERIOD,
            discounts=listing(
                record(
                    ("applicableTo", "prices"),
                    applicableTo=listing(one_of("SALES", "RENEWAL", "SWITCH_PLAN")),
                    prices=listing(_DEAL_PRICE),
                )
            ),
        )
    ),
)
_RATE = record(("original", "new"), original=amount, new=amount)
_MARGINS = record(
    ("priceModel", "totalRate", "rates"),
    priceModel=one_of("MSRP", "COS", "UNKNOWN"),
    totalRate=_RATE,
    rates=listing(record((), **_PARTIES, rate=_RATE)),
    attributes=listing(record((), attribute=_word, attributeValue=_word, totalMargin=_word, resellerMargin=_word)),
)
_DISCOUNT = record(
    (),
    discountPercentage=amount,
    discountedUnitPrice=amount,
    effectiveStartDate=date,
    effectiveEndDate=date,
    totalAbsDiscount=record(("frequency", "value"), frequency=one_of("DAILY", "MONTHLY", "YEARLY"), value=amount),
    validity=_PERIOD,
)
PARAMETER = record(("name",), name=_name, value=anything, structured_value=anything)
_IDENTITY: dict[str, Field] = {
    "mpn": _word,
    "vendor": _word,
    "id": _word,
    "billingPeriod": _PERIOD,
    "subscriptionPeriod": _PERIOD,
}
_LINE = record(
    (),
    **_IDENTITY,
    newMPN=_word,
    newId=_word,
    newProductId=_word,
    quantity=quantity,
    specialPrice=_TIERED_MONEY,
    specialCost=_MONEY,
    specialProviderCost=_MONEY,
    deals=_DEALS,
    subscriptionId=_word,
    targetSubscriptionId=_word,
    parameters=listing(PARAMETER),
    tcvs=listing(record()),
    type=one_of(*_LINE_TYPES),
    newSubscription=record((), id=integer, coterming=boolean, type=one_of("NEW", "EXISTING")),
    margins=_MARGINS,
    vendorRatedExtendedCost=_MONEY,
    vendorDiscounts=listing(record((), **_PARTIES, discount=_DISCOUNT)),
    vendorAlreadyAccountedTcvs=listing(record((), **_PARTIES, tcv=_MONEY)),
)
ORDER = record(
    ("customerId",),
    type=one_of(*ORDER_TYPES),
    customerId=_name,
    poNumber=_word,
    attributes=text_map,
    autorenewal=boolean,
    startDate=date,
    migrationDate=date,
    expirationDate=date,
    lastBillingDate=date,
    nextBillingDate=date,
    migrationProgram=_word,
    planId=_word,
    subscriptionPeriod=_LOOSE_PERIOD,
    scheduledOn=_word,
    upgradeStartType=_word,
    products=listing(_LINE, 0, 500),
    subscriptionId=_word,
    targetSubscriptionId=_word,
    billingModel=_word,
    alignExpirationDate=record(
        (),
        alignmentType=one_of("CO_TERM_ON_SUBSCRIPTION", "MATCH_END_OF_CALENDAR_MONTH", "CO_TERM_PARTIAL_UPGRADE"),
        subscriptionId=integer,
    ),
    placementType=one_of("MOVE"),
    vendorBillingSettings=record(("vendorBillingPeriod",), vendorBillingPeriod=_PERIOD),
)
ORDER_UPDATE = record((), creditCheck=boolean, statusCode=text(1, 16))

_PRODUCT_PRICES = listing(
    record((), mpn=_word, id=_word, unitPrice=_TIERED_MONEY, unitCost=_TIERED_MONEY, unitProviderCost=_MONEY)
)
SUBSCRIPTION_UPDATE = record((), products=_PRODUCT_PRICES, attributes=text_map, renewalStatus=boolean)
SPECIAL_PRICING = record(("products",), products=_PRODUCT_PRICES)
REPORT = record(
    ("name", "startDate"),
    name=_name,
    customizationName=_word,
    format=one_of("csv", "xml", "xlsx", "json"),
    startDate=instant,
    endDate=instant,
)
VALIDATION = record(
    ("customerId", "products"),
    customerId=_name,
    type=one_of(*ORDER_TYPES),
    products=listing(
        record(("parameters",), **_IDENTITY, quantity=quantity, draftRequestId=_word, parameters=listing(PARAMETER)),
        1,
        500,
    ),
)
TOKEN = record((), marketplace=_word)


def check(shape: Field, body: Any) -> dict[str, Any]:
    """The body without its nulls at the top, or a 400 that lists every problem."""
    problems: Problems = []
    shape(body, "", problems)
    if problems:
        raise bad_request("; ".join(problems) + ".")
    assert isinstance(body, dict)
    return {name: value for name, value in body.items() if value is not None}
