"""Pages that run a module of the desk: see ``accounts.desk``, which surveys share."""

from accounts.desk import (
    desk_render,
    import_map,
    integrities,
    module,
    modules,
    page_policy,
    release,
)

__all__ = [
    "desk_render",
    "import_map",
    "integrities",
    "module",
    "modules",
    "page_policy",
    "release",
]
