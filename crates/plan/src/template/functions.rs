//! The functions that a template may call: one table.
//!
//! In: nothing. Out: name, parameters, meaning and an example of each, for the check of a
//! plan, for the reference page and for the engine, which holds what they do.

/// One function.
#[derive(Debug)]
pub struct Function {
    /// As it is written in a template; `fake.…` are members of the value `fake`.
    pub name: &'static str,
    /// Its parameters in order, each as it is shown to a reader.
    pub parameters: &'static [Parameter],
    /// What it gives.
    pub doc: &'static str,
    /// A call, and what it may give.
    pub example: (&'static str, &'static str),
}

/// One parameter.
#[derive(Debug)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// Whether it may be left out; only the last ones may.
    pub optional: bool,
}

const fn needed(name: &'static str) -> Parameter {
    Parameter {
        name,
        optional: false,
    }
}

const fn optional(name: &'static str) -> Parameter {
    Parameter {
        name,
        optional: true,
    }
}

const fn function(
    name: &'static str,
    parameters: &'static [Parameter],
    doc: &'static str,
    example: (&'static str, &'static str),
) -> Function {
    Function {
        name,
        parameters,
        doc,
        example,
    }
}

impl Function {
    /// How it is called: `random_int(low, high)`, `sequence(name?)`.
    pub fn signature(&self) -> String {
        let parameters: Vec<String> = self.parameters.iter().map(Parameter::shown).collect();
        format!("{}({})", self.name, parameters.join(", "))
    }

    /// The fewest and the most arguments that it takes.
    pub fn arguments(&self) -> (usize, usize) {
        let needed = self.parameters.iter().filter(|one| !one.optional).count();
        (needed, self.parameters.len())
    }
}

impl Parameter {
    fn shown(&self) -> String {
        format!("{}{}", self.name, if self.optional { "?" } else { "" })
    }
}

/// The function of this name.
pub fn find(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}

/// Every function, in the order of the reference page. What is drawn is drawn from the
/// seed of the scenario, so that a run can be repeated.
pub const FUNCTIONS: &[Function] = &[
    function(
        "random_int",
        &[needed("low"), needed("high")],
        "A whole number, evenly drawn; both ends can occur.",
        ("random_int(1, 6)", "4"),
    ),
    function(
        "random_float",
        &[needed("low"), needed("high")],
        "A number, evenly drawn; the upper end does not occur.",
        ("random_float(0, 1)", "0.7312"),
    ),
    function(
        "random_choice",
        &[needed("list")],
        "One element of the list, evenly drawn.",
        ("random_choice([\"red\", \"green\"])", "green"),
    ),
    function(
        "random_string",
        &[needed("length")],
        "That many letters and digits.",
        ("random_string(8)", "f3KxP0aQ"),
    ),
    function(
        "uuid",
        &[],
        "A random UUID (version 4, RFC 9562).",
        ("uuid()", "2f1c7f3e-6a0b-4d0e-9a6e-0d8f5a1b7c42"),
    ),
    function(
        "now",
        &[],
        "The time of day in UTC, to the millisecond (RFC 3339).",
        ("now()", "2026-03-01T09:30:00.000Z"),
    ),
    function(
        "now_ms",
        &[],
        "Milliseconds since 1970-01-01 UTC.",
        ("now_ms()", "1772357400000"),
    ),
    function(
        "timestamp",
        &[],
        "Whole seconds since 1970-01-01 UTC.",
        ("timestamp()", "1772357400"),
    ),
    function(
        "sequence",
        &[optional("name")],
        "1, 2, 3 … in the order of the calls of the whole run; each name counts by itself.",
        ("sequence(\"order\")", "17"),
    ),
    function(
        "fake.name",
        &[],
        "A first and a last name.",
        ("fake.name()", "Clara Novak"),
    ),
    function(
        "fake.first_name",
        &[],
        "A first name.",
        ("fake.first_name()", "Clara"),
    ),
    function(
        "fake.last_name",
        &[],
        "A last name.",
        ("fake.last_name()", "Novak"),
    ),
    function(
        "fake.email",
        &[],
        "An e-mail address at a domain that is reserved for examples (RFC 2606).",
        ("fake.email()", "clara.novak27@example.com"),
    ),
    function(
        "fake.phone",
        &[],
        "A telephone number of the range that is reserved for fiction.",
        ("fake.phone()", "+1-202-555-0143"),
    ),
    function("fake.city", &[], "A city.", ("fake.city()", "Lisbon")),
    function(
        "fake.company",
        &[],
        "The name of a company that does not exist.",
        ("fake.company()", "Novak Instruments"),
    ),
    function("fake.word", &[], "A word.", ("fake.word()", "harbour")),
    function(
        "fake.sentence",
        &[],
        "A sentence of a few words.",
        ("fake.sentence()", "Harbour lights follow the quiet river."),
    ),
    function(
        "base64",
        &[needed("text")],
        "The text in Base64 (RFC 4648, with padding).",
        ("base64(\"user:pass\")", "dXNlcjpwYXNz"),
    ),
    function(
        "base64_decode",
        &[needed("text")],
        "What was written in Base64, as text.",
        ("base64_decode(\"dXNlcjpwYXNz\")", "user:pass"),
    ),
    function(
        "sha256",
        &[needed("text")],
        "The SHA-256 of the text, in lower-case hexadecimal.",
        (
            "sha256(\"\")",
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        ),
    ),
    function(
        "hmac_sha256",
        &[needed("key"), needed("text")],
        "The HMAC with SHA-256 (RFC 2104), in lower-case hexadecimal.",
        (
            "hmac_sha256(\"key\", \"text\")",
            "6afa9046a9579cad143a384c1b564b9a250d27d6f6a63f9f20bf3a7594c9e2c6",
        ),
    ),
    function(
        "url_encode",
        &[needed("text")],
        "The text with everything but letters, digits and `-._~` percent-encoded (RFC 3986).",
        ("url_encode(\"a b&c\")", "a%20b%26c"),
    ),
];

/// A value that every template can name, beside feeds and taken values.
#[derive(Debug)]
pub struct Known {
    /// As it is written; `env.NAME` stands for every variable.
    pub name: &'static str,
    /// What it is.
    pub doc: &'static str,
}

/// The values that are always there.
pub const VALUES: &[Known] = &[
    Known {
        name: "env.NAME",
        doc: "The variable `NAME` of the environment or of `.env`, as text.",
    },
    Known {
        name: "user.number",
        doc: "The number of the user, from 1 on; no two users of a run share one.",
    },
    Known {
        name: "task.number",
        doc: "The number of this execution of a task by this user, from 1 on.",
    },
];

/// The filters of an expression (`value | filter`) and what they do: those of minijinja
/// that need no other filter's name.
pub const FILTERS: &[(&str, &str)] = &[
    (
        "default",
        "another value if this one is undefined: `x | default(\"none\")`",
    ),
    ("d", "short for `default`"),
    ("int", "as a whole number"),
    ("float", "as a number"),
    ("string", "as text"),
    ("bool", "as true or false"),
    ("list", "as a list"),
    ("length", "how many elements or characters there are"),
    ("count", "the same as `length`"),
    ("first", "the first element"),
    ("last", "the last element"),
    ("join", "a list as one text: `x | join(\", \")`"),
    ("split", "a text as a list: `x | split(\",\")`"),
    ("lines", "the lines of a text as a list"),
    ("lower", "in lower case"),
    ("upper", "in upper case"),
    ("title", "each word with a capital"),
    ("capitalize", "the first letter as a capital"),
    ("trim", "without white space around it"),
    (
        "replace",
        "with one text in the place of another: `x | replace(\"a\", \"b\")`",
    ),
    ("round", "rounded: `x | round(2)`"),
    ("abs", "without its sign"),
    ("min", "the least element"),
    ("max", "the greatest element"),
    ("sum", "the sum of the elements"),
    ("sort", "in order"),
    ("unique", "each element once"),
    ("reverse", "the other way round"),
    ("items", "the entries of a map, as pairs"),
    ("tojson", "as JSON"),
];

/// The tests of an expression (`value is test`) and what they ask: those of minijinja.
pub const TESTS: &[(&str, &str)] = &[
    ("defined", "whether there is a value"),
    ("undefined", "whether there is none"),
    ("none", "whether it is null"),
    ("true", "whether it is true"),
    ("false", "whether it is false"),
    ("number", "whether it is a number"),
    ("integer", "whether it is a whole number"),
    ("string", "whether it is text"),
    ("boolean", "whether it is true or false"),
    ("sequence", "whether it is a list"),
    ("mapping", "whether it is a map"),
    ("odd", "whether it is odd"),
    ("even", "whether it is even"),
    (
        "divisibleby",
        "whether it can be divided: `x is divisibleby(3)`",
    ),
    (
        "startingwith",
        "whether the text begins so: `x is startingwith(\"a\")`",
    ),
    ("endingwith", "whether the text ends so"),
    ("in", "whether it is one of these: `x is in([1, 2])`"),
    ("eq", "whether both are equal: `x is eq(1)`"),
    ("ne", "whether they differ"),
    ("lt", "whether it is less"),
    ("le", "whether it is less or equal"),
    ("gt", "whether it is more"),
    ("ge", "whether it is more or equal"),
];
