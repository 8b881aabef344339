//! What Locust has written is read as it tells it, and what it does not tell is not known.
//! The CSV files of `tests/golden` are its own.

use gatecrash_metrics::objective::{Objective, Outcome, Verdict, verdicts};
use gatecrash_metrics::{Endpoint, RunRecord};
use gatecrash_report::foreign::{locust_csv, locust_html};

const STATS: &str = include_str!("../golden/mixed/stats.csv");
const HISTORY: &str = "\
Timestamp,User Count,Type,Name,Total Request Count,Total Failure Count\r
1700000000,0,,Aggregated,5,0\r
1700000001,1,,Aggregated,0,0\r
1700000002,3,GET,/a,9,9\r
1700000002,3,,Aggregated,10,1\r
1700000003,2,,Aggregated,16,7\r
";

/// A page as Locust writes it, after a script that mentions the figures as well.
const PAGE: &str = r#"<!DOCTYPE html><html><script>const a = window.templateArgs, b = window.templateArgs
= {};</script><body><script>
  window.templateArgs = {"is_report": true, "host": "http://127.0.0.1:1",
    "requests_statistics": [
      {"method": "GET", "name": "/a \u003c\u0026\u003e", "num_requests": 40, "num_failures": 4,
       "avg_response_time": 12.5, "min_response_time": 3.0, "max_response_time": 91.0,
       "current_rps": 0, "total_rps": 8.0, "median_response_time": 11.0, "total_fail_per_sec": 0.8,
       "response_time_percentile_0.95": 60, "response_time_percentile_0.999": 90,
       "avg_content_length": 2.5},
      {"method": "", "name": "Aggregated", "num_requests": 40, "num_failures": 4,
       "avg_response_time": 12.5, "min_response_time": 3.0, "max_response_time": 91.0,
       "total_rps": 8.0, "response_time_percentile_0.95": 60, "avg_content_length": 2.5}],
    "response_time_statistics": [
      {"method": "GET", "name": "/a \u003c\u0026\u003e", "0.5": 11, "0.9": 40, "1.0": 91},
      {"method": "", "name": "Aggregated", "0.5": 12, "0.9": 41, "1.0": 91}],
    "history": [{"time": "t", "user_count": ["t", 2]}, {"time": "t", "user_count": ["t", 5]},
                {"time": "t", "user_count": ["t", 0]}],
    "exceptions_statistics": [{"msg": "window.templateArgs = {"}]}
  window.theme = ""
</script></body></html>"#;

fn endpoint<'a>(record: &'a RunRecord, method: &str, name: &str) -> &'a Endpoint {
    let snapshot = &record.scenarios[0].snapshot;
    snapshot.find(method, name).expect("an endpoint")
}

fn judged(record: &RunRecord, text: &str) -> Verdict {
    let objective = Objective::parse(text).expect(text);
    let mut verdicts = verdicts(&[objective], &record.scenarios);
    assert_eq!(verdicts.len(), 1, "{text}");
    verdicts.remove(0)
}

/// How objectives on a run come out.
fn check(record: &RunRecord, expected: &[(&str, Outcome)]) {
    for (text, outcome) in expected {
        let verdict = judged(record, text);
        assert_eq!(verdict.outcome, *outcome, "{text}: {}", verdict.why);
    }
}

#[test]
fn the_statistics_are_as_locust_has_them() {
    let record = locust_csv::read(STATS, None).expect("Locust's own");
    let slow = endpoint(&record, "GET", "/view/[id]");
    assert_eq!((slow.requests, slow.failures), (187, 103));
    assert_eq!(slow.quantile_ms(0.9), Some(27000.0));
    assert_eq!(slow.quantile_ms(0.999), Some(29000.0));
    assert_eq!(slow.quantile_ms(1.0), Some(29007.5));
    assert_eq!(slow.quantile_ms(0.97), None);
    assert_eq!(slow.min_ms, Some(20.0));
    assert!((slow.mean_ms().expect("a mean") - 13992.794).abs() < 0.001);
    let odd = "with, \"quotes\" and\nlines, ü and 🦀";
    assert_eq!(endpoint(&record, "WSR", odd).failures, 54);
    let scenario = &record.scenarios[0];
    assert_eq!(scenario.snapshot.total.requests, 1318);
    assert_eq!(scenario.snapshot.endpoints.len(), 7);
    assert!((1318.0 / scenario.elapsed_s() - 44.298).abs() < 0.001);
    assert_eq!(record.notes.len(), 2);
}

#[test]
fn objectives_are_judged_by_what_is_told_and_by_nothing_else() {
    use Outcome::{Failed, NoData, Passed};
    let record = locust_csv::read(STATS, None).expect("Locust's own");
    check(
        &record,
        &[
            ("p95 < 21s", Passed),
            ("p95 < 19s", Failed),
            ("p95 of POST /list < 87ms", Failed),
            ("p95 of GET /list < 87ms", Passed),
            ("p99.99 < 61s", Passed),
            ("max of /slow <= 6035ms", Passed),
            ("avg < 2.3s", Failed),
            ("error_rate < 12%", Passed),
            ("error_rate of /view/* < 50%", Failed),
            ("requests == 1318", Passed),
            ("failures < 158", Failed),
            ("rps between 44/s and 45/s", Passed),
            // What the files do not tell.
            ("p97 < 10m", NoData),
            ("p95 of GET /* < 10m", NoData),
            ("p95 of /list < 10m", NoData),
            ("p95 of /nothing < 10m", NoData),
            ("users >= 1", NoData),
            ("p95 ttft < 10m", NoData),
            ("missed < 1000000", NoData),
            ("cache_hit_rate >= 0%", NoData),
            ("error_rate > 99% for 1s", NoData),
        ],
    );
    let why = judged(&record, "p97 < 10m").why;
    assert!(why.contains("does not tell"), "{why}");
}

#[test]
fn the_history_tells_of_users_and_seconds() {
    use Outcome::{Failed, NoData, Passed};
    let record = locust_csv::read(STATS, Some(HISTORY)).expect("both files");
    let scenario = &record.scenarios[0];
    assert_eq!(scenario.snapshot.arrivals.users.peak, 3);
    let points: Vec<(f64, u64, u64)> = scenario
        .history
        .iter()
        .map(|point| (point.to_epoch_s, point.requests, point.failures))
        .collect();
    // The run before it in the same file counted to 5.
    assert_eq!(points, [(1700000002.0, 10, 1), (1700000003.0, 6, 6)]);
    check(
        &record,
        &[
            ("users >= 3", Passed),
            ("users >= 4", Failed),
            ("error_rate > 50% for 1s", Failed),
            ("error_rate > 50% for 2s", Passed),
            ("p95 > 1ms for 1s", NoData),
        ],
    );
    assert_eq!(record.notes.len(), 1);
}

#[test]
fn the_page_tells_the_same() {
    use Outcome::{Failed, NoData, Passed};
    let record = locust_html::read(PAGE).expect("a page");
    let a = endpoint(&record, "GET", "/a <&>");
    let told = [0.5, 0.9, 0.95, 0.999, 1.0].map(|q| a.quantile_ms(q));
    assert_eq!(told, [11.0, 40.0, 60.0, 90.0, 91.0].map(Some));
    assert_eq!(a.total_content_length, 100);
    assert_eq!(record.scenarios[0].elapsed_s(), 5.0);
    assert_eq!(record.origin.host.as_deref(), Some("http://127.0.0.1:1"));
    check(
        &record,
        &[
            ("p50 <= 12ms", Passed),
            ("p50 of /a* <= 12ms", Passed),
            ("p90 < 41ms", Failed),
            ("users == 5", Passed),
            ("rps == 8/s", Passed),
            ("error_rate <= 10%", Passed),
            ("p99 < 10m", NoData),
            ("error_rate > 99% for 1s", NoData),
        ],
    );
}

/// What is said of a file that is not Locust's statistics.
fn refused(stats: &str) -> String {
    let fault = locust_csv::read(stats, None).expect_err("not Locust's");
    fault.to_string()
}

#[test]
fn a_file_of_another_tool_says_what_it_lacks() {
    let jmeter = "timeStamp,elapsed,label,responseCode,success\n1,2,a,200,true\n";
    let said = refused(jmeter);
    assert!(
        said.contains("lacks the columns Type, Name, Request Count"),
        "{said}"
    );
    assert!(said.contains("timeStamp, elapsed, label"), "{said}");
    let old = STATS.replace("Failure Count", "# failures");
    let said = refused(&old);
    assert!(said.contains("lacks the columns Failure Count ("), "{said}");
    assert!(refused(HISTORY).contains("Request Count"));
}

#[test]
fn a_file_that_was_cut_off_says_so() {
    let end = STATS.rfind(",Aggregated").expect("a total");
    assert!(refused(&STATS[..end]).contains("no row Aggregated"));
    assert!(refused(&STATS[..end + 30]).contains("fields, so the file is not complete"));
    let said = refused(&STATS.replace(",500,0,45,", ",many,0,45,"));
    assert!(
        said.contains("`many` in the column Request Count"),
        "{said}"
    );
    let said = refused(&STATS.replace(",500,0,45,", ",-5,0,45,"));
    assert!(said.contains("`-5`"), "{said}");
}

#[test]
fn a_page_of_something_else_says_so() {
    let refused = |page: &str| locust_html::read(page).expect_err("no page").to_string();
    assert!(refused("<html>").contains("no `window.templateArgs`"));
    let page = "<html><script>window.templateArgs = {\"is_report\": false}</script>";
    assert!(refused(page).contains("requests_statistics"));
    let cut = &PAGE[..PAGE.find("response_time_statistics").expect("there")];
    assert!(refused(cut).contains("ends in the middle"));
}

#[test]
fn a_run_without_requests_has_no_data() {
    let empty = include_str!("../golden/empty/stats.csv");
    let record = locust_csv::read(empty, None).expect("Locust's own");
    check(
        &record,
        &[
            ("p95 < 10m", Outcome::NoData),
            ("error_rate < 100%", Outcome::NoData),
            ("rps < 1000/s", Outcome::NoData),
        ],
    );
}
