//! One observation on its way into the books.
//!
//! In: what a lane or a guest saw of one request. Out: nothing; it is read by
//! [`crate::Shard::record`] and forgotten.

/// The number of an endpoint, a (method, name) pair.
///
/// Whoever interns the names gives the numbers, counting from 0 without large
/// gaps; a shard learns them by [`crate::Shard::define`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EndpointId(pub u32);

/// One finished request, failed or not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// Which endpoint it belongs to.
    pub endpoint: EndpointId,
    /// When it finished, seconds since the Unix epoch.
    pub at_epoch_s: f64,
    /// How long it took, milliseconds. `None` counts the request without a time,
    /// as does a number that is not finite.
    pub response_time_ms: Option<f64>,
    /// Whether the caller gave the time as a whole number. Outputs that copy the
    /// form of Locust print such minima, maxima and sums without a fraction.
    pub whole_ms: bool,
    /// Length of the answer's body, bytes.
    pub response_length: u64,
}
