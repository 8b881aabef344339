//! The smallest program: users who get one page over and over.
//!
//! ```text
//! gatecrash target plain &
//! cargo run --release --example hello -- --host http://127.0.0.1:8000 --users 10 --for 5s
//! ```

use std::process::ExitCode;

use gatecrash::{Context, Http, Outcome, Prepared, User, tasks};

struct Visitor {
    http: Http,
    /// Encoded once: the quickest way to make a request.
    home: Prepared,
}

impl User for Visitor {
    tasks! { home }

    fn new(context: &Context) -> Self {
        let http = context.http();
        let home = http.prepare("GET", "/echo");
        Visitor { http, home }
    }
}

impl Visitor {
    async fn home(&mut self) -> Outcome {
        self.http.send(&self.home).await
    }
}

fn main() -> ExitCode {
    gatecrash::app().user::<Visitor>().run()
}
