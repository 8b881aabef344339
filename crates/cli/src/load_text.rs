//! A load as a person reads it: `50/s for 2m`, `100 users, started within 10s, for 5m`.
//!
//! In: a scenario of a plan. Out: one clause. Never: the numbers that came of it.

use std::time::Duration;

use gatecrash_plan::duration::written;
use gatecrash_plan::model::{Iterations, Load, Scenario};
use gatecrash_plan::rate::Rate;
use gatecrash_plan::schedule::{RateProfile, Spacing, UserSchedule};

/// The load of a scenario.
pub(crate) fn load_text(scenario: &Scenario) -> String {
    let text = match &scenario.load {
        Load::Users {
            schedule,
            iterations,
        } => users(schedule) + &times(*iterations),
        Load::Rate {
            profile, spacing, ..
        } => rate(profile) + by_chance(*spacing),
    };
    let stages = match &scenario.load {
        Load::Users { schedule, .. } => schedule.boundaries().count() > 2,
        Load::Rate { profile, .. } => profile.boundaries().count() > 1,
    };
    match scenario.duration {
        Some(whole) if !stages => format!("{text} for {}", written(whole)),
        _ => text,
    }
}

fn times(iterations: Option<Iterations>) -> String {
    match iterations {
        None => String::new(),
        Some(Iterations::PerUser(1)) => ", 1 task each".to_owned(),
        Some(Iterations::PerUser(tasks)) => format!(", {tasks} tasks each"),
        Some(Iterations::Total(tasks)) => format!(", {tasks} tasks together"),
    }
}

fn by_chance(spacing: Spacing) -> &'static str {
    match spacing {
        Spacing::Even => "",
        Spacing::Poisson { .. } => " (Poisson)",
    }
}

/// Where the pieces of a schedule begin and end.
fn pieces(ends: impl Iterator<Item = Duration>) -> Vec<(Duration, Duration)> {
    let mut begin = Duration::ZERO;
    let piece = |end| (std::mem::replace(&mut begin, end), end);
    ends.map(piece).collect()
}

fn users(schedule: &UserSchedule) -> String {
    let pieces = pieces(schedule.boundaries());
    let peak = schedule.peak();
    let plain = match peak {
        1 => "1 user".to_owned(),
        peak => format!("{peak} users"),
    };
    let is_full = |at: Duration| schedule.users_at(at) == peak;
    match pieces.as_slice() {
        _ if is_full(Duration::ZERO) && pieces.len() < 2 => plain,
        [(_, spawned)] => format!("{plain}, started within {}", written(*spawned)),
        [(_, spawned), (_, end)] if is_full(*spawned) && is_full(*end) => {
            format!("{plain}, started within {}", written(*spawned))
        }
        stages => {
            let stage = |(begin, end): &(Duration, Duration)| {
                let users = schedule.users_at(*end);
                format!("{users} in {}", written(*end - *begin))
            };
            let stages: Vec<String> = stages.iter().map(stage).collect();
            format!("users: {}", stages.join(", "))
        }
    }
}

fn rate(profile: &RateProfile) -> String {
    let pieces = pieces(profile.boundaries());
    let first = shown(profile.rate_at(Duration::ZERO));
    let last_of = |end: Duration| {
        let last = end.saturating_sub(Duration::from_nanos(1));
        shown(profile.rate_at(last))
    };
    match pieces.as_slice() {
        [] => first,
        [(_, end)] if last_of(*end) == first => first,
        [(_, end)] => format!("{first} .. {}", last_of(*end)),
        stages => {
            let stage = |(begin, end): &(Duration, Duration)| {
                format!("{} in {}", last_of(*end), written(*end - *begin))
            };
            let stages: Vec<String> = stages.iter().map(stage).collect();
            format!("from {first}: {}", stages.join(", "))
        }
    }
}

/// A rate to a thousandth, which hides that the last nanosecond of a ramp is not its end.
fn shown(per_second: f64) -> String {
    let rounded = (per_second * 1000.0).round() / 1000.0;
    Rate::per_second(rounded).map_or_else(|_| format!("{per_second}/s"), |rate| rate.to_string())
}

#[cfg(test)]
mod tests {
    use gatecrash_plan::model::Start;
    use gatecrash_plan::schedule::{RatePiece, UserStage};

    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn check(load: Load, duration: Option<Duration>, expected: &str) {
        let scenario = Scenario {
            name: "one".to_owned(),
            start: Start::InTurn,
            who: vec![(0, 1.0)],
            load,
            duration,
            grace: MINUTE,
            measured: true,
            seed: 1,
            expected_time: None,
            objectives: Vec::new(),
            pause_before: Duration::ZERO,
            before: Vec::new(),
            after: Vec::new(),
        };
        assert_eq!(load_text(&scenario), expected);
    }

    fn per_second(rate: &str) -> Rate {
        rate.parse().unwrap()
    }

    #[test]
    fn rates() {
        let of = |pieces: &[RatePiece], spacing| Load::Rate {
            profile: RateProfile::new(pieces).unwrap(),
            spacing,
            max_in_flight: 10,
        };
        let even = [RatePiece::constant(per_second("50/s"), Some(MINUTE))];
        check(of(&even, Spacing::Even), Some(MINUTE), "50/s for 1m");
        let ramp = [RatePiece::ramp(
            per_second("1/s"),
            per_second("100/s"),
            MINUTE,
        )];
        let poisson = Spacing::Poisson { seed: 7 };
        let text = "1/s .. 100/s (Poisson) for 1m";
        check(of(&ramp, poisson), Some(MINUTE), text);
        let stages = [
            RatePiece::ramp(per_second("0/s"), per_second("30/m"), MINUTE),
            RatePiece::constant(per_second("30/m"), Some(3 * MINUTE)),
        ];
        let text = "from 0/s: 0.5/s in 1m, 0.5/s in 3m";
        check(of(&stages, Spacing::Even), Some(4 * MINUTE), text);
    }

    #[test]
    fn users() {
        let of = |schedule, iterations| Load::Users {
            schedule,
            iterations,
        };
        let all = |lasts| UserSchedule::constant(5, None, lasts).unwrap();
        check(of(all(Some(MINUTE)), None), Some(MINUTE), "5 users for 1m");
        let each = Some(Iterations::PerUser(4));
        check(of(all(None), each), None, "5 users, 4 tasks each");
        let spawned = |lasts| UserSchedule::constant(5, Some(per_second("1/s")), lasts).unwrap();
        let text = "5 users, started within 5s for 1m";
        check(of(spawned(Some(MINUTE)), None), Some(MINUTE), text);
        let together = Some(Iterations::Total(9));
        let text = "5 users, started within 5s, 9 tasks together";
        check(of(spawned(None), together), None, text);
        let stage = |to, lasts| UserStage { to, lasts };
        let stages = [
            stage(50, Some(MINUTE)),
            stage(50, Some(MINUTE)),
            stage(0, Some(MINUTE)),
        ];
        let schedule = UserSchedule::stages(&stages).unwrap();
        let text = "users: 50 in 1m, 50 in 1m, 0 in 1m";
        check(of(schedule, None), Some(3 * MINUTE), text);
    }
}
