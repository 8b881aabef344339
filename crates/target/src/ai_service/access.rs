//! Who is let in: those with the key, and not more of them in a second than may be.
//!
//! In: calls. Out: nothing, or the refusal. Never: security beyond a test; the key is written here.

use super::state;
use crate::answer::Answer;
use crate::clock::now;
use crate::rate_limit::WINDOW;
use crate::routes::Call;

/// The header with the key.
const KEY_HEADER: &str = "x-api-key";

/// The only key there is.
const KEY: &[u8] = b"gatecrash-test-key";

/// Lets pass who has the key and comes within the limit.
pub(super) fn admit(call: &Call<'_>) -> Result<(), Answer> {
    if call.head().values(KEY_HEADER).next() != Some(KEY) {
        let reason = "a valid key is needed in the header X-API-Key";
        return Err(Answer::error(401, reason).with("WWW-Authenticate", "ApiKey"));
    }
    let Some(rate) = call.worker.shared.options.rate_limit_per_s else {
        return Ok(());
    };
    if state(call)?.admitted().admits(rate, now()) {
        return Ok(());
    }
    let reason = format!("more than {rate} requests in this second");
    let retry_after_s = WINDOW.as_secs().to_string();
    Err(Answer::error(429, reason).with("Retry-After", retry_after_s))
}
