//! The page of flags: our own commands from their parser, the options of Locust-style runs
//! from their table.

use clap::{Arg, Command, CommandFactory};
use gatecrash_plan::options::{Availability, GROUPS, OptionSpec};

use super::MADE;
use super::table::{code, codes, table};
use crate::args::CommandLine;

const LOCUST: &str = "\
## gatecrash -f locustfile.py

The options of Locust-style runs. All can stand in a config file too, under the name of their long flag without
the dashes; a flag comes before a variable, and a variable before a file.

";

/// The page.
pub(super) fn page() -> String {
    let mut commands = CommandLine::command();
    commands.build();
    let commands: String = commands
        .get_subcommands()
        .filter(|command| !command.is_hide_set())
        .map(command)
        .collect();
    let groups: String = GROUPS
        .iter()
        .map(|group| options(group.title, group.options))
        .collect();
    format!("# Commands and flags\n\n{MADE}{commands}{LOCUST}{groups}")
}

fn command(command: &Command) -> String {
    let about = command.get_long_about().or(command.get_about());
    let about = about.map(ToString::to_string).unwrap_or_default();
    let rows = command
        .get_arguments()
        .filter(|argument| !argument.is_hide_set() && argument.get_id() != "help")
        .map(argument);
    let rows: Vec<_> = rows.collect();
    let arguments = match rows.is_empty() {
        true => String::new(),
        false => table(["argument", "without it", "what it does"], rows),
    };
    format!(
        "## gatecrash {}\n\n{about}\n\n{arguments}",
        command.get_name()
    )
}

fn argument(argument: &Arg) -> [String; 3] {
    let defaults: Vec<_> = match argument.get_action().takes_values() {
        true => argument
            .get_default_values()
            .iter()
            .map(|value| value.to_string_lossy())
            .collect(),
        false => Vec::new(),
    };
    let default = match defaults.is_empty() {
        true if argument.is_required_set() => "must be there".to_owned(),
        true => "–".to_owned(),
        false => code(&defaults.join(" ")),
    };
    let help = argument.get_long_help().or(argument.get_help());
    let help = help.map(ToString::to_string).unwrap_or_default();
    [written(argument), default, help]
}

/// The ways to write an argument, with what stands for its value.
fn written(argument: &Arg) -> String {
    let names = argument.get_value_names().unwrap_or_default();
    let values = names
        .iter()
        .map(|name| name.as_str())
        .collect::<Vec<_>>()
        .join(" ");
    if argument.is_positional() {
        return code(&values);
    }
    let short = argument.get_short().map(|letter| format!("-{letter}"));
    let long = argument.get_long().map(|word| format!("--{word}"));
    let value = match argument.get_action().takes_values() {
        true => format!(" {values}"),
        false => String::new(),
    };
    let ways = short
        .into_iter()
        .chain(long.map(|long| format!("{long}{value}")));
    codes(ways.collect::<Vec<_>>().iter().map(String::as_str))
}

fn options(title: &str, options: &[OptionSpec]) -> String {
    let rows = options
        .iter()
        .filter(|option| !matches!(option.availability, Availability::Gone { .. }))
        .map(option);
    format!(
        "### {title}\n\n{}",
        table(["option", "variable", "what it does"], rows)
    )
}

fn option(option: &OptionSpec) -> [String; 3] {
    let value = option
        .metavar
        .map(|name| format!(" {name}"))
        .unwrap_or_default();
    let mut ways: Vec<String> = option.flags.iter().map(ToString::to_string).collect();
    match ways.last_mut() {
        Some(last) => last.push_str(&value),
        None => ways.push(value.trim_start().to_owned()),
    }
    let help = match option.availability {
        Availability::Later { .. } => format!("Not there yet. {}", option.help),
        _ => option.help.to_owned(),
    };
    [
        codes(ways.iter().map(String::as_str)),
        option.env.map_or_else(|| "–".to_owned(), code),
        help,
    ]
}
