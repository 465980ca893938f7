"""Templates to values: rendered once, types kept, nothing from outside ever taken for a template."""

from imcloud.rendering.environment import build_environment
from imcloud.rendering.expressions import MISSING, Compiled, Renderer, RenderProblem
from imcloud.rendering.request import InputProblem, RequestTemplate, compile_request

__all__ = [
    "MISSING",
    "Compiled",
    "InputProblem",
    "RenderProblem",
    "Renderer",
    "RequestTemplate",
    "build_environment",
    "compile_request",
]
