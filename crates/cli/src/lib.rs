//! Arguments, settings, printing, exit codes.
