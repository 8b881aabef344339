//! The target over real sockets, byte for byte.

mod support;

mod ai_service;
mod clinic;
mod conditions;
mod draws;
mod echo;
mod faults;
mod limits;
mod options;
mod shapes;
mod stalls;
mod streams;
mod support_chat;
mod tls;
mod truth;
mod websockets;
