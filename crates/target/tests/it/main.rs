//! The target over real sockets, byte for byte.

mod support;

mod clinic;
mod conditions;
mod draws;
mod echo;
mod faults;
mod knowledge_graph;
mod limits;
mod options;
mod shapes;
mod stalls;
mod streams;
mod tls;
mod truth;
mod websockets;
