"""Generated from the pack by `python -m tools.generate`: do not edit."""

# ruff: noqa: E501
# fmt: off
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Literal, Required, TypedDict, Unpack, overload

from imcloud.results import Result
from imcloud.runner import Confirmation, Connection, RowStream
from imcloud.secrets import Secret

class Options(TypedDict, total=False):
    """The options of a call; `imcloud.runner.CallOptions` says what each one does."""

    connection: str | Connection | None
    dry_run: bool
    max_items: int | None
    deadline: float | None
    yes: bool
    confirm: Callable[[Confirmation], bool] | None
    interactive: bool | None
    on_page: Callable[[int, int | None], None] | None
    explain: bool
    key: str | None
    on_unknown: Literal['halt', 'resubmit_once'] | None

class ListCustomersInputs(TypedDict, total=False):
    """Which customers to list."""

    name: str | None
    email: str | None
    externalId: str | None
    resellerId: str | None
    offset: int | None
    limit: int | None

class Address(TypedDict, total=False):
    """A postal address: it appears on invoices, and some cloud services check it when they are ordered."""

    streetAddress: Required[str]
    addressExtension: str | None
    postalCode: Required[str]
    city: Required[str]
    state: str | None
    countryCode: Required[str]

class ContactPerson(TypedDict, total=False):
    """A person to write to or call. One of type admin can bring the account's first sign-in along."""

    type: Required[Literal["admin", "billing", "technical"]]
    firstName: Required[str]
    lastName: Required[str]
    email: Required[str]
    phoneNumber: Required[str]
    login: str | None
    password: str | Secret | None

class CreateCustomerInputs(TypedDict, total=False):
    """The new customer."""

    externalId: str | None
    attributes: Mapping[str, str] | None
    status: Literal["pending", "active", "creditHold", "adminHold", "cancelled", "error"] | None
    name: Required[str]
    language: Required[str]
    taxRegId: str | None
    address: Required[Address]
    contactPersons: Required[list[ContactPerson]]
    id: str | None
    resellerId: str | None

class GetCustomerInputs(TypedDict, total=False):
    """Which customer to read."""

    id: Required[str]

class UpdateCustomerInputs(TypedDict, total=False):
    """What to change on a customer. Fields left out stay as they are."""

    id: Required[str]
    externalId: str | None
    attributes: Mapping[str, str] | None
    status: Literal["pending", "active", "creditHold", "adminHold", "cancelled", "error"] | None
    name: str | None
    language: str | None
    taxRegId: str | None
    address: Address | None
    contactPersons: list[ContactPerson] | None

class ListResellerCustomersInputs(TypedDict, total=False):
    """Which customers of a reseller to list."""

    id: Required[str]
    name: str | None
    email: str | None
    externalId: str | None
    offset: int | None
    limit: int | None

class CreateResellerCustomerInputs(TypedDict, total=False):
    """The new customer and the reseller it belongs to."""

    id: Required[str]
    externalId: str | None
    attributes: Mapping[str, str] | None
    status: Literal["pending", "active", "creditHold", "adminHold", "cancelled", "error"] | None
    name: Required[str]
    language: Required[str]
    taxRegId: str | None
    address: Required[Address]
    contactPersons: Required[list[ContactPerson]]
    resellerId: str | None

class GetOrderInputs(TypedDict, total=False):
    """Which order to read."""

    id: Required[str]

class Period(TypedDict, total=False):
    """A length of time, for example one month."""

    type: Required[Literal["day", "month", "year", "statement_day", "unknown"]]
    duration: Required[int]

class ActivationParameter(TypedDict, total=False):
    """A value that a product needs before it can be activated, such as a domain."""

    name: Required[str]
    value: Any
    structured_value: Mapping[str, Any] | None

class DealPrice(TypedDict, total=False):
    """A price agreed for one kind of charge."""

    currency: Required[str]
    amount: Required[str]
    type: Required[Literal["TRANSFER", "SETUP", "RECURRING", "RENEWAL", "OVERUSE", "setup", "recurring", "renewal"]]

class PriceTerm(TypedDict, total=False):
    """How long an agreed price holds."""

    type: Literal["statement_day", "month", "year", "unknown"] | None
    duration: int | None

class DealDiscount(TypedDict, total=False):
    """Prices that replace the agreed ones for certain kinds of orders."""

    applicableTo: Required[list[Literal["SALES", "RENEWAL", "SWITCH_PLAN"]]]
    prices: Required[list[DealPrice]]

class DealAgreement(TypedDict, total=False):
    """What one level of the sales chain agreed with the next about a product's price."""

    sellerId: str | None
    buyerId: str | None
    prices: list[DealPrice] | None
    priceTerm: PriceTerm | None
    discounts: list[DealDiscount] | None

class OrderDeal(TypedDict, total=False):
    """A special price deal for one product. It takes the place of the special costs and prices and cannot stand beside them."""

    freezePrices: Required[bool]
    agreements: Required[list[DealAgreement]]

class PriceTier(TypedDict, total=False):
    """One step of a price that depends on the quantity."""

    lowerLimit: Required[str]
    amount: Required[str]

class TieredMoney(TypedDict, total=False):
    """What one unit costs: one amount, or steps by quantity."""

    currency: Required[str]
    amount: Required[str]
    priceTiers: list[PriceTier] | None

class Money(TypedDict, total=False):
    """An amount with its currency. The amount is text, so that no digit is lost."""

    currency: Required[str]
    amount: Required[str]

class MarginRate(TypedDict, total=False):
    """A margin before and after the change."""

    original: Required[str]
    new: Required[str]

class MarginLevel(TypedDict, total=False):
    """The margin between one seller and one buyer."""

    sellerId: str | None
    buyerId: str | None
    rate: MarginRate | None

class MarginAttribute(TypedDict, total=False):
    """A margin that hangs on an attribute of the product or the sale."""

    attribute: str | None
    attributeValue: str | None
    totalMargin: str | None
    resellerMargin: str | None

class OrderMargin(TypedDict, total=False):
    """Margins to use for one product of the order."""

    priceModel: Required[Literal["MSRP", "COS", "UNKNOWN"]]
    totalRate: Required[MarginRate]
    rates: Required[list[MarginLevel]]
    attributes: list[MarginAttribute] | None

class VendorDiscountTotal(TypedDict, total=False):
    """A discount as an absolute sum that comes back at a steady pace."""

    frequency: Required[Literal["DAILY", "MONTHLY", "YEARLY"]]
    value: Required[str]

class VendorDiscount(TypedDict, total=False):
    """A discount that the manufacturer grants: a percentage, a unit price or a sum."""

    discountPercentage: str | None
    discountedUnitPrice: str | None
    effectiveStartDate: str | None
    effectiveEndDate: str | None
    totalAbsDiscount: VendorDiscountTotal | None
    validity: Period | None

class VendorDiscountAgreement(TypedDict, total=False):
    """A manufacturer's discount between one seller and one buyer."""

    sellerId: str | None
    buyerId: str | None
    discount: VendorDiscount | None

class AccountedContractValue(TypedDict, total=False):
    """The part of the total contract value that one level of the sales chain has booked already."""

    sellerId: str | None
    buyerId: str | None
    tcv: Money | None

class LineContractValue(TypedDict, total=False):
    """Total contract value of one product at one level of the sales chain."""

    total: Money | None
    discTotal: Money | None
    effectiveTotal: Money | None
    sellerId: int | None
    buyerId: int | None

class ResultingSubscription(TypedDict, total=False):
    """The subscription that a partial upgrade makes or joins."""

    id: int | None
    coterming: bool | None
    type: Literal["NEW", "EXISTING"] | None

class OrderLine(TypedDict, total=False):
    """One product of an order. Part numbers are not unique: give the catalogue id as well, or the vendor and both periods."""

    mpn: str | None
    vendor: str | None
    newMPN: str | None
    name: str | None
    quantity: float | Decimal | None
    subscriptionId: str | None
    id: str | None
    billingPeriod: Period | None
    subscriptionPeriod: Period | None
    parameters: list[ActivationParameter] | None
    newId: str | None
    targetSubscriptionId: str | None
    deals: OrderDeal | None
    specialPrice: TieredMoney | None
    specialCost: Money | None
    specialProviderCost: Money | None
    margins: OrderMargin | None
    vendorRatedExtendedCost: Money | None
    vendorDiscounts: list[VendorDiscountAgreement] | None
    vendorAlreadyAccountedTcvs: list[AccountedContractValue] | None
    extendedPrice: Money | None
    tcvs: list[LineContractValue] | None
    newProductId: str | None
    type: Literal["CREATE", "RENEW", "CANCEL", "UPGRADE", "CHANGE_PLAN_PERIOD", "TRANSFER", "STOP_SERVICE", "DESTROY_SERVICE", "ONE_TIME_FEE", "BILLING_SUBSCRIPTION", "VENDOR_RATED_DATA", "MIGRATION", "MOVE"] | None
    newSubscription: ResultingSubscription | None

class OrderPeriod(TypedDict, total=False):
    """The term of the subscription that an order asks for."""

    type: Literal["day", "month", "year", "statement_day", "unknown"] | None
    duration: int | None

class ChargeDuration(TypedDict, total=False):
    """The time that a charge covers."""

    type: Required[Literal["day", "month", "year", "statement_day", "unknown"]]
    duration: Required[float | Decimal]

class ChargeDiscount(TypedDict, total=False):
    """A reduction within a charge."""

    type: Literal["percent", "fixed", "unknown"] | None
    value: str | None
    amount: str | None
    amountCode: str | None

class OrderCharge(TypedDict, total=False):
    """One charge of an order, as the platform works it out."""

    type: Literal["unknown", "setup", "setupRefund", "switch", "renew", "renewRefund", "transfer", "transferRefund", "recurring", "recurringRefund", "overuse", "downgrade", "discount", "adjustment", "cancellation", "handlingFee", "nonProvisioningItem", "payment", "refund", "refundAdjustment", "billPenalty", "billRecord", "resellerPayment", "deposit"] | None
    mpn: str | None
    productId: str | None
    description: str | None
    quantity: float | Decimal | None
    duration: ChargeDuration | None
    unitPrice: TieredMoney | None
    salesUnitPrice: TieredMoney | None
    extendedPrice: Money | None
    salesExtendedPrice: Money | None
    discount: ChargeDiscount | None
    salesDiscount: ChargeDiscount | None
    taxAmount: Money | None
    salesTaxAmount: Money | None
    exclusiveTaxAmount: Money | None
    salesExclusiveTaxAmount: Money | None
    exchangeRate: float | Decimal | None
    exchangeTime: str | None

class UpdateOrderInputs(TypedDict, total=False):
    """What to change on an order. The vendor documents two fields only: creditCheck and statusCode."""

    id: Required[str]
    customerId: str | None
    subscriptionId: str | None
    orderNumber: str | None
    type: Literal["sales", "change", "renewal", "cancellation", "migration", "unknown"] | None
    poNumber: str | None
    creationDate: str | None
    provisioningDate: str | None
    status: Literal["submitted", "processing", "error", "completed", "cancelled"] | None
    attributes: Mapping[str, str] | None
    creditCheck: bool | None
    autorenewal: bool | None
    startDate: str | None
    migrationDate: str | None
    expirationDate: str | None
    lastBillingDate: str | None
    nextBillingDate: str | None
    migrationProgram: str | None
    planId: str | None
    billingModel: str | None
    scheduledOn: str | None
    products: list[OrderLine] | None
    subscriptionPeriod: OrderPeriod | None
    statusCode: str | None
    total: Money | None
    details: list[OrderCharge] | None

class ListOrdersInputs(TypedDict, total=False):
    """Which orders to list."""

    customerId: str | None
    subscriptionId: str | None
    orderNumber: str | None
    status: str | None
    creationTimeFrom: str | None
    creationTimeTo: str | None
    statusCode: str | None
    offset: int | None
    limit: int | None

class ExpirationAlignment(TypedDict, total=False):
    """Makes the new term end together with something else."""

    alignmentType: Literal["CO_TERM_ON_SUBSCRIPTION", "MATCH_END_OF_CALENDAR_MONTH", "CO_TERM_PARTIAL_UPGRADE"] | None
    subscriptionId: int | None

class VendorBillingSettings(TypedDict, total=False):
    """How the manufacturer bills, where that differs from the plan."""

    vendorBillingPeriod: Required[Period]

class ContractValueSums(TypedDict, total=False):
    """A total contract value in its three readings."""

    total: Money | None
    discTotal: Money | None
    effectiveTotal: Money | None

class LevelContractValue(TypedDict, total=False):
    """Total contract value of a subscription at one level of the sales chain."""

    total: Money | None
    discTotal: Money | None
    effectiveTotal: Money | None
    sellerId: int | None
    buyerId: int | None
    startDate: str | None
    endDate: str | None
    planPeriod: ContractValueSums | None

class SubscriptionContractValue(TypedDict, total=False):
    """Contract values that an estimate answers for one subscription."""

    planId: str | None
    alignedExpirationDate: str | None
    tcvs: list[LevelContractValue] | None

class CreateOrderInputs(TypedDict, total=False):
    """The order to place. Placing it spends money."""

    customerId: Required[str]
    subscriptionId: str | None
    orderNumber: str | None
    type: Required[Literal["sales", "change", "renewal", "cancellation", "migration", "unknown"]]
    poNumber: str | None
    creationDate: str | None
    provisioningDate: str | None
    status: Literal["submitted", "processing", "error", "completed", "cancelled"] | None
    attributes: Mapping[str, str] | None
    creditCheck: bool | None
    autorenewal: bool | None
    startDate: str | None
    migrationDate: str | None
    expirationDate: str | None
    lastBillingDate: str | None
    nextBillingDate: str | None
    migrationProgram: str | None
    planId: str | None
    billingModel: str | None
    scheduledOn: str | None
    products: list[OrderLine] | None
    subscriptionPeriod: OrderPeriod | None
    targetSubscriptionId: str | None
    upgradeStartType: str | None
    alignExpirationDate: ExpirationAlignment | None
    placementType: Literal["MOVE"] | None
    vendorBillingSettings: VendorBillingSettings | None
    subscriptions: list[SubscriptionContractValue] | None
    id: str | None
    statusCode: str | None
    total: Money | None
    details: list[OrderCharge] | None

class EstimateAnOrderPriceInputs(TypedDict, total=False):
    """The order to price. Nothing is bought."""

    customerId: Required[str]
    subscriptionId: str | None
    orderNumber: str | None
    type: Required[Literal["sales", "change", "renewal", "cancellation", "migration", "unknown"]]
    poNumber: str | None
    creationDate: str | None
    provisioningDate: str | None
    status: Literal["submitted", "processing", "error", "completed", "cancelled"] | None
    attributes: Mapping[str, str] | None
    creditCheck: bool | None
    autorenewal: bool | None
    startDate: str | None
    migrationDate: str | None
    expirationDate: str | None
    lastBillingDate: str | None
    nextBillingDate: str | None
    migrationProgram: str | None
    planId: str | None
    billingModel: str | None
    scheduledOn: str | None
    products: list[OrderLine] | None
    subscriptionPeriod: OrderPeriod | None
    targetSubscriptionId: str | None
    upgradeStartType: str | None
    alignExpirationDate: ExpirationAlignment | None
    placementType: Literal["MOVE"] | None
    vendorBillingSettings: VendorBillingSettings | None
    subscriptions: list[SubscriptionContractValue] | None
    id: str | None
    statusCode: str | None
    total: Money | None
    details: list[OrderCharge] | None

class ListResellersOrdersInputs(TypedDict, total=False):
    """Which orders of a reseller to list."""

    id: Required[str]
    customerId: str | None
    subscriptionId: str | None
    status: str | None
    creationTimeFrom: str | None
    creationTimeTo: str | None
    offset: int | None
    limit: int | None

class ListProductsInputs(TypedDict, total=False):
    """Which products of the catalogue to list."""

    name: str | None
    serviceName: str | None
    mpn: str | None
    vendor: str | None
    offset: int | None
    limit: int | None

ListReportsInputs = TypedDict(
    "ListReportsInputs",
    {
        "name": str | None,
        "format": str | None,
        "status": str | None,
        "type": str | None,
        "from": str | None,
        "to": str | None,
        "offset": int | None,
        "limit": int | None,
    },
    total=False,
)
"""Which reports to list."""

class ScheduleAOneTimeReportInputs(TypedDict, total=False):
    """The report to make."""

    name: Required[str]
    customizationName: str | None
    status: Literal["submitted", "processing", "error", "completed", "unknown"] | None
    type: Literal["periodic", "daily", "monthly", "onetime", "on_invoice", "unknown"] | None
    format: Literal["csv", "xml", "xlsx", "json", "unknown"] | None
    creationDate: str | None
    startDate: Required[str]
    endDate: str | None
    downloadUrl: str | Secret | None
    id: str | None

class GetReportInputs(TypedDict, total=False):
    """Which report to read."""

    reportId: Required[str]

class ListResellersInputs(TypedDict, total=False):
    """Which resellers to list."""

    name: str | None
    email: str | None
    externalId: str | None
    offset: int | None
    limit: int | None

class CreateResellerInputs(TypedDict, total=False):
    """The new reseller."""

    externalId: str | None
    attributes: Mapping[str, str] | None
    status: Literal["pending", "active", "creditHold", "adminHold", "cancelled", "error"] | None
    name: Required[str]
    language: Required[str]
    taxRegId: str | None
    currency: Required[str]
    taxationProviderName: str | None
    customerClass: str | None
    address: Required[Address]
    contactPersons: Required[list[ContactPerson]]
    id: str | None

class GetResellerInputs(TypedDict, total=False):
    """Which reseller to read."""

    id: Required[str]

class UpdateResellerInputs(TypedDict, total=False):
    """What to change on a reseller. Fields left out stay as they are."""

    id: Required[str]
    externalId: str | None
    attributes: Mapping[str, str] | None
    status: Literal["pending", "active", "creditHold", "adminHold", "cancelled", "error"] | None
    name: str | None
    language: str | None
    taxRegId: str | None
    currency: str | None
    taxationProviderName: str | None
    customerClass: str | None
    address: Address | None
    contactPersons: list[ContactPerson] | None

class ListServicePlansInputs(TypedDict, total=False):
    """Which part of the service plans to list; there are no filters."""

    offset: int | None
    limit: int | None

class GetServicePlanInputs(TypedDict, total=False):
    """Which service plan to read."""

    id: Required[str]

class ListSubscriptionsInputs(TypedDict, total=False):
    """Which subscriptions to list."""

    customerId: str | None
    creationDateFrom: str | None
    creationDateTo: str | None
    status: str | None
    offset: int | None
    limit: int | None

class GetSubscriptionInputs(TypedDict, total=False):
    """Which subscription to read."""

    id: Required[str]

class PriceUpdateLine(TypedDict, total=False):
    """New special prices for one product of a subscription."""

    mpn: str | None
    id: str | None
    unitPrice: TieredMoney | None
    unitCost: TieredMoney | None
    unitProviderCost: Money | None

class UpdateSubscriptionPricingDetailsInputs(TypedDict, total=False):
    """New special prices for a subscription."""

    id: Required[str]
    products: Required[list[PriceUpdateLine]]

class UpdateSubscriptionInputs(TypedDict, total=False):
    """What to change on a subscription. The number of seats changes by an order, not here."""

    id: Required[str]
    attributes: Mapping[str, str] | None
    renewalStatus: bool | None
    products: list[PriceUpdateLine] | None

class ValidationLine(TypedDict, total=False):
    """A product and the activation parameters to check for it."""

    mpn: str | None
    vendor: str | None
    id: str | None
    billingPeriod: Period | None
    subscriptionPeriod: Period | None
    quantity: int | None
    draftRequestId: str | None
    parameters: Required[list[ActivationParameter]]

class ValidateProductActivationParametersInputs(TypedDict, total=False):
    """The products and the activation parameters to check."""

    customerId: Required[str]
    type: Literal["sales", "change", "renewal", "cancellation", "migration", "unknown"] | None
    products: Required[list[ValidationLine]]

class ApiRequestInputs(TypedDict, total=False):
    """A call of a path that no other action covers."""

    method: Required[Literal["GET", "POST", "PUT", "PATCH", "DELETE"]]
    path: Required[str]
    query: Mapping[str, str] | None
    body: Any

ActionName = Literal[
    "list_customers",
    "create_customer",
    "get_customer",
    "update_customer",
    "list_reseller_customers",
    "create_reseller_customer",
    "get_order",
    "update_order",
    "list_orders",
    "create_order",
    "estimate_an_order_price",
    "list_resellers_orders",
    "list_products",
    "list_reports",
    "schedule_a_one_time_report",
    "get_report",
    "list_resellers",
    "create_reseller",
    "get_reseller",
    "update_reseller",
    "list_service_plans",
    "get_service_plan",
    "list_subscriptions",
    "get_subscription",
    "update_subscription_pricing_details",
    "update_subscription",
    "validate_product_activation_parameters",
    "api_request",
]

@overload
def run_action(
    action: Literal["list_customers", "im_cloud.list_customers"], inputs: ListCustomersInputs | None = None, **options: Unpack[Options]
) -> Result:
    """Lists your customers, newest first. The name filter finds similar names, so a hit is not yet the company that you meant; externalId compares exactly. Rows are thin: read one customer for its address and contacts."""

@overload
def run_action(
    action: Literal["create_customer", "im_cloud.create_customer"], inputs: CreateCustomerInputs, **options: Unpack[Options]
) -> Result:
    """Creates a customer under the reseller whose credentials are used. Give an externalId, such as the client's id in your PSA: it is the only thing by which a doubtful creation can be found again, and nothing else stops a second one."""

@overload
def run_action(
    action: Literal["get_customer", "im_cloud.get_customer"], inputs: GetCustomerInputs, **options: Unpack[Options]
) -> Result:
    """Reads one customer with address, contacts, language, tax registration and your own attributes. Contact passwords never come back."""

@overload
def run_action(
    action: Literal["update_customer", "im_cloud.update_customer"], inputs: UpdateCustomerInputs, **options: Unpack[Options]
) -> Result:
    """Changes the given fields of a customer and leaves the others alone. As a new status only active and creditHold are documented to work; contacts are sent as a whole list, so read the customer first and send all of them."""

@overload
def run_action(
    action: Literal["list_reseller_customers", "im_cloud.list_reseller_customers"], inputs: ListResellerCustomersInputs, **options: Unpack[Options]
) -> Result:
    """Lists the customers of one reseller below you, newest first. Only useful in a two-tier set-up; your own customers are in list_customers. The name filter finds similar names, externalId compares exactly."""

@overload
def run_action(
    action: Literal["create_reseller_customer", "im_cloud.create_reseller_customer"], inputs: CreateResellerCustomerInputs, **options: Unpack[Options]
) -> Result:
    """Creates a customer under a reseller below you; the id is the reseller's. Give an externalId: a doubtful creation can only be found again by it."""

@overload
def run_action(
    action: Literal["get_order", "im_cloud.get_order"], inputs: GetOrderInputs, **options: Unpack[Options]
) -> Result:
    """Reads one order with its products, price lines and totals, which the lists do not have. Poll it after placing an order: submitted and processing mean that provisioning is still going on. Renewals and cancellations carry no products; read their subscription instead."""

@overload
def run_action(
    action: Literal["update_order", "im_cloud.update_order"], inputs: UpdateOrderInputs, **options: Unpack[Options]
) -> Result:
    """Changes an order that is already placed. Documented to work are creditCheck and statusCode only; the code CL presumably withdraws the order. To cancel what a finished order brought, place a cancellation order instead."""

@overload
def run_action(
    action: Literal["list_orders", "im_cloud.list_orders"], inputs: ListOrdersInputs | None = None, **options: Unpack[Options]
) -> Result:
    """Lists orders, newest first. Rows have neither products nor the purchase order number: read the order for those. A status filter takes one value; leave it out for all. One customer's history is customerId alone."""

@overload
def run_action(
    action: Literal["create_order", "im_cloud.create_order"], inputs: CreateOrderInputs, **options: Unpack[Options]
) -> Result:
    """Places a paid order: sales for something new, change for other seats or another plan, renewal, cancellation, or migration from elsewhere. It is answered at once and provisioned later. Whether the quantity of a change is the number to add or the new total is documented nowhere: estimate first and compare. A sales order also accepts the vendor's terms on the customer's behalf."""

@overload
def run_action(
    action: Literal["estimate_an_order_price", "im_cloud.estimate_an_order_price"], inputs: EstimateAnOrderPriceInputs, **options: Unpack[Options]
) -> Result:
    """Asks what an order would cost and changes nothing. It takes the same inputs as create_order and answers with the total and the price of every line. Estimating a change for one seat more also shows whether quantities are differences or totals."""

@overload
def run_action(
    action: Literal["list_resellers_orders", "im_cloud.list_resellers_orders"], inputs: ListResellersOrdersInputs, **options: Unpack[Options]
) -> Result:
    """Lists the orders of one reseller below you, newest first; the id is the reseller's. Rows are as thin as those of list_orders, and there is no filter by order number or status code here."""

@overload
def run_action(
    action: Literal["list_products", "im_cloud.list_products"], inputs: ListProductsInputs | None = None, **options: Unpack[Options]
) -> Result:
    """Lists the catalogue with prices, costs, billing rhythm, term, smallest and largest quantity and dependencies. One MPN can stand for several products that differ in term, billing or vendor; the catalogue id is the safe name."""

@overload
def run_action(
    action: Literal["list_reports", "im_cloud.list_reports"], inputs: ListReportsInputs | None = None, **options: Unpack[Options]
) -> Result:
    """Lists the exported reports of a period, newest first. Files are kept for 90 days. The platform ignores offset and limit here and sends everything in one page."""

@overload
def run_action(
    action: Literal["schedule_a_one_time_report", "im_cloud.schedule_a_one_time_report"], inputs: ScheduleAOneTimeReportInputs, **options: Unpack[Options]
) -> Result:
    """Orders one export of a report that the control panel already defines; the name must be that report's. The file is generated later: poll get_report until it is completed or in error, then download it."""

@overload
def run_action(
    action: Literal["get_report", "im_cloud.get_report"], inputs: GetReportInputs, **options: Unpack[Options]
) -> Result:
    """Reads the state of one report. Once it is completed the answer holds a pre-signed address, masked here because whoever has it has the file; 'imcloud report download' fetches the file."""

@overload
def run_action(
    action: Literal["list_resellers", "im_cloud.list_resellers"], inputs: ListResellersInputs | None = None, **options: Unpack[Options]
) -> Result:
    """Lists the resellers below you, newest first; empty for an account without any. The externalId filter compares exactly, and email looks at the contacts."""

@overload
def run_action(
    action: Literal["create_reseller", "im_cloud.create_reseller"], inputs: CreateResellerInputs, **options: Unpack[Options]
) -> Result:
    """Creates a reseller below you, with the currency that it is billed in. Give an externalId: a doubtful creation can only be found again by it."""

@overload
def run_action(
    action: Literal["get_reseller", "im_cloud.get_reseller"], inputs: GetResellerInputs, **options: Unpack[Options]
) -> Result:
    """Reads one reseller with address, contacts, currency, taxation provider and customer class."""

@overload
def run_action(
    action: Literal["update_reseller", "im_cloud.update_reseller"], inputs: UpdateResellerInputs, **options: Unpack[Options]
) -> Result:
    """Changes the given fields of a reseller below you and leaves the others alone. As a new status only active and creditHold are documented to work; contacts are sent as a whole list."""

@overload
def run_action(
    action: Literal["list_service_plans", "im_cloud.list_service_plans"], inputs: ListServicePlansInputs | None = None, **options: Unpack[Options]
) -> Result:
    """Lists the service plans with their terms and billing rhythm. A plan is what a subscription belongs to; the products of one plan land in one subscription."""

@overload
def run_action(
    action: Literal["get_service_plan", "im_cloud.get_service_plan"], inputs: GetServicePlanInputs, **options: Unpack[Options]
) -> Result:
    """Reads one service plan with every switch that it allows: target plan, term, what is charged or refunded, and when the switch takes effect. That is what a change order to another plan needs."""

@overload
def run_action(
    action: Literal["list_subscriptions", "im_cloud.list_subscriptions"], inputs: ListSubscriptionsInputs | None = None, **options: Unpack[Options]
) -> Result:
    """Lists your customers' subscriptions, newest first. Rows have neither seats nor prices: read each subscription for those. A status filter takes one value; leave it out for all."""

@overload
def run_action(
    action: Literal["get_subscription", "im_cloud.get_subscription"], inputs: GetSubscriptionInputs, **options: Unpack[Options]
) -> Result:
    """Reads one subscription with its products, seats, prices and activation parameters. Some, such as reservations, have no products at all."""

@overload
def run_action(
    action: Literal["update_subscription_pricing_details", "im_cloud.update_subscription_pricing_details"], inputs: UpdateSubscriptionPricingDetailsInputs, **options: Unpack[Options]
) -> Result:
    """Sets special prices or costs for products of a subscription, named by catalogue id or MPN; every amount needs its currency. It changes what is charged from then on: note the present prices before."""

@overload
def run_action(
    action: Literal["update_subscription", "im_cloud.update_subscription"], inputs: UpdateSubscriptionInputs, **options: Unpack[Options]
) -> Result:
    """Switches automatic renewal on or off, sets your own attributes, or changes the prices of products. The number of seats cannot be changed here; that takes a change order."""

@overload
def run_action(
    action: Literal["validate_product_activation_parameters", "im_cloud.validate_product_activation_parameters"], inputs: ValidateProductActivationParametersInputs, **options: Unpack[Options]
) -> Result:
    """Asks the platform whether activation parameters, such as a domain or the acceptance of an agreement, would be accepted, and changes nothing. A refused parameter is a successful answer with result 'error': look at each row's 'valid'. Parameter names are case-sensitive."""

@overload
def run_action(
    action: Literal["api_request", "im_cloud.api_request"], inputs: ApiRequestInputs, **options: Unpack[Options]
) -> Result:
    """Calls any other path of the connected marketplace, signed in and redacted like every action. A path that an action of this pack covers is refused, with the action's name. Anything but a GET is sent once and never repeated, and a doubtful answer is left for a person to look at."""


@overload
def iter_action(
    action: Literal["list_customers", "im_cloud.list_customers"], inputs: ListCustomersInputs | None = None, **options: Unpack[Options]
) -> RowStream:
    """Lists your customers, newest first. The name filter finds similar names, so a hit is not yet the company that you meant; externalId compares exactly. Rows are thin: read one customer for its address and contacts."""

@overload
def iter_action(
    action: Literal["list_reseller_customers", "im_cloud.list_reseller_customers"], inputs: ListResellerCustomersInputs, **options: Unpack[Options]
) -> RowStream:
    """Lists the customers of one reseller below you, newest first. Only useful in a two-tier set-up; your own customers are in list_customers. The name filter finds similar names, externalId compares exactly."""

@overload
def iter_action(
    action: Literal["list_orders", "im_cloud.list_orders"], inputs: ListOrdersInputs | None = None, **options: Unpack[Options]
) -> RowStream:
    """Lists orders, newest first. Rows have neither products nor the purchase order number: read the order for those. A status filter takes one value; leave it out for all. One customer's history is customerId alone."""

@overload
def iter_action(
    action: Literal["list_resellers_orders", "im_cloud.list_resellers_orders"], inputs: ListResellersOrdersInputs, **options: Unpack[Options]
) -> RowStream:
    """Lists the orders of one reseller below you, newest first; the id is the reseller's. Rows are as thin as those of list_orders, and there is no filter by order number or status code here."""

@overload
def iter_action(
    action: Literal["list_products", "im_cloud.list_products"], inputs: ListProductsInputs | None = None, **options: Unpack[Options]
) -> RowStream:
    """Lists the catalogue with prices, costs, billing rhythm, term, smallest and largest quantity and dependencies. One MPN can stand for several products that differ in term, billing or vendor; the catalogue id is the safe name."""

@overload
def iter_action(
    action: Literal["list_reports", "im_cloud.list_reports"], inputs: ListReportsInputs | None = None, **options: Unpack[Options]
) -> RowStream:
    """Lists the exported reports of a period, newest first. Files are kept for 90 days. The platform ignores offset and limit here and sends everything in one page."""

@overload
def iter_action(
    action: Literal["list_resellers", "im_cloud.list_resellers"], inputs: ListResellersInputs | None = None, **options: Unpack[Options]
) -> RowStream:
    """Lists the resellers below you, newest first; empty for an account without any. The externalId filter compares exactly, and email looks at the contacts."""

@overload
def iter_action(
    action: Literal["list_service_plans", "im_cloud.list_service_plans"], inputs: ListServicePlansInputs | None = None, **options: Unpack[Options]
) -> RowStream:
    """Lists the service plans with their terms and billing rhythm. A plan is what a subscription belongs to; the products of one plan land in one subscription."""

@overload
def iter_action(
    action: Literal["list_subscriptions", "im_cloud.list_subscriptions"], inputs: ListSubscriptionsInputs | None = None, **options: Unpack[Options]
) -> RowStream:
    """Lists your customers' subscriptions, newest first. Rows have neither seats nor prices: read each subscription for those. A status filter takes one value; leave it out for all."""

@overload
def iter_action(
    action: Literal["validate_product_activation_parameters", "im_cloud.validate_product_activation_parameters"], inputs: ValidateProductActivationParametersInputs, **options: Unpack[Options]
) -> RowStream:
    """Asks the platform whether activation parameters, such as a domain or the acceptance of an agreement, would be accepted, and changes nothing. A refused parameter is a successful answer with result 'error': look at each row's 'valid'. Parameter names are case-sensitive."""
