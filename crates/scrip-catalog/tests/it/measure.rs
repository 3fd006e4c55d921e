//! Captures by what was measured.

use scrip_catalog::{Ask, Catalog, Held, InputValue, PriceKind};

use crate::prices::catalog;

/// What a hold with those inputs is charged for what was measured, or the refusal.
fn charged(catalog: &Catalog, inputs: &[(&str, &str)], measured: &[(&str, &str)]) -> Result<String, String> {
    fn texts<'a>(values: &'a [(&'a str, &'a str)]) -> Vec<(&'a str, InputValue<'a>)> {
        values.iter().map(|(name, text)| (*name, InputValue::Text(text))).collect()
    }
    let held =
        catalog.price(&Ask::new("text-to-sound-effect", None, &texts(inputs))).map_err(|error| error.to_string())?;
    let json = held.inputs_json();
    let held = Held { tool: &held.tool, model: held.model.as_deref(), inputs_json: &json, quantity: held.quantity };
    let priced =
        catalog.measure(&held, &texts(measured), None).map_err(|error| format!("{}: {error}", error.code()))?;
    assert_eq!(priced.kind, PriceKind::Exact);
    Ok(priced.credits.to_string())
}

#[test]
fn what_was_measured_is_charged_even_beyond_the_most_that_may_be_asked_for() {
    let twin = catalog("studiotwin");
    for (seconds, credits) in
        [("12.3", "7"), ("4", "3"), ("29.2", "18"), ("0.5", "3"), ("30", "18"), ("31", "19"), ("60", "36")]
    {
        assert_eq!(charged(&twin, &[], &[("seconds", seconds)]).as_deref(), Ok(credits), "{seconds} s");
    }
}

#[test]
fn a_measurement_that_does_not_fit_the_hold_is_refused() {
    let twin = catalog("studiotwin");
    let kinds = "allowed: seconds as a decimal number, more than 0, at most 30";
    for (inputs, measured, refusal) in [
        (&[("seconds", "5")][..], &[("seconds", "4")][..], format!("invalid_input: input \"seconds\" was given with the hold, and a quoted price does not move; {kinds}")),
        (&[], &[], format!("invalid_input: input \"seconds\" must be measured; {kinds}")),
        (&[], &[("seconds", "0")], format!("invalid_input: input \"seconds\" must be more than 0; a job that made nothing is captured by its outcome; {kinds}")),
        (&[], &[("seconds", "-1")], format!("invalid_input: input \"seconds\" must not be negative, as \"-1\" is; {kinds}")),
        (&[], &[("secnds", "4")], "invalid_input: input \"secnds\" is not an input of tool \"text-to-sound-effect\"; did you mean \"seconds\"?; allowed: seconds".to_owned()),
        (&[], &[("seconds", "4"), ("seconds", "5")], format!("invalid_input: input \"seconds\" is given twice; {kinds}")),
    ] {
        assert_eq!(charged(&twin, inputs, measured), Err(refusal));
    }
}

#[test]
fn an_explicit_input_is_priced_as_it_was_quoted() {
    let twin = catalog("studiotwin");
    assert_eq!(charged(&twin, &[("seconds", "5.9")], &[]).as_deref(), Ok("4"));
}
