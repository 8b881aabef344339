//! A door for fuzzing: plan texts of anybody, up to what they mean and what is told of them.
//!
//! The function takes any bytes and panics where a promise does not hold. It is for the
//! target in `fuzz/` and for the test that replays its corpus; nothing else should call it.

use std::path::Path;

use crate::fault::Faults;
use crate::file::{self, Format};
use crate::forecast::{MachineLimits, forecast, planned_load};
use crate::{Overrides, Sources, load};

/// A plan: the first byte says how it is written.
pub fn plan(input: &[u8]) {
    let Some((&first, bytes)) = input.split_first() else {
        return;
    };
    let Ok(text) = str::from_utf8(bytes) else {
        return;
    };
    let format = match first % 3 {
        0 => Format::Yaml,
        1 => Format::Toml,
        _ => Format::Json,
    };
    let tree = file::parse(text, format);
    if let Err(faults) = &tree {
        look_at(faults, text);
    }
    match load(&sources(text, format)) {
        Err(faults) => look_at(&faults, text),
        Ok(plan) => {
            assert!(tree.is_ok());
            let limits = MachineLimits::default();
            let expected = forecast(&plan, &limits);
            assert_eq!(expected.scenarios.len(), plan.scenarios.len());
            planned_load(&plan, 10);
            let effective = file::parse(&plan.effective, Format::Yaml);
            assert!(effective.is_ok(), "{effective:?} in\n{}", plan.effective);
            let again = load(&sources(text, format)).expect("as before");
            assert_eq!(forecast(&again, &limits), expected);
        }
    }
}

fn sources(text: &str, format: Format) -> Sources<'_> {
    static NO_OVERRIDES: Overrides = Overrides {
        quick: false,
        set: Vec::new(),
        scenarios: Vec::new(),
        rate: None,
        users: None,
        duration: None,
    };
    Sources {
        file_name: "plan",
        text,
        format,
        // Every other name is known.
        environment: &|name| (name.len() % 2 == 0).then(|| "8010".to_owned()),
        overrides: &NO_OVERRIDES,
        folder: Path::new("/"),
    }
}

/// Each fault points at a place of the text and can be shown.
fn look_at(faults: &Faults, text: &str) {
    let lines = text.split('\n').count();
    assert!(faults.iter().next().is_some(), "faults without a fault");
    for fault in faults.iter() {
        let place = &fault.place;
        assert!(place.line >= 1 && place.line as usize <= lines, "{fault}");
        assert!(place.column >= 1 && place.excerpt.length >= 1, "{fault}");
        assert!(
            place.excerpt.start <= place.excerpt.text.chars().count(),
            "{fault}"
        );
        assert!(!fault.what.is_empty());
    }
    assert!(!faults.to_string().is_empty());
}
