//! What is wanted: the option table and schedules as pure functions of time.
