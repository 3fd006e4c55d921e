//! A checked formula as canonical text: what rate cards and explanations show, and what reads back as the same.

use crate::formula::tree::{
    Choice, Comparison, Equality, Number, NumberKind, Scale, Sign, Tiers, Truth, TruthKind, Typed, Word, WordKind,
};
use crate::rational::Rounding;

/// Names as they are shown; `None` leaves a name as it is.
pub(super) type Names<'n> = &'n dyn Fn(&str) -> Option<String>;

pub(super) fn number(of: &Number, names: Names<'_>) -> String {
    let mut writer = Writer { text: String::new(), names };
    writer.number(of, Binding::Choice);
    writer.text
}

pub(super) fn truth(of: &Truth, names: Names<'_>) -> String {
    let mut writer = Writer { text: String::new(), names };
    writer.truth(of, Binding::Choice);
    writer.text
}

/// How tightly a part holds together, loosest first; a looser part within a tighter one is put in parentheses.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Binding {
    Choice,
    Any,
    All,
    Not,
    Compare,
    Sum,
    Product,
    Sign,
    Alone,
}

impl Binding {
    fn tighter(self) -> Binding {
        match self {
            Binding::Choice => Binding::Any,
            Binding::Any => Binding::All,
            Binding::All => Binding::Not,
            Binding::Not => Binding::Compare,
            Binding::Compare => Binding::Sum,
            Binding::Sum => Binding::Product,
            Binding::Product => Binding::Sign,
            Binding::Sign | Binding::Alone => Binding::Alone,
        }
    }
}

struct Writer<'n> {
    text: String,
    names: Names<'n>,
}

impl Writer<'_> {
    fn enclosed(&mut self, own: Binding, wanted: Binding, write: impl FnOnce(&mut Self)) {
        let enclose = own < wanted;
        if enclose {
            self.text.push('(');
        }
        write(self);
        if enclose {
            self.text.push(')');
        }
    }

    fn name(&mut self, name: &str) {
        let shown = (self.names)(name);
        self.text.push_str(shown.as_deref().unwrap_or(name));
    }

    fn number(&mut self, of: &Number, wanted: Binding) {
        match &of.kind {
            // Only tier ends are negative constants, and those are written apart.
            NumberKind::Constant(constant) => self.text.push_str(&constant.to_string()),
            NumberKind::Input(variable) => self.name(&variable.name),
            NumberKind::Let(defined) => self.name(&defined.name),
            NumberKind::Negative(inner) => self.enclosed(Binding::Sign, wanted, |writer| {
                writer.text.push('-');
                writer.number(inner, Binding::Sign);
            }),
            NumberKind::Sum(terms) => self.enclosed(Binding::Sum, wanted, |writer| {
                for (place, (sign, term)) in terms.iter().enumerate() {
                    let sign = if *sign == Sign::Plus { " + " } else { " - " };
                    writer.text.push_str(if place == 0 { "" } else { sign });
                    writer.number(term, Binding::Product);
                }
            }),
            NumberKind::Product(factors) => self.enclosed(Binding::Product, wanted, |writer| {
                for (place, (scale, factor)) in factors.iter().enumerate() {
                    let sign = if *scale == Scale::Times { " * " } else { " / " };
                    writer.text.push_str(if place == 0 { "" } else { sign });
                    // The left end of a chain may be a remainder, which binds as tightly and is read first.
                    let leads = place == 0 && matches!(factor.kind, NumberKind::Remainder(_));
                    writer.number(factor, if leads { Binding::Product } else { Binding::Sign });
                }
            }),
            NumberKind::Remainder(sides) => self.enclosed(Binding::Product, wanted, |writer| {
                writer.number(&sides.0, Binding::Product);
                writer.text.push_str(" % ");
                writer.number(&sides.1, Binding::Sign);
            }),
            NumberKind::Choice(choice) => self.choice(choice, wanted, Self::number),
            NumberKind::Tiers(tiers) => self.tiers(tiers),
            NumberKind::Lookup(table, keys) => {
                self.text.push_str("lookup(");
                self.text.push_str(&table.name);
                for key in keys {
                    self.text.push_str(", ");
                    self.typed(key);
                }
                self.text.push(')');
            }
            NumberKind::Rounded(how, decimals, inner) => {
                self.call(rounding_name(*how), [&**inner]);
                if let Some(decimals) = decimals {
                    self.text.pop();
                    self.text.push_str(&format!(", {decimals})"));
                }
            }
            NumberKind::Absolute(inner) => self.call("abs", [&**inner]),
            NumberKind::Least(parts) => self.call("min", parts),
            NumberKind::Greatest(parts) => self.call("max", parts),
            NumberKind::Clamped(parts) => self.call("clamp", &**parts),
            NumberKind::Blocks(parts) => self.call("blocks", [&parts.0, &parts.1]),
            NumberKind::Step(parts) => self.call("step", [&parts.0, &parts.1]),
        }
    }

    fn call<'p>(&mut self, name: &str, arguments: impl IntoIterator<Item = &'p Number>) {
        self.text.push_str(name);
        self.text.push('(');
        self.listed(arguments);
        self.text.push(')');
    }

    fn listed<'p>(&mut self, items: impl IntoIterator<Item = &'p Number>) {
        for (place, item) in items.into_iter().enumerate() {
            self.text.push_str(if place == 0 { "" } else { ", " });
            self.number(item, Binding::Choice);
        }
    }

    fn tiers(&mut self, tiers: &Tiers) {
        self.text.push_str("tiers(");
        self.number(&tiers.quantity, Binding::Choice);
        for (end, rate) in &tiers.tiers {
            self.text.push_str(&format!(", [{end}, "));
            self.number(rate, Binding::Choice);
            self.text.push(']');
        }
        self.text.push_str(", [");
        self.number(&tiers.rest, Binding::Choice);
        self.text.push_str("])");
    }

    fn choice<T>(&mut self, choice: &Choice<T>, wanted: Binding, write: fn(&mut Self, &T, Binding)) {
        self.enclosed(Binding::Choice, wanted, |writer| {
            for (condition, value) in &choice.arms {
                writer.truth(condition, Binding::Any);
                writer.text.push_str(" ? ");
                write(writer, value, Binding::Any);
                writer.text.push_str(" : ");
            }
            write(writer, &choice.otherwise, Binding::Any);
        });
    }

    fn truth(&mut self, of: &Truth, wanted: Binding) {
        match &of.kind {
            TruthKind::Constant(truth) => self.text.push_str(if *truth { "true" } else { "false" }),
            TruthKind::Input(variable) => self.name(&variable.name),
            TruthKind::Let(defined) => self.name(&defined.name),
            TruthKind::Not(inner) => self.enclosed(Binding::Not, wanted, |writer| {
                writer.text.push_str("not ");
                writer.truth(inner, Binding::Not);
            }),
            TruthKind::All(parts) => self.joined(parts, " and ", Binding::All, wanted),
            TruthKind::Any(parts) => self.joined(parts, " or ", Binding::Any, wanted),
            TruthKind::Compare(comparison, sides) => {
                self.comparison(comparison_sign(*comparison), wanted, sides, Self::number);
            }
            TruthKind::SameWord(equality, sides) => {
                self.comparison(comparison_sign(Comparison::Same(*equality)), wanted, sides, Self::word);
            }
            TruthKind::SameTruth(equality, sides) => {
                self.comparison(comparison_sign(Comparison::Same(*equality)), wanted, sides, Self::truth);
            }
            TruthKind::NumberIn(number, list) => self.enclosed(Binding::Compare, wanted, |writer| {
                writer.number(number, Binding::Sum);
                writer.text.push_str(" in [");
                writer.listed(list);
                writer.text.push(']');
            }),
            TruthKind::WordIn(word, list) => self.enclosed(Binding::Compare, wanted, |writer| {
                writer.word(word, Binding::Sum);
                writer.text.push_str(" in [");
                for (place, item) in list.iter().enumerate() {
                    writer.text.push_str(if place == 0 { "" } else { ", " });
                    writer.word(item, Binding::Choice);
                }
                writer.text.push(']');
            }),
            TruthKind::Choice(choice) => self.choice(choice, wanted, Self::truth),
        }
    }

    fn joined(&mut self, parts: &[Truth], word: &str, own: Binding, wanted: Binding) {
        self.enclosed(own, wanted, |writer| {
            for (place, part) in parts.iter().enumerate() {
                writer.text.push_str(if place == 0 { "" } else { word });
                writer.truth(part, own.tighter());
            }
        });
    }

    fn comparison<T>(&mut self, sign: &str, wanted: Binding, sides: &(T, T), write: fn(&mut Self, &T, Binding)) {
        self.enclosed(Binding::Compare, wanted, |writer| {
            write(writer, &sides.0, Binding::Sum);
            writer.text.push_str(&format!(" {sign} "));
            write(writer, &sides.1, Binding::Sum);
        });
    }

    fn word(&mut self, of: &Word, wanted: Binding) {
        match &of.kind {
            WordKind::Constant(word) => {
                let quote = if word.contains('\'') { '"' } else { '\'' };
                self.text.push(quote);
                self.text.push_str(word);
                self.text.push(quote);
            }
            WordKind::Input(variable) => self.name(&variable.name),
            WordKind::Let(defined) => self.name(&defined.name),
            WordKind::Choice(choice) => self.choice(choice, wanted, Self::word),
        }
    }

    fn typed(&mut self, of: &Typed) {
        match of {
            Typed::Number(number) => self.number(number, Binding::Choice),
            Typed::Word(word) => self.word(word, Binding::Choice),
            Typed::Truth(truth) => self.truth(truth, Binding::Choice),
        }
    }
}

fn rounding_name(how: Rounding) -> &'static str {
    match how {
        Rounding::HalfUp | Rounding::Exact => "round",
        Rounding::Up => "ceil",
        Rounding::Down => "floor",
    }
}

fn comparison_sign(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Same(Equality::Equal) => "==",
        Comparison::Same(Equality::Unequal) => "!=",
        Comparison::Less => "<",
        Comparison::LessOrSame => "<=",
        Comparison::More => ">",
        Comparison::MoreOrSame => ">=",
    }
}
