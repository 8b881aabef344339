//! What the command line takes, and what it says of what it does not.

use gatecrash::{Context, Http, Outcome, User, app, tasks};

use crate::words;

struct Idler;

impl User for Idler {
    tasks! { idle }

    fn new(_: &Context) -> Self {
        Idler
    }
}

impl Idler {
    async fn idle(&mut self) -> Outcome {
        Ok(())
    }
}

/// A host where nobody listens.
const NOBODY: &str = "http://127.0.0.1:1";

fn code(line: &str) -> u8 {
    app().user::<Idler>().run_with(words(line))
}

#[test]
fn what_is_wrong_is_told_before_anything_is_sent() {
    for line in [
        "idler",
        "idler --for 1s",
        "idler --host nowhere --for 1s",
        "idler --host http://127.0.0.1:1",
        "idler --host http://127.0.0.1:1 --rate 5/s",
        "idler --host http://127.0.0.1:1 --rate 5 --for 1s",
        "idler --host http://127.0.0.1:1 --rate 0/s --for 1s",
        "idler --host http://127.0.0.1:1 --rate 5/s --for 1s --users 3",
        "idler --host http://127.0.0.1:1 --users 0 --for 1s",
        "idler --host http://127.0.0.1:1 --spawn 0/s --for 1s",
        "idler --host http://127.0.0.1:1 --for 0s",
        "idler --host http://127.0.0.1:1 --poisson --for 1s",
        "idler --unknown",
    ] {
        assert_eq!(code(line), 2, "{line}");
    }
}

#[test]
fn help_is_no_fault() {
    assert_eq!(code("idler --help"), 0);
}

#[test]
fn a_target_that_is_not_there_is_told_before_the_run() {
    assert_eq!(code(&format!("idler --host {NOBODY} --for 1s --quiet")), 97);
}

#[test]
fn a_program_without_users_cannot_run() {
    let line = words(&format!("nobody --host {NOBODY} --for 1s"));
    assert_eq!(app().run_with(line), 97);
}

#[test]
fn tasks_that_send_nothing_let_others_have_their_turn() {
    let server = crate::target();
    let line = format!(
        "idler --host {} --users 3 --iterations 100 --quiet --lanes 1",
        server.url()
    );
    assert_eq!(code(&line), 0);
}

/// Asks for what is not there.
struct Seeker {
    http: Http,
}

impl User for Seeker {
    tasks! { seek }

    fn new(context: &Context) -> Self {
        let http = context.http();
        Seeker { http }
    }
}

impl Seeker {
    async fn seek(&mut self) -> Outcome {
        self.http.get("/status/404").send().await?;
        Ok(())
    }
}

/// The exit code of a program whose requests all fail, with these objectives.
fn judged(objectives: &[&str]) -> u8 {
    let server = crate::target();
    let line = format!("seeker --host {} --iterations 2 --quiet", server.url());
    let mut line = words(&line);
    for objective in objectives {
        line.extend(["--objective".into(), objective.into()]);
    }
    app().user::<Seeker>().run_with(line)
}

#[test]
fn with_objectives_these_alone_decide() {
    assert_eq!(judged(&[]), 1);
    assert_eq!(judged(&["p95 < 10s"]), 0);
    assert_eq!(judged(&["p95 < 10s", "error_rate < 1%"]), 99);
    assert_eq!(
        judged(&["p95 of /elsewhere < 10s"]),
        99,
        "no data never passes"
    );
    assert_eq!(judged(&["p95 <"]), 2);
}
