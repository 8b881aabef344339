//! A page of metrics in the text format of Prometheus, or in OpenMetrics.
//!
//! In: the text, and which names are wanted: others are passed over. Out: types and series.
//! Formats: <https://prometheus.io/docs/instrumenting/exposition_formats/>,
//! <https://prometheus.io/docs/specs/om/open_metrics_spec/>. Never: what becomes of a value.

use std::collections::{HashMap, HashSet};

/// How many series of a page are kept.
const SERIES_MAX: usize = 100_000;

/// What a page calls a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    Counter,
    Gauge,
    Histogram,
    Summary,
    Unknown,
}

/// One line with a value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Series {
    pub(crate) name: String,
    pub(crate) labels: Vec<(String, String)>,
    pub(crate) value: f64,
}

impl Series {
    /// The value of a label; a label that is not there is empty.
    pub(crate) fn label(&self, name: &str) -> &str {
        let found = self.labels.iter().find(|(label, _)| label == name);
        found.map_or("", |(_, value)| value)
    }
}

/// What is wanted of a page.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub(crate) types: HashMap<String, Type>,
    pub(crate) series: Vec<Series>,
}

impl Page {
    /// Reads what has one of these names.
    ///
    /// # Errors
    /// What is wrong with a line that is wanted, and which it is; a page that is none.
    pub(crate) fn parse(text: &str, wanted: &HashSet<String>) -> Result<Page, String> {
        let mut page = Page::default();
        let mut has_any = false;
        for (at, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() {
                continue;
            }
            if let Some(comment) = line.strip_prefix('#') {
                page.note_type(comment, wanted);
                has_any = true;
                continue;
            }
            let end = line.find(|c: char| c == '{' || c.is_whitespace());
            let name = &line[..end.unwrap_or(line.len())];
            if !wanted.contains(name) {
                has_any |= is_name(name) && end.is_some();
                continue;
            }
            let series = series(line, name).ok_or_else(|| {
                let shown: String = line.chars().take(80).collect();
                format!("line {} is no metric: {shown}", at + 1)
            })?;
            if page.series.len() == SERIES_MAX {
                return Err(format!("more than {SERIES_MAX} series fit; select fewer"));
            }
            page.series.push(series);
            has_any = true;
        }
        match has_any {
            true => Ok(page),
            false => Err("this is no page of metrics".to_owned()),
        }
    }

    /// Takes note of `# TYPE name type`.
    fn note_type(&mut self, comment: &str, wanted: &HashSet<String>) {
        let mut words = comment.split_whitespace();
        let (Some("TYPE"), Some(name), Some(kind)) = (words.next(), words.next(), words.next())
        else {
            return;
        };
        // OpenMetrics names a counter here without the `_total` that its series have.
        let total = format!("{name}_total");
        let name = if wanted.contains(&total) {
            &total
        } else {
            name
        };
        let kind = match kind {
            "counter" => Type::Counter,
            "gauge" => Type::Gauge,
            "histogram" => Type::Histogram,
            "summary" => Type::Summary,
            _ => Type::Unknown,
        };
        if wanted.contains(name) || wanted.contains(&format!("{name}_bucket")) {
            self.types.insert(name.to_owned(), kind);
        }
    }
}

fn is_name(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    !text.is_empty() && text.chars().all(fits) && !text.starts_with(|c: char| c.is_ascii_digit())
}

/// `name{label="value"} 1.5 [time] [# exemplar]`
fn series(line: &str, name: &str) -> Option<Series> {
    let mut rest = line[name.len()..].trim_start();
    let mut labels = Vec::new();
    if let Some(inner) = rest.strip_prefix('{') {
        rest = inner;
        loop {
            rest = rest.trim_start();
            if let Some(behind) = rest.strip_prefix('}') {
                rest = behind;
                break;
            }
            let (label, behind) = rest.split_once('=')?;
            let (value, behind) = quoted(behind.trim_start())?;
            labels.push((label.trim().to_owned(), value));
            rest = behind.trim_start();
            rest = rest.strip_prefix(',').unwrap_or(rest);
        }
    }
    let value = number(rest.split_whitespace().next()?)?;
    Some(Series {
        name: name.to_owned(),
        labels,
        value,
    })
}

/// A text in double quotes, and what is behind it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let inner = text.strip_prefix('"')?;
    let mut value = String::new();
    let mut letters = inner.char_indices();
    loop {
        match letters.next()? {
            (at, '"') => return Some((value, &inner[at + 1..])),
            (_, '\\') => value.push(match letters.next()?.1 {
                'n' => '\n',
                other => other,
            }),
            (_, letter) => value.push(letter),
        }
    }
}

/// A number as both formats write it, infinities and NaN included.
pub(crate) fn number(text: &str) -> Option<f64> {
    match text.to_ascii_lowercase().as_str() {
        "+inf" | "inf" => Some(f64::INFINITY),
        "-inf" => Some(f64::NEG_INFINITY),
        "nan" => Some(f64::NAN),
        _ => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str, wanted: &[&str]) -> Result<Page, String> {
        let wanted = wanted.iter().map(|name| (*name).to_owned()).collect();
        Page::parse(text, &wanted)
    }

    #[test]
    fn wanted_series_are_read_and_others_passed_over() {
        let text = "# HELP up Whether it is up.\n# TYPE up gauge\nup 1\n\
                    # TYPE calls counter\n\
                    calls_total{path=\"/a \\\"b\\\" {x}\",code=\"200\",} 1.5e3 1700000000 # {id=\"7\"} 1\n\
                    calls_total 7\nother{broken 7\n# EOF\n";
        let page = parse(text, &["up", "calls_total"]).expect("a page");
        assert_eq!(page.types["up"], Type::Gauge);
        assert_eq!(page.types["calls_total"], Type::Counter);
        assert_eq!(page.series.len(), 3);
        assert_eq!(page.series[1].label("path"), "/a \"b\" {x}");
        assert_eq!(page.series[1].label("none"), "");
        assert_eq!(page.series[1].value, 1500.0);
    }

    #[test]
    fn infinities_are_numbers() {
        let text = "a{le=\"+Inf\"} 3\na -Inf\na NaN\n";
        let page = parse(text, &["a"]).expect("a page");
        assert_eq!(page.series[1].value, f64::NEG_INFINITY);
        assert!(page.series[2].value.is_nan());
        assert_eq!(number("+Inf"), Some(f64::INFINITY));
    }

    #[test]
    fn what_is_no_page_is_said() {
        let fault = parse("<html>\n<body>hello</body>", &["up"]).expect_err("no page");
        assert!(fault.contains("no page of metrics"), "{fault}");
        let fault = parse("up{a=\"b} 1", &["up"]).expect_err("broken");
        assert!(fault.contains("line 1"), "{fault}");
        let fault = parse("x 1\nup one", &["up"]).expect_err("no number");
        assert!(fault.contains("line 2"), "{fault}");
        assert!(parse("", &["up"]).is_err());
    }
}
