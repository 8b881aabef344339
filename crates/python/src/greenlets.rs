//! greenlet's C functions, taken from the capsule that greenlet publishes for
//! this purpose. Switching this way costs no Python call.

use std::ffi::{c_int, c_void};

use pyo3::exceptions::PyImportError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

/// Where the functions stand in the capsule's table (greenlet.h, stable since 1.0).
const GET_CURRENT: usize = 4;
const SWITCH: usize = 6;

type GetCurrent = unsafe extern "C" fn() -> *mut ffi::PyObject;
type Switch = unsafe extern "C" fn(
    *mut ffi::PyObject,
    *mut ffi::PyObject,
    *mut ffi::PyObject,
) -> *mut ffi::PyObject;

struct Functions {
    get_current: GetCurrent,
    switch: Switch,
}

static FUNCTIONS: PyOnceLock<Functions> = PyOnceLock::new();

fn functions(py: Python<'_>) -> PyResult<&'static Functions> {
    FUNCTIONS.get_or_try_init(py, || import(py))
}

fn import(py: Python<'_>) -> PyResult<Functions> {
    py.import("greenlet")?;
    const NO_BLOCK: c_int = 0;
    // SAFETY: the name is a C string; the interpreter is attached.
    let table = unsafe { ffi::PyCapsule_Import(c"greenlet._C_API".as_ptr(), NO_BLOCK) };
    if table.is_null() {
        return Err(PyErr::take(py)
            .unwrap_or_else(|| PyImportError::new_err("greenlet publishes no C functions")));
    }
    let table: *const *const c_void = table.cast();
    // SAFETY: greenlet.h documents the table's length and what stands where;
    // the capsule lives as long as the module, which is never unloaded.
    unsafe {
        Ok(Functions {
            get_current: std::mem::transmute::<*const c_void, GetCurrent>(*table.add(GET_CURRENT)),
            switch: std::mem::transmute::<*const c_void, Switch>(*table.add(SWITCH)),
        })
    }
}

/// The greenlet that runs now.
pub(crate) fn current(py: Python<'_>) -> PyResult<Py<PyAny>> {
    let get_current = functions(py)?.get_current;
    // SAFETY: the interpreter is attached; the result is a new reference or null.
    unsafe { Bound::from_owned_ptr_or_err(py, get_current()).map(Bound::unbind) }
}

/// Switches to `greenlet`; returns when something switches back, with the
/// exception that was thrown in here, if one was.
///
/// Nothing of Rust may be borrowed across this call (no `RefCell`, no
/// `MutexGuard`, no `PyRef`): other greenlets run meanwhile on this very stack.
pub(crate) fn switch_to(py: Python<'_>, greenlet: &Py<PyAny>) -> PyResult<()> {
    let switch = functions(py)?.switch;
    // SAFETY: the interpreter is attached and `greenlet` is a greenlet: only
    // `current` and gevent's hub get here. No arguments are passed.
    let result = unsafe {
        let result = switch(
            greenlet.as_ptr(),
            std::ptr::null_mut(),
            std::ptr::null_mut(),
        );
        Bound::from_owned_ptr_or_err(py, result)
    };
    result.map(drop)
}
