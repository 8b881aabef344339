//! A fault as it is shown to whoever wrote the objective on a command line.
//!
//! In: the fault and its text. Out: lines with the place marked below it.

use super::parse::Fault;

impl Fault {
    /// What is wrong, the objective with a mark at the place, and what to do.
    pub fn pointed(&self, text: &str) -> String {
        // One column for each character, whatever a line end or a tab would do.
        let line: String = text
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        let before = text
            .char_indices()
            .take_while(|(at, _)| *at < self.at)
            .count();
        let mark = " ".repeat(before);
        let hint = self.hint.as_ref().map(|hint| format!(" {hint}"));
        format!(
            "{}\n    {line}\n    {mark}^{}",
            self.what,
            hint.unwrap_or_default()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse::Fault;

    #[test]
    fn the_mark_stands_below_the_place() {
        let text = "p95 of /süß\t< 1s";
        let at = text.find('<').expect("there");
        let told = Fault::new(at, "no").hint("say why").pointed(text);
        assert_eq!(told, "no\n    p95 of /süß < 1s\n                ^ say why");
        let end = Fault::new(text.len(), "more").pointed(text);
        let lines: Vec<&str> = end.lines().collect();
        assert_eq!(lines[2].chars().count(), lines[1].chars().count() + 1);
    }
}
