//! Making it happen: lanes, drivers, the run's state machine.
