//! The grammar: tokens become an expression whose names and types nobody has checked yet.
//!
//! Chains (`a + b + c`, `a ? b : c ? d : e`) are one node, so that depth is real nesting and stays bounded.

use crate::formula::lex::{Token, TokenKind, tokens};
use crate::formula::scope::RESERVED;
use crate::formula::tree::{Comparison, Equality, Scale, Sign};
use crate::formula::{DEPTH_MAX, FormulaError, FormulaErrorKind, SOURCE_BYTES_MAX, SourceSpan};
use crate::rational::Rational;

#[derive(Clone, Debug)]
pub(super) struct Expression<'s> {
    pub at: SourceSpan,
    pub kind: ExpressionKind<'s>,
    /// How many parts within parts it is made of.
    height: usize,
}

#[derive(Clone, Debug)]
pub(super) enum ExpressionKind<'s> {
    Number(Rational),
    Word(&'s str),
    Truth(bool),
    Name(&'s str),
    Negative(Box<Expression<'s>>),
    Sum(Vec<(Sign, Expression<'s>)>),
    Product(Vec<(Scale, Expression<'s>)>),
    Remainder(Box<(Expression<'s>, Expression<'s>)>),
    Not(Box<Expression<'s>>),
    All(Vec<Expression<'s>>),
    Any(Vec<Expression<'s>>),
    Compare(Comparison, Box<(Expression<'s>, Expression<'s>)>),
    In(Box<Expression<'s>>, Vec<Expression<'s>>),
    Choice(Vec<(Expression<'s>, Expression<'s>)>, Box<Expression<'s>>),
    Call(Call<'s>),
    /// `[1, 2]`: only after `in` and in `tiers`.
    List(Vec<Expression<'s>>),
}

#[derive(Clone, Debug)]
pub(super) struct Call<'s> {
    pub name: &'s str,
    pub name_at: SourceSpan,
    pub arguments: Vec<Expression<'s>>,
}

/// Reads the whole source. Refused: `TooLong`, then every unreadable piece, then the first `Syntax` or `TooDeep`.
pub(super) fn parse(source: &str) -> Result<Expression<'_>, Vec<FormulaError>> {
    if source.len() > SOURCE_BYTES_MAX {
        let message = format!("the formula has {} bytes, at most {SOURCE_BYTES_MAX} are allowed", source.len());
        let help = Some("split it into `let` names or a table".to_owned());
        let span = SourceSpan::new(0, source.len());
        return Err(vec![FormulaError { kind: FormulaErrorKind::TooLong, span, message, help }]);
    }
    let tokens = tokens(source)?;
    let mut parser = Parser { tokens, next: 0, depth: 0 };
    let whole = parser.expression().and_then(|expression| parser.end().map(|()| expression));
    whole.map_err(|error| vec![*error])
}

type Parsed<T> = Result<T, Box<FormulaError>>;

struct Parser<'s> {
    tokens: Vec<Token<'s>>,
    next: usize,
    depth: usize,
}

impl<'s> Parser<'s> {
    /// `condition ? value : condition ? value : … : value`
    fn expression(&mut self) -> Parsed<Expression<'s>> {
        let first = self.any()?;
        if !self.at_sign("?") {
            return Ok(first);
        }
        let start = first.at;
        let (mut arms, mut subject) = (Vec::new(), first);
        while self.take_sign("?") {
            let value = self.nested(Parser::expression)?;
            self.expect(":", "a choice is written `condition ? value : other value`")?;
            arms.push((subject, value));
            subject = self.any()?;
        }
        let at = start.to(subject.at);
        built(at, ExpressionKind::Choice(arms, Box::new(subject)))
    }

    fn any(&mut self) -> Parsed<Expression<'s>> {
        self.joined("or", Parser::all, ExpressionKind::Any)
    }

    fn all(&mut self) -> Parsed<Expression<'s>> {
        self.joined("and", Parser::not, ExpressionKind::All)
    }

    fn joined(
        &mut self,
        word: &str,
        part: fn(&mut Parser<'s>) -> Parsed<Expression<'s>>,
        join: fn(Vec<Expression<'s>>) -> ExpressionKind<'s>,
    ) -> Parsed<Expression<'s>> {
        let first = part(self)?;
        if !self.at_name(word) {
            return Ok(first);
        }
        let mut parts = vec![first];
        while self.take_name(word) {
            parts.push(part(self)?);
        }
        built(covering(&parts), join(parts))
    }

    fn not(&mut self) -> Parsed<Expression<'s>> {
        let at = self.peek().at;
        if !self.take_name("not") {
            return self.comparison();
        }
        let inner = self.nested(Parser::not)?;
        built(at.to(inner.at), ExpressionKind::Not(Box::new(inner)))
    }

    fn comparison(&mut self) -> Parsed<Expression<'s>> {
        let left = self.sum()?;
        if self.take_name("in") {
            let list = self.list()?;
            let at = left.at.to(self.last_at());
            return built(at, ExpressionKind::In(Box::new(left), list));
        }
        let Some(comparison) = self.comparison_sign()? else { return Ok(left) };
        let right = self.sum()?;
        if self.comparison_sign()?.is_some() || self.at_name("in") {
            let help = "compare two values at a time: `1 <= n and n <= 4`";
            return Err(syntax(self.last_at(), "comparisons can't be chained", help));
        }
        let at = left.at.to(right.at);
        built(at, ExpressionKind::Compare(comparison, Box::new((left, right))))
    }

    fn comparison_sign(&mut self) -> Parsed<Option<Comparison>> {
        let comparison = match self.peek().kind {
            TokenKind::Sign("==") => Comparison::Same(Equality::Equal),
            TokenKind::Sign("!=") => Comparison::Same(Equality::Unequal),
            TokenKind::Sign("<") => Comparison::Less,
            TokenKind::Sign("<=") => Comparison::LessOrSame,
            TokenKind::Sign(">") => Comparison::More,
            TokenKind::Sign(">=") => Comparison::MoreOrSame,
            TokenKind::Sign("=") => return Err(syntax(self.peek().at, "`=` compares nothing", "write `==`")),
            _ => return Ok(None),
        };
        self.next += 1;
        Ok(Some(comparison))
    }

    fn sum(&mut self) -> Parsed<Expression<'s>> {
        let first = self.product()?;
        let mut terms = vec![(Sign::Plus, first)];
        loop {
            let sign = if self.take_sign("+") {
                Sign::Plus
            } else if self.take_sign("-") {
                Sign::Minus
            } else {
                break;
            };
            terms.push((sign, self.product()?));
        }
        chained(terms, ExpressionKind::Sum)
    }

    fn product(&mut self) -> Parsed<Expression<'s>> {
        let depth = self.depth;
        let first = self.unary()?;
        let mut factors = vec![(Scale::Times, first)];
        loop {
            if self.take_sign("*") {
                factors.push((Scale::Times, self.unary()?));
            } else if self.take_sign("/") {
                factors.push((Scale::Over, self.unary()?));
            } else if self.at_sign("%") {
                // What stands before is the left side, so a chain of `%` nests.
                self.deeper(self.peek().at)?;
                self.next += 1;
                let left = chained(factors, ExpressionKind::Product)?;
                let right = self.unary()?;
                let at = left.at.to(right.at);
                let kind = ExpressionKind::Remainder(Box::new((left, right)));
                factors = vec![(Scale::Times, built(at, kind)?)];
            } else {
                break;
            }
        }
        self.depth = depth;
        chained(factors, ExpressionKind::Product)
    }

    fn unary(&mut self) -> Parsed<Expression<'s>> {
        let at = self.peek().at;
        if !self.take_sign("-") {
            return self.primary();
        }
        let inner = self.nested(Parser::unary)?;
        built(at.to(inner.at), ExpressionKind::Negative(Box::new(inner)))
    }

    fn primary(&mut self) -> Parsed<Expression<'s>> {
        let Token { at, kind } = self.peek();
        let kind = match kind {
            TokenKind::Number(number) => ExpressionKind::Number(number),
            TokenKind::Word(word) => ExpressionKind::Word(word),
            TokenKind::Name("true") => ExpressionKind::Truth(true),
            TokenKind::Name("false") => ExpressionKind::Truth(false),
            TokenKind::Name(name) if !RESERVED.contains(&name) => return self.name_or_call(name),
            TokenKind::Sign("(") => return self.parenthesized(),
            TokenKind::Sign("[") => {
                let list = self.list()?;
                return built(at.to(self.last_at()), ExpressionKind::List(list));
            }
            other => return Err(self.expected_value(other)),
        };
        self.next += 1;
        built(at, kind)
    }

    fn expected_value(&self, found: TokenKind<'_>) -> Box<FormulaError> {
        let after_percent = self.next > 0 && self.tokens[self.next - 1].kind == TokenKind::Sign("%");
        let help = match found {
            _ if after_percent => "`%` is the remainder of a division; write ten percent as 0.1",
            TokenKind::Sign("=") | TokenKind::Sign("=>") => "write `==` to compare, `>=` for at least",
            TokenKind::End => "the formula ends too early",
            _ => "a number, a name, a 'word', a call or `(` can stand here",
        };
        syntax(self.peek().at, &format!("expected a value, found {}", found.describe()), help)
    }

    fn name_or_call(&mut self, name: &'s str) -> Parsed<Expression<'s>> {
        let name_at = self.peek().at;
        self.next += 1;
        if !self.at_sign("(") {
            return built(name_at, ExpressionKind::Name(name));
        }
        let arguments = self.listed("(", ")")?;
        let at = name_at.to(self.last_at());
        built(at, ExpressionKind::Call(Call { name, name_at, arguments }))
    }

    fn parenthesized(&mut self) -> Parsed<Expression<'s>> {
        let opened = self.peek().at;
        self.next += 1;
        let inner = self.nested(Parser::expression)?;
        self.close(")", opened)?;
        Ok(Expression { at: opened.to(self.last_at()), ..inner })
    }

    fn list(&mut self) -> Parsed<Vec<Expression<'s>>> {
        if !self.at_sign("[") {
            let found = self.peek().kind.describe();
            return Err(syntax(self.peek().at, &format!("expected a list, found {found}"), "write `in [1, 2, 4]`"));
        }
        self.listed("[", "]")
    }

    fn listed(&mut self, open: &'static str, close: &'static str) -> Parsed<Vec<Expression<'s>>> {
        let opened = self.peek().at;
        self.expect(open, "open a list first")?;
        let mut items = Vec::new();
        while !self.at_sign(close) {
            items.push(self.nested(Parser::expression)?);
            if !self.take_sign(",") {
                break;
            }
        }
        self.close(close, opened)?;
        Ok(items)
    }

    fn close(&mut self, close: &'static str, opened: SourceSpan) -> Parsed<()> {
        if self.take_sign(close) {
            return Ok(());
        }
        if self.peek().kind == TokenKind::End {
            let message = format!("this is never closed by `{close}`");
            return Err(syntax(opened, &message, &format!("add `{close}`")));
        }
        let found = self.peek().kind.describe();
        let help = format!("add `{close}`, a comma or an operator such as `*`");
        Err(syntax(self.peek().at, &format!("expected `{close}`, found {found}"), &help))
    }

    fn expect(&mut self, sign: &'static str, help: &str) -> Parsed<()> {
        if self.take_sign(sign) {
            return Ok(());
        }
        let found = self.peek().kind.describe();
        Err(syntax(self.peek().at, &format!("expected `{sign}`, found {found}"), help))
    }

    fn end(&mut self) -> Parsed<()> {
        let Token { at, kind } = self.peek();
        let before = self.tokens[self.next.saturating_sub(1)].kind;
        let help = match (before, kind) {
            (_, TokenKind::End) => return Ok(()),
            (TokenKind::Number(_), TokenKind::Sign(",")) => "write large numbers without commas: 1048576",
            (_, TokenKind::Sign("=")) => "write `==` to compare",
            (_, TokenKind::Sign(")")) => "nothing is open here; remove it",
            (TokenKind::Name("if"), _) => "write a choice as `condition ? value : other value`",
            (TokenKind::Number(_), TokenKind::Name("credit" | "credits")) => "write the number alone: price = 5",
            (TokenKind::Number(_), TokenKind::Name(_)) => "write the multiplication: `3 * seconds`",
            _ => "put an operator such as `*` or `and` before it",
        };
        Err(syntax(at, &format!("{} is not expected here", kind.describe()), help))
    }

    fn nested<T>(&mut self, inner: impl FnOnce(&mut Parser<'s>) -> Parsed<T>) -> Parsed<T> {
        self.deeper(self.peek().at)?;
        let parsed = inner(self)?;
        self.depth -= 1;
        Ok(parsed)
    }

    fn deeper(&mut self, at: SourceSpan) -> Parsed<()> {
        self.depth += 1;
        if self.depth <= DEPTH_MAX {
            return Ok(());
        }
        Err(too_deep(at))
    }

    fn peek(&self) -> Token<'s> {
        self.tokens[self.next]
    }

    fn last_at(&self) -> SourceSpan {
        self.tokens[self.next.saturating_sub(1)].at
    }

    fn at_sign(&self, sign: &str) -> bool {
        matches!(self.peek().kind, TokenKind::Sign(found) if found == sign)
    }

    fn take_sign(&mut self, sign: &str) -> bool {
        let found = self.at_sign(sign);
        self.next += usize::from(found);
        found
    }

    fn at_name(&self, name: &str) -> bool {
        matches!(self.peek().kind, TokenKind::Name(found) if found == name)
    }

    fn take_name(&mut self, name: &str) -> bool {
        let found = self.at_name(name);
        self.next += usize::from(found);
        found
    }
}

fn syntax(span: SourceSpan, message: &str, help: &str) -> Box<FormulaError> {
    let (message, help) = (message.to_owned(), Some(help.to_owned()));
    Box::new(FormulaError { kind: FormulaErrorKind::Syntax, span, message, help })
}

fn too_deep(span: SourceSpan) -> Box<FormulaError> {
    let message = format!("the formula is nested deeper than {DEPTH_MAX} levels");
    let help = Some("split it into `let` names".to_owned());
    Box::new(FormulaError { kind: FormulaErrorKind::TooDeep, span, message, help })
}

/// Sums in products in sums: two parts within parts for each level of parentheses, on the average.
const HEIGHT_MAX: usize = 2 * DEPTH_MAX;

/// Everything that walks a formula later is as deep as it is high, so that is bounded here.
fn built(at: SourceSpan, kind: ExpressionKind<'_>) -> Parsed<Expression<'_>> {
    let height = 1 + highest_part(&kind);
    if height > HEIGHT_MAX { Err(too_deep(at)) } else { Ok(Expression { at, kind, height }) }
}

fn highest_part(kind: &ExpressionKind<'_>) -> usize {
    let highest = |parts: &[Expression<'_>]| parts.iter().map(|part| part.height).max().unwrap_or(0);
    match kind {
        ExpressionKind::Number(_) | ExpressionKind::Word(_) | ExpressionKind::Truth(_) | ExpressionKind::Name(_) => 0,
        ExpressionKind::Negative(inner) | ExpressionKind::Not(inner) => inner.height,
        ExpressionKind::Sum(terms) => terms.iter().map(|(_, term)| term.height).max().unwrap_or(0),
        ExpressionKind::Product(factors) => factors.iter().map(|(_, factor)| factor.height).max().unwrap_or(0),
        ExpressionKind::Remainder(sides) | ExpressionKind::Compare(_, sides) => sides.0.height.max(sides.1.height),
        ExpressionKind::All(parts) | ExpressionKind::Any(parts) | ExpressionKind::List(parts) => highest(parts),
        ExpressionKind::In(subject, list) => subject.height.max(highest(list)),
        ExpressionKind::Choice(arms, otherwise) => {
            let arms = arms.iter().map(|(condition, value)| condition.height.max(value.height));
            arms.max().unwrap_or(0).max(otherwise.height)
        }
        ExpressionKind::Call(call) => highest(&call.arguments),
    }
}

/// One link of a chain stands for itself.
fn chained<'s, O>(
    mut links: Vec<(O, Expression<'s>)>,
    chain: fn(Vec<(O, Expression<'s>)>) -> ExpressionKind<'s>,
) -> Parsed<Expression<'s>> {
    if links.len() == 1 {
        return Ok(links.remove(0).1);
    }
    let at = links[0].1.at.to(links[links.len() - 1].1.at);
    built(at, chain(links))
}

fn covering(parts: &[Expression<'_>]) -> SourceSpan {
    parts[0].at.to(parts[parts.len() - 1].at)
}
