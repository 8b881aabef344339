//! Requests, as meant.

use std::time::Duration;

use super::headers::{LateHeader, is_token};
use super::{Resolver, host};
use crate::file::node::{Key, quoted};
use crate::file::read::{At, Entries};
use crate::file::source::Span;
use crate::file::text::TemplateText;
use crate::file::written::{ExpectFile, Fields, HttpFile, PartFile, TakeFile, TakeKeys, Values};
use crate::model::{Body, CacheFrom, Check, HttpStep, Part, PartBody, Take, TakeFrom, Template};
use crate::template::check::Scope;

/// What a class says for its requests, and what they need of it.
pub(super) struct ClassDefaults {
    pub(super) host: Option<String>,
    pub(super) timeout: Duration,
    pub(super) redirects: u32,
    pub(super) max_body_bytes: u64,
    /// Its headers that need values.
    pub(super) headers: Vec<LateHeader>,
    pub(super) cache: CacheFrom,
}

/// In smaller chunks a body would mostly be framing.
const MIN_CHUNK_BYTES: usize = 16;

const DEFAULT_PART_TYPE: &str = "application/octet-stream";

impl Resolver<'_> {
    pub(super) fn http(
        &mut self,
        file: HttpFile,
        span: Span,
        scope: &Scope,
        defaults: &ClassDefaults,
    ) -> Option<HttpStep> {
        let body = self.body(&file, span, scope);
        let chunk_bytes = self.chunk_bytes(&file, body.as_ref());
        let (method, url) = self.method_and_url(&file)?;
        let target = self.template(&url.value, scope);
        self.check_target(&target, url.span, &["http", "https"], defaults);
        let name = match &file.name {
            Some(name) => self.template(&name.value, scope),
            None => Template::constant(url.value.written.clone()),
        };
        Some(HttpStep {
            name,
            method,
            url: target,
            query: self.pairs(file.query, scope),
            headers: self.headers_of_step(file.headers, scope, defaults),
            body: body?,
            chunk_bytes,
            timeout: self.positive(file.timeout).unwrap_or(defaults.timeout),
            redirects: file
                .redirects
                .map_or(defaults.redirects, |at| clamped(at.value.0)),
            max_body_bytes: file
                .max_body
                .map_or(defaults.max_body_bytes, |at| at.value.0),
            stream: file.stream.map(|stream| stream.value),
            take: self.takes(file.take, scope),
            expect: file
                .expect
                .map_or_else(Vec::new, |at| self.checks(at, scope)),
            cache: match file.cache {
                Some(cache) => self.cache(cache.value)?,
                None => defaults.cache.clone(),
            },
            measure: self.measures(file.measure),
            expected_tokens: file
                .expected_tokens
                .map(|at| super::cost::expected_tokens(&at.value)),
        })
    }

    /// The method and the URL. `None` if there is not exactly one; that has been told.
    fn method_and_url<'f>(&mut self, file: &'f HttpFile) -> Option<(String, &'f At<TemplateText>)> {
        let verbs = [
            ("GET", &file.get),
            ("POST", &file.post),
            ("PUT", &file.put),
            ("PATCH", &file.patch),
            ("DELETE", &file.delete),
            ("HEAD", &file.head),
            ("OPTIONS", &file.options),
        ];
        let mut given = verbs
            .iter()
            .filter_map(|(method, url)| Some((*method, url.as_ref()?)));
        match (given.next(), &file.request, &file.method) {
            (Some((method, url)), None, None) => Some((method.to_owned(), url)),
            (Some((verb, _)), None, Some(method)) => {
                let what = format!("the method is {verb} already; `method` goes with `request`");
                self.reader.fault(method.span, what);
                None
            }
            (None, Some(url), Some(method)) => Some((self.method(method)?, url)),
            (None, Some(url), None) => {
                let hint = "add for example `method: PURGE`";
                self.reader
                    .fault_with_hint(url.span, "`request` needs a `method`", hint);
                None
            }
            _ => None,
        }
    }

    /// A method: a token (RFC 9110, §9.1), here without lower-case letters.
    fn method(&mut self, method: &At<String>) -> Option<String> {
        let text = &method.value;
        let is_token = !text.is_empty() && text.chars().all(is_token);
        if is_token && !text.contains(|c: char| c.is_ascii_lowercase()) {
            return Some(text.clone());
        }
        let what = format!("{} is not a method", quoted(text));
        match is_token {
            true => {
                let hint = format!("methods are written in capitals: {}", text.to_uppercase());
                self.reader.fault_with_hint(method.span, what, hint);
            }
            false => self.reader.fault(method.span, what),
        }
        None
    }

    /// Whether a URL leads somewhere: as far as its beginning stands fast.
    pub(super) fn check_target(
        &mut self,
        url: &Template,
        span: Span,
        schemes: &[&str],
        defaults: &ClassDefaults,
    ) {
        let Some(Part::Text(beginning)) = url.parts.first() else {
            if url.parts.is_empty() {
                self.reader
                    .fault_with_hint(span, "the URL is empty", "the host itself is `/`");
            }
            return;
        };
        if beginning.contains(|c: char| c.is_whitespace() || c.is_control()) {
            let what = "the URL has white space in it";
            self.reader.fault_with_hint(
                span,
                what,
                "a space is written `%20`, or put it into `query`",
            );
        } else if beginning.starts_with('/') {
            if defaults.host.is_none() && !self.host_was_missed {
                self.host_was_missed = true;
                let what = format!("{} is relative, and there is no `host`", quoted(beginning));
                let hint = "add `host: http://…` to the plan or the class";
                self.reader.fault_with_hint(span, what, hint);
            }
        } else if let (Some(url), false) = (url.as_constant(), !beginning.contains("://")) {
            if let Err(why) = host::check(url, schemes) {
                self.reader.fault(span, format!("{} {why}", quoted(url)));
            }
        } else if !beginning.contains("://") {
            let what = format!("{} is not a URL", quoted(beginning));
            let hint = format!("write `/{beginning}` for a path on the host");
            self.reader.fault_with_hint(span, what, hint);
        }
    }

    pub(super) fn pairs<N>(
        &mut self,
        written: Option<At<Entries<N, TemplateText>>>,
        scope: &Scope,
    ) -> Vec<(String, Template)> {
        let entries = written.into_iter().flat_map(|written| written.value.list);
        entries
            .map(|(key, value)| (key.name, self.template(&value.value, scope)))
            .collect()
    }

    /// The body. `None` if there is more than one; that is told.
    fn body(&mut self, file: &HttpFile, span: Span, scope: &Scope) -> Option<Body> {
        let given = [
            file.json.as_ref().map(|at| ("json", at.span)),
            file.form.as_ref().map(|at| ("form", at.span)),
            file.text.as_ref().map(|at| ("text", at.span)),
            file.file.as_ref().map(|at| ("file", at.span)),
            file.multipart.as_ref().map(|at| ("multipart", at.span)),
        ];
        let mut given = given.into_iter().flatten();
        if let (Some((first, _)), Some((second, place))) = (given.next(), given.next()) {
            let what = format!("a request has one body, not both `{first}` and `{second}`");
            self.reader
                .fault(if place == span { span } else { place }, what);
            return None;
        }
        if let Some(json) = &file.json {
            return Some(Body::Json(self.json(&json.value, scope)));
        }
        if let Some(form) = &file.form {
            let entries = form.value.list.iter();
            let fields =
                entries.map(|(key, at)| (key.name.clone(), self.template(&at.value, scope)));
            return Some(Body::Form(fields.collect()));
        }
        if let Some(text) = &file.text {
            return Some(Body::Text(self.template(&text.value, scope)));
        }
        if let Some(name) = &file.file {
            return self.file(name).map(Body::File);
        }
        match &file.multipart {
            Some(parts) => self.multipart(&parts.value, scope).map(Body::Multipart),
            None => Some(Body::None),
        }
    }

    /// How large the chunks of a body are, if it goes in chunks.
    fn chunk_bytes(&mut self, file: &HttpFile, body: Option<&Body>) -> Option<usize> {
        let At { value, span } = file.chunked.as_ref()?;
        if let Some(Body::None) = body {
            let hint = "add `json`, `form`, `text`, `file` or `multipart`";
            let what = "`chunked` says how a body is sent, and there is none";
            self.reader.fault_with_hint(*span, what, hint);
            return None;
        }
        let bytes = usize::try_from(value.0).unwrap_or(usize::MAX);
        if bytes < MIN_CHUNK_BYTES {
            let what = format!("a chunk has at least {MIN_CHUNK_BYTES} bytes");
            self.reader.fault(*span, what);
            return None;
        }
        Some(bytes)
    }

    fn multipart(
        &mut self,
        parts: &Entries<Fields, PartFile>,
        scope: &Scope,
    ) -> Option<Vec<(String, PartBody)>> {
        let parts = parts.list.iter().map(|(key, part)| {
            let body = match &part.value {
                PartFile::Text(text) => PartBody::Text(self.template(text, scope)),
                PartFile::File(file) => {
                    let path = self.file(file.file.as_ref()?)?;
                    let content_type = file.content_type.as_ref().map(|at| at.value.clone());
                    PartBody::File(
                        path,
                        content_type.unwrap_or_else(|| DEFAULT_PART_TYPE.to_owned()),
                    )
                }
            };
            Some((key.name.clone(), body))
        });
        parts.collect()
    }

    pub(super) fn takes(
        &mut self,
        written: Option<At<Entries<Values, TakeFile>>>,
        scope: &Scope,
    ) -> Vec<Take> {
        let entries = written.into_iter().flat_map(|written| written.value.list);
        entries
            .filter_map(|(key, take)| self.take(key, take.value, scope))
            .collect()
    }

    fn take(&mut self, key: Key, written: TakeFile, scope: &Scope) -> Option<Take> {
        self.check_value_name(&key, scope);
        let (from, default) = match written {
            TakeFile::Json(path) => (TakeFrom::Json(path.0), None),
            TakeFile::Place(place) => {
                let default = place.default.as_ref().map(|at| at.value.0.clone());
                (from(*place)?, default)
            }
        };
        Some(Take {
            name: key.name,
            from,
            default,
        })
    }

    /// A name for a value: one that templates can use, and that no feed has.
    pub(super) fn check_value_name(&mut self, key: &Key, scope: &Scope) {
        if self.check_name(key, "a value") && scope.feeds.contains_key(&key.name) {
            let what = format!("`{}` is the name of a feed already", key.name);
            self.reader.fault(key.span, what);
        }
    }

    pub(super) fn checks(&mut self, written: At<ExpectFile>, scope: &Scope) -> Vec<Check> {
        let file = written.value;
        let mut checks = Vec::new();
        checks.extend(file.status.map(|at| Check::Status(at.value.0)));
        for (key, value) in file.json.into_iter().flat_map(|at| at.value.list) {
            let all = self.json_checks(&key, value, scope).into_iter();
            checks.extend(all.map(|(path, check)| Check::Json(path, check)));
        }
        for (key, value) in file.header.into_iter().flat_map(|at| at.value.list) {
            self.check_header_name(&key);
            let template = self.template(&value.value, scope);
            checks.push(Check::Header(key.name, Self::presence(template)));
        }
        for text in file.contains.into_iter().flat_map(|at| at.value.0) {
            checks.push(Check::Contains(self.template(&text, scope)));
        }
        checks.extend(file.matches.map(|at| Check::Matches(at.value.0)));
        checks.extend(self.positive(file.under).map(Check::Under));
        checks.extend(file.min_bytes.map(|at| Check::MinBytes(at.value.0)));
        checks
    }
}

pub(super) fn from(place: TakeKeys) -> Option<TakeFrom> {
    let several = [
        place.json.map(|at| TakeFrom::Json(at.value.0)),
        place.header.map(|at| TakeFrom::Header(at.value)),
        place.regex.map(|at| TakeFrom::Regex(at.value.0)),
        place.cookie.map(|at| TakeFrom::Cookie(at.value)),
        place.body.map(|_| TakeFrom::Body),
        place.status.map(|_| TakeFrom::Status),
    ];
    several.into_iter().flatten().next()
}

fn clamped(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
