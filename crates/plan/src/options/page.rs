//! The options of the web page, and the one that says to run without it.

use super::{Default, Group, Kind, OptionSpec};

const PAGE: &str = "the web page";

/// Options of the web page.
pub(super) const GROUP: Group = Group {
    title: "Web page options",
    options: OPTIONS,
};

const OPTIONS: &[OptionSpec] = &[
    OptionSpec::new(
        &["--headless"],
        "headless",
        Kind::Flag,
        "Run without the web page and start at once; see -u, -r and -t",
    )
    .env("LOCUST_HEADLESS"),
    OptionSpec::new(
        &["--web-host"],
        "web_host",
        Kind::Text,
        "Address that the page listens on",
    )
    .env("LOCUST_WEB_HOST")
    .default(Default::Text(""))
    .metavar("<ip>")
    .later(PAGE),
    OptionSpec::new(
        &["--web-host-display-name"],
        "web_host_display_name",
        Kind::Text,
        "Host name to show for the page in the log",
    )
    .env("LOCUST_WEB_HOST_DISPLAY_NAME")
    .hidden()
    .later(PAGE),
    OptionSpec::new(
        &["--web-port", "-P"],
        "web_port",
        Kind::Int,
        "Port that the page listens on",
    )
    .env("LOCUST_WEB_PORT")
    .default(Default::Int(8089))
    .metavar("<port>")
    .later(PAGE),
    OptionSpec::new(
        &["--autostart"],
        "autostart",
        Kind::Flag,
        "Start at once, and serve the page beside the run",
    )
    .env("LOCUST_AUTOSTART")
    .later(PAGE),
    OptionSpec::new(
        &["--autoquit"],
        "autoquit",
        Kind::Int,
        "With --autostart: end this many seconds after the run is over. Default: stay",
    )
    .env("LOCUST_AUTOQUIT")
    .default(Default::Int(-1))
    .metavar("<seconds>")
    .later(PAGE),
    OptionSpec::new(
        &["--headful"],
        "headful",
        Kind::Flag,
        "Serve the page in spite of --headless",
    )
    .env("LOCUST_HEADFUL")
    .hidden()
    .later(PAGE),
    OptionSpec::new(
        &["--web-auth"],
        "web_auth",
        Kind::Text,
        "Replaced by --web-login",
    )
    .env("LOCUST_WEB_AUTH")
    .metavar("<user:password>")
    .gone("use --web-login instead"),
    OptionSpec::new(
        &["--web-login"],
        "web_login",
        Kind::Flag,
        "Ask for a login before the page",
    )
    .env("LOCUST_WEB_LOGIN")
    .later(PAGE),
    OptionSpec::new(
        &["--tls-cert"],
        "tls_cert",
        Kind::Text,
        "Certificate to serve the page with over https",
    )
    .env("LOCUST_TLS_CERT")
    .default(Default::Text(""))
    .metavar("<file>")
    .later(PAGE),
    OptionSpec::new(
        &["--tls-key"],
        "tls_key",
        Kind::Text,
        "Private key of that certificate",
    )
    .env("LOCUST_TLS_KEY")
    .default(Default::Text(""))
    .metavar("<file>")
    .later(PAGE),
    OptionSpec::new(
        &["--class-picker"],
        "class_picker",
        Kind::Flag,
        "Let the page choose among all User and shape classes",
    )
    .env("LOCUST_USERCLASS_PICKER")
    .later(PAGE),
    OptionSpec::new(
        &["--build-path"],
        "build_path",
        Kind::Text,
        "Directory with another build of the page",
    )
    .env("LOCUST_BUILD_PATH")
    .default(Default::Text(""))
    .hidden()
    .later(PAGE),
    OptionSpec::new(
        &["--legacy-ui"],
        "legacy_ui",
        Kind::Flag,
        "The page of Locust before version 2.22",
    )
    .env("LOCUST_LEGACY_UI")
    .gone("leave it out; there is only one page")
    .default(Default::Off),
    OptionSpec::new(
        &["--web-base-path"],
        "web_base_path",
        Kind::Text,
        "Path that the page is served under, such as /load. Default: the root",
    )
    .env("LOCUST_WEB_BASE_PATH")
    .default(Default::Text(""))
    .metavar("<path>")
    .later(PAGE),
];
