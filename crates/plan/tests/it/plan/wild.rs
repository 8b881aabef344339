//! Texts that nobody meant as a plan: whatever comes, there is an answer.

use std::path::{Path, PathBuf};

use gatecrash_plan::file::{Format, parse};
use gatecrash_plan::{Overrides, dotenv};
use proptest::prelude::*;

use super::load_as;

const FORMATS: [Format; 3] = [Format::Yaml, Format::Toml, Format::Json];

/// Reads a text in every way; that it returns is what is asked.
fn survive(text: &str) {
    for format in FORMATS {
        let parsed = parse(text, format);
        let loaded = load_as(text, format, &Overrides::default());
        if parsed.is_err() {
            assert!(loaded.is_err());
        }
        if let Err(faults) = loaded {
            check_faults(&faults, text);
        }
    }
}

/// Each fault points into the text and can be shown.
fn check_faults(faults: &gatecrash_plan::fault::Faults, text: &str) {
    assert!(faults.iter().count() > 0);
    for fault in faults.iter() {
        let line = text.split('\n').nth(fault.place.line as usize - 1);
        let line = line.unwrap_or_else(|| panic!("no line {} in {text:?}", fault.place.line));
        let columns = line.chars().count() + 1;
        assert!(
            (1..=columns).contains(&(fault.place.column as usize)),
            "{fault}\n{text:?}"
        );
        let excerpt = &fault.place.excerpt;
        assert!(excerpt.length >= 1);
        assert!(excerpt.start <= excerpt.text.chars().count(), "{fault:?}");
        assert!(!fault.to_string().contains('\u{1b}'));
    }
}

/// The example plans.
fn examples() -> Vec<String> {
    let folder: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/examples");
    let files = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let plans = files.filter(|file| {
        let extension = file.extension().and_then(|extension| extension.to_str());
        extension.and_then(Format::of_extension).is_some()
    });
    let mut texts: Vec<String> = plans
        .map(|file| std::fs::read_to_string(file).unwrap())
        .collect();
    texts.sort();
    texts
}

/// Pieces that mean something in one of the formats.
const PIECES: &[&str] = &[
    "{{",
    "}}",
    "{",
    "}",
    "[",
    "]",
    "${",
    "$$",
    "$",
    ":",
    ": ",
    "- ",
    "\n",
    "\n  ",
    "'",
    "\"",
    "#",
    ",",
    "&a ",
    "*a",
    "<<: ",
    "!!str ",
    "|",
    ">",
    "...",
    "---",
    "=",
    "\t",
    "\r\n",
    "\u{0}",
    "é",
    "\u{feff}",
    "1e999",
    "-1",
    "0x",
    "~",
    "?",
    "%",
    "@",
    "`",
    "\\",
    "\\u",
    "users",
    "for",
    "rate",
    "1/s .. 2/s",
    "get",
    "steps",
    "env.",
    "$.a[?(@.b)]",
    "random_int(",
    "| default(",
    "999999999999999999999",
];

/// How a text is changed: at a place (in thousandths of it), so many bytes give way to a piece.
fn change() -> impl Strategy<Value = (usize, usize, usize)> {
    (0..1000usize, 0..12usize, 0..PIECES.len())
}

fn changed(text: &str, changes: &[(usize, usize, usize)]) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    for (place, removed, piece) in changes {
        let start = characters.len() * place / 1000;
        let end = (start + removed).min(characters.len());
        characters.splice(start..end, PIECES[*piece].chars());
    }
    characters.into_iter().collect()
}

proptest! {
    #![proptest_config(crate::cases(200))]

    #[test]
    fn any_text_has_an_answer(text in any::<String>()) {
        survive(&text);
    }

    #[test]
    fn any_bytes_have_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        survive(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn any_pieces_have_an_answer(pieces in prop::collection::vec(0..PIECES.len(), 0..40)) {
        let text: String = pieces.into_iter().map(|piece| PIECES[piece]).collect();
        survive(&text);
    }

    #[test]
    fn a_broken_example_has_an_answer(
        example in 0..100usize,
        changes in prop::collection::vec(change(), 1..6),
    ) {
        let examples = examples();
        survive(&changed(&examples[example % examples.len()], &changes));
    }

    #[test]
    fn any_override_has_an_answer(set in "[a-z.]{0,20}=?.{0,20}", scenario in ".{0,10}", rate in ".{0,8}") {
        let overrides = Overrides {
            set: vec![set],
            scenarios: vec![scenario],
            rate: Some(rate),
            ..Default::default()
        };
        let example = &examples()[0];
        if let Err(faults) = load_as(example, Format::Yaml, &overrides) {
            prop_assert!(!faults.to_string().is_empty());
        }
    }

    #[test]
    fn any_dotenv_has_an_answer(text in "([A-Z]{1,3}=|['\"#\\\\ \n]|.){0,30}") {
        match dotenv::parse(".env", &text) {
            Ok(variables) => prop_assert!(variables.len() <= text.len()),
            Err(faults) => check_faults(&faults, &text),
        }
    }

    #[test]
    fn an_expression_that_is_found_right_compiles(
        source in "(random_int\\(1, 2\\)|user\\.number|token|'a'|[0-9]{1,3}| \\+ | ~ | \\| upper|\\(|\\)|not |if | else | and |\\[|\\]){1,8}"
    ) {
        let task = format!("{{ take: {{ token: $.t }}, get: \"/{{{{ {source} }}}}\" }}");
        if super::load(&super::with_task(&task)).is_ok() {
            let environment = minijinja::Environment::new();
            prop_assert!(environment.compile_expression(source.trim()).is_ok(), "{source}");
        }
    }
}

#[test]
fn long_texts_of_one_kind_have_an_answer() {
    for piece in PIECES.iter().copied().chain([
        "a: ", "[a, ", "{a: ", "- - ", "'a' ", "a\n", "{{ 1 }} ", "not ", "-(", "a.b.",
    ]) {
        let text = piece.repeat(20_000 / piece.len());
        for format in FORMATS {
            let _ = parse(&text, format);
        }
        let text = serde_json::to_string(&text).unwrap();
        let _ = super::load(&super::with_task(&format!("{{ post: /, text: {text} }}")));
        let _ = super::load(&super::with_task(&format!("{{ if: {text}, then: [] }}")));
    }
}

#[test]
fn expressions_at_the_limit_of_their_length_have_an_answer() {
    for piece in [
        "not ",
        "-",
        "(",
        "[",
        "1+",
        "a.",
        "a|d|",
        "x if y else ",
        "{1:",
        "a[",
        "f(",
        "~",
        "1 in ",
        "1<",
    ] {
        let source = piece.repeat(2000 / piece.len());
        for source in [source.clone(), format!("{source}1")] {
            let text = serde_json::to_string(&source).unwrap();
            let _ = super::load(&super::with_task(&format!("{{ if: {text}, then: [] }}")));
        }
    }
}

#[test]
fn json_paths_and_patterns_at_their_limits_have_an_answer() {
    for piece in [
        "[",
        "(",
        "[?",
        "[?(",
        "[?!",
        "..",
        "[?@[",
        "[?(@.a==",
        "[?length(",
        ".a",
        "[0]",
        "a{9}",
        "(?:",
        "[?@.a&&",
        "(a{99}){99}",
    ] {
        for text in [piece.repeat(2000 / piece.len()), piece.repeat(15)] {
            let path = serde_json::to_string(&format!("${text}")).unwrap();
            let _ = super::load(&super::with_task(&format!(
                "{{ get: /, take: {{ a: {path} }} }}"
            )));
            let pattern = serde_json::to_string(&text).unwrap();
            let _ = super::load(&super::with_task(&format!(
                "{{ get: /, expect: {{ matches: {pattern} }} }}"
            )));
        }
    }
}
