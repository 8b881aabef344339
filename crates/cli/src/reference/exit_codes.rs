//! The page of exit codes.

use super::MADE;
use super::table::table;
use crate::exit::Exit;

const TOP: &str = "\
How a command ends, for scripts. Where several would fit, an interruption comes before INVALID, INVALID before
objectives, and objectives before failures: what makes the numbers useless comes before what they say.

";

const AFTER: &str = "\
## Runs of locustfiles

`gatecrash -f locustfile.py` ends as Locust does: 0, or 1 after a failed request or a raised exception
(`--exit-code-on-error` sets another number), or 2 after a listener that raised; `environment.process_exit_code`
overrides them. Ours are added: 97 where nothing could be run, 98 for a `--rate` that was not driven as asked,
99 for objectives.
";

/// The page.
pub(super) fn page() -> String {
    let rows = Exit::ALL.map(|exit| {
        let about = exit.about();
        [
            exit.code().to_string(),
            about.says.to_owned(),
            about.next.to_owned(),
        ]
    });
    let list = table(["code", "what it says", "what to do"], rows);
    format!("# Exit codes\n\n{MADE}{TOP}{list}{AFTER}")
}
