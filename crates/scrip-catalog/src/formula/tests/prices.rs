//! The published price tables whose formulas shaped this language (MISSION S0-15 to S0-28).

use super::{bounded, compile, formula, price, rational};
use crate::formula::{Direction, NumberInput, Scope, Value};

const TEXT_TO_MATERIAL: &str = "round(2 + 10 * megapixels + (upscale > 1 ? 3 * megapixels * upscale : 0))";
const IMAGE_TO_MATERIAL: &str = "round(13 + 10 * megapixels + (upscale > 1 ? 3 * megapixels * upscale : 0))";
const SOUND_EFFECT: &str = "round(max(seconds, 5) * 0.6)";

#[test]
fn text_to_material_costs_what_its_table_says() {
    for (width, height, at_once, at_twice, at_four_times) in [
        ("512", "512", "5", "6", "8"),
        ("1024", "1024", "12", "18", "24"),
        ("2048", "2048", "42", "66", "90"),
        ("1024", "2048", "22", "34", "46"),
    ] {
        for (upscale, credits) in [("1", at_once), ("2", at_twice), ("4", at_four_times)] {
            let given = [("width", width), ("height", height), ("upscale", upscale)];
            assert_eq!(price(TEXT_TO_MATERIAL, &given), credits, "{given:?}");
        }
    }
}

#[test]
fn sizes_outside_the_table_follow_the_formula() {
    for (side, credits) in [("768", "8"), ("1536", "25")] {
        assert_eq!(price(TEXT_TO_MATERIAL, &[("width", side), ("height", side)]), credits);
    }
}

#[test]
fn image_to_material_costs_what_its_table_says_and_eleven_more_than_text() {
    for (side, credits) in [("512", ["16", "17", "19"]), ("1024", ["23", "29", "35"]), ("2048", ["53", "77", "101"])] {
        for (upscale, credits) in ["1", "2", "4"].into_iter().zip(credits) {
            let given = [("width", side), ("height", side), ("upscale", upscale)];
            assert_eq!(price(IMAGE_TO_MATERIAL, &given), credits, "{given:?}");
            let from_text = rational(&price(TEXT_TO_MATERIAL, &given));
            assert_eq!(from_text.checked_add(11.into()), Ok(rational(credits)));
        }
    }
}

#[test]
fn a_sound_effect_is_rounded_half_up_and_costs_at_least_three() {
    for (seconds, credits) in [
        ("0.5", "3"),
        ("5", "3"),
        ("5.8", "3"),
        ("5.9", "4"),
        ("7.5", "5"),
        ("12.3", "7"),
        ("12.5", "8"),
        ("17.5", "11"),
        ("22", "13"),
        ("27.5", "17"),
        ("29.2", "18"),
        ("30", "18"),
    ] {
        assert_eq!(price(SOUND_EFFECT, &[("seconds", seconds)]), credits, "{seconds} s");
    }
}

#[test]
fn a_tie_is_rounded_away_from_zero() {
    for (exact, rounded) in [("4.5", "5"), ("18.5", "19"), ("4.4999999", "4"), ("0.5", "1"), ("0", "0")] {
        assert_eq!(price(&format!("round({exact})"), &[]), rounded);
        let negative = if rounded == "0" { "0".to_owned() } else { format!("-{rounded}") };
        assert_eq!(price(&format!("round(-{exact})"), &[]), negative);
    }
}

#[test]
fn nothing_is_lost_between_a_division_and_a_multiplication() {
    assert_eq!(price("round(seconds / 3 * 4.5)", &[("seconds", "1")]), "2");
    assert_eq!(price("0.1 + 0.2", &[]), "0.3");
    assert_eq!(price("seconds / 3 + seconds / 3 + seconds / 3", &[("seconds", "1")]), "1");
}

#[test]
fn prices_of_other_products_are_formulas_too() {
    for (source, given, credits) in [
        ("blocks(images, 4) * 0.1", [("images", "5")], "0.2"),
        ("blocks(images, 4) * 0.1", [("images", "40")], "1"),
        ("ceil(seconds) * 7", [("seconds", "10.001")], "77"),
        ("step(seconds, 15) / 60 * 4", [("seconds", "16")], "2"),
        ("max(5, seconds * 2)", [("seconds", "1")], "5"),
        ("tiers(images, [10, 1], [50, 0.5], [0.25])", [("images", "60")], "32.5"),
        ("tiers(images, [10, 1], [50, 0.5], [0.25])", [("images", "10")], "10"),
        ("quality == 'premium' ? seconds : 0", [("quality", "premium")], "5"),
        ("quality == 'premium' ? seconds : 0", [("quality", "basic")], "0"),
        ("max(images - 3, 0) * 2", [("images", "5")], "4"),
        ("seconds * (audio ? 1.5 : 1)", [("audio", "true")], "7.5"),
        ("seconds <= 5 ? 10 : seconds <= 10 ? 18 : 25", [("seconds", "10")], "18"),
        ("width in [512, 1024] ? 4 : 6", [("width", "1024")], "4"),
        ("(images - 1) % 4 == 0 ? 1 : 0", [("images", "9")], "1"),
    ] {
        assert_eq!(price(source, &given), credits, "{source} at {given:?}");
    }
}

#[test]
fn the_dearest_job_of_an_omitted_input_is_its_longest() {
    let sound = formula(SOUND_EFFECT);
    assert_eq!(sound.range(), Some((3.into(), 18.into())));
    assert!(sound.is_integer());
    assert_eq!(sound.monotone_in("seconds"), Some(Direction::NonDecreasing));
    assert_eq!(sound.monotone_in("width"), Some(Direction::Constant));
    let material = formula(TEXT_TO_MATERIAL);
    for name in ["width", "height", "upscale"] {
        assert_eq!(material.monotone_in(name), Some(Direction::NonDecreasing), "{name}");
    }
    assert_eq!(material.lowest(), Some(2.into()));
    assert_eq!(material.highest(), Some(rational("1410")));
    assert_eq!(material.reads().collect::<Vec<_>>(), ["width", "height", "upscale"]);
}

#[test]
fn what_was_measured_may_exceed_the_bounds_of_what_may_be_asked() {
    assert_eq!(price(SOUND_EFFECT, &[("seconds", "31")]), "19");
}

#[test]
fn a_price_is_explained_by_terms_that_sum_to_it() {
    let source = "round(2 + 10 * megapixels + (upscale > 1 ? 3 * megapixels * upscale : 0))";
    for (source, given, terms, total) in [
        (source, vec![("upscale", "2")], "2=2, 10 * megapixels=2.5, 3 * megapixels * upscale=1.5", "6"),
        (source, vec![], "2=2, 10 * megapixels=2.5, rounding=0.5", "5"),
        (SOUND_EFFECT, vec![("seconds", "7.5")], "max(seconds, 5) * 0.6=4.5, rounding=0.5", "5"),
        ("max(seconds * 0.6, 3)", vec![("seconds", "2")], "seconds * 0.6=1.2, minimum=1.8", "3"),
        ("min(seconds + 1, 20)", vec![("seconds", "30")], "seconds=30, 1=1, maximum=-11", "20"),
        ("clamp(seconds, 10, 20)", vec![("seconds", "4")], "seconds=4, minimum=6", "10"),
        ("max(seconds, images * 2)", vec![("images", "7")], "images * 2=14", "14"),
        ("step(seconds, 15) + 1", vec![("seconds", "16")], "seconds=16, rounding=14, 1=1", "31"),
        ("10 - (images + 2)", vec![], "10=10, images=-1, 2=-2", "7"),
        ("-(images - 5)", vec![], "images=-1, 5=5", "4"),
        ("round(megapixels)", vec![("width", "3072")], "width * height / 1048576=1.5, rounding=0.5", "2"),
        ("0", vec![], "0=0", "0"),
    ] {
        let explanation = formula(source).explain(&super::values(&given)).unwrap();
        let shown = explanation.terms.iter().map(|term| format!("{}={}", term.label, term.amount));
        assert_eq!(shown.collect::<Vec<_>>().join(", "), terms, "{source}");
        assert_eq!(explanation.total.to_string(), total, "{source}");
    }
}

#[test]
fn labels_can_carry_the_names_that_people_see() {
    let names = |name: &str| (name == "seconds").then(|| "Length".to_owned());
    let explanation = formula("seconds * 2 + 1").explain_with(&super::values(&[]), &names).unwrap();
    assert_eq!(explanation.terms[0].label, "Length * 2");
    assert_eq!(formula("max(seconds,5)*0.6").display_with(&names), "max(Length, 5) * 0.6");
}

#[test]
fn a_let_name_that_rests_on_others_is_worked_out_with_them() {
    let mut scope = Scope::new();
    scope.number("seconds", bounded("0", "600")).unwrap();
    scope.word("tier", super::words(&["a", "b"])).unwrap();
    let lets = ["minutes = seconds / 60", "started = ceil(minutes)", "vip = tier == 'b'", "rate = vip ? 2 : 3"];
    for line in lets {
        let (name, source) = line.split_once(" = ").unwrap();
        scope.define(name, source).unwrap().unwrap();
    }
    let price = compile("vip and started > 5 ? 1 : started * rate", &scope);
    for (seconds, tier, credits) in [("61", "a", "6"), ("61", "b", "4"), ("301", "b", "1"), ("301", "a", "18")] {
        let values = [Value::Number(rational(seconds)), Value::Word(tier)];
        assert_eq!(price.eval(&values), Ok(rational(credits)), "{seconds} {tier}");
        assert_eq!(scope.let_value("vip", &values), Some(Ok(Value::Truth(tier == "b"))));
    }
    assert_eq!(price.reads().collect::<Vec<_>>(), ["seconds", "tier"]);
    assert_eq!(scope.let_value("seconds", &[]), None);
}

#[test]
fn more_let_names_than_fit_on_the_stack_are_worked_out_as_well() {
    let mut scope = Scope::new();
    scope.number("n0", NumberInput::default()).unwrap();
    for place in 1..=40 {
        scope.define(&format!("n{place}"), &format!("n{} + 1", place - 1)).unwrap().unwrap();
    }
    assert_eq!(compile("n40", &scope).eval(&[Value::Number(2.into())]), Ok(42.into()));
}
