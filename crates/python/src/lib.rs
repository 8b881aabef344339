//! Locust-shaped users in Python: everything that knows PyO3.
