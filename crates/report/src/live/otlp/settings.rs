//! What the variables `OTEL_…` ask for
//! (<https://opentelemetry.io/docs/specs/otel/protocol/exporter/>,
//! <https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/>).
//!
//! In: variables by their names. Out: [`Settings`], or the variable that cannot be followed:
//! nothing that somebody sets is taken for something else. An empty variable counts as unset.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::Encoding;

/// Where a collector listens on the same machine.
const ENDPOINT: &str = "http://localhost:4318";

/// What is asked for behind the endpoint of all signals.
const PATH: &str = "/v1/metrics";

/// From one export to the next.
const INTERVAL: Duration = Duration::from_secs(60);

/// The shortest such time: numbers change once a second.
const SHORTEST_INTERVAL_MS: u64 = 100;

/// How long one export may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The service unless told otherwise.
const SERVICE: &str = "gatecrash";

const DISABLED: &str = "OTEL_SDK_DISABLED";
const EXPORTER: &str = "OTEL_METRICS_EXPORTER";
const SERVICE_NAME: &str = "OTEL_SERVICE_NAME";
const ATTRIBUTES: &str = "OTEL_RESOURCE_ATTRIBUTES";
const EXPORT_INTERVAL: &str = "OTEL_METRIC_EXPORT_INTERVAL";
const TEMPORALITY: &str = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE";
const HISTOGRAMS: &str = "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION";

/// Headers of a request, which may hold secrets: their values are never shown.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Headers(pub Vec<(String, String)>);

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.0.iter().map(|(name, _)| name))
            .finish()
    }
}

/// Where metrics are sent, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The whole URL.
    pub url: String,
    /// How requests are written.
    pub encoding: Encoding,
    /// Whether they are compressed by gzip.
    pub gzip: bool,
    /// What is said in their heads.
    pub headers: Headers,
    /// From one export to the next.
    pub interval: Duration,
    /// How long one may take.
    pub timeout: Duration,
    /// `service.name`.
    pub service_name: String,
    /// What else is said of the service.
    pub attributes: Vec<(String, String)>,
    /// A PEM file with the certificates to trust; else the system's.
    pub certificate: Option<PathBuf>,
    /// PEM files with an own certificate and its key.
    pub identity: Option<(PathBuf, PathBuf)>,
}

/// A variable that cannot be followed. What it says is not repeated: it may be a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{variable}: {why}")]
pub struct SettingsFault {
    /// Which.
    pub variable: String,
    /// Why, and what to do.
    pub why: String,
}

fn fault<T>(variable: impl Into<String>, why: impl Into<String>) -> Result<T, SettingsFault> {
    Err(SettingsFault {
        variable: variable.into(),
        why: why.into(),
    })
}

impl Settings {
    /// What `variable` asks for; `None` if that is that nothing be sent.
    ///
    /// # Errors
    /// The first variable that cannot be followed.
    pub fn of(
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Settings>, SettingsFault> {
        let given = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        let variables = Variables { given: &given };
        if given(DISABLED).is_some_and(|value| value.eq_ignore_ascii_case("true")) {
            return Ok(None);
        }
        if !variables.exports()? {
            return Ok(None);
        }
        variables.check_fixed()?;
        let attributes = variables.pairs(ATTRIBUTES)?;
        let named = attributes.iter().find(|(name, _)| name == "service.name");
        let named = named.map(|(_, value)| value.clone());
        let milliseconds = |name: Option<String>, least, without| {
            name.map_or(Ok(without), |name| variables.milliseconds(&name, least))
        };
        Ok(Some(Settings {
            url: variables.url(),
            encoding: variables.encoding()?,
            gzip: variables.gzip()?,
            headers: variables.headers()?,
            interval: milliseconds(
                given(EXPORT_INTERVAL).map(|_| EXPORT_INTERVAL.to_owned()),
                SHORTEST_INTERVAL_MS,
                INTERVAL,
            )?,
            timeout: milliseconds(variables.named("TIMEOUT"), 1, TIMEOUT)?,
            service_name: given(SERVICE_NAME)
                .or(named)
                .unwrap_or_else(|| SERVICE.to_owned()),
            attributes,
            certificate: variables.value("CERTIFICATE").map(PathBuf::from),
            identity: variables.identity()?,
        }))
    }
}

struct Variables<'a> {
    given: &'a dyn Fn(&str) -> Option<String>,
}

impl Variables<'_> {
    /// The variable of an exporter's setting that counts: that of metrics before that of all.
    fn named(&self, setting: &str) -> Option<String> {
        ["METRICS_", ""]
            .map(|signal| format!("OTEL_EXPORTER_OTLP_{signal}{setting}"))
            .into_iter()
            .find(|name| (self.given)(name).is_some())
    }

    fn value(&self, setting: &str) -> Option<String> {
        let value = (self.given)(&self.named(setting)?)?;
        Some(value.trim().to_owned())
    }

    /// Whether metrics are to be sent.
    fn exports(&self) -> Result<bool, SettingsFault> {
        let Some(value) = (self.given)(EXPORTER) else {
            return Ok(true);
        };
        let mut exports = false;
        for one in value.split(',').map(str::trim) {
            match one {
                "otlp" => exports = true,
                "none" => {}
                _ => {
                    return fault(
                        EXPORTER,
                        "only otlp and none can be had; for Prometheus see --metrics-port",
                    );
                }
            }
        }
        Ok(exports)
    }

    /// What can be had in one way only.
    fn check_fixed(&self) -> Result<(), SettingsFault> {
        let fixed = [
            (TEMPORALITY, "cumulative"),
            (HISTOGRAMS, "explicit_bucket_histogram"),
        ];
        for (name, only) in fixed {
            if (self.given)(name).is_some_and(|value| !value.trim().eq_ignore_ascii_case(only)) {
                return fault(name, format!("only {only} can be had; leave it out"));
            }
        }
        let Some(name) = self.named("INSECURE") else {
            return Ok(());
        };
        fault(
            name,
            "it is for gRPC, which is not spoken here; say http:// or https:// in the endpoint",
        )
    }

    fn url(&self) -> String {
        let own = (self.given)("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT");
        if let Some(url) = own {
            return url.trim().to_owned();
        }
        let all = (self.given)("OTEL_EXPORTER_OTLP_ENDPOINT");
        let all = all.unwrap_or_else(|| ENDPOINT.to_owned());
        format!("{}{PATH}", all.trim().trim_end_matches('/'))
    }

    fn encoding(&self) -> Result<Encoding, SettingsFault> {
        match self.value("PROTOCOL").as_deref() {
            None | Some("http/protobuf") => Ok(Encoding::Protobuf),
            Some("http/json") => Ok(Encoding::Json),
            Some("grpc") => fault(
                self.named("PROTOCOL").unwrap_or_default(),
                "gRPC is not spoken here; say http/protobuf, which collectors listen for on \
                 port 4318",
            ),
            Some(_) => fault(
                self.named("PROTOCOL").unwrap_or_default(),
                "it must be http/protobuf or http/json",
            ),
        }
    }

    fn gzip(&self) -> Result<bool, SettingsFault> {
        match self.value("COMPRESSION").as_deref() {
            None | Some("none") => Ok(false),
            Some("gzip") => Ok(true),
            Some(_) => fault(
                self.named("COMPRESSION").unwrap_or_default(),
                "it must be gzip or none",
            ),
        }
    }

    fn headers(&self) -> Result<Headers, SettingsFault> {
        let Some(variable) = self.named("HEADERS") else {
            return Ok(Headers::default());
        };
        let headers = self.pairs(&variable)?;
        for (name, value) in &headers {
            let is_token =
                |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
            if name.is_empty() || !name.bytes().all(is_token) {
                return fault(variable, "one of its names is no name of a header");
            }
            if value.chars().any(char::is_control) {
                return fault(
                    variable,
                    format!("the value of {name} has control characters"),
                );
            }
            if OURS.iter().any(|ours| name.eq_ignore_ascii_case(ours)) {
                return fault(
                    variable,
                    format!("{name} follows from what is sent; leave it out"),
                );
            }
        }
        Ok(Headers(headers))
    }

    /// `name=value,name=value`, with `%2C` and the like in the values.
    fn pairs(&self, variable: &str) -> Result<Vec<(String, String)>, SettingsFault> {
        let Some(text) = (self.given)(variable) else {
            return Ok(Vec::new());
        };
        let pairs = text.split(',').filter(|pair| !pair.trim().is_empty());
        let pair = |pair: &str| {
            let (name, value) = pair.split_once('=')?;
            Some((name.trim().to_owned(), decoded(value.trim())?))
        };
        let pairs: Option<Vec<(String, String)>> = pairs.map(pair).collect();
        match pairs {
            Some(pairs) => Ok(pairs),
            None => fault(
                variable,
                "it must be name=value,name=value, with %2C for a comma in a value",
            ),
        }
    }

    fn milliseconds(&self, variable: &str, least: u64) -> Result<Duration, SettingsFault> {
        let value = (self.given)(variable).unwrap_or_default();
        match value.trim().parse::<u64>() {
            Ok(number) if number >= least => Ok(Duration::from_millis(number)),
            _ => fault(
                variable,
                format!("it must be a whole number of milliseconds, at least {least}"),
            ),
        }
    }

    fn identity(&self) -> Result<Option<(PathBuf, PathBuf)>, SettingsFault> {
        match (self.value("CLIENT_CERTIFICATE"), self.value("CLIENT_KEY")) {
            (None, None) => Ok(None),
            (Some(certificate), Some(key)) => Ok(Some((certificate.into(), key.into()))),
            (Some(_), None) => fault(
                self.named("CLIENT_CERTIFICATE").unwrap_or_default(),
                "its key is missing: OTEL_EXPORTER_OTLP_CLIENT_KEY",
            ),
            (None, Some(_)) => fault(
                self.named("CLIENT_KEY").unwrap_or_default(),
                "its certificate is missing: OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
            ),
        }
    }
}

/// Headers that follow from what is sent.
const OURS: [&str; 6] = [
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "host",
    "transfer-encoding",
];

/// A text with its `%XX` taken for bytes; `None` if that makes no text.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        let code = match (*first, tail) {
            (b'%', [high, low, ..]) => hex(*high).zip(hex(*low)),
            _ => None,
        };
        match code {
            Some((high, low)) => {
                bytes.push(high << 4 | low);
                rest = &tail[2..];
            }
            None => bytes.push(*first),
        }
    }
    String::from_utf8(bytes).ok()
}

fn hex(digit: u8) -> Option<u8> {
    let value = char::from(digit).to_digit(16)?;
    u8::try_from(value).ok()
}
