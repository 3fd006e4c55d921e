//! Encoding into memory, without a call for every few bytes.

use std::convert::Infallible;

use minicbor::encode::Write;

/// Appends to a buffer. The library's own writer to a buffer is not inlined into the encoders of records, which
/// write a few bytes at a time, several hundred times.
pub(crate) struct Appender<'a>(pub(crate) &'a mut Vec<u8>);

impl Write for Appender<'_> {
    type Error = Infallible;

    #[inline(always)]
    fn write_all(&mut self, bytes: &[u8]) -> Result<(), Infallible> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }
}

/// Appends a value as CBOR.
pub(crate) fn append<T: minicbor::Encode<()>>(value: &T, buffer: &mut Vec<u8>) {
    minicbor::encode(value, Appender(buffer)).expect("writing to memory does not fail");
}
