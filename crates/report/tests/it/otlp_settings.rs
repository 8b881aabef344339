//! What the variables `OTEL_…` ask for.

use std::time::Duration;

use gatecrash_report::live::otlp::Encoding;
use gatecrash_report::live::otlp::settings::Settings;

fn of(variables: &[(&str, &str)]) -> Result<Option<Settings>, String> {
    let find = |name: &str| {
        let found = variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    Settings::of(find).map_err(|fault| fault.to_string())
}

fn settings(variables: &[(&str, &str)]) -> Settings {
    of(variables).unwrap().unwrap()
}

#[test]
fn without_any_it_is_what_the_specification_says() {
    let plain = settings(&[]);
    assert_eq!(plain.url, "http://localhost:4318/v1/metrics");
    assert_eq!(plain.encoding, Encoding::Protobuf);
    assert_eq!(plain.interval, Duration::from_secs(60));
    assert_eq!(plain.timeout, Duration::from_secs(10));
    assert_eq!(plain.service_name, "gatecrash");
    // An empty one is none.
    assert_eq!(settings(&[("OTEL_EXPORTER_OTLP_ENDPOINT", " ")]), plain);
}

#[test]
fn the_variable_of_metrics_comes_before_that_of_all() {
    let both = settings(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://all:1/x"),
        ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "https://mine:2/own"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "5000"),
        ("OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", "700"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "http/json"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a=1"),
        ("OTEL_EXPORTER_OTLP_METRICS_HEADERS", "b = x%20y%zz , c="),
        ("OTEL_METRIC_EXPORT_INTERVAL", "250"),
    ]);
    assert_eq!(both.url, "https://mine:2/own");
    assert_eq!(both.timeout, Duration::from_millis(700));
    assert_eq!(both.encoding, Encoding::Json);
    assert_eq!(both.interval, Duration::from_millis(250));
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(both.headers.0, [pair("b", "x y%zz"), pair("c", "")]);
    let all = settings(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "https://all:1/x/")]);
    assert_eq!(all.url, "https://all:1/x/v1/metrics");
}

#[test]
fn the_name_of_the_service_has_its_own_variable() {
    let attributes = ("OTEL_RESOURCE_ATTRIBUTES", "service.name=one,team=a%2Cb");
    let both = settings(&[attributes, ("OTEL_SERVICE_NAME", "two")]);
    assert_eq!(both.service_name, "two");
    assert_eq!(both.attributes[1], ("team".to_owned(), "a,b".to_owned()));
    assert_eq!(settings(&[attributes]).service_name, "one");
}

#[test]
fn nothing_is_sent_where_that_is_asked_for() {
    assert_eq!(of(&[("OTEL_SDK_DISABLED", "TRUE")]), Ok(None));
    assert_eq!(of(&[("OTEL_METRICS_EXPORTER", "none")]), Ok(None));
    assert!(settings(&[("OTEL_SDK_DISABLED", "1")]).url.contains("4318"));
}

#[test]
fn what_cannot_be_followed_is_told_and_never_repeated() {
    let faults = [
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "gRPC is not spoken"),
        ("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "s3cret", "http/json"),
        ("OTEL_METRICS_EXPORTER", "otlp,s3cret", "only otlp and none"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "s3cret", "gzip or none"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "0", "at least 1"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "99", "at least 100"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "1s3cret", "milliseconds"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "s3cret", "name=value"),
        (
            "OTEL_EXPORTER_OTLP_HEADERS",
            "a=s3cret%0d%0ax: y",
            "control",
        ),
        (
            "OTEL_EXPORTER_OTLP_HEADERS",
            "a b=s3cret",
            "no name of a header",
        ),
        ("OTEL_EXPORTER_OTLP_HEADERS", "Host=s3cret", "leave it out"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a=s3cret%ff", "name=value"),
        ("OTEL_RESOURCE_ATTRIBUTES", "s3cret", "name=value"),
        (
            "OTEL_EXPORTER_OTLP_CLIENT_KEY",
            "s3cret",
            "certificate is missing",
        ),
        (
            "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
            "s3cret",
            "key is missing",
        ),
        ("OTEL_EXPORTER_OTLP_INSECURE", "true", "http:// or https://"),
        (
            "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE",
            "delta",
            "only cumulative",
        ),
        (
            "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION",
            "base2_exponential_bucket_histogram",
            "only explicit_bucket_histogram",
        ),
    ];
    for (variable, value, said) in faults {
        let fault = of(&[(variable, value)]).unwrap_err();
        assert!(fault.starts_with(&format!("{variable}: ")), "{fault}");
        assert!(fault.contains(said), "{fault}");
        assert!(!fault.contains("s3cret"), "{fault}");
    }
    let hidden = settings(&[("OTEL_EXPORTER_OTLP_HEADERS", "key=s3cret")]);
    assert!(!format!("{hidden:?}").contains("s3cret"));
}
