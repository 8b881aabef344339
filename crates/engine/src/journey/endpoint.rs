//! Under which name a step is counted.
//!
//! In: method and name of a step. Out: the number of its endpoint in a lane's books. A name
//! without places to fill in is looked up once per lane.

use gatecrash_metrics::EndpointId;
use gatecrash_plan::model::Template;

use super::Seat;
use super::encode::Escape;
use super::plan::{Compiling, Lane, State, Stop};
use super::template::{Pieces, Written};

/// The name of a step in the reports.
#[derive(Debug)]
pub(super) struct Endpoint {
    /// Its place among those of the class.
    place: usize,
    method: Box<str>,
    name: Pieces,
}

impl Endpoint {
    pub(super) fn compile(
        method: &str,
        name: &Template,
        class: &mut Compiling<'_>,
    ) -> Result<Endpoint, String> {
        Ok(Endpoint {
            place: class.next_endpoint(),
            method: method.into(),
            name: Pieces::compile(name, Written::As(Escape::Text), &mut class.names)?,
        })
    }

    /// Its place among those of the class.
    pub(super) fn place(&self) -> usize {
        self.place
    }

    /// Its number.
    pub(super) fn number(
        &self,
        seat: &Seat,
        lane: &Lane,
        state: &State,
    ) -> Result<EndpointId, Stop> {
        if let Some(known) = lane.endpoint(self.place).get() {
            return Ok(known);
        }
        let name = self
            .name
            .text(state.scope(&lane.class))
            .map_err(Stop::Fault)?;
        let number = seat.endpoint(&self.method, &name);
        if self.name.as_constant().is_some() {
            lane.endpoint(self.place).set(Some(number));
        }
        Ok(number)
    }
}
