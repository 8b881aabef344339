//! Metrics as OpenTelemetry wants them sent: OTLP 1
//! (<https://opentelemetry.io/docs/specs/otlp/>), as protobuf or as JSON.
//!
//! In: families, and whom they are of. Out: the body of one request, and what an answer says.
//! Counters are cumulative sums since their beginning, histograms have explicit limits, words
//! become attributes. Never: a socket.
//!
//! | module | what it holds |
//! |---|---|
//! | [`settings`] | what the variables `OTEL_…` ask for |
//! | `message` | the messages of the protocol |

mod message;
pub mod settings;

use prost::Message;

use super::family::{BaseUnit, Family, FamilyKind, Labels, Point, Value};
use super::state::RunState;
use message::{
    AnyValue, CUMULATIVE, Data, ExportRequest, ExportResponse, Gauge, Histogram, HistogramPoint,
    KeyValue, Metric, NumberPoint, Resource, ResourceMetrics, Scope, ScopeMetrics, Sum,
};
use settings::Settings;

/// How a request is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// Binary.
    #[default]
    Protobuf,
    /// JSON.
    Json,
}

impl Encoding {
    /// As the `Content-Type` of a request.
    pub fn content_type(self) -> &'static str {
        match self {
            Encoding::Protobuf => "application/x-protobuf",
            Encoding::Json => "application/json",
        }
    }
}

/// The body of a request that tells of these families at this instant, seconds since the Unix
/// epoch.
pub fn request(
    run: &RunState,
    families: &[Family],
    at_epoch_s: f64,
    settings: &Settings,
) -> Vec<u8> {
    let metrics = families.iter();
    let metrics = metrics.filter(|family| family.kind != FamilyKind::Info);
    let request = ExportRequest {
        resource_metrics: vec![ResourceMetrics {
            resource: Some(resource(run, settings)),
            scope_metrics: vec![ScopeMetrics {
                scope: Some(Scope {
                    name: "gatecrash".to_owned(),
                    version: env!("CARGO_PKG_VERSION").to_owned(),
                }),
                metrics: metrics.map(|family| metric(family, at_epoch_s)).collect(),
            }],
        }],
    };
    match settings.encoding {
        Encoding::Protobuf => request.encode_to_vec(),
        // Every key is a text and every number is finite: nothing can fail.
        Encoding::Json => serde_json::to_vec(&request).unwrap_or_default(),
    }
}

/// What an answer with a good status says against it: that not all was taken. Of JSON nothing
/// is read.
pub fn rejected(answer: &[u8], encoding: Encoding) -> Option<String> {
    if encoding == Encoding::Json {
        return None;
    }
    let partial = ExportResponse::decode(answer).ok()?.partial_success?;
    let count = partial.rejected_data_points;
    (count > 0).then(|| format!("{count} values were rejected: {}", partial.error_message))
}

/// Whom the metrics are of.
fn resource(run: &RunState, settings: &Settings) -> Resource {
    let own = [
        ("service.name", settings.service_name.as_str()),
        ("service.version", env!("CARGO_PKG_VERSION")),
        ("gatecrash.run", &run.name),
    ];
    let currency = run.currency.iter();
    let currency = currency.map(|currency| ("gatecrash.currency", &**currency));
    let told = settings.attributes.iter();
    let told = told.map(|(name, value)| (name.as_str(), value.as_str()));
    let mut attributes: Vec<KeyValue> = Vec::new();
    for (name, value) in own.into_iter().chain(currency).chain(told) {
        // What a user says is right, but for the name, which has a variable of its own.
        match attributes.iter_mut().find(|one| one.key == name) {
            Some(_) if name == "service.name" => {}
            Some(known) => *known = KeyValue::new(name, value),
            None => attributes.push(KeyValue::new(name, value)),
        }
    }
    Resource { attributes }
}

fn metric(family: &Family, at_epoch_s: f64) -> Metric {
    let number = |point: &Point| number_point(point, at_epoch_s);
    let histogram = |point: &Point| histogram_point(point, at_epoch_s);
    let points = family.points.iter();
    Metric {
        name: dotted(&family.name),
        description: family.help.clone(),
        unit: unit(&family.unit),
        data: Some(match family.kind {
            FamilyKind::Counter => Data::Sum(Sum {
                data_points: points.filter_map(number).collect(),
                aggregation_temporality: CUMULATIVE,
                is_monotonic: true,
            }),
            FamilyKind::Gauge | FamilyKind::Info => Data::Gauge(Gauge {
                data_points: points.filter_map(number).collect(),
            }),
            FamilyKind::Histogram => Data::Histogram(Histogram {
                data_points: points.filter_map(histogram).collect(),
                aggregation_temporality: CUMULATIVE,
            }),
        }),
    }
}

/// `gatecrash_response_time` as OpenTelemetry writes names: `gatecrash.response_time`.
fn dotted(name: &str) -> String {
    name.replacen('_', ".", 1)
}

/// Units as UCUM writes them.
fn unit(unit: &BaseUnit) -> String {
    match unit {
        BaseUnit::None => "1".to_owned(),
        BaseUnit::Seconds => "s".to_owned(),
        BaseUnit::Bytes => "By".to_owned(),
        BaseUnit::Ratio => "1".to_owned(),
        BaseUnit::PerSecond => "1/s".to_owned(),
        BaseUnit::Named(name) => format!("{{{}}}", name.replace(['{', '}'], "")),
    }
}

fn number_point(point: &Point, at_epoch_s: f64) -> Option<NumberPoint> {
    let Value::Number(number) = point.value else {
        return None;
    };
    number.is_finite().then(|| NumberPoint {
        attributes: attributes(&point.labels),
        start_time_unix_nano: nanoseconds(point.since_epoch_s),
        time_unix_nano: nanoseconds(at_epoch_s),
        value: Some(message::Number::AsDouble(number)),
    })
}

fn histogram_point(point: &Point, at_epoch_s: f64) -> Option<HistogramPoint> {
    let Value::Buckets(buckets) = &point.value else {
        return None;
    };
    Some(HistogramPoint {
        attributes: attributes(&point.labels),
        start_time_unix_nano: nanoseconds(point.since_epoch_s),
        time_unix_nano: nanoseconds(at_epoch_s),
        count: buckets.count,
        sum: Some(buckets.sum).filter(|sum| sum.is_finite()),
        bucket_counts: buckets.counts.clone(),
        explicit_bounds: buckets.bounds.0.to_vec(),
    })
}

fn attributes(labels: &Labels) -> Vec<KeyValue> {
    let labels = labels.iter();
    labels
        .map(|(name, value)| KeyValue::new(name, value))
        .collect()
}

impl KeyValue {
    fn new(name: &str, value: &str) -> KeyValue {
        KeyValue {
            key: name.to_owned(),
            value: Some(AnyValue {
                value: Some(message::Any::StringValue(value.to_owned())),
            }),
        }
    }
}

fn nanoseconds(epoch_s: f64) -> u64 {
    // `as` saturates; a time before 1970 is none.
    (epoch_s * 1e9) as u64
}
