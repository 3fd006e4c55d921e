//! How the journal writes a value that several places share: as the value.

use std::sync::Arc;

use minicbor::{Decode, Decoder, Encode, Encoder};

pub(crate) fn encode<C, T: Encode<C>, W: minicbor::encode::Write>(
    shared: &Arc<T>,
    e: &mut Encoder<W>,
    context: &mut C,
) -> Result<(), minicbor::encode::Error<W::Error>> {
    shared.as_ref().encode(e, context)
}

pub(crate) fn decode<'b, C, T: Decode<'b, C>>(
    d: &mut Decoder<'b>,
    context: &mut C,
) -> Result<Arc<T>, minicbor::decode::Error> {
    T::decode(d, context).map(Arc::new)
}
