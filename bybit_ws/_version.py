"""The version, in a module of its own; builds import it, when nothing else of the package can be imported yet."""

__version__ = "0.1.0"
