//! `gatecrash schema`: the JSON Schema of plan files.

use crate::exit::Exit;
use crate::printer;

/// Prints it.
pub(crate) fn run() -> Exit {
    printer::answer(gatecrash_plan::schema::schema().trim_end());
    Exit::Fine
}
