//! Whatever else a user wants to count.

use std::fmt;
use std::rc::Rc;

use gatecrash_metrics::{Kind, MetricId, Unit};

use crate::context::Inner;

/// A metric of your own, told beside the requests. A [`Context`](crate::Context) makes it.
#[derive(Clone)]
pub struct Metric {
    inner: Rc<Inner>,
    id: MetricId,
}

impl Metric {
    pub(crate) fn new(inner: Rc<Inner>, name: &str, unit: Unit, kind: Kind) -> Metric {
        let id = inner.seat.declare(gatecrash_metrics::Metric {
            name: name.into(),
            unit,
            kind,
        });
        Metric { inner, id }
    }

    /// Counts one value, in the unit of the metric. One that is not finite is not kept.
    pub fn add(&self, value: f64) {
        self.inner.seat.metric(self.id, value);
    }
}

impl fmt::Debug for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Metric({})", self.id.0)
    }
}
