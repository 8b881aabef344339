//! Peers that mean no good, or stand still: they harm nobody but themselves.

use std::io::{Read, Write};
use std::net::TcpStream;

use gatecrash_report::live::state::Phase;

use crate::{ask, connect, live, rest, second, snapshot};

/// As many as the server takes at once.
const MOST_CONNECTIONS: usize = 64;

#[test]
fn one_who_never_reads_holds_up_neither_the_run_nor_others() {
    let mut live = live();
    let mut stuck = Vec::new();
    for _ in 0..MOST_CONNECTIONS / 2 {
        let mut stream = connect(&live);
        // Far more answers than fit into the buffers of a socket.
        for _ in 0..200 {
            let _ = stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
        }
        stuck.push(stream);
    }
    for requests in 1..50 {
        second(&mut live, Phase::Running, &snapshot(requests));
    }
    let answer = ask(&live, "/metrics", "");
    assert!(answer.contains(r#"name="/a"} 49"#), "{answer}");
    // The end waits for none of them.
    drop(live);
    drop(stuck);
}

#[test]
fn who_says_nothing_gives_its_place_away() {
    let live = live();
    let silent: Vec<TcpStream> = (0..MOST_CONNECTIONS).map(|_| connect(&live)).collect();
    // It comes to its turn when one of them has been silent for too long.
    let answer = ask(&live, "/metrics", "");
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    for stream in silent {
        assert_eq!(rest(stream), "");
    }
}

#[test]
fn what_is_too_long_is_refused() {
    let live = live();
    let long = format!("X-Long: {}\r\n", "x".repeat(1 << 20));
    let many: String = (0..200).map(|at| format!("X-{at}: 1\r\n")).collect();
    for more in [long, many] {
        let mut stream = connect(&live);
        let request = format!("GET /metrics HTTP/1.1\r\nHost: x\r\n{more}\r\n");
        // It may be refused while it is still being sent.
        let _ = stream.write_all(request.as_bytes());
        let mut first = [0; 12];
        let told = stream.read_exact(&mut first);
        assert!(told.is_err() || &first == b"HTTP/1.1 431", "{first:?}");
    }
    let answer = ask(&live, "/metrics", "");
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

#[test]
fn a_connection_is_kept_for_the_next_question() {
    let mut live = live();
    second(&mut live, Phase::Running, &snapshot(1));
    let mut stream = connect(&live);
    let question = b"HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n";
    for _ in 0..3 {
        stream.write_all(question).unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        assert!(head.starts_with(b"HTTP/1.1 200 "));
    }
    // One that waits for another question does not hold up the end.
    drop(live);
    assert_eq!(rest(stream), "");
}
