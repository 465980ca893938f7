"""Builds the plugin manager."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module

import pluggy

from imcloud import hookspecs
from imcloud.errors import PackError

GROUP = "imcloud"
BUILT_IN = "im_cloud"


def get_plugin_manager(block: Iterable[str] = (), *, installed: bool = True) -> pluggy.PluginManager:
    """A new plugin manager with the built-in plugin and, if `installed`, those of the entry point group `imcloud`.

    `block` lists names of plugins that are not loaded. Raises `PackError` for a plugin with a misspelled hook or one
    that cannot be imported.
    """
    plugins = pluggy.PluginManager(GROUP)
    plugins.add_hookspecs(hookspecs)
    for name in block:
        plugins.set_blocked(name)
    if not plugins.is_blocked(BUILT_IN):
        # By dotted string, like anybody's plugin, and first: under its name nothing else can be registered then.
        plugins.register(import_module("imcloud.plugin"), name=BUILT_IN)
    if installed:
        try:
            plugins.load_setuptools_entrypoints(GROUP)
        except Exception as error:  # a foreign module may raise anything on import
            raise PackError(f"an installed plugin cannot be loaded: {type(error).__name__}") from error
    try:
        plugins.check_pending()
    except pluggy.PluginValidationError as error:
        raise PackError(f"a plugin has a hook that does not exist: {error}") from None
    return plugins
