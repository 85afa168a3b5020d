from runpy import run_path

from setuptools import setup

# Not setup.cfg's attr: old versions of setuptools import the package for it, and its dependencies are not there yet.
setup(version=run_path("bybit_ws/_version.py")["__version__"])
