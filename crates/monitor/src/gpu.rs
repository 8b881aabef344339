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

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::process::Command;

    use super::*;

    /// A library that answers for two devices as NVML does (nvml.h); built where the tests run.
    const LIBRARY: &str = r#"
typedef struct { unsigned gpu, memory; } rates;
typedef struct { unsigned version; unsigned long long total, reserved, free, used; } memory;
int nvmlInit_v2(void) { return 0; }
int nvmlInitWithFlags(unsigned flags) { return 0; }
int nvmlShutdown(void) { return 0; }
int nvmlDeviceGetCount_v2(unsigned *count) { *count = 2; return 0; }
int nvmlDeviceGetHandleByIndex_v2(unsigned place, void **device) {
    *device = (void *)(unsigned long)(place + 1);
    return 0;
}
int nvmlDeviceGetUtilizationRates(void *device, rates *out) {
    out->gpu = device == (void *)1 ? 90 : 80;
    return 0;
}
int nvmlDeviceGetMemoryInfo_v2(void *device, memory *out) {
    out->total = 16000000000ull; out->used = 4000000000ull; out->free = 12000000000ull;
    return 0;
}
int nvmlDeviceGetPowerUsage(void *device, unsigned *milliwatts) {
    if (device == (void *)2) return 3;
    *milliwatts = 250000;
    return 0;
}
"#;

    fn library(folder: &Path) -> OsString {
        let (source, library) = (folder.join("nvml.c"), folder.join("libnvml.so"));
        std::fs::write(&source, LIBRARY).expect("written");
        let built = Command::new("cc")
            .args(["-shared", "-fPIC", "-w", "-o"])
            .args([&library, &source])
            .status();
        assert!(built.expect("a C compiler").success());
        library.into_os_string()
    }

    fn read(gpus: &Gpus) -> Result<Readings, String> {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime.expect("a runtime").block_on(gpus.read())
    }

    #[test]
    fn devices_count_together_or_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = library(folder.path());
        let all = read(&Gpus::new(None, Some(path.clone()))).expect("two devices");
        assert_eq!(all[0], Value::Known(0.85));
        assert_eq!(all[1], Value::Known(8e9));
        assert_eq!(all[2], Value::Known(0.25));
        assert!(
            matches!(&all[3], Value::Gap(_)),
            "one does not tell its power"
        );
        let first = read(&Gpus::new(Some(0), Some(path.clone()))).expect("one device");
        assert_eq!(first[0], Value::Known(0.9));
        assert_eq!(first[3], Value::Known(250.0));
        let none = read(&Gpus::new(Some(2), Some(path))).expect_err("no third device");
        assert_eq!(none, "there is no GPU 2; this machine has 2");
    }

    #[test]
    fn a_machine_without_the_library_is_told() {
        let gone = Gpus::new(None, Some("/no/such/libnvml.so".into()));
        let why = read(&gone).expect_err("no library");
        assert!(why.contains("is not on this machine"), "{why}");
    }
}
