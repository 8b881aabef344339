//! What a Rust file says, as far as the bans ask.
//!
//! In: the text of a file. Out: [`Facts`]: its length, its functions, the paths it names, the
//! lints it switches off, the tests it ignores. Never judges.

use anyhow::{Result, anyhow};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

/// Something named at a line.
#[derive(Debug)]
pub(crate) struct Mention {
    pub(crate) what: String,
    pub(crate) line: usize,
}

/// A function with its length from signature to closing brace.
#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) line: usize,
    pub(crate) lines: usize,
}

/// What is known about one file.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    pub(crate) functions: Vec<Function>,
    /// Paths named outside `#[cfg(test)]`, imports in full (`std::thread::spawn`).
    pub(crate) paths: Vec<Mention>,
    /// Lints in `allow(...)` and `expect(...)` outside `#[cfg(test)]`.
    pub(crate) allowed: Vec<Mention>,
    pub(crate) ignored_tests: Vec<Mention>,
    /// Macros invoked, outside `#[cfg(test)]`.
    pub(crate) macros: Vec<Mention>,
}

/// Reads the facts from the text of one file; fails when it is not Rust.
pub(crate) fn read(text: &str) -> Result<Facts> {
    let file = syn::parse_file(text)
        .map_err(|error| anyhow!("line {}: {error}", error.span().start().line))?;
    let mut reader = Reader::default();
    reader.visit_file(&file);
    Ok(reader.facts)
}

#[derive(Default)]
struct Reader {
    facts: Facts,
    in_test: bool,
}

impl Reader {
    fn function(&mut self, signature: &syn::Signature, block: &syn::Block) {
        let line = signature.span().start().line;
        let lines = block.brace_token.span.close().end().line + 1 - line;
        self.facts.functions.push(Function {
            name: signature.ident.to_string(),
            line,
            lines,
        });
    }

    fn path(&mut self, what: String, line: usize) {
        if !self.in_test {
            self.facts.paths.push(Mention { what, line });
        }
    }

    /// Flattens `use a::{b, c as d, *}` into `a::b`, `a::c`, `a::*`.
    fn import(&mut self, prefix: &str, tree: &syn::UseTree) {
        let join = |name: &str| {
            if prefix.is_empty() {
                name.to_owned()
            } else {
                format!("{prefix}::{name}")
            }
        };
        match tree {
            syn::UseTree::Path(path) => self.import(&join(&path.ident.to_string()), &path.tree),
            syn::UseTree::Name(name) => self.path(
                join(&name.ident.to_string()),
                name.ident.span().start().line,
            ),
            syn::UseTree::Rename(name) => self.path(
                join(&name.ident.to_string()),
                name.ident.span().start().line,
            ),
            syn::UseTree::Glob(glob) => self.path(join("*"), glob.span().start().line),
            syn::UseTree::Group(group) => group
                .items
                .iter()
                .for_each(|tree| self.import(prefix, tree)),
        }
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.function(&item.sig, &item.block);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.function(&item.sig, &item.block);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        let before = self.in_test;
        self.in_test |= item.attrs.iter().any(is_cfg_test);
        visit::visit_item_mod(self, item);
        self.in_test = before;
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.import("", &item.tree);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: Vec<_> = path
            .segments
            .iter()
            .map(|segment| segment.ident.to_string())
            .collect();
        self.path(names.join("::"), path.span().start().line);
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, item: &'ast syn::Macro) {
        if !self.in_test {
            let names: Vec<_> = item
                .path
                .segments
                .iter()
                .map(|segment| segment.ident.to_string())
                .collect();
            self.facts.macros.push(Mention {
                what: names.join("::"),
                line: item.span().start().line,
            });
        }
        visit::visit_macro(self, item);
    }

    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        let line = attribute.span().start().line;
        if attribute.path().is_ident("ignore") {
            self.facts.ignored_tests.push(Mention {
                what: "ignore".to_owned(),
                line,
            });
        }
        let switches_off =
            attribute.path().is_ident("allow") || attribute.path().is_ident("expect");
        if let (true, false, syn::Meta::List(list)) = (switches_off, self.in_test, &attribute.meta)
        {
            let lints = list.tokens.to_string();
            let lints = lints
                .split(',')
                .map(|lint| lint.replace(' ', ""))
                .filter(|lint| !lint.contains('='));
            self.facts
                .allowed
                .extend(lints.map(|what| Mention { what, line }));
        }
    }
}

fn is_cfg_test(attribute: &syn::Attribute) -> bool {
    attribute.path().is_ident("cfg")
        && matches!(&attribute.meta, syn::Meta::List(list) if list.tokens.to_string() == "test")
}
