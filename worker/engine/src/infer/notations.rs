//! How people write values: symbols of amounts, words for true and false, days and times.

use sluice_csv::Sequence;

/// Delimiters of tables that also stand between the items of a list inside a cell.
pub(super) const LIST_DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// Symbols that stand beside amounts.
pub(super) const AFFIXES: [char; 12] = ['$', '€', '£', '¥', '%', '₹', '₽', '₩', '¢', '₺', '‰', '°'];

/// Texts for true and for false.
#[derive(Clone, Copy, Debug)]
pub(super) struct BooleanTexts {
    pub(super) trues: &'static [&'static str],
    pub(super) falses: &'static [&'static str],
}

impl BooleanTexts {
    /// Returns true if a text is one of those for true or for false.
    pub(super) fn holds(self, text: &[u8]) -> bool {
        self.trues.iter().chain(self.falses).any(|word| word.as_bytes() == text)
    }
}

/// Texts for true and for false; the standard has the first ones.
pub(super) const BOOLEANS: [BooleanTexts; 11] = [
    BooleanTexts { trues: &["true", "True", "TRUE"], falses: &["false", "False", "FALSE"] },
    BooleanTexts { trues: &["yes"], falses: &["no"] },
    BooleanTexts { trues: &["Yes"], falses: &["No"] },
    BooleanTexts { trues: &["YES"], falses: &["NO"] },
    BooleanTexts { trues: &["Y"], falses: &["N"] },
    BooleanTexts { trues: &["y"], falses: &["n"] },
    BooleanTexts { trues: &["T"], falses: &["F"] },
    BooleanTexts { trues: &["t"], falses: &["f"] },
    BooleanTexts { trues: &["on", "On", "ON"], falses: &["off", "Off", "OFF"] },
    BooleanTexts {
        trues: &["ja", "Ja", "JA", "oui", "Oui", "OUI", "sí", "Sí", "SÍ", "sim", "Sim", "SIM"],
        falses: &["nein", "Nein", "NEIN", "non", "Non", "NON", "não", "Não", "NÃO", "no", "No", "NO"],
    },
    // As spreadsheets in German and French write them.
    BooleanTexts {
        trues: &["wahr", "Wahr", "WAHR", "vrai", "Vrai", "VRAI"],
        falses: &["falsch", "Falsch", "FALSCH", "faux", "Faux", "FAUX"],
    },
];

/// Patterns of dates. Where two fit, the first one is chosen, unless the rest of the file suggests that days come before months.
pub(super) const DATES: [&str; 20] = [
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%m-%d-%Y",
    "%d-%m-%Y",
    "%d.%m.%Y",
    "%m/%d/%y",
    "%d/%m/%y",
    "%m-%d-%y",
    "%d-%m-%y",
    "%d.%m.%y",
    "%d %b %Y",
    "%d %B %Y",
    "%d-%b-%Y",
    "%d-%b-%y",
    "%b %d, %Y",
    "%B %d, %Y",
    "%d/%b/%Y",
    "%Y-%b-%d",
];

/// Patterns of dates with a time, in the same order.
pub(super) const DATETIMES: [&str; 27] = [
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M:%S.%f",
    "%Y-%m-%d %H:%M:%S%z",
    "%Y-%m-%d %H:%M:%S.%f%z",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%dT%H:%M%z",
    "%Y-%m-%dT%H:%M:%S%z",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%m/%d/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M",
    "%d/%m/%Y %H:%M",
    "%m/%d/%Y %I:%M:%S %p",
    "%m/%d/%Y %I:%M %p",
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%m-%d-%Y %H:%M:%S",
    "%d-%m-%Y %H:%M:%S",
    "%d-%m-%Y %H:%M",
    "%m/%d/%y %H:%M",
    "%d/%m/%y %H:%M",
    "%Y%m%dT%H%M%S",
    "%Y%m%d%H%M%S",
    "%d %b %Y %H:%M:%S",
    "%d/%b/%Y:%H:%M:%S %z",
];

/// Patterns of times.
pub(super) const TIMES: [&str; 5] = ["%H:%M:%S", "%H:%M", "%I:%M %p", "%I:%M:%S %p", POINT_TIME];

/// Times with a point, for columns of [`TIME_NAMES`]: the cells may also be codes (`01.1`).
pub(super) const POINT_TIME: &str = "%H.%M";

/// Names of columns that hold dates (then years, times, points), for candidates whose cells may also be numbers.
pub(super) const DATE_NAMES: &[&str] = &["date", "day", "datum", "fecha", "jour", "tag"];
pub(super) const YEAR_NAMES: &[&str] = &["year", "yr", "jahr", "annee", "année", "año", "ano", "anno", "jaar"];
pub(super) const TIME_NAMES: &[&str] = &["time", "zeit", "hour", "hours", "heure", "hora", "ora"];
pub(super) const POINT_NAMES: &[&str] =
    &["geopoint", "coordinates", "coords", "location", "lonlat", "lnglat", "longlat"];

/// Returns a delimiter between quotes, as reasons show it.
pub(super) fn quoted_delimiter(delimiter: &Sequence) -> String {
    format!("'{}'", delimiter.to_string().escape_debug())
}
