//! What must not be told: secrets, wherever they turn up in the texts of a run.
//!
//! In: the secret values, and texts. Out: the texts with `***` in place of the secrets, and
//! of what stands before the `@` of a URL. A value shorter than eight characters is masked
//! only where it is a word of its own, so that `prod` leaves `/products` alone; one of fewer
//! than three is none. The bare address of a service (`http://host:port`) is none either: a
//! report must say what was loaded.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use gatecrash_metrics::objective::Verdict;
use gatecrash_metrics::{
    Endpoint, ExceptionGroup, Failure, Reason, RunRecord, ScenarioRecord, Snapshot, Task, Validity,
};

/// What stands in place of a secret.
pub const MASK: &str = "***";

/// Shorter values are words of their own or no secrets.
const LONG: usize = 8;

/// Still shorter ones are no secrets.
const SHORTEST: usize = 3;

/// The values that must not be told.
#[derive(Clone, Debug, Default)]
pub struct Secrets {
    /// In each form that they may have, longest first.
    values: Vec<String>,
}

impl Secrets {
    /// These values.
    pub fn new(values: impl IntoIterator<Item = String>) -> Secrets {
        let mut forms: Vec<String> = values
            .into_iter()
            .flat_map(|value| secret_part(&value))
            .flat_map(|secret| forms(&secret))
            .collect();
        forms.sort_by(|one, other| other.len().cmp(&one.len()).then(one.cmp(other)));
        forms.dedup();
        Secrets { values: forms }
    }

    /// The text without secrets.
    pub fn mask<'a>(&self, text: &'a str) -> Cow<'a, str> {
        replaced_all(text, self.values.iter())
    }

    /// As [`Secrets::mask`], of a text of ours, in which a short value may be a word: only
    /// the longer ones are masked.
    pub fn mask_sentence<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let is_long = |value: &&String| value.len() >= LONG;
        replaced_all(text, self.values.iter().filter(is_long))
    }

    fn name(&self, text: &mut String) {
        if let Cow::Owned(masked) = self.mask(text) {
            *text = masked;
        }
    }

    fn sentence(&self, text: &mut String) {
        if let Cow::Owned(masked) = self.mask_sentence(text) {
            *text = masked;
        }
    }

    /// The text if something in it must be masked.
    fn masked(&self, text: &str) -> Option<Arc<str>> {
        match self.mask(text) {
            Cow::Owned(masked) => Some(masked.into()),
            Cow::Borrowed(_) => None,
        }
    }

    /// Masks the texts of a run: those of its scenarios, and its own. Its plan was written
    /// without secrets; a second pass would take words of the language for them.
    pub fn mask_run(&self, record: &mut RunRecord) {
        self.name(&mut record.name);
        if let gatecrash_metrics::Ended::Failed(why) = &mut record.ended_by {
            self.sentence(why);
        }
        self.mask_validity(&mut record.validity);
        let origin = &mut record.origin;
        self.sentence(&mut origin.command);
        origin.host.iter_mut().for_each(|host| self.name(host));
        record.notes.iter_mut().for_each(|note| self.sentence(note));
        record
            .verdicts
            .iter_mut()
            .for_each(|one| self.mask_verdict(one));
        record
            .scenarios
            .iter_mut()
            .for_each(|one| self.mask_scenario(one));
    }

    fn mask_verdict(&self, verdict: &mut Verdict) {
        self.sentence(&mut verdict.objective);
        self.sentence(&mut verdict.why);
        verdict.scenario.iter_mut().for_each(|name| self.name(name));
        verdict.endpoint.iter_mut().for_each(|name| self.name(name));
    }

    fn mask_validity(&self, validity: &mut Validity) {
        if let Validity::Doubtful(reasons) | Validity::Invalid(reasons) = validity {
            let mask = |reason: &mut Reason| self.sentence(&mut reason.text);
            reasons.iter_mut().for_each(mask);
        }
    }

    /// Masks the texts of a scenario.
    pub fn mask_scenario(&self, record: &mut ScenarioRecord) {
        self.name(&mut record.name);
        self.sentence(&mut record.load);
        self.mask_validity(&mut record.validity);
        for change in &mut record.changes {
            self.sentence(&mut change.what);
        }
        for hook in &mut record.hooks {
            self.name(&mut hook.name);
            self.name(&mut hook.told);
        }
        for sighting in &mut record.sightings {
            self.sentence(&mut sighting.objective);
            sighting
                .endpoint
                .iter_mut()
                .for_each(|name| self.name(name));
        }
        for slice in &mut record.slices {
            for part in slice.endpoints.iter_mut().chain(&mut slice.classes) {
                if let Some(name) = self.masked(&part.name) {
                    part.name = name;
                }
            }
        }
        self.mask_snapshot(&mut record.snapshot);
    }

    /// Masks the texts of a snapshot. What has none of them is shared as before.
    pub fn mask_snapshot(&self, snapshot: &mut Snapshot) {
        for endpoint in snapshot.endpoints.iter_mut().chain(&mut snapshot.users) {
            if let Some(name) = self.masked(&endpoint.name) {
                Arc::<Endpoint>::make_mut(endpoint).name = name;
            }
        }
        for failure in &mut snapshot.failures {
            if let Some(error) = self.masked(&failure.error) {
                Arc::<Failure>::make_mut(failure).error = error;
            }
            if let Some(name) = self.masked(&failure.name) {
                Arc::<Failure>::make_mut(failure).name = name;
            }
        }
        for group in &mut snapshot.exceptions {
            let (message, traceback) = (self.masked(&group.message), self.masked(&group.traceback));
            if message.is_some() || traceback.is_some() {
                let group = Arc::<ExceptionGroup>::make_mut(group);
                group.message = message.unwrap_or_else(|| group.message.clone());
                group.traceback = traceback.unwrap_or_else(|| group.traceback.clone());
            }
        }
        for task in &mut snapshot.tasks {
            if let Some(name) = self.masked(&task.name) {
                Arc::<Task>::make_mut(task).name = name;
            }
        }
        tell_apart(&mut snapshot.endpoints);
    }
}

/// Endpoints that only a secret told apart get a number.
fn tell_apart(endpoints: &mut [Arc<Endpoint>]) {
    let mut known: HashSet<(Arc<str>, Arc<str>)> = HashSet::new();
    for endpoint in endpoints {
        let is_new = |name: &Arc<str>| !known.contains(&(endpoint.method.clone(), name.clone()));
        if !is_new(&endpoint.name) {
            let numbered = (2..).map(|n| Arc::from(format!("{} ({n})", endpoint.name)));
            let free = numbered.into_iter().find(is_new);
            let free: Arc<str> = free.expect("there are more numbers than endpoints");
            Arc::make_mut(endpoint).name = free;
        }
        known.insert((endpoint.method.clone(), endpoint.name.clone()));
    }
}

/// What is secret in a value: of an address with a user and a password these, of a bare
/// one nothing.
fn secret_part(value: &str) -> Option<String> {
    let value = value.trim();
    let is_secret = match value.split_once("://") {
        Some((scheme, rest)) if scheme.bytes().all(|byte| byte.is_ascii_alphabetic()) => {
            let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
            if path.trim_matches('/').is_empty() {
                return Some(authority.rsplit_once('@')?.0.to_owned());
            }
            true
        }
        _ => value.chars().count() >= SHORTEST,
    };
    is_secret.then(|| value.to_owned())
}

/// A secret as it is, as it stands in a URL, and as it stands in a quoted text.
fn forms(secret: &str) -> Vec<String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let encoded: String = secret
        .bytes()
        .map(|byte| match is_plain(byte) {
            true => char::from(byte).to_string(),
            false => format!("%{byte:02X}"),
        })
        .collect();
    let quoted = serde_json::Value::from(secret).to_string();
    let quoted = quoted[1..quoted.len() - 1].to_owned();
    vec![secret.to_owned(), encoded, quoted]
}

fn replaced_all<'a, 'v>(text: &'a str, values: impl Iterator<Item = &'v String>) -> Cow<'a, str> {
    let mut masked = without_userinfo(text);
    for value in values {
        if masked.contains(value.as_str()) {
            masked = replaced(&masked, value).into();
        }
    }
    masked
}

/// The text with a mask in place of a value; of a short one only where it is a word.
fn replaced(text: &str, value: &str) -> String {
    if value.len() >= LONG {
        return text.replace(value, MASK);
    }
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut masked = String::with_capacity(text.len());
    let mut done = 0;
    for (at, _) in text.match_indices(value) {
        let before = text[..at].chars().next_back();
        let after = text[at + value.len()..].chars().next();
        if before.is_none_or(|c| !is_word(c)) && after.is_none_or(|c| !is_word(c)) {
            masked.push_str(&text[done..at]);
            masked.push_str(MASK);
            done = at + value.len();
        }
    }
    masked.push_str(&text[done..]);
    masked
}

/// The text without what stands before the `@` of URLs.
fn without_userinfo(text: &str) -> Cow<'_, str> {
    let mut masked = String::new();
    let mut is_changed = false;
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        let is_end = |c: char| c.is_whitespace() || "/?#\"'<>)],;".contains(c);
        let authority = &after[..after.find(is_end).unwrap_or(after.len())];
        masked.push_str(before);
        rest = after;
        if let Some((userinfo, _)) = authority.rsplit_once('@')
            && userinfo != MASK
        {
            masked.push_str(MASK);
            rest = &after[userinfo.len()..];
            is_changed = true;
        }
    }
    match is_changed {
        false => text.into(),
        true => (masked + rest).into(),
    }
}
