//! Results of functions, and null for results that cannot be computed.

use proptest::prelude::*;

use crate::rules::call::*;

fn text(text: &str) -> Value<'static> {
    Text(Cow::Owned(text.to_owned()))
}

#[test]
fn what_cannot_be_computed_is_null() {
    let cases = [
        (Function::Add, vec![Integer(i64::MAX), Integer(1)]),
        (Function::Subtract, vec![Integer(i64::MIN), Integer(1)]),
        (Function::Multiply, vec![Integer(i64::MAX), Integer(2)]),
        (Function::Negate, vec![Integer(i64::MIN)]),
        (Function::Abs, vec![Integer(i64::MIN)]),
        (Function::Remainder, vec![Integer(7), Integer(0)]),
        (Function::Remainder, vec![Number(7.0), Number(0.0)]),
        (Function::Divide, vec![Number(7.0), Number(0.0)]),
        (Function::Divide, vec![Number(0.0), Number(0.0)]),
        (Function::Multiply, vec![Number(f64::MAX), Number(2.0)]),
        (Function::Subtract, vec![Number(f64::INFINITY), Number(f64::INFINITY)]),
        (Function::ToDatetime, vec![Integer(i64::MAX)]),
        (Function::AddDays, vec![Integer(0), Integer(i64::MAX)]),
        (Function::AddDays, vec![Integer(0), Integer(2_932_897)]),
        (Function::SubtractDays, vec![Integer(0), Integer(719_529)]),
        (Function::Substring, vec![text("abc"), Integer(1), Integer(-1)]),
        (Function::Left, vec![text("abc"), Integer(-1)]),
        (Function::Right, vec![text("abc"), Integer(-1)]),
        (Function::Negate, vec![Number(f64::INFINITY)]),
        (Function::Abs, vec![Number(f64::NEG_INFINITY)]),
        (Function::Floor, vec![Number(f64::INFINITY)]),
        (Function::Ceil, vec![Number(f64::INFINITY)]),
        (Function::Round, vec![Number(f64::INFINITY)]),
        (Function::Round, vec![Number(f64::INFINITY), Integer(1)]),
        // 10000-01-01.
        (Function::DateOf, vec![Integer(2_932_897 * DAY)]),
        (Function::Concat, vec![text(&"a".repeat(MADE_BYTES)), text("b")]),
        (Function::Replace, vec![text("aa"), text("a"), text(&"b".repeat(MADE_BYTES / 2 + 1))]),
    ];
    for (function, arguments) in cases {
        assert_eq!(call(&function, &arguments), Null, "{function:?} {arguments:?}");
    }
    assert_eq!(call(&Function::Remainder, &[Integer(i64::MIN), Integer(-1)]), Integer(0));
    assert_eq!(call(&Function::AddDays, &[Integer(0), Integer(2_932_896)]), Integer(2_932_896));
    assert_eq!(call(&Function::SubtractDays, &[Integer(0), Integer(719_528)]), Integer(-719_528));
    let longest = "a".repeat(MADE_BYTES - 1);
    assert_eq!(call(&Function::Concat, &[text(&longest), text("b")]), text(&(longest + "b")));
}

#[test]
fn a_null_makes_null_but_where_it_is_asked_for() {
    for function in [Function::Add, Function::Concat, Function::Greatest, Function::Contains, Function::Between] {
        assert_eq!(call(&function, &[Null, Null, Null]), Null, "{function:?}");
    }
    assert_eq!(call(&Function::Coalesce, &[Null, Integer(1), Integer(2)]), Integer(1));
    assert_eq!(call(&Function::NullIf, &[Integer(1), Null]), Integer(1));
    assert_eq!(call(&Function::NullIf, &[Integer(1), Integer(1)]), Null);
    assert_eq!(call(&Function::Between, &[Integer(1), Null, Integer(0)]), Boolean(false));
    assert_eq!(call(&Function::Between, &[Integer(1), Null, Integer(2)]), Null);
    assert_eq!(call(&Function::OneOf, &[Integer(1), Null, Integer(1)]), Boolean(true));
    assert_eq!(call(&Function::OneOf, &[Integer(1), Null, Integer(2)]), Null);
}

proptest! {
    /// The definition of standard SQL: the characters at positions `from` to `from + count - 1`, as far as the text has such positions.
    #[test]
    fn a_substring_has_the_characters_of_its_places(word in "[aé€]{0,6}", from in -3i64..9, count in 0i64..9) {
        let expected: String =
            word.chars().zip(1i64..).filter(|(_, place)| (from..from + count).contains(place)).map(|(it, _)| it).collect();
        prop_assert_eq!(call(&Function::Substring, &[text(&word), Integer(from), Integer(count)]), text(&expected));
        let expected: String = word.chars().zip(1i64..).filter(|(_, place)| *place >= from).map(|(it, _)| it).collect();
        prop_assert_eq!(call(&Function::Substring, &[text(&word), Integer(from)]), text(&expected));
    }

    #[test]
    fn integers_are_computed_as_with_128_bits(one in any::<i64>(), other in any::<i64>(), shift in 0u32..64) {
        let (one, other) = (one >> shift, other >> shift);
        let (wide, other_wide) = (i128::from(one), i128::from(other));
        let narrow = |value: i128| i64::try_from(value).map_or(Null, Integer);
        prop_assert_eq!(call(&Function::Add, &[Integer(one), Integer(other)]), narrow(wide + other_wide));
        prop_assert_eq!(call(&Function::Subtract, &[Integer(one), Integer(other)]), narrow(wide - other_wide));
        prop_assert_eq!(call(&Function::Multiply, &[Integer(one), Integer(other)]), narrow(wide * other_wide));
    }
}
