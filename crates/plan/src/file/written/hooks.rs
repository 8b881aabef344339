//! What is done before and after scenarios, as written.

use std::time::Duration;

use super::HttpFile;
use crate::file::node::{Key, Node, Value};
use crate::file::read::{At, Read, Reader};
use crate::file::shape::{Kind, Record, choice, has, record};
use crate::model::OnFailure;

choice!(OnFailure, "on failure", "`stop` or `warn`", [
    "stop" => OnFailure::Stop,
    "warn" => OnFailure::Warn,
]);

/// A command: a text for the shell, or the program and its arguments.
pub(crate) struct CommandFile {
    pub(crate) words: Vec<String>,
    /// As it stands in the file, without the values of variables.
    pub(crate) written: String,
}

impl Read for CommandFile {
    fn kind() -> Kind {
        Kind::OneOf(vec![String::kind(), <Vec<At<String>>>::kind()])
    }

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let Value::List(list) = &node.value else {
            let text = String::read(node, reader)?;
            return Some(CommandFile {
                words: vec!["sh".to_owned(), "-c".to_owned(), text],
                written: as_written(node).to_owned(),
            });
        };
        let words: Vec<At<String>> = Read::read(node, reader)?;
        let written: Vec<&str> = list.iter().map(as_written).collect();
        Some(CommandFile {
            words: words.into_iter().map(|word| word.value).collect(),
            written: written.join(" "),
        })
    }
}

fn as_written(node: &Node) -> &str {
    match &node.value {
        Value::Text(text) => text,
        _ => "",
    }
}

record! {
    /// A command that is run in the folder of the plan. It fails when it ends with another code
    /// than 0.
    RunFile "a command" {
        /// The command: a text for the shell, or a list of the program and its arguments.
        run: CommandFile = "./degrade.sh on", required;
        /// How long it runs beside the scenario that it stands before: it begins with it and is
        /// then asked to end (SIGINT); how it ends is no failure. Without this the scenario waits
        /// for its end.
        runs_for as "for": Duration = "60s";
        /// A file that it makes, relative to the plan's folder: it is copied to the results.
        keep: String = "flame.svg";
        /// Longest time that it may take; with `for`, to end once it was asked to.
        timeout: Duration = "10s" (default "60s");
        /// Its name in the reports.
        name: String = "flame graph" (default "the command");
    }
}

record! {
    /// What is done around a scenario, or around all of them; in their order.
    HooksFile "`hooks`" {
        /// What is done before it begins.
        before: Vec<At<HookFile>> = "[{ post: /admin/mode, json: { mode: degraded } }]";
        /// What is done after it has ended, however it ended.
        after: Vec<At<HookFile>> = "[{ post: /admin/mode, json: { mode: normal } }]";
    }
}

record! {
    /// Something that is done before or after: a request (`get`, `post` …) whose answer must be
    /// as `expect` says, or a command (`run`).
    HookKeys "a hook" {
        /// Whether the run ends when it fails (`stop`), or goes on with a note (`warn`).
        on_failure: OnFailure = "warn" (default "`stop` before, `warn` after a scenario");
    }
}

/// A hook.
pub(crate) struct HookFile {
    pub(crate) on_failure: Option<At<OnFailure>>,
    pub(crate) action: ActionFile,
}

/// What a hook does.
pub(crate) enum ActionFile {
    Http(Box<HttpFile>),
    Run(RunFile),
}

static HOOK: Record = HookKeys::RECORD;
static HTTP: Record = HttpFile::RECORD;
static RUN: Record = RunFile::RECORD;

impl Read for HookFile {
    fn kind() -> Kind {
        Kind::Merged(&HOOK, vec![&HTTP, &RUN], None)
    }

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let Value::Map(entries) = &node.value else {
            reader.fault(node.span, format!("a hook is a map, not {}", node.found()));
            return None;
        };
        let is_own = |(key, _): &&(Key, Node)| key.name == "on_failure";
        let (own, rest): (Vec<_>, Vec<_>) = entries.iter().partition(is_own);
        let part = |entries: Vec<&(Key, Node)>| Node {
            value: Value::Map(entries.into_iter().cloned().collect()),
            span: node.span,
        };
        let keys = HookKeys::read(&part(own), reader)?;
        let rest = part(rest);
        let action = match has(&rest, &["run"]) {
            true => ActionFile::Run(RunFile::read(&rest, reader)?),
            false => ActionFile::Http(Box::new(HttpFile::read(&rest, reader)?)),
        };
        Some(HookFile {
            on_failure: keys.on_failure,
            action,
        })
    }
}
