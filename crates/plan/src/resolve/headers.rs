//! Headers, as meant: which of a class's go with which of its requests.
//!
//! In: the headers of a class and of a step. Out: those of the step. Never: headers that
//! follow from the body; those are `net`'s.
//!
//! A header of a class that needs a value is left out of the requests that come before the
//! value is taken: a login is sent without the token that it gives.

use std::collections::BTreeSet;

use super::Resolver;
use super::requests::ClassDefaults;
use crate::file::node::{Key, quoted};
use crate::file::read::{At, Entries};
use crate::file::text::{Piece, TemplateText};
use crate::file::written::Headers;
use crate::model::Template;
use crate::template::check::{self, Scope};

type Written = Option<At<Entries<Headers, TemplateText>>>;

/// Headers that follow from the body, and cannot be said.
const OF_THE_BODY: [&str; 2] = ["content-length", "transfer-encoding"];

/// A header of a class that needs values.
pub(super) struct LateHeader {
    name: String,
    value: Template,
    needs: BTreeSet<String>,
}

impl Resolver<'_> {
    /// The headers of a class: those of every request, and those that wait for values.
    pub(super) fn headers_of_class(
        &mut self,
        written: Written,
        scope: &Scope,
    ) -> (Vec<(String, Template)>, Vec<LateHeader>) {
        let (mut always, mut late) = (Vec::new(), Vec::new());
        for (key, value) in written.into_iter().flat_map(|written| written.value.list) {
            let needs = needs(&value.value, scope);
            let (name, value) = self.header(key, &value, scope);
            match needs.is_empty() {
                true => always.push((name, value)),
                false => late.push(LateHeader { name, value, needs }),
            }
        }
        (always, late)
    }

    /// The headers of a step, with those of its class that wait for nothing any more.
    pub(super) fn headers_of_step(
        &mut self,
        written: Written,
        scope: &Scope,
        defaults: &ClassDefaults,
    ) -> Vec<(String, Template)> {
        let entries = written.into_iter().flat_map(|written| written.value.list);
        let own = entries.map(|(key, value)| self.header(key, &value, scope));
        let own: Vec<(String, Template)> = own.collect();
        let is_replaced = |name: &str| {
            own.iter()
                .any(|(other, _)| other.eq_ignore_ascii_case(name))
        };
        let of_class = defaults
            .headers
            .iter()
            .filter(|header| header.needs.is_disjoint(&self.pending) && !is_replaced(&header.name));
        let of_class = of_class.map(|header| (header.name.clone(), header.value.clone()));
        let mut headers: Vec<(String, Template)> = of_class.collect();
        headers.extend(own);
        headers
    }

    fn header(&mut self, key: Key, value: &At<TemplateText>, scope: &Scope) -> (String, Template) {
        self.check_header_name(&key);
        let is_broken = |piece: &Piece| match piece {
            Piece::Text(text) => text.contains(|c: char| c.is_control() && c != '\t'),
            Piece::Expression(_) => false,
        };
        if value.value.pieces.iter().any(is_broken) {
            let what = "a header is one line without control characters";
            self.reader.fault(value.span, what);
        }
        if OF_THE_BODY.contains(&key.name.to_ascii_lowercase().as_str()) {
            let what = format!("`{}` follows from the body and cannot be set", key.name);
            self.reader.fault(key.span, what);
        }
        let value = self.template(&value.value, scope);
        (key.name, value)
    }

    pub(super) fn check_header_name(&mut self, key: &Key) {
        if key.name.is_empty() || !key.name.chars().all(is_token) {
            let what = format!("{} cannot be the name of a header", quoted(&key.name));
            self.reader.fault(key.span, what);
        }
    }
}

/// The values without which a text cannot be filled in.
fn needs(text: &TemplateText, scope: &Scope) -> BTreeSet<String> {
    let found = text
        .expressions()
        .map(|expression| check::check(&expression.source, scope));
    found
        .flat_map(|found| found.values)
        .map(|(name, _)| name)
        .collect()
}

/// A character of a token (RFC 9110, §5.6.2).
pub(super) fn is_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c)
}
