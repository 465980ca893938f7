"""The invented catalogue, as data: vendors, product families, and the variants in which they are sold."""

from __future__ import annotations

from dataclasses import dataclass

# code: (billing period, term, factor on the monthly price)
VARIANTS: dict[str, tuple[tuple[str, int], tuple[str, int], str]] = {
    "MM": (("month", 1), ("month", 1), "1.20"),
    "MY": (("month", 1), ("year", 1), "1"),
    "YY": (("year", 1), ("year", 1), "12"),
}


@dataclass(frozen=True)
class Parameter:
    """An activation parameter: `rule` is domain, email or choice."""

    name: str
    rule: str
    required: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Family:
    """One thing that is sold, in several variants. With `shared` all of them carry one and the same MPN."""

    vendor: str
    service: str
    mpn: str
    name: str
    monthly: str
    setup: str = ""
    shared: bool = False
    variants: tuple[str, ...] = ("MM", "MY", "YY")
    minimum: int = 1
    maximum: int = 1000
    parameters: tuple[Parameter, ...] = ()
    needs: str = ""
    tiers: tuple[tuple[int, str], ...] = ()
    model: str = "FLAT"
    billing_model: str = "chargeBeforeBillingPeriod"
    fails: bool = False
    coterming: tuple[str, str] = ("ALLOWED", "SUBSCRIPTION")


DOMAIN = Parameter("domain", "domain", required=True)
ADMIN = Parameter("admin_email", "email")
TENANT = (
    Parameter("microsoft_domain", "domain"),
    Parameter("tenant_preference", "choice", choices=("new", "existing")),
    Parameter("mca_acceptance", "choice", choices=("yes",)),
)
COUNTRY = Parameter("country", "choice", required=True, choices=("US", "CA", "GB"))


def _suite(number: int, name: str, monthly: str, needs: str = "") -> Family:
    mpn = f"SBX7TTC0LH{number:02d}:0001"
    return Family("Microsoft", "BUSINESS_SUITE", mpn, name, monthly, shared=True, parameters=TENANT, needs=needs)


_SUITES = (
    _suite(1, "Business Suite Basic", "6.00"),
    _suite(2, "Business Suite Standard", "12.50"),
    _suite(3, "Business Suite Premium", "22.00"),
    _suite(4, "Frontline Workplace F1", "2.25"),
    _suite(5, "Frontline Workplace F3", "8.00"),
    _suite(6, "Enterprise Workplace E3", "33.75"),
    _suite(7, "Enterprise Workplace E5", "54.75"),
    _suite(8, "Identity Protection P1", "6.00"),
    _suite(9, "Identity Protection P2", "9.00"),
    _suite(10, "Phone Calling Add-on", "8.00", needs="SBX7TTC0LH06:0001"),
    _suite(11, "Project Planning P3", "30.00"),
    _suite(12, "Diagram Studio P2", "15.00"),
)
_OTHERS = (
    Family("Mailhaven", "MAILHAVEN", "MAILHAVEN-STD", "Mailhaven Standard", "3.10", "5.00", parameters=(DOMAIN, ADMIN)),
    Family("Mailhaven", "MAILHAVEN", "MAILHAVEN-BUS", "Mailhaven Business", "5.40", "5.00", parameters=(DOMAIN, ADMIN)),
    Family("Mailhaven", "MAILHAVEN", "MAILHAVEN-ARC", "Mailhaven Archive", "1.75", needs="MAILHAVEN-STD"),
    Family("Mailhaven", "MAILHAVEN", "MAILHAVEN-ENC", "Mailhaven Encryption", "0.95", needs="MAILHAVEN-BUS"),
    Family("ArborBackup", "ARBOR", "ARBOR-WST", "Arbor Backup Workstation", "4.20"),
    Family("ArborBackup", "ARBOR", "ARBOR-SRV", "Arbor Backup Server", "29.90", "15.00", maximum=50),
    Family(
        "ArborBackup",
        "ARBOR",
        "ARBOR-MBX",
        "Arbor Backup Mailbox",
        "2.00",
        maximum=5000,
        model="VOLUME_ORDER",
        tiers=((1, "2.00"), (25, "1.80"), (100, "1.55")),
    ),
    Family("ArborBackup", "ARBOR", "ARBOR-LTS", "Arbor Long-term Storage 1 TB", "17.35"),
    Family("VaultPeak", "VAULTPEAK", "VAULTPEAK-TEAM", "VaultPeak Team", "3.99", minimum=5),
    Family("VaultPeak", "VAULTPEAK", "VAULTPEAK-ENT", "VaultPeak Enterprise", "7.99", minimum=25),
    Family("VaultPeak", "VAULTPEAK", "VAULTPEAK-SEC", "VaultPeak Secrets", "11.20"),
    Family("SentryLeaf", "SENTRYLEAF", "SENTRYLEAF-EPB", "SentryLeaf Endpoint Basic", "2.60"),
    Family(
        "SentryLeaf",
        "SENTRYLEAF",
        "SENTRYLEAF-EPA",
        "SentryLeaf Endpoint Advanced",
        "5.50",
        maximum=10000,
        model="TIERED",
        tiers=((1, "5.50"), (11, "5.00"), (51, "4.25")),
    ),
    Family("SentryLeaf", "SENTRYLEAF", "SENTRYLEAF-MDR", "SentryLeaf Managed Response", "14.75", "120.00"),
    Family("SentryLeaf", "SENTRYLEAF", "SENTRYLEAF-EML", "SentryLeaf Email Shield", "1.35"),
    Family("Draftboard", "DRAFTBOARD", "DRAFTBOARD-SOLO", "Draftboard Solo", "19.99", maximum=10),
    Family("Draftboard", "DRAFTBOARD", "DRAFTBOARD-TEAM", "Draftboard Team", "34.99"),
    Family("Draftboard", "DRAFTBOARD", "DRAFTBOARD-STK", "Draftboard Stock Images", "29.99", needs="DRAFTBOARD-TEAM"),
    Family("InkOath", "INKOATH", "INKOATH-STD", "InkOath Signing Standard", "10.00"),
    Family("InkOath", "INKOATH", "INKOATH-BUS", "InkOath Signing Business", "25.00", "49.00"),
    Family("Stratuscale", "STRATUSCALE", "STRATUSCALE-VMS", "Stratuscale Machine Small", "18.40"),
    Family("Stratuscale", "STRATUSCALE", "STRATUSCALE-VML", "Stratuscale Machine Large", "73.60"),
    Family("Stratuscale", "STRATUSCALE", "STRATUSCALE-OBJ", "Stratuscale Objects 100 GB", "2.125"),
    Family("RingMeadow", "RINGMEADOW", "RINGMEADOW-USR", "RingMeadow Voice User", "12.00", parameters=(COUNTRY,)),
    Family("RingMeadow", "RINGMEADOW", "RINGMEADOW-PLS", "RingMeadow Voice Plus", "18.00", parameters=(COUNTRY,)),
    Family("RingMeadow", "RINGMEADOW", "RINGMEADOW-FAX", "RingMeadow Fax Line", "4.50", parameters=(COUNTRY,)),
)
_SPECIALS = (
    # two vendors, one MPN, equal periods: only the vendor tells them apart
    Family("ArborBackup", "ARBOR", "BACKUP-100", "Arbor Starter Backup", "9.00", shared=True, variants=("MY",)),
    Family("VaultPeak", "VAULTPEAK", "BACKUP-100", "VaultPeak Starter Backup", "9.50", shared=True, variants=("MY",)),
    Family(
        "SandboxLab",
        "REHEARSAL",
        "SANDBOX-FAILS",
        "Rehearsal: provisioning fails",
        "1.00",
        shared=True,
        variants=("MM",),
        fails=True,
    ),
    Family("SandboxLab", "REHEARSAL", "SANDBOX-SEAT", "Rehearsal: plain seat", "10.00", shared=True, variants=("MY",)),
    Family(
        "Stratuscale",
        "STRATUSCALE",
        "STRATUSCALE-METER",
        "Stratuscale Metered Use",
        "0",
        shared=True,
        variants=("MM",),
        billing_model="chargeExternalRating",
    ),
    Family(
        "SandboxLab",
        "REHEARSAL",
        "SANDBOX-ONCE",
        "Rehearsal: onboarding service",
        "0",
        "250.00",
        shared=True,
        variants=("YY",),
        billing_model="chargeBeforeSubscriptionPeriod",
        maximum=1,
        coterming=("RESTRICTED", "SUBSCRIPTION"),
    ),
)
FAMILIES = (*_SUITES, *_OTHERS, *_SPECIALS)
