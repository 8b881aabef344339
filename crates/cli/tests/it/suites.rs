//! The ready suites' plans, shortened, against their targets.

use std::path::Path;

use gatecrash_target::{Service, TargetOptions, serve};

use crate::{ended, gatecrash};

#[test]
fn the_clinic_holds_what_its_plan_asks() {
    let target = serve(TargetOptions {
        service: Service::Clinic,
        port: 0,
        ..TargetOptions::default()
    });
    let target = target.unwrap();
    let plan = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../suites/clinic/plan.yaml");
    let mut command = gatecrash(&["run", plan.to_str().unwrap(), "--no-results"]);
    command.args(["--scenario", "day", "--for", "1s"]);
    command.args(["--set", "users.physician.wait=10ms"]);
    let (code, stdout, stderr) = ended(command.env("CLINIC", target.url()));
    assert_eq!(code, 0, "{stdout}\n{stderr}");
    let truth = target.truth();
    assert!(truth.routes["/encounters"].received > 0, "{stdout}");
    assert!(truth.routes["/auth/token"].received > 0, "{stdout}");
}
