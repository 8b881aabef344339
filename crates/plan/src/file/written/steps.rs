//! Steps and tasks, as written: a step is named by the key that says what it does.

use std::time::Duration;

use super::{CacheFile, TokensKeys};
use super::{ExpectFile, Fields, Headers, Metrics, Parameters, SocketExpectFile, TakeFile, Values};
use crate::file::node::{Key, Node, Value};
use crate::file::read::{At, Entries, Read, Reader, head, listed};
use crate::file::scalar::{Count, Mark, Pause, Size, Weight, Whole};
use crate::file::shape::{Kind, Record, Union, has, record};
use crate::file::text::{Expression, JsonText, TemplateText};
use crate::model::StreamForm;

record! {
    /// A request and its answer.
    HttpFile "a request" one of [
        "get", "post", "put", "patch", "delete", "head", "options", "request",
    ] {
        /// The URL, absolute or relative to the host.
        get: TemplateText = "/items/{{ item }}";
        /// The URL, absolute or relative to the host.
        post: TemplateText = "/items";
        /// The URL, absolute or relative to the host.
        put: TemplateText = "/items/7";
        /// The URL, absolute or relative to the host.
        patch: TemplateText = "/items/7";
        /// The URL, absolute or relative to the host.
        delete: TemplateText = "/items/7";
        /// The URL, absolute or relative to the host.
        head: TemplateText = "/items";
        /// The URL, absolute or relative to the host.
        options: TemplateText = "/items";
        /// The URL, absolute or relative to the host, for any other `method`.
        request: TemplateText = "/cache/7";
        /// The method, beside `request`.
        method: String = "PURGE";
        /// Its name in the reports.
        name: TemplateText = "endpoint question" (default "the URL as it stands in the plan");
        /// Parameters that are appended to the URL, encoded.
        query: Entries<Parameters, TemplateText> = "{ page: 2 }";
        /// Its own headers; one of the same name replaces that of the class.
        headers: Entries<Headers, TemplateText> = "{ Accept: application/json }";
        /// The body: a JSON value.
        json: JsonText = "{ query: \"{{ questions.text }}\", topK: 20 }";
        /// The body: the fields of a form (`application/x-www-form-urlencoded`).
        form: Entries<Fields, TemplateText> = "{ user: ann }";
        /// The body: a text.
        text: TemplateText = "hello";
        /// The body: the bytes of a file, relative to the plan's folder.
        file: String = "body.bin";
        /// The body: fields and files (`multipart/form-data`).
        multipart: Entries<Fields, PartFile> = "{ title: Notes, notes: { file: notes.txt } }";
        /// Sends the body in chunks of this size (`Transfer-Encoding: chunked`), as is done with
        /// what is still being recorded, and does not say its length before.
        chunked: Size = "16KiB";
        /// Longest time for the whole exchange.
        timeout: Duration = "10s" (default "that of the class");
        /// How many redirects are followed.
        redirects: Whole = "0" (default "that of the class");
        /// How large the body of the answer may be; a larger one is a failure.
        max_body: Size = "1MB" (default "that of the class");
        /// Reads the answer as a stream: server-sent events of any kind (`sse`), or as a
        /// language model's in the form of `openai` or `anthropic`.
        stream: StreamForm = "openai";
        /// Values of the answer that later steps of the user can name.
        take: Entries<Values, TakeFile> = "{ token: $.access_token }";
        /// What the answer must be; otherwise the request is a failure. Without a `status` any
        /// below 400 is right.
        expect: ExpectFile = "{ status: 200, under: 5s }";
        /// How the answer tells whether it came from a cache.
        cache: CacheFile = "{ json: $.cached }" (default "that of the class");
        /// Numbers of the answer that are recorded, each under the `metrics` of the plan: where
        /// they are, as under `take`. What is not there or no number is not recorded.
        measure: Entries<Metrics, TakeFile> = "{ credits: $.usage.credits }";
        /// What tokens it uses, as the author expects; only for the estimate of the cost.
        expected_tokens: TokensKeys = "{ in: 1200, out: 300 }";
    }
}

record! {
    /// A pause.
    ThinkFile "a pause" {
        /// How long: always the same, or drawn between two times.
        think: Pause = "1s..3s", required;
    }
}

record! {
    /// Gives names to values.
    SetFile "`set`" {
        /// The names and the values. An expression alone keeps the type of its value.
        set: Entries<Values, JsonText> = "{ amount: \"{{ random_int(1, 9) }}\" }", required;
    }
}

record! {
    /// One way or the other.
    IfFile "`if`" {
        /// An expression; what is empty, 0, false or undefined is not true.
        condition as "if": Expression = "amount > 5", required;
        /// The steps if it is true.
        then: Vec<At<StepFile>> = "[{ get: /large }]", required;
        /// The steps if it is not.
        otherwise as "else": Vec<At<StepFile>> = "[{ get: /small }]";
    }
}

record! {
    /// The same steps several times.
    RepeatFile "`repeat`" {
        /// How often.
        repeat: Count = "3", required;
        /// The steps.
        steps: Vec<At<StepFile>> = "[{ get: /next }]", required;
    }
}

record! {
    /// Opens the user's WebSocket; a user has one at a time.
    ConnectFile "`connect`" {
        /// The URL (`ws://`, `wss://`), or a path on the host.
        connect: TemplateText = "/live", required;
        /// Its name in the reports.
        name: TemplateText = "live" (default "the URL as it stands in the plan");
        /// Further headers of the handshake.
        headers: Entries<Headers, TemplateText> = "{ Authorization: \"Bearer {{ token }}\" }";
        /// Longest time until it is open.
        timeout: Duration = "5s" (default "that of the class");
    }
}

record! {
    /// Sends a message on the user's WebSocket.
    SendFile "`send`" {
        /// The message: a text, or a value that is sent as JSON.
        send: JsonText = "{ op: ping, id: 7 }", required;
        /// Its name in the reports.
        name: TemplateText = "ping" (default "`send`");
        /// What must come back; the time until then is the round trip.
        expect: SocketExpectFile = "{ contains: pong, within: 2s }";
    }
}

record! {
    /// Waits for a message on the user's WebSocket.
    ReceiveFile "`expect`" {
        /// Which message.
        expect: SocketExpectFile = "{ json: { $.type: update }, within: 10s }", required;
        /// Its name in the reports.
        name: TemplateText = "update" (default "`expect`");
    }
}

record! {
    /// Stays on the user's WebSocket, answers pings and counts what comes.
    HoldFile "`hold`" {
        /// How long.
        hold: Pause = "30s", required;
    }
}

record! {
    /// Closes the user's WebSocket.
    CloseFile "`close`" {
        /// Nothing else is said.
        close: Mark = "true", required;
    }
}

record! {
    /// A task: one step, or several under `steps`. Beside the keys of its step it has these.
    TaskKeys "a task" {
        /// Its name in the reports.
        name: TemplateText = "ask and answer" (default "that of its step, or `task` and its number");
        /// Its part among the tasks of the class; 0 leaves it out.
        weight: Weight = "40" (default "1");
        /// How long one execution takes, as the author expects; only for the forecast of
        /// `gatecrash explain`.
        expected_time: Duration = "800ms";
        /// Its steps in order, where there are several.
        steps: Vec<At<StepFile>> = "[{ get: /a }, { think: 1s }, { get: /b }]";
    }
}

/// A step, by the key that names it.
pub(crate) enum StepFile {
    Http(Box<HttpFile>),
    Think(ThinkFile),
    Set(SetFile),
    If(IfFile),
    Repeat(RepeatFile),
    Connect(Box<ConnectFile>),
    Send(Box<SendFile>),
    Receive(Box<ReceiveFile>),
    Hold(HoldFile),
    Close(CloseFile),
}

/// How a form of step is told from the others, and read.
struct Form {
    /// The keys of which one names it.
    verbs: &'static [&'static str],
    record: &'static Record,
    read: fn(&Node, &mut Reader<'_>) -> Option<StepFile>,
}

macro_rules! form {
    ($verbs:expr, $type:ident, $wrap:expr) => {{
        static RECORD: Record = $type::RECORD;
        Form {
            verbs: $verbs,
            record: &RECORD,
            read: |node, reader| $type::read(node, reader).map($wrap),
        }
    }};
}

/// The forms of a step. `expect` comes last: it is a key of two others as well.
static FORMS: [Form; 10] = [
    form!(HttpFile::RECORD.one_of, HttpFile, |file| StepFile::Http(
        Box::new(file)
    )),
    form!(&["think"], ThinkFile, StepFile::Think),
    form!(&["set"], SetFile, StepFile::Set),
    form!(&["if"], IfFile, StepFile::If),
    form!(&["repeat"], RepeatFile, StepFile::Repeat),
    form!(&["connect"], ConnectFile, |file| StepFile::Connect(
        Box::new(file)
    )),
    form!(&["send"], SendFile, |file| StepFile::Send(Box::new(file))),
    form!(&["hold"], HoldFile, StepFile::Hold),
    form!(&["close"], CloseFile, StepFile::Close),
    form!(&["expect"], ReceiveFile, |file| StepFile::Receive(
        Box::new(file)
    )),
];

impl Form {
    fn has(&self, name: &str) -> bool {
        (self.record.keys)().iter().any(|key| key.name == name)
    }

    /// Reads a step of this form; what names another step beside it is told.
    fn read_alone(&self, node: &Node, reader: &mut Reader<'_>) -> Option<StepFile> {
        let Value::Map(entries) = &node.value else {
            return None;
        };
        let verbs = verbs();
        let is_stranger = |key: &Key| verbs.contains(&key.name.as_str()) && !self.has(&key.name);
        let strangers = entries
            .iter()
            .map(|(key, _)| key)
            .filter(|key| is_stranger(key));
        let strangers: Vec<&Key> = strangers.collect();
        if strangers.is_empty() {
            return (self.read)(node, reader);
        }
        for key in &strangers {
            let what = format!(
                "`{}` is a step of its own, and {} stands here already",
                key.name, self.record.name
            );
            reader.fault_with_hint(key.span, what, "put one after the other under `steps`");
        }
        let rest = entries.iter().filter(|(key, _)| !is_stranger(key));
        let rest = Node {
            value: Value::Map(rest.cloned().collect()),
            span: node.span,
        };
        (self.read)(&rest, reader)
    }
}

fn form_of(node: &Node) -> Option<&'static Form> {
    FORMS.iter().find(|form| has(node, form.verbs))
}

impl Read for StepFile {
    fn kind() -> Kind {
        static STEP: Union = Union {
            title: "Step",
            name: "a step",
            doc: "A step: the key that stands first in each of these says what it does.",
            kinds: || FORMS.iter().map(|form| Kind::Record(form.record)).collect(),
        };
        Kind::Union(&STEP)
    }

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        if !matches!(node.value, Value::Map(_)) {
            reader.fault(node.span, format!("a step is a map, not {}", node.found()));
            return None;
        }
        match form_of(node) {
            Some(form) => form.read_alone(node, reader),
            None => nameless("a step", node, &verbs(), &HttpFile::RECORD, reader),
        }
    }
}

/// Says that nothing in a map names a step: `verbs` would, and `beside` may stand there too.
fn nameless<T>(
    what: &str,
    node: &Node,
    verbs: &[&str],
    beside: &Record,
    reader: &mut Reader<'_>,
) -> Option<T> {
    let Value::Map(entries) = &node.value else {
        return None;
    };
    let records = FORMS.iter().map(|form| form.record).chain([beside]);
    let keys = records.flat_map(|record| (record.keys)());
    let known: Vec<&str> = keys.map(|key| key.name).collect();
    let mut names = entries.iter().map(|(key, _)| key);
    match names.find(|key| !known.contains(&key.name.as_str())) {
        Some(key) => reader.unknown_key(key, what, verbs),
        None => {
            let what = format!("{what} needs one of {}", listed(verbs));
            reader.fault(head(node), what);
        }
    }
    None
}

fn verbs() -> Vec<&'static str> {
    FORMS.iter().flat_map(|form| form.verbs).copied().collect()
}

/// A task: what it has as a task, and its one step if it is not a list of them.
pub(crate) struct TaskFile {
    pub(crate) keys: TaskKeys,
    pub(crate) step: Option<At<StepFile>>,
}

impl Read for TaskFile {
    fn kind() -> Kind {
        static TASK: Record = TaskKeys::RECORD;
        let steps = FORMS.iter().map(|form| form.record).collect();
        Kind::Merged(&TASK, steps, Some("steps"))
    }

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let Value::Map(entries) = &node.value else {
            reader.fault(node.span, format!("a task is a map, not {}", node.found()));
            return None;
        };
        let Some(form) = form_of(node) else {
            if node.get("steps").is_none() {
                let verbs = [verbs(), vec!["steps"]].concat();
                return nameless("a task", node, &verbs, &TaskKeys::RECORD, reader);
            }
            let keys = TaskKeys::read(node, reader)?;
            return Some(TaskFile { keys, step: None });
        };
        let (own, rest) = parted(node, entries, form);
        let keys = TaskKeys::read(&own, reader)?;
        let step = form.read_alone(&rest, reader)?;
        if let Some(steps) = &keys.steps {
            let what = "a task is either one step or several under `steps`, not both";
            reader.fault(steps.span, what);
        }
        let step = Some(At::new(step, node.span));
        Some(TaskFile { keys, step })
    }
}

/// The keys that are the task's, and those that are its step's. A name is both's.
fn parted(node: &Node, entries: &[(Key, Node)], form: &Form) -> (Node, Node) {
    let names = |record: &Record| {
        (record.keys)()
            .iter()
            .map(|key| key.name)
            .collect::<Vec<_>>()
    };
    let (task, step) = (names(&TaskKeys::RECORD), names(form.record));
    let is_step = |key: &Key| step.contains(&key.name.as_str());
    let is_task = |key: &Key| {
        let name = key.name.as_str();
        name == "name" || task.contains(&name) && !is_step(key)
    };
    let chosen = |wanted: &dyn Fn(&Key) -> bool| Node {
        value: Value::Map(
            entries
                .iter()
                .filter(|(key, _)| wanted(key))
                .cloned()
                .collect(),
        ),
        span: node.span,
    };
    (
        chosen(&is_task),
        chosen(&|key| is_step(key) || !is_task(key)),
    )
}

/// What one part of a multipart body is.
pub(crate) enum PartFile {
    Text(TemplateText),
    File(FilePartFile),
}

record! {
    /// A file as a part of a body.
    FilePartFile "a file" {
        /// The file, relative to the plan's folder.
        file: String = "notes.txt", required;
        /// The content type that it is declared with.
        content_type as "type": String = "text/plain" (default "application/octet-stream");
    }
}

impl Read for PartFile {
    fn kind() -> Kind {
        Kind::OneOf(vec![TemplateText::kind(), FilePartFile::kind()])
    }

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        match &node.value {
            Value::Map(_) => FilePartFile::read(node, reader).map(PartFile::File),
            _ => TemplateText::read(node, reader).map(PartFile::Text),
        }
    }
}
