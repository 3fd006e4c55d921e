//! The trace that a request belongs to (W3C Trace Context): what the request does is told with it.

use axum::http::{HeaderMap, HeaderName};
use scrip_ledger::Name;

pub(crate) const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

tokio::task_local! {
    static TRACE: Option<Name>;
}

/// Handles a request as a part of its trace.
pub(crate) async fn within<F: Future>(trace: Option<Name>, handled: F) -> F::Output {
    TRACE.scope(trace, handled).await
}

/// The trace of the request that is being handled.
pub(crate) fn current() -> Option<Name> {
    TRACE.try_with(Clone::clone).ok().flatten()
}

/// What a request says of its trace; what is no `traceparent` is passed over, as the standard asks.
pub(crate) fn said(headers: &HeaderMap) -> Option<Name> {
    let text = headers.get(TRACEPARENT)?.to_str().ok()?;
    is_traceparent(text).then(|| Name::from(text))
}

/// `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01`
fn is_traceparent(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let is_hex = |part: &str, len: usize| {
        part.len() == len && part.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    };
    let is_some = |part: &str| part.bytes().any(|byte| byte != b'0');
    match parts.as_slice() {
        [version, trace, parent, flags] => {
            is_hex(version, 2)
                && *version != "ff"
                && is_hex(trace, 32)
                && is_some(trace)
                && is_hex(parent, 16)
                && is_some(parent)
                && is_hex(flags, 2)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::is_traceparent;

    #[test]
    fn a_trace_is_said_as_the_standard_says_it() {
        assert!(is_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
        for wrong in [
            "",
            "00",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        ] {
            assert!(!is_traceparent(wrong), "{wrong}");
        }
    }
}
