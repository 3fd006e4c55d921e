//! Reading, printing, ranges and directions of formulas.

use std::collections::BTreeMap;

use super::{bounded, compile, formula, price, rational, scope, values};
use crate::formula::{
    Condition, Direction, EvalErrorKind, Formula, Key, NumberInput, Scope, ScopeError, SourceSpan, Table, Value,
    fuzz_compile_and_eval,
};

#[test]
fn operators_bind_as_people_expect() {
    for (source, result) in [
        ("1 + 2 * 3", "7"),
        ("(1 + 2) * 3", "9"),
        ("10 - 2 - 3", "5"),
        ("12 / 2 / 3", "2"),
        ("12 / (2 / 3)", "18"),
        ("7 % 4 * 2", "6"),
        ("2 * 7 % 4", "2"),
        ("-7 % 3", "2"),
        ("7.5 % 2", "1.5"),
        ("-2 * -3", "6"),
        ("2 - -3", "5"),
        ("--2", "2"),
        ("true or false and false ? 1 : 2", "1"),
        ("not true or true ? 1 : 2", "1"),
        ("not (true or true) ? 1 : 2", "2"),
        ("not 1 == 2 ? 1 : 2", "1"),
        ("1 + 1 == 2 and 2 > 1 ? 1 : 2", "1"),
        ("false ? 1 : false ? 2 : 3", "3"),
        ("true ? false ? 1 : 2 : 3", "2"),
        ("(true ? 1 : 2) + 10", "11"),
        ("true == (1 < 2) ? 1 : 0", "1"),
        ("prompt == \"a cat\" or prompt == 'x' ? 1 : 0", "1"),
        ("round(2.345, 2)", "2.35"),
        ("round(-2.345, 2)", "-2.35"),
        ("floor(-1.5)", "-2"),
        ("ceil(-1.5)", "-1"),
        ("abs(-1.5)", "1.5"),
        ("min(3, 1, 2)", "1"),
        ("max(3, 1, 2)", "3"),
        ("clamp(7, 1, 5)", "5"),
        ("blocks(10, 4)", "3"),
        ("blocks(8, 4)", "2"),
        ("blocks(0, 4)", "0"),
        ("step(61, 15)", "75"),
        ("step(0.25, 0.1)", "0.3"),
        ("tiers(0 - 5, [10, 1], [2])", "0"),
        ("tiers(15, [10, 1], [2])", "20"),
        ("tiers(15, [2])", "30"),
        ("3 in [1, 2, 3] ? 1 : 0", "1"),
        ("prompt in ['a cat', 'a dog'] ? 1 : 0", "1"),
    ] {
        assert_eq!(price(source, &[]), result, "{source}");
    }
}

#[test]
fn a_formula_is_printed_in_canonical_form_and_reads_back_as_the_same() {
    for (source, shown) in [
        ("round( max( seconds,5 )*0.60 )", "round(max(seconds, 5) * 0.6)"),
        ("((1+(images)))*2", "(1 + images) * 2"),
        ("images*(2*3)", "images * (2 * 3)"),
        ("images*2*3", "images * 2 * 3"),
        ("images-(1-2)", "images - (1 - 2)"),
        ("images % 4 * 2", "images % 4 * 2"),
        ("2 * (images % 4)", "2 * (images % 4)"),
        ("2 * images % 4", "2 * images % 4"),
        ("-(images+1)", "-(images + 1)"),
        ("(-images)*2", "-images * 2"),
        ("not(audio)?1:0", "not audio ? 1 : 0"),
        ("not audio == true ? 1 : 0", "not audio == true ? 1 : 0"),
        ("(not audio) == true ? 1 : 0", "(not audio) == true ? 1 : 0"),
        ("(audio?true:false)?1:0", "(audio ? true : false) ? 1 : 0"),
        ("audio ? (images>1?1:2) : 3", "audio ? (images > 1 ? 1 : 2) : 3"),
        ("audio ? 1 : images>1 ? 2 : 3", "audio ? 1 : images > 1 ? 2 : 3"),
        ("audio ? 1 : (images>1 ? 2 : 3)", "audio ? 1 : (images > 1 ? 2 : 3)"),
        ("(audio or audio) and audio ? 1 : 2", "(audio or audio) and audio ? 1 : 2"),
        ("prompt == \"it's\" ? 1 : 0", "prompt == \"it's\" ? 1 : 0"),
        ("prompt == \"a\" ? 1 : 0", "prompt == 'a' ? 1 : 0"),
        ("quality in [\"basic\",'premium',] ? 1 : 0", "quality in ['basic', 'premium'] ? 1 : 0"),
        ("tiers(images,[5*2,0.10],[.05+0])", ""),
        ("tiers(images,[5*2,0.10],[0.05])", "tiers(images, [10, 0.1], [0.05])"),
        ("round(seconds,2)", "round(seconds, 2)"),
    ] {
        let Ok(first) = Formula::compile(source, &scope()) else {
            assert_eq!(shown, "", "{source}");
            continue;
        };
        assert_eq!(first.to_string(), shown);
        assert_eq!(compile(shown, &scope()), first, "{source}");
        assert_eq!(first.source(), source);
    }
}

#[test]
fn constants_are_worked_out_when_a_formula_is_checked() {
    for (source, constant) in [
        ("2 * 3 + 1", Some("7")),
        ("1 > 2 ? images : 4", Some("4")),
        ("round(10 / 3, 2)", Some("3.33")),
        ("images * 0", None),
        ("images", None),
    ] {
        assert_eq!(formula(source).constant(), constant.map(rational), "{source}");
    }
}

#[test]
fn the_range_holds_all_prices_within_the_bounds() {
    for (source, low, high) in [
        ("images", Some("1"), Some("100")),
        ("images - 1", Some("0"), Some("99")),
        ("seconds * -2 + 3", Some("-57"), Some("3")),
        ("anything", None, None),
        ("max(anything, 0)", Some("0"), None),
        ("min(anything, 7)", None, Some("7")),
        ("clamp(anything, 1, 5)", Some("1"), Some("5")),
        ("abs(seconds - 10)", Some("0"), Some("20")),
        ("10 / images", Some("0.1"), Some("10")),
        ("images % 4", Some("0"), Some("4")),
        ("blocks(seconds, 4)", Some("0"), Some("8")),
        ("step(seconds, 4)", Some("0"), Some("32")),
        ("tiers(images, [10, 1], [0.5])", Some("1"), Some("55")),
        ("audio ? images : -images", Some("-100"), Some("100")),
        ("seconds > 10 ? seconds - 10 : 0", Some("0"), Some("20")),
        ("(seconds - 5) * (seconds - 5)", Some("-125"), Some("625")),
        ("upscale", Some("1"), Some("4")),
        ("upscale > 1 ? upscale : 8", Some("2"), Some("8")),
    ] {
        let found = formula(source);
        assert_eq!((found.lowest(), found.highest()), (low.map(rational), high.map(rational)), "{source}");
    }
}

#[test]
fn a_direction_is_said_only_where_it_is_proven() {
    use Direction::{Constant, NonDecreasing, NonIncreasing};
    for (source, direction) in [
        ("seconds", Some(NonDecreasing)),
        ("-seconds", Some(NonIncreasing)),
        ("10 - seconds", Some(NonIncreasing)),
        ("seconds * anything", None),
        ("seconds * images", Some(NonDecreasing)),
        ("(seconds - 5) * (seconds - 5)", None),
        ("1 / (seconds + 1)", Some(NonIncreasing)),
        ("images / (seconds + 1)", Some(NonIncreasing)),
        ("seconds % 4", None),
        ("ceil(seconds / 4) * 2", Some(NonDecreasing)),
        ("blocks(seconds, images)", Some(NonDecreasing)),
        ("blocks(images, seconds + 1)", Some(NonIncreasing)),
        ("step(seconds, 15)", Some(NonDecreasing)),
        ("tiers(seconds, [10, 1], [0.5])", Some(NonDecreasing)),
        ("tiers(seconds, [10, 1], [-0.5])", None),
        ("seconds <= 5 ? 10 : seconds <= 10 ? 18 : 25", Some(NonDecreasing)),
        ("seconds <= 5 ? 10 : seconds <= 10 ? 8 : 25", None),
        ("seconds > 5 ? 10 : 20", Some(NonIncreasing)),
        ("seconds > 10 ? 10 * 0.5 + (seconds - 10) * 0.3 : seconds * 0.5", Some(NonDecreasing)),
        ("seconds > 5 ? 7 : 7", Some(Constant)),
        ("seconds == 0 ? 0 : 5 + seconds", Some(NonDecreasing)),
        ("seconds == 5 ? 9 : 1", None),
        ("audio ? seconds : seconds * 2", Some(NonDecreasing)),
        ("audio ? seconds : -seconds", None),
        ("audio and seconds > 10 ? 5 : 3", Some(NonDecreasing)),
        ("not (seconds > 10) ? 5 : 3", Some(NonIncreasing)),
        ("abs(seconds)", Some(NonDecreasing)),
        ("images", Some(Constant)),
    ] {
        assert_eq!(formula(source).monotone_in("seconds"), direction, "{source}");
    }
    assert_eq!(formula("quality == 'basic' ? 1 : 2").monotone_in("quality"), None);
}

#[test]
fn a_divisor_is_allowed_where_it_is_certainly_not_zero() {
    for source in [
        "10 / images",
        "seconds > 0 ? 10 / seconds : 0",
        "seconds != 0 ? 10 / seconds : 0",
        "0 in [1, 3] ? (seconds != 0 ? 10 / seconds : 0) : 0",
        "seconds == 0 ? 0 : 10 / seconds",
        "seconds <= 0 ? 0 : 10 / seconds",
        "0 < seconds ? 10 / seconds : 0",
        "anything > 1 and 10 / anything > 2 ? 1 : 0",
        "anything <= 0 or 10 / anything > 2 ? 1 : 0",
        "not (anything == 0) ? 10 / anything : 0",
        "seconds <= 0 or audio ? 0 : 10 / seconds",
        "seconds > 0 and audio ? 10 / seconds : 0",
        "anything in [2, 4] ? 10 / anything : 0",
        "seconds - 3 > 0 ? 10 / (seconds - 3) : 0",
        "audio ? (anything < 0 ? 1 / anything : 2) : 3",
        "images > 1 ? 1 / (images - 1) : 0",
        "1 / max(seconds, 0.1)",
        "1 / (abs(anything) + 1)",
        "blocks(seconds, images)",
        "anything > 0 ? step(seconds, anything) : seconds",
    ] {
        formula(source);
    }
}

#[test]
fn inputs_beyond_their_bounds_are_refused_only_where_nothing_can_be_worked_out() {
    let found = formula("10 / images");
    assert_eq!(found.eval(&values(&[("images", "400")])), Ok(rational("0.025")));
    let refused = found.eval(&values(&[("images", "0")])).unwrap_err();
    assert_eq!((refused.kind, refused.span), (EvalErrorKind::DivisionByZero, SourceSpan { start: 0, end: 11 }));
    let refused = formula("blocks(seconds, images)").eval(&values(&[("images", "-1")])).unwrap_err();
    assert_eq!((refused.kind, refused.span), (EvalErrorKind::DivisionByZero, SourceSpan { start: 16, end: 22 }));
    let refused = formula("images").eval(&[]).unwrap_err();
    assert_eq!(refused.kind, EvalErrorKind::WrongInput);
    let refused = formula("images").eval(&[Value::Truth(true); 10]).unwrap_err();
    assert_eq!(refused.kind, EvalErrorKind::WrongInput);
}

#[test]
fn numbers_that_grow_beyond_what_can_be_held_are_refused_with_their_place() {
    let enormous = "anything * anything";
    let refused = formula(enormous).eval(&values(&[("anything", "99999999999999999999")])).unwrap_err();
    assert_eq!((refused.kind, refused.span), (EvalErrorKind::Overflow, SourceSpan { start: 0, end: 19 }));
    let mut scope = scope();
    scope.define("square", enormous).unwrap().unwrap();
    let mut given = values(&[]);
    given[6] = Value::Number(rational("99999999999999999999"));
    let refused = compile("1 + square", &scope).eval(&given).unwrap_err();
    assert_eq!(refused.in_let.as_deref(), Some("square"));
    assert_eq!(refused.kind, EvalErrorKind::Overflow);
}

fn rates(gaps: bool, otherwise: Option<&str>) -> Scope {
    let mut scope = scope();
    let row = |words: [&str; 2], amount: &str| (words.map(Key::word).to_vec(), rational(amount));
    let rows = [row(["kling", "720p"], "7"), row(["kling", "1080p"], "12"), row(["veo", "1080p"], "35")];
    let (rows, otherwise) = (BTreeMap::from(rows), otherwise.map(rational));
    scope.table(Table { name: "rates".to_owned(), keys: 2, rows, otherwise, gaps }).unwrap();
    scope.word("model", super::words(&["kling", "veo"])).unwrap();
    scope.word("size", super::words(&["720p", "1080p"])).unwrap();
    scope
}

#[test]
fn a_table_is_looked_up_by_its_keys() {
    let source = "lookup(rates, model, size) * seconds";
    let ask = |scope: &Scope, model, size| {
        let mut given = values(&[("seconds", "2")]);
        given.extend([Value::Word(model), Value::Word(size)]);
        compile(source, scope).eval(&given).map_err(|refused| refused.kind)
    };
    let with_gaps = rates(true, None);
    assert_eq!(ask(&with_gaps, "kling", "720p"), Ok(14.into()));
    assert_eq!(ask(&with_gaps, "veo", "1080p"), Ok(70.into()));
    assert_eq!(ask(&with_gaps, "veo", "720p"), Err(EvalErrorKind::NoRow));
    assert_eq!(ask(&rates(false, Some("9")), "veo", "720p"), Ok(18.into()));
    assert_eq!(compile(source, &with_gaps).range(), Some((0.into(), 1050.into())));
    assert_eq!(compile("lookup(rates, 'kling', size)", &with_gaps).range(), Some((7.into(), 12.into())));
    assert_eq!(compile("lookup(rates, 'veo', '1080p')", &with_gaps).constant(), Some(35.into()));
    let shown = compile(source, &with_gaps).to_string();
    assert_eq!(shown, source);
}

#[test]
fn tables_may_have_numbers_and_truths_as_keys() {
    let mut scope = scope();
    let row =
        |count: i64, audio: bool, amount: i64| (vec![Key::Number(count.into()), Key::Truth(audio)], amount.into());
    let rows = BTreeMap::from([1, 2, 4].map(|count| row(count, false, count * 10)));
    let all = rows.into_iter().chain([1, 2, 4].map(|count| row(count, true, count * 20))).collect();
    scope.table(Table { name: "sizes".to_owned(), keys: 2, rows: all, otherwise: None, gaps: false }).unwrap();
    let found = compile("lookup(sizes, upscale, audio)", &scope);
    assert_eq!(found.eval(&values(&[("upscale", "4"), ("audio", "true")])), Ok(80.into()));
    assert_eq!(found.eval(&values(&[("upscale", "2")])), Ok(20.into()));
}

#[test]
fn a_condition_is_checked_like_a_price() {
    let scope = scope();
    let condition = Condition::compile("quality != 'basic' and seconds<=10", &scope).unwrap();
    assert_eq!(condition.to_string(), "quality != 'basic' and seconds <= 10");
    assert_eq!(condition.reads().collect::<Vec<_>>(), ["seconds", "quality"]);
    assert_eq!(condition.eval(&values(&[("quality", "premium")])), Ok(true));
    assert_eq!(condition.eval(&values(&[("quality", "premium"), ("seconds", "11")])), Ok(false));
    assert_eq!(Condition::compile("seconds", &scope).unwrap_err()[0].kind.code(), "wrong_type");
}

#[test]
fn names_that_no_formula_could_read_are_refused() {
    let mut scope = Scope::new();
    for name in ["", "1a", "a-b", "a b", "a.", ".a", "a..b", "é"] {
        assert_eq!(scope.truth(name), Err(ScopeError::BadName(name.to_owned())), "{name:?}");
    }
    assert_eq!(scope.truth("in"), Err(ScopeError::Reserved("in".to_owned())));
    assert_eq!(scope.number("model.rate", NumberInput::default()), Ok(0));
    assert_eq!(scope.truth("model.rate"), Err(ScopeError::Duplicate("model.rate".to_owned())));
    assert_eq!(scope.number("min", bounded("0", "1")), Ok(1));
    assert_eq!(compile("min(min, model.rate)", &scope).to_string(), "min(min, model.rate)");
    let rows = BTreeMap::from([(vec![], 1.into())]);
    let table = Table { name: "rates".to_owned(), keys: 0, rows, otherwise: None, gaps: false };
    assert_eq!(scope.table(table), Err(ScopeError::BadTable("rates".to_owned())));
}

#[test]
fn formulas_of_the_fuzz_corpus_keep_their_promises() {
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/formula");
    let mut seen = 0;
    for entry in std::fs::read_dir(corpus).expect("the corpus is part of the sources") {
        fuzz_compile_and_eval(&std::fs::read(entry.unwrap().path()).unwrap());
        seen += 1;
    }
    assert!(seen >= 20, "{seen} files");
}
