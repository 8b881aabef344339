//! Classes of users, as written.

use std::time::Duration;

use super::{CacheFile, ExpectFile, Headers, States, StepFile, TaskFile};
use crate::file::read::{At, Entries};
use crate::file::scalar::{Size, Weight, Whole};
use crate::file::shape::record;
use crate::file::text::TemplateText;
use crate::model::Wait;

record! {
    /// A class of users: either `tasks` of requests, or a `locustfile`.
    UserFile "a user class" one of ["tasks", "locustfile"] {
        /// Its part among all classes of a scenario. A class of weight 0 takes part only where
        /// a scenario names it under `who`.
        weight: Weight = "4" (default "1");
        /// Where its relative URLs lead, instead of the plan's `host`.
        host: String = "https://staging.example.com";
        /// The time between two tasks of a user, where a scenario says how many `users` there
        /// are: always the same (`2s`), drawn (`1s..5s`), so that tasks begin that far apart
        /// (`pacing 10s`), or so that each user does so many per second (`throughput 0.1/s`).
        /// Under a `rate` it does not apply.
        wait: Wait = "1s..5s" (default "none");
        /// Headers of every request. One that needs a value is left out of the requests before
        /// the value is taken: those of `start`, and of the task that takes it.
        headers: Entries<Headers, TemplateText> = "{ Authorization: \"Bearer {{ token }}\" }";
        /// Longest time for a whole exchange, where a request does not say.
        timeout: Duration = "10s" (default "60s");
        /// How many redirects are followed, where a request does not say.
        redirects: Whole = "0" (default "10");
        /// How large the body of an answer may be, where a request does not say.
        max_body: Size = "1MB" (default "64MB");
        /// How answers tell whether they came from a cache, where a request does not say.
        cache: CacheFile = "{ header: X-Cache-Status }" (default "that of the plan");
        /// What answers may tell, beside the `states` of the plan; one of the same name replaces
        /// the plan's.
        states: Entries<States, ExpectFile> = "{ degraded: { json: { $.mode: degraded } } }";
        /// Whether the certificates of servers are checked.
        verify_tls: bool = "false" (default "true");
        /// Steps of every new user, before its first task.
        start: Vec<At<StepFile>> = "[{ post: /login, form: { user: ann } }]";
        /// What its users do, one task at a time, drawn by weight.
        tasks: Vec<At<TaskFile>> = "[{ get: /items }, { get: /, weight: 3 }]";
        /// Steps of every user, after its last task.
        stop: Vec<At<StepFile>> = "[{ post: /logout }]";
        /// A locustfile whose users they are; relative to the plan's folder.
        locustfile: String = "locustfile.py";
        /// Which classes of the locustfile; without it all of them.
        classes: Vec<At<String>> = "[Visitor, Editor]";
    }
}
