"""Lets the tests import what they share from this folder."""
