//! Who may see what: tokens are given for a password, and asked for everywhere else.
//!
//! In: credentials, or a bearer token. Out: a token, or the account behind it.
//! Never: security beyond a test; the passwords follow from the names.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use serde::Deserialize;
use serde_json::json;

use super::{numbered, state};
use crate::answer::{Answer, Reply};
use crate::clock::now;
use crate::routes::Call;

const TENANT: &str = "clinic";
const PHYSICIANS: u32 = 1000;
const ADMINS: u32 = 10;
const TOKEN_LIFETIME_S: u64 = 3600;

/// What an account may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Physician,
    Admin,
}

/// Who calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) role: Role,
    pub(super) number: u32,
}

impl Account {
    fn from_name(name: &str) -> Option<Self> {
        let physician = numbered(name, "physician").filter(|number| *number <= PHYSICIANS);
        let admin = numbered(name, "admin").filter(|number| *number <= ADMINS);
        match (physician, admin) {
            (Some(number), _) => Some(Self {
                role: Role::Physician,
                number,
            }),
            (_, Some(number)) => Some(Self {
                role: Role::Admin,
                number,
            }),
            _ => None,
        }
    }
}

/// Gives and checks tokens: `NAME.ISSUED.SERIAL.TAG`, where the tag is a keyed hash of the rest,
/// so that no token need be kept.
#[derive(Debug)]
pub(crate) struct Tokens {
    key: RandomState,
    started: Instant,
    given: AtomicU64,
}

impl Tokens {
    pub(crate) fn new() -> Self {
        Self {
            key: RandomState::new(),
            started: now(),
            given: AtomicU64::new(0),
        }
    }

    /// How many tokens were given so far.
    pub(super) fn given(&self) -> u64 {
        self.given.load(Ordering::Relaxed)
    }

    fn give(&self, name: &str, at: Instant) -> String {
        let serial = self.given.fetch_add(1, Ordering::Relaxed);
        let issued_s = self.seconds(at);
        let tag = self.key.hash_one((name, issued_s, serial));
        format!("{name}.{issued_s}.{serial}.{tag:016x}")
    }

    fn check(&self, token: &str, at: Instant) -> Option<Account> {
        let mut parts = token.split('.');
        let (name, issued, serial, tag) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let (issued_s, serial): (u64, u64) = (issued.parse().ok()?, serial.parse().ok()?);
        let genuine = tag == format!("{:016x}", self.key.hash_one((name, issued_s, serial)));
        let fresh = self.seconds(at) < issued_s.saturating_add(TOKEN_LIFETIME_S);
        if genuine && fresh && parts.next().is_none() {
            Account::from_name(name)
        } else {
            None
        }
    }

    fn seconds(&self, at: Instant) -> u64 {
        at.saturating_duration_since(self.started).as_secs()
    }
}

#[derive(Deserialize)]
struct Credentials {
    grant_type: String,
    tenant_id: String,
    username: String,
    password: String,
}

/// `POST /auth/token`: a token for the tenant `clinic`, the user `physician-{1..1000}` or
/// `admin-{1..10}` and the password, which is the user's name followed by `-secret`.
pub(super) fn token(call: &Call<'_>) -> Result<Reply, Answer> {
    let credentials: Credentials = call.json()?;
    if credentials.grant_type != "password" {
        return Err(Answer::error(400, "grant_type must be password"));
    }
    let name = &credentials.username;
    let right = credentials.tenant_id == TENANT
        && Account::from_name(name).is_some()
        && credentials.password == format!("{name}-secret");
    if !right {
        return Err(Answer::unauthorized(
            "the tenant, the user or the password is wrong",
        ));
    }
    let access_token = state(call)?.tokens.give(name, now());
    Ok(Answer::json(
        200,
        &json!({
            "access_token": access_token,
            "token_type": "Bearer",
            "expires_in": TOKEN_LIFETIME_S,
        }),
    )
    .into())
}

/// Lets pass who has a valid token.
pub(super) fn account(call: &Call<'_>) -> Result<Account, Answer> {
    let tokens = &state(call)?.tokens;
    let token = call.head().bearer();
    token
        .and_then(|token| tokens.check(token, now()))
        .ok_or_else(|| {
            Answer::unauthorized("a valid bearer token is needed; POST /auth/token gives one")
        })
}

/// Lets pass administrators alone.
pub(super) fn admin(call: &Call<'_>) -> Result<Account, Answer> {
    match account(call)? {
        account @ Account {
            role: Role::Admin, ..
        } => Ok(account),
        _ => Err(Answer::error(403, "only administrators may see this")),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_token_is_good_for_an_hour_and_cannot_be_changed() {
        let tokens = Tokens::new();
        let start = tokens.started;
        let token = tokens.give("physician-7", start);
        let physician = Some(Account {
            role: Role::Physician,
            number: 7,
        });
        let check = |token: &str, after_s: u64, expected| {
            let at = start + Duration::from_secs(after_s);
            assert_eq!(
                tokens.check(token, at),
                expected,
                "{token} after {after_s} s"
            );
        };
        check(&token, 0, physician);
        check(&token, TOKEN_LIFETIME_S - 1, physician);
        check(&token, TOKEN_LIFETIME_S, None);
        check(&token.replace("physician-7", "admin-7"), 0, None);
        check(&format!("{token}.x"), 0, None);
        check("physician-7", 0, None);
        check("", 0, None);
        assert_ne!(token, tokens.give("physician-7", start));
        assert_eq!(tokens.given(), 2);
    }

    #[test]
    fn names_have_a_role_and_a_number_in_range() {
        let check = |name, expected| {
            assert_eq!(
                Account::from_name(name).map(|account| account.number),
                expected,
                "{name}"
            );
        };
        check("physician-1", Some(1));
        check("physician-1000", Some(1000));
        check("admin-10", Some(10));
        for wrong in [
            "physician-0",
            "physician-1001",
            "admin-11",
            "physician-01",
            "physician-",
            "nurse-1",
        ] {
            check(wrong, None);
        }
    }
}
