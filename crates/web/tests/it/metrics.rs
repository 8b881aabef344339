//! What is served, and to whom in which format.

use std::net::TcpListener;

use gatecrash_report::live::state::Phase;
use gatecrash_web::{About, Address, Live, Wishes};

use crate::{ask, live, second, snapshot};

#[test]
fn each_second_is_there_for_who_asks() {
    let mut live = live();
    assert!(live.is_wanted());
    let before = ask(&live, "/metrics", "");
    assert!(before.contains("gatecrash_run_info"), "{before}");
    assert!(!before.contains("gatecrash_requests_total"), "{before}");
    let series = r#"gatecrash_requests_total{scenario="main",method="GET",name="/a"}"#;
    for requests in [3, 7] {
        second(&mut live, Phase::Running, &snapshot(requests));
        let answer = ask(&live, "/metrics", "");
        assert!(
            answer.contains(&format!("{series} {requests}\n")),
            "{answer}"
        );
        assert!(answer.contains("\nlocust_running 2\n"), "{answer}");
        let objective = r#"gatecrash_objective_holds{scenario="main",objective="failures < 1"} 1"#;
        assert!(answer.contains(objective), "{answer}");
    }
    second(&mut live, Phase::Ended, &snapshot(9));
    let answer = ask(&live, "/metrics", "");
    assert!(answer.contains(&format!("{series} 9\n")), "{answer}");
    assert!(answer.contains("\nlocust_running 0\n"), "{answer}");
}

#[test]
fn the_format_is_the_one_that_is_asked_for() {
    let live = live();
    let head = |answer: &str| answer.split("\r\n\r\n").next().unwrap().to_lowercase();
    let open = ask(&live, "/metrics", "");
    assert!(open.starts_with("HTTP/1.1 200 "), "{open}");
    let named = "content-type: application/openmetrics-text; version=1.0.0; charset=utf-8";
    assert!(head(&open).contains(named), "{open}");
    assert!(open.ends_with("\n# EOF\n"), "{open}");
    let plain = ask(&live, "/metrics", "Accept: text/plain;version=0.0.4\r\n");
    let named = "content-type: text/plain; version=0.0.4; charset=utf-8";
    assert!(head(&plain).contains(named), "{plain}");
    assert!(!plain.contains("# EOF"), "{plain}");
}

#[test]
fn secrets_are_in_no_answer() {
    let mut live = live();
    second(&mut live, Phase::Running, &snapshot(1));
    let answer = ask(&live, "/metrics", "");
    assert!(answer.contains(r#"run="shop with ***""#), "{answer}");
    assert!(!answer.contains("s3cret-w0rd"), "{answer}");
}

#[test]
fn a_person_finds_the_way() {
    let live = live();
    let index = ask(&live, "/", "");
    assert!(index.contains("<a href=\"metrics\">"), "{index}");
    let nothing = ask(&live, "/elsewhere", "");
    assert!(nothing.starts_with("HTTP/1.1 404 "), "{nothing}");
    assert!(nothing.contains("see /metrics"), "{nothing}");
}

#[test]
fn a_port_that_is_taken_is_told() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let open = |host: &str, port| {
        let host = host.to_owned();
        let metrics = Some(Address { host, port });
        let wishes = Wishes {
            metrics,
            otlp: None,
        };
        Live::open(&wishes, About::default())
    };
    let fault = open("127.0.0.1", port).unwrap_err().to_string();
    let begin = format!("cannot serve metrics on 127.0.0.1:{port}: Address already in use");
    assert!(fault.starts_with(&begin), "{fault}");
    assert!(fault.ends_with("name another --metrics-port"), "{fault}");
    let nowhere = open("192.0.2.1", 0).unwrap_err().to_string();
    assert!(nowhere.contains("192.0.2.1:0: Cannot assign"), "{nowhere}");
    drop(taken);
    // And is free again when the run is over.
    let live = open("127.0.0.1", port).unwrap();
    ask(&live, "/metrics", "");
    drop(live);
    TcpListener::bind(("127.0.0.1", port)).unwrap();
}

#[test]
fn where_nobody_watches_nothing_is_opened() {
    let mut live = Live::open(&Wishes::default(), About::default()).unwrap();
    second(&mut live, Phase::Running, &snapshot(1));
    assert!(!live.is_wanted());
    assert_eq!(live.metrics_url(), None);
}
