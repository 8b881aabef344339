//! Names and words that look real and are nobody's.
//!
//! In: draws. Out: texts. The lists are short on purpose: a test needs variety, not a
//! census. Domains and numbers are of the ranges that are reserved for examples.

use gatecrash_plan::draw::below;

const FIRST_NAMES: &[&str] = &[
    "Ada", "Amir", "Anna", "Ben", "Carla", "Chen", "Clara", "Daniel", "Elena", "Emil", "Fatima",
    "Felix", "Grace", "Hana", "Hugo", "Ines", "Ivan", "Jana", "Jonas", "Kofi", "Lara", "Leo",
    "Lucia", "Maja", "Marco", "Mina", "Nadia", "Noah", "Olga", "Oscar", "Paula", "Rafael", "Rosa",
    "Samir", "Sofia", "Tara", "Theo", "Vera", "Yuki", "Zoe",
];

const LAST_NAMES: &[&str] = &[
    "Abe", "Almeida", "Bauer", "Berg", "Castro", "Costa", "Dahl", "Diaz", "Eriksen", "Fischer",
    "Garcia", "Haddad", "Hansen", "Ito", "Jansen", "Kaya", "Keller", "Kim", "Kovacs", "Larsen",
    "Lopez", "Meyer", "Mori", "Moreau", "Novak", "Okafor", "Olsen", "Patel", "Petrov", "Rossi",
    "Sato", "Silva", "Singh", "Sousa", "Suzuki", "Tanaka", "Toth", "Vidal", "Weber", "Yilmaz",
];

const CITIES: &[&str] = &[
    "Accra", "Athens", "Bergen", "Bologna", "Busan", "Cork", "Cusco", "Dakar", "Gdansk", "Ghent",
    "Hanoi", "Izmir", "Kyoto", "Lagos", "Leipzig", "Lima", "Lisbon", "Lyon", "Malmo", "Montreal",
    "Nairobi", "Porto", "Quito", "Riga", "Seville", "Tampere", "Turin", "Utrecht", "Vienna",
    "Zagreb",
];

const TRADES: &[&str] = &[
    "Analytics",
    "Bakery",
    "Bicycles",
    "Ceramics",
    "Foods",
    "Gardens",
    "Instruments",
    "Labs",
    "Logistics",
    "Mills",
    "Optics",
    "Paper",
    "Robotics",
    "Shipping",
    "Textiles",
    "Tools",
];

const WORDS: &[&str] = &[
    "amber", "anchor", "autumn", "basket", "bridge", "bright", "candle", "canyon", "carries",
    "circle", "cloud", "copper", "crosses", "desert", "early", "echo", "field", "finds", "follows",
    "forest", "garden", "gentle", "glass", "golden", "harbour", "hidden", "island", "keeps",
    "lantern", "leaves", "lights", "little", "market", "meadow", "mirror", "morning", "mountain",
    "music", "narrow", "night", "ocean", "open", "orchard", "paper", "pattern", "quiet", "rain",
    "river", "road", "season", "shadow", "silver", "slow", "stone", "story", "summer", "turns",
    "valley", "water", "winter",
];

type Draw<'a> = &'a mut dyn FnMut() -> u64;

fn one_of(list: &'static [&'static str], draw: Draw<'_>) -> &'static str {
    list[below(draw(), list.len() as u64) as usize]
}

pub(super) fn first_name(draw: Draw<'_>) -> &'static str {
    one_of(FIRST_NAMES, draw)
}

pub(super) fn last_name(draw: Draw<'_>) -> &'static str {
    one_of(LAST_NAMES, draw)
}

pub(super) fn name(draw: Draw<'_>) -> String {
    format!("{} {}", first_name(draw), last_name(draw))
}

pub(super) fn email(draw: Draw<'_>) -> String {
    let (first, last) = (first_name(draw), last_name(draw));
    let number = below(draw(), 1000);
    format!("{first}.{last}{number}@example.com").to_lowercase()
}

/// A number of the range 555-0100 to 555-0199, which the North American plan keeps free.
pub(super) fn phone(draw: Draw<'_>) -> String {
    format!("+1-202-555-01{:02}", below(draw(), 100))
}

pub(super) fn city(draw: Draw<'_>) -> &'static str {
    one_of(CITIES, draw)
}

pub(super) fn company(draw: Draw<'_>) -> String {
    format!("{} {}", last_name(draw), one_of(TRADES, draw))
}

pub(super) fn word(draw: Draw<'_>) -> &'static str {
    one_of(WORDS, draw)
}

/// Five to nine words, the first with a capital, and a full stop.
pub(super) fn sentence(draw: Draw<'_>) -> String {
    let count = 5 + below(draw(), 5);
    let words: Vec<&str> = (0..count).map(|_| word(draw)).collect();
    let mut sentence = words.join(" ") + ".";
    sentence[..1].make_ascii_uppercase();
    sentence
}
