//! A program with users in Rust: from its command line to its exit code.

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use gatecrash_cli::{RunOptions, parser_says, refuse, run_users};
use gatecrash_engine::Users;
use gatecrash_metrics::watch;
use gatecrash_net::{TlsSettings, Trust, Url};
use gatecrash_plan::model::{Plan, RustUsers, Scenario, Start, UserClass, UserKind};

use crate::User;
use crate::flags::{Flags, fault};
use crate::journey::RustJourney;

/// How long unfinished tasks may go on after the end.
const GRACE: Duration = Duration::from_secs(30);

/// The name of the one scenario.
const SCENARIO: &str = "main";

/// A program with users in Rust, made by [`app`].
#[derive(Default)]
pub struct App {
    classes: Vec<Class>,
    host: Option<String>,
    trusts_anybody: bool,
}

/// A class of users before it is known where they lead.
struct Class {
    name: String,
    weight: f64,
    wait: gatecrash_plan::model::Wait,
    users: Box<dyn FnOnce(Url, TlsSettings) -> Users>,
}

/// A program whose users are written in Rust: give it their classes, and let it
/// [run](App::run).
pub fn app() -> App {
    App::default()
}

impl App {
    /// A class of users. Of several each has its part by [`User::WEIGHT`].
    #[must_use]
    pub fn user<U: User>(mut self) -> App {
        self.classes.push(Class {
            name: U::name(),
            weight: U::WEIGHT,
            wait: U::WAIT,
            users: Box::new(|host, tls| Users::of(RustJourney::<U>::new(host, tls))),
        });
        self
    }

    /// Where relative URLs lead without `--host`.
    #[must_use]
    pub fn host(mut self, url: impl Into<String>) -> App {
        self.host = Some(url.into());
        self
    }

    /// Certificates of servers are not checked: for tests in your own network.
    #[must_use]
    pub fn trust_anybody(mut self) -> App {
        self.trusts_anybody = true;
        self
    }

    /// Runs what the command line asks for, to its end.
    pub fn run(self) -> ExitCode {
        self.run_with(std::env::args_os()).into()
    }

    /// Runs what `words` ask for, which begin with the name of the program, and returns the
    /// exit code.
    pub fn run_with(self, words: impl IntoIterator<Item = OsString>) -> u8 {
        let words: Vec<OsString> = words.into_iter().collect();
        if self.classes.is_empty() {
            return refuse("the program has no users; give it some by app().user::<…>()");
        }
        let flags = match Flags::try_parse_from(&words) {
            Ok(flags) => flags,
            Err(said) => return parser_says(&said),
        };
        match self.plan(&flags, program(&words)) {
            Ok((plan, users)) => run_users(plan, &users, command(&words), options(flags)),
            Err(said) => parser_says(&said),
        }
    }

    /// The plan of the one scenario that is asked for, and the users of its classes.
    fn plan(self, flags: &Flags, name: String) -> Result<(Plan, Vec<Users>), clap::Error> {
        let load = flags.load()?;
        let host = flags.host.clone().or(self.host);
        let host = host.ok_or_else(|| {
            fault("no host to load; name it: --host http://127.0.0.1:8000".to_owned())
        })?;
        let url = Url::parse(&host).map_err(|why| fault(format!("host: {why}")))?;
        let tls = TlsSettings {
            trust: match self.trusts_anybody {
                true => Trust::Anybody,
                false => Trust::System,
            },
            identity: None,
        };
        let who = self.classes.iter().enumerate();
        let who = who.map(|(place, class)| (place, class.weight)).collect();
        let (mut classes, mut users) = (Vec::new(), Vec::new());
        for class in self.classes {
            let (wait, host) = (class.wait, host.clone());
            classes.push(UserClass {
                name: class.name,
                weight: class.weight,
                kind: UserKind::Rust(RustUsers { host, wait }),
            });
            users.push((class.users)(url.clone(), tls.clone()));
        }
        let scenario = Scenario {
            name: SCENARIO.to_owned(),
            start: Start::InTurn,
            who,
            load,
            duration: flags.duration(),
            grace: GRACE,
            measured: true,
            seed: flags.seed,
            expected_time: None,
            objectives: Vec::new(),
            pause_before: Duration::ZERO,
            before: Vec::new(),
            after: Vec::new(),
        };
        let mut objectives = flags.objectives.clone();
        watch::name_gauges(&mut objectives, &flags.watches);
        let plan = Plan {
            name,
            host: Some(host),
            users: classes,
            scenarios: vec![scenario],
            objectives,
            watches: flags.watches.clone(),
            seed: flags.seed,
            ..Plan::default()
        };
        Ok((plan, users))
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = self.classes.iter().map(|class| &class.name);
        f.debug_list().entries(names).finish()
    }
}

fn options(flags: Flags) -> RunOptions {
    RunOptions {
        lanes: flags.lanes,
        results: flags.results,
        html: flags.html,
        live: flags.live,
        quiet: flags.quiet,
        no_color: flags.no_color,
    }
}

/// The name of the program, without its folder.
fn program(words: &[OsString]) -> String {
    let path = words.first().map(Path::new);
    let name = path.and_then(Path::file_name).unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// The command line as one line.
fn command(words: &[OsString]) -> String {
    let words: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
    format!("{}\n", words.join(" "))
}
