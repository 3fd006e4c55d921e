//! Random formulas: the naive evaluator, the range, the direction, the explanation and the printed form agree.

use std::cell::Cell;
use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::{bounded, whole, words};
use crate::formula::reference::{Naive, Reference, big};
use crate::formula::{Direction, EvalErrorKind, Formula, FormulaErrorKind, SOURCE_BYTES_MAX, Scope, Value};
use crate::rational::Rational;

const LETS: [(&str, &str); 3] =
    [("share", "a * n / 7"), ("premium", "q == 'premium'"), ("label", "t ? 'basic' : 'premium'")];

fn scope() -> Scope {
    let mut scope = Scope::new();
    scope.number("a", bounded("0", "100")).unwrap();
    scope.number("n", whole("1", "20")).unwrap();
    scope.number("s", bounded("-50", "50")).unwrap();
    scope.word("q", words(&["basic", "premium"])).unwrap();
    scope.truth("t").unwrap();
    for (name, source) in LETS {
        scope.define(name, source).unwrap().unwrap();
    }
    scope
}

#[derive(Clone, Debug)]
struct Inputs {
    a: Rational,
    n: i64,
    s: Rational,
    q: &'static str,
    t: bool,
}

impl Inputs {
    fn values(&self) -> [Value<'static>; 5] {
        let (a, n, s) = (Value::Number(self.a), Value::Number(self.n.into()), Value::Number(self.s));
        [a, n, s, Value::Word(self.q), Value::Truth(self.t)]
    }

    fn reference(&self) -> Reference {
        let names = [
            ("a", Naive::Number(big(self.a))),
            ("n", Naive::Number(big(self.n.into()))),
            ("s", Naive::Number(big(self.s))),
            ("q", Naive::Word(self.q.to_owned())),
            ("t", Naive::Truth(self.t)),
        ];
        let names = names.map(|(name, value)| (name.to_owned(), value));
        let mut reference = Reference { names: BTreeMap::from(names), bits: Cell::new(0) };
        for (name, source) in LETS {
            reference.define(name, source);
        }
        reference
    }
}

fn hundredths(low: i64, high: i64) -> impl Strategy<Value = Rational> {
    (low * 100..=high * 100).prop_map(|hundredths| Rational::new(hundredths.into(), 100).unwrap())
}

fn inputs() -> impl Strategy<Value = Inputs> {
    let a = prop_oneof![hundredths(0, 100), Just(Rational::ZERO), Just(100.into())];
    let s = prop_oneof![hundredths(-50, 50), Just(Rational::ZERO)];
    let q = prop::sample::select(vec!["basic", "premium"]);
    (a, 1i64..=20, s, q, any::<bool>()).prop_map(|(a, n, s, q, t)| Inputs { a, n, s, q, t })
}

fn number(depth: u32) -> BoxedStrategy<String> {
    let leaf = prop_oneof![
        3 => prop::sample::select(vec!["a", "n", "s", "share"]).prop_map(str::to_owned),
        2 => (0u32..100).prop_map(|whole| whole.to_string()),
        1 => (0u32..1000, 0u32..1000).prop_map(|(whole, part)| format!("{whole}.{part:03}")),
    ];
    if depth == 0 {
        return leaf.boxed();
    }
    let part = || number(depth - 1);
    let chain = |signs: Vec<&'static str>| {
        let links = prop::collection::vec((prop::sample::select(signs), part()), 1..4);
        (part(), links).prop_map(|(first, links)| {
            links.into_iter().fold(format!("({first})"), |chain, (sign, link)| format!("{chain} {sign} ({link})"))
        })
    };
    let nonzero = || {
        prop_oneof![
            part().prop_map(|part| format!("(abs({part}) + 1)")),
            Just("n".to_owned()),
            (1u32..50).prop_map(|whole| whole.to_string()),
        ]
    };
    prop_oneof![
        1 => leaf,
        4 => chain(vec!["+", "-"]),
        3 => chain(vec!["*"]),
        2 => (part(), nonzero(), part()).prop_map(|(x, y, z)| format!("({x}) / {y} * ({z})")),
        2 => (part(), nonzero()).prop_map(|(x, y)| format!("({x}) % {y}")),
        1 => part().prop_map(|x| format!("-({x})")),
        1 => (part(), 0u32..4).prop_map(|(x, decimals)| format!("round({x}, {decimals})")),
        2 => (prop::sample::select(vec!["round", "floor", "ceil", "abs"]), part())
            .prop_map(|(name, x)| format!("{name}({x})")),
        2 => (prop::sample::select(vec!["min", "max"]), prop::collection::vec(part(), 2..4))
            .prop_map(|(name, parts)| format!("{name}({})", parts.join(", "))),
        1 => (part(), part(), 0u32..9).prop_map(|(x, low, width)| format!("clamp({x}, {low}, ({low}) + {width})")),
        1 => (prop::sample::select(vec!["blocks", "step"]), part(), nonzero())
            .prop_map(|(name, x, size)| format!("{name}({x}, {size})")),
        1 => (part(), 1u32..9, 1u32..9, prop::collection::vec(part(), 3)).prop_map(|(x, first, width, rates)| {
            format!("tiers({x}, [{first}, {}], [{}, {}], [{}])", rates[0], first + width, rates[1], rates[2])
        }),
        3 => (truth(depth - 1), part(), truth(depth - 1), part(), part())
            .prop_map(|(c, x, d, y, z)| format!("({c} ? {x} : {d} ? {y} : {z})")),
        1 => (part(), part(), part())
            .prop_map(|(x, y, z)| format!("(({x}) + s != 0 ? ({y}) / (({x}) + s) : {z})")),
        2 => (prop::sample::select(vec!["<", "<=", ">", ">=", "==", "!="]), 0u32..30, part(), part())
            .prop_map(|(sign, bound, x, y)| format!("(a {sign} {bound} ? {x} : {y})")),
    ]
    .prop_filter("short enough", |source| source.len() <= SOURCE_BYTES_MAX / 2)
    .boxed()
}

fn truth(depth: u32) -> BoxedStrategy<String> {
    let leaf = prop::sample::select(vec!["t", "premium", "q == 'basic'", "q != label", "true", "q in ['basic']"]);
    let leaf = leaf.prop_map(str::to_owned);
    if depth == 0 {
        return leaf.boxed();
    }
    let sign = prop::sample::select(vec!["<", "<=", ">", ">=", "==", "!="]);
    prop_oneof![
        1 => leaf,
        3 => (number(depth - 1), sign, number(depth - 1)).prop_map(|(x, sign, y)| format!("({x}) {sign} ({y})")),
        1 => (truth(depth - 1), truth(depth - 1)).prop_map(|(c, d)| format!("({c}) and ({d})")),
        1 => (truth(depth - 1), truth(depth - 1)).prop_map(|(c, d)| format!("({c}) or ({d})")),
        1 => truth(depth - 1).prop_map(|c| format!("not ({c})")),
        1 => (truth(depth - 1), truth(depth - 1)).prop_map(|(c, d)| format!("({c}) == ({d})")),
        1 => (number(depth - 1), number(depth - 1)).prop_map(|(x, y)| format!("({x}) in [{y}, 3]")),
    ]
    .boxed()
}

/// Operands of a step below this many bits in all can't overflow 127 bits.
const BITS_SAFE: u64 = 60;

fn compiled(source: &str) -> Option<Formula> {
    match Formula::compile(source, &scope()) {
        Ok(formula) => Some(formula),
        Err(errors) => {
            let overflow = errors.iter().all(|error| error.kind == FormulaErrorKind::Overflow);
            assert!(overflow, "{source}: {errors:#?}");
            None
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(1_000), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_price_is_what_unbounded_fractions_say(source in number(3), inputs in inputs()) {
        let reference = inputs.reference();
        let expected = reference.number(&source);
        let Some(formula) = compiled(&source) else {
            return Ok(());
        };
        match formula.eval(&inputs.values()) {
            Ok(price) => prop_assert_eq!(big(price), expected, "{}", source),
            Err(error) => {
                prop_assert_eq!(error.kind, EvalErrorKind::Overflow, "{}", &source);
                prop_assert!(reference.bits.get() > BITS_SAFE, "{} overflows with {:?} bits", source, reference.bits);
            }
        }
    }

    #[test]
    fn a_price_lies_in_its_range_and_is_explained(source in number(3), inputs in inputs()) {
        let Some(formula) = compiled(&source) else {
            return Ok(());
        };
        let Ok(price) = formula.eval(&inputs.values()) else {
            return Ok(());
        };
        prop_assert!(formula.lowest().is_none_or(|low| low <= price), "{} is {}", source, price);
        prop_assert!(formula.highest().is_none_or(|high| price <= high), "{} is {}", source, price);
        prop_assert!(!formula.is_integer() || price.is_integer(), "{} is {}", source, price);
        if let Ok(explanation) = formula.explain(&inputs.values()) {
            prop_assert_eq!(explanation.total, price);
            let sum = explanation.terms.iter().try_fold(Rational::ZERO, |sum, term| sum.checked_add(term.amount));
            prop_assert!(sum.is_err() || sum == Ok(price), "{}: {:?}", source, explanation);
        }
    }

    #[test]
    fn a_proven_direction_holds(source in number(3), inputs in inputs(), mut steps in prop::collection::vec(hundredths(0, 100), 8)) {
        let Some(formula) = compiled(&source) else {
            return Ok(());
        };
        steps.sort();
        for (slot, name) in ["a", "n", "s"].into_iter().enumerate() {
            let Some(direction) = formula.monotone_in(name) else { continue };
            let moved = steps.iter().map(|step| match name {
                "a" => *step,
                "n" => step.checked_div(6.into()).unwrap().ceil().max(Rational::ONE),
                _ => step.checked_sub(50.into()).unwrap(),
            });
            let prices = moved.map(|input| {
                let mut values = inputs.values();
                values[slot] = Value::Number(input);
                formula.eval(&values).ok()
            });
            let prices = prices.flatten().collect::<Vec<_>>();
            let holds = prices.windows(2).all(|pair| match direction {
                Direction::Constant => pair[0] == pair[1],
                Direction::NonDecreasing => pair[0] <= pair[1],
                Direction::NonIncreasing => pair[0] >= pair[1],
            });
            prop_assert!(holds, "{} is {:?} in {}: {:?}", source, direction, name, prices);
        }
    }

    #[test]
    fn a_printed_formula_reads_back_as_the_same(source in number(3)) {
        let Some(formula) = compiled(&source) else {
            return Ok(());
        };
        let shown = formula.to_string();
        prop_assert!(shown.len() <= source.len(), "{} is longer than {}", shown, source);
        let again = compiled(&shown).unwrap();
        prop_assert_eq!(&again, &formula, "{}", shown);
        prop_assert_eq!(again.to_string(), shown);
    }

    #[test]
    fn any_text_compiles_or_is_refused(
        pieces in prop::collection::vec(prop::sample::select(vec![
            "seconds", "width", "upscale", "quality", "audio", "megapixels", "'premium'", "1", "0.25", "+", "-", "*",
            "/", "%", "(", ")", "[", "]", ",", "?", ":", "==", "<", " and ", " or ", "not ", " in ", "round(", "max(",
            "tiers(", "lookup(rates,", "blocks(", "é", "'",
        ]), 0..40)
    ) {
        crate::formula::fuzz_compile_and_eval(pieces.concat().as_bytes());
    }

    #[test]
    fn any_bytes_compile_or_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        crate::formula::fuzz_compile_and_eval(&bytes);
    }
}

/// Guards the generator: overflow and unproven directions are the exception, so that the tests above test.
#[test]
fn most_random_formulas_have_a_price_and_many_a_direction() {
    let mut runner = TestRunner::deterministic();
    let (mut priced, mut moved, mut proven) = (0, 0, 0);
    let formulas = number(3);
    for _ in 0..500 {
        let source = formulas.new_tree(&mut runner).unwrap().current();
        let inputs = inputs().new_tree(&mut runner).unwrap().current();
        let Some(formula) = compiled(&source) else { continue };
        priced += usize::from(formula.eval(&inputs.values()).is_ok());
        for name in formula.reads().filter(|name| ["a", "n", "s"].contains(name)) {
            moved += 1;
            proven += usize::from(formula.monotone_in(name).is_some());
        }
    }
    assert!(priced > 450, "{priced} of 500 have a price");
    assert!(proven * 8 > moved, "{proven} of {moved} directions are proven");
}
