//! The clinic's API.

use gatecrash_target::{Server, Service};
use serde_json::{Value, json};

use crate::support::{Answer, ask, get, talk, target};

fn clinic() -> Server {
    target(|options| options.service = Service::Clinic)
}

fn credentials(name: &str) -> Value {
    json!({
        "grant_type": "password",
        "tenant_id": "clinic",
        "username": name,
        "password": format!("{name}-secret"),
    })
}

/// A client with a token.
struct Visitor<'a> {
    server: &'a Server,
    header: String,
}

impl<'a> Visitor<'a> {
    fn new(server: &'a Server, name: &str) -> Self {
        let answer = ask(
            server,
            "POST",
            "/auth/token",
            "",
            &credentials(name).to_string(),
        );
        assert_eq!(answer.status, 200, "{}", answer.text());
        let token = answer.json()["access_token"]
            .as_str()
            .expect("a token")
            .to_owned();
        Self {
            server,
            header: format!("Authorization: Bearer {token}\r\n"),
        }
    }

    fn get(&self, target: &str) -> Answer {
        ask(self.server, "GET", target, &self.header, "")
    }

    fn json(&self, target: &str) -> Value {
        let answer = self.get(target);
        assert_eq!(answer.status, 200, "{target}: {}", answer.text());
        answer.json()
    }

    fn post(&self, body: &Value) -> Answer {
        ask(
            self.server,
            "POST",
            "/encounters",
            &self.header,
            &body.to_string(),
        )
    }
}

#[test]
fn tokens_are_given_for_the_right_credentials_alone() {
    let server = clinic();
    let check = |body: &str, status: u16| {
        assert_eq!(
            ask(&server, "POST", "/auth/token", "", body).status,
            status,
            "{body}"
        );
    };
    check(&credentials("physician-1000").to_string(), 200);
    check(&credentials("admin-10").to_string(), 200);
    check(&credentials("physician-1001").to_string(), 401);
    for field in ["tenant_id", "username", "password"] {
        let mut wrong = credentials("physician-1");
        wrong[field] = json!("wrong");
        check(&wrong.to_string(), 401);
    }
    let mut other_grant = credentials("physician-1");
    other_grant["grant_type"] = json!("magic");
    check(&other_grant.to_string(), 400);
    check("{}", 422);
    check("nonsense", 400);
}

#[test]
fn nothing_is_shown_without_the_right_token() {
    let server = clinic();
    let open = [
        "/encounters",
        "/encounters/encounter-1",
        "/soap/encounter-1",
        "/dashboard/metrics",
        "/patients/search?q=a",
    ];
    let closed = ["/admin/dashboard", "/admin/audit/logs"];
    let physician = Visitor::new(&server, "physician-3");
    let admin = Visitor::new(&server, "admin-1");
    for target in open.iter().chain(&closed) {
        let answer = get(&server, target);
        assert_eq!(
            (answer.status, answer.header("www-authenticate")),
            (401, Some("Bearer")),
            "{target}"
        );
        assert_eq!(admin.get(target).status, 200, "{target}");
    }
    let forged = ask(
        &server,
        "GET",
        open[0],
        "Authorization: Bearer admin-1.0.0.0\r\n",
        "",
    );
    assert_eq!(forged.status, 401);
    assert_eq!(open.map(|target| physician.get(target).status), [200; 5]);
    assert_eq!(closed.map(|target| physician.get(target).status), [403; 2]);
    assert_eq!(ask(&server, "POST", "/encounters", "", "{}").status, 401);
}

#[test]
fn encounters_are_listed_by_page_and_status() {
    let server = clinic();
    let visitor = Visitor::new(&server, "physician-1");
    let page = visitor.json("/encounters?page=2&page_size=3");
    let ids: Vec<&Value> = page["items"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|item| &item["id"])
        .collect();
    assert_eq!(ids, ["encounter-996", "encounter-995", "encounter-994"]);
    assert_eq!(
        json!([page["page"], page["page_size"], page["total"]]),
        json!([2, 3, 980])
    );
    let mut sum = 0;
    for status in ["scheduled", "in-progress", "completed", "cancelled"] {
        let page = visitor.json(&format!("/encounters?status={status}&page_size=100"));
        let items = page["items"].as_array().expect("a list");
        assert_eq!(items.len(), 100);
        assert!(items.iter().all(|item| item["status"] == json!(status)));
        sum += page["total"].as_u64().expect("a number");
    }
    assert_eq!(sum, 980);
    assert_eq!(visitor.json("/encounters?page=1000")["items"], json!([]));
    for wrong in ["status=lost", "page=0", "page=x", "page_size=101"] {
        assert_eq!(
            visitor.get(&format!("/encounters?{wrong}")).status,
            422,
            "{wrong}"
        );
    }
}

#[test]
fn an_encounter_and_its_note_are_shown_or_absent() {
    let server = clinic();
    let visitor = Visitor::new(&server, "physician-1");
    for number in [1, 49, 51, 999] {
        let id = format!("encounter-{number}");
        assert_eq!(visitor.json(&format!("/encounters/{id}"))["id"], json!(id));
        let note = visitor.json(&format!("/soap/{id}"));
        assert_eq!(note["encounter_id"], json!(id));
        let parts = ["subjective", "objective", "assessment", "plan"];
        assert!(
            parts
                .iter()
                .all(|part| note[*part].as_str().is_some_and(|text| !text.is_empty()))
        );
    }
    for absent in [
        "encounter-50",
        "encounter-1000",
        "encounter-1001",
        "encounter-01",
        "encounter-x",
        "x",
    ] {
        assert_eq!(
            visitor.get(&format!("/encounters/{absent}")).status,
            404,
            "{absent}"
        );
        assert_eq!(
            visitor.get(&format!("/soap/{absent}")).status,
            404,
            "{absent}"
        );
    }
}

#[test]
fn a_created_encounter_is_there_afterwards() {
    let server = clinic();
    let visitor = Visitor::new(&server, "physician-12");
    let before = visitor.json("/dashboard/metrics?period=day")["encounters"].as_u64();
    let created = visitor.post(&json!({ "patient_id": "patient-5", "reason": "cough \"x\"" }));
    assert_eq!(
        (created.status, created.header("location")),
        (201, Some("/encounters/encounter-1001"))
    );
    let shown = visitor.json("/encounters/encounter-1001");
    assert_eq!(
        json!([
            shown["patient_id"],
            shown["physician_id"],
            shown["status"],
            shown["reason"],
            shown["date"]
        ]),
        json!([
            "patient-5",
            "physician-12",
            "scheduled",
            "cough \"x\"",
            "2026-03-31"
        ])
    );
    assert_eq!(visitor.json("/encounters?page_size=1")["total"], json!(981));
    let after = visitor.json("/dashboard/metrics?period=day")["encounters"].as_u64();
    assert_eq!(after, before.map(|count| count + 1));
    assert_eq!(visitor.get("/soap/encounter-1001").status, 404);
    for wrong in [
        json!({ "reason": "cough" }),
        json!({ "patient_id": "patient-2001", "reason": "cough" }),
        json!({ "patient_id": "5", "reason": "cough" }),
        json!({ "patient_id": "patient-5", "reason": "cough", "status": "lost" }),
        json!({ "patient_id": "patient-5", "reason": "x".repeat(1001) }),
    ] {
        assert_eq!(visitor.post(&wrong).status, 422, "{wrong}");
    }
    assert_eq!(visitor.json("/encounters?page_size=1")["total"], json!(981));
}

#[test]
fn metrics_cover_their_period() {
    let server = clinic();
    let visitor = Visitor::new(&server, "physician-1");
    let count = |period: &str| {
        let metrics = visitor.json(&format!("/dashboard/metrics?period={period}"));
        let by_status = metrics["by_status"].as_array().expect("a list");
        let sum: u64 = by_status
            .iter()
            .filter_map(|status| status["encounters"].as_u64())
            .sum();
        assert_eq!(metrics["encounters"], json!(sum));
        sum
    };
    let counts = ["day", "week", "month", "quarter"].map(count);
    assert!(counts.is_sorted() && counts[0] > 0, "{counts:?}");
    assert_eq!(counts[3], 980);
    assert_eq!(visitor.get("/dashboard/metrics?period=decade").status, 422);
}

#[test]
fn patients_are_found_by_the_beginning_of_a_name() {
    let server = clinic();
    let visitor = Visitor::new(&server, "physician-1");
    let found = visitor.json("/patients/search?q=SIL&limit=100");
    let items = found["items"].as_array().expect("a list");
    assert!(items.len() > 50, "{}", items.len());
    assert!(items.iter().all(|item| {
        item["name"]
            .as_str()
            .is_some_and(|name| name.ends_with(" Silva"))
    }));
    assert_eq!(
        visitor.json("/patients/search?q=sil&limit=2")["items"]
            .as_array()
            .map(Vec::len),
        Some(2)
    );
    assert_eq!(visitor.json("/patients/search?q=x%25")["items"], json!([]));
    assert_eq!(visitor.get("/patients/search").status, 422);
}

#[test]
fn administrators_see_the_whole() {
    let server = clinic();
    let admin = Visitor::new(&server, "admin-2");
    let dashboard = admin.json("/admin/dashboard");
    assert_eq!(
        json!([
            dashboard["patients"],
            dashboard["audit_logs"],
            dashboard["tokens_given"]
        ]),
        json!([2000, 5000, 1])
    );
    let logs = |query: &str| {
        admin.json(&format!("/admin/audit/logs?{query}"))["items"]
            .as_array()
            .map(Vec::len)
    };
    assert_eq!(logs("limit=1000&days=90"), Some(1000));
    assert_eq!(logs(""), Some(50));
    assert_eq!(admin.get("/admin/audit/logs?days=91").status, 422);
}

#[test]
fn a_file_keeps_what_was_created() {
    let folder = tempfile::tempdir().expect("a folder");
    let open = || {
        target(|options| {
            options.service = Service::Clinic;
            options.db = Some(folder.path().join("clinic.sqlite"));
            options.threads = 2;
        })
    };
    let first = open();
    for _ in 0..4 {
        let visitor = Visitor::new(&first, "physician-1");
        assert_eq!(
            visitor
                .post(&json!({ "patient_id": "patient-1", "reason": "cough" }))
                .status,
            201
        );
    }
    drop(first);
    let second = open();
    let visitor = Visitor::new(&second, "physician-1");
    assert_eq!(visitor.json("/encounters?page_size=1")["total"], json!(984));
}

/// What a recording that is sent with these headers and this body is answered with.
fn transcribed(visitor: &Visitor<'_>, headers: &str, body: &str) -> Answer {
    let request = format!(
        "POST /transcriptions HTTP/1.1\r\nHost: target\r\nConnection: close\r\n{}{headers}\r\n{body}",
        visitor.header
    );
    let (received, reset) = talk(visitor.server, request);
    assert!(!reset);
    Answer::parse(&received)
}

#[test]
fn recordings_are_put_down_in_writing() {
    let server = clinic();
    let physician = Visitor::new(&server, "physician-1");
    let chunks = format!(
        "{0:x}\r\n{1}\r\n{0:x}\r\n{1}\r\n0\r\n\r\n",
        4000,
        "a".repeat(4000)
    );
    let answer = transcribed(&physician, "Transfer-Encoding: chunked\r\n", &chunks);
    assert_eq!(answer.status, 201, "{}", answer.text());
    let expected = json!({
        "bytes": 8000, "chunked": true, "seconds": 1.0, "text": "patient reports",
    });
    assert_eq!(answer.json(), expected);
    let answer = transcribed(&physician, "Content-Length: 3\r\n", "abc");
    assert_eq!(answer.json()["chunked"], false);
    assert_eq!(answer.json()["text"], "patient");
}

#[test]
fn recordings_have_limits_and_an_owner() {
    let server = clinic();
    let physician = Visitor::new(&server, "physician-1");
    let of = |bytes: usize| {
        let headers = format!("Content-Length: {bytes}\r\n");
        transcribed(&physician, &headers, &"a".repeat(bytes))
    };
    assert_eq!(of(0).status, 422);
    let longest = of(14_400_000);
    assert_eq!(longest.status, 201);
    let text = longest.json()["text"].as_str().expect("a text").to_owned();
    assert_eq!(text.split(' ').count(), 200);
    assert_eq!(of(14_400_001).status, 413);
    let nobody = ask(&server, "POST", "/transcriptions", "", "abc");
    assert_eq!(nobody.status, 401);
}
