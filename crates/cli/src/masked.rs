//! The secrets of a plan, and the news of a run without them.
//!
//! In: a checked plan. Out: everything in it that must not be told: what came from the
//! environment and `.env`, and what its authors wrote into headers that authorize.

use gatecrash_plan::effective::is_secret_header;
use gatecrash_plan::model::{
    Hook, HookAction, HttpStep, Part, Plan, SocketStep, Step, Template, UserKind,
};
use gatecrash_report::secrets::Secrets;

use crate::news::News;

/// The secrets of a plan.
pub(crate) fn secrets(plan: &Plan) -> Secrets {
    let environment = plan.environment.iter().map(|(_, value)| value.clone());
    let mut values: Vec<String> = environment.collect();
    for class in &plan.users {
        if let UserKind::Http(users) = &class.kind {
            add_headers(&users.headers, &mut values);
            let tasks = users.tasks.iter().flat_map(|task| &task.steps);
            let steps = users.start.iter().chain(tasks).chain(&users.stop);
            steps.for_each(|step| add_step(step, &mut values));
        }
    }
    let of_scenarios = plan.scenarios.iter();
    let hooks = of_scenarios.flat_map(|one| one.before.iter().chain(&one.after));
    for hook in plan.before.iter().chain(&plan.after).chain(hooks) {
        add_hook(hook, &mut values);
    }
    Secrets::new(values)
}

fn add_hook(hook: &Hook, values: &mut Vec<String>) {
    if let HookAction::Request(request) = &hook.action {
        add_request(request, values);
    }
}

fn add_request(request: &HttpStep, values: &mut Vec<String>) {
    add_headers(&request.headers, values);
}

fn add_step(step: &Step, values: &mut Vec<String>) {
    match step {
        Step::Http(request) => add_request(request, values),
        Step::If {
            then, otherwise, ..
        } => {
            let both = then.iter().chain(otherwise);
            both.for_each(|step| add_step(step, values));
        }
        Step::Repeat { steps, .. } => steps.iter().for_each(|step| add_step(step, values)),
        Step::Socket(SocketStep::Connect { headers, .. }) => add_headers(headers, values),
        Step::Socket(_) | Step::Think(_) | Step::Set(_) => {}
    }
}

/// The words of headers that authorize: `Bearer TOKEN` has a secret one, `a=1; b=2` two.
fn add_headers(headers: &[(String, Template)], values: &mut Vec<String>) {
    let secret = headers.iter().filter(|(name, _)| is_secret_header(name));
    for part in secret.flat_map(|(_, value)| &value.parts) {
        let Part::Text(text) = part else { continue };
        let words = text
            .split([' ', ';', ','])
            .map(|word| match word.split_once('=') {
                Some((_, value)) if !value.is_empty() && !value.starts_with('=') => value,
                _ => word,
            });
        let is_scheme = |word: &&str| SCHEMES.contains(&word.to_ascii_lowercase().as_str());
        values.extend(words.filter(|word| !is_scheme(word)).map(str::to_owned));
    }
}

/// What stands before a secret and is none (RFC 9110, §11.1).
const SCHEMES: [&str; 5] = ["basic", "bearer", "digest", "negotiate", "token"];

/// News without secrets.
pub(crate) fn masked(mut news: News, secrets: &Secrets) -> News {
    match &mut news {
        News::Second(standing) => secrets.mask_snapshot(&mut standing.snapshot),
        News::Changed(change) => change.what = secrets.mask_sentence(&change.what).into_owned(),
        News::Ended(record) => secrets.mask_scenario(record),
        News::Began(_) => {}
    }
    news
}
