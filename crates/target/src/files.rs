//! How many connections the open files of this process are enough for.
//!
//! In: how many are wanted. Out: how many there can be, or what to do about it.
//! Never: a limit above the hard one.

use anyhow::{Result, bail};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files that are open beside the connections: those of the process …
const RESERVE: usize = 64;
/// … and those of each thread, for its events, its timer and its database.
const RESERVE_PER_THREAD: usize = 8;

/// Raises the limit of open files as far as this process may, and returns what it is then.
pub(crate) fn raise_limit() -> usize {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: maximum,
        maximum,
    };
    // Where it may not be raised, what there is has to do.
    let limit = setrlimit(Resource::Nofile, raised).map_or(current, |()| maximum);
    limit
        .and_then(|limit| usize::try_from(limit).ok())
        .unwrap_or(usize::MAX)
}

/// The connections that fit into `files`: those that were asked for, or all.
pub(crate) fn connections(asked: Option<usize>, files: usize, threads: usize) -> Result<usize> {
    let most = files.saturating_sub(RESERVE + RESERVE_PER_THREAD * threads);
    match asked {
        Some(asked) if asked > most => bail!(
            "cannot hold {asked} connections: this process may open {files} files, which is \
             enough for {most}; raise the limit (ulimit -Hn) or ask for fewer"
        ),
        Some(asked) => Ok(asked),
        None => Ok(most),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_fit_into_the_files_that_may_be_open() {
        assert_eq!(connections(None, 20_000, 1).expect("room"), 19_928);
        assert_eq!(connections(Some(15_000), 20_000, 2).expect("room"), 15_000);
        let error = connections(Some(20_000), 20_000, 1).expect_err("too many");
        assert_eq!(
            error.to_string(),
            "cannot hold 20000 connections: this process may open 20000 files, which is enough \
             for 19928; raise the limit (ulimit -Hn) or ask for fewer"
        );
    }

    #[test]
    fn the_limit_is_raised_to_the_hard_one() {
        let limit = raise_limit();
        let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
        assert_eq!(current, maximum);
        assert_eq!(maximum.unwrap_or(u64::MAX), limit as u64);
    }
}
