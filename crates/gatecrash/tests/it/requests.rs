//! Requests of users, and what is said of their answers.

use gatecrash::{Context, Failed, Http, Outcome, Prepared, User, app, tasks};
use serde_json::Value;
use tempfile::TempDir;

use crate::{endpoint, scenario, target, words};

/// Lets one user do its task once; gives the exit code, the scenario's record and how many
/// requests the target received.
fn once<U: User>() -> (u8, Value, u64) {
    let server = target();
    let results = TempDir::new().expect("a folder");
    let folder = results.path().to_string_lossy();
    let line = format!(
        "test --host {} --iterations 1 --quiet --results {folder}",
        server.url()
    );
    let code = app().user::<U>().run_with(words(&line));
    (
        code,
        scenario(results.path()),
        server.truth().total.received,
    )
}

/// Declares users with one task, which is given as a function of the user's client.
macro_rules! users {
    ($name:ident, $task:expr) => {
        struct $name(Http);

        impl User for $name {
            tasks! { task }

            fn new(context: &Context) -> Self {
                $name(context.http())
            }
        }

        impl $name {
            async fn task(&mut self) -> Outcome {
                let task: fn(Http) -> std::pin::Pin<Box<dyn Future<Output = Outcome>>> = $task;
                task(self.0.clone()).await
            }
        }
    };
}

fn failures(scenario: &Value) -> Vec<String> {
    let all = scenario["errors"].as_array().expect("errors");
    let words = all
        .iter()
        .map(|one| one["error"].as_str().expect("words").to_owned());
    words.collect()
}

fn exceptions(scenario: &Value) -> Vec<String> {
    let all = scenario["exceptions"].as_array().expect("exceptions");
    let words = all
        .iter()
        .map(|one| one["message"].as_str().expect("words").to_owned());
    words.collect()
}

users!(Failing, |http| Box::pin(async move {
    let refused = http.get("/status/404").send().await;
    assert!(refused.is_err());
    http.get("/status/404")
        .name("expected")
        .expect_status(404)
        .send()
        .await?;
    let prepared = http.prepare("GET", "/status/500");
    assert!(http.send(&prepared).await.is_err());
    let answer = http.get("/text").send().await?;
    assert!(answer.json::<Value>().is_err());
    drop(answer);
    let answer = http.get("/json").send().await?;
    assert_eq!(answer.status(), 200);
    Err(answer.fail("not what was wanted"))
}));

#[test]
fn a_request_fails_by_its_status_its_body_or_its_user() {
    let (code, scenario, received) = once::<Failing>();
    assert_eq!((code, received), (1, 5));
    let mut failures = failures(&scenario);
    failures.sort();
    let expected = [
        "not what was wanted",
        "status 404",
        "status 500",
        "the body is not JSON",
    ];
    assert_eq!(failures, expected);
    assert_eq!(endpoint(&scenario, "GET", "expected")["failures"], 0);
    assert!(exceptions(&scenario).is_empty());
}

users!(Roaming, |http| Box::pin(async move {
    let home = http.prepare("GET", "/cookies");
    http.send(&home).await?;
    http.get("/cookies/set")
        .query("taste", "sweet & sour")
        .send()
        .await?;
    assert!(http.cookie("taste").is_some());
    http.send(&home).await?;
    let seen: Value = http.get("/cookies").send().await?.json()?;
    assert!(seen.to_string().contains("taste"), "{seen}");
    http.set_header("X-Shop", "7");
    http.set_header("Authorization", "Basic dTpw");
    let private = http.prepare("GET", "/basic-auth/u/p");
    http.send(&private).await?;
    let echoed = http
        .post("/echo")
        .form(&[("a", "1 2")])
        .header("X-Own", "8")
        .send()
        .await?;
    let echoed = echoed.json::<Value>()?["headers"].to_string();
    for line in [
        r#"["X-Shop","7"]"#,
        r#"["X-Own","8"]"#,
        "x-www-form-urlencoded",
    ] {
        assert!(echoed.contains(line), "{line} is not in {echoed}");
    }
    http.get("/redirect/3").send().await?;
    let prepared = http.prepare("GET", "/redirect/2");
    http.send(&prepared).await
}));

#[test]
fn cookies_headers_and_redirects() {
    let (code, scenario, received) = once::<Roaming>();
    assert_eq!(
        code,
        0,
        "{:?} {:?}",
        failures(&scenario),
        exceptions(&scenario)
    );
    assert_eq!(endpoint(&scenario, "GET", "/cookies")["requests"], 3);
    assert_eq!(endpoint(&scenario, "GET", "/redirect/3")["requests"], 1);
    assert_eq!(endpoint(&scenario, "GET", "/redirect/2")["requests"], 1);
    // Each redirect is a request to the target, but not one of the user.
    let requests = scenario["total"]["requests"].as_u64();
    assert_eq!(requests.map(|requests| requests + 5), Some(received));
}

users!(Faulty, |http| Box::pin(async move {
    assert!(http.send(&http.prepare("GE T", "/")).await.is_err());
    assert!(http.get("/").header("A\nB", "1").send().await.is_err());
    Err(Failed::because("nothing to do"))
}));

#[test]
fn what_cannot_be_sent_is_an_exception() {
    let (code, scenario, received) = once::<Faulty>();
    assert_eq!((code, received), (1, 0));
    assert_eq!(exceptions(&scenario), ["nothing to do"]);
    assert!(failures(&scenario).is_empty());
}

struct Panicking;

impl User for Panicking {
    tasks! { task }

    fn new(_: &Context) -> Self {
        panic!("no user today")
    }
}

impl Panicking {
    async fn task(&mut self) -> Outcome {
        Ok(())
    }
}

#[test]
fn a_user_that_cannot_be_made_is_told() {
    let (code, scenario, _) = once::<Panicking>();
    assert_eq!(code, 1);
    assert_eq!(exceptions(&scenario), ["panic: no user today"]);
}

struct Sharing {
    http: Http,
    home: Prepared,
}

impl User for Sharing {
    tasks! { task }

    fn new(context: &Context) -> Self {
        let http = context.http();
        let home = http.prepare("GET", "/text");
        Sharing { http, home }
    }
}

impl Sharing {
    async fn task(&mut self) -> Outcome {
        self.http.send(&self.home).await
    }
}

#[test]
fn users_share_what_is_prepared_and_not_their_connections() {
    let server = target();
    let line = format!(
        "test --host {} --users 5 --iterations 4 --quiet",
        server.url()
    );
    assert_eq!(app().user::<Sharing>().run_with(words(&line)), 0);
    let truth = server.truth();
    assert_eq!(truth.total.received, 20);
    assert_eq!(
        truth.connections - 1,
        5,
        "one beside them looks whether it is there"
    );
}
