//! Tables in Markdown.
//!
//! In: texts. Out: lines. Never: a cell that ends its row early.

/// A table; `heads` names its columns.
pub(super) fn table<const N: usize>(
    heads: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> String {
    let rule = format!("|{}\n", "---|".repeat(N));
    let head = row(&heads.map(str::to_owned));
    let rows: String = rows.into_iter().map(|cells| row(&cells)).collect();
    format!("{head}{rule}{rows}\n")
}

fn row(cells: &[String]) -> String {
    let cells = cells
        .iter()
        .map(|cell| cell.replace('|', "\\|").replace('\n', " "));
    format!("| {} |\n", cells.collect::<Vec<String>>().join(" | "))
}

/// As it is typed.
pub(super) fn code(text: &str) -> String {
    format!("`{text}`")
}

/// Several things that are typed, with commas between them.
pub(super) fn codes<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    texts
        .into_iter()
        .map(code)
        .collect::<Vec<String>>()
        .join(", ")
}
