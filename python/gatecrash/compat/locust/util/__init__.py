"""Small helpers that locustfiles import."""
