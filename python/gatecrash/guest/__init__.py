"""What stands behind the `locust` package: starting, ramping, stopping and ending a run."""
