"""Inputs of an action: normalised, coerced where a schema says so, validated, every fault reported at once."""

from imcloud.inputs.annotations import mask, places
from imcloud.inputs.checked import Checked, validate_inputs
from imcloud.inputs.validation import answer_faults

__all__ = ["Checked", "answer_faults", "mask", "places", "validate_inputs"]
