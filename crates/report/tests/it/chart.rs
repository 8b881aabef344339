//! Curves drawn with letters.

use gatecrash_report::chart::{Canvas, Curve, Letters, draw};

fn canvas(width: usize, height: usize, letters: Letters) -> Canvas {
    Canvas {
        width,
        height,
        letters,
    }
}

fn curve(values: &[f64]) -> Curve<'_> {
    Curve {
        title: "arrivals per second",
        values,
        begins: "0s",
        ends: "10m",
    }
}

fn lines(text: &str) -> Vec<&str> {
    text.lines().collect()
}

#[test]
fn a_ramp_in_blocks() {
    let values: Vec<f64> = (1..=20).map(|value| f64::from(value) * 5.0).collect();
    let drawn = draw(&curve(&values), &canvas(26, 4, Letters::Blocks));
    assert_eq!(
        lines(&drawn),
        [
            "arrivals per second",
            " 100 ┤               ▂▃▅▆█",
            "     │          ▂▃▅▆██████",
            "  50 ┤     ▂▃▅▆███████████",
            "     │▂▃▅▆████████████████",
            "   0 └────────────────────",
            "      0s               10m",
        ]
    );
}

#[test]
fn the_same_in_ascii() {
    let values: Vec<f64> = (1..=20).map(|value| f64::from(value) * 5.0).collect();
    let drawn = draw(&curve(&values), &canvas(26, 4, Letters::Ascii));
    assert_eq!(
        lines(&drawn)[1..],
        [
            " 100 +               ..::#",
            "     |          ..::######",
            "  50 +     ..::###########",
            "     |..::################",
            "   0 +--------------------",
            "      0s               10m",
        ]
    );
    assert!(drawn.is_ascii());
}

#[test]
fn a_short_peak_among_more_values_than_columns_is_seen() {
    let mut values = vec![1.0; 1000];
    values[777] = 1000.0;
    values[0] = 0.0;
    let drawn = draw(&curve(&values), &canvas(40, 3, Letters::Ascii));
    let rows = lines(&drawn);
    assert_eq!(rows[1].matches('#').count(), 1, "{drawn}");
    assert_eq!(rows[1].find('#'), rows[3].find('#'), "{drawn}");
    // What is small is still there.
    assert_eq!(rows[3].matches('.').count() + 1, 40 - 9, "{drawn}");
}

#[test]
fn fewer_values_than_columns_become_stairs() {
    let drawn = draw(
        &curve(&[10.0, 100.0, 1000.0]),
        &canvas(37, 2, Letters::Ascii),
    );
    assert_eq!(
        lines(&drawn)[1..],
        [
            " 1,000 +                   ##########",
            "   500 +...................##########",
            "     0 +-----------------------------",
            "        0s                        10m",
        ]
    );
}

#[test]
fn nothing_is_a_floor() {
    for values in [&[][..], &[0.0, 0.0][..]] {
        let drawn = draw(&curve(values), &canvas(0, 0, Letters::Ascii));
        assert_eq!(
            lines(&drawn)[1..],
            [
                "   1 +",
                " 0.5 +",
                "   0 +------------------",
                "      0s             10m",
            ]
        );
    }
}

#[test]
fn the_top_is_a_round_number() {
    let top = |highest: f64| {
        let drawn = draw(&curve(&[highest]), &canvas(40, 4, Letters::Ascii));
        let line = lines(&drawn)[1].trim_start().to_owned();
        line.split_once(' ').expect("a label").0.to_owned()
    };
    let tops = [0.003, 0.5, 1.0, 3.0, 39.0, 61.0, 100.0, 101.0, 39_000.0].map(top);
    assert_eq!(
        tops,
        ["0.004", "0.5", "1", "4", "40", "80", "100", "200", "40,000"]
    );
}
