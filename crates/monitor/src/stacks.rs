//! The stacks of many samples, folded into one tree.
//!
//! In: lines of `perf script`, or of py-spy's raw form. Out: a tree of functions with the
//! samples in which each was seen there. Never: more functions, deeper stacks or longer names
//! than its limits; what is beyond them counts for its caller.

use std::collections::HashMap;

/// Functions of the tree at most; the same one below two callers counts twice.
const FRAMES_MAX: usize = 200_000;

/// Callers above one another at most.
const DEPTH_MAX: usize = 256;

/// Characters of a name at most.
const NAME_MAX: usize = 200;

/// What stands behind the name of a function of the kernel.
pub(crate) const KERNEL: &str = " [kernel]";

/// A function where it was called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    /// The place of its name in [`Stacks::names`].
    name: usize,
    /// Its caller's place among the frames; the first frame is its own.
    pub(crate) caller: usize,
    /// How many are above it.
    pub(crate) depth: usize,
    /// In how many samples it was there, whatever it called then.
    pub(crate) samples: u64,
}

/// The tree. A caller stands before what it calls.
#[derive(Clone, Debug)]
pub(crate) struct Stacks {
    frames: Vec<Frame>,
    names: Vec<Box<str>>,
    places_of_names: HashMap<Box<str>, usize>,
    /// By caller and name.
    places: HashMap<(usize, usize), usize>,
    is_cut: bool,
}

impl Stacks {
    /// No sample yet: only the frame below all others, of this name.
    pub(crate) fn new(root: &str) -> Stacks {
        let mut stacks = Stacks {
            frames: Vec::new(),
            names: Vec::new(),
            places_of_names: HashMap::new(),
            places: HashMap::new(),
            is_cut: false,
        };
        let name = stacks.name(root);
        stacks.frames.push(Frame {
            name,
            caller: 0,
            depth: 0,
            samples: 0,
        });
        stacks
    }

    /// All frames, the one below all others first.
    pub(crate) fn frames(&self) -> &[Frame] {
        &self.frames
    }

    /// What a frame is called.
    pub(crate) fn name_of(&self, frame: &Frame) -> &str {
        &self.names[frame.name]
    }

    /// Samples in all.
    pub(crate) fn samples(&self) -> u64 {
        self.frames[0].samples
    }

    /// Whether something was beyond the limits.
    pub(crate) fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// So many samples of a stack, callers first.
    pub(crate) fn add<'a>(&mut self, stack: impl IntoIterator<Item = &'a str>, samples: u64) {
        self.count(0, samples);
        let mut at = 0;
        for name in stack {
            let Some(place) = self.called(at, name) else {
                self.is_cut = true;
                return;
            };
            self.count(place, samples);
            at = place;
        }
    }

    fn count(&mut self, place: usize, samples: u64) {
        let frame = &mut self.frames[place];
        frame.samples = frame.samples.saturating_add(samples);
    }

    /// The place of a function below its caller; `None` beyond the limits.
    fn called(&mut self, caller: usize, name: &str) -> Option<usize> {
        let depth = self.frames[caller].depth + 1;
        if depth > DEPTH_MAX {
            return None;
        }
        let is_full = self.frames.len() >= FRAMES_MAX;
        let short: String = name.chars().take(NAME_MAX).collect();
        let name = match self.places_of_names.get(short.as_str()) {
            Some(name) => *name,
            None if is_full => return None,
            None => self.name(&short),
        };
        if let Some(place) = self.places.get(&(caller, name)) {
            return Some(*place);
        }
        if is_full {
            return None;
        }
        self.frames.push(Frame {
            name,
            caller,
            depth,
            samples: 0,
        });
        self.places.insert((caller, name), self.frames.len() - 1);
        Some(self.frames.len() - 1)
    }

    fn name(&mut self, name: &str) -> usize {
        self.names.push(name.into());
        let place = self.names.len() - 1;
        self.places_of_names.insert(name.into(), place);
        place
    }

    /// A line of py-spy's raw form: functions, callers first, between semicolons, and behind
    /// them the number of samples. Any other line counts for nothing.
    pub(crate) fn add_folded(&mut self, line: &str) {
        let counted = line.trim_end().rsplit_once(' ');
        let counted = counted.and_then(|(stack, samples)| Some((stack, samples.parse().ok()?)));
        if let Some((stack, samples)) = counted {
            self.add(stack.split(';'), samples);
        }
    }
}

/// Lines of `perf script -F comm,ip,sym,dso`, put together into samples: the name of a
/// thread, then a line for each function, the innermost first, then an empty one
/// (perf-script(1)).
#[derive(Debug, Default)]
pub(crate) struct PerfLines {
    thread: Option<String>,
    /// Innermost first.
    stack: Vec<String>,
}

impl PerfLines {
    /// Takes the next line; an empty one ends a sample.
    pub(crate) fn take(&mut self, line: &str, stacks: &mut Stacks) {
        if line.trim().is_empty() {
            return self.end(stacks);
        }
        if !line.starts_with([' ', '\t']) {
            self.end(stacks);
            self.thread = Some(line.trim().to_owned());
        } else if let Some(function) = function(line.trim())
            && self.stack.len() <= DEPTH_MAX
        {
            self.stack.push(function);
        }
    }

    /// Ends the sample that has begun, if one has.
    pub(crate) fn end(&mut self, stacks: &mut Stacks) {
        let thread = self.thread.take();
        let inner = std::mem::take(&mut self.stack);
        if let Some(thread) = thread {
            let callers = inner.iter().rev().map(String::as_str);
            stacks.add(std::iter::once(thread.as_str()).chain(callers), 1);
        }
    }
}

/// What a line `7f21c0 name (/usr/lib/libname.so)` is about. A function without a name is
/// called as its library.
fn function(line: &str) -> Option<String> {
    let (address, rest) = line.split_once(' ')?;
    let address = u64::from_str_radix(address, 16).ok()?;
    let (name, library) = split_library(rest.trim());
    // The upper half of all addresses is the kernel's.
    let end = if address >> 63 == 1 { KERNEL } else { "" };
    if name != "[unknown]" {
        return Some(format!("{name}{end}"));
    }
    let library = library.rsplit('/').next().unwrap_or_default();
    Some(format!(
        "[{}]{end}",
        library.trim_matches(|c| matches!(c, '[' | ']'))
    ))
}

fn split_library(rest: &str) -> (&str, &str) {
    let whole = rest.strip_suffix(')').unwrap_or(rest);
    let whole = whole.strip_suffix(" (deleted)").unwrap_or(whole);
    whole.rsplit_once(" (").unwrap_or((rest, "unknown"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(stacks: &Stacks) -> Vec<String> {
        let frames = stacks.frames().iter();
        frames
            .map(|frame| {
                format!(
                    "{}{} {}",
                    "  ".repeat(frame.depth),
                    stacks.name_of(frame),
                    frame.samples
                )
            })
            .collect()
    }

    #[test]
    fn stacks_that_begin_alike_share_their_callers() {
        let mut stacks = Stacks::new("all");
        for line in [
            "main (a.py:1);read (a.py:7) 3",
            "main (a.py:1);write (a.py:9) 2",
            "main (a.py:1) 1",
            "py-spy> Samples: x",
            "",
            "main (a.py:1) -4",
        ] {
            stacks.add_folded(line);
        }
        let expected = [
            "all 6",
            "  main (a.py:1) 6",
            "    read (a.py:7) 3",
            "    write (a.py:9) 2",
        ];
        assert_eq!(told(&stacks), expected);
        assert!(!stacks.is_cut());
    }

    #[test]
    fn lines_of_perf_are_put_together_from_the_innermost_out() {
        let script = "api worker \n\
            \tffffffff8123 tcp_sendmsg (nowhere)\n\
            \tffffffff81a2b3c4 tcp_sendmsg ([kernel.kallsyms])\n\
            \t  55d0 std::map<int, (a)>::find (/opt/api (deleted))\n\
            \t  7f01 [unknown] (/usr/lib/libc.so.6)\n\
            \n\
            api worker \n\
            \t  7f02 [unknown] ([unknown])\n\
            \tno address\n\
            api idle \n";
        let (mut stacks, mut lines) = (Stacks::new("all"), PerfLines::default());
        script
            .lines()
            .for_each(|line| lines.take(line, &mut stacks));
        lines.end(&mut stacks);
        let expected = [
            "all 3",
            "  api worker 2",
            "    [libc.so.6] 1",
            "      std::map<int, (a)>::find 1",
            "        tcp_sendmsg [kernel] 1",
            "          tcp_sendmsg 1",
            "    [unknown] 1",
            "  api idle 1",
        ];
        assert_eq!(told(&stacks), expected);
    }

    #[test]
    fn what_is_beyond_the_limits_counts_for_its_caller() {
        let mut stacks = Stacks::new("all");
        let deep: Vec<String> = (0..DEPTH_MAX + 9).map(|n| format!("f{n}")).collect();
        stacks.add(deep.iter().map(String::as_str), 5);
        assert_eq!(stacks.frames().len(), DEPTH_MAX + 1);
        assert!(stacks.is_cut());
        assert_eq!(stacks.frames().last().map(|last| last.samples), Some(5));
        for n in 0..FRAMES_MAX {
            stacks.add([format!("g{n}").as_str()], 1);
        }
        assert_eq!(stacks.frames().len(), FRAMES_MAX);
        assert_eq!(stacks.names.len(), FRAMES_MAX);
        assert_eq!(stacks.samples(), 5 + FRAMES_MAX as u64);
        let long = "n".repeat(NAME_MAX * 2);
        let mut short = Stacks::new("all");
        short.add([long.as_str()], 1);
        assert_eq!(short.name_of(&short.frames()[1]).len(), NAME_MAX);
    }
}
