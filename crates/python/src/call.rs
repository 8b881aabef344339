//! The arguments of one call, read into what the engine sends: keywords, path and
//! query, body. Whatever only `requests` knows how to read is refused, and the
//! caller leaves the call to it.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyString};

use crate::ask::Place;
use crate::form;

/// JSON as `requests` writes it.
static ENCODE_JSON: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
/// `gatecrash.http.quick.body_of`.
static BODY_OF: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// The keywords of a call that are not `requests`' business.
#[derive(Default)]
pub(crate) struct Options<'py> {
    pub(crate) name: Option<Bound<'py, PyAny>>,
    pub(crate) catch_response: bool,
    pub(crate) context: Option<Bound<'py, PyAny>>,
    pub(crate) headers: Option<Bound<'py, PyDict>>,
    pub(crate) params: Option<Bound<'py, PyAny>>,
    pub(crate) timeout: Option<Bound<'py, PyAny>>,
    pub(crate) follows: bool,
}

impl<'py> Options<'py> {
    /// Reads the keywords; None when one is there that only `requests` knows.
    pub(crate) fn read(
        kwargs: Option<&Bound<'py, PyDict>>,
        follows: bool,
    ) -> PyResult<Option<Self>> {
        let mut options = Options {
            follows,
            ..Options::default()
        };
        let Some(kwargs) = kwargs else {
            return Ok(Some(options));
        };
        for (key, value) in kwargs.iter() {
            let given = (!value.is_none()).then_some(value);
            match key.cast::<PyString>()?.to_str()? {
                "name" => options.name = given,
                "catch_response" => {
                    options.catch_response = given.map_or(Ok(false), |value| value.is_truthy())?;
                }
                "context" => options.context = given,
                "headers" => match given.map(|headers| headers.cast_into_exact()).transpose() {
                    Ok(headers) => options.headers = headers,
                    Err(_) => return Ok(None),
                },
                "params" => options.params = given,
                "timeout" => options.timeout = given,
                "allow_redirects" => {
                    options.follows = given.map_or(Ok(false), |value| value.is_truthy())?;
                }
                _ => return Ok(None),
            }
        }
        Ok(Some(options))
    }

    /// (connect, read) in seconds.
    pub(crate) fn timeouts(&self) -> PyResult<(Option<f64>, Option<f64>)> {
        let Some(timeout) = &self.timeout else {
            return Ok((None, None));
        };
        if let Ok(both) = timeout.extract::<f64>() {
            return Ok((Some(both), Some(both)));
        }
        let py = timeout.py();
        let adapter = py.import(intern!(py, "gatecrash.http.adapter"))?;
        adapter
            .call_method1(intern!(py, "timeouts"), (timeout,))?
            .extract()
    }
}

/// A body at hand with the type that `requests` would declare for it.
#[derive(Default)]
pub(crate) struct Body {
    pub(crate) content: Vec<u8>,
    pub(crate) content_type: Option<String>,
}

/// None when `requests` has to make the body.
pub(crate) fn body<'py>(
    py: Python<'py>,
    data: Option<&Bound<'py, PyAny>>,
    json: Option<&Bound<'py, PyAny>>,
) -> PyResult<Option<Body>> {
    match (data, json) {
        (None, None) => Ok(Some(Body::default())),
        (None, Some(json)) => {
            let encode = part(py, &ENCODE_JSON, "encode_json")?;
            // What cannot be written is for `requests` to complain about.
            let Ok(text) = encode.call1((json,)) else {
                return Ok(None);
            };
            let content = text.cast::<PyString>()?.to_str()?.as_bytes().to_vec();
            Ok(Some(Body {
                content,
                content_type: Some("application/json".to_owned()),
            }))
        }
        (data, json) => {
            let made = part(py, &BODY_OF, "body_of")?.call1((data, json))?;
            let made: Option<(Option<Vec<u8>>, Option<String>)> = made.extract()?;
            Ok(made.map(|(content, content_type)| Body {
                content: content.unwrap_or_default(),
                content_type,
            }))
        }
    }
}

/// Path and query as they are sent; None when `requests` has to encode them.
pub(crate) fn target(
    place: &Bound<'_, Place>,
    path: &Bound<'_, PyString>,
    options: &Options<'_>,
) -> PyResult<Option<String>> {
    let mut target = [place.get().prefix.as_str(), path.to_str()?].concat();
    let Some(params) = &options.params else {
        return Ok(Some(target));
    };
    let Some(encoded) = encoded_params(params)? else {
        return Ok(None);
    };
    if !encoded.is_empty() {
        target.push(if target.contains('?') { '&' } else { '?' });
        target.push_str(&encoded);
    }
    Ok(Some(target))
}

/// Parameters as a query; None when `requests` has to write them.
fn encoded_params(params: &Bound<'_, PyAny>) -> PyResult<Option<String>> {
    match params.cast_exact::<PyDict>() {
        Ok(fields) => form::encode(fields),
        Err(_) => Ok(None),
    }
}

/// A function of `gatecrash.http.quick`.
fn part<'py>(
    py: Python<'py>,
    cell: &'static PyOnceLock<Py<PyAny>>,
    name: &str,
) -> PyResult<Bound<'py, PyAny>> {
    let import = || {
        py.import("gatecrash.http.quick")?
            .getattr(name)
            .map(Bound::unbind)
    };
    Ok(cell.get_or_try_init(py, import)?.bind(py).clone())
}
