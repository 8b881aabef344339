//! What the keys of a plan are and what they may hold: said once, beside the types.
//!
//! In: the declarations that [`record!`] turns into types. Out: [`Kind`]s and [`Record`]s as
//! data, from which come the check of a file, its messages, the JSON Schema and the
//! reference page. Never: a second list of keys; a declared key that nobody reads is a
//! field that the compiler calls dead.

use super::node::Node;

/// What a value may be.
#[derive(Clone)]
pub(crate) enum Kind {
    /// A text, a number, a yes or no of some form.
    Leaf(&'static Leaf),
    /// Several values in order.
    List(Box<Kind>),
    /// Values under names that the author chooses; what the names are, and the values.
    Map(&'static str, Box<Kind>),
    /// Values under given keys.
    Record(&'static Record),
    /// Values under the keys of the first and of one of the others; or of the first alone, if
    /// it has this key.
    Merged(&'static Record, Vec<&'static Record>, Option<&'static str>),
    /// Values under given keys, and one under a name that the author chooses; what the name
    /// is, and that value.
    Open(&'static Record, &'static str, Box<Kind>),
    /// Parts of a record, which are laid over another one of its kind: nothing is required, and
    /// `null` takes away.
    Parts(&'static Record),
    /// One of several.
    OneOf(Vec<Kind>),
    /// One of several that have a name together.
    Union(&'static Union),
}

/// Several kinds that have a name together.
pub(crate) struct Union {
    /// What it is called in the schema and the reference.
    pub(crate) title: &'static str,
    /// What it is called in messages.
    pub(crate) name: &'static str,
    /// What it is.
    pub(crate) doc: &'static str,
    /// The kinds.
    pub(crate) kinds: fn() -> Vec<Kind>,
}

/// A form of text, number, or yes and no.
pub(crate) struct Leaf {
    /// What it is called in the schema and the reference.
    pub(crate) name: &'static str,
    /// What it is, for a message: `a length of time such as 500ms, 2s or 1m30s`.
    pub(crate) what: &'static str,
    /// Its JSON Schema; what `${…}` makes possible is added.
    pub(crate) schema: &'static str,
}

/// Keys that belong together.
pub(crate) struct Record {
    /// The name of its type, which no other has.
    pub(crate) id: &'static str,
    /// What it is called in messages.
    pub(crate) name: &'static str,
    /// What it is.
    pub(crate) doc: &'static str,
    /// Its keys, in the order of the reference.
    pub(crate) keys: fn() -> Vec<Key>,
    /// Exactly one of these must be there, if there are any.
    pub(crate) one_of: &'static [&'static str],
}

/// One key.
pub(crate) struct Key {
    pub(crate) name: &'static str,
    /// What it means.
    pub(crate) doc: &'static str,
    pub(crate) kind: Kind,
    /// A value, as YAML.
    pub(crate) example: &'static str,
    /// What holds without it.
    pub(crate) default: Option<&'static str>,
    pub(crate) required: bool,
}

impl Kind {
    /// What it is, for a message.
    pub(crate) fn what(&self) -> String {
        match self {
            Kind::Leaf(leaf) => leaf.what.to_owned(),
            Kind::List(_) => "a list".to_owned(),
            Kind::Map(names, _) => format!("a map of {names}"),
            Kind::Record(record) | Kind::Merged(record, ..) | Kind::Open(record, ..) => {
                format!("a map that describes {}", record.name)
            }
            Kind::Parts(record) => format!("a map of parts of {}", record.name),
            Kind::Union(union) => format!("a map that describes {}", union.name),
            Kind::OneOf(kinds) => {
                let all: Vec<String> = kinds.iter().map(Kind::what).collect();
                all.join(", or ")
            }
        }
    }
}

impl Record {
    /// What it is called in the schema and the reference: its type without what types of a
    /// file end with.
    pub(crate) fn title(&self) -> &'static str {
        let id = self.id;
        id.strip_suffix("File")
            .or_else(|| id.strip_suffix("Keys"))
            .unwrap_or(id)
    }
}

/// The lines of a doc comment as one text.
pub(crate) fn joined(doc: &str) -> String {
    let lines: Vec<&str> = doc.lines().map(str::trim).collect();
    lines.join(" ").trim().to_owned()
}

/// Whether a key of this name stands in a map.
pub(crate) fn has(node: &Node, names: &[&str]) -> bool {
    names.iter().any(|name| node.get(name).is_some())
}

/// Declares a record of the plan: a type whose fields are the keys, read with their places.
///
/// ```text
/// record! {
///     /// What it is.
///     Name "what messages call it" one of ["a", "b"] {
///         /// What the key means.
///         field: Type = "example" (default "what holds without it");
///         /// A key that is a word of Rust.
///         other as "for": Type = "10s", required;
///     }
/// }
/// ```
macro_rules! record {
    (
        $(#[doc = $doc:literal])*
        $name:ident $shown:literal $(one of [$($one:literal),* $(,)?])? {
            $(
                $(#[doc = $key_doc:literal])*
                $field:ident $(as $written:literal)? : $type:ty = $example:literal
                    $((default $default:literal))? $(, $required:ident)?;
            )*
        }
    ) => {
        $(#[doc = $doc])*
        pub(crate) struct $name {
            $(
                $(#[doc = $key_doc])*
                pub(crate) $field: Option<$crate::file::read::At<$type>>,
            )*
        }

        impl $name {
            pub(crate) const RECORD: $crate::file::shape::Record = $crate::file::shape::Record {
                id: stringify!($name),
                name: $shown,
                doc: concat!($($doc, "\n"),*),
                keys: || vec![$(
                    $crate::file::shape::Key {
                        name: $crate::file::shape::name_of!($field $($written)?),
                        doc: concat!($($key_doc, "\n"),*),
                        kind: <$type as $crate::file::read::Read>::kind(),
                        example: $example,
                        default: $crate::file::shape::default_of!($($default)?),
                        required: $crate::file::shape::required_of!($($required)?),
                    }
                ),*],
                one_of: &[$($($one),*)?],
            };
        }

        impl $crate::file::read::Read for $name {
            fn kind() -> $crate::file::shape::Kind {
                static RECORD: $crate::file::shape::Record = $name::RECORD;
                $crate::file::shape::Kind::Record(&RECORD)
            }

            fn read(
                node: &$crate::file::node::Node,
                reader: &mut $crate::file::read::Reader<'_>,
            ) -> Option<Self> {
                reader.check_keys::<Self>(node, &Self::RECORD)?;
                Some($name {
                    $($field: reader.field(
                        node,
                        $crate::file::shape::name_of!($field $($written)?),
                    ),)*
                })
            }
        }
    };
}

macro_rules! name_of {
    ($field:ident $written:literal) => {
        $written
    };
    ($field:ident) => {
        stringify!($field)
    };
}

macro_rules! default_of {
    ($default:literal) => {
        Some($default)
    };
    () => {
        None
    };
}

macro_rules! required_of {
    (required) => {
        true
    };
    () => {
        false
    };
}

/// Declares a value that is one of a few words.
macro_rules! choice {
    ($type:ty, $name:literal, $what:literal, [$($word:literal => $value:expr),* $(,)?]) => {
        impl $crate::file::read::Read for $type {
            fn kind() -> $crate::file::shape::Kind {
                static LEAF: $crate::file::shape::Leaf = $crate::file::shape::Leaf {
                    name: $name,
                    what: $what,
                    schema: concat!(
                        "{\"enum\":[",
                        $crate::file::shape::words!($($word),*),
                        "]}"
                    ),
                };
                $crate::file::shape::Kind::Leaf(&LEAF)
            }

            fn read(
                node: &$crate::file::node::Node,
                reader: &mut $crate::file::read::Reader<'_>,
            ) -> Option<Self> {
                reader.choice(node, &[$(($word, $value)),*])
            }
        }
    };
}

macro_rules! words {
    ($first:literal $(, $word:literal)*) => {
        concat!("\"", $first, "\"" $(, ",\"", $word, "\"")*)
    };
}

pub(crate) use {choice, default_of, name_of, record, required_of, words};
