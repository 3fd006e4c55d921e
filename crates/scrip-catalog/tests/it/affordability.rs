//! What a balance buys: whole quantities that can always be spent.

use scrip_catalog::{Ask, Catalog, InputValue};
use scrip_ledger::Credits;

use crate::prices::catalog;

fn credits(text: &str) -> Credits {
    text.parse().expect(text)
}

/// `tool[/model]: quantity unit` for a balance.
fn bought(catalog: &Catalog, balance: &str, tools: &[&str]) -> Vec<String> {
    let only = (!tools.is_empty()).then_some(tools);
    let bought = catalog.affordability(|_| credits(balance), only).into_iter();
    let line = |bought: scrip_catalog::Affordable| {
        let model = bought.model.map_or(String::new(), |model| format!("/{model}"));
        format!("{}{model}: {} {}", bought.tool, bought.quantity.unwrap_or_else(|| "any".to_owned()), bought.unit)
    };
    bought.map(line).collect()
}

#[test]
fn seconds_left_are_whole_and_rounded_down_for_each_type() {
    let flow = catalog("flow-studio");
    for (balance, live, mocap) in
        [("3000", 150, 750), ("2600", 130, 650), ("2610", 130, 652), ("19", 0, 4), ("0", 0, 0)]
    {
        let expected = [
            format!("live-action-easy: {live} seconds"),
            format!("live-action-advanced: {live} seconds"),
            format!("ai-mocap: {mocap} seconds"),
            format!("animation-to-3d-scene: {live} seconds"),
            format!("clean-plate: {mocap} seconds"),
            format!("camera-track: {mocap} seconds"),
        ];
        assert_eq!(bought(&flow, balance, &[]), expected, "{balance}");
    }
    assert_eq!(bought(&flow, "2610", &["ai-mocap"]), ["ai-mocap: 652 seconds"]);
}

#[test]
fn what_is_shown_is_shown_in_the_tools_own_unit_and_for_each_model() {
    let frames = catalog("neural-frames");
    assert_eq!(
        bought(&frames, "10.5", &["autopilot", "autopilot-storyboard", "frame-by-frame", "frame-by-frame-image"]),
        [
            "autopilot/seedance-v1-lite: 2 seconds",
            "autopilot/kling-2-1-standard: 1 seconds",
            "autopilot/kling-2-1-pro: 0 seconds",
            "autopilot-storyboard: any runs",
            "frame-by-frame: 10 seconds",
            "frame-by-frame-image: 420 images",
        ]
    );
    let twin = catalog("studiotwin");
    assert_eq!(
        bought(&twin, "40", &["text-to-material", "texture-to-material", "text-to-sound-effect", "text-to-motion"]),
        [
            "text-to-motion/hy-motion-1-0: 8 actions",
            "text-to-motion/kimodo: 8 actions",
            "text-to-material/patina: 3 runs",
            "texture-to-material/patina: 2 runs",
            "text-to-sound-effect/eleven_text_to_sound_v2: 67 seconds",
        ]
    );
}

#[test]
fn a_quantity_that_is_shown_can_be_spent_and_one_step_more_can_not() {
    let flow = catalog("flow-studio");
    for balance in (0..400).map(|balance| credits(&(balance * 7).to_string())) {
        for bought in flow.affordability(|_| balance, None) {
            let shown: u64 = bought.quantity.expect("not free").parse().expect("whole seconds");
            let price = |seconds: u64| {
                let text = seconds.to_string();
                flow.price(&Ask::new(&bought.tool, None, &[("seconds", InputValue::Text(&text))]))
                    .expect("a price")
                    .credits
            };
            assert!(shown == 0 || price(shown) <= balance, "{}: {shown} of {balance}", bought.tool);
            assert!(balance < price(shown + 1), "{}: {shown} of {balance}", bought.tool);
        }
    }
}
