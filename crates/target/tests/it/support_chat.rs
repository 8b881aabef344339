//! The support chat's API, with its own cache and with that of a real Redis.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use gatecrash_target::{CacheOptions, Latency, Server, Service, TargetOptions, serve};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Answer, ask, get};

/// A support chat whose model takes no time.
fn options() -> TargetOptions {
    let mut options = TargetOptions {
        service: Service::SupportChat,
        port: 0,
        ..TargetOptions::default()
    };
    options.model.time = Some(Latency::Constant(Duration::ZERO));
    options
}

fn chat(change: impl FnOnce(&mut TargetOptions)) -> Server {
    let mut options = options();
    change(&mut options);
    serve(options).expect("the target starts")
}

fn post(server: &Server, body: &Value) -> Answer {
    ask(server, "POST", "/chat", "", &body.to_string())
}

fn say(server: &Server, message: &str) -> Answer {
    post(server, &json!({ "message": message }))
}

/// What an answer tells of the cache, in its head and in its body.
fn told(answer: &Answer) -> (&str, bool) {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let cached = answer.json()["cached"].as_bool().expect("a flag");
    (answer.header("x-cache").expect("a header"), cached)
}

const HIT: (&str, bool) = ("HIT", true);
const MISS: (&str, bool) = ("MISS", false);

#[test]
fn a_question_is_a_miss_once_and_then_a_hit() {
    let server = chat(|_| {});
    let first = say(&server, "Where is my order?");
    assert_eq!(told(&first), MISS);
    assert_eq!(first.header("age"), None);
    let again = say(&server, " where IS my order? ");
    assert_eq!(told(&again), HIT);
    assert_eq!(again.header("age"), Some("0"));
    let (first, again) = (first.json(), again.json());
    assert_eq!(first["answer"], again["answer"]);
    assert_eq!(first["usage"]["prompt_tokens"], 4);
    let words = first["answer"].as_str().map(|text| text.split(' ').count());
    assert_eq!(first["usage"]["completion_tokens"], json!(words));
    assert_eq!(first["usage"]["total_tokens"], json!(words.map(|n| n + 4)));
    let nothing = json!({ "prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0 });
    assert_eq!(again["usage"], nothing, "a hit uses none");
    assert_eq!(told(&say(&server, "Where is my parcel?")), MISS);
}

#[test]
fn what_was_said_before_belongs_to_the_question() {
    let server = chat(|_| {});
    let after = |before: &str| {
        let history = json!([{ "role": "assistant", "content": before }]);
        post(&server, &json!({ "message": "why?", "history": history }))
    };
    assert_eq!(told(&after("no")), MISS);
    assert_eq!(told(&after("yes")), MISS);
    assert_eq!(told(&after("no")), HIT);
    assert_eq!(told(&say(&server, "why?")), MISS);
}

#[test]
fn an_answer_ends_and_can_be_forgotten() {
    let server = chat(|options| options.cache.ttl = Some(Duration::from_secs(1)));
    assert_eq!(told(&say(&server, "a")), MISS);
    assert_eq!(told(&say(&server, "a")), HIT);
    sleep(Duration::from_millis(1001));
    assert_eq!(told(&say(&server, "a")), MISS);
    assert_eq!(ask(&server, "POST", "/admin/cache", "", "").status, 204);
    assert_eq!(told(&say(&server, "a")), MISS);
}

#[test]
fn a_question_whose_answer_is_being_made_is_a_miss_too() {
    let server = chat(|options| {
        options.model.time = Some(Latency::Constant(Duration::from_millis(400)));
    });
    let told_of = |n: u32| {
        let answer = say(&server, "the same");
        let (header, cached) = told(&answer);
        (n, header.to_owned(), cached)
    };
    let both: Vec<_> = std::thread::scope(|scope| {
        let asked = [1, 2].map(|n| scope.spawn(move || told_of(n)));
        asked.map(|one| one.join().expect("an answer")).into()
    });
    for (n, header, cached) in both {
        assert_eq!((header.as_str(), cached), MISS, "the {n}.");
    }
    assert_eq!(told(&say(&server, "the same")), HIT);
}

#[test]
fn an_answer_tells_where_its_time_went() {
    let server = chat(|options| {
        options.model.time = Some(Latency::Constant(Duration::from_millis(50)));
        options.slow = 2.0;
    });
    let miss = say(&server, "a").json();
    assert_eq!(
        miss["time"]["model_ms"], 100.0,
        "slow ones are slow here too"
    );
    let share = miss["time"]["model_share"].as_f64().expect("a share");
    assert!((0.5..=1.0).contains(&share), "{miss}");
    let hit = say(&server, "a").json();
    assert_eq!(hit["time"]["model_ms"], 0.0);
    assert_eq!(hit["time"]["model_share"], 0.0);
}

#[test]
fn a_full_queue_refuses_and_says_when_to_come_again() {
    let server = chat(|options| {
        options.model.time = Some(Latency::Constant(Duration::from_millis(600)));
        options.model.slots = 1;
        options.model.waiting = 1;
    });
    let answers: Vec<(u16, Option<String>, Option<String>, f64)> = std::thread::scope(|scope| {
        let server = &server;
        let asked = [1, 2, 3, 4].map(|n| {
            scope.spawn(move || {
                let answer = say(server, &format!("question {n}"));
                let header = |name| answer.header(name).map(str::to_owned);
                let waited = answer.json()["time"]["queue_ms"].as_f64();
                let waited = waited.unwrap_or_default();
                (
                    answer.status,
                    header("retry-after"),
                    header("x-cache"),
                    waited,
                )
            })
        });
        asked.map(|one| one.join().expect("an answer")).into()
    });
    let refused: Vec<_> = answers.iter().filter(|one| one.0 == 503).collect();
    assert_eq!(refused.len(), 2, "{answers:?}");
    for (_, retry_after, cache, _) in refused {
        assert_eq!((retry_after.as_deref(), cache), (Some("1"), &None));
    }
    let waited = answers.iter().filter(|one| one.3 > 0.0).count();
    assert_eq!(waited, 1, "{answers:?}");
}

#[test]
fn without_a_cache_every_answer_is_the_models() {
    let server = chat(|options| options.cache.off = true);
    for _ in 0..2 {
        assert_eq!(told(&say(&server, "a")), ("BYPASS", false));
    }
    assert_eq!(get(&server, "/health").json()["cache"], "off");
}

#[test]
fn what_is_too_much_or_nothing_is_refused_with_its_limit() {
    let server = chat(|_| {});
    let refused = |body: Value| {
        let answer = post(&server, &body);
        let error = answer.json()["error"].as_str().map(str::to_owned);
        (answer.status, error.unwrap_or_default())
    };
    let longest = "é".repeat(2000);
    assert_eq!(told(&say(&server, &longest)), MISS);
    let turn = |text: &str| json!({ "role": "user", "content": text });
    for (body, reason) in [
        (json!({ "message": " \n" }), "message must not be empty"),
        (
            json!({ "message": format!("{longest}e") }),
            "a message must not be longer than 2000 characters",
        ),
        (
            json!({ "message": "a", "history": [turn(&format!("{longest}e"))] }),
            "a message must not be longer than 2000 characters",
        ),
        (
            json!({ "message": "a", "history": vec![turn("b"); 51] }),
            "history must not have more than 50 turns",
        ),
    ] {
        assert_eq!(refused(body), (422, reason.to_owned()));
    }
    let wrong_role = json!({ "message": "a", "history": [{ "role": "x", "content": "b" }] });
    assert_eq!(refused(wrong_role).0, 422);
}

/// The value of a gauge on the page for Prometheus.
fn gauge(server: &Server, name: &str) -> Option<f64> {
    let page = get(server, "/metrics");
    let mut lines = page.text().lines().map(|line| line.split_once(' '));
    let (_, value) = lines.find_map(|line| line.filter(|(found, _)| *found == name))?;
    value.parse().ok()
}

#[test]
fn a_prometheus_is_told_of_cache_and_queue() {
    let server = chat(|_| {});
    for message in ["a", "b", "a"] {
        assert_eq!(say(&server, message).status, 200);
    }
    let gauges = [
        "cache_hits",
        "cache_misses",
        "cache_entries",
        "model_queue_waiting",
    ];
    let values = gauges.map(|name| gauge(&server, name));
    assert_eq!(values, [Some(1.0), Some(2.0), Some(2.0), Some(0.0)]);
    assert_eq!(gauge(&server, "cache_failures"), None);
}

#[test]
fn a_cache_is_only_asked_of_services_that_have_one() {
    let mut options = options();
    options.service = Service::Plain;
    options.cache.off = true;
    let error = serve(options).expect_err("it does not start").to_string();
    assert!(error.starts_with("this service has no cache"), "{error}");
}

/// A Redis at work on a free port, with nothing in it.
struct RedisServer {
    child: Child,
    port: u16,
    _folder: TempDir,
}

impl RedisServer {
    /// `None` where no Redis is installed: a fault only where every test is required.
    #[expect(
        clippy::disallowed_methods,
        reason = "only the environment tells what is required"
    )]
    fn start() -> Option<Self> {
        let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = free.local_addr().expect("an address").port();
        drop(free);
        let folder = tempfile::tempdir().expect("a folder");
        let child = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .args(["--port", &port.to_string(), "--dir"])
            .arg(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let Ok(child) = child else {
            let required = std::env::var("GATECRASH_REQUIRE_ALL").is_ok_and(|value| value == "1");
            assert!(
                !required,
                "there is no redis-server, and every test is required"
            );
            return None;
        };
        Some(Self {
            child,
            port,
            _folder: folder,
        })
    }

    fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/0", self.port)
    }

    /// A support chat on this Redis, as soon as it answers.
    fn chat(&self, change: impl FnOnce(&mut CacheOptions)) -> Server {
        let mut options = options();
        change(&mut options.cache);
        self.service(options)
    }

    /// A service on this Redis, as soon as it answers.
    fn service(&self, mut options: TargetOptions) -> Server {
        options.cache.redis = Some(self.url());
        for _ in 0..200 {
            match serve(options.clone()) {
                Ok(server) => return server,
                Err(_) => sleep(Duration::from_millis(50)),
            }
        }
        panic!("the Redis does not answer");
    }

    fn stop(&mut self) {
        self.child.kill().expect("it can be ended");
        self.child.wait().expect("it ends");
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_redis_keeps_the_answers_for_several_chats() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    let (one, other) = (redis.chat(|_| {}), redis.chat(|_| {}));
    assert_eq!(told(&say(&one, "a")), MISS);
    assert_eq!(told(&say(&other, "a")), HIT);
    assert_eq!(told(&say(&other, "b")), MISS);
    assert_eq!(
        say(&one, "a").json()["answer"],
        say(&other, "a").json()["answer"]
    );
    assert_eq!(gauge(&one, "cache_entries"), Some(2.0));
    let health = get(&one, "/health").json();
    assert_eq!(
        (&health["status"], &health["cache"]),
        (&json!("ok"), &json!("redis"))
    );
    assert_eq!(ask(&one, "POST", "/admin/cache", "", "").status, 204);
    assert_eq!(gauge(&other, "cache_entries"), Some(0.0));
    assert_eq!(told(&say(&other, "a")), MISS);
}

/// The AI service keeps its answers under the messages themselves.
#[test]
fn no_message_is_taken_for_the_list_of_answers() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    let server = redis.service(TargetOptions {
        service: Service::AiService,
        ..options()
    });
    let from = |message: &str| {
        let body = json!({ "message": message }).to_string();
        let key = "X-API-Key: gatecrash-test-key\r\n";
        let answer = ask(&server, "POST", "/chat", key, &body);
        answer.header("x-cache").map(str::to_owned)
    };
    for message in ["hello", "ends", "answer:hello"] {
        assert_eq!(from(message).as_deref(), Some("MISS"), "{message}");
        assert_eq!(from(message).as_deref(), Some("HIT"), "{message}");
    }
    assert_eq!(gauge(&server, "cache_failures"), Some(0.0));
}

#[test]
fn answers_in_a_redis_end_too() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    let server = redis.chat(|cache| cache.ttl = Some(Duration::from_secs(1)));
    assert_eq!(told(&say(&server, "a")), MISS);
    assert_eq!(told(&say(&server, "a")), HIT);
    sleep(Duration::from_millis(1001));
    assert_eq!(told(&say(&server, "a")), MISS);
    assert_eq!(gauge(&server, "cache_entries"), Some(1.0));
}

#[test]
fn a_redis_keeps_no_more_answers_than_it_may() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    let server = redis.chat(|cache| cache.entries = Some(2));
    for message in ["a", "b", "c"] {
        assert_eq!(told(&say(&server, message)), MISS);
        // The one that ends first goes, and a Redis tells ends apart by the millisecond.
        sleep(Duration::from_millis(2));
    }
    assert_eq!(gauge(&server, "cache_entries"), Some(2.0));
    assert_eq!(told(&say(&server, "b")), HIT);
    assert_eq!(told(&say(&server, "c")), HIT);
    assert_eq!(told(&say(&server, "a")), MISS);
}

#[test]
fn a_redis_that_is_gone_makes_misses_and_no_errors() {
    let Some(mut redis) = RedisServer::start() else {
        return;
    };
    let server = redis.chat(|_| {});
    assert_eq!(told(&say(&server, "a")), MISS);
    redis.stop();
    for _ in 0..3 {
        assert_eq!(told(&say(&server, "a")), MISS);
    }
    assert!(gauge(&server, "cache_failures") >= Some(1.0));
    assert_eq!(gauge(&server, "cache_entries"), None);
    assert_eq!(get(&server, "/health").json()["status"], "degraded");
    assert_eq!(ask(&server, "POST", "/admin/cache", "", "").status, 503);
}

#[test]
fn a_chat_without_its_redis_does_not_start_and_says_why() {
    let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = free.local_addr().expect("an address");
    drop(free);
    let refused = |url: String| {
        let mut options = options();
        options.cache.redis = Some(url);
        format!("{:#}", serve(options).expect_err("it does not start"))
    };
    let error = refused(format!("redis://:geheim@{address}/0"));
    assert!(
        error.starts_with(&format!("cannot use the Redis at {address}: ")),
        "{error}"
    );
    assert!(!error.contains("geheim"), "{error}");
    let error = refused("http://127.0.0.1".to_owned());
    assert!(error.starts_with("--redis is no URL of a Redis"), "{error}");
}
