//! One exchange with a server over HTTP/1.1, with the instant of each phase.
