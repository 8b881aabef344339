//! What a Prometheus server answers.
//!
//! In: its address and questions in PromQL. Out: a value for each; of a question with a step
//! all points since the last answer. Faults are told in Prometheus' own words.
//! API: <https://prometheus.io/docs/prometheus/latest/querying/api/>.

use std::fmt::Write as _;

use gatecrash_metrics::watch;
use serde::Deserialize;

use crate::fetch::Fetch;
use crate::series::number;
use crate::source::{Readings, Value};

/// A server that is watched.
#[derive(Debug)]
pub(crate) struct Server {
    fetch: Fetch,
    queries: Vec<Query>,
}

#[derive(Debug)]
struct Query {
    promql: String,
    /// The distance of points, seconds.
    step_s: Option<f64>,
    /// Up to where points are known, seconds since the Unix epoch.
    until_s: Option<f64>,
}

/// An answer of the API.
#[derive(Deserialize)]
struct Answer {
    status: String,
    data: Option<Data>,
    #[serde(rename = "errorType", default)]
    error_type: String,
    #[serde(default)]
    error: String,
}

#[derive(Deserialize)]
#[serde(tag = "resultType", content = "result", rename_all = "lowercase")]
enum Data {
    Scalar((f64, String)),
    String(#[allow(dead_code, reason = "a text is no number, whatever it says")] (f64, String)),
    Vector(Vec<Sample>),
    Matrix(Vec<Points>),
}

#[derive(Deserialize)]
struct Sample {
    value: Option<(f64, String)>,
}

#[derive(Deserialize)]
struct Points {
    #[serde(default)]
    values: Vec<(f64, String)>,
}

impl Server {
    pub(crate) fn new(server: &watch::Prometheus) -> Result<Server, String> {
        let queries = server.queries.iter().map(|query| Query {
            promql: query.promql.clone(),
            step_s: query.step.map(|step| step.as_secs_f64()),
            until_s: None,
        });
        Ok(Server {
            fetch: Fetch::new(&server.url, &server.headers)?,
            queries: queries.collect(),
        })
    }

    pub(crate) async fn read(&mut self, at_s: f64) -> Readings {
        let mut readings = Vec::new();
        for query in &mut self.queries {
            let value = query.ask(&self.fetch, at_s).await;
            readings.push(value.unwrap_or_else(Value::Gap));
        }
        readings
    }
}

impl Query {
    async fn ask(&mut self, fetch: &Fetch, at_s: f64) -> Result<Value, String> {
        let target = self.target(at_s);
        let (status, text) = fetch.at(&target).await?;
        let data = answer(status, &text)?;
        let value = value(data)?;
        if let Value::Dated(points) = value {
            let known = self.until_s.unwrap_or(f64::NEG_INFINITY);
            let new: Vec<(f64, f64)> = points.into_iter().filter(|(at, _)| *at > known).collect();
            if let Some((last, _)) = new.last() {
                self.until_s = Some(*last);
            }
            return Ok(Value::Dated(new));
        }
        Ok(value)
    }

    fn target(&self, at_s: f64) -> String {
        let query = encoded(&self.promql);
        match self.step_s {
            None => format!("/api/v1/query?query={query}&time={at_s:.3}"),
            Some(step_s) => {
                // Points lie at whole steps, so that the same one is the same again.
                let end = (at_s / step_s).floor() * step_s;
                let begin = self.until_s.map_or(end, |until| (until + step_s).min(end));
                format!(
                    "/api/v1/query_range?query={query}&start={begin:.3}&end={end:.3}&step={step_s}"
                )
            }
        }
    }
}

fn answer(status: u16, text: &str) -> Result<Data, String> {
    let parsed: Result<Answer, _> = serde_json::from_str(text);
    match parsed {
        Ok(Answer {
            status,
            data: Some(data),
            ..
        }) if status == "success" => Ok(data),
        Ok(answer) => Err(format!(
            "Prometheus says {}: {}",
            answer.error_type, answer.error
        )),
        Err(_) if status != 200 => Err(format!(
            "status {status}, which is no answer of a Prometheus"
        )),
        Err(fault) => Err(format!("this is no answer of a Prometheus: {fault}")),
    }
}

fn value(data: Data) -> Result<Value, String> {
    let none = || Ok(Value::Gap("the query gives nothing".to_owned()));
    match data {
        Data::Scalar((_, text)) => plain(&text),
        Data::String(_) => Err("the query gives a text, not a number".to_owned()),
        Data::Vector(samples) => match &samples[..] {
            [] => none(),
            [
                Sample {
                    value: Some((_, text)),
                },
            ] => plain(text),
            [_] => Err("the query gives a native histogram; take a quantile of it".to_owned()),
            more => Err(several(more.len())),
        },
        Data::Matrix(series) => match &series[..] {
            [] => none(),
            [one] => {
                let points = one.values.iter().filter_map(|(at, text)| {
                    Some((*at, number(text).filter(|value| value.is_finite())?))
                });
                Ok(Value::Dated(points.collect()))
            }
            more => Err(several(more.len())),
        },
    }
}

fn several(count: usize) -> String {
    format!("the query gives {count} series; make them one, as with sum(…) or max(…)")
}

/// A number that is one. NaN is what divisions of nothing give: there is no value, and nothing
/// is wrong.
fn plain(text: &str) -> Result<Value, String> {
    match number(text) {
        Some(value) if value.is_finite() => Ok(Value::Known(value)),
        Some(value) if value.is_nan() => Ok(Value::NotYet),
        _ => Err(format!("the query gives {text}")),
    }
}

/// A text in a query (RFC 3986, 2.3: what is not unreserved is written in percents).
fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte));
            }
            // Writing to a text cannot fail.
            _ => _ = write!(out, "%{byte:02X}"),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(status: u16, text: &str) -> Result<Value, String> {
        value(answer(status, text)?)
    }

    #[test]
    fn answers_are_numbers() {
        let vector = |result: &str| {
            let data = format!(r#"{{"resultType":"vector","result":{result}}}"#);
            read(200, &format!(r#"{{"status":"success","data":{data}}}"#))
        };
        let one = r#"[{"metric":{"a":"b"},"value":[1700000000.5,"1.5e-3"]}]"#;
        assert_eq!(vector(one), Ok(Value::Known(0.0015)));
        assert_eq!(
            vector(r#"[{"metric":{},"value":[1,"NaN"]}]"#),
            Ok(Value::NotYet)
        );
        assert!(matches!(vector("[]"), Ok(Value::Gap(_))));
        let two = r#"[{"metric":{},"value":[1,"1"]},{"metric":{},"value":[1,"2"]}]"#;
        assert!(vector(two).expect_err("two").contains("2 series"));
        assert!(vector(r#"[{"metric":{},"value":[1,"+Inf"]}]"#).is_err());
        let scalar = r#"{"status":"success","data":{"resultType":"scalar","result":[1,"2"]}}"#;
        assert_eq!(read(200, scalar), Ok(Value::Known(2.0)));
        let matrix = r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[10,"1"],[15,"NaN"],[20,"3"]]}]}}"#;
        let dated = Value::Dated(vec![(10.0, 1.0), (20.0, 3.0)]);
        assert_eq!(read(200, matrix), Ok(dated));
    }

    #[test]
    fn faults_are_told_in_its_own_words() {
        let text = r#"{"status":"error","errorType":"bad_data","error":"1:5: parse error: unclosed left parenthesis"}"#;
        let fault = read(400, text).expect_err("a fault");
        assert_eq!(
            fault,
            "Prometheus says bad_data: 1:5: parse error: unclosed left parenthesis"
        );
        assert!(read(404, "<html>").expect_err("no API").contains("404"));
        assert!(
            read(200, "ok")
                .expect_err("no API")
                .contains("no answer of a Prometheus")
        );
    }

    #[test]
    fn a_range_begins_behind_what_is_known() {
        let mut query = Query {
            promql: "up{a=\"b\"}".to_owned(),
            step_s: Some(5.0),
            until_s: None,
        };
        let target = query.target(1_000_003.2);
        assert_eq!(
            target,
            "/api/v1/query_range?query=up%7Ba%3D%22b%22%7D&start=1000000.000&end=1000000.000&step=5"
        );
        query.until_s = Some(1_000_000.0);
        assert!(
            query
                .target(1_000_016.0)
                .contains("start=1000005.000&end=1000015.000")
        );
        query.step_s = None;
        assert!(query.target(7.5).ends_with("&time=7.500"));
    }
}
