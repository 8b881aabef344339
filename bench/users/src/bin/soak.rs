//! A user that calls every hundredth answer a failure, in words that no other has.

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};

use gatecrash::{Context, Http, Outcome, Prepared, User, tasks};

/// One of so many requests fails.
const FAILS_EVERY: u64 = 100;

/// Failures of all users so far: what makes their words unique.
static FAILURES: AtomicU64 = AtomicU64::new(0);

struct Reader {
    http: Http,
    page: Prepared,
    requests: u64,
}

impl User for Reader {
    tasks! { read }

    fn new(context: &Context) -> Self {
        let http = context.http();
        let page = http.prepare("GET", "/");
        Reader {
            http,
            page,
            requests: 0,
        }
    }
}

impl Reader {
    async fn read(&mut self) -> Outcome {
        self.requests += 1;
        if !self.requests.is_multiple_of(FAILS_EVERY) {
            return self.http.send(&self.page).await;
        }
        let answer = self.http.get("/").send().await?;
        let number = FAILURES.fetch_add(1, Ordering::Relaxed);
        Err(answer.fail(format!("refused: order {number} is not known")))
    }
}

fn main() -> ExitCode {
    gatecrash::app().user::<Reader>().run()
}
