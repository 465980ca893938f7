"""Pages, filters and how little a row says."""

from __future__ import annotations

import pytest

from .conftest import FIRST, Admin, Api

ORDER_ROW = {"id", "orderNumber", "type", "status", "statusCode", "customerId", "creationDate"}
LISTS = ("customers", "orders", "products", "plans", "subscriptions", "resellers")


@pytest.mark.parametrize("kind", LISTS)
def test_pages_fit_together(reader: Api, kind: str) -> None:
    whole = reader.get(f"/{kind}", limit=500)
    total = whole["pagination"]["total"]
    assert whole["pagination"] == {"offset": 0, "limit": 500, "total": total}
    assert len(whole["data"]) == total
    assert reader.get(f"/{kind}")["data"] == whole["data"][:10]
    assert reader.get(f"/{kind}")["pagination"]["limit"] == 10
    gathered = [row for offset in range(0, total, 7) for row in reader.get(f"/{kind}", offset=offset, limit=7)["data"]]
    assert gathered == whole["data"]
    assert reader.get(f"/{kind}", offset=total + 5)["data"] == []


def test_reports_ignore_paging(reader: Api) -> None:
    answer = reader.get("/reports", offset=5, limit=2)
    assert answer["pagination"] == {"offset": 0, "limit": 12, "total": 12}
    assert len(answer["data"]) == 12


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": "x"}, {"offset": -1}, {"offset": "1.5"}])
def test_bad_pages(reader: Api, query: dict[str, object]) -> None:
    assert reader.call("GET", "/orders", **query).status_code == 400


def test_large_limits(api: Api, admin: Admin) -> None:
    assert api.get("/products", limit=1000)["pagination"]["limit"] == 500
    admin.settings(over_limit="refuse")
    assert api.call("GET", "/products", limit=1000).status_code == 400
    admin.settings(max_limit=20, over_limit="cap")
    assert len(api.get("/products", limit=1000)["data"]) == 20


@pytest.mark.parametrize("kind", ["customers", "orders", "subscriptions", "reports"])
def test_newest_first(reader: Api, kind: str) -> None:
    rows = reader.get(f"/{kind}", limit=500)["data"]
    if kind != "customers":
        dates = [row["creationDate"] for row in rows]
        assert dates == sorted(dates, reverse=True)
    if kind != "reports":
        ids = [int(row["id"]) for row in rows]
        assert ids == sorted(ids, reverse=True)


def test_rows_are_thin(reader: Api) -> None:
    for row in reader.get("/orders", limit=500)["data"]:
        assert set(row) - {"provisioningDate"} == ORDER_ROW
        assert ("provisioningDate" in row) == (row["status"] == "completed")
    for row in reader.get("/customers", limit=500)["data"]:
        assert set(row) == {"id", "externalId", "name", "status"}
    for row in reader.get("/subscriptions", limit=500)["data"]:
        assert not {"products", "totalPrice", "planId", "orderParameters"} & set(row)


def test_every_kind_and_state_is_there(reader: Api) -> None:
    orders = reader.get("/orders", limit=500)["data"]
    assert {row["type"] for row in orders} == {"sales", "change", "renewal", "cancellation", "migration"}
    assert {row["status"] for row in orders} == {"submitted", "processing", "completed", "error", "cancelled"}
    prefixes = {row["orderNumber"][:2] for row in orders}
    assert prefixes == {"SO", "CH", "RN", "CL", "MG"}
    states = {row["status"] for row in reader.get("/subscriptions", limit=500)["data"]}
    assert states == {"pending", "active", "hold", "terminated", "removed"}
    products = reader.get("/products", limit=500)["data"]
    assert len(products) == 120
    mpns = [product["mpn"] for product in products]
    assert len(set(mpns)) < len(mpns)
    assert any("dependsOn" in product for product in products)
    assert len({product["vendor"] for product in products}) >= 5


def test_unknown_parameters_are_ignored(reader: Api) -> None:
    assert reader.get("/orders", custmerId="1") == reader.get("/orders")


def test_status_takes_one_value(reader: Api) -> None:
    for kind, value in (("orders", "completed"), ("subscriptions", "active"), ("reports", "completed")):
        rows = reader.get(f"/{kind}", status=value, limit=500)["data"]
        assert rows
        assert {row["status"] for row in rows} == {value}
        assert reader.call("GET", f"/{kind}", status=f"{value},error").status_code == 400


def test_customer_filters(reader: Api) -> None:
    customer = reader.get(f"/customers/{FIRST}")
    word = customer["name"].split()[0].lower()
    assert FIRST in [row["id"] for row in reader.get("/customers", name=word, limit=500)["data"]]
    assert [row["id"] for row in reader.get("/customers", externalId=customer["externalId"])["data"]] == [FIRST]
    assert reader.get("/customers", externalId=customer["externalId"][:-1])["data"] == []
    email = customer["contactPersons"][1]["email"]
    assert FIRST in [row["id"] for row in reader.get("/customers", email=email.upper())["data"]]


def test_order_filters(reader: Api) -> None:
    rows = reader.get("/orders", limit=500)["data"]
    one = rows[20]
    assert reader.get("/orders", orderNumber=one["orderNumber"])["data"] == [one]
    mine = [row for row in rows if row["customerId"] == one["customerId"]]
    assert reader.get("/orders", customerId=one["customerId"], limit=500)["data"] == mine
    later = [row for row in rows if row["creationDate"] >= one["creationDate"]]
    assert reader.get("/orders", creationTimeFrom=one["creationDate"], limit=500)["data"] == later
    assert {row["statusCode"] for row in reader.get("/orders", statusCode="AS", limit=500)["data"]} == {"AS"}
    held = reader.get("/orders", subscriptionId="3000001", limit=500)["data"]
    assert held[-1]["type"] == "sales"
    assert all(reader.get(f"/orders/{row['id']}")["subscriptionId"] == "3000001" for row in held)
    assert reader.call("GET", "/orders", creationTimeFrom="yesterday").status_code == 400
    assert reader.get("/orders", customerId="junk")["data"] == []


def test_order_dates_can_be_ignored(api: Api, admin: Admin) -> None:
    admin.settings(order_date_filter="ignored")
    assert api.get("/orders", creationTimeFrom="2999-01-01T00:00:00Z") == api.get("/orders")


def test_subscription_filters(reader: Api) -> None:
    rows = reader.get("/subscriptions", limit=500)["data"]
    date = rows[10]["creationDate"]
    assert reader.get("/subscriptions", creationDateFrom=date, limit=500)["data"] == [
        row for row in rows if row["creationDate"] >= date
    ]
    assert reader.get("/subscriptions", creationDateTo=date, limit=500)["data"] == [
        row for row in rows if row["creationDate"] <= date
    ]
    assert reader.call("GET", "/subscriptions", creationDateFrom="2020").status_code == 400


def test_product_filters(reader: Api) -> None:
    rows = reader.get("/products", limit=500)["data"]
    for key, field in (("mpn", "mpn"), ("vendor", "vendor"), ("serviceName", "serviceName")):
        value = rows[50][field]
        expected = [row for row in rows if row[field] == value]
        assert reader.get("/products", **{key: value}, limit=500)["data"] == expected
    assert all("backup" in row["name"].lower() for row in reader.get("/products", name="BACKUP")["data"])


def test_report_filters(reader: Api) -> None:
    rows = reader.get("/reports")["data"]
    one = rows[3]
    assert all(row["name"] == one["name"] for row in reader.get("/reports", name=one["name"])["data"])
    assert all(row["format"] == "xlsx" for row in reader.get("/reports", format="XLSX")["data"])
    assert all(row["type"] == one["type"] for row in reader.get("/reports", type=one["type"])["data"])
    day = one["creationDate"][:10]
    assert [row["id"] for row in reader.get("/reports", from_=day, to=day)["data"]] == [one["id"]]
