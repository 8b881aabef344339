"""Clients beyond `HttpUser`; each module needs the package of what it talks to."""
