//! The text of a cell → its value: own parsers for every type of Table Schema.
//!
//! Every function takes the unquoted bytes of one cell and neither trims nor allocates on its common path. The forms are
//! those of the Table Schema standard (v2) and of XML Schema part 2 where the former points there.

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
mod pattern;
mod string;
mod swar;
mod temporal;
mod temporal_parts;
mod topojson;
mod uri;
mod week;

pub use boolean::boolean;
pub(crate) use calendar::with_nanoseconds;
pub(crate) use calendar::{DAY, civil, days};
pub use calendar::{format_date, format_datetime, format_time, format_year_month};
pub use decimal::{Decimal, ExactDecimal, compare_decimal_text};
pub use duration::Duration;
pub use geojson::is_geojson;
pub use geopoint::Geopoint;
pub use integer::{IntegerError, integer};
pub use json::{JSON_DEPTH, Json};
pub use normalize::plain_decimal;
pub use number::{Number, is_beyond_doubles, number};
pub(crate) use string::characters;
pub use string::string_matches;
pub use temporal::{date, datetime, time, year, year_month};
pub(crate) use temporal::{finer, why_not};
pub use topojson::is_topojson;
