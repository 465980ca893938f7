"""The rules: a code that never changes its meaning, and one line that says what is wrong."""

from __future__ import annotations

from imcloud.findings import Finding
from imcloud.lint.sources import Source

RULES: dict[str, str] = {
    # files
    "IM001": "a file cannot be read: not UTF-8, not plain YAML or JSON, a key that stands twice, or too large",
    "IM002": "a file does not have the form that its meta-schema describes",
    "IM003": "a key that the format does not know",
    "IM004": "the file is of a format that this version does not read",
    "IM005": "a `$ref`, or a schema that a manifest names, cannot be put in its place",
    # names
    "IM010": "an action's name differs from its file's name",
    "IM011": "a file below actions/ that is in no resource's folder, or is never loaded",
    "IM012": "a resource that has no action",
    "IM013": "two actions have one name",
    "IM014": "two actions make the same request",
    "IM015": "a deprecated action names no replacement",
    "IM016": "an action that is named does not exist, or is not of the kind that the place needs",
    "IM017": "a field that is named does not exist in the schema it is looked up in",
    "IM018": "a schema's `$id` does not say where the file stands",
    "IM019": "a schema that nothing uses",
    # effects and requests
    "IM020": "the effect class does not fit the method",
    "IM021": "an action that spends money lacks what keeps it from being sent twice, or unpriced",
    "IM022": "the paging does not fit the manifest, or the action's inputs",
    "IM023": "a request carries a body that its method does not have, or names one verb twice",
    "IM030": "a template does not compile: syntax, or a name, filter or test that its place does not have",
    "IM031": "the path uses an input that does not exist, is not required or may be nothing",
    "IM032": "an input of the path may hold more than one safe segment",
    "IM033": "an input of the path also reaches the query or the body",
    "IM034": "an input reaches nothing",
    "IM035": "a template reads an input or a connection field that does not exist",
    "IM036": "a template reads a field that the answer's schema does not have",
    # schemas
    "IM040": "a required field is not among the properties",
    "IM041": "an enum, a default or an example does not fit its own schema",
    "IM042": "a pattern is not anchored at both ends",
    "IM043": "a pattern on something that is not a text, or on a text without maxLength",
    "IM044": "a pattern can take forever: a repetition inside a repetition",
    "IM045": "a pattern that does not compile, or that engines read differently",
    "IM046": "a keyword that validators disagree about: format, multipleOf, uniqueItems on objects",
    "IM047": "an array without maxItems among the inputs",
    "IM048": "a text without maxLength among the inputs",
    "IM049": "a field that looks like a secret is not marked",
    "IM050": "a kind of reference that the manifest does not have",
    "IM051": "an x-format that nothing checks",
    "IM052": "an enum on an answer, which would be enforced nowhere and may grow",
    "IM053": "an object among the inputs is open, so that a misspelled field would pass",
    "IM054": "an input has no title or no description",
    # examples
    "IM060": "fewer examples than one success and one refusal",
    "IM061": "an example's inputs are not accepted, or the refusal is not the one that is expected",
    "IM062": "an example's request is not the one that its inputs make",
    "IM063": "an example's title does not tell a refusal from a success",
    "IM064": "an example's answer does not fit the schema of the answer",
    # outputs, connection, manifest
    "IM070": "the answer's id or its kind is not declared",
    "IM071": "a write's answer cannot be recognised",
    "IM080": "the connection form cannot work: no base_url, or a field that is shown is secret",
    "IM081": "the address of a download is not marked as a secret",
    "IM082": "a runbook that the manifest names does not exist",
}
WARNINGS = frozenset({"IM012", "IM015", "IM019", "IM021", "IM036", "IM054", "IM064", "IM070", "IM071"})


def remark(code: str, source: Source, at: str, message: str, hint: str = "") -> Finding:
    """A finding of rule `code` at the JSON pointer `at` of a file."""
    severity = "warning" if code in WARNINGS else "error"
    return Finding(source.path, source.line(at), code, severity, message, hint)  # type: ignore[arg-type]
