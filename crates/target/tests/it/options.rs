//! Options: what is understood, and what is said otherwise.

use std::time::Duration;

use gatecrash_target::{Latency, Percent, Service, TargetOptions, serve};

fn latency(text: &str) -> Result<Latency, String> {
    text.parse::<Latency>().map_err(|error| error.to_string())
}

#[test]
fn latencies_are_read() {
    let ms = Duration::from_millis;
    assert_eq!(latency("0"), Ok(Latency::Constant(Duration::ZERO)));
    assert_eq!(
        latency("250us"),
        Ok(Latency::Constant(Duration::from_micros(250)))
    );
    assert_eq!(latency("1.5s"), Ok(Latency::Constant(ms(1500))));
    assert_eq!(
        latency("uniform:5ms..20ms"),
        Ok(Latency::Uniform {
            low: ms(5),
            high: ms(20)
        })
    );
    let share = "2%".parse::<Percent>().expect("a share");
    let bimodal = Latency::Bimodal {
        usual: ms(5),
        rare: ms(200),
        share,
    };
    assert_eq!(latency("bimodal:5ms,200ms@2%"), Ok(bimodal));
}

#[test]
fn latencies_with_a_tail_are_read() {
    let ms = Duration::from_millis;
    let (mean, sd, max) = (ms(20), ms(5), ms(10_000));
    assert_eq!(
        latency("normal:20ms,5ms"),
        Ok(Latency::Normal { mean, sd, max })
    );
    let (median, sigma) = (ms(20), 0.5);
    assert_eq!(
        latency("lognormal:20ms,0.5"),
        Ok(Latency::LogNormal { median, sigma, max })
    );
    let (scale, shape, max) = (ms(10), 2.5, ms(1000));
    assert_eq!(
        latency("pareto: 10ms, 2.5, max=1s"),
        Ok(Latency::Pareto { scale, shape, max })
    );
}

#[test]
fn other_latencies_are_refused_with_the_right_form() {
    for wrong in [
        "",
        "5",
        "5m",
        "-5ms",
        "nanms",
        "2h",
        "4000s",
        "uniform:9ms..5ms",
        "uniform:5ms",
        "bimodal:5ms,9ms",
        "normal:5ms",
        "normal:5ms,2",
        "lognormal:20ms,5ms",
        "lognormal:20ms,-1",
        "pareto:10ms,0",
        "pareto:10ms,nan",
        "pareto:10ms,2.5,1s",
        "pareto:10ms,2.5,max=9ms",
        "pareto:10ms,2.5,max=1s,2",
    ] {
        let error = latency(wrong).expect_err(wrong);
        let expected = format!(
            "{wrong:?} is not a latency: 5ms, uniform:5ms..20ms, bimodal:5ms,200ms@2%, \
             normal:20ms,5ms, lognormal:20ms,0.5 or pareto:10ms,2.5 (cut at 10s, or where it \
             says: pareto:10ms,2.5,max=1s)"
        );
        assert_eq!(error, expected);
    }
}

#[test]
fn shares_and_services_are_read_or_refused() {
    assert!(("2.5%".parse::<Percent>().expect("a share").fraction() - 0.025).abs() < 1e-12);
    for wrong in ["5", "-1%", "101%", "nan%", "%"] {
        let error = wrong.parse::<Percent>().expect_err(wrong).to_string();
        assert_eq!(
            error,
            format!("{wrong:?} is not a share from 0% to 100%, as in 5%")
        );
    }
    assert_eq!("clinic".parse(), Ok(Service::Clinic));
    let ports = ["records", "triage"].map(|name| name.parse::<Service>().expect(name).port());
    assert_eq!(ports, [8001, 8002]);
    let error = "bank".parse::<Service>().expect_err("no bank").to_string();
    assert_eq!(
        error,
        "\"bank\" is not a service: ai-service, clinic, knowledge-graph, plain, records, \
         support-chat or triage"
    );
}

fn refused(change: impl FnOnce(&mut TargetOptions)) -> String {
    let mut options = TargetOptions {
        service: Service::Plain,
        port: 0,
        ..TargetOptions::default()
    };
    change(&mut options);
    format!("{:#}", serve(options).expect_err("it does not start"))
}

#[test]
fn a_target_that_cannot_start_says_why() {
    assert_eq!(
        refused(|options| options.slow = 0.5),
        "slow must be from 1 to 1000 times, not 0.5"
    );
    assert_eq!(
        refused(|options| options.threads = 0),
        "threads must be from 1 to 256, not 0"
    );
    let error = refused(|options| options.limits.connections = Some(1 << 40));
    assert!(
        error.starts_with("cannot hold 1099511627776 connections: this process may open "),
        "{error}"
    );
    assert_eq!(
        refused(|options| options.limits.queue_messages = 0),
        "the queue of a WebSocket must hold a message"
    );
    let taken = crate::support::plain();
    let port = taken.address().port();
    let error = refused(|options| options.port = port);
    assert!(
        error.starts_with(&format!("cannot listen on 127.0.0.1:{port}: ")),
        "{error}"
    );
}

#[test]
fn a_foreign_file_is_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("notes.txt");
    let text = "no database, but somebody's notes\n".repeat(40);
    std::fs::write(&path, &text).expect("a file");
    let error = refused(|options| {
        options.service = Service::Clinic;
        options.db = Some(path.clone());
    });
    assert!(
        error.contains("notes.txt as the clinic's database"),
        "{error}"
    );
    assert_eq!(std::fs::read_to_string(&path).expect("the file"), text);
}

#[test]
fn what_a_service_does_not_have_cannot_be_asked_of_it() {
    let check = |service, change: fn(&mut TargetOptions), part: &str| {
        let error = refused(|options| {
            options.service = service;
            change(options);
        });
        assert!(error.starts_with(part), "{error}");
    };
    let without = "this service has no ";
    let no = |part| format!("{without}{part}: leave ");
    let time = |options: &mut TargetOptions| {
        options.model.time = Some(Latency::Constant(Duration::from_millis(1)));
    };
    check(Service::Clinic, time, &no("model"));
    check(Service::Records, |o| o.model.slots = 3, &no("model"));
    check(Service::Plain, |o| o.model.waiting = 3, &no("model"));
    let off = |options: &mut TargetOptions| options.cache.off = true;
    check(Service::Triage, off, &no("cache of answers"));
    let db = |options: &mut TargetOptions| options.db = Some("a.sqlite".into());
    check(Service::SupportChat, db, &no("database"));
    let limit = |options: &mut TargetOptions| options.rate_limit_per_s = Some(3);
    check(Service::Triage, limit, "this service has neither a limit");
}
