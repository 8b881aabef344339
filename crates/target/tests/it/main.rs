//! The target over real sockets, byte for byte.

mod support;

mod ai_service;
mod clinic;
mod conditions;
mod draws;
mod echo;
mod faults;
mod knowledge_graph;
mod limits;
mod options;
mod records;
mod shapes;
mod stalls;
mod streams;
mod support_chat;
mod tls;
mod triage;
mod truth;
mod websockets;
