//! The GPUs of this machine, where NVIDIA's library is there.
//!
//! In: which device, or all. Out: their gauges together. The library is asked on a thread of
//! its own: a driver may take its time, and nobody else waits for it.

use std::ffi::OsString;
use std::sync::{Arc, Mutex, PoisonError};

use nvml_wrapper::Nvml;
use nvml_wrapper::error::NvmlError;

use crate::source::{Readings, Value};

/// The GPUs that are watched.
#[derive(Debug)]
pub(crate) struct Gpus {
    device: Option<u32>,
    /// Where the library is, unless it is where it always is.
    library: Option<OsString>,
    /// The library, once it was found.
    nvml: Arc<Mutex<Option<Nvml>>>,
}

/// What one device tells; `None` where it cannot.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Device {
    busy_percent: Option<f64>,
    memory: Option<(u64, u64)>,
    power_mw: Option<f64>,
}

impl Gpus {
    pub(crate) fn new(device: Option<u32>, library: Option<OsString>) -> Gpus {
        Gpus {
            device,
            library,
            nvml: Arc::default(),
        }
    }

    /// Their gauges in the order of [`gatecrash_metrics::watch::GPU`].
    pub(crate) async fn read(&self) -> Result<Readings, String> {
        let (nvml, library, device) = (self.nvml.clone(), self.library.clone(), self.device);
        let asked = tokio::task::spawn_blocking(move || devices(&nvml, library, device)).await;
        let devices = asked.map_err(|_| "asking the library failed".to_owned())?;
        devices.map(|devices| gauges(&devices))
    }
}

fn devices(
    kept: &Mutex<Option<Nvml>>,
    library: Option<OsString>,
    device: Option<u32>,
) -> Result<Vec<Device>, String> {
    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    if kept.is_none() {
        *kept = Some(open(library).map_err(|fault| unusable(&fault))?);
    }
    let Some(nvml) = kept.as_ref() else {
        return Err("the library is gone".to_owned());
    };
    let count = nvml.device_count().map_err(|fault| unusable(&fault))?;
    let places = match device {
        Some(device) if device >= count => {
            return Err(format!(
                "there is no GPU {device}; this machine has {count}"
            ));
        }
        Some(device) => device..device + 1,
        None if count == 0 => return Err("this machine has no GPU".to_owned()),
        None => 0..count,
    };
    places
        .map(|place| ask(nvml, place).map_err(|fault| unusable(&fault)))
        .collect()
}

fn open(library: Option<OsString>) -> Result<Nvml, NvmlError> {
    match library {
        Some(path) => Nvml::builder().lib_path(&path).init(),
        None => Nvml::init(),
    }
}

fn unusable(fault: &NvmlError) -> String {
    match fault {
        NvmlError::LibloadingError(_) => {
            "NVIDIA's library (libnvidia-ml.so.1) is not on this machine".to_owned()
        }
        other => format!("NVML: {other}"),
    }
}

/// What a device tells; what it cannot tell is left out.
fn ask(nvml: &Nvml, place: u32) -> Result<Device, NvmlError> {
    let device = nvml.device_by_index(place)?;
    let memory = device.memory_info().ok();
    Ok(Device {
        busy_percent: device
            .utilization_rates()
            .ok()
            .map(|rates| f64::from(rates.gpu)),
        memory: memory.map(|memory| (memory.used, memory.total)),
        power_mw: device.power_usage().ok().map(f64::from),
    })
}

fn gauges(devices: &[Device]) -> Readings {
    let sum = |of: &dyn Fn(&Device) -> Option<f64>| devices.iter().map(of).sum::<Option<f64>>();
    let used = sum(&|device| device.memory.map(|(used, _)| used as f64));
    let total = sum(&|device| device.memory.map(|(_, total)| total as f64));
    let busy = sum(&|device| device.busy_percent);
    let power = sum(&|device| device.power_mw);
    let untold = "this device does not tell it";
    vec![
        Value::or(busy.map(|busy| busy / 100.0 / devices.len() as f64), untold),
        Value::or(used, untold),
        Value::or(used.zip(total).map(|(used, total)| used / total), untold),
        Value::or(power.map(|mw| mw / 1000.0), untold),
    ]
}
