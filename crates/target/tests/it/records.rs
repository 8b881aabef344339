//! The record store's API.

use gatecrash_target::{Server, Service};
use serde_json::{Value, json};

use crate::support::{get, target};

fn records() -> Server {
    target(|options| options.service = Service::Records)
}

fn json_of(server: &Server, path: &str) -> Value {
    let answer = get(server, path);
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.json()
}

fn items(page: &Value) -> &Vec<Value> {
    page["items"].as_array().expect("a list")
}

/// Every row of a list, page by page.
fn all(server: &Server, list: &str) -> Vec<Value> {
    let mut rows = Vec::new();
    for page in 1.. {
        let page = json_of(server, &format!("{list}?page={page}&page_size=100"));
        rows.extend(items(&page).iter().cloned());
        if rows.len() as u64 >= page["total"].as_u64().expect("a number") {
            return rows;
        }
        assert!(!items(&page).is_empty(), "{list} ends before its total");
    }
    unreachable!("pages have no end")
}

#[test]
fn patients_are_found_by_page_and_by_number() {
    let server = records();
    let health = json!({ "status": "ok", "patients": 2000 });
    assert_eq!(json_of(&server, "/health"), health);
    let page = json_of(&server, "/patients?page=3&page_size=2");
    let of_page = json!([page["page"], page["page_size"], page["total"]]);
    assert_eq!(of_page, json!([3, 2, 2000]));
    assert_eq!(items(&page)[0]["mrn"], "MRN-000005");
    assert_eq!(items(&page)[1], json_of(&server, "/patients/MRN-000006"));
    for absent in ["MRN-002001", "MRN-6", "6", "MRN-000000"] {
        for path in ["/patients/{}", "/patients/{}/summary"] {
            let answer = get(&server, &path.replace("{}", absent));
            assert_eq!(answer.status, 404, "{absent}: {}", answer.text());
        }
    }
}

#[test]
fn a_list_has_every_row_once_and_the_newest_first() {
    let server = records();
    for (list, total) in [("encounters", 6000), ("claims", 4000), ("documents", 4000)] {
        let rows = all(&server, &format!("/{list}"));
        assert_eq!(rows.len(), total, "{list}");
        let what = list.trim_end_matches('s');
        let ids = rows.iter().map(|row| row["id"].as_str().expect("a text"));
        let falling = (1..=total).rev().map(|number| format!("{what}-{number}"));
        assert!(ids.eq(falling), "{list}");
        let dates: Vec<&str> = rows.iter().filter_map(|row| row["date"].as_str()).collect();
        assert!(dates.is_sorted_by(|a, b| a >= b), "{list}");
        assert_eq!((dates[0], dates[total - 1]), ("2026-03-31", "2026-01-01"));
    }
    let beyond = json_of(&server, "/claims?page=1000000&page_size=100");
    assert_eq!((items(&beyond).len(), &beyond["total"]), (0, &json!(4000)));
}

#[test]
fn a_summary_says_what_the_lists_say() {
    let server = records();
    for number in [1, 700, 2000] {
        let mrn = format!("MRN-{number:06}");
        let of = |list: &str| json_of(&server, &format!("/{list}?mrn={mrn}&page_size=100"));
        let (encounters, claims, documents) = (of("encounters"), of("claims"), of("documents"));
        let lists = [&encounters, &claims, &documents];
        for page in lists {
            assert!(items(page).iter().all(|row| row["mrn"] == json!(mrn)));
            assert_eq!(page["total"], json!(items(page).len()));
        }
        let open: Vec<&Value> = items(&claims)
            .iter()
            .filter(|claim| claim["status"] == "open")
            .collect();
        let cents = open.iter().filter_map(|claim| claim["cents"].as_u64());
        let patient = json_of(&server, &format!("/patients/{mrn}"));
        let expected = json!({
            "mrn": mrn,
            "name": patient["name"],
            "birth_date": patient["birth_date"],
            "encounters": { "count": encounters["total"], "latest_date": items(&encounters)[0]["date"] },
            "claims": {
                "count": claims["total"],
                "open": open.len(),
                "open_cents": cents.sum::<u64>(),
            },
            "documents": { "count": documents["total"], "latest_date": items(&documents)[0]["date"] },
        });
        let summary = json_of(&server, &format!("/patients/{mrn}/summary"));
        assert_eq!(summary, expected);
    }
}

#[test]
fn wrong_parameters_are_refused() {
    let server = records();
    for path in [
        "/patients?page=0",
        "/patients?page_size=101",
        "/encounters?page=many",
        "/claims?mrn=17",
        "/documents?mrn=",
    ] {
        let answer = get(&server, path);
        assert_eq!(answer.status, 422, "{path}: {}", answer.text());
    }
    let nobody = json_of(&server, "/claims?mrn=MRN-999999");
    assert_eq!((items(&nobody).len(), &nobody["total"]), (0, &json!(0)));
}

#[test]
fn every_start_has_the_same_data() {
    let (one, other) = (records(), records());
    for path in [
        "/patients/MRN-000017/summary",
        "/claims",
        "/documents?page=9",
    ] {
        assert_eq!(get(&one, path).body, get(&other, path).body, "{path}");
    }
}
