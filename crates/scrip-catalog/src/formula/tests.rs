//! What formulas mean, read as tables; then random formulas against the naive evaluator.

mod meaning;
mod prices;
mod random;
mod refused;

use crate::formula::{Formula, FormulaError, NumberInput, Scope, Value};
use crate::rational::Rational;

fn rational(text: &str) -> Rational {
    Rational::parse_signed(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn bounded(min: &str, max: &str) -> NumberInput {
    NumberInput { min: Some(rational(min)), max: Some(rational(max)), ..NumberInput::default() }
}

fn whole(min: &str, max: &str) -> NumberInput {
    NumberInput { integer: true, ..bounded(min, max) }
}

fn counting(unit: &str, input: NumberInput) -> NumberInput {
    NumberInput { unit: Some(unit.to_owned()), ..input }
}

fn words(allowed: &[&str]) -> Option<Vec<String>> {
    Some(allowed.iter().map(|word| (*word).to_owned()).collect())
}

/// The inputs of a texture, an audio and a text tool in one scope.
fn scope() -> Scope {
    let mut scope = Scope::new();
    let one_of = [1, 2, 4].map(Rational::from_integer).to_vec();
    scope.number("width", counting("px", whole("1", "8192"))).unwrap();
    scope.number("height", counting("px", whole("1", "8192"))).unwrap();
    scope.number("upscale", NumberInput { one_of, ..NumberInput::default() }).unwrap();
    scope.number("seconds", counting("second", bounded("0", "30"))).unwrap();
    scope.number("minutes", counting("minute", bounded("0", "60"))).unwrap();
    scope.number("images", counting("image", whole("1", "100"))).unwrap();
    scope.number("anything", NumberInput::default()).unwrap();
    scope.word("quality", words(&["basic", "premium"])).unwrap();
    scope.word("prompt", None).unwrap();
    scope.truth("audio").unwrap();
    scope.define("megapixels", "width * height / 1048576").unwrap().unwrap();
    scope
}

fn formula(source: &str) -> Formula {
    compile(source, &scope())
}

fn compile(source: &str, scope: &Scope) -> Formula {
    Formula::compile(source, scope).unwrap_or_else(|errors| panic!("{source}: {errors:#?}"))
}

fn problems(source: &str) -> Vec<FormulaError> {
    Formula::compile(source, &scope()).expect_err(source)
}

/// The values of [`scope`], in the order of its slots, with some replaced: `[("seconds", "7.5")]`.
fn values<'a>(given: &[(&str, &'a str)]) -> Vec<Value<'a>> {
    let scope = scope();
    let mut values = ["512", "512", "1", "5", "1", "1", "0"].map(|text| Value::Number(rational(text))).to_vec();
    values.extend([Value::Word("basic"), Value::Word("a cat"), Value::Truth(false)]);
    for (name, text) in given {
        let slot = scope.slot(name).unwrap_or_else(|| panic!("{name} is an input"));
        values[slot] = match values[slot] {
            Value::Number(_) => Value::Number(rational(text)),
            Value::Word(_) => Value::Word(text),
            Value::Truth(_) => Value::Truth(*text == "true"),
        };
    }
    values
}

fn price(source: &str, given: &[(&str, &str)]) -> String {
    match formula(source).eval(&values(given)) {
        Ok(price) => price.to_string(),
        Err(error) => error.kind.code().to_owned(),
    }
}
