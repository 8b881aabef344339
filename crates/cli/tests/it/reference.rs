//! The pages made of the code stand in the repository as they are made, and say what there is.

use std::path::{Path, PathBuf};

use gatecrash_cli::exit::Exit;
use gatecrash_cli::reference::{self, Page};
use gatecrash_metrics::Measure;
use gatecrash_metrics::objective::Objective;
use gatecrash_metrics::objective::language::{ACROSS, SCOPES, SUBJECTS, UNITS, WINDOWS};
use gatecrash_plan::options::{self, Availability};

fn made(name: &str) -> Page {
    let path = format!("docs/reference/{name}.md");
    let page = reference::pages()
        .into_iter()
        .find(|page| page.path == path);
    page.unwrap_or_else(|| panic!("no page is made for {path}"))
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[track_caller]
fn check_published(name: &str) {
    let page = made(name);
    let stands = std::fs::read_to_string(root().join(page.path)).unwrap_or_default();
    let path = page.path;
    assert!(
        stands == page.text,
        "{path} is not what the code makes; run `cargo xtask gen`"
    );
}

#[test]
fn the_page_of_flags_is_published_as_it_is_made() {
    check_published("flags");
}

#[test]
fn the_page_of_objectives_is_published_as_it_is_made() {
    check_published("objectives");
}

#[test]
fn the_page_of_metrics_is_published_as_it_is_made() {
    check_published("metrics");
}

#[test]
fn the_page_of_exit_codes_is_published_as_it_is_made() {
    check_published("exit-codes");
}

#[test]
fn the_page_of_flags_has_every_option_that_can_be_given() {
    let page = made("flags").text;
    let live = options::all().filter(|one| !matches!(one.availability, Availability::Gone { .. }));
    for flag in live.flat_map(|option| option.flags) {
        assert!(
            page.contains(&format!("`{flag}")),
            "{flag} is not on the page"
        );
    }
}

#[test]
fn every_example_on_the_page_of_objectives_is_one() {
    let page = made("objectives").text;
    let tables = [SUBJECTS, SCOPES, WINDOWS, ACROSS, UNITS];
    for example in tables.into_iter().flatten().map(|about| about.example) {
        assert!(
            page.contains(&format!("| `{example}` |")),
            "{example} is not on the page"
        );
        if let Err(fault) = Objective::parse(example) {
            panic!("{example}: {fault}");
        }
    }
}

#[test]
fn the_page_of_metrics_has_every_measure() {
    let page = made("metrics").text;
    for measure in Measure::ALL {
        let name = measure.name().unwrap();
        assert!(
            page.contains(&format!("| `{name}` |")),
            "{name} is not on the page"
        );
    }
}

#[test]
fn the_page_of_exit_codes_has_every_code_once() {
    let page = made("exit-codes").text;
    for exit in Exit::ALL {
        let row = format!("| {} |", exit.code());
        assert_eq!(page.matches(&row).count(), 1, "{row}");
    }
}

#[test]
fn no_row_of_a_page_has_more_cells_than_its_head() {
    for page in reference::pages() {
        let mut cells = 0;
        for line in page.text.lines() {
            let found = match line.starts_with('|') {
                true => line.replace("\\|", "").matches('|').count(),
                false => 0,
            };
            cells = if found == 0 || cells == 0 {
                found
            } else {
                cells
            };
            assert_eq!(found, cells, "{}: {line}", page.path);
        }
    }
}

/// Every page of the documentation, from the top of the repository.
fn documents() -> Vec<PathBuf> {
    let folders = [
        "",
        "docs",
        "docs/guides",
        "docs/reference",
        "docs/decisions",
        "docs/examples",
    ];
    let entries = folders
        .iter()
        .flat_map(|folder| std::fs::read_dir(root().join(folder)).unwrap());
    let pages = entries.map(|entry| entry.unwrap().path());
    pages
        .filter(|path| path.extension().is_some_and(|end| end == "md"))
        .collect()
}

/// What the links of a page in Markdown lead to, but for other places of the internet.
fn links(text: &str) -> impl Iterator<Item = &str> {
    // Between fences stands code, which may look like a link.
    let prose = text.split("```").step_by(2);
    let targets = prose.flat_map(|part| part.split("](").skip(1));
    let targets = targets.filter_map(|rest| rest.split([')', ' ']).next());
    targets.filter(|target| !target.starts_with("http"))
}

#[test]
fn every_link_of_the_documentation_leads_to_a_file() {
    let mut seen = 0;
    for page in documents() {
        let text = std::fs::read_to_string(&page).unwrap();
        for link in links(&text) {
            let file = link.split('#').next().unwrap_or_default();
            let there = page.parent().unwrap().join(file).exists();
            assert!(file.is_empty() || there, "{}: {link}", page.display());
            seen += 1;
        }
    }
    assert!(seen > 100, "only {seen} links");
}
