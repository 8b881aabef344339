//! The files of a native run for programs.

use gatecrash_report::native::csv;

use crate::native::same;
use crate::runs;

/// Rows as columns, without quoting, which these names do not need.
fn rows(text: &str) -> Vec<Vec<&str>> {
    assert!(text.ends_with("\r\n"));
    text.split_terminator("\r\n")
        .map(|line| line.split(',').collect())
        .collect()
}

#[test]
fn every_measure_has_its_row() {
    let scenarios = [runs::warm_up(), runs::open(), runs::closed()];
    let text = csv::measures(&scenarios);
    same("measures.csv", &text);
    let rows = rows(&text);
    assert!(
        rows.iter()
            .all(|row| row.len() == csv::MEASURES_HEADER.len())
    );
    let scenario = |name: &str| rows.iter().filter(|row| row[0] == name).count();
    assert_eq!(scenario("warm-up"), 0);
    // Two endpoints, one with a stream, and all together; two tasks; lag, on_start, metrics.
    assert_eq!(scenario("burst"), (7 + 14 + 14) + 4 + 2 + 4);
    assert_eq!(scenario("crowd"), 2 + 2 + 1);
}

#[test]
fn service_times_are_told_where_they_are_the_response_times_too() {
    let text = csv::measures(&[runs::closed()]);
    let figures = |measure: &str| -> Vec<String> {
        let rows = rows(&text);
        let row = rows.iter().find(|row| row[2] == "/" && row[3] == measure);
        row.expect("a row")[4..]
            .iter()
            .map(ToString::to_string)
            .collect()
    };
    assert_eq!(figures("response_time"), figures("service_time"));
    assert_eq!(figures("response_time")[1], "1000");
}

#[test]
fn every_second_has_its_row() {
    let scenarios = [runs::warm_up(), runs::open()];
    let text = csv::arrivals(&scenarios);
    same("arrivals.csv", &text);
    let rows = rows(&text);
    assert_eq!(rows.len(), 1 + 20);
    assert!(
        rows.iter()
            .all(|row| row.len() == csv::ARRIVALS_HEADER.len())
    );
    let requests = rows[1..]
        .iter()
        .map(|row| row[8].parse::<u32>().expect("a number"));
    assert_eq!(requests.sum::<u32>(), 1000);
}
