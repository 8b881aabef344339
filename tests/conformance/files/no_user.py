"""A module without a user."""

VALUE = 1
