"""The version, in a module of its own: ``setup.py`` runs it without importing the package."""

__version__ = "0.1.0"
