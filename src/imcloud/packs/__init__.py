"""Finds and loads packs: folders of actions with a manifest."""

from imcloud.packs.loading import load_pack
from imcloud.packs.meta import check_meta, meta_schema

__all__ = ["check_meta", "load_pack", "meta_schema"]
