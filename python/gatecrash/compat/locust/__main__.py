"""`python -m locust`: the same command line as `gatecrash`."""

from locust.main import main

main()
