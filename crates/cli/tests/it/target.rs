//! `gatecrash target`: serves and ends, or says what was wrong.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;

use crate::{check_refused, ended, gatecrash, start};

#[test]
fn bad_arguments_are_refused_with_2() {
    check_refused(&mut gatecrash(&["target"]), 2, &["SERVICE"]);
    let cases: [(&[&str], &str); 8] = [
        (&["hospital"], "a service: ai-service, clinic, "),
        (&["plain", "--latency", "5"], "a latency: 5ms"),
        (&["plain", "--stall", "5s"], "a stall: AFTER,FOR"),
        (&["plain", "--max-connections", "many"], "--max-connections"),
        (&["plain", "--errors", "200%"], "a share from 0% to 100%"),
        (&["plain", "--port", "70000"], "--port"),
        (&["plain", "--prot", "1"], "--port"),
        (&["plain", "--tls-cert", "x"], "--tls-key"),
    ];
    for (args, said) in cases {
        check_refused(gatecrash(&["target"]).args(args), 2, &[said]);
    }
}

#[test]
fn what_cannot_be_served_ends_with_1() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let mut command = gatecrash(&["target", "plain", "--port", &port]);
    check_refused(&mut command, 1, &["cannot listen on 127.0.0.1:", &port]);
    check_refused(
        &mut gatecrash(&["target", "plain", "--slow", "0.5"]),
        1,
        &["slow must be"],
    );
    check_refused(
        &mut gatecrash(&["target", "plain", "--max-connections", "99999999999"]),
        1,
        &["cannot hold 99999999999 connections"],
    );
}

#[test]
fn help_is_on_stdout() {
    let (code, stdout, stderr) = ended(&mut gatecrash(&["target", "--help"]));
    assert_eq!((code, stderr.as_str()), (0, ""));
    assert!(stdout.contains("Usage: gatecrash target") && stdout.contains("--latency"));
}

#[test]
fn it_serves_until_it_is_told_to_end() {
    for signal in ["-INT", "-TERM"] {
        let mut target = start(&mut gatecrash(&["target", "plain", "--port", "0"]));
        let mut first = String::new();
        let mut stdout = BufReader::new(target.stdout.take().unwrap());
        stdout.read_line(&mut first).unwrap();
        let address = first
            .split("http://")
            .nth(1)
            .unwrap()
            .split(' ')
            .next()
            .unwrap();
        assert!(!address.ends_with(":0"), "the chosen port is told: {first}");
        assert!(get(address, "/truth").starts_with("HTTP/1.1 200"));
        let pid = target.id().to_string();
        assert!(
            Command::new("kill")
                .args([signal, &pid])
                .status()
                .unwrap()
                .success()
        );
        assert_eq!(target.wait().unwrap().code(), Some(0), "{signal}");
    }
}

#[test]
fn refused_connections_are_told_once() {
    let args = ["target", "plain", "--port", "0", "--max-connections", "1"];
    let mut target = start(&mut gatecrash(&args));
    let mut first = String::new();
    let mut stdout = BufReader::new(target.stdout.take().unwrap());
    stdout.read_line(&mut first).unwrap();
    let rest = first.split("http://").nth(1).unwrap();
    let address = rest.split(' ').next().unwrap();
    let held = TcpStream::connect(address).unwrap();
    for _ in 0..3 {
        let mut refused = TcpStream::connect(address).unwrap();
        // It may be closed with or without a reset.
        let _ = refused.read(&mut [0]);
    }
    let mut said = String::new();
    let mut stderr = BufReader::new(target.stderr.take().unwrap());
    stderr.read_line(&mut said).unwrap();
    assert!(said.contains("more than 1 connections at once"), "{said}");
    drop(held);
    target.kill().unwrap();
    target.wait().unwrap();
    assert_eq!(stderr.read_line(&mut said).unwrap(), 0, "{said}");
}

fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}
