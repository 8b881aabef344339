//! The quick way of a session: calls so plain that no Python code has to run
//! between the user's line and the engine.
//!
//! In: a call on a session (`get`, `post` …). Out: the response, when the lane
//! has recorded it as a plain success; else a whole answer goes to the session's
//! `_judge`, an exchange with more to it to its `_conclude`, and a call that is
//! not plain to its `request`. What plain means
//! is decided here and in `encode`; nothing is guessed.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard};

use pyo3::exceptions::PyRuntimeError;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyString, PyTuple, PyType};
use pyo3::{ffi, intern};

use crate::ask::{Ask, Place};
use crate::call::{Options, body, target};
use crate::client::{Client, Quick};
use crate::encode::Parts;
use crate::exchange::Exchange;
use gatecrash_engine::Ticket;

/// A flag that Python code raises and the engine lowers.
#[pyclass(frozen, module = "gatecrash._engine")]
pub(crate) struct Flag(AtomicBool);

#[pymethods]
impl Flag {
    #[new]
    fn new() -> Self {
        Flag(AtomicBool::new(true))
    }

    /// Something changed.
    fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The base of `gatecrash.http.session.EngineSession`.
#[pyclass(subclass, frozen, module = "gatecrash._engine")]
pub(crate) struct Session {
    client: Py<Client>,
    headers_flag: Py<Flag>,
    place: Mutex<Option<Py<Place>>>,
    /// Nothing was set on the session that needs the judgement of `requests`.
    plain: AtomicBool,
    /// Somebody may hold the session's hooks, parameters or proxies.
    has_containers: AtomicBool,
    /// `request` is overridden: it has to see every call.
    forwards: AtomicBool,
    /// Attributes that every call looks at, noted when they are set.
    noted: Mutex<Noted>,
}

/// Copies of a session's attributes.
#[derive(Default)]
struct Noted {
    request_event: Option<Py<PyAny>>,
    request_name: Option<Py<PyAny>>,
    cookies: Option<Py<PyAny>>,
}

/// The class of responses, told once by the module that defines it.
static ANSWER_KIND: PyOnceLock<Py<PyType>> = PyOnceLock::new();
/// What became of an attempt.
enum Attempt<'py> {
    /// Nothing was sent; `requests` has to prepare the call.
    NotPlain,
    /// A plain success that the lane has recorded.
    Recorded(Bound<'py, PyAny>),
    /// A whole answer that somebody has to judge.
    Answered(Bound<'py, PyAny>, Bound<'py, Exchange>, Bound<'py, Ask>),
    /// An exchange with more to it: a failure, cookies, a redirect.
    Open(Bound<'py, Exchange>, Bound<'py, Ask>),
}

#[pymethods]
impl Session {
    #[new]
    #[pyo3(signature = (*_args, **_kwargs))]
    fn new(
        py: Python<'_>,
        _args: &Bound<'_, PyTuple>,
        _kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        Ok(Session {
            client: Py::new(py, Client::new(py, "requests")?)?,
            headers_flag: Py::new(py, Flag::new())?,
            place: Mutex::default(),
            plain: AtomicBool::new(true),
            has_containers: AtomicBool::new(false),
            forwards: AtomicBool::new(false),
            noted: Mutex::default(),
        })
    }

    #[getter]
    fn _client(&self, py: Python<'_>) -> Py<Client> {
        self.client.clone_ref(py)
    }

    #[getter]
    fn _headers_flag(&self, py: Python<'_>) -> Py<Flag> {
        self.headers_flag.clone_ref(py)
    }

    /// Whether the quick way may be tried.
    #[getter]
    fn _plain(&self) -> bool {
        self.plain.load(Ordering::Relaxed)
    }

    #[setter(_plain)]
    fn set_plain(&self, plain: bool) {
        self.plain.store(plain, Ordering::Relaxed);
    }

    /// Somebody may hold the session's hooks, parameters or proxies.
    #[setter(_has_containers)]
    fn set_has_containers(&self, has: bool) {
        self.has_containers.store(has, Ordering::Relaxed);
    }

    /// `request` has to see every call.
    #[setter(_forwards)]
    fn set_forwards(&self, forwards: bool) {
        self.forwards.store(forwards, Ordering::Relaxed);
    }

    /// An attribute has been set that every call looks at.
    fn _note(&self, name: &str, value: Bound<'_, PyAny>) {
        let value = (!value.is_none()).then(|| value.unbind());
        let mut noted = self.noted();
        let earlier = match name {
            "request_event" => std::mem::replace(&mut noted.request_event, value),
            "request_name" => std::mem::replace(&mut noted.request_name, value),
            "cookies" => std::mem::replace(&mut noted.cookies, value),
            _ => None,
        };
        drop(noted);
        // Dropped with no lock held: it may run Python code.
        drop(earlier);
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        if let Ok(noted) = self.noted.try_lock() {
            visit.call(&noted.request_event)?;
            visit.call(&noted.request_name)?;
            visit.call(&noted.cookies)?;
        }
        Ok(())
    }

    /// The base URL or whom to trust has changed.
    fn _forget_place(&self) {
        *self.place() = None;
    }

    /// Sends a GET request.
    #[pyo3(signature = (url, *, data=None, json=None, **kwargs))]
    fn get<'py>(
        slf: &Bound<'py, Self>,
        url: &Bound<'py, PyAny>,
        data: Option<Bound<'py, PyAny>>,
        json: Option<Bound<'py, PyAny>>,
        kwargs: Option<Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        Self::call(
            slf,
            intern!(slf.py(), "GET"),
            url,
            data,
            json,
            kwargs,
            Some(true),
        )
    }

    /// Sends an OPTIONS request.
    #[pyo3(signature = (url, *, data=None, json=None, **kwargs))]
    fn options<'py>(
        slf: &Bound<'py, Self>,
        url: &Bound<'py, PyAny>,
        data: Option<Bound<'py, PyAny>>,
        json: Option<Bound<'py, PyAny>>,
        kwargs: Option<Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        Self::call(
            slf,
            intern!(slf.py(), "OPTIONS"),
            url,
            data,
            json,
            kwargs,
            Some(true),
        )
    }

    /// Sends a HEAD request; redirects are not followed unless asked for.
    #[pyo3(signature = (url, *, data=None, json=None, **kwargs))]
    fn head<'py>(
        slf: &Bound<'py, Self>,
        url: &Bound<'py, PyAny>,
        data: Option<Bound<'py, PyAny>>,
        json: Option<Bound<'py, PyAny>>,
        kwargs: Option<Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        Self::call(
            slf,
            intern!(slf.py(), "HEAD"),
            url,
            data,
            json,
            kwargs,
            Some(false),
        )
    }

    /// Sends a POST request.
    #[pyo3(signature = (url, data=None, json=None, **kwargs))]
    fn post<'py>(
        slf: &Bound<'py, Self>,
        url: &Bound<'py, PyAny>,
        data: Option<Bound<'py, PyAny>>,
        json: Option<Bound<'py, PyAny>>,
        kwargs: Option<Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        Self::call(
            slf,
            intern!(slf.py(), "POST"),
            url,
            data,
            json,
            kwargs,
            None,
        )
    }

    /// Sends a PUT request.
    #[pyo3(signature = (url, data=None, *, json=None, **kwargs))]
    fn put<'py>(
        slf: &Bound<'py, Self>,
        url: &Bound<'py, PyAny>,
        data: Option<Bound<'py, PyAny>>,
        json: Option<Bound<'py, PyAny>>,
        kwargs: Option<Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        Self::call(slf, intern!(slf.py(), "PUT"), url, data, json, kwargs, None)
    }

    /// Sends a PATCH request.
    #[pyo3(signature = (url, data=None, *, json=None, **kwargs))]
    fn patch<'py>(
        slf: &Bound<'py, Self>,
        url: &Bound<'py, PyAny>,
        data: Option<Bound<'py, PyAny>>,
        json: Option<Bound<'py, PyAny>>,
        kwargs: Option<Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        Self::call(
            slf,
            intern!(slf.py(), "PATCH"),
            url,
            data,
            json,
            kwargs,
            None,
        )
    }

    /// Sends a DELETE request.
    #[pyo3(signature = (url, *, data=None, json=None, **kwargs))]
    fn delete<'py>(
        slf: &Bound<'py, Self>,
        url: &Bound<'py, PyAny>,
        data: Option<Bound<'py, PyAny>>,
        json: Option<Bound<'py, PyAny>>,
        kwargs: Option<Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        Self::call(
            slf,
            intern!(slf.py(), "DELETE"),
            url,
            data,
            json,
            kwargs,
            None,
        )
    }

    /// For `request`: the response, or None when `requests` has to prepare the
    /// call. `method` must be one of those above.
    fn _try_quick<'py>(
        slf: &Bound<'py, Self>,
        method: &Bound<'py, PyString>,
        url: &Bound<'py, PyAny>,
        data: Option<Bound<'py, PyAny>>,
        json: Option<Bound<'py, PyAny>>,
        kwargs: Option<Bound<'py, PyDict>>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let Some(options) = Options::read(kwargs.as_ref(), true)? else {
            return Ok(None);
        };
        match Self::attempt(slf, method, url, data, json, kwargs, &options)? {
            Attempt::NotPlain => Ok(None),
            Attempt::Recorded(response) => Ok(Some(response)),
            Attempt::Answered(response, exchange, ask) => {
                Self::judge(slf, response, exchange, ask, &options).map(Some)
            }
            Attempt::Open(exchange, ask) => Self::conclude(slf, exchange, ask, &options).map(Some),
        }
    }
}

impl Session {
    fn place(&self) -> MutexGuard<'_, Option<Py<Place>>> {
        self.place
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// One call of a method that names its HTTP method. `follows` is what the
    /// method passes on as `allow_redirects` where the caller said nothing.
    fn call<'py>(
        slf: &Bound<'py, Self>,
        method: &Bound<'py, PyString>,
        url: &Bound<'py, PyAny>,
        data: Option<Bound<'py, PyAny>>,
        json: Option<Bound<'py, PyAny>>,
        kwargs: Option<Bound<'py, PyDict>>,
        follows: Option<bool>,
    ) -> PyResult<Bound<'py, PyAny>> {
        if !slf.get().forwards.load(Ordering::Relaxed)
            && let Some(options) = Options::read(kwargs.as_ref(), follows.unwrap_or(true))?
        {
            let (data, json, kwargs) = (data.clone(), json.clone(), kwargs.clone());
            match Self::attempt(slf, method, url, data, json, kwargs, &options)? {
                Attempt::Recorded(response) => return Ok(response),
                Attempt::Answered(response, exchange, ask) => {
                    return Self::judge(slf, response, exchange, ask, &options);
                }
                Attempt::Open(exchange, ask) => {
                    return Self::conclude(slf, exchange, ask, &options);
                }
                Attempt::NotPlain => {}
            }
        }
        Self::by_request(slf, method, url, data, json, kwargs, follows)
    }

    /// The same call by `self.request`, which files may override.
    fn by_request<'py>(
        slf: &Bound<'py, Self>,
        method: &Bound<'py, PyString>,
        url: &Bound<'py, PyAny>,
        data: Option<Bound<'py, PyAny>>,
        json: Option<Bound<'py, PyAny>>,
        kwargs: Option<Bound<'py, PyDict>>,
        follows: Option<bool>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let kwargs = kwargs.unwrap_or_else(|| PyDict::new(py));
        kwargs.set_item(intern!(py, "data"), data)?;
        kwargs.set_item(intern!(py, "json"), json)?;
        if let (Some(follows), false) = (follows, kwargs.contains(intern!(py, "allow_redirects"))?)
        {
            kwargs.set_item(intern!(py, "allow_redirects"), follows)?;
        }
        slf.call_method(intern!(py, "request"), (method, url), Some(&kwargs))
    }

    fn judge<'py>(
        slf: &Bound<'py, Self>,
        response: Bound<'py, PyAny>,
        exchange: Bound<'py, Exchange>,
        ask: Bound<'py, Ask>,
        options: &Options<'py>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let call = (
            response,
            exchange,
            ask,
            &options.name,
            options.catch_response,
            &options.context,
        );
        slf.call_method1(intern!(slf.py(), "_judge"), call)
    }

    fn conclude<'py>(
        slf: &Bound<'py, Self>,
        exchange: Bound<'py, Exchange>,
        ask: Bound<'py, Ask>,
        options: &Options<'py>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let call = (
            exchange,
            ask,
            &options.name,
            options.catch_response,
            &options.context,
            options.follows,
        );
        slf.call_method1(intern!(slf.py(), "_conclude"), call)
    }

    fn attempt<'py>(
        slf: &Bound<'py, Self>,
        method: &Bound<'py, PyString>,
        url: &Bound<'py, PyAny>,
        data: Option<Bound<'py, PyAny>>,
        json: Option<Bound<'py, PyAny>>,
        kwargs: Option<Bound<'py, PyDict>>,
        options: &Options<'py>,
    ) -> PyResult<Attempt<'py>> {
        let py = slf.py();
        let begun = Self::begin(slf, method, url, data, json, kwargs, options)?;
        let Some((ticket, ask)) = begun else {
            return Ok(Attempt::NotPlain);
        };
        let exchange = slf.get().client.get().finish(py, ticket)?;
        Self::end(exchange, ask, options)
    }

    /// Sends the request. Apart from the waiting, so that little of the stack is
    /// held meanwhile: greenlets copy theirs whenever they switch.
    #[inline(never)]
    fn begin<'py>(
        slf: &Bound<'py, Self>,
        method: &Bound<'py, PyString>,
        url: &Bound<'py, PyAny>,
        data: Option<Bound<'py, PyAny>>,
        json: Option<Bound<'py, PyAny>>,
        kwargs: Option<Bound<'py, PyDict>>,
        options: &Options<'py>,
    ) -> PyResult<Option<(Ticket, Bound<'py, Ask>)>> {
        let py = slf.py();
        if !Self::is_plain(slf)? {
            return Ok(None);
        }
        let Some((place, path)) = Self::locate(slf, url)? else {
            return Ok(None);
        };
        let Some(target) = target(&place, &path, options)? else {
            return Ok(None);
        };
        let Some(body) = body(py, data.as_ref(), json.as_ref())? else {
            return Ok(None);
        };
        let Some(cookie) = Self::cookie(slf, &place, &target)? else {
            return Ok(None);
        };
        let Some(name) = Self::name(slf, options)? else {
            return Ok(None);
        };
        let (connect_timeout_s, read_timeout_s) = options.timeouts()?;
        let origin = place.get().origin.get();
        let quick = Quick {
            origin,
            parts: Parts {
                method: method.to_str()?,
                target: &target,
                host: &origin.authority,
                cookie: cookie.as_deref(),
                content_type: body.content_type.as_deref(),
            },
            extra: options.headers.as_ref(),
            body: &body.content,
            connect_timeout_s,
            read_timeout_s,
            follows: options.follows,
            name: name.as_ref().map(|name| name.to_str()).transpose()?,
            direct: Self::direct(slf, options)?,
        };
        let Some(ticket) = slf.get().client.get().submit_quick(py, &quick)? else {
            return Ok(None);
        };
        let ask = Ask {
            session: slf.clone().into_any().unbind(),
            method: method.clone().unbind(),
            place: place.unbind(),
            path: path.unbind(),
            target,
            data: data.map(Bound::unbind),
            json: json.map(Bound::unbind),
            keywords: kwargs.map(Bound::unbind),
        };
        Ok(Some((ticket, Bound::new(py, ask)?)))
    }

    #[inline(never)]
    fn end<'py>(
        exchange: Exchange,
        ask: Bound<'py, Ask>,
        options: &Options<'py>,
    ) -> PyResult<Attempt<'py>> {
        let py = ask.py();
        let is_whole = exchange.status != 0
            && !exchange.has_cookies()
            && !(exchange.has_location() && options.follows && is_redirect(exchange.status));
        let recorded = exchange.recorded;
        let exchange = Bound::new(py, exchange)?;
        if !is_whole {
            return Ok(Attempt::Open(exchange, ask));
        }
        let response = new_answer(py)?;
        response.setattr(intern!(py, "_exchange"), &exchange)?;
        response.setattr(intern!(py, "_ask"), &ask)?;
        if recorded {
            return Ok(Attempt::Recorded(response));
        }
        Ok(Attempt::Answered(response, exchange, ask))
    }

    /// Whether nothing about the session needs the judgement of `requests`.
    fn is_plain(slf: &Bound<'_, Self>) -> PyResult<bool> {
        let py = slf.py();
        let this = slf.get();
        if !this._plain() {
            return Ok(false);
        }
        if this.has_containers.load(Ordering::Relaxed)
            && !slf
                .call_method0(intern!(py, "_containers_are_empty"))?
                .is_truthy()?
        {
            return Ok(false);
        }
        if this.headers_flag.get().0.swap(false, Ordering::Relaxed) {
            slf.call_method0(intern!(py, "_sync_headers"))?;
        }
        Ok(true)
    }

    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.noted
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// The name that was given to the call or to the block around it; None
    /// (outside) when it is no text.
    fn name<'py>(
        slf: &Bound<'py, Self>,
        options: &Options<'py>,
    ) -> PyResult<Option<Option<Bound<'py, PyString>>>> {
        let py = slf.py();
        let given = match &options.name {
            Some(name) if name.is_truthy()? => Some(name.clone()),
            _ => slf
                .get()
                .noted()
                .request_name
                .as_ref()
                .map(|name| name.bind(py).clone()),
        };
        Ok(match given.map(Bound::cast_into::<PyString>).transpose() {
            Ok(name) => Some(name.filter(|name| !name.is_empty().unwrap_or(true))),
            Err(_) => None,
        })
    }

    /// The `Cookie` header, if any; None (outside) when the jar is not ours.
    fn cookie(
        slf: &Bound<'_, Self>,
        place: &Bound<'_, Place>,
        target: &str,
    ) -> PyResult<Option<Option<String>>> {
        let py = slf.py();
        let jar = slf
            .get()
            .noted()
            .cookies
            .as_ref()
            .map(|jar| jar.bind(py).clone());
        let Some(jar) = jar else {
            return Ok(Some(None));
        };
        let Some(kept) = jar.getattr_opt(intern!(py, "_kept"))? else {
            return Ok(None);
        };
        if !kept.is_truthy()? {
            return Ok(Some(None));
        }
        let place = place.get();
        let url = [place.base.as_str(), target].concat();
        jar.call_method1(intern!(py, "header_for"), (&place.origin, url))?
            .extract()
            .map(Some)
    }

    /// The shard into which the lane may record by itself: nobody listens and no
    /// block decides.
    fn direct(slf: &Bound<'_, Self>, options: &Options<'_>) -> PyResult<Option<u32>> {
        if options.catch_response {
            return Ok(None);
        }
        let py = slf.py();
        let event = slf
            .get()
            .noted()
            .request_event
            .as_ref()
            .map(|event| event.bind(py).clone());
        let Some(event) = event else { return Ok(None) };
        event
            .getattr_opt(intern!(py, "direct"))?
            .map_or(Ok(None), |direct| direct.extract())
    }

    /// The place and the path of a URL; None when the URL is not plain.
    fn locate<'py>(
        slf: &Bound<'py, Self>,
        url: &Bound<'py, PyAny>,
    ) -> PyResult<Option<(Bound<'py, Place>, Bound<'py, PyString>)>> {
        let py = slf.py();
        let Ok(path) = url.cast_exact::<PyString>() else {
            return Ok(None);
        };
        if !path.to_str().is_ok_and(|path| path.starts_with('/')) {
            return slf
                .call_method1(intern!(py, "_locate_absolute"), (path,))?
                .extract();
        }
        let known = slf.get().place().as_ref().map(|place| place.clone_ref(py));
        if let Some(place) = known {
            return Ok(Some((place.into_bound(py), path.clone())));
        }
        let found: Option<Bound<'py, Place>> =
            slf.call_method0(intern!(py, "_locate_base"))?.extract()?;
        *slf.get().place() = found.as_ref().map(|place| place.clone().unbind());
        Ok(found.map(|place| (place, path.clone())))
    }
}

fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

fn new_answer(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    let kind = ANSWER_KIND
        .get(py)
        .ok_or_else(|| PyRuntimeError::new_err("locust.clients has not been imported"))?;
    // SAFETY: the class is an ordinary one of Python's, whose objects are made by
    // the generic allocator; the result is a new reference or null.
    unsafe {
        let made = ffi::PyType_GenericAlloc(kind.as_ptr().cast(), 0);
        Bound::from_owned_ptr_or_err(py, made)
    }
}

/// Tells the class of responses.
#[pyfunction]
fn set_answer_kind(kind: Bound<'_, PyType>) {
    let py = kind.py();
    // Told once per process; a second import of the module tells the same.
    let _ = ANSWER_KIND.set(py, kind.unbind());
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Flag>()?;
    module.add_class::<Place>()?;
    module.add_class::<Ask>()?;
    module.add_class::<Session>()?;
    module.add_function(pyo3::wrap_pyfunction!(set_answer_kind, module)?)
}
