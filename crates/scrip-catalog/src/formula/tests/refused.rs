//! What is wrong with a formula is said at once, with its place and a way to put it right.

use super::{formula, problems, scope};
use crate::formula::{Formula, FormulaErrorKind, Scope};

/// A problem as `code @ the offending text: message (help)`.
fn shown(source: &str, scope: &Scope) -> Vec<String> {
    let errors = Formula::compile(source, scope).expect_err(source);
    let shown = errors.iter().map(|error| format!("{} @ {}: {error}", error.kind.code(), &source[error.span.range()]));
    shown.collect()
}

#[test]
fn each_mistake_has_its_own_message() {
    for (source, expected) in [
        ("secnds * 2", "unknown_name @ secnds: there is no `secnds` here (did you mean `seconds`?)"),
        ("Seconds * 2", "unknown_name @ Seconds: there is no `Seconds` here (did you mean `seconds`?)"),
        ("megapixel", "unknown_name @ megapixel: there is no `megapixel` here (did you mean `megapixels`?)"),
        ("ruond(seconds)", "unknown_function @ ruond: there is no function `ruond` (did you mean `round`?)"),
        ("ceiling(seconds)", "unknown_function @ ceiling: there is no function `ceiling` (did you mean `ceil`?)"),
        (
            "if(audio, 1, 2)",
            "unknown_function @ if: there is no function `if` (write a choice as `condition ? value : other value`)",
        ),
        (
            "seconds(2)",
            "unknown_function @ seconds: there is no function `seconds` (`seconds` is a name; to multiply, write `seconds * (…)`)",
        ),
        (
            "quality == premium ? 1 : 0",
            "unknown_name @ premium: there is no `premium` here (words are written in quotes: 'premium')",
        ),
        ("max * 2", "unknown_name @ max: there is no `max` here (it is a function: write `max(…)`)"),
        (
            "quality == 'premum' ? 1 : 0",
            "never_matches @ 'premum': `quality` is never 'premum' (did you mean 'premium'?)",
        ),
        (
            "'gold' == quality ? 1 : 0",
            "never_matches @ 'gold': `quality` is never 'gold' (it is one of 'basic', 'premium')",
        ),
        (
            "quality in ['basic', 'x'] ? 1 : 0",
            "never_matches @ 'x': `quality` is never 'x' (it is one of 'basic', 'premium')",
        ),
        ("upscale == 3 ? 1 : 0", "never_matches @ 3: `upscale` is never 3 (it is one of 1, 2, 4)"),
        ("quality * 2", "wrong_type @ quality: `quality` is a word (only numbers can be multiplied)"),
        ("quality", "wrong_type @ quality: `quality` is a word (a price must be a number)"),
        ("seconds > 1", "wrong_type @ seconds > 1: `seconds > 1` is true or false (a price must be a number)"),
        ("seconds == 'five' ? 1 : 0", "wrong_type @ 'five': `'five'` is a word (it is compared with a number)"),
        (
            "quality < 'premium' ? 1 : 0",
            "wrong_type @ 'premium': `'premium'` is a word (only numbers have an order; compare with `==` or `!=`)",
        ),
        (
            "seconds ? 1 : 0",
            "wrong_type @ seconds: `seconds` is a number (what stands before `?` must be true or false)",
        ),
        ("audio ? 1 : 'x'", "wrong_type @ 'x': `'x'` is a word (the first branch is a number, so all must be)"),
        ("not seconds ? 1 : 0", "wrong_type @ seconds: `seconds` is a number (`not` takes what is true or false)"),
        (
            "10 / seconds",
            "division_by_zero @ seconds: `seconds` can be zero, and nothing can be divided by zero (give `seconds` a minimum above zero, or write `seconds > 0 ? … : 0`)",
        ),
        ("10 / 0", "division_by_zero @ 0: this divides by zero"),
        (
            "1 / (seconds - 3)",
            "division_by_zero @ (seconds - 3): `(seconds - 3)` can be zero, and nothing can be divided by zero (give its inputs bounds that rule it out, or put a condition around it)",
        ),
        (
            "blocks(images, seconds)",
            "division_by_zero @ seconds: the block size `seconds` may not be positive (it must be above zero by the bounds of its inputs, or by a condition around it)",
        ),
        (
            "seconds + minutes",
            "unit_mismatch @ minutes: `minutes` counts minute, `seconds` counts second: one can't be added to the other (convert one of them first, such as `60 * minutes`)",
        ),
        ("round()", "wrong_arity @ round(): `round` does not take 0 values (write `round(x) or round(x, decimals)`)"),
        ("max(1)", "wrong_arity @ max(1): `max` does not take 1 values (write `max(a, b, …)`)"),
        ("round(seconds, 19)", "bad_bounds @ 19: 19 is not a number of decimals (write a whole number from 0 to 18)"),
        (
            "round(seconds, images)",
            "not_constant @ images: the number of decimals depends on an input: `images` (write a number here, or use a choice: `a ? b : c`)",
        ),
        (
            "clamp(seconds, 9, 1)",
            "bad_bounds @ 9, 1: the lower bound is above the upper bound (write `clamp(x, low, high)`)",
        ),
        (
            "tiers(images, [10, 1], [10, 2], [3])",
            "bad_bounds @ 10: this tier ends at 10, which is not above 10 (put tiers in ascending order, the first end above zero)",
        ),
        (
            "tiers(images, [10, 1])",
            "wrong_arity @ [10, 1]: the last tier must be the rate of the rest (end with `[0.05]`: what is above the last end costs 0.05)",
        ),
        ("lookup(rates, quality)", "unknown_table @ rates: there is no table `rates`"),
        (
            "[1, 2]",
            "wrong_type @ [1, 2]: a list is no value (lists stand after `in`, and in `tiers(x, [100, 0.1], [0.05])`)",
        ),
        (
            "100000000000000000000 * 100000000000000000000",
            "formula_overflow @ 100000000000000000000 * 100000000000000000000: these constants together are larger or finer than can be counted (use smaller numbers, or numbers with fewer decimals)",
        ),
        (
            "1234567890123456789012345678901234567890",
            "formula_overflow @ 1234567890123456789012345678901234567890: the number `1234567890123456789012345678901234567890` is too large or too fine (at most 38 digits can be held; round it)",
        ),
    ] {
        assert_eq!(shown(source, &scope()), [expected], "{source}");
    }
}

#[test]
fn what_cannot_be_read_says_what_to_write() {
    for (source, expected) in [
        ("", "@ : expected a value, found the end (the formula ends too early)"),
        ("1 +", "@ : expected a value, found the end (the formula ends too early)"),
        ("(1 + 2", "@ (: this is never closed by `)` (add `)`)"),
        ("1 + 2)", "@ ): `)` is not expected here (nothing is open here; remove it)"),
        ("3 seconds", "@ seconds: `seconds` is not expected here (write the multiplication: `3 * seconds`)"),
        ("seconds = 3 ? 1 : 0", "@ =: `=` compares nothing (write `==`)"),
        ("audio && audio ? 1 : 0", "@ &&: `&&` is not used in formulas (write `and`)"),
        ("seconds ^ 2", "@ ^: `^` is not used in formulas (there are no powers; multiply: `x * x`)"),
        ("seconds × 2", "@ ×: `×` is not used in formulas (write `*`)"),
        ("!audio ? 1 : 0", "@ !: `!` is not used in formulas (write `not`)"),
        ("1,048,576 * seconds", "@ ,: `,` is not expected here (write large numbers without commas: 1048576)"),
        (
            "1 < images < 3 ? 1 : 0",
            "@ <: comparisons can't be chained (compare two values at a time: `1 <= n and n <= 4`)",
        ),
        ("10%", "@ : expected a value, found the end (`%` is the remainder of a division; write ten percent as 0.1)"),
        ("audio ? 1", "@ : expected `:`, found the end (a choice is written `condition ? value : other value`)"),
        ("quality == 'premium ? 1 : 0", "@ 'premium ? 1 : 0: the word is not closed (end it with ')"),
        ("1e5", "@ 1e5: `1e5` is not a number (write plain digits with an optional point, such as 12.5)"),
        (".5", "@ .5: `.5` is not a number (write plain digits with an optional point, such as 12.5)"),
        ("5.", "@ 5.: `5.` is not a number (write plain digits with an optional point, such as 12.5)"),
        ("images in 4 ? 1 : 0", "@ 4: expected a list, found `4` (write `in [1, 2, 4]`)"),
        ("max(1 2)", "@ 2: expected `)`, found `2` (add `)`, a comma or an operator such as `*`)"),
        (
            "€5",
            "@ €: `€` is not used in formulas (formulas are made of numbers, names, 'words', + - * / % and comparisons)",
        ),
        ("and", "@ and: expected a value, found `and` (a number, a name, a 'word', a call or `(` can stand here)"),
    ] {
        assert_eq!(shown(source, &scope()), [format!("formula_syntax {expected}")], "{source}");
    }
}

#[test]
fn all_mistakes_are_reported_at_once_in_the_order_of_their_places() {
    let source = "foo + 1 / seconds + quality * 2 + max(1) + (upscale == 3 ? bar : 0) + blub(baz)";
    let found = problems(source).into_iter().map(|error| (error.kind, &source[error.span.range()])).collect::<Vec<_>>();
    assert_eq!(
        found,
        [
            (FormulaErrorKind::UnknownName, "foo"),
            (FormulaErrorKind::DivisionByZero, "seconds"),
            (FormulaErrorKind::WrongType, "quality"),
            (FormulaErrorKind::WrongArity, "max(1)"),
            (FormulaErrorKind::NeverMatches, "3"),
            (FormulaErrorKind::UnknownName, "bar"),
            (FormulaErrorKind::UnknownFunction, "blub"),
            (FormulaErrorKind::UnknownName, "baz"),
        ]
    );
    assert_eq!(problems("1 # 2 $ 3").len(), 2);
}

#[test]
fn a_divisor_that_can_be_zero_is_refused_whatever_hides_it() {
    for source in [
        "1 / (audio ? seconds : images)",
        "seconds in [0, 2] ? 1 / seconds : 0",
        "seconds >= 0 ? 1 / seconds : 0",
        "seconds > 0 ? 0 : 1 / seconds",
        "seconds > 0 or audio ? 1 / seconds : 0",
        "seconds == 0 or audio ? 1 / seconds : 0",
        "seconds == 0 and audio ? 0 : 1 / seconds",
        "not (seconds > 0 and audio) ? 1 / seconds : 0",
        "images > 0 ? 1 / (images - 1) : 0",
        "(seconds > 0 ? 1 : 0) + 1 / seconds",
        "seconds > 0 ? 1 / (seconds - 1) : 0",
        "minutes > 0 ? 1 / seconds : 0",
        "1 / floor(seconds + 0.5)",
        "1 / (images % 2)",
        "1 / min(images, seconds)",
        "1 / (anything * images)",
        "1 / round(images / 100)",
        "1 / step(seconds, 5)",
        "1 / tiers(images, [10, 0], [1])",
        "blocks(1, anything)",
        "step(1, -images)",
        "10 % seconds",
    ] {
        let found = problems(source);
        assert!(found.iter().all(|error| error.kind == FormulaErrorKind::DivisionByZero), "{source}: {found:?}");
    }
}

#[test]
fn a_wrong_guard_is_reported_without_what_it_would_have_guarded() {
    let found = problems("secs > 0 ? 1 / seconds : 0");
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn a_wrong_let_is_reported_once_and_not_at_each_use() {
    let mut scope = scope();
    let errors = scope.define("rate", "nonsense * 2").unwrap().unwrap_err();
    assert_eq!(errors[0].kind, FormulaErrorKind::UnknownName);
    assert_eq!(shown("rate * 2 + foo", &scope).len(), 1);
    let errors = Formula::compile("rate * 2", &scope).unwrap_err();
    assert_eq!(errors[0].message, "this formula names a `let` that is wrong");
}

#[test]
fn tables_that_can_be_asked_for_a_missing_row_are_refused() {
    use crate::formula::{Key, Table};
    let mut scope = scope();
    let rows = [(vec![Key::word("basic"), Key::Truth(true)], 1.into())];
    scope.table(Table { name: "rates".to_owned(), keys: 2, rows: rows.into(), otherwise: None, gaps: false }).unwrap();
    for (source, expected) in [
        (
            "lookup(rates, quality, audio)",
            "never_matches @ lookup(rates, quality, audio): table `rates` has no row for ('basic', false), ('premium', false), ('premium', true) (add the rows, or say that the table has gaps)",
        ),
        (
            "lookup(rates, prompt, true)",
            "never_matches @ lookup(rates, prompt, true): table `rates` may have no row for what is asked (say which words or numbers the inputs may be, or give the table an amount for the rest)",
        ),
        (
            "lookup(rates, 'bsic', true)",
            "never_matches @ 'bsic': table `rates` has no row for `'bsic'` (did you mean 'basic'?)",
        ),
        ("lookup(rates, 5, true)", "wrong_type @ 5: `5` is a number (key 1 of table `rates` is of another type)"),
        ("lookup(rates, quality)", "wrong_arity @ lookup(rates, quality): table `rates` has 2 keys, not 1"),
        ("lookup(rate, quality)", "unknown_table @ rate: there is no table `rate` (did you mean `rates`?)"),
        ("rates * 2", "unknown_name @ rates: there is no `rates` here (it is a table: write `lookup(rates, key)`)"),
    ] {
        assert_eq!(shown(source, &scope), [expected], "{source}");
    }
    assert!(Formula::compile("lookup(rates, 'basic', true)", &scope).is_ok());
}

#[test]
fn length_and_depth_are_bounded() {
    let long = format!("1{}", " + 1".repeat(500));
    assert_eq!(problems(&long)[0].kind, FormulaErrorKind::TooLong);
    assert_eq!(formula(&format!("1{}", "+1".repeat(999))).constant(), Some(1000.into()));
    for (open, close) in [("(", ")"), ("-", ""), ("abs(", ")"), ("1-(", ")"), ("audio ? ", " : 0"), ("2 % ", "")] {
        let nested = |depth: usize| format!("{}1{}", open.repeat(depth), close.repeat(depth));
        assert_eq!(problems(&nested(65))[0].kind, FormulaErrorKind::TooDeep, "{open}");
        assert!(Formula::compile(&nested(64), &scope()).is_ok(), "{open}");
        crate::formula::fuzz_compile_and_eval(nested(64).as_bytes());
    }
    assert_eq!(problems(&"(".repeat(1_999))[0].kind, FormulaErrorKind::TooDeep);
    // The most that can nest in the fewest bytes: conditions in products in sums in conditions.
    let heavy =
        |levels: usize| (0..levels).fold("1".to_owned(), |inner, _| format!("(audio or audio and 0<1+1*{inner}?1:2)"));
    assert_eq!(problems(&heavy(53))[0].kind, FormulaErrorKind::TooDeep);
    assert!(formula(&heavy(20)).explain(&super::values(&[])).is_ok());
    crate::formula::fuzz_compile_and_eval(heavy(20).as_bytes());
}

#[test]
fn formulas_that_would_take_long_to_check_are_still_checked_at_once() {
    let mut nested = "images".to_owned();
    while nested.len() < 1_900 {
        nested = format!("({nested}>1?2:3)");
    }
    let _ = Formula::compile(&nested, &scope());
    let chain = (0..150).map(|step| format!("seconds<{step}?{step}:")).collect::<String>();
    assert!(chain.len() < 2_000 || Formula::compile(&chain[..], &scope()).is_err());
    let chain = format!("{}9", "images<9?2:".repeat(180));
    assert!(formula(&chain).range().is_some());
}
