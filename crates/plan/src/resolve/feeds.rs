//! Feeds, as meant.

use std::collections::BTreeSet;

use super::Resolver;
use super::scope::Feeds;
use crate::file::read::{At, Entries};
use crate::file::scalar::Constant;
use crate::file::written::{Columns, FeedFile, Feeds as FeedNames};
use crate::model::{Feed, Pick, Source};

type Row = Entries<Columns, Constant>;

impl Resolver<'_> {
    pub(super) fn feeds(&mut self, written: Entries<FeedNames, FeedFile>) -> Feeds {
        let mut feeds = Feeds::default();
        // One that could not be read exists all the same: its name is no fault elsewhere.
        feeds.scope.feeds = written
            .names
            .iter()
            .map(|name| (name.clone(), None))
            .collect();
        for (key, feed) in written.list {
            self.check_name(&key, "a feed");
            let pick = feed
                .value
                .pick
                .as_ref()
                .map_or(Pick::Sequential, |pick| pick.value);
            let columns = feed
                .value
                .rows
                .as_ref()
                .and_then(|rows| self.columns(&key.name, rows));
            let source = self.source(feed.value);
            feeds.scope.feeds.insert(key.name.clone(), columns);
            feeds.feeds.extend(source.map(|source| Feed {
                name: key.name,
                source,
                pick,
            }));
        }
        feeds
    }

    fn source(&mut self, feed: FeedFile) -> Option<Source> {
        if let Some(csv) = &feed.csv {
            return self.file(csv).map(Source::Csv);
        }
        if let Some(json) = &feed.json {
            return self.file(json).map(Source::Json);
        }
        let rows = feed.rows?.value.into_iter().map(|row| {
            let cells = row.value.list.into_iter();
            cells.map(|(key, cell)| (key.name, cell.value.0)).collect()
        });
        Some(Source::Rows(rows.collect()))
    }

    /// The columns of rows, all of which must have the same.
    fn columns(&mut self, feed: &str, rows: &At<Vec<At<Row>>>) -> Option<BTreeSet<String>> {
        let Some(first) = rows.value.first() else {
            self.reader
                .fault(rows.span, format!("the feed `{feed}` has no rows"));
            return None;
        };
        let columns: BTreeSet<String> = first.value.names.iter().cloned().collect();
        for row in &rows.value {
            let has: BTreeSet<String> = row.value.names.iter().cloned().collect();
            if let Some(lacking) = columns.symmetric_difference(&has).next() {
                let what = format!("not every row of `{feed}` has the column `{lacking}`");
                self.reader.fault(row.span, what);
            }
        }
        Some(columns)
    }
}
