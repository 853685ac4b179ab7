"""Style, curves and simulation plots, for figures of studies and of the report."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
