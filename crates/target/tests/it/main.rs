//! The target over real sockets, byte for byte.

mod support;

mod clinic;
mod conditions;
mod draws;
mod echo;
mod faults;
mod limits;
mod options;
mod records;
mod shapes;
mod stalls;
mod streams;
mod tls;
mod triage;
mod truth;
mod websockets;
