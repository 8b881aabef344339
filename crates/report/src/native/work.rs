//! Arrivals, users and tasks.
//!
//! In: a snapshot. Out: lines and a table, none where there is nothing to tell.

use gatecrash_metrics::{Arrivals, Snapshot, Task, Values};

use super::figure::{count, counted, ms, share, value_or_dash};
use super::requests::{QUANTILE_HEADS, quantile_cells};
use super::table::{Cell, Group, Table};
use super::{Fact, Look, Paint, harmless};

/// What became of the arrivals, how late they were started, and the users.
pub fn arrival_lines(arrivals: &Arrivals, look: &Look) -> Vec<String> {
    look.facts(&arrival_facts(arrivals))
}

/// As [`arrival_lines`], for any page.
pub fn arrival_facts(arrivals: &Arrivals) -> Vec<Fact> {
    let mut facts = Vec::new();
    let mut tell = |label, paint, text: &str| facts.push(Fact::new(label, paint, text));
    if arrivals.planned > 0 {
        let paint = if arrivals.missed() > 0 {
            Paint::Warn
        } else {
            Paint::Plain
        };
        tell("arrivals", paint, &planned(arrivals));
    }
    if let Some(times) = times(&arrivals.schedule_lag_ms) {
        let lag = format!("{times}, from due to started");
        tell("lag", Paint::Plain, &lag);
    }
    if arrivals.users.peak > 0 {
        let users = format!(
            "{} at most, {} in flight at most",
            count(arrivals.users.peak),
            counted(arrivals.in_flight.peak, "task", "tasks")
        );
        tell("users", Paint::Plain, &users);
    }
    if let Some(times) = times(&arrivals.on_start_ms) {
        let users = counted(arrivals.on_start_ms.count(), "user", "users");
        tell("on_start", Paint::Plain, &format!("{users}: {times}"));
    }
    facts
}

fn planned(arrivals: &Arrivals) -> String {
    let (planned, started) = (arrivals.planned, arrivals.started);
    let mut text = format!(
        "{} planned, {} started ({})",
        count(planned),
        count(started),
        share(started, planned)
    );
    let reasons = [
        (arrivals.missed_cap, "by the limit on those in flight"),
        (arrivals.missed_stopped, "by the end of the run"),
    ];
    let missed: Vec<String> = reasons
        .iter()
        .filter(|(missed, _)| *missed > 0)
        .map(|(missed, reason)| format!("{} {reason}", count(*missed)))
        .collect();
    if !missed.is_empty() {
        text.push_str(&format!(", missed {}", missed.join(" and ")));
    }
    text
}

fn times(values: &Values) -> Option<String> {
    let figure = |q| values.quantile(q).map(ms);
    Some(format!(
        "P50 {}, P99 {}, max {}",
        figure(0.5)?,
        figure(0.99)?,
        figure(1.0)?
    ))
}

/// The table of tasks: from due to end, and how late they began. Empty without tasks.
pub fn task_table(snapshot: &Snapshot, look: &Look) -> Vec<String> {
    tasks(snapshot).lines(look)
}

/// The tasks that began.
pub fn tasks(snapshot: &Snapshot) -> Table {
    let seen: Vec<&Task> = snapshot
        .tasks
        .iter()
        .map(AsRef::as_ref)
        .filter(|task| task.started > 0)
        .collect();
    let has_lag = seen.iter().any(|task| !task.start_lag_ms.is_empty());
    let mut table = Table {
        heads: vec!["tasks", "started", "failed"],
        groups: vec![Group {
            from: 3,
            to: 7,
            head: "from due to end, ms",
        }],
        texts: 1,
        ..Table::default()
    };
    table.heads.extend(QUANTILE_HEADS);
    if has_lag {
        table.heads.extend(["P50", "P99"]);
        table.groups.push(Group {
            from: 7,
            to: 9,
            head: "start lag",
        });
    }
    table.rows = seen.iter().map(|task| row(task, has_lag)).collect();
    table
}

fn row(task: &Task, has_lag: bool) -> Vec<Cell> {
    let failed = match task.failed {
        0 => Cell::from("0"),
        n => Cell::from(share(n, task.ended.max(n))).painted(Paint::Bad),
    };
    let name = match &*task.user {
        "" => harmless(&task.name),
        user => harmless(&format!("{user}: {}", task.name)),
    };
    let mut cells = vec![name.into(), count(task.started).into(), failed];
    cells.extend(quantile_cells(Some(&task.time_ms)));
    if has_lag {
        let lag = |q| Cell::from(value_or_dash(task.start_lag_ms.quantile(q)));
        cells.extend([lag(0.5), lag(0.99)]);
    }
    cells
}
