//! The options of runs over several processes or machines.

use super::{Default, Group, Kind, OptionSpec};

const CLUSTER: &str = "running on several machines (master and workers)";
const PROCESSES: &str = "running in several processes";

/// Options of the process that others connect to.
pub(super) const MASTER: Group = Group {
    title: "Master options",
    options: MASTER_OPTIONS,
};

/// Options of the processes that run the users.
pub(super) const WORKER: Group = Group {
    title: "Worker options",
    options: WORKER_OPTIONS,
};

const MASTER_OPTIONS: &[OptionSpec] = &[
    OptionSpec::new(
        &["--master"],
        "master",
        Kind::Flag,
        "Lead a run whose users run in workers, which connect to this process",
    )
    .env("LOCUST_MODE_MASTER")
    .early()
    .later(CLUSTER),
    OptionSpec::new(
        &["--master-bind-host"],
        "master_bind_host",
        Kind::Text,
        "Address to wait for workers on. Default: all",
    )
    .env("LOCUST_MASTER_BIND_HOST")
    .default(Default::Text("*"))
    .metavar("<ip>")
    .later(CLUSTER),
    OptionSpec::new(
        &["--master-bind-port"],
        "master_bind_port",
        Kind::Int,
        "Port to wait for workers on. Default: 5557",
    )
    .env("LOCUST_MASTER_BIND_PORT")
    .default(Default::Int(5557))
    .metavar("<port>")
    .later(CLUSTER),
    OptionSpec::new(
        &["--expect-workers"],
        "expect_workers",
        Kind::PositiveInt,
        "Start only when this many workers have connected",
    )
    .env("LOCUST_EXPECT_WORKERS")
    .default(Default::Int(1))
    .metavar("<int>")
    .later(CLUSTER),
    OptionSpec::new(
        &["--expect-workers-max-wait"],
        "expect_workers_max_wait",
        Kind::Int,
        "Give up if they have not connected after this many seconds. Default: wait on",
    )
    .env("LOCUST_EXPECT_WORKERS_MAX_WAIT")
    .default(Default::Int(0))
    .metavar("<seconds>")
    .later(CLUSTER),
    OptionSpec::new(
        &["--enable-rebalancing"],
        "enable_rebalancing",
        Kind::Flag,
        "Deal users out anew when workers come or go during a run",
    )
    .later(CLUSTER),
    OptionSpec::new(
        &["--expect-slaves"],
        "expect_slaves",
        Kind::Flag,
        "Replaced by --expect-workers",
    )
    .gone("use --expect-workers instead"),
];

const WORKER_OPTIONS: &[OptionSpec] = &[
    OptionSpec::new(
        &["--worker"],
        "worker",
        Kind::Flag,
        "Run users for a master; with -f - the locustfile comes from there too",
    )
    .env("LOCUST_MODE_WORKER")
    .early()
    .later(CLUSTER),
    OptionSpec::new(
        &["--processes"],
        "processes",
        Kind::Int,
        "Run users in this many processes; -1 for as many as there are cores",
    )
    .env("LOCUST_PROCESSES")
    .metavar("<int>")
    .later(PROCESSES),
    OptionSpec::new(&["--slave"], "slave", Kind::Flag, "Replaced by --worker")
        .gone("use --worker instead"),
    OptionSpec::new(
        &["--master-host"],
        "master_host",
        Kind::Text,
        "Host name or address of the master. Default: 127.0.0.1",
    )
    .env("LOCUST_MASTER_NODE_HOST")
    .default(Default::Text("127.0.0.1"))
    .metavar("<host>")
    .early()
    .later(CLUSTER),
    OptionSpec::new(
        &["--master-port"],
        "master_port",
        Kind::Int,
        "Port of the master. Default: 5557",
    )
    .env("LOCUST_MASTER_NODE_PORT")
    .default(Default::Int(5557))
    .metavar("<port>")
    .early()
    .later(CLUSTER),
];
