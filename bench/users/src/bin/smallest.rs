//! The smallest user in Rust: `GET /`, again and again.

use std::process::ExitCode;

use gatecrash::{Context, Http, Outcome, Prepared, User, tasks};

struct Reader {
    http: Http,
    page: Prepared,
}

impl User for Reader {
    tasks! { read }

    fn new(context: &Context) -> Self {
        let http = context.http();
        let page = http.prepare("GET", "/");
        Reader { http, page }
    }
}

impl Reader {
    async fn read(&mut self) -> Outcome {
        self.http.send(&self.page).await
    }
}

fn main() -> ExitCode {
    gatecrash::app().user::<Reader>().run()
}
