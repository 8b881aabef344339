//! What a plan will do, as a person reads it.

use std::path::Path;

use gatecrash_plan::file::Format;
use gatecrash_plan::forecast::{MachineLimits, forecast, planned_load};
use gatecrash_plan::{Overrides, Sources};
use gatecrash_report::chart::Letters;
use gatecrash_report::forecast::{Telling, lines};
use gatecrash_report::native::Look;

const PLAN: &str = "
name: Assistant
host: http://127.0.0.1:8000
users:
  asker:
    tasks:
      - { name: ask, weight: 3, post: /chat, expected_time: 6.5m }
      - { name: look, steps: [{ get: / }, { get: /a }], expected_time: 6.5m }
scenarios:
  warmup: { users: 5, for: 1m, measure: false, expected_time: 2s }
  burst: { rate: 100/s, for: 1h }
";

fn told(text: &str, width: usize, letters: Letters, files: &[String]) -> Vec<String> {
    let plan = gatecrash_plan::load(&Sources {
        file_name: "plan.yaml",
        text,
        format: Format::Yaml,
        environment: &|_| None,
        overrides: &Overrides::default(),
        folder: Path::new("/"),
    })
    .unwrap_or_else(|faults| panic!("{faults}"));
    let limits = MachineLimits {
        files: Some(20_000),
        ports: None,
    };
    let loads = vec!["a load".to_owned(); plan.scenarios.len()];
    let telling = Telling {
        name: &plan.name,
        seed: plan.seed,
        loads: &loads,
        lanes: 2,
        files,
        limits,
        letters,
    };
    let look = Look {
        width,
        color: false,
    };
    let load = planned_load(&plan, 400);
    lines(&forecast(&plan, &limits), &load, &telling, &look)
}

#[test]
fn a_whole_page() {
    let files = ["out/plan.yaml", "out/burst_stats.csv"].map(str::to_owned);
    let page = told(PLAN, 80, Letters::Ascii, &files);
    let expected = [
        "Assistant · seed 1",
        "",
        "  scenario           begins  lasts     peak      tasks       requests  in flight",
        "  warmup (not meas…      0s     1m  5 users  about 150      about 188          5",
        "  burst                  1m     1h    100/s    360,000  about 450,000     39,000",
        "",
        "  arrivals per second",
        " 100 + #########################################################################",
        "     | #########################################################################",
        "     | #########################################################################",
        "     | #########################################################################",
        "  50 + #########################################################################",
        "     | #########################################################################",
        "     | #########################################################################",
        "     | #########################################################################",
        "   0 +--------------------------------------------------------------------------",
        "      0s                                                                    1h1m",
        "",
        "  users",
        "   5 +##",
        "     |##",
        "     |##",
        "     |##",
        " 2.5 +##",
        "     |##",
        "     |##",
        "     |##",
        "   0 +--------------------------------------------------------------------------",
        "      0s                                                                    1h1m",
        "",
        "  duration    1h1m",
        "  in flight   burst: 100/s × 6m30s = 39,000 (rate × expected time)",
        "  connections at most 39,000",
        "  open files  at most 39,064; this process may open 20,000",
        "  memory      at most about 95 MiB (16 MiB, and 79 MiB for users)",
        "  lanes       2",
        "  writes      out/plan.yaml, out/burst_stats.csv",
        "  warning     burst: 39,000 tasks will be in flight and `max_in_flight` is",
        "              10,000: further arrivals will be missed; set `max_in_flight:",
        "              39000`, or lower the rate",
        "  warning     burst: 100/s with 6m30s each need 39,000 connections, more than",
        "              this machine's files: this process may open 20,000 (64 of them for",
        "              other things), and connections beyond that will fail; raise the",
        "              limit (ulimit -n 39064), or ask for less",
    ];
    assert_eq!(page, expected);
}

#[test]
fn a_wide_page_has_the_loads_as_well() {
    let page = told(PLAN, 120, Letters::Blocks, &[]);
    assert!(
        page[2].starts_with("  scenario               load"),
        "{}",
        page[2]
    );
    assert!(
        page[4].starts_with("  burst                  a load"),
        "{}",
        page[4]
    );
    assert!(page.iter().any(|line| line.contains('█')));
    let writes = page.iter().find(|line| line.contains("writes"));
    assert!(writes.is_some_and(|line| line.contains("--results DIR")));
}

#[test]
fn no_line_is_wider_than_the_page() {
    for width in [80, 100, 140] {
        for line in told(PLAN, width, Letters::Blocks, &[]) {
            assert!(line.chars().count() <= width, "{width}: {line}");
        }
    }
}

#[test]
fn what_is_not_known_is_not_told_as_a_number() {
    let text = "
host: http://127.0.0.1:8000
users: { reader: { tasks: [{ get: / }] } }
scenarios:
  crowd: { users: 5, for: 1m }
  each: { users: 1, iterations: 2 }
  last: { rate: 0.5/s, for: 1m }
";
    let page = told(text, 80, Letters::Ascii, &[]);
    let table: Vec<&str> = page[2..6].iter().map(String::as_str).collect();
    assert_eq!(
        table,
        [
            "  scenario  load    begins       lasts     peak  tasks  requests  in flight",
            "  crowd     a load      0s          1m  5 users      –         –        ≤ 5",
            "  each      a load      1m  until done   1 user      2         2        ≤ 1",
            "  last      a load       –          1m    0.5/s     30        30       ≤ 30",
        ]
    );
    assert!(page.contains(&"  duration    not known".to_owned()));
}
