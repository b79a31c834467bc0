//! The text of a cell → its value: own parsers for every type of Table Schema.
//!
//! Every function takes the unquoted bytes of one cell and neither trims nor allocates on its common path. The forms are taken from the
//! Table Schema standard (v2), and from XML Schema part 2 where the standard refers to it.

mod boolean;
mod calendar;
mod decimal;
mod duration;
mod geojson;
mod geopoint;
mod integer;
mod json;
mod moment;
mod normalize;
mod number;
mod string;
mod string_format;
pub(crate) mod strptime;
mod strptime_cells;
mod temporal;
mod temporal_format;
mod temporal_parts;
mod topojson;
mod uri;
mod week;
mod word;

pub use crate::parse::boolean::boolean;
pub(crate) use crate::parse::calendar::with_nanoseconds;
pub(crate) use crate::parse::calendar::{CivilDate, DAY, MONTHS, civil, days, days_before_month};
pub use crate::parse::calendar::{format_date, format_datetime, format_time, format_year_month};
pub(crate) use crate::parse::decimal::ScaledInteger;
pub use crate::parse::decimal::{Decimal, ExactDecimal, compare_decimal_text};
pub use crate::parse::duration::Duration;
pub use crate::parse::geojson::is_geojson;
pub use crate::parse::geopoint::Geopoint;
pub(crate) use crate::parse::integer::integer_in;
pub use crate::parse::integer::{IntegerError, integer, json_integer};
pub use crate::parse::json::{JSON_DEPTH, JSON_VALUE_BYTES, JSON_VALUES, Json};
pub use crate::parse::normalize::{Affixes, plain_decimal};
pub use crate::parse::number::{Number, is_beyond_doubles, number};
pub(crate) use crate::parse::number::{ascii_point, number_in};
pub(crate) use crate::parse::string::characters;
pub use crate::parse::string::string_matches;
pub use crate::parse::string_format::StringFormat;
pub use crate::parse::temporal::{date, datetime, time, year, year_month};
pub(crate) use crate::parse::temporal::{nanoseconds, why_not};
pub use crate::parse::temporal_format::{PatternItem, TemporalFormat};
pub use crate::parse::topojson::is_topojson;
