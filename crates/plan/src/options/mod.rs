//! Every option of a Locust-style run, as data.
//!
//! In: nothing. Out: one table, from which the parsers, the help and the documents are
//! made, so that a name, a default or a help text exists once. Never: parsing, the
//! environment, a decision taken from a value.

mod cluster;
mod common;
mod live;
mod other;
mod output;
mod page;
mod rate;
mod verdict;

pub use live::METRICS_HOST;

/// What kind of value an option takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Given or not.
    Flag,
    /// A whole number.
    Int,
    /// A whole number of at least 1.
    PositiveInt,
    /// The number of a port, 0 for one that is free.
    Port,
    /// A finite number above 0.
    PositiveFloat,
    /// Any text.
    Text,
    /// Any number of words.
    List,
    /// A length of time, see [`crate::timespan`]; whole seconds once read.
    Timespan,
    /// A rate of arrivals, see [`crate::rate`]; its text once read.
    Rate,
    /// An objective, see [`gatecrash_metrics::objective::parse`]; may be given several times.
    Objectives,
    /// What is watched, one for each time it is given.
    Watches,
    /// One of DEBUG, INFO, WARNING, ERROR, CRITICAL, in any case.
    LogLevel,
    /// JSON texts or names of `.json` files with attributes for User classes.
    UserConfig,
    /// A file with more options.
    ConfigFile,
    /// Names of User classes; without a flag.
    UserClasses,
    /// Prints the help and ends.
    Help,
    /// Prints the version and ends.
    Version,
}

impl Kind {
    /// The kind's name, as guests of another language read it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Flag => "flag",
            Self::Int => "int",
            Self::PositiveInt => "positive_int",
            Self::Port => "port",
            Self::PositiveFloat => "positive_float",
            Self::Text => "text",
            Self::List => "list",
            Self::Timespan => "timespan",
            Self::Rate => "rate",
            Self::Objectives => "objectives",
            Self::Watches => "watches",
            Self::LogLevel => "log_level",
            Self::UserConfig => "user_config",
            Self::ConfigFile => "config_file",
            Self::UserClasses => "user_classes",
            Self::Help => "help",
            Self::Version => "version",
        }
    }
}

/// An option's value when nobody gives one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Default {
    /// No value.
    Nothing,
    /// A flag that is off.
    Off,
    /// A whole number.
    Int(i64),
    /// A text, read like one that was given.
    Text(&'static str),
}

/// Whether an option does what its help says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Availability {
    /// It does.
    Now,
    /// It belongs to something that does not exist yet.
    Later {
        /// What that is, as the subject of a sentence in the singular ("the web page").
        what: &'static str,
    },
    /// Locust dropped it long ago; only the advice is left.
    Gone {
        /// What to do now, as an imperative ("use --web-login").
        advice: &'static str,
    },
}

/// One option.
#[derive(Debug, Clone, Copy)]
pub struct OptionSpec {
    /// How it is written on the command line; empty for the positional one.
    pub flags: &'static [&'static str],
    /// Its attribute in the parsed options.
    pub dest: &'static str,
    /// The environment variable that also sets it.
    pub env: Option<&'static str>,
    /// What values it takes.
    pub kind: Kind,
    /// The value when nobody gives one.
    pub default: Default,
    /// What stands for the value in the help.
    pub metavar: Option<&'static str>,
    /// What it does, in a sentence or two.
    pub help: &'static str,
    /// Not shown in the help.
    pub hidden: bool,
    /// Read before the locustfile is loaded, because it says which one or whether.
    pub early: bool,
    /// Whether it works.
    pub availability: Availability,
}

impl OptionSpec {
    const fn new(
        flags: &'static [&'static str],
        dest: &'static str,
        kind: Kind,
        help: &'static str,
    ) -> Self {
        let default = match kind {
            Kind::Flag => Default::Off,
            _ => Default::Nothing,
        };
        Self {
            flags,
            dest,
            env: None,
            kind,
            default,
            metavar: None,
            help,
            hidden: false,
            early: false,
            availability: Availability::Now,
        }
    }

    const fn env(mut self, variable: &'static str) -> Self {
        self.env = Some(variable);
        self
    }

    const fn default(mut self, default: Default) -> Self {
        self.default = default;
        self
    }

    const fn metavar(mut self, metavar: &'static str) -> Self {
        self.metavar = Some(metavar);
        self
    }

    const fn hidden(mut self) -> Self {
        self.hidden = true;
        self
    }

    const fn early(mut self) -> Self {
        self.early = true;
        self
    }

    const fn later(mut self, what: &'static str) -> Self {
        self.availability = Availability::Later { what };
        self
    }

    const fn gone(mut self, advice: &'static str) -> Self {
        self.hidden = true;
        self.default = Default::Nothing;
        self.availability = Availability::Gone { advice };
        self
    }
}

/// Options that belong together.
#[derive(Debug, Clone, Copy)]
pub struct Group {
    /// Title in the help.
    pub title: &'static str,
    /// Its options, in the order of the help.
    pub options: &'static [OptionSpec],
}

/// Every group, in the order of the help.
pub const GROUPS: &[Group] = &[
    common::GROUP,
    rate::GROUP,
    verdict::GROUP,
    live::GROUP,
    page::GROUP,
    cluster::MASTER,
    cluster::WORKER,
    other::TAGS,
    output::STATISTICS,
    output::LOGGING,
    other::GROUP,
    other::USER_CLASSES,
];

/// Every option, group by group.
pub fn all() -> impl Iterator<Item = &'static OptionSpec> {
    GROUPS.iter().flat_map(|group| group.options)
}
