//! What is watched, as an option gives it: `--watch 'api=process: { port: 8010 }'`.
//!
//! In: the option's text: a name, and behind `=` what would stand under that name in a plan's
//! `watch:`, as YAML. Out: the watch, or its faults. Never: anything read yet.

use std::path::Path;

use gatecrash_metrics::watch::Watch;

use crate::fault::Faults;
use crate::file::node::Key;
use crate::file::read::{At, Read, Reader};
use crate::file::source::{Span, Texts};
use crate::file::written::WatchFile;
use crate::file::{self, Format};
use crate::resolve::Resolver;

/// What faults call the text.
const SHOWN: &str = "--watch";

/// Reads the text of a `--watch`. `environment` fills in `${NAME}`; commands run in `folder`.
///
/// # Errors
/// All that is wrong with it, with its place in the text.
pub fn parse(
    text: &str,
    environment: &dyn Fn(&str) -> Option<String>,
    folder: &Path,
) -> Result<Watch, String> {
    let (name, source) = text.split_once('=').ok_or_else(|| {
        format!("{text:?} names no source; write NAME=SOURCE, as 'api=process: {{ port: 8010 }}'")
    })?;
    let texts = Texts::new(SHOWN, source);
    let told = |faults: Vec<file::Problem>| {
        let faults = faults.into_iter().map(|fault| fault.told(&texts)).collect();
        Faults::new(faults).to_string()
    };
    let tree = file::tree(source, Format::Yaml).map_err(|fault| told(vec![fault]))?;
    let mut reader = Reader::new(&texts, environment);
    let written = WatchFile::read(&tree, &mut reader);
    let mut resolver = Resolver::new(reader, folder);
    let key = Key {
        name: name.trim().to_owned(),
        span: Span::in_file(0..0),
    };
    let watch = written.and_then(|written| resolver.watch(&key, At::new(written, tree.span)));
    let (faults, _) = resolver.finish();
    match watch {
        Some(watch) if faults.is_empty() => Ok(watch),
        _ => Err(told(faults)),
    }
}
