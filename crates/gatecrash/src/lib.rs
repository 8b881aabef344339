//! Load testing with users written in Rust.
//!
//! A user is a type of yours: its fields are its state, its methods are its tasks. How many
//! of them there are, or at which rate their tasks begin, says the command line.
//!
//! ```no_run
//! use std::process::ExitCode;
//! use std::time::Duration;
//!
//! use gatecrash::{Context, Http, Outcome, User, Wait, tasks};
//! use serde_json::{Value, json};
//!
//! struct Reader {
//!     http: Http,
//!     name: String,
//! }
//!
//! impl User for Reader {
//!     const WAIT: Wait = Wait::Between(Duration::from_secs(1), Duration::from_secs(3));
//!
//!     fn new(context: &Context) -> Self {
//!         let name = format!("reader {}", context.number());
//!         Reader { http: context.http(), name }
//!     }
//!
//!     // Three of four times the one, else the other.
//!     tasks! { browse: 3, comment: 1 }
//!
//!     async fn start(&mut self) -> Outcome {
//!         let login = self.http.post("/login").json(&json!({ "name": self.name }));
//!         let session: Value = login.send().await?.json()?;
//!         let token = session["token"].as_str().unwrap_or_default();
//!         self.http.set_header("Authorization", &format!("Bearer {token}"));
//!         Ok(())
//!     }
//! }
//!
//! impl Reader {
//!     async fn browse(&mut self) -> Outcome {
//!         let answer = self.http.get("/articles?page=1").name("articles").send().await?;
//!         let articles: Vec<Value> = answer.json()?;
//!         if articles.is_empty() {
//!             return Err(answer.fail("no articles"));
//!         }
//!         Ok(())
//!     }
//!
//!     async fn comment(&mut self) -> Outcome {
//!         let comment = json!({ "text": "Well said." });
//!         self.http.post("/comments").json(&comment).expect_status(201).send().await?;
//!         Ok(())
//!     }
//! }
//!
//! fn main() -> ExitCode {
//!     gatecrash::app().user::<Reader>().run()
//! }
//! ```
//!
//! ```text
//! reader --host http://127.0.0.1:8000 --users 100 --spawn 10/s --for 5m
//! reader --host http://127.0.0.1:8000 --rate 50/s --for 2m --results run
//! reader --host http://127.0.0.1:8000 --users 10 --for 1m --objective 'p95 < 300ms'
//! ```
//!
//! It runs, is told, judged and ended exactly as `gatecrash run` runs a plan: the same
//! lines, keys, signals, files and exit codes.
//!
//! | | |
//! |---|---|
//! | [`app`] | the command line |
//! | [`User`], [`tasks!`] | what a user is and does |
//! | [`Context`] | who a user is, and what it can reach |
//! | [`Http`], [`Answer`] | requests, checks, redirects, cookies |
//! | [`Prepared`] | the quickest request: encoded once |
//! | [`RequestBuilder::stream`] | answers that come in events, such as a language model's |
//! | [`WebSocket`] | messages both ways |
//! | [`Metric`] | whatever else you want to count |
//!
//! A user lives on one thread and waits by `await`; code that blocks or computes for long
//! holds up all users of its thread.

mod answer;
mod app;
mod context;
mod encode;
mod flags;
mod http;
mod journey;
mod metric;
mod request;
mod socket;
mod user;

pub use answer::Answer;
pub use app::{App, app};
pub use context::Context;
pub use gatecrash_engine::journey::Told;
pub use gatecrash_metrics::Unit;
pub use gatecrash_plan::model::{StreamForm, Wait};
pub use http::{Http, Prepared};
pub use metric::Metric;
pub use request::RequestBuilder;
pub use socket::WebSocket;
pub use tokio::time::sleep;
pub use user::{Failed, Outcome, Task, User};
