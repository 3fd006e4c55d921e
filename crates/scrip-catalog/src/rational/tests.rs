//! Exact numbers, as tables; then against fractions without bounds.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::Signed;
use proptest::prelude::*;

use super::{NumberError, Rational, Rounding};
use scrip_ledger::Credits;

const LARGEST: i128 = i128::MAX;

fn number(text: &str) -> Rational {
    match text.split_once('/') {
        Some((numerator, denominator)) => {
            Rational::new(numerator.parse().unwrap(), denominator.parse().unwrap()).unwrap()
        }
        None => Rational::parse_signed(text).unwrap_or_else(|error| panic!("{text}: {error}")),
    }
}

#[test]
fn numbers_are_read_exactly_and_printed_in_canonical_form() {
    for (text, shown) in [
        ("12.50", "12.5"),
        ("007", "7"),
        ("0", "0"),
        ("-0", "0"),
        ("-0.25", "-0.25"),
        ("0.0375", "0.0375"),
        ("99999999999999999999999999999999999999", "99999999999999999999999999999999999999"),
        ("0.00000000000000000000000000000000000001", "0.00000000000000000000000000000000000001"),
        ("1.50000000000000000000000000000000000000000000000000", "1.5"),
        ("6/8", "0.75"),
        ("-1/3", "-1/3"),
        ("10/-4", "-2.5"),
        ("0/7", "0"),
    ] {
        assert_eq!(number(text).to_string(), shown, "{text}");
    }
    // A denominator so large that ten times a remainder does not fit.
    let small = Rational::new(3, 10i128.pow(38)).unwrap();
    assert_eq!(small.to_string(), format!("0.{}3", "0".repeat(37)));
    assert_eq!(Rational::new(1, 1 << 126).unwrap().to_string(), format!("1/{}", 1i128 << 126));
}

#[test]
fn what_is_not_a_plain_decimal_is_refused() {
    for text in ["", ".", "1.", ".5", "+1", "--1", "1e3", " 1", "1 ", "NaN", "inf", "1_000", "1,5", "٣", "1.2.3", "0x1"]
    {
        assert_eq!(Rational::parse_signed(text), Err(NumberError::Malformed), "{text:?}");
    }
    assert_eq!("-1".parse::<Rational>(), Err(NumberError::Malformed));
    let forty_digits = "1234567890123456789012345678901234567890";
    assert_eq!(forty_digits.parse::<Rational>(), Err(NumberError::Overflow));
    assert_eq!(format!("0.{forty_digits}").parse::<Rational>(), Err(NumberError::Overflow));
    assert_eq!("9".repeat(100_000).parse::<Rational>(), Err(NumberError::Overflow));
}

#[test]
fn arithmetic_is_exact() {
    assert_eq!(number("0.1").checked_add(number("0.2")), Ok(number("0.3")));
    let third = number("1/3");
    assert_eq!(third.checked_mul(number("4.5")), Ok(number("1.5")));
    assert_eq!(third.checked_add(number("1/6")), Ok(number("0.5")));
    assert_eq!(third.checked_sub(number("1/3")), Ok(Rational::ZERO));
    assert_eq!(third.checked_div(number("-2/3")), Ok(number("-0.5")));
    let tenth = number("0.1");
    assert_eq!((0..10).try_fold(Rational::ZERO, |sum, _| sum.checked_add(tenth)), Ok(Rational::ONE));
}

#[test]
fn a_remainder_is_between_zero_and_its_divisor() {
    for (number_text, divisor, rest) in
        [("7", "3", "1"), ("-7", "3", "2"), ("7", "-3", "-2"), ("-7", "-3", "-1"), ("7.5", "2", "1.5"), ("6", "3", "0")]
    {
        assert_eq!(number(number_text).checked_rem(number(divisor)), Ok(number(rest)), "{number_text} % {divisor}");
    }
}

#[test]
fn division_by_zero_and_overflow_are_refused() {
    let largest = Rational::from_i128(LARGEST).unwrap();
    let finest = Rational::new(1, LARGEST).unwrap();
    assert_eq!(Rational::new(1, 0), Err(NumberError::DivisionByZero));
    assert_eq!(Rational::new(i128::MIN, 1), Err(NumberError::Overflow));
    assert_eq!(Rational::new(1, i128::MIN), Err(NumberError::Overflow));
    assert_eq!(Rational::ONE.checked_div(Rational::ZERO), Err(NumberError::DivisionByZero));
    assert_eq!(Rational::ONE.checked_rem(Rational::ZERO), Err(NumberError::DivisionByZero));
    assert_eq!(Rational::ONE.round_to_multiple(Rational::ZERO, Rounding::Up), Err(NumberError::DivisionByZero));
    assert_eq!(largest.checked_add(Rational::ONE), Err(NumberError::Overflow));
    assert_eq!(largest.negated().checked_sub(Rational::ONE), Err(NumberError::Overflow), "the least i128 is not used");
    assert_eq!(largest.negated().checked_sub(number("2")), Err(NumberError::Overflow));
    assert_eq!(largest.checked_mul(number("2")), Err(NumberError::Overflow));
    assert_eq!(finest.checked_div(number("2")), Err(NumberError::Overflow));
    assert_eq!(largest.checked_mul(finest), Ok(Rational::ONE));
    assert_eq!(largest.round_to_decimals(2, Rounding::HalfUp), Ok(largest));
    assert_eq!(finest.round_to_decimals(39, Rounding::HalfUp), Err(NumberError::Overflow));
}

#[test]
fn rounding_is_half_up_away_from_zero_up_down_or_refused() {
    use NumberError::TooFine;
    for (text, decimals, half_up, up, down) in [
        ("4.5", 0, "5", "5", "4"),
        ("18.5", 0, "19", "19", "18"),
        ("-4.5", 0, "-5", "-4", "-5"),
        ("4.4999", 0, "4", "5", "4"),
        ("-4.4999", 0, "-4", "-4", "-5"),
        ("2/3", 0, "1", "1", "0"),
        ("1/3", 2, "0.33", "0.34", "0.33"),
        ("2.345", 2, "2.35", "2.35", "2.34"),
        ("-2.345", 2, "-2.35", "-2.34", "-2.35"),
        ("1/3", 18, "0.333333333333333333", "0.333333333333333334", "0.333333333333333333"),
    ] {
        let exact = number(text);
        assert_eq!(exact.round_to_decimals(decimals, Rounding::HalfUp), Ok(number(half_up)), "{text}");
        assert_eq!(exact.round_to_decimals(decimals, Rounding::Up), Ok(number(up)), "{text}");
        assert_eq!(exact.round_to_decimals(decimals, Rounding::Down), Ok(number(down)), "{text}");
        assert_eq!(exact.round_to_decimals(decimals, Rounding::Exact), Err(TooFine), "{text}");
    }
    for rounding in [Rounding::HalfUp, Rounding::Up, Rounding::Down, Rounding::Exact] {
        assert_eq!(number("2.5").round_to_decimals(1, rounding), Ok(number("2.5")));
        assert_eq!(number("-7").round_by(rounding), Ok(number("-7")));
    }
}

#[test]
fn lengths_are_rounded_to_increments() {
    for (text, step, rounding, expected) in [
        ("61", "15", Rounding::Up, "75"),
        ("60", "15", Rounding::Up, "60"),
        ("10.001", "1", Rounding::Up, "11"),
        ("10.04", "0.1", Rounding::HalfUp, "10"),
        ("10.05", "0.1", Rounding::HalfUp, "10.1"),
        ("59", "60", Rounding::Down, "0"),
    ] {
        assert_eq!(number(text).round_to_multiple(number(step), rounding), Ok(number(expected)), "{text} by {step}");
    }
    assert_eq!(number("61").round_to_multiple(number("15"), Rounding::Exact), Err(NumberError::TooFine));
}

#[test]
fn credits_are_charged_in_the_decimals_of_the_credit() {
    let credits = |text: &str| text.parse::<Credits>().unwrap();
    for (text, decimals, rounding, expected) in [
        ("4.5", 0, Rounding::HalfUp, Ok("5")),
        ("0.0375", 6, Rounding::Exact, Ok("0.0375")),
        ("0.0375", 2, Rounding::HalfUp, Ok("0.04")),
        ("0.0375", 2, Rounding::Down, Ok("0.03")),
        ("0.0375", 2, Rounding::Exact, Err(NumberError::TooFine)),
        ("1/3", 6, Rounding::HalfUp, Ok("0.333333")),
        ("1/3", 9, Rounding::HalfUp, Ok("0.333333")),
        ("9223372036854", 0, Rounding::Exact, Ok("9223372036854")),
        ("9223372036855", 0, Rounding::Exact, Err(NumberError::Overflow)),
        ("99999999999999999999999999999999999999", 0, Rounding::HalfUp, Err(NumberError::Overflow)),
    ] {
        assert_eq!(number(text).to_credits(decimals, rounding), expected.map(credits), "{text} at {decimals}");
    }
    assert_eq!(number("-1.5").to_credits(6, Rounding::Exact), Ok(Credits::from_micro(-1_500_000)));
    assert_eq!(Rational::from_credits(credits("12.25")), number("12.25"));
}

#[test]
fn whole_numbers_are_told_from_fractions() {
    assert_eq!(number("7").to_integer(), Some(7));
    assert_eq!(number("7.5").to_integer(), None);
    assert_eq!(Rational::from_i128(1 << 70).unwrap().to_integer(), None);
    for (text, decimals) in [("7", Some(0)), ("0.5", Some(1)), ("1/8", Some(3)), ("1/3", None), ("3/40", Some(3))] {
        assert_eq!(number(text).decimals(), decimals, "{text}");
    }
}

fn big(number: Rational) -> BigRational {
    BigRational::new(number.numerator().into(), number.denominator().into())
}

/// What unbounded fractions say, if it can be held.
fn held(exact: &BigRational) -> Option<Rational> {
    Rational::new(i128::try_from(exact.numer()).ok()?, i128::try_from(exact.denom()).ok()?).ok()
}

/// Small, large, and near the ends of what can be held.
fn part() -> impl Strategy<Value = i128> {
    let near = |end: i128| (0i128..9).prop_map(move |distance| end - distance);
    prop_oneof![
        4 => -1000i128..1000,
        2 => any::<i64>().prop_map(i128::from),
        1 => -LARGEST..LARGEST,
        1 => near(LARGEST),
        1 => near(-LARGEST + 8),
        1 => near(i128::from(i64::MAX) + 4),
        1 => near(i128::from(u64::MAX) + 4),
        1 => (0u32..126).prop_map(|twos| 1i128 << twos),
        1 => (0u32..38).prop_map(|tens| 10i128.pow(tens)),
    ]
}

fn any_rational() -> impl Strategy<Value = Rational> {
    (part(), part())
        .prop_filter_map("a denominator", |(numerator, denominator)| Rational::new(numerator, denominator).ok())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(4_000), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arithmetic_agrees_with_unbounded_fractions(a in any_rational(), b in any_rational()) {
        let (x, y) = (big(a), big(b));
        let mut results = vec![(a.checked_add(b), &x + &y), (a.checked_sub(b), &x - &y), (a.checked_mul(b), &x * &y)];
        if b.is_zero() {
            prop_assert_eq!(a.checked_div(b), Err(NumberError::DivisionByZero));
        } else {
            results.push((a.checked_div(b), &x / &y));
        }
        for (found, exact) in results {
            match found {
                Ok(found) => {
                    prop_assert_eq!(big(found), exact);
                    prop_assert_eq!(Rational::new(found.numerator(), found.denominator()), Ok(found), "it is reduced");
                }
                // Products are refused exactly when they can't be held; sums may be a little earlier.
                Err(error) => {
                    prop_assert_eq!(error, NumberError::Overflow);
                    let bits = x.numer().bits() + x.denom().bits() + y.numer().bits() + y.denom().bits();
                    prop_assert!(held(&exact).is_none() || bits > 126, "{} and {} give {}", a, b, exact);
                }
            }
        }
        prop_assert_eq!(a.cmp(&b), x.cmp(&y));
        prop_assert_eq!(a == b, x == y);
    }

    #[test]
    fn a_product_is_refused_only_if_it_cannot_be_held(a in any_rational(), b in any_rational()) {
        prop_assert_eq!(a.checked_mul(b).ok(), held(&(big(a) * big(b))));
    }

    #[test]
    fn rounding_agrees_with_unbounded_fractions(a in any_rational()) {
        let exact = big(a);
        let half = BigRational::new(BigInt::from(1), BigInt::from(2));
        let nearest = if exact.is_negative() { (&exact - &half).ceil() } else { (&exact + &half).floor() };
        prop_assert_eq!(big(a.floor()), exact.floor());
        prop_assert_eq!(big(a.ceil()), exact.ceil());
        prop_assert_eq!(big(a.round()), nearest);
        prop_assert_eq!(big(a.abs()), exact.abs());
        prop_assert_eq!(big(a.negated()), -exact);
    }

    #[test]
    fn what_is_printed_in_decimals_reads_back(a in any_rational()) {
        let shown = a.to_string();
        match a.decimals() {
            Some(decimals) if decimals <= 37 && a.numerator().abs() < 10i128.pow(30) => {
                if let Ok(again) = Rational::parse_signed(&shown) {
                    prop_assert_eq!(again, a);
                } else {
                    prop_assert!(shown.len() > 38, "{}", shown);
                }
            }
            _ => prop_assert!(!shown.is_empty()),
        }
    }

    #[test]
    fn any_text_is_a_number_or_is_refused(text in "[0-9.\\-eE+]{0,45}") {
        if let Ok(number) = Rational::parse_signed(&text) {
            prop_assert_eq!(Rational::parse_signed(&number.to_string()), Ok(number));
        }
    }
}
