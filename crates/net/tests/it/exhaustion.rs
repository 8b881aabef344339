//! When the machine has no port or no file left for another connection.
//!
//! Each test runs its own binary again in a smaller world, and there finds the limit.

use std::cell::{Cell, RefCell};
use std::fs::read_to_string;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::Command;
use std::rc::Rc;

use gatecrash_net::now;
use gatecrash_net::{Client, Error};
use tokio::task::spawn_local;

use crate::support::{fetch, get, plain, run, until};

/// Runs `test` of this binary again, started by the shell's `command`.
fn again(mut command: Command, test: &str) {
    let myself = std::env::current_exe().expect("this binary");
    let output = command.arg(myself).arg(test).output().expect("a shell");
    let told = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}\n{complained}");
    assert!(told.contains("1 passed"), "{told}");
}

/// Opens connections to a listener that says nothing until the next one fails; they
/// stay open until then. Says how many there were.
fn connect_until_it_fails() -> (usize, Error) {
    run(async {
        let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        socket.bind(any).expect("a port");
        let listener = socket.listen(1024).expect("a listener");
        let origin = plain(listener.local_addr().expect("an address"));
        let (sent, failure) = (Rc::new(Cell::new(0)), Rc::new(RefCell::new(None)));
        for started in 1..=1000 {
            let (origin, sent, failure) = (origin.clone(), sent.clone(), failure.clone());
            let (sent_too, failed_too) = (sent.clone(), failure.clone());
            spawn_local(async move {
                let client = Client::new();
                let request = get(&origin, "/");
                let fetching = client.fetch(&request, now(), || sent.set(sent.get() + 1));
                *failure.borrow_mut() = fetching.await.err();
            });
            until(|| sent_too.get() == started || failed_too.borrow().is_some()).await;
            if let Some(failure) = failed_too.take() {
                return (sent_too.get(), failure.error);
            }
        }
        panic!("1,000 connections and no limit");
    })
}

#[test]
fn local_ports_can_be_used_up() {
    const RANGE: &str = "/proc/sys/net/ipv4/ip_local_port_range";
    if read_to_string(RANGE).expect("Linux").trim() != "10000\t10199" {
        let mut small = Command::new("unshare");
        small
            .args(["--map-root-user", "--net", "sh", "-c"])
            .arg(format!(
                "ip link set lo up && echo 10000 10199 > {RANGE} && exec \"$0\" --exact \"$1\""
            ));
        return again(small, "exhaustion::local_ports_can_be_used_up");
    }
    let (count, error) = connect_until_it_fails();
    // The listener has one of the 200.
    assert!((190..=200).contains(&count), "{count} connections");
    let Error::NoPortLeft(fault) = &error else {
        panic!("{error:?}");
    };
    assert_eq!(fault.kind(), std::io::ErrorKind::AddrNotAvailable);
    let told = error.to_string();
    assert!(
        told.starts_with("cannot connect: no local port is left"),
        "{told}"
    );
    assert!(told.contains("net.ipv4.ip_local_port_range"), "{told}");
}

#[test]
fn files_can_be_used_up() {
    const FILES: usize = 64;
    let limits = read_to_string("/proc/self/limits").expect("Linux");
    let line = limits
        .lines()
        .find(|line| line.starts_with("Max open files"));
    let limit = line.and_then(|line| line.split_whitespace().nth(3));
    if limit != Some(&FILES.to_string()) {
        let mut small = Command::new("sh");
        let script = format!("ulimit -n {FILES} && exec \"$0\" --exact \"$1\"");
        small.args(["-c", &script]);
        return again(small, "exhaustion::files_can_be_used_up");
    }
    let (count, error) = connect_until_it_fails();
    assert!((FILES / 2..FILES).contains(&count), "{count} connections");
    assert!(matches!(error, Error::NoFileLeft(_)), "{error:?}");
    assert!(error.to_string().contains("`ulimit -n`"), "{error}");
}

/// The same error of the system, for another reason.
#[test]
fn an_address_that_cannot_be_reached_is_no_lack_of_ports() {
    const DISABLED: &str = "/proc/sys/net/ipv6/conf/lo/disable_ipv6";
    if read_to_string(DISABLED).is_ok_and(|value| value.trim() == "0") {
        let mut without = Command::new("unshare");
        without
            .args(["--map-root-user", "--net", "sh", "-c"])
            .arg(format!(
                "echo 1 > {DISABLED} && ip link set lo up && exec \"$0\" --exact \"$1\""
            ));
        let test = "exhaustion::an_address_that_cannot_be_reached_is_no_lack_of_ports";
        return again(without, test);
    }
    run(async {
        let origin = plain(SocketAddr::from((std::net::Ipv6Addr::LOCALHOST, 80)));
        let failed = fetch(&Client::new(), get(&origin, "/")).await;
        let error = failed.expect_err("no IPv6 here");
        assert!(matches!(error, Error::Connect(_)), "{error:?}");
        assert_eq!(error.key(), "connect");
    });
}
