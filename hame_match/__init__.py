"""Finds R&D&I funding calls for the actors of a region and mails each of them a weekly digest."""

__version__ = "0.1.0"
