"""What of the documentation is made by a program: ``python -m docs.generate``, from a clone."""
