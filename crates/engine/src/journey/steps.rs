//! The steps of a script, one after the other.
//!
//! In: compiled steps and the state of a user. Out: how the script went. The first request
//! that fails ends it: what comes after would be asked with values that are not there.

use std::time::Duration;

use gatecrash_net::now;
use gatecrash_plan::draw;
use gatecrash_plan::model::{Step, Wait};
use tokio::time::sleep_until;

use super::Seat;
use super::http::HttpCall;
use super::plan::{Compiling, Lane, State, Stop};
use super::socket::SocketCall;
use super::template::Condition;
use super::tree::Tree;

/// A compiled step.
#[derive(Debug)]
pub(super) enum Op {
    Http(Box<HttpCall>),
    Think(Wait),
    Set(Vec<(usize, Tree)>),
    If {
        condition: Condition,
        then: Vec<Op>,
        otherwise: Vec<Op>,
    },
    Repeat {
        times: u32,
        steps: Vec<Op>,
    },
    Socket(Box<SocketCall>),
}

/// Which step of a script is wrong (`2`, `3.1`), and how.
type StepFault = (String, String);

impl Op {
    /// Compiles steps.
    ///
    /// # Errors
    /// The first step that is wrong.
    pub(super) fn compile_all(
        steps: &[Step],
        class: &mut Compiling<'_>,
    ) -> Result<Vec<Op>, StepFault> {
        let numbered = steps.iter().enumerate();
        numbered
            .map(|(at, step)| {
                let number = (at + 1).to_string();
                Op::compile(step, class).map_err(|(inner, fault)| match inner.is_empty() {
                    true => (number, fault),
                    false => (format!("{number}.{inner}"), fault),
                })
            })
            .collect()
    }

    fn compile(step: &Step, class: &mut Compiling<'_>) -> Result<Op, StepFault> {
        let here = |fault: String| (String::new(), fault);
        Ok(match step {
            Step::Http(call) => Op::Http(Box::new(HttpCall::compile(call, class).map_err(here)?)),
            Step::Think(wait) => Op::Think(*wait),
            Step::Set(values) => {
                let compile = |(name, value): &(String, _)| {
                    let tree = Tree::compile(value, &mut class.names)?;
                    Ok((class.names.slot(name), tree))
                };
                let values = values.iter().map(compile);
                Op::Set(values.collect::<Result<_, String>>().map_err(here)?)
            }
            Step::If {
                condition,
                then,
                otherwise,
            } => Op::If {
                condition: Condition::compile(condition, &mut class.names).map_err(here)?,
                then: Op::compile_all(then, class)?,
                otherwise: Op::compile_all(otherwise, class)?,
            },
            Step::Repeat { times, steps } => Op::Repeat {
                times: *times,
                steps: Op::compile_all(steps, class)?,
            },
            Step::Socket(socket) => {
                let call = SocketCall::compile(socket, class).map_err(here)?;
                Op::Socket(Box::new(call))
            }
        })
    }

    /// Does steps until one fails.
    pub(super) async fn run_all(
        steps: &[Op],
        seat: &Seat,
        lane: &Lane,
        state: &mut State,
    ) -> Result<(), Stop> {
        for step in steps {
            if !matches!(step, Op::Http(_)) {
                // Whatever it is, it takes its time.
                seat.take_begun();
            }
            match step {
                Op::Http(call) => {
                    state.has_waited = true;
                    call.perform(seat, lane, state).await?;
                }
                Op::Set(values) => set(values, lane, state)?,
                Op::Think(wait) => think(*wait, state).await,
                // Its state is not kept in every user.
                other => Box::pin(other.run(seat, lane, state)).await?,
            }
        }
        Ok(())
    }

    async fn run(&self, seat: &Seat, lane: &Lane, state: &mut State) -> Result<(), Stop> {
        match self {
            Op::If {
                condition,
                then,
                otherwise,
            } => {
                let holds = condition.holds(state.scope(&lane.class));
                let steps = if holds.map_err(Stop::Fault)? {
                    then
                } else {
                    otherwise
                };
                Op::run_all(steps, seat, lane, state).await
            }
            Op::Repeat { times, steps } => {
                for _ in 0..*times {
                    Op::run_all(steps, seat, lane, state).await?;
                }
                Ok(())
            }
            Op::Socket(call) => {
                state.has_waited = true;
                call.perform(seat, lane, state).await
            }
            Op::Http(_) | Op::Set(_) | Op::Think(_) => unreachable!("done where steps are done"),
        }
    }
}

async fn think(wait: Wait, state: &mut State) {
    let time = drawn(wait, state);
    state.has_waited |= !time.is_zero();
    sleep_until((now() + time).into()).await;
}

fn set(values: &[(usize, Tree)], lane: &Lane, state: &mut State) -> Result<(), Stop> {
    for (slot, tree) in values {
        let value = tree.value(state.scope(&lane.class)).map_err(Stop::Fault)?;
        state.values.set(*slot, value);
    }
    Ok(())
}

/// How long a pause is this time. A pause has no beginning of a task to keep a distance
/// from: a pacing is a pause of that length.
pub(super) fn drawn(wait: Wait, state: &State) -> Duration {
    match wait {
        Wait::None => Duration::ZERO,
        Wait::Between(least, most) => draw::between(state.values.draws().draw(), least, most),
        Wait::Pacing(time) => time,
    }
}
