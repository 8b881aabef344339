//! Steps on a WebSocket, as meant.

use std::time::Duration;

use super::Resolver;
use super::requests::ClassDefaults;
use crate::file::read::At;
use crate::file::text::TemplateText;
use crate::file::written::{ConnectFile, ReceiveFile, SendFile, SocketExpectFile};
use crate::model::{SocketExpect, SocketStep, Take, TakeFrom, Template};
use crate::template::check::Scope;

const DEFAULT_WITHIN: Duration = Duration::from_secs(10);

impl Resolver<'_> {
    pub(super) fn connect(
        &mut self,
        file: ConnectFile,
        scope: &Scope,
        defaults: &ClassDefaults,
    ) -> Option<SocketStep> {
        let written = file.connect?;
        let url = self.template(&written.value, scope);
        self.check_target(
            &url,
            written.span,
            &["ws", "wss", "http", "https"],
            defaults,
        );
        Some(SocketStep::Connect {
            name: self.name(file.name.as_ref(), &written.value.written, scope),
            url,
            headers: self.headers_of_step(file.headers, scope, defaults),
            timeout: self.positive(file.timeout).unwrap_or(defaults.timeout),
        })
    }

    pub(super) fn send(&mut self, file: SendFile, scope: &Scope) -> Option<SocketStep> {
        let expect = file.expect.map(|expect| self.message(expect, scope));
        Some(SocketStep::Send {
            name: self.name(file.name.as_ref(), "send", scope),
            message: self.json(&file.send?.value, scope),
            expect: super::transposed(expect)?,
        })
    }

    pub(super) fn receive(&mut self, file: ReceiveFile, scope: &Scope) -> Option<SocketStep> {
        Some(SocketStep::Expect {
            name: self.name(file.name.as_ref(), "expect", scope),
            message: self.message(file.expect?, scope)?,
        })
    }

    fn name(&mut self, given: Option<&At<TemplateText>>, default: &str, scope: &Scope) -> Template {
        match given {
            Some(name) => self.template(&name.value, scope),
            None => Template::constant(default),
        }
    }

    fn message(&mut self, written: At<SocketExpectFile>, scope: &Scope) -> Option<SocketExpect> {
        let keys = match written.value {
            SocketExpectFile::Contains(text) => {
                return Some(SocketExpect {
                    contains: self.template(&text, scope),
                    json: None,
                    take: Vec::new(),
                    within: DEFAULT_WITHIN,
                });
            }
            SocketExpectFile::Keys(keys) => *keys,
        };
        let contains = match &keys.contains {
            Some(text) => self.template(&text.value, scope),
            None => Template::constant(""),
        };
        let mut json = Vec::new();
        for (key, value) in keys.json.into_iter().flat_map(|at| at.value.list) {
            json.extend(self.json_checks(&key, value, scope));
        }
        if json.len() > 1 {
            let what = "a message is told by one condition on its JSON, not by several";
            self.reader.fault(written.span, what);
        }
        let take = self.takes(keys.take, scope);
        self.check_takes_of_message(&take, written.span);
        Some(SocketExpect {
            contains,
            json: json.into_iter().next(),
            take,
            within: self.positive(keys.within).unwrap_or(DEFAULT_WITHIN),
        })
    }

    fn check_takes_of_message(&mut self, takes: &[Take], span: crate::file::source::Span) {
        let from_answer = takes.iter().find(|take| {
            matches!(
                take.from,
                TakeFrom::Header(_) | TakeFrom::Cookie(_) | TakeFrom::Status
            )
        });
        if let Some(take) = from_answer {
            let what = format!(
                "`{}` cannot be taken from a message: it has no headers, cookies or status",
                take.name
            );
            self.reader.fault(span, what);
        }
    }
}
