//! Writing results down.
//!
//! In: sections of Markdown. Out: files, in which a section is replaced by its newer self and the
//! others stay.

use std::path::Path;

use anyhow::{Context, Result};

use crate::workspace;

/// Where figures are put into a page: after `<!-- bench: NAME -->`, before this.
const END: &str = "<!-- bench: end -->";

/// The pages that have figures.
const PAGES: [&str; 2] = ["README.md", "docs/performance.md"];

/// Writes `text` to `path`.
pub(crate) fn write(path: &Path, text: &str) -> Result<()> {
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

/// Puts the section `title` into the summary at `path`, in place of an older one.
pub(crate) fn put_section(path: &Path, title: &str, body: &str) -> Result<()> {
    let before = std::fs::read_to_string(path).unwrap_or_default();
    write(path, &with_section(&before, title, body))
}

fn with_section(before: &str, title: &str, body: &str) -> String {
    let heading = format!("## {title}\n");
    let section = format!("{heading}\n{}\n", body.trim_end());
    let mut sections: Vec<String> = before
        .split_inclusive('\n')
        .fold(Vec::new(), |mut sections: Vec<String>, line| {
            if line.starts_with("## ") || sections.is_empty() {
                sections.push(String::new());
            }
            if let Some(last) = sections.last_mut() {
                last.push_str(line);
            }
            sections
        })
        .into_iter()
        .map(|section| format!("{}\n", section.trim_end()))
        .collect();
    match sections
        .iter_mut()
        .find(|section| section.starts_with(&heading))
    {
        Some(old) => *old = section,
        None => sections.push(section),
    }
    sections.join("\n")
}

/// Puts figures into the pages that have a place for those of the proof `name`.
pub(crate) fn publish(name: &str, figures: &str) -> Result<()> {
    for page in PAGES {
        let path = workspace::root().join(page);
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        if let Some(filled) = filled(&text, name, figures) {
            write(&path, &filled)?;
        }
    }
    Ok(())
}

fn filled(text: &str, name: &str, figures: &str) -> Option<String> {
    let begin = format!("<!-- bench: {name} -->");
    let (head, rest) = text.split_once(&begin)?;
    let (_, tail) = rest.split_once(END)?;
    let figures = figures.trim_end();
    Some(format!("{head}{begin}\n{figures}\n{END}{tail}"))
}

#[cfg(test)]
mod tests {
    use super::{filled, with_section};

    #[test]
    fn a_section_is_replaced_and_the_others_stay() {
        let one = with_section("", "speed", "fast\n");
        assert_eq!(one, "## speed\n\nfast\n");
        let two = with_section(&one, "memory", "small");
        assert_eq!(two, "## speed\n\nfast\n\n## memory\n\nsmall\n");
        assert_eq!(
            with_section(&two, "speed", "faster"),
            "## speed\n\nfaster\n\n## memory\n\nsmall\n"
        );
    }

    #[test]
    fn figures_take_the_place_between_the_marks() {
        let page = |speed: &str, cost: &str| {
            format!(
                "a\n<!-- bench: speed -->\n{speed}\n<!-- bench: end -->\nb\n\
                 <!-- bench: cost -->\n{cost}\n<!-- bench: end -->\n"
            )
        };
        let filled_in = filled(&page("old", "old"), "cost", "new\n\n");
        assert_eq!(filled_in, Some(page("old", "new")));
        assert_eq!(filled("no marks", "cost", "new"), None);
    }
}
