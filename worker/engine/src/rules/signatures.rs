//! The types that operators and functions take and return; values are converted where types allow it.

use std::collections::HashMap;

use crate::document::spelling::{did_you_mean, nearest};
use crate::rules::placed::{Parsed, Placed, Refused, refused};
use crate::rules::{Comparison, Function, Kind, Node, Op, Value};
use crate::shown::{LABEL, quoted};

use Kind::{Boolean, Date, Datetime, Integer, Null, Number, Text, Time};

/// Functions with one type for each argument: name, function, types of the arguments, type of the result.
const PLAIN: &[(&str, Function, &[Kind], Kind)] = &[
    ("LENGTH", Function::Length, &[Text], Integer),
    ("CHAR_LENGTH", Function::Length, &[Text], Integer),
    ("UPPER", Function::Upper, &[Text], Text),
    ("LOWER", Function::Lower, &[Text], Text),
    ("TRIM", Function::Trim, &[Text], Text),
    ("LTRIM", Function::TrimStart, &[Text], Text),
    ("RTRIM", Function::TrimEnd, &[Text], Text),
    ("SUBSTRING", Function::Substring, &[Text, Integer], Text),
    ("SUBSTRING", Function::Substring, &[Text, Integer, Integer], Text),
    ("LEFT", Function::Left, &[Text, Integer], Text),
    ("RIGHT", Function::Right, &[Text, Integer], Text),
    ("REPLACE", Function::Replace, &[Text, Text, Text], Text),
    ("STRPOS", Function::Position, &[Text, Text], Integer),
    ("CONTAINS", Function::Contains, &[Text, Text], Boolean),
    ("STARTS_WITH", Function::StartsWith, &[Text, Text], Boolean),
    ("ENDS_WITH", Function::EndsWith, &[Text, Text], Boolean),
    ("DATE", Function::DateOf, &[Datetime], Date),
];

/// Names of the other functions, whose arguments may have several types.
const OTHERS: &[&str] = &[
    "ABS", "CEIL", "CEILING", "COALESCE", "CONCAT", "DAY", "FLOOR", "GREATEST", "HOUR", "LEAST", "MINUTE", "MOD",
    "MONTH", "NULLIF", "ROUND", "SECOND", "YEAR",
];

/// Functions of SQL over many rows, which rules do not have.
const AGGREGATES: &[&str] = &["SUM", "COUNT", "MIN", "MAX", "AVG", "MEDIAN", "STDDEV", "VARIANCE", "FIRST", "LAST"];

/// Most fields among which a near name is searched.
const COMPARED: usize = 500;

/// Returns the names of all functions.
fn names() -> impl Iterator<Item = &'static str> {
    PLAIN.iter().map(|(name, ..)| *name).chain(OTHERS.iter().copied())
}

/// Refuses the name of a function that does not exist.
pub(crate) fn known(at: usize, name: &str) -> Parsed<()> {
    if names().any(|known| known == name) {
        return Ok(());
    }
    let shown = quoted(name, LABEL);
    if AGGREGATES.contains(&name) {
        return refused(at, format!("{shown} is over many rows, and a rule sees one"), "compare the fields of a row");
    }
    if ["EXISTS", "CAST", "EXTRACT", "ROW_NUMBER", "RANK"].contains(&name) {
        return refused(at, format!("{shown} is not part of rules"), "see docs/rules.md for what is");
    }
    let remedy = match nearest(name, names()) {
        Some(meant) => did_you_mean(meant),
        None => "see docs/rules.md for those there are".to_owned(),
    };
    refused(at, format!("there is no function {shown}"), remedy)
}

pub(crate) fn no_field(at: usize, name: &str, fields: &HashMap<&str, Kind>) -> Refused {
    // With more fields and a thousand rules, the comparisons would take their time.
    let compared = (fields.len() <= COMPARED).then(|| nearest(name, fields.keys().copied())).flatten();
    let remedy = match compared {
        Some(meant) => did_you_mean(meant),
        None => "write the name of a field, in double quotes unless it has only letters, digits and _, and begins with no digit".to_owned(),
    };
    Refused { at, reason: format!("the schema has no field {}", quoted(name, LABEL)), remedy }
}

/// Converts an expression to the type `wanted`; refuses it if there is no such conversion. `by` names the operator or function in the message.
pub(crate) fn coerced(placed: Placed, wanted: Kind, by: &str) -> Parsed<Node> {
    let Placed { node, at } = placed;
    match (node.kind, wanted) {
        (kind, wanted) if kind == wanted => Ok(node),
        // An expression of the type null is always null.
        (Null, _) => Ok(Node::literal(wanted, Value::Null)),
        (Integer, Number) => Ok(Node::call(Number, Function::ToNumber, vec![node])),
        (Date, Datetime) => Ok(Node::call(Datetime, Function::ToDatetime, vec![node])),
        (kind, wanted) => {
            let remedy = match (kind, wanted) {
                (Text, Date) => "write DATE '…' for a date",
                (Text, Datetime) => "write TIMESTAMP '…' for a datetime",
                (Text, Time) => "write TIME '…' for a time",
                (Datetime, Date) => "write DATE(…) for the date of a datetime",
                _ => "compare values of one type",
            };
            refused(at, format!("{by} needs {}, but this is {}", wanted.words(), kind.words()), remedy)
        }
    }
}

/// Expressions of one type.
pub(crate) struct Unified {
    pub(crate) kind: Kind,
    pub(crate) nodes: Vec<Node>,
}

/// Converts expressions to the one type that can hold all their values.
pub(crate) fn unified(nodes: Vec<Placed>, by: &str) -> Parsed<Unified> {
    let mut all = Null;
    for placed in &nodes {
        all = match (all, placed.node.kind) {
            (one, other) if one == other => one,
            (Null, other) => other,
            (one, Null) => one,
            (Integer, Number) | (Number, Integer) => Number,
            (Date, Datetime) | (Datetime, Date) => Datetime,
            (one, other) => {
                let remedy = match (one, other) {
                    (Text, Date) | (Date, Text) => "write DATE '…' for a date",
                    (Text, Datetime) | (Datetime, Text) => "write TIMESTAMP '…' for a datetime",
                    (Text, Time) | (Time, Text) => "write TIME '…' for a time",
                    (Text, Integer | Number) | (Integer | Number, Text) => "write numbers without quotes, texts in '…'",
                    _ => "use values of one type",
                };
                let reason = format!("{by} mixes {} and {}", one.words(), other.words());
                return refused(placed.at, reason, remedy);
            }
        };
    }
    let nodes = nodes.into_iter().map(|placed| coerced(placed, all, by)).collect::<Parsed<Vec<_>>>()?;
    Ok(Unified { kind: all, nodes })
}

pub(crate) fn compare(comparison: Comparison, left: Placed, right: Placed) -> Parsed<Node> {
    let at = left.at;
    let Unified { kind, nodes } = unified(vec![left, right], "the comparison")?;
    if kind == Null {
        return refused(at, "null is compared with null", "write IS NULL");
    }
    if kind == Boolean && !matches!(comparison, Comparison::Equal | Comparison::NotEqual) {
        return refused(at, "truth values have no order", "write = or <>");
    }
    // cannot fail: `unified` returns as many nodes as it takes.
    let sides = nodes.try_into().unwrap_or_else(|_| unreachable!());
    Ok(Node::new(Boolean, Op::Compare(comparison, Box::new(sides))))
}

pub(crate) fn between(value: Placed, low: Placed, high: Placed) -> Parsed<Node> {
    let at = value.at;
    match unified(vec![value, low, high], "BETWEEN")? {
        Unified { kind: Boolean | Null, .. } => refused(at, "truth values have no order", "write ="),
        Unified { nodes, .. } => Ok(Node::call(Boolean, Function::Between, nodes)),
    }
}

/// Makes a sum or a difference, also of dates and days.
pub(crate) fn sum(function: Function, left: Placed, right: Placed) -> Parsed<Node> {
    let is_difference = matches!(function, Function::Subtract);
    match (left.node.kind, right.node.kind) {
        (Date, Date) if is_difference => Ok(Node::call(Integer, Function::Subtract, vec![left.node, right.node])),
        (Date, Integer) => {
            let days = if is_difference { Function::SubtractDays } else { Function::AddDays };
            Ok(Node::call(Date, days, vec![left.node, right.node]))
        }
        _ => arithmetic(function, if is_difference { "-" } else { "+" }, [left, right]),
    }
}

/// Makes a product, a quotient or a remainder. A quotient is always a number.
pub(crate) fn product(function: Function, left: Placed, right: Placed) -> Parsed<Node> {
    match function {
        Function::Divide => {
            let nodes = vec![coerced(left, Number, "/")?, coerced(right, Number, "/")?];
            Ok(Node::call(Number, function, nodes))
        }
        Function::Remainder => arithmetic(function, "%", [left, right]),
        _ => arithmetic(function, "*", [left, right]),
    }
}

fn arithmetic(function: Function, sign: &str, sides: [Placed; 2]) -> Parsed<Node> {
    for side in &sides {
        numbers_only(side, sign)?;
    }
    let Unified { kind, nodes } = unified(sides.into(), sign)?;
    Ok(Node::call(if kind == Null { Integer } else { kind }, function, nodes))
}

fn numbers_only(placed: &Placed, by: &str) -> Parsed<()> {
    let kind = placed.node.kind;
    if matches!(kind, Null | Integer | Number) {
        return Ok(());
    }
    let remedy = match (by, kind) {
        ("+", Text) => "write || to join texts",
        ("+", Date) => "write date + days",
        _ => "use integers and numbers",
    };
    refused(placed.at, format!("{by} needs a number, but this is {}", kind.words()), remedy)
}

/// Makes a call of a function of one integer or number that returns the same type.
pub(crate) fn numeric(function: Function, by: &str, value: Placed) -> Parsed<Node> {
    numbers_only(&value, by)?;
    let kind = if value.node.kind == Null { Integer } else { value.node.kind };
    Ok(Node::call(kind, function, vec![value.node]))
}

pub(crate) fn concatenated(parts: Vec<Placed>) -> Parsed<Node> {
    let nodes = parts.into_iter().map(|part| coerced(part, Text, "||")).collect::<Parsed<Vec<_>>>()?;
    Ok(Node::call(Text, Function::Concat, nodes))
}

/// Makes a call of a function whose name is known to exist.
pub(crate) fn call(at: usize, name: &str, arguments: Vec<Placed>) -> Parsed<Node> {
    let count = arguments.len();
    let overloads: Vec<_> = PLAIN.iter().filter(|(plain, ..)| *plain == name).collect();
    if let Some((_, function, kinds, gives)) = overloads.iter().find(|(.., kinds, _)| kinds.len() == count) {
        let nodes = arguments.into_iter().zip(*kinds).map(|(argument, kind)| coerced(argument, *kind, name));
        return Ok(Node::call(*gives, function.clone(), nodes.collect::<Parsed<_>>()?));
    }
    let (least, most) = match name {
        _ if !overloads.is_empty() => (overloads[0].2.len(), overloads[overloads.len() - 1].2.len()),
        "COALESCE" | "CONCAT" | "GREATEST" | "LEAST" => (1, usize::MAX),
        "MOD" | "NULLIF" => (2, 2),
        "ROUND" => (1, 2),
        _ => (1, 1),
    };
    if !overloads.is_empty() || count < least || count > most {
        let takes = match (least, most) {
            (1, 1) => "1 argument".to_owned(),
            (least, usize::MAX) => format!("at least {least} argument"),
            (least, most) if least == most => format!("{least} arguments"),
            (least, most) => format!("{least} to {most} arguments"),
        };
        return refused(at, format!("{name} takes {takes}, not {count}"), "correct the arguments");
    }
    other(at, name, arguments)
}

/// Makes a call of a function that accepts several types; the number of arguments is checked already.
fn other(at: usize, name: &str, mut arguments: Vec<Placed>) -> Parsed<Node> {
    let of_all = |function, arguments| {
        let Unified { kind, nodes } = unified(arguments, name)?;
        Ok(Node::call(kind, function, nodes))
    };
    match name {
        "CONCAT" => return concatenated(arguments),
        "COALESCE" => return of_all(Function::Coalesce, arguments),
        "NULLIF" => return of_all(Function::NullIf, arguments),
        "GREATEST" | "LEAST" => {
            let function = if name == "LEAST" { Function::Least } else { Function::Greatest };
            return match unified(arguments, name)? {
                Unified { kind: Boolean | Null, .. } => {
                    refused(at, "truth values have no order", "use values of another type")
                }
                Unified { kind, nodes } => Ok(Node::call(kind, function, nodes)),
            };
        }
        _ => {}
    }
    let last = if arguments.len() == 2 { arguments.pop() } else { None };
    // cannot fail: there is at least one argument.
    let first = arguments.pop().unwrap_or_else(|| unreachable!());
    match (name, last) {
        ("MOD", Some(last)) => product(Function::Remainder, first, last),
        ("ROUND", Some(last)) => rounded(first, last),
        ("ROUND", _) => numeric(Function::Round, name, first),
        ("ABS", _) => numeric(Function::Abs, name, first),
        ("FLOOR", _) => numeric(Function::Floor, name, first),
        ("CEIL" | "CEILING", _) => numeric(Function::Ceil, name, first),
        ("YEAR", _) => part_of_date(Function::Year, name, first),
        ("MONTH", _) => part_of_date(Function::Month, name, first),
        ("DAY", _) => part_of_date(Function::Day, name, first),
        ("HOUR", _) => part_of_time(Function::Hour, name, first),
        ("MINUTE", _) => part_of_time(Function::Minute, name, first),
        _ => part_of_time(Function::Second, name, first),
    }
}

fn rounded(value: Placed, digits: Placed) -> Parsed<Node> {
    let is_small = matches!(digits.node.op, Op::Literal(Value::Integer(0..=15)));
    if !is_small {
        return refused(digits.at, "ROUND needs a number of decimals from 0 to 15", "write such a number");
    }
    let value = coerced(value, Number, "ROUND")?;
    Ok(Node::call(Number, Function::Round, vec![value, digits.node]))
}

fn part_of_date(function: Function, name: &str, value: Placed) -> Parsed<Node> {
    let date = match value.node.kind {
        Datetime => Node::call(Date, Function::DateOf, vec![value.node]),
        _ => coerced(value, Date, name)?,
    };
    Ok(Node::call(Integer, function, vec![date]))
}

fn part_of_time(function: Function, name: &str, value: Placed) -> Parsed<Node> {
    let time = if value.node.kind == Datetime { value.node } else { coerced(value, Time, name)? };
    Ok(Node::call(Integer, function, vec![time]))
}
