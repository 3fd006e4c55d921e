//! Lists, a part at a time.

use scrip_api::Page;
use scrip_store::{Cursor, Listed};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::problem::Problem;

const LIMIT: u32 = 50;
const LIMIT_MAX: u32 = 1_000;

/// Which part of a list is asked for, where a list is asked for nothing else.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    /// 1 to 1000; 50 unless given.
    #[param(minimum = 1, maximum = 1000)]
    pub(crate) limit: Option<u32>,
    /// `next_cursor` of the part before.
    pub(crate) cursor: Option<String>,
}

/// The part of a list that a query asks for. Refusal: `invalid_input` (`limit`, `cursor`).
pub(crate) fn part(limit: Option<u32>, cursor: Option<&str>) -> Result<scrip_store::Page, Problem> {
    let limit = limit.unwrap_or(LIMIT);
    if limit == 0 || LIMIT_MAX < limit {
        return Err(Problem::invalid_input("limit", format_args!("must be 1 to {LIMIT_MAX}")));
    }
    let limit = limit as usize;
    match cursor {
        None => Ok(scrip_store::Page::first(limit)),
        Some(cursor) => match cursor.parse::<Cursor>() {
            Ok(cursor) => Ok(scrip_store::Page::after(limit, cursor)),
            Err(_) => Err(unknown_cursor()),
        },
    }
}

fn unknown_cursor() -> Problem {
    Problem::invalid_input("cursor", "is not one that this list gave")
}

/// A part of a list as it is answered.
pub(crate) fn page<'l, T, U: ToSchema>(listed: &'l Listed<T>, shown: impl FnMut(&'l T) -> U) -> Page<U> {
    let next_cursor = listed.next.as_ref().map(Cursor::to_string);
    Page { data: listed.items.iter().map(shown).collect(), next_cursor }
}

/// A part of a list that is in memory; its cursor is the last id.
pub(crate) fn cut<T: ToSchema>(
    items: Vec<T>,
    id: impl Fn(&T) -> String,
    limit: Option<u32>,
    cursor: Option<&str>,
) -> Result<Page<T>, Problem> {
    let limit = part(limit, None)?.limit;
    let from = match cursor {
        None => 0,
        Some(cursor) => items.iter().position(|item| id(item) == cursor).ok_or_else(unknown_cursor)? + 1,
    };
    let more = items.len() > from + limit;
    let data: Vec<T> = items.into_iter().skip(from).take(limit).collect();
    let next_cursor = data.last().filter(|_| more).map(id);
    Ok(Page { data, next_cursor })
}

/// Names separated by commas, as a query gives them. Refusal: `invalid_input`.
pub(crate) fn names<'q>(input: &str, text: &'q str) -> Result<Vec<&'q str>, Problem> {
    let name = |part: &'q str| crate::wire::name(input, part.trim()).map(|_| part.trim());
    text.split(',').map(name).collect()
}
