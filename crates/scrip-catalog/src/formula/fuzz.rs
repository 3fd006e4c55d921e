//! One entry for machines that invent formulas: any bytes either compile or are refused, and what compiles
//! keeps its promises. Panics only if this module is wrong.

use std::collections::BTreeMap;

use crate::formula::{Formula, FormulaError, FormulaErrorKind, Key, NumberInput, Scope, ScopeError, Table, Value};
use crate::rational::Rational;

/// Compiles the bytes as a formula over a fixed scope; if that succeeds, prints it, reads it back, works it out
/// and explains it for a few inputs, and checks that all of that agrees.
#[doc(hidden)]
pub fn fuzz_compile_and_eval(bytes: &[u8]) {
    let source = String::from_utf8_lossy(bytes);
    let scope = fuzz_scope().expect("the fixed scope is well-formed");
    match Formula::compile(&source, &scope) {
        Err(errors) => refusals_point_into(&source, &errors),
        Ok(formula) => {
            reads_back(&formula, &scope);
            for values in fuzz_values() {
                keeps_its_promises(&formula, &values);
            }
        }
    }
}

fn refusals_point_into(source: &str, errors: &[FormulaError]) {
    assert!(!errors.is_empty(), "a refused formula has a reason: {source:?}");
    for error in errors {
        assert!(source.get(error.span.range()).is_some(), "{error} has a place in {source:?}");
        assert!(!error.message.is_empty());
    }
}

fn reads_back(formula: &Formula, scope: &Scope) {
    let shown = formula.to_string();
    let again = match Formula::compile(&shown, scope) {
        Ok(again) => again,
        Err(errors) => {
            // Canonical form has more spaces, and parentheses around a choice within a choice.
            let limits = [FormulaErrorKind::TooLong, FormulaErrorKind::TooDeep];
            let beyond = errors.iter().all(|error| limits.contains(&error.kind));
            assert!(beyond, "{shown:?} reads back: {errors:?}");
            return;
        }
    };
    assert_eq!(*formula, again, "{shown:?} says the same");
    assert_eq!(shown, again.to_string());
}

fn keeps_its_promises(formula: &Formula, values: &[Value<'_>]) {
    let Ok(price) = formula.eval(values) else {
        assert!(formula.constant().is_none(), "a constant is always worked out");
        return;
    };
    let place = (formula.lowest(), formula.highest());
    assert!(place.0.is_none_or(|low| low <= price), "{formula} is {price}, below {place:?}");
    assert!(place.1.is_none_or(|high| price <= high), "{formula} is {price}, above {place:?}");
    assert!(!formula.is_integer() || price.is_integer(), "{formula} is {price}, not whole");
    if let Ok(explanation) = formula.explain(values) {
        assert_eq!(explanation.total, price, "{formula}");
        let sum = explanation.terms.iter().try_fold(Rational::ZERO, |sum, term| sum.checked_add(term.amount));
        assert!(sum.is_err() || sum == Ok(price), "{formula} is {price}, its terms sum to {sum:?}");
    }
}

fn fuzz_scope() -> Result<Scope, ScopeError> {
    let mut scope = Scope::new();
    let whole = |low: i64, high: i64| NumberInput {
        min: Some(low.into()),
        max: Some(high.into()),
        integer: true,
        ..NumberInput::default()
    };
    scope.number("width", whole(1, 8192))?;
    scope.number("height", whole(1, 8192))?;
    let one_of = [1, 2, 4].map(Rational::from_integer).to_vec();
    scope.number("upscale", NumberInput { one_of, ..NumberInput::default() })?;
    let unit = Some("second".to_owned());
    scope.number(
        "seconds",
        NumberInput { min: Some(Rational::ZERO), max: Some(30.into()), unit, ..NumberInput::default() },
    )?;
    scope.number("model.rate", NumberInput::default())?;
    scope.word("quality", Some(vec!["basic".to_owned(), "premium".to_owned()]))?;
    scope.word("prompt", None)?;
    scope.truth("audio")?;
    let row = |quality: &str, audio: bool, amount: i64| (vec![Key::word(quality), Key::Truth(audio)], amount.into());
    let rows = [row("basic", false, 1), row("basic", true, 2), row("premium", false, 5), row("premium", true, 7)];
    let rows = BTreeMap::from(rows);
    scope.table(Table { name: "rates".to_owned(), keys: 2, rows, otherwise: None, gaps: false })?;
    for (name, source) in [
        ("megapixels", "width * height / 1048576"),
        ("premium", "quality == 'premium'"),
        ("label", "audio ? 'loud' : 'quiet'"),
    ] {
        scope.define(name, source)?.expect("the fixed `let` names are right");
    }
    Ok(scope)
}

/// In the order of the slots above.
fn fuzz_values() -> [[Value<'static>; 8]; 3] {
    let third = Rational::new(1, 3).unwrap_or(Rational::ONE);
    let values = |sides: [i64; 3], seconds: Rational, rate: Rational, words: [&'static str; 2], audio: bool| {
        let [width, height, upscale] = sides.map(|side| Value::Number(side.into()));
        let [quality, prompt] = words.map(Value::Word);
        [width, height, upscale, Value::Number(seconds), Value::Number(rate), quality, prompt, Value::Truth(audio)]
    };
    [
        values([512, 512, 1], third, Rational::ZERO, ["basic", "a cat"], false),
        values([1, 8192, 2], 30.into(), third.negated(), ["premium", ""], true),
        values([1536, 1024, 4], Rational::ZERO, 1_000_000.into(), ["basic", "premium"], true),
    ]
}
