//! A flame graph: what a tree of stacks looks like.
//!
//! In: the tree, and what it is called. Out: one SVG that needs nothing else and runs
//! nothing: a box for each function, as wide as the share of the samples in which it was
//! there, on top of its caller; what does not fit is told when it is pointed at. Names come
//! from other programs and are text here, never markup. Never: more than so many boxes.
//!
//! The picture was invented by Brendan Gregg, "The Flame Graph", Communications of the ACM
//! 59(6), 2016.

use std::fmt::Write;

use crate::stacks::{Frame, KERNEL, Stacks};

/// The size of the drawing, in pixels.
const WIDTH: f64 = 1200.0;
const ROW: f64 = 17.0;
const HEAD: f64 = 44.0;

/// A narrower box is not drawn, pixels.
const NARROWEST: f64 = 0.3;

/// Boxes at most, the widest first.
const BOXES_MAX: usize = 20_000;

/// The width of a letter, pixels: nearly that of a monospaced one of 11 px.
const LETTER: f64 = 6.7;

const STYLE: &str = "text{font:11px ui-monospace,monospace;fill:#111;pointer-events:none}\
    .t{font-size:15px;font-weight:bold}rect{stroke:#fff;stroke-width:.5}g:hover rect{stroke:#000}";

/// A number of samples, as a person reads it.
pub(crate) fn counted(samples: u64) -> String {
    match samples {
        1 => "1 sample".to_owned(),
        more => format!("{more} samples"),
    }
}

/// Where a frame is drawn: its left edge and its width, in samples.
#[derive(Clone, Copy)]
struct Span {
    from: u64,
    samples: u64,
}

/// Draws it.
pub(crate) fn svg(stacks: &Stacks, title: &str) -> String {
    let spans = spans(stacks);
    let drawn = drawn(stacks);
    let rows = drawn.iter().map(|place| stacks.frames()[*place].depth + 1);
    let height = HEAD + rows.max().unwrap_or(0) as f64 * ROW + 8.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
         width=\"{WIDTH}\" height=\"{height}\">\n<title>{0}</title>\n<style>{STYLE}</style>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <text class=\"t\" x=\"8\" y=\"20\">{0}</text>\n<text x=\"8\" y=\"36\">{1}</text>\n",
        escaped(title),
        escaped(&legend(stacks, drawn.len())),
    );
    for place in drawn {
        let frame = &stacks.frames()[place];
        draw(&mut svg, stacks, frame, spans[place], height);
    }
    svg.push_str("</svg>\n");
    svg
}

fn legend(stacks: &Stacks, drawn: usize) -> String {
    let mut legend =
        "the wider, the more samples; callers are below; blue is the kernel".to_owned();
    let left_out = stacks.frames().len() - drawn;
    if left_out > 0 {
        let _ = write!(legend, "; {left_out} too small to be drawn");
    }
    if stacks.is_cut() {
        legend.push_str("; very deep or very many stacks were cut off");
    }
    legend
}

/// Where each frame is: those of one caller side by side, in the order of their names.
fn spans(stacks: &Stacks) -> Vec<Span> {
    let frames = stacks.frames();
    let mut called: Vec<Vec<usize>> = vec![Vec::new(); frames.len()];
    for (place, frame) in frames.iter().enumerate().skip(1) {
        called[frame.caller].push(place);
    }
    let nowhere = Span {
        from: 0,
        samples: 0,
    };
    let mut spans = vec![nowhere; frames.len()];
    spans[0].samples = stacks.samples();
    // A caller stands before what it calls, so its own place is known here.
    for (caller, mut places) in called.into_iter().enumerate() {
        places.sort_by_key(|place| stacks.name_of(&frames[*place]));
        let mut from = spans[caller].from;
        for place in places {
            let samples = frames[place].samples;
            spans[place] = Span { from, samples };
            from = from.saturating_add(samples);
        }
    }
    spans
}

/// The frames that are drawn. One that is has its caller drawn as well, which is as wide and
/// stands before it.
fn drawn(stacks: &Stacks) -> Vec<usize> {
    let frames = stacks.frames();
    let all = stacks.samples().max(1) as f64;
    let is_wide = |place: &usize| frames[*place].samples as f64 / all * WIDTH >= NARROWEST;
    let mut places: Vec<usize> = (0..frames.len()).filter(is_wide).collect();
    places.sort_by_key(|place| std::cmp::Reverse(frames[*place].samples));
    places.truncate(BOXES_MAX);
    places.sort_unstable();
    places
}

fn draw(svg: &mut String, stacks: &Stacks, frame: &Frame, span: Span, height: f64) {
    let all = stacks.samples().max(1) as f64;
    let x = span.from as f64 / all * WIDTH;
    let width = span.samples as f64 / all * WIDTH;
    let y = height - 8.0 - (frame.depth + 1) as f64 * ROW;
    let name = stacks.name_of(frame);
    let _ = write!(
        svg,
        "<g><title>{} · {}, {:.2} %</title>\
         <rect x=\"{x:.2}\" y=\"{y}\" width=\"{width:.2}\" height=\"{}\" fill=\"{}\"/>",
        escaped(name),
        counted(span.samples),
        span.samples as f64 / all * 100.0,
        ROW - 1.0,
        colour(name),
    );
    let label = fitting(name, width);
    if !label.is_empty() {
        let _ = write!(
            svg,
            "<text x=\"{:.2}\" y=\"{}\">{}</text>",
            x + 3.0,
            y + 12.0,
            escaped(&label)
        );
    }
    svg.push_str("</g>\n");
}

/// As much of a name as a box has room for; nothing where that would say nothing.
fn fitting(name: &str, width: f64) -> String {
    let room = ((width - 6.0) / LETTER).max(0.0) as usize;
    match name.chars().count() {
        all if all <= room => name.to_owned(),
        _ if room < 3 => String::new(),
        _ => name.chars().take(room - 1).chain(['…']).collect(),
    }
}

/// Warm for programs, blue for the kernel; the same name always the same.
fn colour(name: &str) -> String {
    // FNV-1a: <https://datatracker.ietf.org/doc/html/draft-eastlake-fnv>.
    let hash = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    let shade = |shift: u32, least: u32, range: u32| least + (hash >> shift) % range;
    let (red, green, blue) = match name.ends_with(KERNEL) {
        true => (shade(0, 120, 40), shade(8, 165, 40), shade(16, 215, 35)),
        false => (shade(0, 215, 35), shade(8, 120, 95), shade(16, 60, 40)),
    };
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// A text as a text: XML 1.0 has no way to write most control characters.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use roxmltree::Document;

    use super::*;

    fn tree(lines: &[&str]) -> Stacks {
        let mut stacks = Stacks::new("all");
        lines.iter().for_each(|line| stacks.add_folded(line));
        stacks
    }

    /// Of each box what is told of it, its left edge, its top and its width.
    fn boxes(svg: &str) -> Vec<(String, f64, f64, f64)> {
        let page = Document::parse(svg).expect("well-formed");
        let groups = page.descendants().filter(|node| node.has_tag_name("g"));
        groups
            .map(|group| {
                let child = |name: &str| {
                    let found = group.children().find(|node| node.has_tag_name(name));
                    found.expect("there")
                };
                let number = |name| child("rect").attribute(name).expect("told").parse();
                (
                    child("title").text().expect("a text").to_owned(),
                    number("x").expect("a number"),
                    number("y").expect("a number"),
                    number("width").expect("a number"),
                )
            })
            .collect()
    }

    #[test]
    fn a_box_is_as_wide_as_its_share_and_stands_on_its_caller() {
        let svg = svg(
            &tree(&["main;write 25", "main;read;poll 50", "idle 25"]),
            "it",
        );
        let drawn = boxes(&svg);
        let found = |name: &str| {
            let found = drawn.iter().find(|(title, ..)| title.starts_with(name));
            found.unwrap_or_else(|| panic!("{name}: {drawn:?}"))
        };
        let (title, x, y, width) = found("read");
        assert_eq!(title, "read · 50 samples, 50.00 %");
        // `idle` is left of `main` by its name, `read` left of `write`.
        assert_eq!((*x, *width), (300.0, 600.0));
        assert_eq!(y + ROW, found("main").2);
        assert_eq!(found("all").3, WIDTH);
        assert_eq!((found("write").1, found("write").3), (900.0, 300.0));
        assert_eq!(found("poll").1, 300.0);
    }

    #[test]
    fn names_are_never_markup_and_nothing_runs() {
        let evil = "</title><script>alert(1)</script>\u{1}&\u{ffff}\"'";
        let mut stacks = Stacks::new("all");
        stacks.add([evil], 9);
        let svg = svg(&stacks, "of <b> & \u{0}");
        let page = Document::parse(&svg).expect("well-formed");
        let known = ["svg", "title", "style", "rect", "text", "g"];
        for node in page.descendants().filter(|node| node.is_element()) {
            let name = node.tag_name().name();
            assert!(known.contains(&name), "{name}");
            let has_event = node.attributes().any(|one| one.name().starts_with("on"));
            assert!(!has_event, "{name}");
        }
        let shown = evil.replace(['\u{1}', '\u{ffff}'], "\u{fffd}");
        assert!(boxes(&svg)[1].0.starts_with(&shown), "{:?}", boxes(&svg));
    }

    #[test]
    fn the_drawing_has_a_size_that_it_keeps() {
        let mut stacks = Stacks::new("all");
        for caller in 0..300 {
            for n in 0..200 {
                let (caller, called) = (format!("f{caller}"), format!("g{n}"));
                stacks.add([&*caller, &*called], 1);
            }
        }
        let wide = svg(&stacks, "it");
        // Each of 300 has 4 pixels, each of 60,000 less than the narrowest.
        assert_eq!(boxes(&wide).len(), 301);
        assert!(wide.contains("too small to be drawn"));
        let mut deep = Stacks::new("all");
        for n in 0..2000 {
            let names: Vec<String> = (0..30).map(|depth| format!("{n}.{depth}")).collect();
            deep.add(names.iter().map(String::as_str), 1);
        }
        assert_eq!(boxes(&svg(&deep, "it")).len(), BOXES_MAX);
        // The kernel's functions are told apart.
        assert_ne!(colour("send"), colour("send [kernel]"));
    }

    #[test]
    fn nothing_was_sampled_is_a_picture_too() {
        let svg = svg(&Stacks::new("all"), "it");
        assert!(boxes(&svg).is_empty());
    }

    #[test]
    fn a_name_is_cut_to_its_box() {
        assert_eq!(fitting("poll", 100.0), "poll");
        assert_eq!(fitting("a_long_name", 50.0), "a_lon…");
        assert_eq!(fitting("a_long_name", 20.0), "");
    }
}
