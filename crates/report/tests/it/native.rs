//! What a person reads of a native run, against what a person found readable:
//! `tests/native`. A difference is written to the folder that the message names; after a
//! look at it, copy it here.

use std::fs;
use std::path::PathBuf;

use gatecrash_metrics::{Point, RunRecord, ScenarioRecord, Shard, Unit, Validity};
use gatecrash_report::native::figure;
use gatecrash_report::native::requests::request_table;
use gatecrash_report::native::run::{run, scenario};
use gatecrash_report::native::status::{Spent, Status};
use gatecrash_report::native::{Look, cut};

use crate::runs;

const NARROW: Look = Look {
    width: 80,
    color: false,
};
const WIDE: Look = Look {
    width: 140,
    color: false,
};

/// Compares text with a file of `tests/native`.
pub(crate) fn same(file: &str, ours: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/native")
        .join(file);
    let expected = fs::read_to_string(&path).unwrap_or_default();
    if expected != ours {
        let told = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(file);
        fs::write(&told, ours).expect("a folder for temporary files");
        panic!(
            "{} differs from {}:\n{ours}",
            told.display(),
            path.display()
        );
    }
}

fn text(lines: &[String]) -> String {
    lines.join("\n") + "\n"
}

#[test]
fn a_run_fits_a_narrow_page_and_uses_a_wide_one() {
    let record = runs::run(vec![runs::warm_up(), runs::open(), runs::closed()]);
    for (look, file) in [(NARROW, "run-80.txt"), (WIDE, "run-140.txt")] {
        let lines = run(&record, &look);
        same(file, &text(&lines));
        let longest = lines.iter().map(|line| line.chars().count()).max();
        assert!(longest <= Some(look.width), "{longest:?}");
    }
}

#[test]
fn colours_add_nothing_but_colour() {
    let record = runs::run(vec![runs::open(), runs::closed()]);
    let color = Look {
        color: true,
        ..NARROW
    };
    let lines = run(&record, &color);
    same("run-80-color.txt", &text(&lines));
    let bare: Vec<String> = lines.iter().map(|line| without_color(line)).collect();
    assert_eq!(bare, run(&record, &NARROW));
}

/// The text without sequences that set colours.
fn without_color(line: &str) -> String {
    let mut parts = line.split("\x1b[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        text + part.split_once('m').expect("a colour").1
    })
}

#[test]
fn nothing_from_elsewhere_reaches_the_terminal_unchecked() {
    let record = runs::open();
    let error = &record.snapshot.failures[0].error;
    assert!(error.contains('\x1b') && error.contains('\n'));
    let told = text(&scenario(&record, &RunRecord::default(), &WIDE));
    assert!(!told.contains('\x1b'), "{told}");
    assert!(told.contains("[2Jboom for url"), "{told}");
}

#[test]
fn a_run_in_which_nothing_happened_is_told_in_a_few_lines() {
    let record = runs::run(vec![runs::bare(Shard::new(runs::START))]);
    same("nothing.txt", &text(&run(&record, &NARROW)));
}

#[test]
fn service_times_stand_in_columns_only_where_there_is_room() {
    let snapshot = runs::open().snapshot;
    let columns = |width| {
        let look = Look {
            width,
            color: false,
        };
        let lines = request_table(&snapshot, 20.0, &look);
        assert!(lines.iter().all(|line| line.chars().count() <= width));
        lines[1].matches("P99").count()
    };
    assert_eq!((columns(80), columns(140)), (1, 2));
    // In the closed model there is nothing to put beside.
    let closed = request_table(&runs::closed().snapshot, 20.0, &WIDE);
    assert_eq!(closed.len(), 3);
    assert!(!text(&closed).contains("service"));
}

#[test]
fn what_users_could_not_send_is_told() {
    let mut shard = Shard::new(runs::START);
    for _ in 0..1_200 {
        shard.exception("{{ token }}: it has no value here", "physician, start", "");
    }
    shard.exception("at the wrong moment", "Traceback\n  somewhere", "");
    let record = runs::bare(shard);
    let told = text(&scenario(&record, &RunRecord::default(), &NARROW));
    assert!(
        told.contains(
            "  exceptions\n        1,200 physician, start: {{ token }}: it has no value here\n"
        ),
        "{told}"
    );
    assert!(
        told.contains("1 Traceback: at the wrong moment\n"),
        "{told}"
    );
    let status = Status {
        name: "burst",
        elapsed_s: 1.0,
        planned_s: None,
        planned_tasks: None,
        turn: (1, 1),
        spent: None,
        state: "",
        snapshot: &record.snapshot,
        last: None,
    };
    let line = status.line(&NARROW);
    assert!(
        line.ends_with(" · no failures · 1,201 exceptions"),
        "{line}"
    );
}

#[test]
fn an_invalid_run_is_called_so() {
    let mut record = runs::open();
    record.driven.missed_cap = 4_000;
    record.driven.planned += 4_000;
    record.validity = gatecrash_metrics::judge(&record.driven);
    let record = runs::run(vec![record]);
    let lines = run(&record, &NARROW);
    assert!(matches!(record.validity, Validity::Invalid(_)));
    let end = text(&lines[lines.len() - 2..]);
    assert!(end.contains("The run is INVALID"), "{end}");
    assert!(
        text(&lines).contains("  driven      INVALID\n"),
        "{lines:#?}"
    );
    assert!(text(&lines).contains("raise max_in_flight"));
}

/// The status line of a scenario on a page of the given width.
fn status(record: &ScenarioRecord, width: usize, color: bool) -> String {
    let last: Point = record.history[10];
    let status = Status {
        name: "burst",
        elapsed_s: 11.4,
        planned_s: Some(120.0),
        planned_tasks: None,
        turn: (1, 1),
        spent: None,
        state: "",
        snapshot: &record.snapshot,
        last: Some(&last),
    };
    status.line(&Look { width, color })
}

#[test]
fn the_status_line_tells_what_fits() {
    let record = runs::open();
    let status = |width, color| status(&record, width, color);
    assert_eq!(
        status(200, false),
        "burst · 11s of 2:00 · 1,000 of 1,005 arrivals · 40 users · 29 in flight · 50.0 req/s · P50 527 ms · P95 978 ms · 5 failures · 5 missed · lag P99 0.90 ms"
    );
    assert_eq!(
        status(80, false),
        "burst · 11s of 2:00 · 40 users · 50.0 req/s · P95 978 ms · 5 failures · 5 missed"
    );
    assert_eq!(status(40, false), "burst · 11s of 2:00 · 50.0 req/s");
    assert_eq!(status(12, false), "burst · 11s…");
    for width in 1..200 {
        assert!(status(width, false).chars().count() <= width);
        assert_eq!(without_color(&status(width, true)), status(width, false));
    }
    assert!(status(80, true).contains("\x1b[31m5 failures\x1b[0m"));
}

#[test]
fn the_status_line_counts_tasks_where_these_end_the_scenario() {
    let record = runs::closed();
    let status = Status {
        name: "each",
        elapsed_s: 3.2,
        planned_s: None,
        planned_tasks: Some(2000),
        turn: (2, 5),
        spent: None,
        state: "paused",
        snapshot: &record.snapshot,
        last: None,
    };
    assert_eq!(
        status.line(&WIDE),
        "each · 3s · 2 of 5 scenarios · paused · 1,000 of 2,000 tasks · 10 users · 10 in flight · no failures"
    );
}

#[test]
fn figures_are_short_and_do_not_lie() {
    let values = [
        0.0, 0.004, 0.05, 9.994, 9.996, 45.67, 99.96, 1234.5, -3.25, -1234.0,
    ];
    assert_eq!(
        values.map(figure::value),
        [
            "0", "0.00", "0.05", "9.99", "10.0", "45.7", "100", "1,235", "-3.25", "-1,234"
        ]
    );
    assert_eq!(
        [7, 999, 1_000, 1_234_567].map(figure::count),
        ["7", "999", "1,000", "1,234,567"]
    );
    let shares = [
        (0, 10),
        (1, 100_000),
        (1, 1000),
        (1, 8),
        (999, 1000),
        (9_999, 10_000),
        (8, 8),
    ];
    assert_eq!(
        shares.map(|(part, whole)| figure::share(part, whole)),
        [
            "0 %", "<0.01 %", "0.10 %", "12.5 %", "99.9 %", ">99.9 %", "100 %"
        ]
    );
    let clocks = [4.2, 10.4, 42.0, 65.0, 7209.0, -1.0];
    assert_eq!(
        clocks.map(figure::clock),
        ["4.2s", "10s", "42s", "1:05", "2:00:09", "0s"]
    );
    assert_eq!(
        [0.05, 789.4, 12_345.0].map(figure::ms),
        ["0.05 ms", "789 ms", "12.3 s"]
    );
    assert_eq!(cut("0123456789", 5), "0123…");
}

#[test]
fn figures_with_units_are_as_people_write_them() {
    let named = Unit::Named("documents".into());
    let figures = [
        (Unit::Ms, 300.0, "300 ms"),
        (Unit::Ms, 0.25, "0.25 ms"),
        (Unit::Ms, 12_000.0, "12 s"),
        (Unit::Share, 0.01, "1 %"),
        (Unit::Share, 0.7125, "71.25 %"),
        (Unit::Share, 0.000_01, "<0.01 %"),
        (Unit::Share, 0.999_99, ">99.99 %"),
        (Unit::Share, 1.0, "100 %"),
        (Unit::PerSecond, 50.0, "50/s"),
        (Unit::Seconds, 2.5, "2.5 s"),
        (Unit::Count, 1_234_567.0, "1,234,567"),
        (Unit::Money, 5.0, "5.00 EUR"),
        (Unit::Money, 0.999_6, "1.00 EUR"),
        (Unit::Money, 0.05, "0.05 EUR"),
        (Unit::Money, 0.000_123_4, "0.000123 EUR"),
        (Unit::Money, -1_234.5, "-1,234.50 EUR"),
        (Unit::Money, 0.0, "0 EUR"),
        (named, 3.0, "3 documents"),
    ];
    for (unit, figure, text) in figures {
        assert_eq!(figure::with_unit(&unit, figure, Some("EUR")), text);
    }
}

#[test]
fn the_status_line_tells_what_was_spent() {
    let record = crate::judged::cached();
    let line = |budget| {
        let status = Status {
            name: "degraded",
            elapsed_s: 3.0,
            planned_s: None,
            planned_tasks: None,
            turn: (1, 1),
            spent: Some(Spent {
                amount: 0.21,
                budget,
                currency: "USD",
            }),
            state: "",
            snapshot: &record.snapshot,
            last: None,
        };
        status.line(&WIDE)
    };
    assert!(line(None).ends_with(" · 0.21 USD spent"), "{}", line(None));
    let within = line(Some(5.0));
    assert!(
        within.ends_with(" · 0.21 USD of 5.00 USD spent"),
        "{within}"
    );
}
