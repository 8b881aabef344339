//! What is told while a run goes, and of its page.

use crate::check_refused;
use crate::plans::Desk;

/// Two scenarios whose requests all fail, and an objective that can only become worse.
const FAILING: &str = "host: ${TARGET}\n\
    users: { reader: { tasks: [{ get: /status/503 }] } }\n\
    objectives: [failures < 1]\n\
    scenarios:\n  first: { rate: 20/s, for: 2s }\n  \
    second: { users: 1, iterations: 1, after: first }\n";

#[test]
fn what_breaks_is_told_while_the_run_goes() {
    let desk = Desk::new(FAILING);
    let (code, stdout, stderr) = desk.ended(&["run", "plan.yaml", "--no-results"]);
    // A machine that is busy elsewhere may make it invalid.
    assert!([98, 99].contains(&code), "{stdout}\n{stderr}");
    let place = |words: &str| {
        stderr
            .find(words)
            .unwrap_or_else(|| panic!("{words}: {stderr}"))
    };
    let broken = place("first · does not hold after ");
    assert!(broken < place("first · ended after "));
    assert!(
        stderr.matches("first · does not hold").count() == 1,
        "{stderr}"
    );
    assert!(place(" · 1 of 2 scenarios done") < place(" · 2 of 2 scenarios done"));
    assert!(stdout.contains("FAIL     failures < 1"), "{stdout}");
}

#[test]
fn a_page_that_cannot_be_written_is_refused_before_any_load() {
    let desk = Desk::new(FAILING);
    let check = |file: &str, words: &[&str]| {
        let args = ["run", "plan.yaml", "--no-results", "--html", file];
        check_refused(&mut desk.command(&args), 97, words);
    };
    check(
        "nowhere/report.html",
        &["nowhere/report.html", "there is no folder"],
    );
    check(".", &["it is a folder", "report.html"]);
    assert_eq!(desk.received(), 0);
}

#[test]
fn a_page_is_written_whole_or_not_at_all() {
    let desk = Desk::new(FAILING);
    let args = "run plan.yaml --no-results --scenario second --html report.html";
    desk.ended(&args.split(' ').collect::<Vec<&str>>());
    let page = desk.read("report.html");
    assert!(
        page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>\n"),
        "{page}"
    );
    assert!(
        page.contains("failures &lt; 1") && page.contains(">FAIL<"),
        "{page}"
    );
    let files = std::fs::read_dir(desk.path(".")).unwrap();
    let parts = files.filter(|file| {
        let name = file.as_ref().unwrap().file_name();
        name.to_string_lossy().contains(".part")
    });
    assert_eq!(parts.count(), 0);
}
