//! Metrics as text, for Prometheus and whoever reads as it does.
//!
//! In: families. Out: OpenMetrics 1.0
//! (<https://prometheus.io/docs/specs/om/open_metrics_spec/>) or the older text format 0.0.4
//! (<https://prometheus.io/docs/instrumenting/exposition_formats/>), and which of the two an
//! `Accept` header asks for. Never: a name that a format does not allow; families see to that.

use std::fmt::Write;

use super::family::{Buckets, Family, FamilyKind, Labels, Value};

/// A format of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// OpenMetrics 1.0.
    OpenMetrics,
    /// Prometheus 0.0.4.
    Plain,
}

impl Format {
    /// As the `Content-Type` of an answer.
    pub fn content_type(self) -> &'static str {
        match self {
            Format::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Format::Plain => "text/plain; version=0.0.4; charset=utf-8",
        }
    }

    /// What an `Accept` header likes better (RFC 9110, §12.5.1): OpenMetrics unless it likes
    /// plain text more. A version that is not written here counts for nothing.
    pub fn accepted(accept: &str) -> Format {
        let ranges: Vec<Range<'_>> = accept.split(',').map(Range::read).collect();
        let liked = |kind: &str, version: &str| {
            let group = format!("{}/*", kind.split('/').next().unwrap_or_default());
            let best = |wanted: &str| {
                let found = ranges.iter().filter(|one| one.fits(wanted, version));
                found.map(|one| one.liking).reduce(f64::max)
            };
            best(kind).or(best(&group)).or(best("*/*")).unwrap_or(0.0)
        };
        match liked("text/plain", "0.0.4") > liked("application/openmetrics-text", "1.0.0") {
            true => Format::Plain,
            false => Format::OpenMetrics,
        }
    }
}

/// One of the ranges of an `Accept` header.
struct Range<'a> {
    kind: &'a str,
    version: Option<&'a str>,
    liking: f64,
}

impl<'a> Range<'a> {
    fn read(text: &'a str) -> Range<'a> {
        let mut parts = text.split(';').map(str::trim);
        let kind = parts.next().unwrap_or_default();
        let (mut version, mut liking) = (None, 1.0);
        for (name, value) in parts.filter_map(|part| part.split_once('=')) {
            match name.trim() {
                "version" => version = Some(value.trim().trim_matches('"')),
                "q" => liking = value.trim().parse().unwrap_or(0.0),
                _ => {}
            }
        }
        Range {
            kind,
            version,
            liking,
        }
    }

    fn fits(&self, kind: &str, version: &str) -> bool {
        self.kind.eq_ignore_ascii_case(kind) && self.version.is_none_or(|one| one == version)
    }
}

/// The families as text.
pub fn text(families: &[Family], format: Format) -> String {
    let mut text = Text {
        out: String::new(),
        format,
    };
    families.iter().for_each(|family| text.family(family));
    if format == Format::OpenMetrics {
        text.out.push_str("# EOF\n");
    }
    text.out
}

struct Text {
    out: String,
    format: Format,
}

impl Text {
    fn family(&mut self, family: &Family) {
        let (name, kind) = self.head(family);
        if !family.help.is_empty() {
            self.out.push_str("# HELP ");
            self.out.push_str(&name);
            self.out.push(' ');
            self.escaped(&family.help, self.format == Format::OpenMetrics);
            self.out.push('\n');
        }
        self.line(format_args!("# TYPE {name} {kind}"));
        if let (Format::OpenMetrics, Some(unit)) = (self.format, unit_of(family)) {
            self.line(format_args!("# UNIT {name} {unit}"));
        }
        for point in &family.points {
            match &point.value {
                Value::Number(number) => self.sample(family, &point.labels, *number),
                Value::Buckets(buckets) => self.buckets(family, &point.labels, buckets),
            }
        }
    }

    /// What a family is called and what it is, as the format says it.
    fn head(&self, family: &Family) -> (String, &'static str) {
        let name = &family.text_name;
        match (self.format, family.kind) {
            (_, FamilyKind::Gauge) => (name.clone(), "gauge"),
            (_, FamilyKind::Histogram) => (name.clone(), "histogram"),
            (Format::OpenMetrics, FamilyKind::Counter) => (name.clone(), "counter"),
            (Format::OpenMetrics, FamilyKind::Info) => (name.clone(), "info"),
            (Format::Plain, FamilyKind::Counter) => (format!("{name}_total"), "counter"),
            (Format::Plain, FamilyKind::Info) => (format!("{name}_info"), "gauge"),
        }
    }

    fn sample(&mut self, family: &Family, labels: &Labels, number: f64) {
        let end = match family.kind {
            FamilyKind::Counter => "_total",
            FamilyKind::Info => "_info",
            FamilyKind::Gauge | FamilyKind::Histogram => "",
        };
        self.value(family, end, labels, None, number);
    }

    fn buckets(&mut self, family: &Family, labels: &Labels, buckets: &Buckets) {
        let mut within = 0;
        let bounds = buckets.bounds.0.iter().map(|bound| format!("{bound:?}"));
        let bounds = bounds.chain(["+Inf".to_owned()]);
        for (bound, count) in bounds.zip(&buckets.counts) {
            within += count;
            self.value(family, "_bucket", labels, Some(&bound), within as f64);
        }
        self.value(family, "_count", labels, None, buckets.count as f64);
        self.value(family, "_sum", labels, None, buckets.sum);
    }

    fn value(
        &mut self,
        family: &Family,
        end: &str,
        labels: &Labels,
        bound: Option<&str>,
        number: f64,
    ) {
        self.out.push_str(&family.text_name);
        self.out.push_str(end);
        let bound = bound.map(|bound| ("le", bound));
        let labels = labels.iter().map(|(name, value)| (*name, value.as_str()));
        let mut before = '{';
        for (name, value) in labels.chain(bound) {
            self.out.push(before);
            self.out.push_str(name);
            self.out.push_str("=\"");
            self.escaped(value, true);
            self.out.push('"');
            before = ',';
        }
        if before == ',' {
            self.out.push('}');
        }
        self.line(format_args!(" {}", Figure(number)));
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        let _ = self.out.write_fmt(line);
        self.out.push('\n');
    }

    fn escaped(&mut self, text: &str, quotes: bool) {
        for letter in text.chars() {
            match letter {
                '\\' => self.out.push_str("\\\\"),
                '\n' => self.out.push_str("\\n"),
                '"' if quotes => self.out.push_str("\\\""),
                _ => self.out.push(letter),
            }
        }
    }
}

/// The unit that a name ends with, as OpenMetrics wants it.
fn unit_of(family: &Family) -> Option<String> {
    let unit = family.unit.suffix();
    (!unit.is_empty()).then_some(unit)
}

/// A number as both formats write it.
struct Figure(f64);

impl std::fmt::Display for Figure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            number if number == f64::INFINITY => f.write_str("+Inf"),
            number if number == f64::NEG_INFINITY => f.write_str("-Inf"),
            number => write!(f, "{number}"),
        }
    }
}
