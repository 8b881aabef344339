//! When a plain answer counts as a success without anybody looking at it.

use gatecrash_net::{Framing, Head};

/// What makes an answer a success that the lane may record by itself.
/// Everything else goes to the user's thread, which knows the exceptions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Which status codes are fine.
    pub fine: Fine,
    /// An answer that redirects is not the last one.
    pub follows_redirects: bool,
}

/// Sets of status codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fine {
    /// All below 400.
    Below400,
    /// 200 to 208, 226, 301, 302, 303, 304, 307, 308 (Locust's `FastHttpUser`).
    Listed,
}

impl Rule {
    /// Whether the answer is a success and the end of its exchange.
    pub fn accepts(&self, head: &Head) -> bool {
        let redirects = head.has_location && matches!(head.status, 301 | 302 | 303 | 307 | 308);
        self.fine.has(head.status)
            && !(self.follows_redirects && redirects)
            && !(self.fine == Fine::Listed && lacks_what_is_encoded(head))
    }
}

/// A coding is declared, but there is no body. `FastHttpUser` takes that for a
/// body that was cut off.
fn lacks_what_is_encoded(head: &Head) -> bool {
    head.is_encoded && matches!(head.framing, Framing::Empty | Framing::Length(0))
}

impl Fine {
    fn has(self, status: u16) -> bool {
        match self {
            Fine::Below400 => status < 400,
            Fine::Listed => {
                matches!(status, 200..=208 | 226 | 301 | 302 | 303 | 304 | 307 | 308)
            }
        }
    }
}
