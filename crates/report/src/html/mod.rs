//! A run as one self-contained HTML file.
//!
//! In: the record. Out: a page that needs nothing else: no script, no font, no picture from
//! elsewhere, and its policy forbids them. It is read on a screen in light or dark, on a
//! phone, on paper. Equal records make equal pages. Text from outside goes in as text,
//! whatever it says. However long the run, a curve has at most `chart::POINTS` points and a
//! table at most `table::ROWS` rows.
//!
//! | module | what it holds |
//! |---|---|
//! | `markup` | elements and text, nothing else |
//! | `page` | the page: head, answer, objectives, scenarios |
//! | `scenario` | what is told of one scenario |
//! | `curves` | which curves of a scenario are drawn |
//! | `chart` | a chart: axes, curves, marks |
//! | `axis` | which values stand on an axis |
//! | `table` | tables |

mod axis;
mod chart;
mod curves;
mod gauges;
mod markup;
mod page;
mod scenario;
mod table;

pub use page::html;
