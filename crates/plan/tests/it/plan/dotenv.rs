//! `.env` files: what is read, what is refused.

use gatecrash_plan::dotenv;

use super::told;

#[track_caller]
fn variables(text: &str) -> Vec<(String, String)> {
    dotenv::parse(".env", text).unwrap_or_else(|faults| panic!("{faults}"))
}

#[test]
fn values() {
    let cases = [
        ("A=1", "1"),
        ("  export A = x y ", "x y"),
        ("A=x # comment", "x"),
        ("A=x#y", "x#y"),
        ("A=# comment", ""),
        ("A=", ""),
        ("A=a=b", "a=b"),
        ("A=\"x # y\" # z", "x # y"),
        ("A=\"a\\n\\\"b\\\\\"", "a\n\"b\\"),
        ("A='a\\n\"b'", "a\\n\"b"),
        ("A=\"one\ntwo\"", "one\ntwo"),
        ("A=x\r\n", "x"),
        ("A=é", "é"),
    ];
    for (text, value) in cases {
        assert_eq!(
            variables(text),
            [("A".to_owned(), value.to_owned())],
            "{text:?}"
        );
    }
}

#[test]
fn lines_stand_in_order() {
    let text = "# first\n\nA=1\nB='2\n3'\n  # more\nC=4";
    let names: Vec<String> = variables(text).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["A", "B", "C"]);
}

#[test]
fn faults_are_told_together() {
    let text = "A\n1B=2\nC=\"x\" y\nD=ok\nE='never ends\nF=1\n";
    let faults = dotenv::parse(".env", text).unwrap_err();
    let hint = "(a line is `NAME=value`)";
    assert_eq!(
        told(&faults),
        [
            format!("1:1 this line has no `=` {hint}"),
            format!("2:1 \"1B\" cannot be the name of a variable {hint}"),
            format!("3:7 something stands behind the value {hint}"),
            format!("5:3 this quote has no end {hint}"),
        ]
    );
}
