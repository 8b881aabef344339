//! Which endpoints a run will have, and what in the plan speaks of none of them.
//!
//! In: a plan. Out: warnings. Nothing is said where a name is filled in while the plan runs,
//! or where users are code: what they will be called is not known then.

use gatecrash_metrics::objective::fits;

use crate::model::{Plan, SocketStep, Step, Template, UserKind};

/// The method under which steps on a WebSocket are counted.
const SOCKET: &str = "WS";

/// The method and the name of an endpoint.
type Endpoint = (String, String);

/// What speaks of endpoints that no request of the plan has.
pub(super) fn warnings(plan: &Plan) -> Vec<String> {
    let Some(endpoints) = endpoints(plan) else {
        return Vec::new();
    };
    let is_there = |wanted: &str| {
        let mut all = endpoints.iter();
        all.any(|(method, name)| fits(wanted, method, name))
    };
    let mut warnings = Vec::new();
    for objective in plan.all_objectives() {
        let named = objective.terms().into_iter();
        let mut named = named.filter_map(|term| term.scope.endpoint.as_deref());
        if let Some(endpoint) = named.find(|endpoint| !is_there(endpoint)) {
            let near = nearest(endpoint, &endpoints);
            warnings.push(format!(
                "the objective `{}` speaks of {endpoint}, and no request has that name{near}; \
                 it will have no data",
                objective.text
            ));
        }
    }
    for (pattern, _) in plan.prices.iter().flat_map(|prices| &prices.endpoints) {
        if !is_there(pattern) {
            let near = nearest(pattern, &endpoints);
            warnings.push(format!(
                "the price of {pattern} is nobody's: no request has that name{near}"
            ));
        }
    }
    warnings.dedup();
    warnings
}

fn nearest(name: &str, endpoints: &[Endpoint]) -> String {
    let names = endpoints.iter().map(|(_, name)| name.as_str());
    match crate::hint::nearest(name, names) {
        Some(near) => format!(" (did you mean {near}?)"),
        None => String::new(),
    }
}

/// All endpoints of the classes that take part; `None` if one of them is not known.
fn endpoints(plan: &Plan) -> Option<Vec<Endpoint>> {
    let mut all = Vec::new();
    for (place, class) in plan.users.iter().enumerate() {
        let who = plan.scenarios.iter().flat_map(|scenario| &scenario.who);
        if !who.into_iter().any(|(one, _)| *one == place) {
            continue;
        }
        let UserKind::Http(users) = &class.kind else {
            return None;
        };
        of_steps(&users.start, &mut all)?;
        of_steps(&users.stop, &mut all)?;
        for task in &users.tasks {
            of_steps(&task.steps, &mut all)?;
        }
    }
    Some(all)
}

fn of_steps(steps: &[Step], all: &mut Vec<Endpoint>) -> Option<()> {
    for step in steps {
        match step {
            Step::Http(http) => all.push((http.method.clone(), constant(&http.name)?)),
            Step::Socket(
                SocketStep::Connect { name, .. }
                | SocketStep::Send { name, .. }
                | SocketStep::Expect { name, .. },
            ) => all.push((SOCKET.to_owned(), constant(name)?)),
            Step::If {
                then, otherwise, ..
            } => {
                of_steps(then, all)?;
                of_steps(otherwise, all)?;
            }
            Step::Repeat { steps, .. } => of_steps(steps, all)?,
            Step::Think(_) | Step::Set(_) | Step::Socket(_) => {}
        }
    }
    Some(())
}

fn constant(name: &Template) -> Option<String> {
    name.as_constant().map(str::to_owned)
}
