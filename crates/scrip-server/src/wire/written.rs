//! Holds, captures and charges written straight into bytes, for the answers that there are most of. What is
//! written is what `wire::hold` and `wire::charge` describe, byte for byte: a test compares them.

use jiff::fmt::temporal::DateTimePrinter;
use scrip_api::Credits;
use scrip_ledger::hold::{HoldState, HoldTerms, LineState, LineTerms};
use scrip_ledger::id::{ChargeId, GrantId, HoldId};
use scrip_ledger::{Name, Timestamp, charge, hold, reply};
use serde::Serialize;

use crate::wire::charge::About;
use crate::wire::{credits, instant};

/// JSON on its way out.
struct Json<'o>(&'o mut Vec<u8>);

static INSTANTS: DateTimePrinter = DateTimePrinter::new();

impl Json<'_> {
    /// Names of members and what is between them.
    fn raw(&mut self, text: &str) -> &mut Self {
        self.0.extend_from_slice(text.as_bytes());
        self
    }

    fn text(&mut self, text: &str) -> &mut Self {
        let plain = text.bytes().all(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\');
        if plain { self.raw("\"").raw(text).raw("\"") } else { self.derived(text) }
    }

    fn text_opt(&mut self, text: &Option<Name>) -> &mut Self {
        match text {
            Some(text) => self.text(text),
            None => self.raw("null"),
        }
    }

    /// An id, in two parts: plain characters.
    fn id(&mut self, prefix: &str, text: [u8; 26]) -> &mut Self {
        self.raw("\"").raw(prefix);
        self.0.extend_from_slice(&text);
        self.raw("\"")
    }

    fn number(&mut self, number: u32) -> &mut Self {
        let (mut digits, mut start, mut rest) = ([0; 10], 10, number);
        while rest > 0 || start == 10 {
            start -= 1;
            digits[start] = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        self.0.extend_from_slice(&digits[start..]);
        self
    }

    fn flag(&mut self, flag: bool) -> &mut Self {
        self.raw(if flag { "true" } else { "false" })
    }

    fn credits(&mut self, amount: Credits) -> &mut Self {
        self.raw("\"").raw(amount.write(&mut [0; 24])).raw("\"")
    }

    fn instant(&mut self, at: Timestamp) -> &mut Self {
        self.raw("\"");
        let _ = INSTANTS.print_timestamp(&instant(at), &mut *self.0);
        self.raw("\"")
    }

    /// What is rare is written by its derived description.
    fn derived(&mut self, value: &(impl Serialize + ?Sized)) -> &mut Self {
        let _ = serde_json::to_writer(&mut *self.0, value);
        self
    }

    /// Inputs as they are kept: canonical JSON.
    fn inputs(&mut self, json: &str) -> &mut Self {
        self.raw(if json.is_empty() { "{}" } else { json })
    }

    fn metadata(&mut self, metadata: &[(Name, Name)]) -> &mut Self {
        if metadata.is_empty() { self.raw("{}") } else { self.derived(&crate::wire::metadata_out(metadata)) }
    }

    fn line_id(&mut self, index: usize) -> &mut Self {
        self.raw("\"").number(index as u32 + 1).raw("\"")
    }

    fn list<T>(&mut self, items: impl IntoIterator<Item = T>, mut item: impl FnMut(&mut Self, T)) -> &mut Self {
        self.raw("[");
        let mut first = true;
        for next in items {
            if !first {
                self.raw(",");
            }
            first = false;
            item(self, next);
        }
        self.raw("]")
    }

    fn hold(&mut self, hold: &hold::Hold) -> &mut Self {
        let (terms, state) = (&hold.terms, &hold.state);
        self.raw("{\"id\":").id(HoldId::PREFIX, hold.id.text());
        self.raw(",\"status\":\"").raw(state.status.as_str());
        self.raw("\",\"customer\":").text(&terms.customer);
        self.raw(",\"member\":").text_opt(&terms.member);
        self.raw(",\"currency\":").text(&terms.currency);
        self.raw(",\"amount\":").credits(credits(state.amount()));
        self.raw(",\"captured\":").credits(credits(state.captured()));
        self.raw(",\"released\":").credits(credits(state.released()));
        self.raw(",\"remaining\":").credits(credits(state.remaining()));
        let lines = terms.lines.iter().zip(&state.lines).enumerate();
        self.raw(",\"lines\":").list(lines, |json, (index, (terms, state))| json.hold_line(index, terms, state));
        self.raw(",\"draws\":").hold_draws(state);
        self.raw(",\"envelope\":").flag(terms.envelope);
        self.raw(",\"stuck\":").flag(state.stuck);
        self.raw(",\"quote\":").text_opt(&terms.quote);
        self.hold_rest(terms, state)
    }

    fn hold_rest(&mut self, terms: &HoldTerms, state: &HoldState) -> &mut Self {
        self.raw(",\"catalog_version\":").number(terms.catalog_version);
        self.raw(",\"reference\":").text_opt(&terms.reference);
        self.raw(",\"metadata\":").metadata(&terms.metadata);
        self.raw(",\"created_at\":").instant(terms.created_at);
        self.raw(",\"expires_at\":").instant(state.expires_at).raw("}")
    }

    fn hold_line(&mut self, index: usize, terms: &LineTerms, state: &LineState) {
        self.raw("{\"id\":").line_id(index);
        self.raw(",\"label\":").text_opt(&terms.label);
        self.raw(",\"tool\":").text_opt(&terms.tool);
        self.raw(",\"model\":").text_opt(&terms.model);
        self.raw(",\"quantity\":").number(terms.quantity);
        self.raw(",\"inputs\":").inputs(&terms.inputs);
        self.raw(if terms.open_inputs.is_empty() { ",\"kind\":\"exact\"" } else { ",\"kind\":\"ceiling\"" });
        self.raw(",\"credits\":").credits(credits(terms.amount));
        self.raw(",\"captured\":").credits(credits(state.captured()));
        self.raw(",\"released\":").credits(credits(state.released()));
        self.raw(",\"remaining\":").credits(credits(state.remaining()));
        self.raw(",\"ended\":").flag(state.ended).raw("}");
    }

    /// Of one line, each draw is of another grant; of several, they are summed by grant.
    fn hold_draws(&mut self, state: &HoldState) -> &mut Self {
        let [line] = state.lines.as_slice() else { return self.derived(&crate::wire::hold::draws(state)) };
        self.list(&line.draws, |json, draw| {
            json.raw("{\"grant\":").id(GrantId::PREFIX, draw.grant.text());
            json.raw(",\"bucket\":").text(&draw.bucket);
            json.raw(",\"amount\":").credits(credits(draw.held)).raw("}");
        })
    }

    fn charge(&mut self, charge: &charge::Charge, about: &About) -> &mut Self {
        self.raw("{\"id\":").id(ChargeId::PREFIX, charge.id.text());
        self.raw(",\"hold\":").id(HoldId::PREFIX, charge.hold.text());
        self.raw(",\"customer\":").text(&charge.customer);
        self.raw(",\"member\":").text_opt(&charge.member);
        self.raw(",\"outcome\":").derived(&crate::wire::hold::outcome(charge.outcome));
        self.raw(",\"currency\":").text(&charge.currency);
        self.raw(",\"credits\":").credits(credits(charge.credits));
        self.raw(",\"refunded\":").credits(credits(charge.refunded()));
        self.raw(",\"shortfall\":").credits(credits(charge.shortfall));
        self.raw(",\"lines\":").list(&charge.lines, |json, line| json.charge_line(line, about));
        self.raw(",\"draws\":").list(&charge.draws, |json, draw| {
            json.raw("{\"grant\":").id(GrantId::PREFIX, draw.grant.text());
            json.raw(",\"bucket\":").text(&draw.bucket);
            json.raw(",\"amount\":").credits(credits(draw.amount));
            json.raw(",\"refunded\":").credits(credits(draw.refunded)).raw("}");
        });
        self.raw(",\"quote\":").text_opt(&about.quote);
        self.raw(",\"catalog_version\":").number(charge.catalog_version);
        self.raw(",\"reference\":").text_opt(&charge.reference);
        self.raw(",\"metadata\":").metadata(about.metadata());
        self.raw(",\"cost\":").derived(&charge.cost.as_ref().map(crate::wire::money));
        self.raw(",\"created_at\":").instant(charge.created_at).raw("}")
    }

    fn charge_line(&mut self, line: &charge::ChargeLine, about: &About) {
        let held = about.line(usize::from(line.line));
        self.raw("{\"id\":").line_id(usize::from(line.line));
        self.raw(",\"label\":");
        match held {
            Some(held) => self.text_opt(&held.label),
            None => self.raw("null"),
        };
        self.raw(",\"tool\":").text_opt(&line.tool);
        self.raw(",\"model\":").text_opt(&line.model);
        self.raw(",\"quantity\":").number(held.map_or(1, |held| held.quantity));
        self.raw(",\"inputs\":").inputs(held.map_or("{}", |held| &held.inputs));
        self.raw(",\"measured\":").raw(line.measured.as_deref().unwrap_or("null"));
        self.raw(",\"credits\":").credits(credits(line.credits)).raw("}");
    }
}

pub(crate) fn hold(hold: &hold::Hold, out: &mut Vec<u8>) {
    Json(out).hold(hold);
}

pub(crate) fn charge(charge: &charge::Charge, about: &About, out: &mut Vec<u8>) {
    Json(out).charge(charge, about);
}

pub(crate) fn captured(captured: &reply::Captured, out: &mut Vec<u8>) {
    let mut json = Json(out);
    json.raw("{\"hold\":").hold(&captured.hold);
    json.raw(",\"charge\":");
    match &captured.charge {
        Some(charge) => json.charge(charge, &About::from(&*captured.hold.terms)),
        None => json.raw("null"),
    };
    json.raw(",\"released\":").credits(credits(captured.released));
    json.raw(",\"shortfall\":").credits(credits(captured.shortfall)).raw("}");
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use scrip_ledger::charge::{Charge, ChargeDraw, ChargeLine};
    use scrip_ledger::customer::PoolId;
    use scrip_ledger::hold::{Draw, Hold, HoldStatus};
    use scrip_ledger::id::{ObjectId, WalletId};
    use scrip_ledger::policy::{JobPolicy, Outcome};
    use scrip_ledger::reply::Captured;
    use scrip_ledger::{Credits, Money};

    use super::*;

    fn id(counter: u32) -> ObjectId {
        ObjectId::new(Timestamp::from_micros(1_700_000_000_123_456), WalletId::new(77).unwrap(), counter)
    }

    fn held(lines: usize, rich: bool) -> Hold {
        let some = |text: &str| rich.then(|| Name::from(text));
        let line = |index: usize| LineTerms {
            label: some("Clip \"one\"\n"),
            tool: some("text-to-video"),
            model: some("fal-ai/flux/dev"),
            quantity: 3 + index as u32,
            inputs: Name::from(if rich { r#"{"seconds":"5","note":"a\"b"}"# } else { "{}" }),
            open_inputs: if rich { vec![Name::from("seconds")] } else { Vec::new() },
            amount: Credits::from_micro(12_500_000),
            policy: Arc::new(JobPolicy::default()),
        };
        let draw = |counter| Draw {
            grant: GrantId(id(counter)),
            held: Credits::from_micro(7_000_000),
            captured: Credits::from_micro(2_500_000),
            released: Credits::from_micro(100_000),
            bucket: Name::from("top_up ü"),
        };
        let terms = HoldTerms {
            customer: Name::from("user \\ 42"),
            pool: PoolId::ROOT,
            member: some("max"),
            currency: Name::from(scrip_ledger::policy::CREDITS),
            lines: (0..lines).map(line).collect(),
            envelope: rich,
            quote: some("qt_x"),
            catalog_version: 3,
            created_at: Timestamp::from_micros(1_700_000_000_123_456),
            reference: some("job\t7"),
            metadata: if rich { vec![(Name::from("a\"b"), Name::from("c"))] } else { Vec::new() },
            counts: None,
            priced_with: None,
        };
        let state = HoldState {
            status: if rich { HoldStatus::Open } else { HoldStatus::Captured },
            expires_at: Timestamp::from_micros(1_700_000_900_000_000),
            stuck: rich,
            lines: (0..lines).map(|_| LineState { ended: rich, draws: vec![draw(1), draw(2)] }).collect(),
        };
        Hold { id: HoldId(id(9)), terms: Arc::new(terms), state }
    }

    fn charged(hold: &Hold, rich: bool) -> Charge {
        let line = |line: u16| ChargeLine {
            line,
            tool: hold.terms.lines[0].tool.clone(),
            model: hold.terms.lines[0].model.clone(),
            credits: Credits::from_micro(100_000),
            measured: rich.then(|| Name::from(r#"{"seconds":"4.2"}"#)),
        };
        let draw = ChargeDraw {
            parts: None,
            grant: GrantId(id(1)),
            bucket: Name::from("top_up ü"),
            amount: Credits::from_micro(100_000),
            refunded: Credits::ZERO,
        };
        Charge {
            id: ChargeId(id(10)),
            hold: hold.id,
            customer: hold.terms.customer.clone(),
            member: hold.terms.member.clone(),
            reference: hold.terms.reference.clone(),
            catalog_version: 3,
            created_at: Timestamp::from_micros(1_700_000_001_000_000),
            outcome: if rich { Outcome::TimedOut } else { Outcome::Succeeded },
            credits: Credits::from_micro(100_000),
            // One line of a hold that is not known any more.
            lines: vec![line(0), line(if rich { 9 } else { 0 })],
            draws: vec![draw.clone(), draw],
            cost: rich.then(|| Money { minor: 5, currency: scrip_ledger::Currency::parse("usd").unwrap() }),
            shortfall: Credits::from_micro(1),
            currency: hold.terms.currency.clone(),
        }
    }

    #[test]
    fn what_is_written_is_what_is_described() {
        for (lines, rich) in [(1, false), (1, true), (3, true), (0, false)] {
            let held = held(lines.max(1), rich);
            let mut held = held;
            if lines == 0 {
                held.state.lines[0].draws.clear();
            }
            let mut out = Vec::new();
            hold(&held, &mut out);
            let described = serde_json::to_string(&crate::wire::hold::hold(&held)).unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), described);

            let made = charged(&held, rich);
            let about = About::from(&*held.terms);
            let mut out = Vec::new();
            charge(&made, &about, &mut out);
            let described = serde_json::to_string(&crate::wire::charge::charge(&made, &about)).unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), described);

            for made in [Some(made), None] {
                let (released, shortfall) = (Credits::from_micro(5), Credits::ZERO);
                let done = Captured { hold: held.clone(), charge: made, released, shortfall };
                let mut out = Vec::new();
                captured(&done, &mut out);
                let described = serde_json::to_string(&crate::wire::hold::captured(&done, &about)).unwrap();
                assert_eq!(String::from_utf8(out).unwrap(), described);
            }
        }
    }
}
