//! Elements and text.
//!
//! In: names of elements and attributes, which are ours, and values and text, which may come
//! from anywhere. Out: HTML in which every element that was opened is closed, and a text from
//! outside is a text. There is no way to pass HTML through.

use crate::native::harmless;

/// HTML that grows.
#[derive(Debug, Default)]
pub(super) struct Markup {
    html: String,
}

/// Attributes with their values.
pub(super) type Attributes<'a> = &'a [(&'static str, &'a str)];

impl Markup {
    /// The beginning of a page.
    pub(super) fn page() -> Markup {
        let html = "<!DOCTYPE html>\n".to_owned();
        Markup { html }
    }

    /// All of it.
    pub(super) fn finish(self) -> String {
        self.html
    }

    /// A text.
    pub(super) fn text(&mut self, text: &str) {
        for c in harmless(text).chars() {
            match c {
                '&' => self.html.push_str("&amp;"),
                '<' => self.html.push_str("&lt;"),
                '>' => self.html.push_str("&gt;"),
                '"' => self.html.push_str("&quot;"),
                '\'' => self.html.push_str("&#39;"),
                c => self.html.push(c),
            }
        }
    }

    /// Several lines of text, which keep their ends.
    pub(super) fn lines(&mut self, text: &str) {
        for line in text.lines() {
            self.text(line);
            self.html.push('\n');
        }
    }

    /// A style sheet of ours.
    pub(super) fn style(&mut self, css: &'static str) {
        self.html.push_str("<style>\n");
        self.html.push_str(css);
        self.html.push_str("</style>\n");
    }

    fn open(&mut self, name: &'static str, attributes: Attributes<'_>) {
        self.html.push('<');
        self.html.push_str(name);
        let is_told = |(name, value): &&(&str, &str)| *name != "class" || !value.is_empty();
        for (attribute, value) in attributes.iter().filter(is_told) {
            self.html.push(' ');
            self.html.push_str(attribute);
            self.html.push_str("=\"");
            self.text(value);
            self.html.push('"');
        }
        self.html.push('>');
    }

    /// An element that has no content.
    pub(super) fn void(&mut self, name: &'static str, attributes: Attributes<'_>) {
        self.open(name, attributes);
    }

    /// An element with whatever `fill` puts into it.
    pub(super) fn within(
        &mut self,
        name: &'static str,
        attributes: Attributes<'_>,
        fill: impl FnOnce(&mut Markup),
    ) {
        self.open(name, attributes);
        fill(self);
        self.html.push_str("</");
        self.html.push_str(name);
        self.html.push('>');
        if stands_alone(name) {
            self.html.push('\n');
        }
    }

    /// An element with a text.
    pub(super) fn element(&mut self, name: &'static str, attributes: Attributes<'_>, text: &str) {
        self.within(name, attributes, |html| html.text(text));
    }
}

/// Whether a line of the file ends after an element.
fn stands_alone(name: &str) -> bool {
    const INLINE: [&str; 7] = ["a", "span", "b", "td", "th", "code", "title"];
    !INLINE.contains(&name)
}
