"""Set hypothesis up for shared cores: how long an example takes is no verdict."""

from hypothesis import settings

settings.register_profile("shared-cores", deadline=None)
settings.load_profile("shared-cores")
