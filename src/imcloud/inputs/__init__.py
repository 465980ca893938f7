"""Inputs of an action: normalised, coerced where a schema says so, validated, every fault reported at once."""

from imcloud.inputs.annotations import mask, places, secret_texts
from imcloud.inputs.checked import Checked, validate_inputs
from imcloud.inputs.plain import plain_data
from imcloud.inputs.validation import answer_faults, one_for_each_place

__all__ = [
    "Checked",
    "answer_faults",
    "mask",
    "one_for_each_place",
    "places",
    "plain_data",
    "secret_texts",
    "validate_inputs",
]
