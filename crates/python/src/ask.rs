//! What was asked of which place, kept with the answer for whoever wants to see
//! the request that was sent.

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use crate::client::Origin;

/// Where a base URL leads.
#[pyclass(frozen, module = "gatecrash._engine")]
pub(crate) struct Place {
    /// Scheme, host and port as they were written.
    #[pyo3(get)]
    pub(crate) base: String,
    /// The engine's origin.
    #[pyo3(get)]
    pub(crate) origin: Py<Origin>,
    /// What goes before each path.
    #[pyo3(get)]
    pub(crate) prefix: String,
}

#[pymethods]
impl Place {
    #[new]
    fn new(base: String, origin: Py<Origin>, prefix: String) -> Self {
        Place {
            base,
            origin,
            prefix,
        }
    }
}

/// What was asked, for whoever wants to see the request that was sent.
#[pyclass(frozen, module = "gatecrash._engine")]
pub(crate) struct Ask {
    /// The session that asked.
    #[pyo3(get)]
    pub(crate) session: Py<PyAny>,
    #[pyo3(get)]
    pub(crate) method: Py<PyString>,
    pub(crate) place: Py<Place>,
    pub(crate) path: Py<PyString>,
    /// Path and query as they were sent.
    #[pyo3(get)]
    pub(crate) target: String,
    pub(crate) data: Option<Py<PyAny>>,
    pub(crate) json: Option<Py<PyAny>>,
    pub(crate) keywords: Option<Py<PyDict>>,
}

#[pymethods]
impl Ask {
    /// The URL that was asked for, query included.
    fn url(&self) -> String {
        [&self.place.get().base, self.target.as_str()].concat()
    }

    /// The request as `requests` prepares it.
    fn prepare<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let place = self.place.get();
        let url = [&place.base, &place.prefix, self.path.to_str(py)?].concat();
        let call = (
            &self.session,
            &self.method,
            url,
            &self.data,
            &self.json,
            &self.keywords,
        );
        py.import(intern!(py, "gatecrash.http.quick"))?
            .call_method1(intern!(py, "prepare"), call)
    }

    /// A keyword of the call, or None.
    fn keyword<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
        match &self.keywords {
            Some(keywords) => keywords.bind(py).get_item(name),
            None => Ok(None),
        }
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.session)?;
        visit.call(&self.data)?;
        visit.call(&self.json)?;
        visit.call(&self.keywords)
    }
}
