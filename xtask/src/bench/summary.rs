//! Writing results down.
//!
//! In: sections of Markdown. Out: files, in which a section is replaced by its newer self and the
//! others stay.

use std::path::Path;

use anyhow::{Context, Result};

use crate::workspace;

/// The place in README.md that figures are put into.
const README_BEGIN: &str = "<!-- bench: speed -->";
const README_END: &str = "<!-- bench: end -->";

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

/// Replaces what stands between the marks of README.md.
pub(crate) fn fill_readme(figures: &str) -> Result<()> {
    let path = workspace::root().join("README.md");
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("cannot read {}", path.display()))?;
    let filled = filled(&text, figures)
        .with_context(|| format!("README.md has no {README_BEGIN} before a {README_END}"))?;
    write(&path, &filled)
}

fn filled(text: &str, figures: &str) -> Option<String> {
    let (head, rest) = text.split_once(README_BEGIN)?;
    let (_, tail) = rest.split_once(README_END)?;
    let figures = figures.trim_end();
    Some(format!(
        "{head}{README_BEGIN}\n{figures}\n{README_END}{tail}"
    ))
}

#[cfg(test)]
mod tests {
    use super::{README_BEGIN, README_END, filled, with_section};

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
        let before = format!("a\n{README_BEGIN}\nold\n{README_END}\nb\n");
        let after = format!("a\n{README_BEGIN}\nnew\n{README_END}\nb\n");
        assert_eq!(filled(&before, "new\n\n"), Some(after));
        assert_eq!(filled("no marks", "new"), None);
    }
}
